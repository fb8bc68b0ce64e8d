//! Speech before it is text or SSML: words, pauses, digits and letters in one row, from which both renderings are made,
//! so that they can never say different things. Phrases carry the pauses and the rest as private-use characters.

use super::Spoken;
use super::ssml::{ReadAs, Ssml};

const PAUSE: char = '\u{E000}';
const DIGITS: char = '\u{E001}';
const LETTERS: char = '\u{E002}';
const END: char = '\u{E003}';

/// What a phrase is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    /// Milliseconds.
    Pause(u32),
    Digits(String),
    Letters(String),
}

/// Marks a silence of so many milliseconds.
pub(super) fn pause(milliseconds: u32) -> String {
    format!("{PAUSE}{milliseconds}{END}")
}

/// Marks a number to be read digit by digit, in groups of two and three as people do.
pub(super) fn digits(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let mut groups = Vec::new();
    let mut rest = digits.as_slice();
    while !rest.is_empty() {
        let size = match rest.len() {
            2 | 4 => 2,
            n => n.min(3),
        };
        let (group, after) = rest.split_at(size);
        groups.push(format!("{DIGITS}{}{END}", group.iter().collect::<String>()));
        rest = after;
    }
    groups.join(&format!(",{} ", pause(150)))
}

/// Marks one run of letters to be spelled.
pub(super) fn letters(word: &str) -> String {
    format!("{LETTERS}{word}{END}")
}

/// The longest text of others that is looked at, in characters; every use of it is shorter.
const LONGEST: usize = 2_000;

/// Text that is safe to put between marks: no marks of its own, nothing that a voice would spell out ("less than") or
/// that grows when it is written as XML, single spaces.
pub(super) fn plain(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars().take(LONGEST) {
        match c {
            '&' => kept.push_str(" and "),
            '\'' => kept.push('’'),
            '<' | '>' | '"' | PAUSE..=END => kept.push(' '),
            c if c.is_control() => kept.push(' '),
            c => kept.push(c),
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Both renderings of a marked phrase; `pace` is a percentage of the voice's rate.
pub(super) fn render(marked: &str, pace: u32) -> Spoken {
    let pieces = pieces(marked);
    let mut ssml = Ssml::new();
    if pace == 100 {
        write(&pieces, &mut ssml);
    } else {
        ssml.at_rate(pace, |s| write(&pieces, s));
    }
    Spoken { text: text(&pieces), ssml: ssml.finish() }
}

fn text(pieces: &[Piece]) -> String {
    let spread = |run: &str, by: &str| run.chars().map(String::from).collect::<Vec<_>>().join(by);
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(words),
            Piece::Pause(_) => {}
            Piece::Digits(run) => out.push_str(&spread(run, " ")),
            Piece::Letters(run) => out.push_str(&spread(run, ", ")),
        }
    }
    out.trim().to_owned()
}

fn write(pieces: &[Piece], ssml: &mut Ssml) {
    for piece in pieces {
        match piece {
            Piece::Words(words) => ssml.text(words),
            Piece::Pause(ms) => ssml.pause(*ms),
            Piece::Digits(run) => ssml.say_as(ReadAs::Digits, run),
            Piece::Letters(run) => ssml.say_as(ReadAs::SpellOut, run),
        };
    }
}

fn pieces(marked: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut words = String::new();
    let mut rest = marked.chars();
    while let Some(c) = rest.next() {
        match c {
            PAUSE | DIGITS | LETTERS => {
                if !words.is_empty() {
                    pieces.push(Piece::Words(std::mem::take(&mut words)));
                }
                let run: String = rest.by_ref().take_while(|c| *c != END).collect();
                pieces.push(match c {
                    PAUSE => Piece::Pause(run.parse().unwrap_or(0)),
                    DIGITS => Piece::Digits(run),
                    _ => Piece::Letters(run),
                });
            }
            // Phrases are wrapped over lines in their file, and lists leave double spaces behind.
            c if c.is_whitespace() => {
                if !words.ends_with(' ') {
                    words.push(' ');
                }
            }
            END => {}
            c => words.push(c),
        }
    }
    if !words.is_empty() {
        pieces.push(Piece::Words(words));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_numbers_fall_into_groups_of_two_and_three() {
        for (number, said) in [
            ("1042", "1 0, 4 2"),
            ("10427", "1 0 4, 2 7"),
            ("104217", "1 0 4, 2 1 7"),
            ("1042178", "1 0 4, 2 1, 7 8"),
            ("10421789", "1 0 4, 2 1 7, 8 9"),
            ("1042178934", "1 0 4, 2 1 7, 8 9, 3 4"),
        ] {
            assert_eq!(render(&digits(number), 100).text, said);
        }
    }

    #[test]
    fn the_two_renderings_share_their_words() {
        let marked = format!("Order {},{} it's on\n  its way", digits("1042"), pause(200));
        let spoken = render(&marked, 80);
        assert_eq!(spoken.text, "Order 1 0, 4 2, it's on its way");
        assert_eq!(
            spoken.ssml,
            "<speak><prosody rate=\"80%\">Order <say-as interpret-as=\"digits\">10</say-as>,<break time=\"150ms\"/> \
             <say-as interpret-as=\"digits\">42</say-as>,<break time=\"200ms\"/> it&apos;s on its way</prosody></speak>"
        );
    }

    #[test]
    fn catalogue_text_cannot_smuggle_marks() {
        assert_eq!(plain("a\u{E000}9\u{E003}b\n\tc"), "a 9 b c");
    }
}
