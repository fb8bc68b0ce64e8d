//! Sound as numbers: bytes of any container in, 16 kHz mono samples out. Refuses to know who speaks or what is said.

pub mod decode;
pub mod detector;
pub mod encode;
pub mod endpoint;
mod finality;
mod l16;
pub mod live;
pub mod opus;
pub mod resample;
mod riff;
pub mod silero;
mod sniff;
mod stream;
pub mod vad;
pub mod wav;

/// Sample rate of everything inside the server, in hertz: what Whisper was trained on.
pub const RATE: u32 = 16_000;

/// Mono audio at [`RATE`], finite values in -1.0..=1.0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(Vec<f32>);

impl Samples {
    /// Clamps to -1.0..=1.0; a value that is not a number becomes silence.
    pub fn new(mut values: Vec<f32>) -> Self {
        for v in &mut values {
            *v = if v.is_finite() { v.clamp(-1.0, 1.0) } else { 0.0 };
        }
        Self(values)
    }

    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    pub fn into_vec(self) -> Vec<f32> {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn seconds(&self) -> f32 {
        self.0.len() as f32 / RATE as f32
    }
}
