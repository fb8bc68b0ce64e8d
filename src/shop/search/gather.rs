//! Which of the matching products are kept and in which order: filters on numbers, priors, sorts. Scores in, the best
//! documents out. Refuses to know words.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::shop::{Filters, Sort};

/// A sort by anything but relevance orders only what scores at least this share of the best.
const RELEVANT: f32 = 0.5;
/// What a wholly popular product gains over an unknown one, and one not in stock loses.
const POPULAR: f32 = 0.06;
const SOLD_OUT: f32 = 0.06;
/// What the shopper's own past purchases gain.
const BOUGHT: f32 = 0.35;
/// A mean rating is trusted as if so many average ratings stood beside it.
const DOUBT: f32 = 10.0;
const AVERAGE_TENTHS: f32 = 40.0;

/// Keeps the best `keep` documents.
pub(super) struct Gather {
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub in_stock: bool,
    pub sort: Sort,
    pub keep: usize,
    /// Nothing was asked for in words: popularity is all there is to order by.
    pub by_popularity: bool,
    pub bought: Arc<FxHashSet<DocAddress>>,
    /// Documents to leave out.
    pub seen: Arc<FxHashSet<DocAddress>>,
}

/// The best documents in order, and how many there are in all.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub docs: Vec<DocAddress>,
    pub total: usize,
}

impl Gather {
    pub fn new(filters: &Filters, sort: Sort, keep: usize) -> Self {
        Self {
            min_price: filters.min_price.map(|m| m.minor()),
            max_price: filters.max_price.map(|m| m.minor()),
            in_stock: filters.in_stock,
            sort,
            keep,
            by_popularity: false,
            bought: Arc::default(),
            seen: Arc::default(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    doc: DocAddress,
    score: f32,
    /// What the sort orders by, more is first; the score for relevance.
    rank: f64,
}

pub(super) struct GatherSegment {
    segment: SegmentOrdinal,
    min_price: i64,
    max_price: i64,
    in_stock: bool,
    sort: Sort,
    keep: usize,
    by_popularity: bool,
    bought: Arc<FxHashSet<DocAddress>>,
    seen: Arc<FxHashSet<DocAddress>>,
    price: Arc<dyn ColumnValues<i64>>,
    stock: Arc<dyn ColumnValues<u64>>,
    rating: Arc<dyn ColumnValues<u64>>,
    ratings: Arc<dyn ColumnValues<u64>>,
    released: Arc<dyn ColumnValues<i64>>,
    popularity: Arc<dyn ColumnValues<u64>>,
    found: Vec<Found>,
    total: usize,
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = GatherSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<GatherSegment> {
        let fast = reader.fast_fields();
        Ok(GatherSegment {
            segment,
            min_price: self.min_price.unwrap_or(i64::MIN),
            max_price: self.max_price.unwrap_or(i64::MAX),
            in_stock: self.in_stock,
            sort: self.sort,
            keep: self.keep,
            by_popularity: self.by_popularity,
            bought: self.bought.clone(),
            seen: self.seen.clone(),
            price: fast.column_first_or_default("price")?,
            stock: fast.column_first_or_default("stock")?,
            rating: fast.column_first_or_default("rating")?,
            ratings: fast.column_first_or_default("ratings")?,
            released: fast.column_first_or_default("released")?,
            popularity: fast.column_first_or_default("popularity")?,
            found: Vec::new(),
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, fruits: Vec<(Vec<Found>, usize)>) -> tantivy::Result<Gathered> {
        let mut total = fruits.iter().map(|f| f.1).sum();
        let mut found: Vec<Found> = fruits.into_iter().flat_map(|f| f.0).collect();
        if self.sort != Sort::Relevance && !self.by_popularity {
            let best = found.iter().map(|f| f.score).fold(0.0, f32::max);
            found.retain(|f| f.score >= best * RELEVANT);
            total = found.len();
        }
        found.sort_unstable_by(order);
        found.truncate(self.keep);
        Ok(Gathered { docs: found.into_iter().map(|f| f.doc).collect(), total })
    }
}

/// Best first; of equals the earlier in the catalogue, so that pages never overlap.
fn order(a: &Found, b: &Found) -> Ordering {
    b.rank.total_cmp(&a.rank).then(b.score.total_cmp(&a.score)).then(a.doc.cmp(&b.doc))
}

impl SegmentCollector for GatherSegment {
    type Fruit = (Vec<Found>, usize);

    fn collect(&mut self, doc: DocId, score: Score) {
        let price = self.price.get_val(doc);
        let stock = self.stock.get_val(doc);
        if price < self.min_price || price > self.max_price || (self.in_stock && stock == 0) {
            return;
        }
        let address = DocAddress::new(self.segment, doc);
        if self.seen.contains(&address) {
            return;
        }
        self.total += 1;
        let popular = self.popularity.get_val(doc).min(1_000) as f32 / 1_000.0;
        let mut score = if self.by_popularity { 1.0 + popular * 10.0 } else { score * (1.0 + POPULAR * popular) };
        if stock == 0 {
            score *= 1.0 - SOLD_OUT;
        }
        if self.bought.contains(&address) {
            score *= 1.0 + BOUGHT;
        }
        let rank = match self.sort {
            Sort::Relevance => f64::from(score),
            Sort::Cheapest => -(price as f64),
            Sort::BestRated => {
                let (tenths, count) = (self.rating.get_val(doc) as f32, self.ratings.get_val(doc) as f32);
                f64::from((tenths * count + AVERAGE_TENTHS * DOUBT) / (count + DOUBT))
            }
            Sort::Newest => self.released.get_val(doc) as f64,
        };
        self.found.push(Found { doc: address, score, rank });
        // Only relevance can forget as it goes: the other sorts must first know the best score.
        if self.sort == Sort::Relevance && self.found.len() >= self.keep.saturating_mul(2).max(256) {
            let keep = self.keep.max(1);
            self.found.select_nth_unstable_by(keep - 1, order);
            self.found.truncate(keep);
        }
    }

    fn harvest(self) -> Self::Fruit {
        (self.found, self.total)
    }
}
