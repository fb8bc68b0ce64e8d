//! Whose ear tells voice from other sound in a live stream: the built-in one, or Silero's where the operator has its
//! weights. Frames of 16 ms in, a score out. Refuses to know when anybody begins or ends.

use std::sync::Arc;

use super::silero::{Silero, Weights};

/// Samples in one frame: 16 ms.
pub const FRAME: usize = 256;

/// Which detector new streams get.
#[derive(Clone, Default)]
pub enum Detectors {
    /// The `earshot` crate: needs no file.
    #[default]
    Earshot,
    Silero(Arc<Weights>),
}

impl Detectors {
    /// One for a new stream; it remembers what it has heard.
    pub fn detector(&self) -> Detector {
        match self {
            Self::Earshot => Detector::Earshot(earshot::Detector::default_boxed()),
            Self::Silero(weights) => Detector::Silero(Box::new(Silero::new(weights.clone()))),
        }
    }
}

/// The detector of one stream.
pub enum Detector {
    Earshot(Box<earshot::Detector>),
    Silero(Box<Silero>),
}

impl Detector {
    /// 0.0..=1.0 for the next [`FRAME`]; from 0.5 it is more likely voice than not.
    pub fn score(&mut self, frame: &[f32]) -> f32 {
        match self {
            Self::Earshot(detector) => detector.predict_f32(frame),
            Self::Silero(silero) => silero.score(frame),
        }
    }
}
