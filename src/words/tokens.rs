//! Text in, normalised words with their place in the text out: lower case, no accents, contractions spelled out,
//! "$5" as "5 dollars". Refuses to know what a word means.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::halves::{self, Written};

/// One normalised word and the bytes of the original text it came from. Words that one contraction yields ("what's"
/// gives "what" and "is") share its span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub span: Range<usize>,
}

/// Splits text into normalised words. Never empty words; never fails.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(text.len() / 5 + 1);
    let mut rest = 0;
    for chunk in text.split_whitespace() {
        let start = text[rest..].find(chunk).map_or(rest, |at| rest + at);
        rest = start + chunk.len();
        if !push_half(chunk, start, &mut out) {
            push_chunk(chunk, start, &mut out);
        }
    }
    out
}

/// The normalised words alone, joined by single spaces: two texts with the same result say the same words.
pub fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for token in tokenize(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&token.text);
    }
    out
}

/// What a character does to the word it stands in.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Letter,
    /// Joins what stands on both its sides: "don't", "5.50", "10:30".
    Joint,
    Gap,
}

fn push_chunk(chunk: &str, offset: usize, out: &mut Vec<Token>) {
    if chunk.contains('.') && push_dotted(chunk, offset, out) {
        return;
    }
    let mut currency: Option<(&'static str, usize)> = None;
    let mut begin: Option<usize> = None;
    let mut before: Option<char> = None;
    let mut chars = chunk.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let role = role(before, c, chars.peek().map(|&(_, next)| next));
        if role == Role::Gap {
            if let Some(from) = begin.take() {
                push_word(&chunk[from..at], offset + from, &mut currency, out);
            }
            let span = offset + at..offset + at + c.len_utf8();
            match c {
                '$' => currency = Some(("dollars", offset + at)),
                '£' => currency = Some(("pounds", offset + at)),
                '€' => currency = Some(("euros", offset + at)),
                '&' => out.push(Token { text: "and".into(), span }),
                '%' => out.push(Token { text: "percent".into(), span }),
                '#' => out.push(Token { text: "number".into(), span }),
                _ => {}
            }
            // Only a sign right before its number is a price.
            if !matches!(c, '$' | '£' | '€') {
                currency = None;
            }
        } else if begin.is_none() {
            begin = Some(at);
        }
        before = Some(c);
    }
    if let Some(from) = begin {
        push_word(&chunk[from..], offset + from, &mut currency, out);
    }
}

fn role(before: Option<char>, c: char, after: Option<char>) -> Role {
    let digits = |a: Option<char>, b: Option<char>| {
        a.is_some_and(|a| a.is_ascii_digit()) && b.is_some_and(|b| b.is_ascii_digit())
    };
    let letters =
        |a: Option<char>, b: Option<char>| a.is_some_and(char::is_alphanumeric) && b.is_some_and(char::is_alphanumeric);
    match c {
        _ if c.is_alphanumeric() || is_combining_mark(c) => Role::Letter,
        '\'' | '\u{2019}' | '\u{02bc}' if letters(before, after) => Role::Joint,
        '.' | ',' | ':' if digits(before, after) => Role::Joint,
        _ => Role::Gap,
    }
}

/// "a.m." and "p.m." are one word; other dotted chunks are not special.
fn push_dotted(chunk: &str, offset: usize, out: &mut Vec<Token>) -> bool {
    let bare: String = chunk.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let odd = chunk.chars().any(|c| !c.is_alphabetic() && !matches!(c, '.' | ',' | '?' | '!'));
    if odd || !matches!(bare.as_str(), "am" | "pm") {
        return false;
    }
    out.push(Token { text: bare, span: offset..offset + chunk.len() });
    true
}

/// "9½", "9-1/2" and "9 1/2" are 9.5, which no other sign is read as.
fn push_half(chunk: &str, offset: usize, out: &mut Vec<Token>) -> bool {
    let core = chunk.trim_end_matches([',', '.', ';', ':', '?', '!']);
    let end = offset + core.len();
    match halves::written(core) {
        Some(Written::Alone) => {
            let Some(last) = out.last_mut().filter(|last| halves::is_whole(&last.text)) else { return false };
            last.text.push_str(".5");
            last.span.end = end;
        }
        Some(Written::With(digits)) => out.push(Token { text: format!("{digits}.5"), span: offset..end }),
        None => return false,
    }
    true
}

fn push_word(raw: &str, start: usize, currency: &mut Option<(&'static str, usize)>, out: &mut Vec<Token>) {
    let span = start..start + raw.len();
    let word = fold(raw);
    if word.is_empty() {
        return;
    }
    if word.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        let number = plain_number(&word);
        if let Some((name, from)) = currency.take() {
            // Spoken order, so that a written price matches the same samples as a said one.
            let span = from..span.end;
            out.push(Token { text: number.into_owned(), span: span.clone() });
            out.push(Token { text: name.to_owned(), span });
        } else {
            out.push(Token { text: number.into_owned(), span });
        }
        return;
    }
    *currency = None;
    if !word.chars().any(char::is_alphanumeric) {
        return;
    }
    match spell_out(&word) {
        Spelled::Same => out.push(Token { text: word, span }),
        Spelled::Words(words) => {
            out.extend(words.split(' ').map(|w| Token { text: w.to_owned(), span: span.clone() }));
        }
        Spelled::Stem(stem, tail) => {
            out.push(Token { text: stem, span: span.clone() });
            out.push(Token { text: tail.to_owned(), span });
        }
        Spelled::Joined(text) => out.push(Token { text, span }),
    }
}

/// Lower case without accents, every apostrophe the same.
fn fold(raw: &str) -> String {
    if raw.is_ascii() {
        return raw.to_ascii_lowercase();
    }
    raw.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, '\u{2019}' | '\u{02bc}') { '\'' } else { c })
        // Compatibility forms may unfold to spaces and brackets, which are no part of a word.
        .filter(|c| c.is_alphanumeric() || matches!(c, '\'' | '.' | ',' | ':'))
        .collect()
}

/// "1,000" is 1000; "5,50" is left alone.
fn plain_number(word: &str) -> Cow<'_, str> {
    let mut groups = word.split(',');
    let thousands = word.contains(',')
        && groups.next().is_some_and(|g| g.len() <= 3)
        && groups.all(|g| g.split('.').next().is_some_and(|g| g.len() == 3));
    if thousands { Cow::Owned(word.replace(',', "")) } else { Cow::Borrowed(word) }
}

enum Spelled {
    Same,
    Words(&'static str),
    Stem(String, &'static str),
    Joined(String),
}

/// Contractions in full, with and without their apostrophe where that cannot be another word, and one spelling for
/// words that have two.
fn spell_out(word: &str) -> Spelled {
    let whole = match word {
        "can't" | "cant" | "cannot" => "can not",
        "won't" => "will not",
        "dont" => "do not",
        "doesnt" => "does not",
        "didnt" => "did not",
        "isnt" => "is not",
        "whats" => "what is",
        "wheres" => "where is",
        "whens" => "when is",
        "hows" => "how is",
        "thats" => "that is",
        "im" => "i am",
        "ive" => "i have",
        "let's" | "lets" => "let us",
        "wanna" => "want to",
        "gonna" => "going to",
        "gimme" => "give me",
        "lemme" => "let me",
        "okay" | "o'k" => "ok",
        "colour" => "color",
        "colours" => "colors",
        "favourite" => "favorite",
        "grey" => "gray",
        "catalogue" => "catalog",
        _ => "",
    };
    if !whole.is_empty() {
        return Spelled::Words(whole);
    }
    let Some((stem, tail)) = word.rsplit_once('\'') else { return Spelled::Same };
    if stem.is_empty() {
        return Spelled::Joined(word.replace('\'', ""));
    }
    let tail = match tail {
        "t" if stem.len() > 1 && stem.ends_with('n') => {
            return Spelled::Stem(stem[..stem.len() - 1].replace('\'', ""), "not");
        }
        "ll" => "will",
        "re" => "are",
        "ve" => "have",
        "d" => "would",
        "m" if stem == "i" => "am",
        "s" if is_before_is(stem) => "is",
        _ => return Spelled::Joined(word.replace('\'', "")),
    };
    Spelled::Stem(stem.replace('\'', ""), tail)
}

/// Words after which 's is "is" and not a possessive.
fn is_before_is(stem: &str) -> bool {
    matches!(stem, "what" | "where" | "who" | "how" | "that" | "it" | "there" | "here" | "when" | "why" | "he" | "she")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_normalised() {
        let cases = [
            ("  Find ME,  Apples! ", "find me apples"),
            ("What's in my cart?", "what is in my cart"),
            ("whats the price", "what is the price"),
            ("I don\u{2019}t want men\u{2019}s shoes", "i do not want mens shoes"),
            ("I'd like it", "i would like it"),
            ("can't won't", "can not will not"),
            ("twenty-one", "twenty one"),
            ("under $50.", "under 50 dollars"),
            ("under £5.50", "under 5.50 pounds"),
            ("1,000 or 12,345,678", "1000 or 12345678"),
            ("at 10:30 a.m.", "at 10:30 am"),
            ("jalapeño crème", "jalapeno creme"),
            ("M&M's 100% #2", "m and ms 100 percent number 2"),
            ("the 3rd, colour grey", "the 3rd color gray"),
            ("$ $", ""),
            ("size 9½, 10 1/2 or 11-1/2", "size 9.5 10.5 or 11.5"),
            ("1/2 pound", "1 2 pound"),
            ("'tis ' the 'end'", "tis the end"),
        ];
        for (text, want) in cases {
            assert_eq!(normalize(text), want, "{text:?}");
        }
    }

    #[test]
    fn spans_point_into_the_original() {
        let text = "Where's the Jalapeño, please";
        let got: Vec<_> = tokenize(text).into_iter().map(|t| text[t.span].to_owned()).collect();
        assert_eq!(got, ["Where's", "Where's", "the", "Jalapeño", "please"]);
        let priced = "for $5 now";
        let spans: Vec<_> = tokenize(priced).into_iter().map(|t| priced[t.span].to_owned()).collect();
        assert_eq!(spans, ["for", "$5", "$5", "now"]);
    }

    proptest! {
        #[test]
        fn any_text_gives_words_inside_it(text in "\\PC{0,80}") {
            let mut last = 0;
            for token in tokenize(&text) {
                prop_assert!(!token.text.is_empty());
                prop_assert!(text.get(token.span.clone()).is_some());
                prop_assert!(token.span.start >= last);
                last = token.span.start;
            }
        }

        #[test]
        fn normalising_twice_changes_nothing(text in "[a-zA-Z0-9' ,.$&-]{0,60}") {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once);
        }
    }
}
