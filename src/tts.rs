//! Speech synthesis: a reply's SSML in, 16-bit PCM out. Refuses to know what the reply is about.

pub mod device;
pub mod espeak;
mod read_as;
mod ssml;

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
    /// Samples a second of all its speech.
    fn rate(&self) -> u32;
}

impl Speech {
    pub fn seconds(&self) -> f32 {
        self.pcm.len() as f32 / self.rate.max(1) as f32
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    #[error("there is no voice {name:?}{}", suggestion(.near))]
    UnknownVoice { name: String, near: Vec<String> },
    #[error("this SSML cannot be spoken: {0}")]
    Ssml(String),
    #[error(
        "cannot speak aloud: {0}; on Linux install and start speech-dispatcher (package speech-dispatcher), \
         elsewhere turn on the system's speech service"
    )]
    NoService(String),
    #[error("synthesis did not finish before the deadline")]
    Deadline,
    #[error("the synthesiser is overloaded")]
    Overloaded,
    #[error("the synthesiser failed: {0}")]
    Engine(String),
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; the nearest are {}", near.join(", ")) }
}
