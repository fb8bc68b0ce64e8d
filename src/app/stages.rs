//! The stages that load something heavy, each built from the settings on a thread of its own.

use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::Context;

use super::absent::{NoEars, NoVoice};
use super::places;
use crate::asr::Recognizer;
use crate::asr::models::Manifest;
use crate::asr::whisper::{PoolOptions, WhisperPool};
use crate::audio::detector::Detectors;
use crate::audio::silero::Weights;
use crate::config::{Asr, Settings};
use crate::tts::espeak::EspeakNg;
use crate::tts::{Synthesizer, VoiceSettings};

/// The recogniser with the configured model, else the best one present, else the embedded one.
pub fn ears(settings: &Settings) -> anyhow::Result<Arc<dyn Recognizer>> {
    let folder = places::shipped(&settings.models.dir);
    let chosen = Manifest::builtin()?.choose(settings.asr.model.as_deref(), &folder).context("asr.model")?;
    Ok(Arc::new(WhisperPool::open(&chosen, pool(&settings.asr))?))
}

/// What hears in a live stream where somebody speaks. A file that is named and cannot be used is a wrong setting: to
/// serve with another detector than the operator chose would be found out by shoppers.
pub fn detectors(settings: &Settings) -> anyhow::Result<Detectors> {
    let Some(path) = &settings.stream.vad_model else { return Ok(Detectors::default()) };
    Ok(Detectors::Silero(Arc::new(Weights::load(path).context("stream.vad_model")?)))
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
    let threads = or(asr.threads, (cores / workers).max(1));
    if workers * threads > cores {
        // whisper.cpp's threads spin while they wait for each other.
        tracing::warn!(
            workers,
            threads,
            cores,
            "asr.workers times asr.threads is more than the processors: recognition will be many times slower; set one lower"
        );
    }
    PoolOptions { workers, threads, queue: or(asr.queue, 4 * workers) }
}
