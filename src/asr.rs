//! Speech recognition: [`Samples`](crate::audio::Samples) in, [`Transcript`] out. Refuses to know what words mean.

mod closed;
mod confidence;
mod guards;
pub mod models;
mod normal;
mod pieces;
mod prior;
mod queue;
mod search;
pub mod whisper;

use std::time::{Duration, Instant};

use futures::future::BoxFuture;

pub use confidence::Evidence;

use crate::audio::Samples;

/// What was heard. `text` is empty when nothing that can be trusted as speech was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// Lower-case words without punctuation, as the recogniser said them.
    pub text: String,
    /// 0.0..=1.0: how sure the recogniser is of the whole text; 1.0 for typed words.
    pub confidence: f32,
    /// What the confidence was made of; nothing for typed words.
    pub evidence: Evidence,
    /// Time the request stood in the queue before a worker took it.
    pub queued: Duration,
    /// Time the engine worked.
    pub took: Duration,
}

impl Transcript {
    /// The same without what was said: for secrets.
    pub fn without_words(self) -> Self {
        Self { text: String::new(), evidence: Evidence::default(), ..self }
    }
}

/// Words that are likely now: product names, order words, what the dialogue has just asked for. Most likely first.
#[derive(Clone, Debug, Default)]
pub struct Bias {
    pub phrases: Vec<String>,
    /// The only texts there can be, where that is known; empty: anything may be said. Its confidence is then the chance
    /// within the list.
    pub only: Vec<String>,
}

/// A speech recogniser. Implementations are shared between requests and bound their own queue.
pub trait Recognizer: Send + Sync {
    /// Recognises one utterance; gives up at `deadline`. Dropping the future frees the worker.
    fn recognize(&self, samples: Samples, bias: Bias, deadline: Instant)
    -> BoxFuture<'_, Result<Transcript, AsrError>>;
    /// As [`recognize`](Self::recognize) for an utterance that is not over yet: refused at once unless a worker is idle,
    /// and broken off when a whole utterance needs the worker.
    fn glimpse(&self, samples: Samples, bias: Bias, deadline: Instant) -> BoxFuture<'_, Result<Transcript, AsrError>>;
    /// What people say to this shop, in plain words: heard as a little likelier than anything else from now on. A recogniser
    /// that does not need it keeps nothing.
    fn learn(&self, _sentences: &[String]) {}
    /// Name of the loaded model, for the log, `/readyz` and the answer's metadata.
    fn model(&self) -> &str;
}

#[derive(Debug, thiserror::Error)]
pub enum AsrError {
    #[error("the worker was needed for somebody who has finished speaking")]
    GaveWay,
    #[error("every recognition worker is busy; try again in {} s", .retry_after.as_secs().max(1))]
    Overloaded { retry_after: Duration },
    #[error("recognition did not finish before the deadline")]
    Deadline,
    #[error("the speech model {path} cannot be loaded: {reason}")]
    Model { path: String, reason: String },
    #[error("the recogniser failed: {0}")]
    Engine(String),
}
