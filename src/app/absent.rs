//! Stages that may be missing on a machine: without a speech model the typed and Alexa doors still work, without a
//! voice the answers are still there in words. Each says so when it is asked.

use std::time::Instant;

use futures::future::BoxFuture;

use crate::asr::{AsrError, Bias, Recognizer, Transcript};
use crate::audio::Samples;
use crate::tts::{Speech, Synthesizer, TtsError, VoiceSettings};

/// What to do about a missing model.
pub const NO_MODEL: &str = "there is no speech model; `voicecart models fetch` gets one";

/// A recogniser that has no model and says so.
pub struct NoEars;

/// A synthesiser that has no voice and says why.
pub struct NoVoice(pub String);

impl Recognizer for NoEars {
    fn recognize(&self, _: Samples, _: Bias, _: Instant) -> BoxFuture<'_, Result<Transcript, AsrError>> {
        Box::pin(async { Err(AsrError::Model { path: "(none)".into(), reason: NO_MODEL.into() }) })
    }

    fn glimpse(&self, samples: Samples, bias: Bias, until: Instant) -> BoxFuture<'_, Result<Transcript, AsrError>> {
        self.recognize(samples, bias, until)
    }

    fn model(&self) -> &str {
        ""
    }
}

impl Synthesizer for NoVoice {
    fn rate(&self) -> u32 {
        22_050
    }

    fn synthesize(&self, _: &str, _: &VoiceSettings, _: Instant) -> BoxFuture<'_, Result<Speech, TtsError>> {
        let why = self.0.clone();
        Box::pin(async { Err(TtsError::Engine(why)) })
    }
}
