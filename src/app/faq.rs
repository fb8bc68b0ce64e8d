//! Where the merchant's pages of questions and answers lie, and when they are read: at the start, and again when a file
//! of the folder changes.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;

use super::places;
use crate::config::Settings;
use crate::shop::faq::Faq;
use crate::shop::sample;

/// The configured folder, or `faq` in the data folder.
fn folder(settings: &Settings) -> PathBuf {
    match &settings.shop.faq_dir {
        Some(folder) => places::shipped(folder),
        None => settings.data_dir.join("faq"),
    }
}

/// The pages. Only the folder that nobody named may be missing: then there are none.
pub fn load(settings: &Settings) -> anyhow::Result<Faq> {
    let folder = folder(settings);
    if settings.shop.faq_dir.is_none() && !folder.exists() {
        return Ok(Faq::none());
    }
    Faq::load(&folder).context("shop.faq_dir")
}

/// Puts the sample shop's pages where the merchant can edit them; pages that are there stay.
pub fn write_sample(settings: &Settings) -> anyhow::Result<()> {
    if settings.shop.faq_dir.is_some() {
        return Ok(());
    }
    let folder = folder(settings);
    if folder.exists() {
        return Ok(());
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in sample::PAGES {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The pages as they were when they were last read.
pub struct Watched {
    settings: Settings,
    seen: Vec<(PathBuf, Option<SystemTime>, u64)>,
}

impl Watched {
    pub fn new(settings: &Settings) -> Self {
        let mut watched = Self { settings: settings.clone(), seen: Vec::new() };
        watched.seen = watched.look();
        watched
    }

    /// The pages anew where a file was changed, added or removed. A page that is wrong is told of once.
    pub fn changed(&mut self) -> anyhow::Result<Option<Faq>> {
        let now = self.look();
        if now == self.seen {
            return Ok(None);
        }
        self.seen = now;
        load(&self.settings).map(Some)
    }

    fn look(&self) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
        let Ok(entries) = fs::read_dir(folder(&self.settings)) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .flatten()
            .filter_map(|e| {
                let about = e.metadata().ok()?;
                Some((e.path(), about.modified().ok(), about.len()))
            })
            .collect();
        files.sort();
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::faq::Ask;

    #[test]
    fn edited_pages_are_read_again_and_broken_ones_are_named() {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings { data_dir: data.path().to_owned(), ..Settings::default() };
        assert!(load(&settings).unwrap().is_empty());
        write_sample(&settings).unwrap();
        assert!(load(&settings).unwrap().answer("do you have a warranty", Ask::Meant).is_some());
        let mut pages = Watched::new(&settings);
        assert!(pages.changed().unwrap().is_none());
        let page = data.path().join("faq/parking.md");
        fs::write(&page, "# Parking\n\n## Where to park\n\nBehind the house.\n").unwrap();
        let answer = pages.changed().unwrap().unwrap().answer("where can i park", Ask::Meant).unwrap();
        assert_eq!(answer.words, "Behind the house.");
        fs::write(&page, "no title").unwrap();
        let error = format!("{:#}", pages.changed().map(|_| ()).unwrap_err());
        assert!(error.contains("parking.md, line 1"), "{error}");
        let named = Settings {
            shop: crate::config::Shop { faq_dir: Some(data.path().join("nowhere")), ..settings.shop.clone() },
            ..settings
        };
        assert!(format!("{:#}", load(&named).map(|_| ()).unwrap_err()).contains("nowhere"));
    }
}
