//! Several things named in one breath: "two six-packs of water and a dozen eggs" in, each thing with how many of it out.
//! Refuses to know whether "mac and cheese" is one thing: a part without a count of its own is marked as doubtful, and
//! whoever knows the shop decides.

use crate::words::numbers;

/// One thing named, as said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub words: String,
    pub amount: Amount,
    /// Follows a bare "and": these words may belong to the name before them.
    pub joined: bool,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Nothing was said.
    Unsaid,
    /// So many, of whatever it is sold by.
    Count(u32),
    /// So many lots of `size` single pieces: two six-packs, a dozen.
    Lots { count: u32, size: u32 },
}

/// Things in one breath; more are a list to be written, not said.
const MOST: usize = 20;
/// What stands between an amount and the thing.
const CONTAINERS: &[&str] = &[
    "bag", "bags", "bottle", "bottles", "box", "boxes", "can", "cans", "carton", "cartons", "case", "cases", "jar",
    "jars", "loaf", "loaves", "pack", "packs", "packet", "packets", "pair", "pairs", "piece", "pieces", "roll",
    "rolls", "tin", "tins", "tub", "tubs", "tube", "tubes",
];

/// The things named in `text`, in order. Empty when it names none, or more than can be followed by ear.
pub fn items(text: &str) -> Vec<Item> {
    let words = words(text);
    let mut out: Vec<Item> = Vec::new();
    let (mut from, mut joined) = (0, false);
    for at in 0..=words.len() {
        let Some(link) = words.get(at).map_or(Some(Link::End), |w| link(w)) else { continue };
        if let Some((words, amount, marked)) = words.get(from..at).and_then(thing) {
            out.push(Item { words, amount, joined: joined && !marked });
            joined = false;
        }
        // ", and" is no bare "and".
        joined = match link {
            Link::And if at > from => true,
            Link::And => joined,
            Link::Comma | Link::End => false,
        };
        from = at + 1;
    }
    if let Some(first) = out.first_mut() {
        first.joined = false;
    }
    if out.len() > MOST { Vec::new() } else { out }
}

#[derive(Clone, Copy, PartialEq)]
enum Link {
    And,
    Comma,
    End,
}

fn link(word: &str) -> Option<Link> {
    match word {
        "and" | "&" => Some(Link::And),
        "," | "plus" | "also" => Some(Link::Comma),
        _ => None,
    }
}

/// Lower-case words; commas are words of their own, "six-pack" is "six", "-", "pack".
fn words(text: &str) -> Vec<String> {
    let spaced =
        text.to_lowercase().replace('\u{2019}', "'").replace(", ", " , ").replace(';', " , ").replace('&', " & ");
    let mut out: Vec<String> = Vec::new();
    for word in spaced.replace("as well as", "also").split_whitespace() {
        let word =
            if word == "," { word } else { word.trim_matches(|c: char| !c.is_alphanumeric() && c != '&' && c != '\'') };
        let parts: Vec<&str> = word.split('-').collect();
        match parts[..] {
            [size, pack @ ("pack" | "packs")] if small(size).is_some() => {
                out.extend([size, "-", pack].map(str::to_owned))
            }
            // "twenty-five"
            [tens, ones] if small(tens).is_some() && small(ones).is_some() => {
                out.extend([tens, ones].map(str::to_owned));
            }
            _ if word.is_empty() => {}
            _ => out.push(word.to_owned()),
        }
    }
    out
}

/// (name, amount, whether something stood before the name) of one part between links.
fn thing(part: &[String]) -> Option<(String, Amount, bool)> {
    let said: Vec<&str> = part.iter().map(String::as_str).collect();
    let mut rest: &[&str] = &said;
    while let Some((&first, after)) = rest.split_first() {
        if !matches!(first, "then" | "please" | "get" | "me" | "us") || after.is_empty() {
            break;
        }
        rest = after;
    }
    let (amount, mut rest, mut marked) = amount(rest);
    while let Some((&first, after)) = rest.split_first() {
        let skip = match first {
            "a" | "an" | "the" | "some" | "my" | "our" | "any" => true,
            "more" | "extra" => marked,
            _ => false,
        };
        if !skip || after.is_empty() {
            break;
        }
        marked = true;
        rest = after;
    }
    while let Some((&last, before)) = rest.split_last() {
        if !matches!(last, "please" | "too" | "-") || before.is_empty() {
            break;
        }
        rest = before;
    }
    let name = rest.join(" ").replace(" - ", "-");
    (!name.is_empty()).then_some((name, amount, marked))
}

/// The amount that the words open with, the words after it, and whether there was one.
fn amount<'a, 'w>(said: &'a [&'w str]) -> (Amount, &'a [&'w str], bool) {
    if let Some((lots, rest)) = lots(said) {
        return (lots, rest, true);
    }
    // "a bag of rice", "two bags of rice", "two of the red apples", "two bananas".
    let (count, rest) = match said {
        // Its article may have been left out on the way: "bag of rice".
        ["a" | "an", after @ ..] | after if container(after).is_some() => (Some(1), after),
        _ => match number_at(said) {
            Some((used, n)) => (Some(n), said.get(used..).unwrap_or_default()),
            None => (None, said),
        },
    };
    let Some(count) = count else { return (Amount::Unsaid, said, false) };
    let rest = container(rest).unwrap_or(rest);
    let rest = match rest {
        ["of", after @ ..] if !after.is_empty() => after,
        rest => rest,
    };
    if rest.is_empty() {
        return (Amount::Unsaid, said, false);
    }
    (Amount::Count(count), rest, true)
}

/// The words after "bags of".
fn container<'a, 'w>(said: &'a [&'w str]) -> Option<&'a [&'w str]> {
    match said {
        [word, "of", rest @ ..] if CONTAINERS.contains(word) && !rest.is_empty() => Some(rest),
        _ => None,
    }
}

/// "a dozen", "two dozen", "half a dozen", "two six-packs of", "a pack of twelve".
fn lots<'a, 'w>(said: &'a [&'w str]) -> Option<(Amount, &'a [&'w str])> {
    let of = |rest: &'a [&'w str]| -> Option<&'a [&'w str]> {
        let rest = match rest {
            ["of", after @ ..] => after,
            rest => rest,
        };
        (!rest.is_empty()).then_some(rest)
    };
    let found = match said {
        ["half", "a", "dozen", rest @ ..] | ["half", "dozen", rest @ ..] | ["a", "half", "dozen", rest @ ..] => {
            (1, 6, rest)
        }
        ["a", "dozen", rest @ ..] | ["dozen", rest @ ..] => (1, 12, rest),
        [n, "dozen", rest @ ..] => (small(n)?, 12, rest),
        // A hyphen or a singular tells "six-pack" from six packs.
        [n, size, "-", "pack" | "packs", rest @ ..] => (small(n).or(one(n))?, small(size)?, rest),
        [size, "-", "pack" | "packs", rest @ ..] => (1, small(size)?, rest),
        // "twenty five packs" is a number of packs.
        [n, size, "pack" | "packs", rest @ ..]
            if small(size).is_some_and(|s| small(n).is_none_or(|n| n < 20 || n % 10 > 0 || s > 9)) =>
        {
            (small(n).or(one(n))?, small(size)?, rest)
        }
        [size, "pack", rest @ ..] => (1, small(size)?, rest),
        _ => return None,
    };
    let (count, size, rest) = found;
    Some((Amount::Lots { count, size }, of(rest)?))
}

fn one(word: &str) -> Option<u32> {
    matches!(word, "a" | "an").then_some(1)
}

/// A number of one word, from 1 to 99.
fn small(word: &str) -> Option<u32> {
    let n = numbers::number(&[word])?;
    let value = n.whole().filter(|_| n.is_whole())?;
    u32::try_from(value).ok().filter(|n| (1..=99).contains(n) && word != "dozen")
}

/// A whole number at the start that leaves words after it.
fn number_at(said: &[&str]) -> Option<(usize, u32)> {
    numbers::numbers_at(said).into_iter().find_map(|(used, n)| {
        let value = n.whole().filter(|_| n.is_whole() && used < said.len())?;
        Some((used, u32::try_from(value).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, Amount, bool)]) {
        let got = items(text);
        let got: Vec<_> = got.iter().map(|i| (i.words.as_str(), i.amount, i.joined)).collect();
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn things_and_how_many() {
        use Amount::{Count, Lots, Unsaid};
        check(
            "two six-packs of sparkling water and a dozen eggs",
            &[("sparkling water", Lots { count: 2, size: 6 }, false), ("eggs", Lots { count: 1, size: 12 }, false)],
        );
        check("two six packs of sparkling water", &[("sparkling water", Lots { count: 2, size: 6 }, false)]);
        check("six packs of sparkling water", &[("sparkling water", Count(6), false)]);
        check("a six-pack of beer", &[("beer", Lots { count: 1, size: 6 }, false)]);
        check("half a dozen bagels", &[("bagels", Lots { count: 1, size: 6 }, false)]);
        check("two dozen eggs", &[("eggs", Lots { count: 2, size: 12 }, false)]);
        check("milk, eggs and bread", &[("milk", Unsaid, false), ("eggs", Unsaid, false), ("bread", Unsaid, true)]);
        check("mac and cheese", &[("mac", Unsaid, false), ("cheese", Unsaid, true)]);
        check("three bananas and some rice", &[("bananas", Count(3), false), ("rice", Unsaid, false)]);
        check(
            "a bag of rice and two bottles of olive oil",
            &[("rice", Count(1), false), ("olive oil", Count(2), false)],
        );
        check("twenty five packs of gum", &[("gum", Count(25), false)]);
        check("twenty-five apples", &[("apples", Count(25), false)]);
        check("twenty five apples", &[("apples", Count(25), false)]);
        check("a couple of lemons", &[("lemons", Count(2), false)]);
        check("milk, and two of the red apples please", &[("milk", Unsaid, false), ("red apples", Count(2), false)]);
        check("gluten-free bread as well as tea", &[("gluten-free bread", Unsaid, false), ("tea", Unsaid, false)]);
        check("two", &[("two", Unsaid, false)]);
        check("", &[]);
        check("and", &[]);
    }

    #[test]
    fn any_text_is_survived_and_no_item_is_empty() {
        proptest::proptest!(|(text in "[a-z0-9 ,&.'-]{0,80}")| {
            proptest::prop_assert!(items(&text).iter().all(|i| !i.words.trim().is_empty()));
        });
    }
}
