//! How many of a thing, as people say it: a spoken name and a number in, "two bags of coffee", "one pair of socks" or
//! "three desk lamps" out. Which words name containers, pairs and stuff stands in the locale's phrases.

use std::collections::HashSet;

use fluent_bundle::FluentArgs;

use super::catalog::{Catalog, args};
use super::teller::Teller;
use crate::shop::Quantity;
use crate::words::nouns::plural;

/// How deep into a name a container is looked for: "a twenty ounce box of ...".
const CONTAINER_WITHIN: usize = 4;

/// The locale's lists of words that are counted in their own way.
pub(super) struct Nouns {
    /// One, many.
    containers: Vec<(String, String)>,
    pairs: HashSet<String>,
    stuff: HashSet<String>,
    tails: HashSet<String>,
    articles: HashSet<String>,
}

impl Nouns {
    pub fn read(catalog: &Catalog) -> Self {
        let text = |name| catalog.say(name, &FluentArgs::new());
        let set = |name| text(name).split_whitespace().map(str::to_owned).collect();
        let containers = text("containers")
            .split(',')
            .filter_map(|pair| {
                let mut words = pair.split_whitespace().map(str::to_owned);
                let one = words.next()?;
                let many = words.next().unwrap_or_else(|| one.clone());
                Some((one, many))
            })
            .collect();
        Self {
            containers,
            pairs: set("pairs"),
            stuff: set("stuff"),
            tails: set("name-tails"),
            articles: set("articles"),
        }
    }

    /// "a bag of coffee" without its "a".
    pub fn without_article<'n>(&self, name: &'n str) -> &'n str {
        match name.split_once(' ') {
            Some((first, rest)) if self.articles.contains(&first.to_lowercase()) && !rest.trim().is_empty() => rest,
            _ => name,
        }
    }

    fn kind(&self, name: &str) -> Kind {
        let words: Vec<&str> = name.split(' ').collect();
        for (i, word) in words.iter().enumerate().take(CONTAINER_WITHIN) {
            let lower = word.to_lowercase();
            let known = self.containers.iter().find(|(one, _)| *one == lower);
            if let (Some((_, many)), Some(&"of")) = (known, words.get(i + 1)) {
                let mut phrase: Vec<&str> = words.clone();
                if let Some(slot) = phrase.get_mut(i) {
                    *slot = many;
                }
                return Kind::Container { many: phrase.join(" ") };
            }
        }
        let tail = words.iter().position(|w| self.tails.contains(&w.to_lowercase()) || w.starts_with('('));
        let comma = words.iter().position(|w| w.ends_with(',')).map(|i| i + 1);
        let head_end = tail.into_iter().chain(comma).filter(|i| *i > 0).min().unwrap_or(words.len());
        let Some(head) = head_end.checked_sub(1).and_then(|i| words.get(i)) else { return Kind::Of };
        let bare = head.trim_end_matches(',');
        let lower = bare.to_lowercase();
        if self.pairs.contains(&lower) {
            Kind::Pair
        } else if bare.is_empty() || !bare.chars().all(char::is_alphabetic) {
            Kind::Of
        } else if self.stuff.contains(&lower) || is_plural(&lower) {
            Kind::Pack
        } else {
            let mut many: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            if let Some(slot) = many.get_mut(head_end - 1) {
                *slot = slot.replacen(bare, &plural(bare), 1);
            }
            Kind::Plain { many: many.join(" ") }
        }
    }
}

/// How a name is counted.
enum Kind {
    Container {
        many: String,
    },
    Pair,
    Pack,
    Plain {
        many: String,
    },
    /// A model number or the like: "two of the X100".
    Of,
}

fn is_plural(word: &str) -> bool {
    word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
}

impl Teller<'_> {
    /// "two bags of coffee".
    pub fn counted(&self, quantity: Quantity, spoken_name: &str) -> String {
        let name = self.name(spoken_name);
        let count = quantity.get();
        match self.nouns.kind(&name) {
            Kind::Container { many } => {
                let phrase = if count == 1 { name } else { many };
                self.say("counted-container", &args!["count" => count, "phrase" => phrase])
            }
            Kind::Pair => self.say("counted-pair", &args!["count" => count, "name" => name]),
            Kind::Pack => self.say("counted-pack", &args!["count" => count, "name" => name]),
            Kind::Plain { many } => {
                self.say("counted-plain", &args!["count" => count, "name" => name, "plural" => many])
            }
            Kind::Of => self.say("counted-of", &args!["count" => count, "name" => name]),
        }
    }

    /// "210 reviews", "over twelve thousand reviews".
    pub fn reviews(&self, count: u32) -> String {
        self.say("reviews", &args!["count" => count, "rounded" => self.rounded(count)])
    }

    /// A count as one would say it: exact while it is short.
    pub fn rounded(&self, count: u32) -> String {
        let step = match count {
            0..=100 => return crate::words::numbers::cardinal(count.into()),
            101..=999 => return count.to_string(),
            1_000..=9_999 => 1_000,
            10_000..=999_999 => 1_000,
            _ => 1_000_000,
        };
        let floor = count / step * step;
        if floor == count {
            return crate::words::numbers::cardinal(count.into());
        }
        self.say("about-number", &args!["number" => floor])
    }
}
