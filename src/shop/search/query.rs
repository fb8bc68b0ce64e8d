//! Words wanted in, what the index is asked out: units of meaning with their alternatives, weights by field, filters
//! that never score. Refuses to know products and sorts.

use tantivy::Searcher;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::alike::Vocabulary;
use super::fields::Fields;
use super::synonyms::Synonyms;
use super::terms::{Stems, Word, is_stop_word};

/// More than this many words of a query are not needed to find a thing.
const MAX_UNITS: usize = 12;

/// How much a word found in a field counts. Chosen by `benches/search.rs`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    pub title: f32,
    pub head: f32,
    pub brand: f32,
    pub body: f32,
    /// Two words of the query that stand together.
    pub together: f32,
    /// "smartwatch" where the catalogue writes "smart watch".
    pub compound: f32,
    pub synonym: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { title: 1.2, head: 0.5, brand: 0.8, body: 2.0, together: 0.4, compound: 0.8, synonym: 0.7 }
    }
}

/// One thing that must be found, in any of several ways.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    ways: Vec<Way>,
}

#[derive(Clone, Debug)]
struct Way {
    stems: Vec<String>,
    weight: f32,
    /// A phrase that stands for another must be in the title, or "flash drive" would be found in any long description.
    title_only: bool,
}

/// The words of a query, taken apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub units: Vec<Unit>,
    /// Neighbours in the query, as the `pairs` field writes them.
    together: Vec<String>,
}

/// Reads queries against one state of the index.
pub(super) struct Reader<'a> {
    pub fields: &'a Fields,
    pub searcher: &'a Searcher,
    pub synonyms: &'a Synonyms,
    pub vocabulary: &'a Vocabulary,
    pub weights: Weights,
}

impl Reader<'_> {
    /// Takes `text` apart. Empty when it has no words.
    pub fn wanted(&self, text: &str, stems: &mut Stems) -> Wanted {
        let words = stems.words(text);
        let content: Vec<Word> = words.iter().filter(|w| !is_stop_word(&w.surface)).cloned().collect();
        let content = if content.is_empty() { words.clone() } else { content };
        let together = stems.pairs(&words);
        let mut units = Vec::new();
        let mut at = 0;
        while at < content.len() {
            let (unit, used) = self.unit(content.get(at..).unwrap_or_default(), stems);
            units.push(unit);
            at += used.max(1);
        }
        if units.len() > MAX_UNITS {
            // Keep what tells most, in the order said.
            let mut rarity: Vec<(u64, usize)> = units.iter().enumerate().map(|(i, u)| (self.frequency(u), i)).collect();
            rarity.sort_unstable_by_key(|(n, i)| (if *n == 0 { u64::MAX } else { *n }, *i));
            let mut kept: Vec<usize> = rarity.into_iter().take(MAX_UNITS).map(|(_, i)| i).collect();
            kept.sort_unstable();
            units = kept.into_iter().filter_map(|i| units.get(i).cloned()).collect();
        }
        Wanted { units, together }
    }

    /// As [`wanted`](Self::wanted), with what may have been misheard or mistyped as further ways.
    pub fn wanted_alike(&self, text: &str, stems: &mut Stems) -> Wanted {
        let words = stems.words(text);
        let content: Vec<Word> = words.iter().filter(|w| !is_stop_word(&w.surface)).cloned().collect();
        let content = if content.is_empty() { words } else { content };
        let mut units = Vec::new();
        let mut at = 0;
        while at < content.len() && units.len() < MAX_UNITS {
            let rest = content.get(at..).unwrap_or_default();
            let (mut unit, mut used) = self.unit(rest, stems);
            // Several words heard for one: "keen wah".
            for len in (1..=rest.len().min(3)).rev() {
                let heard = rest.get(..len).unwrap_or_default();
                let phrase = heard.iter().map(|w| w.surface.as_str()).collect::<Vec<_>>().join(" ");
                let known = heard.iter().all(|w| self.count(self.fields.surface, &w.surface) > 0);
                if len > 1 && known {
                    continue;
                }
                let like = self.vocabulary.like(&phrase);
                if len > 1 && like.first().is_none_or(|(_, likeness)| *likeness < 0.8) {
                    continue;
                }
                if len > used {
                    (unit, used) = (Unit { ways: Vec::new() }, len);
                }
                for (word, likeness) in like {
                    let stem = stems.stem(word);
                    if !unit.ways.iter().any(|w| w.stems == [stem.as_str()]) {
                        unit.ways.push(Way { stems: vec![stem], weight: likeness * likeness * 0.7, title_only: false });
                    }
                }
                if len > 1 {
                    break;
                }
            }
            units.push(unit);
            at += used.max(1);
        }
        Wanted { units, together: Vec::new() }
    }

    /// The unit at the start of `words`, and how many of them it takes.
    fn unit(&self, words: &[Word], stems: &mut Stems) -> (Unit, usize) {
        for len in (1..=words.len().min(self.synonyms.longest().max(2))).rev() {
            let span = words.get(..len).unwrap_or_default();
            let own: Vec<&str> = span.iter().map(|w| w.stem.as_str()).collect();
            let mut ways = self.own_ways(span, stems);
            let others = self.synonyms.of(&own);
            if len > 1 && others.is_empty() && ways.len() < 2 {
                continue;
            }
            ways.extend(others.into_iter().map(|stems| Way {
                stems: stems.to_vec(),
                weight: self.weights.synonym,
                title_only: stems.len() > 1,
            }));
            return (Unit { ways }, len);
        }
        (Unit { ways: Vec::new() }, 1)
    }

    /// The span itself, joined where the catalogue writes it in one, apart where it writes it in two.
    fn own_ways(&self, span: &[Word], stems: &mut Stems) -> Vec<Way> {
        let way = |stems: Vec<String>, weight| Way { stems, weight, title_only: false };
        let mut ways = vec![way(span.iter().map(|w| w.stem.clone()).collect(), 1.0)];
        match span {
            [word] => {
                let text = word.surface.as_str();
                if let Some(other) = number_word(text) {
                    ways.push(way(vec![other.to_owned()], 0.9));
                }
                if self.count(self.fields.body, &word.stem) == 0
                    && let Some(parts) = self.apart(text, stems)
                {
                    ways.push(way(parts, 0.9));
                }
            }
            [left, right] => {
                let joined = stems.pair(left, right);
                if self.count(self.fields.title, &joined) > 0
                    || (right.hyphened && self.count(self.fields.body, &joined) > 0)
                {
                    ways.push(way(vec![joined], 1.0));
                }
            }
            _ => {
                if span.iter().skip(1).all(|w| w.hyphened) {
                    let joined: String = span.iter().map(|w| w.surface.as_str()).collect();
                    let joined = stems.stem(&joined);
                    if self.count(self.fields.body, &joined) > 0 {
                        ways.push(way(vec![joined], 1.0));
                    }
                }
            }
        }
        ways
    }

    /// A word the catalogue does not have, as two that it has: `rtx3080`, `qledtv`, `laptopbag`.
    fn apart(&self, word: &str, stems: &mut Stems) -> Option<Vec<String>> {
        let known = |part: &str| self.count(self.fields.surface, part);
        let cuts = word.char_indices().map(|(at, _)| at).skip(1).take(30);
        let best = cuts
            .filter_map(|at| {
                let (left, right) = (word.get(..at)?, word.get(at..)?);
                let kinds_change =
                    left.ends_with(|c: char| c.is_ascii_digit()) != right.starts_with(|c: char| c.is_ascii_digit());
                let long_enough = left.len() >= 2 && right.len() >= 2;
                let (l, r) = (known(left), known(right));
                ((kinds_change || long_enough) && l > 0 && r > 0).then_some((kinds_change, l.min(r), left, right))
            })
            .max_by_key(|(kinds, least, ..)| (*kinds, *least))?;
        Some(vec![stems.stem(best.2), stems.stem(best.3)])
    }

    fn frequency(&self, unit: &Unit) -> u64 {
        unit.ways.iter().flat_map(|w| &w.stems).map(|s| self.count(self.fields.body, s)).max().unwrap_or(0)
    }

    /// Products with the term in the field.
    fn count(&self, field: Field, text: &str) -> u64 {
        self.searcher.doc_freq(&Term::from_field_text(field, text)).unwrap_or(0)
    }

    /// All units must be found. `None` when one cannot be.
    pub fn all_of(&self, wanted: &Wanted) -> Option<Box<dyn Query>> {
        let mut clauses = Vec::with_capacity(wanted.units.len() + wanted.together.len());
        for unit in &wanted.units {
            clauses.push((Occur::Must, self.unit_query(unit)?));
        }
        clauses.extend(self.together(wanted));
        (!clauses.is_empty()).then(|| Box::new(BooleanQuery::new(clauses)) as Box<dyn Query>)
    }

    /// Half of the units must be found, the rarer the better. `None` when none can be.
    pub fn some_of(&self, wanted: &Wanted) -> Option<Box<dyn Query>> {
        let units: Vec<Box<dyn Query>> = wanted.units.iter().filter_map(|u| self.unit_query(u)).collect();
        if units.is_empty() {
            return None;
        }
        let least = wanted.units.len().div_ceil(2).min(units.len());
        let should = units.into_iter().map(|u| (Occur::Should, u)).collect();
        let found = Box::new(BooleanQuery::with_minimum_required_clauses(should, least)) as Box<dyn Query>;
        let mut clauses = vec![(Occur::Must, found)];
        clauses.extend(self.together(wanted));
        Some(Box::new(BooleanQuery::new(clauses)))
    }

    /// Products that are one of the things named, not only for it or of it. `None` when no word names a kind.
    pub fn of_that_kind(&self, wanted: &Wanted) -> Option<Box<dyn Query>> {
        let nouns = wanted.units.iter().flat_map(|u| &u.ways).filter_map(|way| way.stems.last());
        let kinds: Vec<(Occur, Box<dyn Query>)> = nouns
            .filter(|noun| self.count(self.fields.head, noun) > 0)
            .map(|noun| (Occur::Should, self.term(self.fields.head, noun, 1.0)))
            .collect();
        (!kinds.is_empty()).then(|| Box::new(BooleanQuery::new(kinds)) as Box<dyn Query>)
    }

    fn together(&self, wanted: &Wanted) -> Vec<(Occur, Box<dyn Query>)> {
        let pairs = wanted.together.iter().filter(|p| self.count(self.fields.pairs, p) > 0).take(MAX_UNITS);
        pairs.map(|p| (Occur::Should, self.term(self.fields.pairs, p, self.weights.together))).collect()
    }

    fn unit_query(&self, unit: &Unit) -> Option<Box<dyn Query>> {
        let mut ways: Vec<Box<dyn Query>> = unit.ways.iter().filter_map(|way| self.way_query(way)).collect();
        match ways.len() {
            0 => None,
            1 => ways.pop(),
            _ => Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, 0.1))),
        }
    }

    fn way_query(&self, way: &Way) -> Option<Box<dyn Query>> {
        let mut words = Vec::with_capacity(way.stems.len());
        for stem in &way.stems {
            words.push((Occur::Must, self.word_query(stem, way.title_only)?));
        }
        let query: Box<dyn Query> = match words.len() {
            0 => return None,
            1 => words.pop()?.1,
            _ => Box::new(BooleanQuery::new(words)),
        };
        Some(if way.weight == 1.0 { query } else { Box::new(BoostQuery::new(query, way.weight)) })
    }

    fn word_query(&self, stem: &str, title_only: bool) -> Option<Box<dyn Query>> {
        let Weights { title, head, brand, body, compound, .. } = self.weights;
        let fields = [
            (self.fields.title, title),
            (self.fields.head, head),
            (self.fields.body, body),
            (self.fields.brand, brand),
            (self.fields.pairs, compound),
        ];
        let fields = if title_only { fields.get(..2).unwrap_or_default() } else { fields.as_slice() };
        let mut should: Vec<(Occur, Box<dyn Query>)> = fields
            .iter()
            .filter(|(field, weight)| *weight > 0.0 && self.count(*field, stem) > 0)
            .map(|(field, weight)| (Occur::Should, self.term(*field, stem, *weight)))
            .collect();
        match should.len() {
            0 => None,
            1 => Some(should.pop()?.1),
            _ => Some(Box::new(BooleanQuery::new(should))),
        }
    }

    fn term(&self, field: Field, text: &str, weight: f32) -> Box<dyn Query> {
        let query = Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs));
        if weight == 1.0 { query } else { Box::new(BoostQuery::new(query, weight)) }
    }

    /// `query` among products that meet all the conditions; scores stay what `query` gives.
    pub fn within(query: Box<dyn Query>, filters: Vec<Box<dyn Query>>) -> Box<dyn Query> {
        if filters.is_empty() {
            return query;
        }
        let silent =
            filters.into_iter().map(|f| (Occur::Must, Box::new(ConstScoreQuery::new(f, 0.0)) as Box<dyn Query>));
        Box::new(BooleanQuery::new(std::iter::once((Occur::Must, query)).chain(silent).collect()))
    }

    pub fn everything() -> Box<dyn Query> {
        Box::new(AllQuery)
    }
}

/// The other way to write a small number: catalogues have both "2 pack" and "two pack".
fn number_word(text: &str) -> Option<&'static str> {
    const NUMBERS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const DIGITS: [&str; 13] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    let other = |from: &[&str; 13], to: &[&'static str; 13]| {
        from.iter().position(|n| *n == text).and_then(|at| to.get(at).copied())
    };
    other(&NUMBERS, &DIGITS).or_else(|| other(&DIGITS, &NUMBERS))
}
