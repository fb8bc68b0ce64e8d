//! The first start: the data folder, the sample shop, a key to try things with. Later starts find them there.

use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use jiff::Timestamp;

use crate::config::Settings;
use crate::edge::keys::ApiKey;
use crate::store::{Store, keys};

const DEMO: &str = "demo";

/// Opens the database, making the folder, and the file where it is one.
pub async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let folder = &settings.data_dir;
    // Orders and names of people: nobody else on the machine needs to read them.
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
        format!("cannot make the data folder {}; set data_dir to one that can be written", folder.display())
    })?;
    let file = folder.join("voicecart.db");
    Ok(match &settings.database.url {
        Some(address) => Store::open_postgres(address, &file).await?,
        None => Store::open(&file).await?,
    })
}

/// Makes a key, keeps its hash, and hands the key over.
pub async fn new_key(store: &Store, name: &str) -> anyhow::Result<ApiKey> {
    let key = ApiKey::generate().ok_or_else(|| anyhow!("the system gives no random numbers"))?;
    let id = ulid::Ulid::generate().to_string();
    keys::add(store, &id, name, &key.hash(), Timestamp::now()).await?;
    Ok(key)
}

/// The demonstration key: made with the sample shop, kept readable for its owner in the data folder, and forgotten as
/// soon as it is revoked.
pub async fn demo_key(settings: &Settings, store: &Store) -> anyhow::Result<Option<(String, PathBuf)>> {
    if !settings.shop.sample || !settings.auth.required {
        return Ok(None);
    }
    let path = settings.data_dir.join("demo-key");
    let known = keys::list(store).await?;
    if let Ok(text) = fs::read_to_string(&path) {
        let key = text.trim().to_owned();
        let hash = crate::edge::keys::hash(&key);
        let valid = known.iter().any(|k| k.hash == hash && k.revoked.is_none());
        return Ok(valid.then_some((key, path)));
    }
    // A demonstration key that was once made and then revoked or removed stays gone.
    if known.iter().any(|k| k.name == DEMO) {
        return Ok(None);
    }
    let key = new_key(store, DEMO).await?;
    let written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    written
        .and_then(|mut file| writeln!(file, "{}", key.reveal()))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Some((key.reveal().to_owned(), path)))
}
