//! The merchant's own pages (returns, shipping, hours ...): a question in, one or two sentences of the passage that
//! answers it out, with the page's name; or nothing, when no passage is about it. Refuses to know products, and to say
//! anything that no page says.

mod pages;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use self::pages::Passage;
use super::search::terms::{Stems, Word, is_stop_word};
use crate::words::sound::Sounds;
use crate::words::tokens::normalize;

/// What a page says to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The title of the page.
    pub source: String,
    /// One or two of its sentences, word for word.
    pub words: String,
}

/// How near a passage must be to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// The shopper asks about the shop's ways.
    Meant,
    /// Nobody knows what the shopper meant: only what is plainly about it answers.
    Guessed,
}

#[derive(Debug, thiserror::Error)]
pub enum FaqError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: {problem}")]
    Page { path: PathBuf, line: usize, problem: String },
}

/// All pages, ready to be asked.
pub struct Faq {
    passages: Vec<Indexed>,
    /// In how many passages a stem stands.
    spread: FxHashMap<String, usize>,
    /// Every word of the pages, for words that were misheard.
    surfaces: Vec<(String, Sounds)>,
    stems: Mutex<Stems>,
}

struct Indexed {
    passage: Passage,
    /// How much of each stem there is; words of headings count more.
    weights: FxHashMap<String, f32>,
    /// The heading and what else it is asked as, each in stems: who says one of them means this passage.
    names: Vec<Vec<String>>,
    /// Stems of the headings and of what else it is asked as.
    head: FxHashSet<String>,
    length: f32,
}

/// What a word in a heading counts beside one in the text.
const HEADING: f32 = 3.0;
/// BM25's usual constants: how soon a word said again counts no more, and how much long passages are held back.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.5;
/// What each word of a name counts that was said as it stands.
const NAMED: f32 = 3.0;
/// The share of a question, weighed by how rare its words are, that a passage must hold.
const ENOUGH: f32 = 0.5;
const PLAIN: f32 = 0.75;
/// Sounds less alike than this are different words.
const HEARD: f32 = 0.82;
/// The longest answer, in characters: about twelve seconds of speech.
const LONGEST: usize = 260;

/// Words that ask, and tell nothing of what about.
const ASKING: &[&str] = &[
    "about",
    "ask",
    "can",
    "could",
    "do",
    "does",
    "did",
    "explain",
    "give",
    "happen",
    "happens",
    "how",
    "if",
    "know",
    "may",
    "offer",
    "offers",
    "policies",
    "policy",
    "question",
    "shop",
    "should",
    "store",
    "tell",
    "there",
    "to",
    "want",
    "when",
    "where",
    "who",
    "why",
    "would",
    "got",
    "get",
    "am",
    "not",
    "anything",
    "something",
    "information",
    "info",
    "rule",
    "rules",
    "much",
    "many",
    "mean",
    "more",
    "need",
    "possible",
];

impl Faq {
    /// Reads every `.md` file of a folder, in the order of their names.
    pub fn load(folder: &Path) -> Result<Self, FaqError> {
        Ok(Self::new(pages::read(folder)?))
    }

    /// One page from its text, for pages that are part of the program and for tests.
    pub fn of(pages: &[(&str, &str)]) -> Result<Self, FaqError> {
        let mut all = Vec::new();
        for (name, text) in pages {
            all.extend(pages::parse(Path::new(name), text)?);
        }
        Ok(Self::new(all))
    }

    fn new(passages: Vec<Passage>) -> Self {
        let mut stems = Stems::new();
        let mut spread: FxHashMap<String, usize> = FxHashMap::default();
        let mut surfaces: FxHashSet<String> = FxHashSet::default();
        let mut indexed = Vec::with_capacity(passages.len());
        for passage in passages {
            let mut weights: FxHashMap<String, f32> = FxHashMap::default();
            let mut add = |text: &str, weight: f32, head: Option<&mut FxHashSet<String>>| {
                let mut heads = Vec::new();
                for word in telling(stems.words(text)) {
                    surfaces.insert(word.surface);
                    *weights.entry(word.stem.clone()).or_default() += weight;
                    heads.push(word.stem);
                }
                if let Some(head) = head {
                    head.extend(heads);
                }
            };
            let mut head = FxHashSet::default();
            add(&passage.page, 1.0, Some(&mut head));
            add(&passage.heading, HEADING, Some(&mut head));
            for asked in &passage.also {
                add(asked, HEADING, Some(&mut head));
            }
            for sentence in &passage.sentences {
                add(sentence, 1.0, None);
            }
            for stem in weights.keys() {
                *spread.entry(stem.clone()).or_default() += 1;
            }
            let names = passage.also.iter().chain([&passage.heading]);
            let names = names.map(|n| stems.words(n).into_iter().map(|w| w.stem).collect()).collect();
            let length = weights.values().sum();
            indexed.push(Indexed { passage, weights, names, head, length });
        }
        let surfaces = surfaces.into_iter().filter(|w| w.len() >= 4).map(|w| (w.clone(), Sounds::of(&w))).collect();
        Self { passages: indexed, spread, surfaces, stems: Mutex::new(stems) }
    }

    /// No pages: nothing is answered.
    pub fn none() -> Self {
        Self::new(Vec::new())
    }

    pub fn is_empty(&self) -> bool {
        self.passages.is_empty()
    }

    /// What the pages are about, in words a shopper may use: headings and what the merchant wrote beside them.
    pub fn topics(&self) -> Vec<String> {
        let of = |i: &Indexed| [vec![i.passage.page.clone()], i.passage.also.clone()].concat();
        let mut topics: Vec<String> = self.passages.iter().flat_map(of).map(|t| t.to_lowercase()).collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// What the pages say to this; `None` when none of them is about it.
    pub fn answer(&self, question: &str, ask: Ask) -> Option<Answer> {
        let (said, wanted) = self.wanted(question);
        let all: f32 = wanted.iter().map(|stem| self.rarity(stem)).sum();
        let mean = self.passages.iter().map(|p| p.length).sum::<f32>() / self.passages.len().max(1) as f32;
        let best = self
            .passages
            .iter()
            .filter(|p| {
                let held: f32 = wanted.iter().filter(|s| p.weights.contains_key(*s)).map(|s| self.rarity(s)).sum();
                let named = wanted.iter().filter(|s| p.head.contains(*s)).count();
                match ask {
                    // "Where is your store" has no telling word, and yet a name may be just that.
                    Ask::Meant => !wanted.is_empty() && held >= ENOUGH * all || p.named(&said) >= 2.0 * NAMED,
                    // One word may be chance.
                    Ask::Guessed => held >= PLAIN * all && named > 0 && wanted.len() > 1,
                }
            })
            .map(|p| (p, self.score(p, &wanted, mean) + p.named(&said)))
            // The first of equals: what comes first on a page is the rule, the rest its exceptions.
            .rev()
            .max_by(|a, b| a.1.total_cmp(&b.1))?
            .0;
        Some(Answer { source: best.passage.page.clone(), words: self.quote(&best.passage, &wanted) })
    }

    /// All stems of a question, and those that tell what it is about. A word that no page has stands for the one it sounds
    /// like.
    fn wanted(&self, question: &str) -> (Vec<String>, Vec<String>) {
        let mut stems = self.stems.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut said, mut wanted): (Vec<String>, Vec<String>) = Default::default();
        // "I'm" is two words, as people say it.
        for word in stems.words(&normalize(question)) {
            let known = self.spread.contains_key(&word.stem);
            let stem = match (known, self.heard_as(&word.surface)) {
                (false, Some(surface)) if tells(&word) => stems.stem(surface),
                _ => word.stem.clone(),
            };
            said.push(stem.clone());
            if tells(&word) && !wanted.contains(&stem) {
                wanted.push(stem);
            }
        }
        (said, wanted)
    }

    fn heard_as(&self, surface: &str) -> Option<&str> {
        if surface.len() < 4 {
            return None;
        }
        let said = Sounds::of(surface);
        let like = self.surfaces.iter().map(|(word, sounds)| (said.similarity(sounds), word));
        let (likeness, word) = like.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))?;
        (likeness >= HEARD).then_some(word.as_str())
    }

    fn rarity(&self, stem: &str) -> f32 {
        let holding = self.spread.get(stem).copied().unwrap_or(0) as f32;
        (1.0 + (self.passages.len() as f32 - holding + 0.5) / (holding + 0.5)).ln()
    }

    fn score(&self, indexed: &Indexed, wanted: &[String], mean: f32) -> f32 {
        let held = |stem: &String| {
            let weight = indexed.weights.get(stem).copied().unwrap_or(0.0);
            let damp = SATURATION * (1.0 - LENGTH + LENGTH * indexed.length / mean.max(1.0));
            self.rarity(stem) * weight * (SATURATION + 1.0) / (weight + damp)
        };
        wanted.iter().map(held).sum()
    }

    /// One or two sentences in a row that say most about what was asked; the first ones where they say as much.
    fn quote(&self, passage: &Passage, wanted: &[String]) -> String {
        let mut stems = self.stems.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<FxHashSet<String>> =
            passage.sentences.iter().map(|s| stems.words(s).into_iter().map(|w| w.stem).collect()).collect();
        let mut best: (f32, String) = (-1.0, String::new());
        for start in 0..passage.sentences.len() {
            let two: Vec<&str> = passage.sentences.iter().skip(start).take(2).map(String::as_str).collect();
            let words = match two.join(" ") {
                both if both.chars().count() <= LONGEST => both,
                _ => two.first().copied().unwrap_or_default().to_owned(),
            };
            let tells = |stem: &&String| told.iter().skip(start).take(2).any(|t| t.contains(*stem));
            let said: f32 = wanted.iter().filter(tells).map(|s| self.rarity(s)).sum();
            if said > best.0 {
                best = (said, words);
            }
        }
        best.1
    }
}

/// Without the words that every question has.
fn telling(words: Vec<Word>) -> Vec<Word> {
    words.into_iter().filter(tells).collect()
}

fn tells(word: &Word) -> bool {
    !is_stop_word(&word.surface) && !ASKING.contains(&word.surface.as_str())
}

impl Indexed {
    /// What it counts that one of its names was said word for word.
    fn named(&self, said: &[String]) -> f32 {
        let within =
            |name: &&Vec<String>| !name.is_empty() && said.windows(name.len()).any(|run| run == name.as_slice());
        NAMED * self.names.iter().filter(within).map(Vec::len).max().unwrap_or(0) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Faq {
        Faq::load(Path::new("sample-shop/faq")).unwrap()
    }

    fn check(question: &str, source: &str, part: &str) {
        match sample().answer(question, Ask::Meant) {
            Some(answer) => {
                assert_eq!(answer.source, source, "{question}: {}", answer.words);
                assert!(answer.words.contains(part), "{question}: {}", answer.words);
                assert!(answer.words.chars().count() <= LONGEST, "{question}");
            }
            None => panic!("{question}: nothing fits"),
        }
    }

    #[test]
    fn the_passage_about_it_answers() {
        check("what is your return policy", "Returns and refunds", "within 30 days");
        check("how long do i have to return something", "Returns and refunds", "within 30 days");
        check("can i return something i opened", "Returns and refunds", "clean and complete");
        check("when do i get my money back", "Returns and refunds", "five working days");
        check("do you ship to canada", "Shipping", "do not ship to other countries");
        check("do you deliver on saturday", "Shipping", "do not deliver on Saturdays");
        check("what if nobody is home", "Shipping", "neighbor");
        check("do you have a warranty", "Warranty", "two years");
        check("does the warranty cover water damage", "Warranty", "from water");
        check("what are your opening hours", "Opening hours", "any hour");
        check("are you open on sunday", "Opening hours", "any hour");
        check("can i pay with paypal", "Payment", "card in your account");
        check("do you do price matching", "Payment", "do not match");
        check("do you record what i say", "Privacy", "do not keep recordings");
        check("do you sell my data", "Privacy", "never sell data");
        check("do you gift wrap", "Account and gifts", "for free");
    }

    #[test]
    fn a_mishearing_finds_it_too() {
        check("what is your warrenty policy", "Warranty", "two years");
        check("what is your shiping policy", "Shipping", "two working days");
    }

    #[test]
    fn what_no_page_says_is_not_answered() {
        let faq = sample();
        for question in ["do you hire students", "what is the meaning of life", "who is the president", "", "do you"] {
            assert_eq!(faq.answer(question, Ask::Meant), None, "{question}");
        }
        for guess in ["warranty", "play some music", "tell me a joke about money", "something to drink in the morning"]
        {
            assert_eq!(faq.answer(guess, Ask::Guessed), None, "{guess}");
        }
        assert!(faq.answer("is gift wrapping possible", Ask::Guessed).is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_question_is_survived(question in "\\PC{0,200}") {
            let faq = Faq::of(&[("a.md", "# A\n\n## B\n\nSome words. More words.\n")]).unwrap();
            faq.answer(&question, Ask::Meant);
        }
    }
}
