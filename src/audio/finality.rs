//! Whether a voice that has just stopped sounds finished: the end of a sound in, [log odds](odds) out. Who finishes falls in
//! pitch and loudness and draws the last word out; who only pauses keeps the pitch up or breaks off. Refuses to know what
//! is said, and how long anybody waits.
//!
//! A second and a half goes through a small memory (a gated recurrent unit) once for each pause, not for each frame. Its
//! weights were learned from people by `training/ear/finality.py`, which computes the same of a sound as is computed here.

mod weights;

use super::RATE;
use super::silero::{dot, sigmoid};

/// Sound after the last voice that is looked at as well: how the voice dies away.
pub const AFTER: usize = RATE as usize * 80 / 1000;
/// Samples of a frame and from one to the next, at half the rate: 48 and 32 ms.
const WINDOW: usize = 384;
const STEP: usize = 256;
const FRAMES: usize = 48;
/// Numbers that tell the shape of a frame's spectrum: how alike the sound is to itself so many samples later.
const SHAPE: usize = 10;
/// Numbers of a frame: loudness, share of high sounds, shape, how periodic, pitch, whether there was sound at all.
const WIDTH: usize = SHAPE + 5;
/// Size of the memory.
const HIDDEN: usize = 16;
/// Periods looked for, in samples at half the rate: 400 down to 60 hertz.
const PERIODS: std::ops::RangeInclusive<usize> = 20..=133;
/// From here on a frame is a vowel's, with a pitch.
const PERIODIC: f32 = 0.6;
/// A later period must be better by this for each sample: twice the true one is nearly as good.
const LATER: f32 = 0.0006;

/// Natural logarithm of the odds that whoever spoke until [`AFTER`] before the end of `sound` is finished, moved so that
/// three of five who are lie above nought. The earlier part of a long sound makes no difference.
pub fn odds(sound: &[f32]) -> f32 {
    let frames = look(sound);
    let mut memory = [0.0; HIDDEN];
    // A short sound has nothing before it, as in training.
    std::iter::repeat_n(&[0.0; WIDTH], FRAMES - frames.len()).chain(&frames).for_each(|f| remember(&mut memory, f));
    let weights = weights::OUT.map(number);
    dot(&weights, &memory) + number(weights::OUT_BIAS)
}

/// Weights are kept in thousandths.
fn number(weight: i16) -> f32 {
    f32::from(weight) / 1_000.0
}

/// Takes one frame into the memory: what is let go of it (`forget`) and how much of it counts for the new one (`reset`).
fn remember(memory: &mut [f32; HIDDEN], frame: &[f32; WIDTH]) {
    let sum = |row: &[i16], values: &[f32]| row.iter().zip(values).map(|(w, v)| number(*w) * v).sum::<f32>();
    let heard = |gate: usize, n: usize| {
        let at = gate * HIDDEN + n;
        sum(&weights::INPUT[at], frame) + number(weights::INPUT_BIAS[at])
    };
    let before = *memory;
    let known = |gate: usize, n: usize| {
        let at = gate * HIDDEN + n;
        sum(&weights::RECURRENT[at], &before) + number(weights::RECURRENT_BIAS[at])
    };
    for (n, value) in memory.iter_mut().enumerate() {
        let (reset, keep) = (sigmoid(heard(0, n) + known(0, n)), sigmoid(heard(1, n) + known(1, n)));
        let new = (heard(2, n) + reset * known(2, n)).tanh();
        *value = (1.0 - keep) * new + keep * *value;
    }
}

/// What is measured of one frame before it is compared with the others.
struct Frame {
    /// Natural logarithms of the sound's power, and of its steps' power against it.
    loud: f32,
    high: f32,
    shape: [f32; SHAPE],
    /// How alike the sound is to itself one period later, and the octave of its pitch.
    periodic: f32,
    octave: f32,
}

/// The last [`FRAMES`] of a sound, the last one ending where it ends; loudness and pitch against those of its vowels, so
/// that neither the microphone nor the speaker's usual pitch counts.
fn look(sound: &[f32]) -> Vec<[f32; WIDTH]> {
    let longest = 2 * (WINDOW + (FRAMES - 1) * STEP);
    let sound = &sound[sound.len().saturating_sub(longest)..];
    let surplus = sound.len().saturating_sub(2 * WINDOW) % (2 * STEP);
    let frames: Vec<Frame> = sound[surplus..].windows(2 * WINDOW).step_by(2 * STEP).map(measure).collect();
    let vowels = || frames.iter().filter(|f| f.periodic > PERIODIC);
    let count = vowels().count();
    let (loud, octave) = if count == 0 {
        (frames.iter().map(|f| f.loud).fold(f32::MIN, f32::max), 0.0)
    } else {
        let mut octaves: Vec<f32> = vowels().map(|f| f.octave).collect();
        octaves.sort_by(f32::total_cmp);
        let median = (octaves[count / 2] + octaves[(count - 1) / 2]) / 2.0;
        (vowels().map(|f| f.loud).sum::<f32>() / count as f32, median)
    };
    let numbers = |frame: &Frame| {
        let mut numbers = [1.0; WIDTH];
        numbers[0] = (frame.loud - loud).clamp(-9.0, 3.0) / 3.0;
        numbers[1] = frame.high / 3.0;
        numbers[2..2 + SHAPE].copy_from_slice(&frame.shape);
        numbers[2 + SHAPE] = 2.0 * frame.periodic - 1.0;
        let vowel = frame.periodic > PERIODIC;
        numbers[3 + SHAPE] = if vowel { 4.0 * (frame.octave - octave).clamp(-0.6, 0.6) } else { 0.0 };
        numbers
    };
    frames.iter().map(numbers).collect()
}

fn measure(sound: &[f32]) -> Frame {
    let power = |values: &mut dyn Iterator<Item = f32>, count: usize| values.map(|v| v * v).sum::<f32>() / count as f32;
    let steps = power(&mut sound.windows(2).map(|w| w[1] - w[0]), sound.len() - 1);
    let high = (steps + 1e-8).ln() - (power(&mut sound.iter().copied(), sound.len()) + 1e-8).ln();
    let mut half: Vec<f32> = sound.chunks_exact(2).map(|p| (p[0] + p[1]) / 2.0).collect();
    let mean = half.iter().sum::<f32>() / half.len() as f32;
    half.iter_mut().for_each(|v| *v -= mean);
    // Power of the first samples, for any number of them.
    let mut squares = vec![0.0];
    squares.extend(half.iter().scan(0.0, |sum, v| {
        *sum += v * v;
        Some(*sum)
    }));
    let alike = |later: usize| {
        let (first, rest) = (squares[WINDOW - later], squares[WINDOW] - squares[later]);
        dot(&half[..WINDOW - later], &half[later..]) / (first * rest + 1e-9).sqrt()
    };
    let found: Vec<f32> = (PERIODS.start() - 1..=PERIODS.end() + 1).map(alike).collect();
    let peaks = found.windows(3).zip(PERIODS).filter(|(w, _)| w[1] >= w[0] && w[1] >= w[2]);
    let better = |w: &[f32], period: usize| w[1] - LATER * period as f32;
    let best = peaks.max_by(|a, b| better(a.0, a.1).total_cmp(&better(b.0, b.1)));
    let (periodic, period) = best.map_or((0.0, *PERIODS.start()), |(w, period)| (w[1], period));
    Frame {
        loud: (squares[WINDOW] / WINDOW as f32 + 1e-8).ln(),
        high,
        shape: std::array::from_fn(|n| alike(n + 1)),
        periodic,
        octave: -(period as f32).log2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::decode::{Limits, decode};

    fn buzz(hertz: f32, seconds: f32) -> Vec<f32> {
        // A saw: every harmonic, as a voice has them.
        (0..(seconds * RATE as f32) as usize).map(|n| 0.3 * ((n as f32 * hertz / RATE as f32).fract() - 0.5)).collect()
    }

    #[test]
    fn pitch_and_loudness_are_those_of_the_sound() {
        for hertz in [80.0, 125.0, 200.0, 333.0] {
            let frame = measure(&buzz(hertz, 0.048));
            assert!(frame.periodic > 0.9, "{hertz} Hz: {}", frame.periodic);
            let heard = 8_000.0 * frame.octave.exp2();
            assert!((heard / hertz - 1.0).abs() < 0.03, "{hertz} Hz heard as {heard}");
        }
        let mut random = fastrand::Rng::with_seed(1);
        let hiss: Vec<f32> = (0..2 * WINDOW).map(|_| random.f32() - 0.5).collect();
        let (hiss, vowel) = (measure(&hiss), measure(&buzz(125.0, 0.048)));
        assert!(hiss.periodic < PERIODIC && hiss.high > vowel.high + 1.0);
        let quiet = measure(&buzz(125.0, 0.048).iter().map(|v| v * 0.1).collect::<Vec<_>>());
        assert!((vowel.loud - quiet.loud - 2.0 * 10.0_f32.ln()).abs() < 0.01);
    }

    #[test]
    fn neither_loudness_nor_the_usual_pitch_nor_what_was_long_ago_counts() {
        let sound = [buzz(120.0, 0.8), buzz(100.0, 0.3), vec![0.0; AFTER]].concat();
        let expected = odds(&sound);
        let louder: Vec<f32> = sound.iter().map(|v| v * 3.0).collect();
        assert!((odds(&louder) - expected).abs() < 0.2, "{} {expected}", odds(&louder));
        let long = [buzz(300.0, 5.0), vec![0.0; RATE as usize * 2], sound.clone()].concat();
        let longer = [vec![0.1; RATE as usize], long.clone()].concat();
        assert_eq!(odds(&long), odds(&longer));
    }

    #[test]
    fn ends_sound_more_finished_than_middles() {
        let (mut clips, mut right) = (0, 0);
        for file in std::fs::read_dir("audio-fixtures").unwrap().map(|f| f.unwrap().path()) {
            if !file.to_str().unwrap().ends_with("-clean.wav") {
                continue;
            }
            let clip = decode(&std::fs::read(&file).unwrap(), None, &Limits::default()).unwrap().into_vec();
            let peak = clip.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
            let voiced_to = clip.iter().rposition(|v| v.abs() > peak / 30.0).unwrap();
            let end = odds(&clip[..(voiced_to + AFTER).min(clip.len())]);
            clips += 1;
            right += usize::from(end > odds(&clip[..clip.len() / 2]));
        }
        // Synthesisers are not whom it was learned from.
        assert!(clips > 100 && right * 4 >= clips * 3, "{right} of {clips}");
    }

    #[test]
    fn any_sound_has_odds() {
        for sound in [vec![], vec![0.0; 5], vec![0.0; 767], vec![0.0; 768], vec![0.0; 40_000], vec![1.0; 40_000]] {
            assert!(odds(&sound).is_finite(), "{} samples", sound.len());
        }
        assert_eq!(look(&vec![0.0; 100_000]).len(), FRAMES);
    }
}
