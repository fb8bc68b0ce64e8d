//! Where in a clip somebody speaks: [`Samples`] in, a range of seconds or nothing out. Refuses to know what is said.

use earshot::Detector;

use super::{RATE, Samples};

/// Samples in one frame of the detector: 16 ms.
const FRAME: usize = 256;
/// Frames of silence that it hears before a clip.
const QUIET: usize = 16;

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

/// Where a long clip is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Seconds without voice that separate two pieces.
    pub pause: f32,
    /// Longest piece, in seconds; one without such a pause is cut where it is quietest.
    pub longest: f32,
}

impl Default for Split {
    /// Whisper hears 30 seconds at once; a pause of a breath belongs to the sentence.
    fn default() -> Self {
        Self { pause: 0.8, longest: 28.0 }
    }
}

/// The pieces of a clip that hold speech, in order, margins included.
pub fn split(samples: &Samples, settings: &Settings, split: &Split) -> Vec<Speech> {
    let scores = scores(samples.as_slice());
    let frames = |seconds: f32| (seconds * RATE as f32 / FRAME as f32) as usize;
    let (pause, longest) = (frames(split.pause), frames(split.longest - 2.0 * settings.margin).max(1));
    let voiced =
        |from: usize, to: usize| scores.iter().take(to).skip(from).filter(|s| **s >= settings.threshold).count();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in scores.iter().enumerate().filter(|(_, score)| **score >= settings.threshold) {
        match runs.last_mut() {
            Some((_, end)) if at - *end < pause => *end = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    let mut pieces = Vec::new();
    for (mut from, to) in runs {
        while to - from > longest {
            let late = from + longest / 2..from + longest;
            let quietest = late.min_by(|a, b| scores.get(*a).unwrap_or(&1.0).total_cmp(scores.get(*b).unwrap_or(&1.0)));
            let cut = quietest.unwrap_or(from + longest);
            pieces.push((from, cut));
            from = cut;
        }
        pieces.push((from, to));
    }
    let margin = (settings.margin * RATE as f32) as usize;
    let length = samples.as_slice().len();
    let speech = |(from, to): (usize, usize)| Speech {
        start: (from * FRAME).saturating_sub(margin),
        end: (to * FRAME + margin).min(length),
        voiced: (voiced(from, to) * FRAME) as f32 / RATE as f32,
    };
    pieces.into_iter().map(speech).filter(|s| s.voiced >= settings.least_voice).collect()
}

/// Voice score, 0.0..=1.0, of each 16 ms; the last frame is filled up with silence.
fn scores(values: &[f32]) -> Vec<f32> {
    let mut detector = Detector::default_boxed();
    let mut frame = [0.0; FRAME];
    // The detector goes by what came before: of a word that a clip begins with it would miss most, or all of a short one.
    for _ in 0..QUIET {
        detector.predict_f32(&frame);
    }
    let score = |part: &[f32]| {
        frame.fill(0.0);
        frame.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        detector.predict_f32(&frame)
    };
    values.chunks(FRAME).map(score).collect()
}
