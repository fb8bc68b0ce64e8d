//! Silero's weights as whisper.cpp's converter writes them: a path in, [`Weights`] out, every number checked before it is
//! used. Refuses other sizes than those of the 16 kHz network.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{BINS, CONTEXT, Convolution, HIDDEN, TAPS, WINDOW};

/// What a file of ggml begins with, and what this network is called in it.
const MAGIC: i32 = 0x6767_6d6c;
const KIND: &[u8] = b"silero-16k";
/// The network is under a megabyte; speech models begin with the same four bytes and may be thousands.
const LARGEST: u64 = 16 << 20;
/// Inputs, outputs and stride of the convolutions; each looks at three times.
const ENCODER: [(usize, usize, usize); 4] = [(BINS, 128, 1), (128, 64, 2), (64, 64, 2), (64, HIDDEN, 1)];
const KERNEL: usize = 3;
/// How ggml counts the types of numbers.
const FLOAT: i32 = 0;
const HALF: i32 = 1;

/// The network, shared by all streams.
pub struct Weights {
    /// The real parts of all frequencies, then the imaginary ones.
    pub(super) basis: Vec<f32>,
    pub(super) encoder: Vec<Convolution>,
    /// The memory's gates (write, keep, new, show) by what is heard and by what was remembered.
    pub(super) input: Vec<f32>,
    pub(super) recurrent: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) last: Vec<f32>,
    pub(super) last_bias: f32,
}

#[derive(Debug, thiserror::Error)]
pub enum SileroError {
    #[error("{} cannot be read ({source}); name a ggml file of Silero's voice detector, or leave this out for the built-in one", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(
        "{} is not Silero's voice detector for whisper.cpp ({reason}); get ggml-silero-v6.2.0.bin or ggml-silero-v5.1.2.bin with whisper.cpp's models/download-vad-model.sh, or leave this out for the built-in one",
        .path.display()
    )]
    Other { path: PathBuf, reason: String },
}

impl Weights {
    pub fn load(path: &Path) -> Result<Self, SileroError> {
        let read = |source| SileroError::Read { path: path.to_owned(), source };
        let other = |reason| SileroError::Other { path: path.to_owned(), reason };
        let length = std::fs::metadata(path).map_err(read)?.len();
        if length > LARGEST {
            return Err(other(format!("{length} bytes; it has less than a million")));
        }
        Self::parse(&std::fs::read(path).map_err(read)?).map_err(other)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut file = File { rest: bytes };
        file.header()?;
        let mut tensors = file.tensors()?;
        let mut take = |name: &str, shape: &[usize]| {
            let (has, values) = tensors.remove(name).ok_or_else(|| format!("it lacks {name}"))?;
            if has != shape {
                return Err(format!("{name} is {has:?}, not {shape:?}"));
            }
            // One such number, and nothing would ever be heard again.
            if values.iter().any(|v| !v.is_finite()) {
                return Err(format!("{name} holds what is no number"));
            }
            Ok(values)
        };
        let basis = take("_model.stft.forward_basis_buffer", &[TAPS, 2 * BINS])?;
        let mut encoder = Vec::new();
        for (n, (inputs, outputs, stride)) in ENCODER.into_iter().enumerate() {
            let name = |part: &str| format!("_model.encoder.{n}.reparam_conv.{part}");
            let weights = take(&name("weight"), &[KERNEL, inputs, outputs])?;
            let bias = take(&name("bias"), &[outputs])?;
            encoder.push(Convolution { weights: by_time(&weights, inputs), bias, inputs, stride });
        }
        let gates = [HIDDEN, 4 * HIDDEN];
        let input = take("_model.decoder.rnn.weight_ih", &gates)?;
        let recurrent = take("_model.decoder.rnn.weight_hh", &gates)?;
        let mut bias = take("_model.decoder.rnn.bias_ih", &[4 * HIDDEN])?;
        let more = take("_model.decoder.rnn.bias_hh", &[4 * HIDDEN])?;
        bias.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        let last = take("_model.decoder.decoder.2.weight", &[HIDDEN])?;
        let last_bias = take("_model.decoder.decoder.2.bias", &[])?.first().copied().unwrap_or_default();
        match tensors.keys().next() {
            Some(name) => Err(format!("it has {name} beside what the network needs")),
            None => Ok(Self { basis, encoder, input, recurrent, bias, last, last_bias }),
        }
    }
}

/// From input by input to time by time, so that three times of a layer meet their weights in one row.
fn by_time(weights: &[f32], inputs: usize) -> Vec<f32> {
    let output = |weights: &[f32]| {
        let times = (0..KERNEL).map(|time| weights.iter().skip(time).step_by(KERNEL).copied().collect::<Vec<f32>>());
        times.collect::<Vec<_>>().concat()
    };
    weights.chunks_exact(KERNEL * inputs).flat_map(output).collect()
}

/// The shape, without lengths of one, and the numbers.
type Tensor = (Vec<usize>, Vec<f32>);

/// What is left of a file.
struct File<'a> {
    rest: &'a [u8],
}

impl<'a> File<'a> {
    fn header(&mut self) -> Result<(), String> {
        if self.whole()? != MAGIC {
            return Err("it is no ggml file".into());
        }
        let length = self.size()?;
        if length != KIND.len() || self.take(length)? != KIND {
            return Err("it is another ggml model, perhaps one for speech recognition".into());
        }
        let _version = [self.whole()?, self.whole()?, self.whole()?];
        let mut sizes = vec![WINDOW, CONTEXT, ENCODER.len()];
        ENCODER.iter().for_each(|(inputs, outputs, _)| sizes.extend([*inputs, *outputs, KERNEL]));
        sizes.extend([HIDDEN, HIDDEN, HIDDEN, 1]);
        let has: Vec<usize> = sizes.iter().map(|_| self.size()).collect::<Result<_, _>>()?;
        if has != sizes {
            return Err(format!("its sizes are {has:?}, not {sizes:?}"));
        }
        Ok(())
    }

    fn tensors(&mut self) -> Result<HashMap<String, Tensor>, String> {
        let mut tensors = HashMap::new();
        while !self.rest.is_empty() {
            let (dimensions, name, kind) = (self.size()?, self.size()?, self.whole()?);
            if dimensions > 4 {
                return Err(format!("a tensor of {dimensions} dimensions"));
            }
            let shape: Vec<usize> = (0..dimensions).map(|_| self.size()).collect::<Result<_, _>>()?;
            let name = String::from_utf8_lossy(self.take(name)?).into_owned();
            let width = match kind {
                FLOAT => 4,
                HALF => 2,
                other => return Err(format!("{name} is of type {other}, neither 16 nor 32 bits")),
            };
            let bytes = shape.iter().try_fold(width, |product: usize, length| product.checked_mul(*length));
            let bytes = self.take(bytes.ok_or_else(|| format!("{name} has no end"))?)?;
            let values = match kind {
                FLOAT => bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
                _ => bytes.as_chunks().0.iter().map(|b| half(u16::from_le_bytes(*b))).collect(),
            };
            tensors.insert(name, (shape.into_iter().filter(|length| *length != 1).collect(), values));
        }
        Ok(tensors)
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or("it ends too soon")?;
        self.rest = rest;
        Ok(taken)
    }

    fn whole(&mut self) -> Result<i32, String> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("it ends too soon")?;
        self.rest = rest;
        Ok(i32::from_le_bytes(*taken))
    }

    fn size(&mut self) -> Result<usize, String> {
        usize::try_from(self.whole()?).map_err(|_| "a length below nothing".into())
    }
}

/// A number of 16 bits: one for the sign, five for the exponent, ten for the fraction.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10 & 31), u32::from(bits & 1023));
    match exponent {
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_16_bits() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65_504.0),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn any_bytes_are_refused_and_none_panics() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut head = [MAGIC.to_le_bytes(), 10_i32.to_le_bytes()].concat();
        head.extend(KIND);
        for length in 0..400 {
            let noise: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            assert!(Weights::parse(&noise).is_err());
            assert!(Weights::parse(&[head.clone(), noise].concat()).is_err());
        }
    }
}
