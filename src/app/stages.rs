//! The stages that load something heavy, each built from the settings on a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, bail};

use super::absent::{NoEars, NoVoice};
use super::places;
use crate::asr::Recognizer;
use crate::asr::whisper::{PoolOptions, WhisperPool};
use crate::config::{Asr, Settings};
use crate::tts::espeak::EspeakNg;
use crate::tts::{Synthesizer, VoiceSettings};

/// The recogniser with the configured model, or one that says there is none.
pub fn ears(settings: &Settings) -> anyhow::Result<Arc<dyn Recognizer>> {
    let Some(path) = model(settings)? else {
        tracing::warn!("{}", super::absent::NO_MODEL);
        return Ok(no_ears());
    };
    Ok(Arc::new(WhisperPool::load(&path, pool(&settings.asr))?))
}

pub fn no_ears() -> Arc<dyn Recognizer> {
    Arc::new(NoEars)
}

/// The synthesiser, or one that says why there is none. A voice that is not installed is a wrong setting.
pub fn voice(settings: &VoiceSettings) -> anyhow::Result<Arc<dyn Synthesizer>> {
    match EspeakNg::start() {
        Ok(engine) => {
            engine.check(settings).context("voice.name")?;
            Ok(Arc::new(engine))
        }
        Err(error) => {
            tracing::warn!(%error, "answers will have words but no audio");
            Ok(Arc::new(NoVoice(error.to_string())))
        }
    }
}

fn pool(asr: &Asr) -> PoolOptions {
    let cores = available_parallelism().map_or(1, usize::from);
    let or = |given: u32, otherwise: usize| if given == 0 { otherwise } else { given as usize };
    let workers = or(asr.workers, cores);
    PoolOptions { workers, threads: or(asr.threads, (cores / workers).max(1)), queue: or(asr.queue, 4 * workers) }
}

/// The model's file: the one named, else the embedded one.
fn model(settings: &Settings) -> anyhow::Result<Option<PathBuf>> {
    let folder = places::shipped(&settings.models.dir);
    match &settings.asr.model {
        Some(name) => {
            let file = folder.join(format!("ggml-{name}.bin"));
            if !file.is_file() {
                bail!(
                    "asr.model is {name:?}, but there is no {}; `voicecart models fetch {name}` gets it",
                    file.display()
                );
            }
            Ok(Some(file))
        }
        None => Ok(embedded(&folder)),
    }
}

fn embedded(folder: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "bin"))
        .collect();
    found.sort();
    found.pop()
}
