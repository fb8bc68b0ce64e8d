//! Intents, replies and webhooks, changed while serving: a change in the locale's folder in, the spine's new words out.
//! What is broken is told in the log with its file and line, and what was there before goes on answering.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use notify::{RecursiveMode, Watcher};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{teach, teach_ears};
use crate::language::{Understander, sentences};
use crate::reply::Phrases;
use crate::shop::{Catalogue, SqlShop};
use crate::turn::{Spine, Words};
use crate::webhook::Webhooks;

const MODEL: &str = "model.json";
const REPLIES: &str = "replies.ftl";
const WEBHOOKS: &str = "webhooks.toml";
const FILES: [&str; 4] = [MODEL, sentences::FILE, REPLIES, WEBHOOKS];
/// Editors write a file in several steps; a change is looked at when it has been quiet for so long.
const QUIET: Duration = Duration::from_millis(200);

/// Watches until `stop`.
pub fn watch(
    folder: PathBuf,
    spine: Arc<Spine>,
    catalogue: Catalogue,
    shop: SqlShop,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let changed = Arc::new(Notify::new());
    let told = changed.clone();
    // The folder and not its files: editors put a new file in the place of the old one.
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
        Ok(event) if event.kind.is_access() => {}
        Ok(_) => told.notify_one(),
        Err(error) => tracing::warn!(%error, "changes of the intents folder may go unnoticed"),
    })
    .context("intents.watch: this system cannot watch files")?;
    watcher
        .watch(&folder, RecursiveMode::NonRecursive)
        .with_context(|| format!("intents.watch: {} cannot be watched", folder.display()))?;
    let mut seen = contents(&folder);
    tracing::info!(folder = %folder.display(), "changes of intents and replies are taken up");
    tokio::spawn(async move {
        let _watcher = watcher;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = changed.notified() => {}
            }
            while tokio::time::timeout(QUIET, changed.notified()).await.is_ok() {}
            let now = contents(&folder);
            let differs: Vec<&'static str> = FILES.into_iter().filter(|file| seen.get(file) != now.get(file)).collect();
            if differs.is_empty() {
                continue;
            }
            // Also what is broken counts as seen: it is told once, and looked at again when it changes again.
            seen = now;
            match take_up(&folder, &differs, &spine, &catalogue, &shop).await {
                Ok(()) => tracing::info!(files = differs.join(", "), "changed files were taken up"),
                Err(error) => {
                    tracing::error!("a changed file is broken, and what was there before goes on answering: {error:#}");
                }
            }
        }
    });
    Ok(())
}

/// Reads what differs, and puts it in place when all of it is sound.
async fn take_up(
    folder: &Path,
    differs: &[&str],
    spine: &Spine,
    catalogue: &Catalogue,
    shop: &SqlShop,
) -> anyhow::Result<()> {
    let (folder, before) = (folder.to_owned(), spine.words());
    let model_changed = differs.contains(&MODEL) || differs.contains(&sentences::FILE);
    let replies_changed = differs.contains(&REPLIES);
    let words = tokio::task::spawn_blocking(move || -> anyhow::Result<Words> {
        let understander = match model_changed {
            true => Arc::new(Understander::load(&folder)?),
            false => before.understander.clone(),
        };
        let phrases = match replies_changed {
            true => Arc::new(Phrases::load(&folder)?),
            false => before.phrases.clone(),
        };
        // Webhooks name intents, so a changed model is a reason to look at them again.
        let known = |intent: &str| understander.model().intent(intent).is_some();
        let webhooks = Arc::new(Webhooks::load(&folder, known, |name| std::env::var(name).ok())?);
        Ok(Words { understander, phrases, webhooks })
    });
    let words = words.await.context("reading the changed files stopped")??;
    if model_changed {
        teach(&words.understander, catalogue, shop).await?;
        teach_ears(&spine.recognizer, &words.understander).await?;
    }
    spine.set_words(words);
    Ok(())
}

/// A hash of each file that is there.
fn contents(folder: &Path) -> HashMap<&'static str, [u8; 32]> {
    let read = |file: &'static str| Some((file, Sha256::digest(std::fs::read(folder.join(file)).ok()?).into()));
    FILES.into_iter().filter_map(read).collect()
}
