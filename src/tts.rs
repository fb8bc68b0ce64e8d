//! Speech synthesis: a reply's SSML in, 16-bit PCM out. Refuses to know what the reply is about.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;

/// Spoken audio: mono 16-bit PCM.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Speech {
    pub pcm: Vec<i16>,
    /// Samples a second; 22,050 for espeak-ng.
    pub rate: u32,
    /// Time the engine worked.
    pub took: Duration,
}

/// How the shopper wants to be spoken to.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceSettings {
    /// Engine's voice name, such as `en-us` or `en-gb`.
    pub voice: String,
    /// Words a minute, 80..=450.
    pub words_per_minute: u32,
    /// 0..=99, 50 is the voice's own.
    pub pitch: u32,
}

impl Default for VoiceSettings {
    fn default() -> Self {
        Self { voice: "en-us".into(), words_per_minute: 175, pitch: 50 }
    }
}

/// A speech synthesiser that returns audio.
pub trait Synthesizer: Send + Sync {
    /// Speaks a well-formed `<speak>` document; gives up at `deadline`.
    fn synthesize(
        &self,
        ssml: &str,
        settings: &VoiceSettings,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Speech, TtsError>>;
}

#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    #[error("no voice named {0:?}; `espeak-ng --voices` lists them")]
    UnknownVoice(String),
    #[error("synthesis did not finish before the deadline")]
    Deadline,
    #[error("the synthesiser is overloaded")]
    Overloaded,
    #[error("the synthesiser failed: {0}")]
    Engine(String),
}
