//! The pieces that all replies share: names fit to be spoken, lists, sentences. Strings here are marked phrases (see
//! `script`), not yet text or SSML.

use fluent_bundle::FluentArgs;
use unicode_segmentation::UnicodeSegmentation;

use super::catalog::{Catalog, args};
use super::counting::Nouns;
use super::{Manner, script};
use crate::words::halves;

/// The longest name that is spoken, in characters.
const NAME: usize = 80;
/// The longest text of a shopper that is said back.
const QUOTED: usize = 120;
/// The longest title on a card.
const TITLE: usize = 150;

/// Words things for one reply.
pub(super) struct Teller<'a> {
    pub catalog: &'a Catalog,
    pub nouns: &'a Nouns,
    pub manner: &'a Manner,
}

impl Teller<'_> {
    /// A phrase inside a sentence.
    pub fn say(&self, name: &str, args: &FluentArgs) -> String {
        self.catalog.say(name, args)
    }

    /// A phrase that begins a sentence.
    pub fn sentence(&self, name: &str, args: &FluentArgs) -> String {
        capitalised(&self.say(name, args))
    }

    /// "a", "a and b", "a, b and c", with a breath between them.
    pub fn list(&self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [only] => only.clone(),
            [first, second] => self.say("list-two", &args!["first" => first.as_str(), "second" => second.as_str()]),
            [first, middle @ .., last] => {
                let head = middle.iter().fold(first.clone(), |head, item| {
                    self.say("list-next", &args!["head" => head, "item" => item.as_str()])
                });
                self.say("list-last", &args!["head" => head, "item" => last.as_str()])
            }
        }
    }

    /// Items that are too long for one sentence, with a pause between them.
    pub fn spaced(&self, items: &[String]) -> String {
        items.join(&format!("{} ", self.say("between-items", &FluentArgs::new())))
    }

    /// A product's name without its article, short enough to be spoken.
    pub fn name(&self, spoken_name: &str) -> String {
        let name = cut(&script::plain(spoken_name), NAME);
        self.nouns.without_article(&name).to_owned()
    }

    /// "the dog food".
    pub fn the(&self, spoken_name: &str) -> String {
        self.say("the", &args!["name" => self.name(spoken_name)])
    }

    /// "the dog food and the lamp", "the dog food and two other things".
    pub fn the_things(&self, names: &[&str]) -> String {
        match names {
            [] => String::new(),
            [one] => self.the(one),
            [one, two] => self.list(&[self.the(one), self.the(two)]),
            [one, rest @ ..] => self.say("the-and-more", &args!["name" => self.the(one), "count" => rest.len()]),
        }
    }

    /// A size as it is said: 9.5, or 9 1/2 as a catalogue may write it, is "9 and a half".
    pub fn size(&self, size: &str) -> String {
        let size = halves::decimal(size);
        let whole = size.trim().strip_suffix(".5").filter(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
        match whole {
            Some(whole) => self.say("size-and-half", &args!["whole" => whole]),
            None => self.quoted(&size),
        }
    }

    /// What the shopper said, fit to be said back.
    pub fn quoted(&self, words: &str) -> String {
        cut(&script::plain(words), QUOTED)
    }
}

/// A title for a card: as printed, of a bearable length.
pub(super) fn printed_title(title: &str) -> String {
    cut(&script::plain(title), TITLE)
}

/// At most so many characters, cut after a whole word where there is one, with no loose joint left at the end.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut length = 0;
    let mut word_end = 0;
    // Whole graphemes: half an emoji or a letter without its accent would be read out as rubbish.
    for grapheme in text.graphemes(true) {
        length += grapheme.chars().count();
        if grapheme == " " {
            word_end = kept.len();
        }
        if length > most {
            break;
        }
        kept.push_str(grapheme);
    }
    if word_end > 0 {
        kept.truncate(word_end);
    }
    kept.trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '(', '/', '&', '+', '|']).to_owned()
}

/// The first sentence of a longer text, or as much of it as may be spoken.
pub(super) fn first_sentence(text: &str, most: usize) -> String {
    let text = script::plain(text);
    let sentence = text.unicode_sentences().next().unwrap_or_default().trim().to_owned();
    if sentence.chars().count() <= most {
        return sentence;
    }
    let mut short = cut(&sentence, most.saturating_sub(1));
    short.push('.');
    short
}

/// Begins with a capital, unless the first word has its own way with capitals ("iPhone").
fn capitalised(phrase: &str) -> String {
    let mut letters = phrase.chars();
    match letters.next() {
        Some(first) if first.is_lowercase() && !letters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => phrase.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_at_a_word() {
        for (text, most, expected) in [
            ("short", 10, "short"),
            ("whole almonds, roasted and salted", 16, "whole almonds"),
            ("abcdefghij", 4, "abcd"),
            ("flag 🇩🇪🇩🇪🇩🇪", 8, "flag"),
        ] {
            assert_eq!(cut(text, most), expected);
        }
    }

    #[test]
    fn descriptions_lose_all_but_their_first_sentence() {
        assert_eq!(first_sentence("Dry food for dogs. Keep it cool.", 80), "Dry food for dogs.");
        assert_eq!(first_sentence("Dry food for old dogs and cats and birds", 20), "Dry food for old.");
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!(capitalised("whole almonds"), "Whole almonds");
        assert_eq!(capitalised("iPhone case"), "iPhone case");
        assert_eq!(capitalised(""), "");
    }
}
