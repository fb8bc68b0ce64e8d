//! The catalogue as a whole: what is searched, and the names the shop's things go by. Keeps the search index in step
//! with the products table. Refuses to know customers.
//!
//! The index is derived: it lives in a folder beside the database and carries the version of the catalogue it was made
//! from. Who finds another version in the table builds a new one, while searches go on with the old.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use moka::sync::Cache;

use super::connectors::sql::products;
use super::search::{Hits, Index, Indexed, SearchError};
use super::{Product, Search, ShopError, Sku};
use crate::store::Store;

/// A name of something in the shop, for the recogniser and the understander.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// `Product`, `Brand` or `Department`.
    pub kind: &'static str,
    pub id: String,
    pub name: String,
}

/// The catalogue, ready to be searched. Cheap to clone; all clones share the index.
#[derive(Clone)]
pub struct Catalogue {
    store: Store,
    shelf: Arc<Shelf>,
}

struct Shelf {
    index: Index,
    /// Where the index is kept; none when another process keeps it there and this one holds its own in memory.
    folder: Option<Folder>,
    /// The catalogue version that the index was made from.
    version: AtomicI64,
    rebuilding: AtomicBool,
    /// What was found of late, by the version of the catalogue: shoppers ask for the same few things over and over.
    found: Cache<(i64, Search, Vec<Sku>), Hits>,
}

/// A folder that is this process's alone as long as the lock is held.
struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Searches remembered.
const FOUND: u64 = 2_000;
/// Products read in one go while indexing.
const PAGE: u32 = 2_000;
/// Holds the version of the catalogue that the index beside it was made from. The number in its name changes with the way
/// that words are written in the index, so that one of another release is built anew.
const STAMP: &str = "catalogue-version.2";

impl Catalogue {
    /// Opens the index beside the database, building it where it is missing or behind the products table.
    pub async fn open(store: Store) -> Result<Self, ShopError> {
        let folder = Folder::take(&store.path().with_extension("index"));
        let path = folder.as_ref().map(|f| f.path.as_path());
        let index = Index::open(path).map_err(failed)?;
        let version = AtomicI64::new(path.filter(|_| !index.is_empty()).and_then(stamp).unwrap_or(i64::MIN));
        let shelf = Shelf { index, folder, version, rebuilding: AtomicBool::new(false), found: Cache::new(FOUND) };
        let catalogue = Self { store, shelf: Arc::new(shelf) };
        catalogue.refresh().await?;
        Ok(catalogue)
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Rebuilds the index if the products changed since it was built; whether it did.
    pub async fn refresh(&self) -> Result<bool, ShopError> {
        let mut db = self.store.reader().acquire().await?;
        // Read before the products: a change in between only means one more rebuild.
        let version = products::version(&mut db).await?;
        if self.shelf.version.load(Ordering::Acquire) == version {
            return Ok(false);
        }
        let mut items: Vec<Indexed> = Vec::new();
        loop {
            let after = items.last().map_or(String::new(), |e| e.product.sku.to_string());
            let page = products::page(&mut db, &after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            items.extend(page);
        }
        drop(db);
        let shelf = Arc::clone(&self.shelf);
        let built = tokio::task::spawn_blocking(move || shelf.rebuild(items, version)).await;
        built.map_err(|e| ShopError::Index(e.to_string()))??;
        Ok(true)
    }

    /// The version of the catalogue that is searched now.
    pub fn version(&self) -> i64 {
        self.shelf.version.load(Ordering::Acquire)
    }

    /// Rebuilds in the background when `version` is not the one the index was built from.
    pub fn follow(&self, version: i64) {
        let shelf = &self.shelf;
        if shelf.version.load(Ordering::Acquire) == version || shelf.rebuilding.swap(true, Ordering::AcqRel) {
            return;
        }
        let catalogue = self.clone();
        tokio::spawn(async move {
            if let Err(error) = catalogue.refresh().await {
                tracing::error!(%error, "the search index could not be brought up to date; searching the old one");
            }
            catalogue.shelf.rebuilding.store(false, Ordering::Release);
        });
    }

    /// The products that fit; those in `boosts` (bought before) come sooner.
    pub fn find(&self, search: &Search, boosts: &[Sku]) -> Result<Hits, ShopError> {
        let key = (self.version(), search.clone(), boosts.to_vec());
        if let Some(hits) = self.shelf.found.get(&key) {
            return Ok(hits);
        }
        let hits = self.shelf.index.search(search, boosts).map_err(failed)?;
        self.shelf.found.insert(key, hits.clone());
        Ok(hits)
    }

    /// Whether the words are no name of this product, and only its description has them.
    pub fn only_described(&self, query: &str, product: &Product) -> bool {
        self.shelf.index.only_described(query, product)
    }

    /// What products, brands and departments are called, each once.
    pub async fn terms(&self) -> Result<Vec<Name>, ShopError> {
        let mut db = self.store.reader().acquire().await?;
        let mut names: Vec<Name> = Vec::new();
        let mut after = String::new();
        loop {
            let page = products::page(&mut db, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.product.sku.to_string();
            for Indexed { product: p, .. } in page {
                if let Some(brand) = p.brand {
                    names.push(Name { kind: "Brand", id: brand.to_lowercase(), name: brand });
                }
                if let Some(department) = p.category.into_iter().next() {
                    names.push(Name { kind: "Department", id: department.to_lowercase(), name: department });
                }
                names.push(Name { kind: "Product", id: p.sku.to_string(), name: p.spoken_name });
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

impl Shelf {
    fn rebuild(&self, items: Vec<Indexed>, version: i64) -> Result<(), ShopError> {
        self.index.rebuild(items).map_err(failed)?;
        self.version.store(version, Ordering::Release);
        if let Some(folder) = &self.folder
            && let Err(error) = fs::write(folder.path.join(STAMP), version.to_string())
        {
            tracing::warn!(%error, "the search index will be built again at the next start");
        }
        Ok(())
    }
}

impl Folder {
    /// The folder, unless another process has it or it cannot be written: an index in memory serves as well.
    fn take(path: &Path) -> Option<Self> {
        let lock = fs::create_dir_all(path).and_then(|()| File::create(path.join("lock")));
        match lock.map(|lock| lock.try_lock().map(|()| lock)) {
            Ok(Ok(lock)) => Some(Self { path: path.to_owned(), _lock: lock }),
            Ok(Err(fs::TryLockError::WouldBlock)) => None,
            Ok(Err(fs::TryLockError::Error(error))) | Err(error) => {
                tracing::warn!(%error, folder = %path.display(), "keeping the search index in memory");
                None
            }
        }
    }
}

fn stamp(folder: &Path) -> Option<i64> {
    fs::read_to_string(folder.join(STAMP)).ok()?.trim().parse().ok()
}

fn failed(error: SearchError) -> ShopError {
    ShopError::Index(error.to_string())
}
