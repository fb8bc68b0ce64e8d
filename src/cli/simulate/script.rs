//! Conversations as text: the format of `conversations/*.txt`, read and written.
//!
//! `== title` opens a conversation; `customer: id` says who speaks; `pin:`, `coupon:`, `address:`, `slot:`, `links:`
//! and `terms:` say what the shop must have been set up with; then `shopper:` and `shop:` lines in turn. What the
//! shop says is compared word for word, with ` [end]` where the session ends; a `shop~:` line holds a regular
//! expression in place of the words. `(open)` and `(end)` are said where the shopper opens and leaves the skill.

use std::fmt::Write as _;

use regex::Regex;

/// One conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    pub title: String,
    pub customer: Option<String>,
    /// What the shop must have been set up with, as written.
    pub needs: Vec<String>,
    pub turns: Vec<Turn>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Its line in the file, from 1.
    pub line: usize,
    pub shopper: String,
    pub shop: Expected,
}

/// What the shop should say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is written: whatever it says is right.
    #[default]
    Anything,
    Words(String),
    Like(String),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct ScriptError {
    pub line: usize,
    pub problem: String,
}

/// Reads a file of conversations; blank lines and lines that begin with `#` are passed over.
pub fn parse(text: &str) -> Result<Vec<Conversation>, ScriptError> {
    let mut all: Vec<Conversation> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = |problem: &str| ScriptError { line: at + 1, problem: problem.to_owned() };
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("== ") {
            all.push(Conversation { title: title.trim().to_owned(), ..Conversation::default() });
            continue;
        }
        let conversation = all.last_mut().ok_or_else(|| wrong("a file opens with == and a title"))?;
        let (who, words) = line.split_once(": ").ok_or_else(|| wrong("neither customer, shopper nor shop speaks"))?;
        let words = words.trim().to_owned();
        match who {
            "customer" => conversation.customer = Some(words),
            "pin" | "coupon" | "address" | "slot" | "terms" | "links" => {
                conversation.needs.push(line.trim().to_owned())
            }
            "shopper" => {
                conversation.turns.push(Turn { line: at + 1, shopper: words, shop: Expected::Anything });
            }
            "shop" | "shop~" => {
                let turn = conversation.turns.last_mut().ok_or_else(|| wrong("the shopper speaks first"))?;
                if turn.shop != Expected::Anything {
                    return Err(wrong("the shop speaks twice"));
                }
                turn.shop = if who == "shop" {
                    Expected::Words(words)
                } else {
                    Regex::new(&words).map_err(|e| wrong(&format!("no regular expression: {e}")))?;
                    Expected::Like(words)
                };
            }
            _ => return Err(wrong("neither customer, shopper nor shop speaks")),
        }
    }
    Ok(all)
}

impl Expected {
    pub fn fits(&self, said: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Words(words) => words == said,
            Self::Like(pattern) => Regex::new(pattern).is_ok_and(|p| p.is_match(said)),
        }
    }

    pub fn shown(&self) -> &str {
        match self {
            Self::Anything => "anything",
            Self::Words(words) | Self::Like(words) => words,
        }
    }
}

/// Writes a conversation so that [`parse`] reads it back, without what belongs to a person: addresses, telephone and
/// order numbers. Where the shop says such a thing, a pattern takes the place of its words.
pub fn record(title: &str, turns: &[(String, String)]) -> String {
    let mut out = format!("== {title}\n");
    for (shopper, shop) in turns {
        let _ = writeln!(out, "shopper: {}", private(shopper, |secret| secret.stand_in().to_owned()));
        if find(shop).next().is_some() {
            let mut pattern = String::from("^");
            let mut rest = 0;
            for (at, secret) in find(shop) {
                pattern.push_str(&regex::escape(shop.get(rest..at.start).unwrap_or_default()));
                pattern.push_str(secret.pattern());
                rest = at.end;
            }
            pattern.push_str(&regex::escape(shop.get(rest..).unwrap_or_default()));
            let _ = writeln!(out, "shop~: {pattern}$");
        } else {
            let _ = writeln!(out, "shop: {shop}");
        }
    }
    out
}

/// What is not written down.
#[derive(Clone, Copy)]
enum Secret {
    Mail,
    Number,
}

impl Secret {
    fn stand_in(self) -> &'static str {
        match self {
            Self::Mail => "someone@example.com",
            Self::Number => "12345",
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Mail => r"\S+@\S+",
            Self::Number => r"[\d ,-]{4,}",
        }
    }
}

/// Long numbers (as digits, or digit by digit) and e-mail addresses, in order.
fn find(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, Secret)> {
    let mut found = Vec::new();
    for (pattern, secret) in [(r"[^\s@]+@[^\s@]+\.[^\s@.,]+", Secret::Mail), (r"\+?\d[\d ,-]{2,}\d", Secret::Number)] {
        let Ok(pattern) = Regex::new(pattern) else { continue };
        found.extend(pattern.find_iter(text).map(|m| (m.range(), secret)));
    }
    found.sort_by_key(|(range, _)| range.start);
    // A number inside an address is part of it.
    let mut end = 0;
    found.retain(|(range, _)| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
    found.into_iter()
}

fn private(text: &str, put: impl Fn(Secret) -> String) -> String {
    let (mut out, mut rest) = (String::new(), 0);
    for (at, secret) in find(text) {
        out.push_str(text.get(rest..at.start).unwrap_or_default());
        out.push_str(&put(secret));
        rest = at.end;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_conversations_are_in_this_format() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/intents/en-US/conversations");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            count += parse(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap().len();
        }
        assert!(count >= 40, "{count}");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line, problem) in [
            ("shopper: hello", 1, "opens with =="),
            ("== a\nshop: hello", 2, "speaks first"),
            ("# note\n\n== a\nshopper: x\nshop: y\nshop: z", 6, "speaks twice"),
            ("== a\nshopper: x\nshop~: (", 3, "regular expression"),
            ("== a\nsomebody: x", 2, "neither"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.line == line && error.problem.contains(problem), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_recorded_replays_and_names_nobody() {
        let turns = [
            ("where is order 58672".to_owned(), "Order 58672 for ada.l@shop.example is on its way.".to_owned()),
            ("call 555-0100 then".to_owned(), "All right. What would you like?".to_owned()),
        ];
        let text = record("told", &turns);
        for secret in ["58672", "ada", "0100"] {
            assert!(!text.contains(secret), "{text}");
        }
        let read = parse(&text).unwrap();
        assert_eq!(read[0].turns.len(), 2);
        for (turn, (_, shop)) in read[0].turns.iter().zip(&turns) {
            assert!(turn.shop.fits(shop), "{turn:?}");
        }
        assert!(!read[0].turns[0].shop.fits("Order 58672 is lost."));
    }
}
