//! Where the files that come with the program lie: beside the working folder, or beside the program.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::config::Settings;

/// The folder of the configured locale.
pub fn locale(settings: &Settings) -> anyhow::Result<PathBuf> {
    let folder = shipped(&settings.intents.dir);
    let locale = folder.join(&settings.locale);
    if !locale.join("model.json").is_file() {
        bail!(
            "there is no {}; intents.dir ({}) must hold a folder for the locale {}",
            locale.join("model.json").display(),
            folder.display(),
            settings.locale
        );
    }
    Ok(locale)
}

/// `path` as it is when it is absolute or there; else the same below the program's folder or its `share/voicecart`.
pub fn shipped(path: &Path) -> PathBuf {
    if path.is_absolute() || path.exists() {
        return path.to_owned();
    }
    let beside = std::env::current_exe().ok().and_then(|p| Some(p.parent()?.to_owned()));
    beside
        .into_iter()
        .flat_map(|bin| [bin.join(path), bin.join("../share/voicecart").join(path)])
        .find(|p| p.exists())
        .unwrap_or_else(|| path.to_owned())
}
