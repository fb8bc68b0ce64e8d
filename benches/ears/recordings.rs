//! Recordings for examinations: a file in, its sound out. Knows that copies of AN4 may have their bytes swapped.

use std::path::Path;

use voicecart::audio::Samples;
use voicecart::audio::decode::{Limits, decode};

/// The sound of a file, however short. Panics with the file's name where it cannot be read.
pub fn sound(path: &Path) -> Samples {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let samples = decode(&bytes, None, &Limits { min_seconds: 0.0, ..Limits::default() });
    let samples = samples.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.components().any(|c| c.as_os_str() == "an4") { as_recorded(samples) } else { samples }
}

/// AN4 was published as big-endian samples; who took them for little-endian has noise in the rhythm of speech. Speech is
/// smoother than noise, so the smoother of the two is the recording.
fn as_recorded(samples: Samples) -> Samples {
    let as_is = samples.into_vec();
    let swapped: Vec<f32> = as_is.iter().map(|s| f32::from(((s * 32768.0) as i16).swap_bytes()) / 32768.0).collect();
    let rough = |sound: &[f32]| {
        let steps: f32 = sound.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
        steps / sound.iter().map(|s| s * s).sum::<f32>().max(f32::MIN_POSITIVE)
    };
    Samples::new(if rough(&swapped) < rough(&as_is) { swapped } else { as_is })
}
