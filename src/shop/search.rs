//! Product search that survives being spoken. Products and queries in, SKUs in order out. Refuses to know where
//! products come from and what is said about them.

mod alike;
mod fields;
mod filters;
mod gather;
mod generation;
mod query;
mod synonyms;
mod terms;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::civil::Date;
use rustc_hash::FxHashSet;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, Searcher, Term};

use self::fields::Fields;
use self::gather::{Gather, Gathered};
use self::generation::Generation;
use self::query::{Reader, Wanted, Weights};
pub use self::synonyms::{DEFAULT as DEFAULT_SYNONYMS, Synonyms, SynonymsError};
use self::terms::Stems;
use super::{Product, Search, Sku, Sort};
use crate::words::spoken;

/// A product with what search alone needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Indexed {
    pub product: Product,
    pub released: Option<Date>,
    /// 0..=1000, how well it sells.
    pub popularity: u32,
}

/// What a search found: one page of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    pub skus: Vec<Sku>,
    /// All that match, on whatever page.
    pub total: u32,
    /// Nothing fitted all the words: these are the nearest.
    pub relaxed: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the search index in {folder}: {source}")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the search index: {0}; import the catalogue again to rebuild it")]
    Engine(#[from] tantivy::TantivyError),
}

impl SearchError {
    fn folder(folder: &Path, source: std::io::Error) -> Self {
        Self::Folder { folder: folder.to_owned(), source }
    }
}

/// The searchable catalogue. Cheap to share; readers are never blocked, not even while it is rebuilt.
pub struct Index {
    dir: Option<PathBuf>,
    fields: Fields,
    synonyms: ArcSwap<Synonyms>,
    current: ArcSwap<Generation>,
    building: Mutex<()>,
}

/// Past purchases beyond this many add nothing that a shopper would notice.
const MAX_BOOSTS: usize = 200;
/// Below so many full matches the nearest others follow them.
const FEW: usize = 10;
/// The largest page and the deepest place that is looked into.
const MAX_LIMIT: usize = 50;
const MAX_OFFSET: usize = 5_000;

impl Index {
    /// Opens what the last [`rebuild`](Self::rebuild) left in `dir`, or an empty index; without `dir` it lives in memory.
    pub fn open(dir: Option<&Path>) -> Result<Self, SearchError> {
        let fields = Fields::new();
        let generation = Generation::open(dir, &fields)?;
        let synonyms = Synonyms::parse(DEFAULT_SYNONYMS).unwrap_or_default();
        Ok(Self {
            dir: dir.map(Path::to_owned),
            fields,
            synonyms: ArcSwap::from_pointee(synonyms),
            current: ArcSwap::from_pointee(generation),
            building: Mutex::new(()),
        })
    }

    /// A merchant's own synonyms in place of the default ones.
    pub fn set_synonyms(&self, synonyms: Synonyms) {
        self.synonyms.store(Arc::new(synonyms));
    }

    /// Indexes `products` in place of all before. Searches see the old catalogue until the new one is whole, and so does
    /// the next start when this one is cut off.
    pub fn rebuild(&self, products: impl IntoIterator<Item = Indexed>) -> Result<(), SearchError> {
        let _one_at_a_time = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.current.load().next(self.dir.as_deref(), &self.fields, products)?;
        self.current.store(Arc::new(next));
        Ok(())
    }

    /// Products in the index.
    pub fn len(&self) -> u64 {
        self.current.load().searcher.num_docs()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds products. `boosts` are what this shopper bought before: they come sooner. A query without words lists what
    /// the filters allow, best sellers first; words that mean nothing here find nothing.
    pub fn search(&self, search: &Search, boosts: &[Sku]) -> Result<Hits, SearchError> {
        let generation = self.current.load_full();
        let synonyms = self.synonyms.load_full();
        let run = Run { fields: &self.fields, generation: &generation, synonyms: &synonyms, search };
        run.hits(boosts)
    }
}

/// One search on one generation.
struct Run<'a> {
    fields: &'a Fields,
    generation: &'a Generation,
    synonyms: &'a Synonyms,
    search: &'a Search,
}

impl Run<'_> {
    fn hits(&self, boosts: &[Sku]) -> Result<Hits, SearchError> {
        let mut stems = Stems::new();
        let bought = Arc::new(self.documents(boosts)?);
        let reader = self.reader();
        let queries = spoken::written(&self.search.query);
        if queries.is_empty() {
            let mut gather = self.gather(bought);
            gather.by_popularity = true;
            let found = self.run(Reader::everything(), gather, &mut stems)?;
            return self.page(found, false);
        }
        // Each way to write it in full, then what it may have been misheard for, then parts of it.
        let mut wanted: Vec<Wanted> =
            queries.iter().map(|q| reader.wanted(q, &mut stems)).filter(|w| !w.units.is_empty()).collect();
        for wanted in &wanted {
            let found = self.all_of(&reader, wanted, &bought, &mut stems)?;
            if found.total > 0 {
                return self.page(self.followed(found, &reader, wanted, &bought, &mut stems)?, false);
            }
        }
        let alike: Vec<Wanted> = queries.iter().take(2).map(|q| reader.wanted_alike(q, &mut stems)).collect();
        for wanted in &alike {
            let found = self.all_of(&reader, wanted, &bought, &mut stems)?;
            if found.total > 0 {
                return self.page(found, false);
            }
        }
        wanted.truncate(1);
        for wanted in wanted.iter().chain(alike.iter().take(1)) {
            if let Some(query) = reader.some_of(wanted) {
                let found = self.run(query, self.gather(bought.clone()), &mut stems)?;
                if found.total > 0 {
                    return self.page(found, true);
                }
            }
        }
        Ok(Hits::default())
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            fields: self.fields,
            searcher: &self.generation.searcher,
            synonyms: self.synonyms,
            vocabulary: &self.generation.vocabulary,
            weights: Weights::default(),
        }
    }

    fn gather(&self, bought: Arc<FxHashSet<DocAddress>>) -> Gather {
        let keep = self.offset() + self.limit();
        Gather { bought, ..Gather::new(&self.search.filters, self.search.sort, keep) }
    }

    fn all_of(
        &self,
        reader: &Reader,
        wanted: &Wanted,
        bought: &Arc<FxHashSet<DocAddress>>,
        stems: &mut Stems,
    ) -> Result<Gathered, SearchError> {
        match reader.all_of(wanted) {
            Some(query) => self.run(query, self.gather(bought.clone()), stems),
            None => Ok(Gathered::default()),
        }
    }

    /// A few full matches are followed by the nearest others; a sort would mix the two, so then there are none.
    fn followed(
        &self,
        mut found: Gathered,
        reader: &Reader,
        wanted: &Wanted,
        bought: &Arc<FxHashSet<DocAddress>>,
        stems: &mut Stems,
    ) -> Result<Gathered, SearchError> {
        if found.total >= FEW || self.search.sort != Sort::Relevance || wanted.units.len() < 2 {
            return Ok(found);
        }
        if let Some(query) = reader.some_of(wanted) {
            let mut gather = self.gather(bought.clone());
            gather.seen = Arc::new(found.docs.iter().copied().collect());
            let others = self.run(query, gather, stems)?;
            found.total += others.total;
            found.docs.extend(others.docs);
        }
        Ok(found)
    }

    fn run(
        &self,
        query: Box<dyn tantivy::query::Query>,
        gather: Gather,
        stems: &mut Stems,
    ) -> Result<Gathered, SearchError> {
        let conditions =
            filters::conditions(&self.search.filters, &self.generation.values, self.fields, self.synonyms, stems);
        Ok(self.generation.searcher.search(&Reader::within(query, conditions), &gather)?)
    }

    fn page(&self, found: Gathered, relaxed: bool) -> Result<Hits, SearchError> {
        let mut skus = Vec::new();
        for address in found.docs.iter().skip(self.offset()).take(self.limit()) {
            if let Some(sku) = sku_of(&self.generation.searcher, *address)? {
                skus.push(sku);
            }
        }
        Ok(Hits { skus, total: u32::try_from(found.total).unwrap_or(u32::MAX), relaxed: relaxed && found.total > 0 })
    }

    fn offset(&self) -> usize {
        (self.search.offset as usize).min(MAX_OFFSET)
    }

    fn limit(&self) -> usize {
        (self.search.limit as usize).clamp(1, MAX_LIMIT)
    }

    fn documents(&self, skus: &[Sku]) -> Result<FxHashSet<DocAddress>, SearchError> {
        let mut out = FxHashSet::default();
        for (number, reader) in (0u32..).zip(self.generation.searcher.segment_readers()) {
            let index = reader.inverted_index(self.fields.sku)?;
            for sku in skus.iter().take(MAX_BOOSTS) {
                let term = Term::from_field_text(self.fields.sku, sku.as_str());
                let postings =
                    index.read_postings(&term, IndexRecordOption::Basic).map_err(tantivy::TantivyError::from)?;
                if let Some(postings) = postings
                    && postings.doc() < reader.max_doc()
                {
                    out.insert(DocAddress::new(number, postings.doc()));
                }
            }
        }
        Ok(out)
    }
}

fn sku_of(searcher: &Searcher, address: DocAddress) -> Result<Option<Sku>, SearchError> {
    let column = searcher.segment_reader(address.segment_ord).fast_fields().str("sku")?;
    let Some(column) = column else { return Ok(None) };
    let mut text = String::new();
    if let Some(ord) = column.term_ords(address.doc_id).next() {
        column.ord_to_str(ord, &mut text).map_err(tantivy::TantivyError::from)?;
    }
    Ok(Sku::new(&text).ok())
}
