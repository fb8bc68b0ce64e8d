//! One finished state of the index, and how states follow each other on disk: each in a folder of its own, a small
//! file naming the current one. Refuses to know queries.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tantivy::{Index as Engine, IndexWriter, ReloadPolicy, Searcher};

use super::alike::Vocabulary;
use super::fields::Fields;
use super::filters::Values;
use super::terms::Stems;
use super::{Indexed, SearchError};

const CURRENT: &str = "current";
const PREFIX: &str = "generation-";
/// Bytes of products held before a segment is written: small catalogues are written once.
const WRITER_BYTES: usize = 60_000_000;

/// Never changes once made.
pub(super) struct Generation {
    pub searcher: Searcher,
    pub vocabulary: Vocabulary,
    pub values: Values,
    number: u64,
}

impl Generation {
    /// The current generation of `dir`, or an empty one. Folders that no longer count are removed.
    pub fn open(dir: Option<&Path>, fields: &Fields) -> Result<Self, SearchError> {
        let Some(dir) = dir else { return Self::of(Engine::create_in_ram(fields.schema.clone()), fields, 0) };
        fs::create_dir_all(dir).map_err(|e| SearchError::folder(dir, e))?;
        let number = current(dir);
        clean(dir, number);
        let opened = number.filter(|n| *n > 0).and_then(|n| {
            let engine = Engine::open_in_dir(folder(dir, n)).ok()?;
            // A schema of another version is as good as none: the shop indexes anew when it finds nothing.
            if engine.schema() != fields.schema {
                return None;
            }
            Self::of(engine, fields, n).ok()
        });
        match opened {
            Some(generation) => Ok(generation),
            None => Self::of(Engine::create_in_ram(fields.schema.clone()), fields, number.unwrap_or(0)),
        }
    }

    /// Writes `products` as the generation after this one; `dir` points to it once it is safely on disk.
    pub fn next(
        &self,
        dir: Option<&Path>,
        fields: &Fields,
        products: impl IntoIterator<Item = Indexed>,
    ) -> Result<Self, SearchError> {
        let number = self.number + 1;
        let engine = match dir {
            None => Engine::create_in_ram(fields.schema.clone()),
            Some(dir) => {
                let folder = folder(dir, number);
                if folder.exists() {
                    fs::remove_dir_all(&folder).map_err(|e| SearchError::folder(&folder, e))?;
                }
                fs::create_dir_all(&folder).map_err(|e| SearchError::folder(&folder, e))?;
                Engine::create_in_dir(&folder, fields.schema.clone())?
            }
        };
        let mut writer: IndexWriter = engine.writer_with_num_threads(1, WRITER_BYTES)?;
        let mut stems = Stems::new();
        for item in products {
            writer.add_document(fields.document(&item, &mut stems))?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let segments = engine.searchable_segment_ids()?;
        if segments.len() > 1 {
            // One segment: one dictionary to look into, and the same score for the same words everywhere.
            let mut writer: IndexWriter = engine.writer_with_num_threads(1, WRITER_BYTES)?;
            writer.merge(&segments).wait()?;
            writer.wait_merging_threads()?;
        }
        let next = Self::of(engine, fields, number)?;
        if let Some(dir) = dir {
            point_to(dir, number).map_err(|e| SearchError::folder(dir, e))?;
            // Readers of the old one hold its files open; the names can go.
            clean(dir, Some(number));
        }
        Ok(next)
    }

    fn of(engine: Engine, fields: &Fields, number: u64) -> Result<Self, SearchError> {
        let searcher = engine.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?.searcher();
        let mut surfaces = Vec::new();
        let mut facets = Vec::new();
        for reader in searcher.segment_readers() {
            for (field, out) in [(fields.surface, &mut surfaces), (fields.facet, &mut facets)] {
                let index = reader.inverted_index(field)?;
                let mut terms = index.terms().stream().map_err(|e| SearchError::folder(Path::new("index"), e))?;
                while terms.advance() {
                    if let Ok(text) = std::str::from_utf8(terms.key()) {
                        out.push(text.to_owned());
                    }
                }
            }
        }
        for list in [&mut surfaces, &mut facets] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(Self { searcher, vocabulary: Vocabulary::new(surfaces), values: Values::new(facets), number })
    }
}

fn folder(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{PREFIX}{number}"))
}

fn current(dir: &Path) -> Option<u64> {
    fs::read_to_string(dir.join(CURRENT)).ok()?.trim().parse().ok()
}

/// The name changes in one step: after a crash at any moment it names a whole generation.
fn point_to(dir: &Path, number: u64) -> std::io::Result<()> {
    let fresh = dir.join("current.new");
    let mut file = fs::File::create(&fresh)?;
    writeln!(file, "{number}")?;
    file.sync_all()?;
    fs::rename(&fresh, dir.join(CURRENT))?;
    fs::File::open(dir)?.sync_all()
}

/// Removes every generation but `keep`. What cannot be removed now is tried again at the next chance.
fn clean(dir: &Path, keep: Option<u64>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|n| n.strip_prefix(PREFIX)).and_then(|n| n.parse::<u64>().ok());
        if number.is_some()
            && number != keep
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, folder = %entry.path().display(), "an old search index could not be removed");
        }
    }
}
