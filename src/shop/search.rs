//! Product search that survives being spoken. Products and queries in, SKUs in order out. Refuses to know where
//! products come from and what is said about them.

mod alike;
mod described;
mod fields;
mod filters;
mod gather;
mod generation;
mod query;
mod synonyms;
pub(super) mod terms;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::civil::Date;
use rustc_hash::FxHashSet;
use tantivy::collector::Count;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, Searcher, Term};

use self::fields::Fields;
pub(super) use self::filters::size_names;
use self::gather::{Gather, Gathered};
use self::generation::Generation;
use self::query::{Reader, Wanted, Weights};
pub use self::synonyms::{DEFAULT as DEFAULT_SYNONYMS, Synonyms, SynonymsError};
use self::terms::Stems;
use super::{Filters, Product, Search, Sku, Sort};
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

    /// Whether the words are no name of this product, and only its description has them.
    pub fn only_described(&self, query: &str, product: &Product) -> bool {
        described::only_described(query, product, &self.synonyms.load())
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
        // There is such a thing, only not as the filters want it: other things are no answer.
        if self.search.filters != Filters::default() {
            for wanted in &wanted {
                if let Some(query) = reader.all_of(wanted)
                    && self.generation.searcher.search(&query, &Count)? > 0
                {
                    return Ok(Hits::default());
                }
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
        let Some(query) = reader.all_of(wanted) else { return Ok(Gathered::default()) };
        if self.search.sort != Sort::Relevance
            && let Some(kind) = reader.of_that_kind(wanted)
        {
            // The cheapest laptop is no laptop case: a sort goes by kind wherever the words name one.
            let query = Reader::within(query.box_clone(), vec![kind]);
            let found = self.run(query, self.gather(bought.clone()), stems)?;
            if found.total > 0 {
                return Ok(found);
            }
        }
        self.run(query, self.gather(bought.clone()), stems)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::Money;
    use crate::shop::money::Currency;

    /// sku, title, brand, category, cents, stock, attributes
    type Row = (&'static str, &'static str, &'static str, &'static str, i64, u32, &'static str);

    const SHOP: &[Row] = &[
        ("ALM1", "Blue Farm All Natural Almonds, 16 oz bag", "Blue Farm", "Grocery > Nuts", 899, 5, "diet=organic"),
        ("ALM2", "Crunchy Salted Almonds 8 oz", "Nutters", "Grocery > Nuts", 499, 9, ""),
        ("MLK1", "Almond Milk Unsweetened, 1 l", "Blue Farm", "Grocery > Drinks", 299, 0, "diet=vegan"),
        ("LAP1", "Zenbook Notebook 14 inch 512 GB SSD", "Asus", "Electronics > Computers", 89_900, 3, "colour=silver"),
        (
            "LAP2",
            "Ideapad Gaming Laptop 15.6\" RTX 2060",
            "Lenovo",
            "Electronics > Computers",
            99_900,
            2,
            "colour=black",
        ),
        (
            "BAG1",
            "Laptop Case 15.6 inch, water resistant",
            "Targus",
            "Electronics > Accessories",
            2_500,
            40,
            "colour=black",
        ),
        ("SOF1", "Three Seat Couch in grey linen", "Nordly", "Furniture > Living room", 59_900, 1, "color=grey"),
        ("TEE1", "Cotton T-Shirt", "Plainwear", "Clothing > Shirts", 1_200, 12, "colour=blue; size=L"),
        ("TEE2", "Cotton T-Shirt striped", "Plainwear", "Clothing > Shirts", 1_400, 12, "colour=red; size=S"),
        ("WAT1", "Galaxy Smart Watch 42 mm", "Samsung", "Electronics > Wearables", 19_900, 4, "colour=black"),
        ("PS41", "Sony PlayStation 4 Slim console PS4 500 GB", "Sony", "Electronics > Games", 29_900, 6, ""),
        ("HDM1", "HDMI Cable 2 m", "Belkin", "Electronics > Cables", 900, 60, ""),
        ("BAT1", "Alkaline Batteries AA 8 pack", "Duracell", "Household > Batteries", 799, 30, ""),
        ("THE1", "Smart Thermostat with voice control", "ecobee", "Household > Heating", 17_900, 7, ""),
    ];

    fn indexed(row: &Row) -> Indexed {
        let (sku, title, brand, category, cents, stock, attributes) = *row;
        let attributes = attributes.split("; ").filter_map(|a| a.split_once('='));
        let number = SHOP.iter().position(|r| r.0 == sku).unwrap_or(0);
        Indexed {
            product: Product {
                sku: Sku::new(sku).unwrap(),
                title: title.to_owned(),
                spoken_name: title.split(',').next().unwrap_or(title).to_owned(),
                description: String::new(),
                brand: Some(brand.to_owned()),
                category: category.split(" > ").map(str::to_owned).collect(),
                price: Money::new(cents, Currency::USD),
                stock,
                // Few ratings of five stars count for less than many of four and a half.
                rating: Some(if sku == "ALM2" { (50, 1) } else { (45, 400) }),
                attributes: attributes.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
                image: None,
            },
            released: Some(Date::constant(2020, 1, 1 + i8::try_from(number).unwrap_or(0))),
            popularity: if sku == "HDM1" { 900 } else { 10 },
        }
    }

    fn shop() -> Index {
        let index = Index::open(None).unwrap();
        index.rebuild(SHOP.iter().map(indexed)).unwrap();
        index
    }

    fn ask(index: &Index, query: &str, change: impl FnOnce(&mut Search)) -> (Vec<String>, u32, bool) {
        let mut search = Search { query: query.to_owned(), limit: 10, ..Search::default() };
        change(&mut search);
        let hits = index.search(&search, &[]).unwrap();
        (hits.skus.iter().map(|s| s.as_str().to_owned()).collect(), hits.total, hits.relaxed)
    }

    #[test]
    fn the_first_answer_is_the_right_one() {
        let index = shop();
        let table = [
            ("all natural almonds", "ALM1"),
            ("do you have any all natural almonds please", "ALM1"),
            ("oil natural armands", "ALM1"),
            ("almond milk", "MLK1"),
            ("sofa", "SOF1"),
            ("i'm looking for a gray couch", "SOF1"),
            ("laptop case", "BAG1"),
            ("gaming laptop", "LAP2"),
            ("gamming labtop", "LAP2"),
            ("r t x twenty sixty", "LAP2"),
            ("smartwatch", "WAT1"),
            ("smart watches", "WAT1"),
            ("p s four", "PS41"),
            ("ps 4", "PS41"),
            ("h d m i cable", "HDM1"),
            ("double a batteries", "BAT1"),
            ("incubi thermostat", "THE1"),
            ("tee shirts", "TEE1"),
            ("blue farm almonds", "ALM1"),
            ("hdm1", "HDM1"),
        ];
        for (query, want) in table {
            let (found, ..) = ask(&index, query, |_| {});
            assert_eq!(found.first().map(String::as_str), Some(want), "{query}: {found:?}");
        }
    }

    #[test]
    fn a_thing_comes_before_what_goes_with_it() {
        let (found, ..) = ask(&shop(), "laptops", |_| {});
        assert!(found.first().is_some_and(|sku| sku.starts_with("LAP")), "{found:?}");
    }

    #[test]
    fn filters_decide_and_do_not_score() {
        let index = shop();
        let cents = |c| Some(Money::new(c, Currency::USD));
        let table: [(&str, Filters, &[&str]); 12] = [
            ("almonds", Filters { max_price: cents(500), ..Filters::default() }, &["ALM2", "MLK1"]),
            (
                "almonds",
                Filters { min_price: cents(500), features: vec!["organic".into()], ..Filters::default() },
                &["ALM1"],
            ),
            ("almond milk", Filters { in_stock: true, ..Filters::default() }, &[]),
            ("shirt", Filters { colour: Some("blue".into()), ..Filters::default() }, &["TEE1"]),
            ("shirt", Filters { size: Some("large".into()), ..Filters::default() }, &["TEE1"]),
            ("shirt", Filters { colour: Some("green".into()), ..Filters::default() }, &[]),
            ("couch", Filters { colour: Some("gray".into()), ..Filters::default() }, &["SOF1"]),
            ("", Filters { brand: Some("sam sung".into()), ..Filters::default() }, &["WAT1"]),
            ("", Filters { brand: Some("bell kin".into()), ..Filters::default() }, &["HDM1"]),
            ("", Filters { category: Some("nuts".into()), max_price: cents(500), ..Filters::default() }, &["ALM2"]),
            ("", Filters { category: Some("couch".into()), ..Filters::default() }, &["SOF1"]),
            ("", Filters { brand: Some("no such maker".into()), ..Filters::default() }, &[]),
        ];
        for (query, filters, want) in table {
            let (found, total, _) = ask(&index, query, |s| s.filters = filters.clone());
            assert_eq!(found, want, "{query} {filters:?}");
            assert_eq!(total as usize, want.len());
        }
    }

    #[test]
    fn sorts_order_only_what_is_relevant() {
        let index = shop();
        let sorted = |query: &str, sort| ask(&index, query, |s| s.sort = sort).0;
        let cheapest = sorted("laptop", Sort::Cheapest);
        assert_eq!(cheapest.first().map(String::as_str), Some("LAP1"), "{cheapest:?}");
        assert_eq!(sorted("salted natural almonds", Sort::Cheapest).first().map(String::as_str), Some("ALM2"));
        assert_eq!(sorted("almonds", Sort::Cheapest), ["ALM2", "ALM1"], "milk is no nut");
        assert_eq!(sorted("lenovo", Sort::Cheapest), ["LAP2"]);
        assert_eq!(
            sorted("almonds", Sort::BestRated).first().map(String::as_str),
            Some("ALM1"),
            "400 ratings beat one"
        );
        assert_eq!(sorted("cotton shirt", Sort::Newest), ["TEE2", "TEE1"]);
    }

    #[test]
    fn nothing_said_lists_best_sellers_and_nonsense_finds_nothing() {
        let index = shop();
        let (found, total, relaxed) = ask(&index, "", |s| s.limit = 3);
        assert_eq!(
            (found.len(), found.first().map(String::as_str), total as usize, relaxed),
            (3, Some("HDM1"), SHOP.len(), false)
        );
        assert_eq!(ask(&index, "qwertyuiop zxcv", |_| {}), (Vec::new(), 0, false));
    }

    #[test]
    fn says_when_it_shows_only_the_nearest() {
        let index = shop();
        let (found, _, relaxed) = ask(&index, "purple striped zebra shirt", |_| {});
        assert_eq!((found.first().map(String::as_str), relaxed), (Some("TEE2"), true));
        assert!(!ask(&index, "striped shirt", |_| {}).2);
    }

    #[test]
    fn pages_follow_each_other() {
        let index = shop();
        let (all, total, _) = ask(&index, "", |s| s.limit = 50);
        let mut paged = Vec::new();
        for offset in (0..20).step_by(3) {
            paged.extend(ask(&index, "", |s| (s.offset, s.limit) = (offset, 3)).0);
        }
        assert_eq!((paged, total as usize), (all, SHOP.len()));
    }

    #[test]
    fn what_was_bought_before_comes_sooner() {
        let index = shop();
        let search = Search { query: "cotton shirt".into(), limit: 5, ..Search::default() };
        let first = |bought: &str| index.search(&search, &[Sku::new(bought).unwrap()]).unwrap().skus[0].clone();
        assert_eq!(first("TEE2").as_str(), "TEE2");
        assert_eq!(first("TEE1").as_str(), "TEE1");
    }

    #[test]
    fn a_merchant_may_bring_synonyms() {
        let index = shop();
        index.set_synonyms(Synonyms::parse("divan = couch").unwrap());
        assert_eq!(ask(&index, "divan", |_| {}).0, ["SOF1"]);
        assert!(ask(&index, "settee", |_| {}).0.is_empty());
    }

    #[test]
    fn opens_what_was_built_before_and_survives_a_build_cut_short() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(Some(dir.path())).unwrap();
        assert!(index.is_empty());
        index.rebuild(SHOP.iter().map(indexed)).unwrap();
        index.rebuild(SHOP.iter().take(4).map(indexed)).unwrap();
        assert_eq!(index.len(), 4);
        drop(index);
        // A build that died before it was pointed to.
        let half = dir.path().join("generation-99");
        std::fs::create_dir(&half).unwrap();
        std::fs::write(half.join("meta.json"), "{").unwrap();
        let again = Index::open(Some(dir.path())).unwrap();
        assert_eq!(again.len(), 4);
        assert_eq!(ask(&again, "almond milk", |_| {}).0.first().map(String::as_str), Some("MLK1"));
        assert!(!half.exists());
        drop(again);
        // A pointer to nothing is an empty index that can be built again.
        std::fs::write(dir.path().join("current"), "77\n").unwrap();
        let empty = Index::open(Some(dir.path())).unwrap();
        assert!(empty.is_empty());
        empty.rebuild(SHOP.iter().map(indexed)).unwrap();
        assert_eq!(Index::open(Some(dir.path())).unwrap().len(), SHOP.len() as u64);
    }

    #[test]
    fn readers_see_one_whole_catalogue_while_it_is_swapped() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(Some(dir.path())).unwrap();
        index.rebuild(SHOP.iter().map(indexed)).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut seen = FxHashSet::default();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    seen.insert(ask(&index, "", |s| s.limit = 50).1);
                    assert_eq!(ask(&index, "almond milk", |_| {}).0.first().map(String::as_str), Some("MLK1"));
                }
                seen
            });
            for round in 0..6 {
                index.rebuild(SHOP.iter().take(if round % 2 == 0 { 4 } else { SHOP.len() }).map(indexed)).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            let seen = reader.join().unwrap();
            assert!(seen.iter().all(|total| [4, SHOP.len() as u32].contains(total)), "{seen:?}");
        });
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(150))]
        #[test]
        fn no_query_fails(query in "\\PC{0,80}|([a-z0-9+\"():^~*-]{1,9} ){0,60}", brand in "\\PC{0,12}", offset in 0u32..9_000_000) {
            static INDEX: std::sync::LazyLock<Index> = std::sync::LazyLock::new(shop);
            let filters = Filters { brand: Some(brand), features: vec![query.clone()], ..Filters::default() };
            for filters in [filters, Filters::default()] {
                let search = Search { query: query.clone(), filters, offset, limit: 5, sort: Sort::BestRated };
                let hits = INDEX.search(&search, &[]).unwrap();
                proptest::prop_assert!(hits.skus.len() <= hits.total as usize);
                proptest::prop_assert!(hits.total as usize <= SHOP.len());
            }
        }
    }
}
