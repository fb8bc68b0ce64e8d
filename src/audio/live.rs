//! Sound as it comes and goes on a live stream. [`Intake`]: messages of 16-bit PCM at any usual rate, or Opus packets, in;
//! mono values at [`RATE`] out. [`Frames`]: speech in, such messages out. Keeps what does not fill a block yet; knows no
//! protocol.

use std::time::Duration;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};

use super::RATE;
use super::opus::{ENCODED_RATE, FRAME, OpusDecoder, OpusEncoder, OpusError};
use super::resample;

/// Rates a live stream of PCM may have, in hertz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
/// Input frames that are resampled at once: some 10 ms.
const BLOCK: usize = 256;

/// How sound is written on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Signed 16-bit little-endian, mono, at this rate in hertz.
    Pcm16 { rate: u32 },
    /// One Opus packet in each message.
    Opus,
}

#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error("{0} samples a second is no rate between 8000 and 48000")]
    Rate(u32),
    #[error("a message of {0} bytes is no whole number of 16-bit samples")]
    Odd(usize),
    #[error("this is no Opus packet: {0}")]
    Packet(#[from] OpusError),
    #[error("sound cannot be resampled: {0}")]
    Resampler(String),
}

/// One stream's sound coming in.
pub struct Intake(Kind);

enum Kind {
    Plain,
    Resampled(Box<Converter>),
    Opus(OpusDecoder),
}

impl Intake {
    pub fn new(encoding: Encoding) -> Result<Self, LiveError> {
        Ok(Self(match encoding {
            Encoding::Opus => Kind::Opus(OpusDecoder::new()?),
            Encoding::Pcm16 { rate } if !RATES.contains(&rate) => return Err(LiveError::Rate(rate)),
            Encoding::Pcm16 { rate: RATE } => Kind::Plain,
            Encoding::Pcm16 { rate } => Kind::Resampled(Box::new(Converter::new(rate, RATE)?)),
        }))
    }

    /// Appends the sound of one message to `out`.
    pub fn push(&mut self, message: &[u8], out: &mut Vec<f32>) -> Result<(), LiveError> {
        if let Kind::Opus(decoder) = &mut self.0 {
            return Ok(decoder.decode(message, out)?);
        }
        if !message.len().is_multiple_of(2) {
            return Err(LiveError::Odd(message.len()));
        }
        let value = |b: &[u8]| b.try_into().map_or(0.0, |b| f32::from(i16::from_le_bytes(b)) / 32_768.0);
        let values = message.chunks_exact(2).map(value);
        match &mut self.0 {
            Kind::Resampled(converter) => converter.push(values, out),
            _ => {
                out.extend(values);
                Ok(())
            }
        }
    }
}

/// From one rate to another, a block at a time, through the same filter as whole clips.
pub struct Converter {
    resampler: Fft<f32>,
    waiting: Vec<f32>,
    made: Vec<f32>,
}

impl Converter {
    pub fn new(from: u32, to: u32) -> Result<Self, LiveError> {
        let resampler = Fft::new(from as usize, to as usize, BLOCK, 1, FixedSync::Both);
        let resampler = resampler.map_err(|e| LiveError::Resampler(e.to_string()))?;
        let made = vec![0.0; resampler.output_frames_max()];
        Ok(Self { resampler, waiting: Vec::new(), made })
    }

    /// Appends what could be converted so far to `out`.
    pub fn push(&mut self, values: impl Iterator<Item = f32>, out: &mut Vec<f32>) -> Result<(), LiveError> {
        self.waiting.extend(values);
        let failed = |e: &dyn std::fmt::Display| LiveError::Resampler(e.to_string());
        let mut used = 0;
        loop {
            let need = self.resampler.input_frames_next();
            let Some(block) = self.waiting.get(used..used + need) else { break };
            let input = InterleavedSlice::new(block, 1, need).map_err(|e| failed(&e))?;
            let room = self.made.len();
            let mut output = InterleavedSlice::new_mut(&mut self.made, 1, room).map_err(|e| failed(&e))?;
            let result = self.resampler.process_into_buffer(&input, &mut output, None::<&Indexing>);
            let (read, written) = result.map_err(|e| failed(&e))?;
            out.extend(self.made.iter().take(written));
            used += read;
        }
        self.waiting.drain(..used);
        Ok(())
    }
}

/// How sound is written that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// As in [`Encoding::Pcm16`], at the speech's own rate.
    Pcm16,
    Opus,
}

impl Outgoing {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcm16 => "pcm16",
            Self::Opus => "opus",
        }
    }
}

/// Speech cut into messages, each made when it is asked for.
pub struct Frames {
    values: Vec<f32>,
    rate: u32,
    /// Samples in one message.
    step: usize,
    next: usize,
    encoder: Option<OpusEncoder>,
}

impl Frames {
    /// `pcm` is mono, at `rate` hertz.
    pub fn new(pcm: &[i16], rate: u32, outgoing: Outgoing) -> Result<Self, LiveError> {
        let values: Vec<f32> = pcm.iter().map(|v| f32::from(*v) / 32_768.0).collect();
        Ok(match outgoing {
            Outgoing::Pcm16 => Self { values, rate, step: (rate as usize / 25).max(1), next: 0, encoder: None },
            Outgoing::Opus => {
                let values = resample::convert(values, rate, ENCODED_RATE);
                Self { values, rate: ENCODED_RATE, step: FRAME, next: 0, encoder: Some(OpusEncoder::new()?) }
            }
        })
    }

    /// Of the sound in the messages, in hertz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// What one message holds.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.step as f64 / f64::from(self.rate.max(1)))
    }
}

impl Iterator for Frames {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let rest = self.values.get(self.next..).filter(|r| !r.is_empty())?;
        let frame = rest.get(..self.step).unwrap_or(rest);
        let message = match &mut self.encoder {
            None => frame.iter().flat_map(|v| ((v * 32_768.0) as i16).to_le_bytes()).collect(),
            Some(encoder) => encoder.encode(frame).ok()?,
        };
        self.next += self.step;
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32) -> Vec<f32> {
        (0..rate).map(|i| 0.5 * (i as f32 * 300.0 * std::f32::consts::TAU / rate as f32).sin()).collect()
    }

    fn check(name: &str, heard: &[f32]) {
        assert!(heard.len().abs_diff(RATE as usize) < 800, "{name}: {} samples", heard.len());
        let middle = &heard[4_000..12_000];
        let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!(crossings.abs_diff(150) <= 1, "{name}: {crossings} periods in half a second of 300 Hz");
        let loud = (middle.iter().map(|v| v * v).sum::<f32>() / middle.len() as f32).sqrt();
        assert!((loud - 0.3535).abs() < 0.02, "{name}: loudness {loud}");
        let jump = middle.windows(2).map(|w| (w[0] - w[1]).abs()).fold(0.0, f32::max);
        assert!(jump < 0.08, "{name}: a jump of {jump} between two blocks");
    }

    #[test]
    fn every_encoding_arrives_whatever_the_messages() {
        for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000] {
            let bytes: Vec<u8> = tone(rate).iter().flat_map(|v| ((v * 32_767.0) as i16).to_le_bytes()).collect();
            for size in [2, 202, 640, 20_000] {
                let (mut intake, mut heard) = (Intake::new(Encoding::Pcm16 { rate }).unwrap(), Vec::new());
                bytes.chunks(size).for_each(|m| intake.push(m, &mut heard).unwrap());
                check(&format!("{rate} Hz in messages of {size}"), &heard);
            }
        }
        let pcm: Vec<i16> = tone(22_050).iter().map(|v| (v * 32_767.0) as i16).collect();
        for (outgoing, encoding) in
            [(Outgoing::Opus, Encoding::Opus), (Outgoing::Pcm16, Encoding::Pcm16 { rate: 22_050 })]
        {
            let (mut intake, mut heard) = (Intake::new(encoding).unwrap(), Vec::new());
            let frames = Frames::new(&pcm, 22_050, outgoing).unwrap();
            let length = frames.length();
            let messages: Vec<Vec<u8>> = frames.collect();
            assert!((length * messages.len() as u32).as_secs_f32() < 1.05, "{outgoing:?}");
            messages.iter().for_each(|m| intake.push(m, &mut heard).unwrap());
            check(outgoing.name(), &heard);
        }
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        for rate in [0, 7_999, 48_001, u32::MAX] {
            assert!(matches!(Intake::new(Encoding::Pcm16 { rate }), Err(LiveError::Rate(_))), "{rate}");
        }
        let mut out = Vec::new();
        let mut pcm = Intake::new(Encoding::Pcm16 { rate: RATE }).unwrap();
        assert!(matches!(pcm.push(&[1, 2, 3], &mut out), Err(LiveError::Odd(3))));
        let mut opus = Intake::new(Encoding::Opus).unwrap();
        assert!(matches!(opus.push(&[], &mut out), Err(LiveError::Packet(_))));
        assert!(out.is_empty());
    }
}
