//! A query as spoken in, queries as a catalogue writes them out: carrier phrases off, spelled letters joined, numbers in
//! digits, units short. Refuses to know the catalogue; where a phrase can be written in several ways, all are given.

use super::numbers;

/// At most this many words of a query are read.
const MAX_WORDS: usize = 40;

/// Ways to write the query, likeliest first, at most four, all different. Empty only when nothing was said.
///
/// "do you have any u s b sticks" gives `usb sticks`; "double a" gives `aa`; "a four paper" gives `4 paper`, then
/// `a4 paper`, because only the catalogue knows which is meant.
pub fn written(spoken: &str) -> Vec<String> {
    let words = split(spoken);
    let said: Vec<&str> = words.iter().map(String::as_str).collect();
    let bare = without_carrier(&said);
    let mut out = Vec::with_capacity(4);
    let mut push = |words: Vec<String>| {
        let text = words.join(" ");
        if !text.is_empty() && !out.contains(&text) {
            out.push(text);
        }
    };
    push(compact(without_article(bare), false));
    push(compact(bare, true));
    push(without_article(bare).iter().map(|w| (*w).to_owned()).collect());
    if bare.len() < said.len() {
        push(compact(&said, false));
    }
    out
}

/// The query without what is only politeness around it: "find me a ... please".
pub fn without_carrier<'a, 's>(words: &'a [&'s str]) -> &'a [&'s str] {
    let mut rest = words;
    while let Some(cut) = LEADS.iter().filter_map(|lead| after(rest, lead)).min_by_key(|r| r.len()) {
        rest = cut;
    }
    while let Some(cut) = TRAILS.iter().filter_map(|trail| before(rest, trail)).min_by_key(|r| r.len()) {
        rest = cut;
    }
    // A query of nothing but such words is about them.
    if rest.is_empty() { words } else { rest }
}

/// The short form of a unit of measure: `terabytes` is `tb`.
pub fn unit(word: &str) -> Option<&'static str> {
    if word.len() > LONGEST_UNIT || !word.is_ascii() {
        return None;
    }
    UNITS.iter().find(|(_, names)| names.contains(&word)).map(|(short, _)| *short)
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '?' | '!' | '"' | '(' | ')'))
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('\u{2019}', "'"))
        .filter(|w| !w.is_empty())
        .take(MAX_WORDS)
        .collect()
}

fn after<'a, 's>(words: &'a [&'s str], lead: &str) -> Option<&'a [&'s str]> {
    let mut rest = words;
    for want in lead.split(' ') {
        let (first, tail) = rest.split_first()?;
        if *first != want {
            return None;
        }
        rest = tail;
    }
    (!rest.is_empty()).then_some(rest)
}

fn before<'a, 's>(words: &'a [&'s str], trail: &str) -> Option<&'a [&'s str]> {
    let mut rest = words;
    for want in trail.rsplit(' ') {
        let (last, head) = rest.split_last()?;
        if *last != want {
            return None;
        }
        rest = head;
    }
    (!rest.is_empty()).then_some(rest)
}

fn without_article<'a, 's>(words: &'a [&'s str]) -> &'a [&'s str] {
    match words {
        ["a" | "an" | "some" | "any", rest @ ..] if !rest.is_empty() => rest,
        _ => words,
    }
}

/// Joins what is said apart and written together. `eager` also takes a leading "a" for a letter.
fn compact(words: &[&str], eager: bool) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some(head) = rest.first() {
        if let Some((times, letter)) = repeated(rest) {
            out.push(letter.repeat(times));
            rest = rest.get(2..).unwrap_or_default();
            continue;
        }
        let letters = rest.iter().take_while(|w| is_letter(w)).count();
        let number = |at: usize| longest_number(rest.get(at..).unwrap_or_default());
        let article = !eager && *head == "a" && letters == 1;
        if letters > 0 && !article {
            let mut word: String = rest.iter().take(letters).copied().collect();
            let mut used = letters;
            // "p s four" is ps4; "i four" is nothing.
            if let Some((more, digits)) = number(letters).filter(|_| letters > 1 || *head != "i") {
                word.push_str(&digits);
                used += more;
            }
            out.push(word);
            rest = rest.get(used..).unwrap_or_default();
        } else if let Some((used, digits)) = number(0).filter(|_| *head != "a" && *head != "an") {
            let next = rest.get(used..).unwrap_or_default();
            let short = next.first().and_then(|w| unit(w));
            let suffix =
                short.or_else(|| next.first().filter(|w| is_letter(w) && !matches!(**w, "a" | "i" | "x")).copied());
            let alone = next.get(1).is_none_or(|w| !is_letter(w));
            match suffix {
                Some(suffix) if alone || short.is_some() => {
                    out.push(format!("{digits}{suffix}"));
                    rest = next.get(1..).unwrap_or_default();
                }
                _ => {
                    out.push(digits);
                    rest = next;
                }
            }
        } else {
            out.push((*head).to_owned());
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    out
}

/// "double a", "triple a".
fn repeated<'s>(words: &[&'s str]) -> Option<(usize, &'s str)> {
    let times = match *words.first()? {
        "double" => 2,
        "triple" => 3,
        "quadruple" => 4,
        _ => return None,
    };
    words.get(1).filter(|w| is_letter(w)).map(|letter| (times, *letter))
}

fn is_letter(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn longest_number(words: &[&str]) -> Option<(usize, String)> {
    let words = words.get(..words.len().min(numbers::MAX_WORDS))?;
    // "and" may end no number that a shopper searches for; the grammar of numbers already refuses it.
    numbers::numbers_at(words).into_iter().next().map(|(used, number)| (used, number.to_string()))
}

/// What stands before the thing wanted. Applied again and again, so "hi can you please find me some" needs no entry.
const LEADS: &[&str] = &[
    "please",
    "hi",
    "hey",
    "hello",
    "okay",
    "ok",
    "um",
    "uh",
    "er",
    "well",
    "so",
    "yes",
    "yeah",
    "just",
    "maybe",
    "also",
    "do you have",
    "do you sell",
    "do you stock",
    "do you carry",
    "do you offer",
    "do you got",
    "have you got",
    "have you any",
    "you got",
    "you have",
    "got any",
    "are there",
    "is there",
    "can you",
    "could you",
    "would you",
    "will you",
    "can i",
    "could i",
    "may i",
    "can we",
    "i want",
    "i need",
    "i'd like",
    "i would like",
    "i'd love",
    "i'll have",
    "i'll take",
    "i will take",
    "we need",
    "we want",
    "i wanna",
    "i am looking for",
    "i'm looking for",
    "i'm after",
    "i am after",
    "i'm searching for",
    "i'm trying to find",
    "i am trying to find",
    "i'm shopping for",
    "i'm interested in",
    "i was looking for",
    "looking for",
    "look for",
    "look up",
    "search for",
    "search",
    "searching for",
    "shop for",
    "find",
    "find me",
    "show",
    "show me",
    "show us",
    "see",
    "get",
    "get me",
    "get us",
    "give me",
    "bring me",
    "bring up",
    "pull up",
    "list",
    "tell me about",
    "what about",
    "how about",
    "let me see",
    "let's see",
    "let's look at",
    "help me find",
    "to buy",
    "to order",
    "to get",
    "to find",
    "to see",
    "to have",
    "to purchase",
    "buy",
    "buy me",
    "order",
    "order me",
    "purchase",
    "pick up",
    "where can i find",
    "where can i get",
    "where are",
    "where is",
    "what kind of",
    "what kinds of",
    "what sort of",
    "what types of",
    "what are your",
    "what",
    "which",
    "me some",
    "me any",
    "me a",
    "me an",
    "some kind of",
    "some sort of",
    "a few",
    "some",
    "any",
    "a good",
    "a new",
    "another",
];

/// What stands after it.
const TRAILS: &[&str] = &[
    "please",
    "thanks",
    "thank you",
    "for me",
    "for us",
    "do you have",
    "do you sell",
    "do you stock",
    "have you got",
    "are there",
    "can i get",
    "can you find",
    "if you have any",
    "if you have it",
    "if you have them",
    "if possible",
    "right now",
    "right away",
    "in your shop",
    "in your store",
    "in the shop",
    "in the store",
    "that you have",
    "you have",
    "available",
    "to buy",
    "for sale",
    "or something",
    "or something like that",
    "or so",
    "somewhere",
    "today",
];

const LONGEST_UNIT: usize = 11;

const UNITS: &[(&str, &[&str])] = &[
    ("tb", &["tb", "terabyte", "terabytes"]),
    ("gb", &["gb", "gig", "gigs", "gigabyte", "gigabytes"]),
    ("mb", &["mb", "megabyte", "megabytes"]),
    ("inch", &["inch", "inches"]),
    ("ft", &["ft", "foot", "feet"]),
    ("mm", &["mm", "millimeter", "millimeters", "millimetre", "millimetres"]),
    ("cm", &["cm", "centimeter", "centimeters", "centimetre", "centimetres"]),
    ("m", &["m", "meter", "meters", "metre", "metres"]),
    ("ml", &["ml", "milliliter", "milliliters", "millilitre", "millilitres"]),
    ("l", &["l", "liter", "liters", "litre", "litres"]),
    ("oz", &["oz", "ounce", "ounces"]),
    ("lb", &["lb", "lbs", "pound", "pounds"]),
    ("kg", &["kg", "kilo", "kilos", "kilogram", "kilograms"]),
    ("g", &["g", "gram", "grams", "gramme", "grammes"]),
    ("mg", &["mg", "milligram", "milligrams"]),
    ("w", &["w", "watt", "watts"]),
    ("v", &["v", "volt", "volts"]),
    ("mah", &["mah", "milliamp", "milliamps"]),
    ("mp", &["mp", "megapixel", "megapixels"]),
    ("hz", &["hz", "hertz"]),
    ("mhz", &["mhz", "megahertz"]),
    ("ghz", &["ghz", "gigahertz"]),
    ("ct", &["ct", "count"]),
    ("pk", &["pk", "pack", "packs"]),
    ("qt", &["qt", "quart", "quarts"]),
    ("gal", &["gal", "gallon", "gallons"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_way_to_write() {
        let table = [
            ("do you have any running shoes", "running shoes"),
            ("hi can you please find me a kettle please", "kettle"),
            ("i'm looking for a h d m i cable", "hdmi cable"),
            ("what kind of olive oil do you have", "olive oil"),
            ("I'd like to buy some oat milk, thanks", "oat milk"),
            ("triple a batteries", "aaa batteries"),
            ("q l e d t v", "qledtv"),
            ("p s five controller", "ps5 controller"),
            ("r t x thirty eighty", "rtx3080"),
            ("twenty inch bike", "20inch bike"),
            ("one terabyte drive", "1tb drive"),
            ("sixty four gigabyte memory card", "64gb memory card"),
            ("four k monitor", "4k monitor"),
            ("ten eighty p webcam", "1080p webcam"),
            ("l two seventy ink", "l270 ink"),
            ("vitamin b twelve", "vitamin b12"),
            ("twelve ounce coffee", "12oz coffee"),
            ("two point five inch enclosure", "2.5inch enclosure"),
            ("please", "please"),
            ("search", "search"),
            ("i phone case", "i phone case"),
        ];
        for (said, want) in table {
            assert_eq!(written(said).first().map(String::as_str), Some(want), "{said}");
        }
    }

    #[test]
    fn other_ways_are_kept() {
        assert!(written("a four paper").contains(&"a4 paper".to_owned()));
        assert!(written("seven up").contains(&"seven up".to_owned()));
        assert!(written("order of the phoenix").contains(&"order of the phoenix".to_owned()));
        assert!(written(" ?! ").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn never_fails(text in "\\PC{0,200}") {
            let ways = written(&text);
            proptest::prop_assert!(ways.len() <= 4);
            proptest::prop_assert_eq!(ways.is_empty(), split(&text).is_empty());
        }

        #[test]
        fn written_text_is_kept(words in proptest::collection::vec("[b-hj-z]{3,9}", 1..5)) {
            let text = words.join(" ");
            proptest::prop_assume!(words.iter().all(|w| !LEADS.contains(&w.as_str()) && !TRAILS.contains(&w.as_str())
                && !numbers::may_belong(w)));
            let ways = written(&text);
            proptest::prop_assert_eq!(ways.first(), Some(&text));
        }
    }
}
