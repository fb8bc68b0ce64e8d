//! Silero's voice detector for 16 kHz: frames of a live stream in, the likelihood of voice out. A spectrum, four
//! convolutions, and a memory (LSTM) of what came before; the [`Weights`] come from a file and are shared by all streams.
//!
//! The arithmetic is our own although whisper.cpp has it too. What whisper-rs 0.16 offers of it forgets the stream at
//! every call, so that each 32 ms would have to be heard again with half a second before them; it holds a copy of the
//! weights for every stream; and where a window begins it puts the window's mirror image, while the network was trained
//! on the 4 ms that came before.

mod weights;

use std::sync::Arc;

use super::detector::FRAME;

pub use weights::{SileroError, Weights};

/// Samples that are judged at once: two frames.
const WINDOW: usize = 2 * FRAME;
/// Samples that a window is given from before it, and mirrored ones from its own end.
const CONTEXT: usize = 64;
/// Length of one spectrum, from one to the next, and how many fit.
const TAPS: usize = 256;
const HOP: usize = 128;
const TIMES: usize = 4;
/// Frequencies of a spectrum.
const BINS: usize = 129;
/// Size of the memory.
const HIDDEN: usize = 128;

/// One stream's detector.
pub struct Silero {
    weights: Arc<Weights>,
    /// Context, window, mirrored end.
    sound: [f32; CONTEXT + WINDOW + CONTEXT],
    /// Whether the first frame of a window is there.
    half: bool,
    /// Score of the newest whole window.
    newest: f32,
    hidden: [f32; HIDDEN],
    cell: [f32; HIDDEN],
    gates: [f32; 4 * HIDDEN],
    /// What goes into each convolution and what comes out of the last: by time, with an empty one at both ends.
    layers: [Vec<f32>; 5],
}

impl Silero {
    pub fn new(weights: Arc<Weights>) -> Self {
        let layer = |times: usize, width: usize| vec![0.0; (times + 2) * width];
        Self {
            weights,
            sound: [0.0; CONTEXT + WINDOW + CONTEXT],
            half: false,
            newest: 0.0,
            hidden: [0.0; HIDDEN],
            cell: [0.0; HIDDEN],
            gates: [0.0; 4 * HIDDEN],
            layers: [layer(TIMES, BINS), layer(4, 128), layer(2, 64), layer(1, 64), layer(1, 128)],
        }
    }

    /// The score of the newest whole window: a frame that begins one has the score of the window before it, which is
    /// later by 16 ms than it could be. Judging overlapping windows would be sooner, but the memory was trained on
    /// windows that follow each other.
    pub fn score(&mut self, frame: &[f32]) -> f32 {
        let from = CONTEXT + if self.half { FRAME } else { 0 };
        self.sound.iter_mut().skip(from).take(FRAME).zip(frame).for_each(|(to, value)| *to = *value);
        self.half = !self.half;
        if !self.half {
            self.newest = self.judge();
        }
        self.newest
    }

    fn judge(&mut self) -> f32 {
        // The last sample itself is not mirrored.
        for n in 0..CONTEXT {
            self.sound[CONTEXT + WINDOW + n] = self.sound[CONTEXT + WINDOW - 2 - n];
        }
        let weights = self.weights.clone();
        self.spectrum(&weights.basis);
        for (n, convolution) in weights.encoder.iter().enumerate() {
            let (before, after) = self.layers.split_at_mut(n + 1);
            if let (Some(from), Some(to)) = (before.last(), after.first_mut()) {
                convolution.run(from, to);
            }
        }
        self.remember(&weights);
        self.sound.copy_within(WINDOW..WINDOW + CONTEXT, 0);
        let heard = self.hidden.map(|v| v.max(0.0));
        sigmoid(dot(&heard, &weights.last) + weights.last_bias)
    }

    /// How loud each frequency is at each time.
    fn spectrum(&mut self, basis: &[f32]) {
        let (real, imaginary) = basis.split_at(BINS * TAPS);
        for (bin, (real, imaginary)) in real.chunks_exact(TAPS).zip(imaginary.chunks_exact(TAPS)).enumerate() {
            // Times inside: a row of the basis is read from memory once.
            for (time, part) in self.sound.windows(TAPS).step_by(HOP).enumerate() {
                let (re, im) = (dot(real, part), dot(imaginary, part));
                self.layers[0][(time + 1) * BINS + bin] = (re * re + im * im).sqrt();
            }
        }
    }

    /// Takes what the last convolution says at its first time into the memory.
    fn remember(&mut self, weights: &Weights) {
        let input = &self.layers[4][HIDDEN..2 * HIDDEN];
        let rows = weights.input.chunks_exact(HIDDEN).zip(weights.recurrent.chunks_exact(HIDDEN));
        for ((gate, bias), (by_input, by_hidden)) in self.gates.iter_mut().zip(&weights.bias).zip(rows) {
            *gate = dot(by_input, input) + dot(by_hidden, &self.hidden) + bias;
        }
        for n in 0..HIDDEN {
            let [write, keep, new, show] = [0, 1, 2, 3].map(|gate| self.gates[gate * HIDDEN + n]);
            self.cell[n] = sigmoid(keep) * self.cell[n] + sigmoid(write) * new.tanh();
            self.hidden[n] = sigmoid(show) * self.cell[n].tanh();
        }
    }
}

/// Looks at three times at once, with an empty one before the first and after the last; what is below nothing is nothing.
struct Convolution {
    /// For each output: time by time, the inputs.
    weights: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
    stride: usize,
}

impl Convolution {
    fn run(&self, from: &[f32], to: &mut [f32]) {
        let (width, outputs) = (3 * self.inputs, self.bias.len());
        let parts = from.windows(width).step_by(self.stride * self.inputs);
        for (part, to) in parts.zip(to.chunks_exact_mut(outputs).skip(1)) {
            for ((to, weights), bias) in to.iter_mut().zip(self.weights.chunks_exact(width)).zip(&self.bias) {
                *to = (dot(weights, part) + bias).max(0.0);
            }
        }
    }
}

/// In sixteen sums that are added at the end, which the compiler can compute side by side; one sum it may not reorder.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a, b) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a.zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

pub(super) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length() {
        for length in [0, 1, 15, 16, 17, 387] {
            let a: Vec<f32> = (0..length).map(|n| n as f32).collect();
            let expected: f32 = a.iter().map(|v| v * 2.0).sum();
            assert_eq!(dot(&a, &vec![2.0; length]), expected, "{length}");
        }
    }

    #[test]
    fn a_convolution_looks_at_neighbours_and_steps() {
        // One input, one output: the sum of three times and a tenth.
        let convolution = |stride| Convolution { weights: vec![1.0; 3], bias: vec![0.1], inputs: 1, stride };
        for (stride, expected) in [(1, vec![3.1, 6.1, 9.1, 7.1]), (2, vec![3.1, 9.1])] {
            let mut to = vec![0.0; expected.len() + 2];
            convolution(stride).run(&[0.0, 1.0, 2.0, 3.0, 4.0, 0.0], &mut to);
            assert_eq!(to[1..=expected.len()], expected, "stride {stride}");
            assert_eq!((to[0], to[expected.len() + 1]), (0.0, 0.0), "stride {stride}: the ends stay empty");
        }
    }
}
