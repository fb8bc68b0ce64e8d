//! Where in a clip somebody speaks: [`Samples`] in, a range of seconds or nothing out. Refuses to know what is said.

use earshot::Detector;

use super::{RATE, Samples};

/// Samples in one frame of the detector: 16 ms.
const FRAME: usize = 256;

/// What counts as speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Detector score, 0.0..=1.0, from which a frame is voice.
    pub threshold: f32,
    /// Seconds of voice, in all, that a word needs.
    pub least_voice: f32,
    /// Seconds kept before the first and after the last voiced frame.
    pub margin: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: 0.5, least_voice: 0.08, margin: 0.25 }
    }
}

/// The part of a clip that holds speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speech {
    /// Samples, margins included.
    pub start: usize,
    pub end: usize,
    /// Seconds of voiced frames inside it.
    pub voiced: f32,
}

/// Finds the speech in a clip, or none: silence and steady noise have none.
pub fn find(samples: &Samples, settings: &Settings) -> Option<Speech> {
    let scores = scores(samples.as_slice());
    let voiced: Vec<usize> =
        (0..scores.len()).filter(|i| scores.get(*i).is_some_and(|s| *s >= settings.threshold)).collect();
    let seconds = (voiced.len() * FRAME) as f32 / RATE as f32;
    let (first, last) = (voiced.first()?, voiced.last()?);
    if seconds < settings.least_voice {
        return None;
    }
    let margin = (settings.margin * RATE as f32) as usize;
    let start = (first * FRAME).saturating_sub(margin);
    let end = ((last + 1) * FRAME + margin).min(samples.as_slice().len());
    Some(Speech { start, end, voiced: seconds })
}

/// The speech itself with its margins, or none.
pub fn trim(samples: &Samples, settings: &Settings) -> Option<Samples> {
    let speech = find(samples, settings)?;
    let part = samples.as_slice().get(speech.start..speech.end)?;
    Some(Samples::new(part.to_vec()))
}

/// Voice score, 0.0..=1.0, of each 16 ms; the last frame is filled up with silence.
fn scores(values: &[f32]) -> Vec<f32> {
    let mut detector = Detector::default_boxed();
    let mut frame = [0.0; FRAME];
    let score = |part: &[f32]| {
        frame.fill(0.0);
        frame.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        detector.predict_f32(&frame)
    };
    values.chunks(FRAME).map(score).collect()
}
