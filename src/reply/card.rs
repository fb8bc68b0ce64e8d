//! What is shown beside what is said, within the limits of the screens it goes to.

use super::Card;
use super::teller::cut;

/// How many attributes of a product are shown.
pub(super) const ATTRIBUTES: usize = 8;
/// Title, text and image address of one card together, in characters: Alexa's limit.
const WHOLE: usize = 8_000;
const TITLE: usize = 200;
/// Longest image address.
const IMAGE: usize = 2_000;
/// Longest line.
const LINE: usize = 1_000;

/// Lines of a card's text. Empty ones are dropped.
#[derive(Default)]
pub(super) struct Lines(Vec<String>);

impl Lines {
    pub fn push(&mut self, line: String) {
        let line = cut(&super::script::plain(&line), LINE);
        if !line.is_empty() {
            self.0.push(line);
        }
    }

    pub fn text(self) -> String {
        self.0.join("\n")
    }
}

/// The card, cut to what Alexa takes; an image address that does not fit is left out, as half of one is none.
pub(super) fn fitted(card: Card) -> Card {
    let title = cut(&super::script::plain(&card.title), TITLE);
    let image = card.image.filter(|address| address.chars().count() <= IMAGE);
    let used = title.chars().count() + image.as_ref().map_or(0, |i| i.chars().count());
    Card { text: cut(&card.text, WHOLE - used), title, image }
}

/// "colour" as "Colour".
pub(super) fn capital(word: &str) -> String {
    let word = super::teller::printed_title(word);
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
