//! Mono audio of one rate in, of another out; [`Samples`] where that other is 16 kHz.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::{RATE, Samples};

/// Input frames the resampler works on at once; the library rounds it up to a whole number of periods of both rates.
const CHUNK: usize = 1024;

/// To 16 kHz. The length is kept to within a sample.
pub fn to_samples(values: Vec<f32>, rate: u32) -> Samples {
    // The filter would smear one value that is not a number over its whole window, so they go first.
    let clean = Samples::new(values);
    if rate == RATE { clean } else { Samples::new(convert(clean.into_vec(), rate, RATE)) }
}

/// From one rate to another through an FFT with an anti-aliasing filter.
pub fn convert(values: Vec<f32>, from: u32, to: u32) -> Vec<f32> {
    if from == to || values.is_empty() {
        return values;
    }
    // Neither a valid rate nor a slice of its own length can fail; a coarse answer beats a panic if one does.
    filtered(&values, from, to).unwrap_or_else(|error| {
        tracing::error!(%error, from, to, "resampling by nearest sample");
        nearest(&values, from, to)
    })
}

fn filtered(values: &[f32], from: u32, to: u32) -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    let mut resampler = Fft::<f32>::new(from as usize, to as usize, CHUNK, 1, FixedSync::Both)?;
    let input = InterleavedSlice::new(values, 1, values.len())?;
    Ok(resampler.process_all(&input, values.len(), None)?.take_data())
}

fn nearest(values: &[f32], from: u32, to: u32) -> Vec<f32> {
    let step = f64::from(from) / f64::from(to.max(1));
    let length = (values.len() as f64 / step) as usize;
    (0..length).filter_map(|i| values.get((i as f64 * step) as usize).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f32, seconds: f32) -> Vec<f32> {
        let length = (rate as f32 * seconds) as usize;
        (0..length).map(|i| 0.5 * (i as f32 * hertz * std::f32::consts::TAU / rate as f32).sin()).collect()
    }

    fn loudness(values: &[f32]) -> f32 {
        (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt()
    }

    /// How far the middle of `got` is from a 440 Hz tone that stands `off` samples late.
    fn difference(got: &[f32], off: f32) -> f32 {
        let wanted = |i: usize| 0.5 * ((i as f32 - off) * 440.0 * std::f32::consts::TAU / RATE as f32).sin();
        loudness(&(1_000..15_000).map(|i| got[i] - wanted(i)).collect::<Vec<_>>())
    }

    #[test]
    fn a_tone_keeps_its_shape_at_every_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 44_101] {
            let got = to_samples(tone(rate, 440.0, 1.0), rate).into_vec();
            assert!(got.len().abs_diff(RATE as usize) <= 1, "{rate}: {} samples", got.len());
            // The filter's delay is taken off in whole samples, so the tone may stand a part of one beside its place.
            let (off, error) = (-100..=100)
                .map(|hundredths| (hundredths, difference(&got, hundredths as f32 / 100.0)))
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .unwrap();
            assert!(error < 0.005, "{rate}: error {error} at {off} hundredths of a sample");
        }
    }

    #[test]
    fn what_16_khz_cannot_hold_is_gone() {
        let got = to_samples(tone(48_000, 11_000.0, 1.0), 48_000).into_vec();
        assert!(loudness(&got[1000..15_000]) < 0.001, "aliased: {}", loudness(&got));
    }

    #[test]
    fn short_and_broken_input() {
        assert!(to_samples(vec![], 48_000).is_empty());
        assert_eq!(to_samples(vec![0.1; 3], 48_000).as_slice().len(), 1);
        let mut values = tone(48_000, 440.0, 1.0);
        values[24_000] = f32::NAN;
        let got = to_samples(values, 48_000).into_vec();
        assert!(loudness(&got) > 0.3, "one bad value silenced the rest");
    }
}
