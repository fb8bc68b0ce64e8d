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
    /// What it may have been instead, likeliest first.
    pub rivals: Vec<Rival>,
    /// Time the request stood in the queue before a worker took it.
    pub queued: Duration,
    /// Time the engine worked.
    pub took: Duration,
}

/// Another text for the same sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rival {
    pub text: String,
    pub confidence: f32,
    pub evidence: Evidence,
    /// How much less likely than the transcript's text it is, as a natural logarithm: 0 or more.
    pub behind: f32,
}

impl Transcript {
    /// Of the text and its rivals what is likeliest once `sense` counts: a natural logarithm, more for words that mean more
    /// here. No rival is left.
    pub fn settle(mut self, sense: impl Fn(&str) -> f32) -> Self {
        let rivals = std::mem::take(&mut self.rivals);
        if rivals.is_empty() {
            return self;
        }
        let own = sense(&self.text);
        let ahead = rivals.into_iter().map(|rival| (sense(&rival.text) - own - rival.behind, rival));
        match ahead.filter(|(ahead, _)| *ahead > 0.0).max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((_, Rival { text, confidence, evidence, .. })) => Self { text, confidence, evidence, ..self },
            None => self,
        }
    }

    /// The same without what was said: for secrets.
    pub fn without_words(self) -> Self {
        Self { text: String::new(), evidence: Evidence::default(), rivals: Vec::new(), ..self }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sense_decides_between_what_sounds_alike_and_no_more() {
        let rival = |text: &str, behind| Rival { text: text.into(), confidence: 0.5, behind, ..Rival::default() };
        let settled = |rivals| {
            let heard = Transcript { text: "peach it".into(), confidence: 0.6, rivals, ..Transcript::default() };
            let settled = heard.settle(|text| if text.contains("repeat") { 1.0 } else { 0.0 });
            assert!(settled.rivals.is_empty());
            (settled.text, settled.confidence)
        };
        assert_eq!(settled(vec![rival("peachy", 0.1), rival("repeat it", 0.9)]), ("repeat it".into(), 0.5));
        assert_eq!(settled(vec![rival("repeat at", 0.8), rival("repeat it", 0.3)]), ("repeat it".into(), 0.5));
        assert_eq!(settled(vec![rival("repeat it", 1.1)]), ("peach it".into(), 0.6));
        assert_eq!(settled(Vec::new()), ("peach it".into(), 0.6));
    }
}
