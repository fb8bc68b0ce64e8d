//! WAV by hand: chunk sizes are often wrong in the wild (streams that never knew their length, files cut off), and a
//! general demuxer answers each of those with an error where the sound is there to be heard.

use super::decode::{AudioError, Limits, Pcm, check_rate, max_frames};

const FORMAT: &str = "WAV";
const MAX_CHANNELS: u16 = 8;

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    /// Unsigned, 128 is silence.
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    /// G.711, as telephones send it.
    ALaw,
    MuLaw,
}

struct Format {
    coding: Coding,
    channels: usize,
    rate: u32,
    /// Bytes of one sample of one channel.
    width: usize,
}

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Pcm, AudioError> {
    let mut rest = bytes.get(12..).ok_or_else(|| damaged("it ends inside its first header"))?;
    let mut format = None;
    loop {
        let Some((head, body)) = rest.split_at_checked(8) else {
            return Err(damaged(if format.is_some() { "it has no sound in it" } else { "it has no format chunk" }));
        };
        let (name, size) = head.split_at(4);
        let size = u32::from_le_bytes(size.try_into().unwrap_or_default()) as usize;
        match (name, &format) {
            (b"fmt ", _) => {
                let chunk = body.get(..size).ok_or_else(|| damaged("it ends inside its format chunk"))?;
                format = Some(parse_format(chunk)?);
            }
            (b"data", Some(format)) => return samples(body, size, format, limits),
            (b"data", None) => return Err(damaged("its sound comes before its format")),
            _ => {}
        }
        // Chunks are padded to even lengths.
        let step = size.saturating_add(size & 1);
        rest = body.get(step..).unwrap_or_default();
    }
}

fn damaged(reason: &str) -> AudioError {
    AudioError::Malformed { format: FORMAT, reason: reason.into() }
}

fn parse_format(chunk: &[u8]) -> Result<Format, AudioError> {
    let u16_at = |at: usize| {
        let pair = chunk.get(at..at + 2).and_then(|b| b.try_into().ok());
        pair.map(u16::from_le_bytes).ok_or_else(|| damaged("its format chunk is too short"))
    };
    let (tag, channels, bits) = (u16_at(0)?, u16_at(2)?, u16_at(14)?);
    let rate = u32::from(u16_at(4)?) | u32::from(u16_at(6)?) << 16;
    // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of a GUID.
    let tag = if tag == 0xfffe { u16_at(24)? } else { tag };
    if channels == 0 || channels > MAX_CHANNELS {
        return Err(damaged(&format!("it declares {channels} channels")));
    }
    check_rate(FORMAT, rate)?;
    let coding = match (tag, bits) {
        (1, 8) => Coding::U8,
        (1, 16) => Coding::I16,
        (1, 24) => Coding::I24,
        (1, 32) => Coding::I32,
        (3, 32) => Coding::F32,
        (3, 64) => Coding::F64,
        (6, 8) => Coding::ALaw,
        (7, 8) => Coding::MuLaw,
        (1 | 3, bits) => return Err(damaged(&format!("it declares {bits} bits a sample"))),
        (0x55, _) => return unsupported("MP3 inside WAV"),
        (2 | 0x11, _) => return unsupported("ADPCM inside WAV"),
        (tag, _) => return unsupported(&format!("WAV with codec {tag:#06x}")),
    };
    Ok(Format { coding, channels: usize::from(channels), rate, width: usize::from(bits / 8) })
}

fn unsupported<T>(what: &str) -> Result<T, AudioError> {
    Err(AudioError::Unsupported { what: what.into() })
}

/// `size` is what the header says; `body` is what is there.
fn samples(body: &[u8], size: usize, format: &Format, limits: &Limits) -> Result<Pcm, AudioError> {
    let frame = format.width * format.channels;
    // Whoever writes to a pipe cannot know the length and leaves 0, 0x7fffffff or 0xffffffff there, give or take
    // the header: the sound then goes on to the end.
    let unknown = size == 0 || size >= 0x7fff_f000;
    let there = if unknown { body } else { body.get(..size).unwrap_or(body) };
    let frames = there.len() / frame;
    if frames > max_frames(limits, format.rate) {
        return Err(AudioError::TooLong { limit: limits.max_seconds });
    }
    let promised = (!unknown && size > body.len()).then(|| (size / frame) as f32 / format.rate as f32);
    let mix = |frame: &[u8]| {
        frame.chunks_exact(format.width).map(|b| value(b, format.coding)).sum::<f32>() / format.channels as f32
    };
    let values = there.chunks_exact(frame).map(mix).collect();
    Ok(Pcm { values, rate: format.rate, promised, format: FORMAT })
}

/// One sample in -1.0..=1.0, or silence where it is not a number. Floats are clamped so that one absurd value in a
/// frame cannot drown the others.
fn value(b: &[u8], coding: Coding) -> f32 {
    match (coding, b) {
        (Coding::U8, &[v]) => (f32::from(v) - 128.0) / 128.0,
        (Coding::I16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
        (Coding::I24, &[a, b, c]) => i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0,
        (Coding::I32, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]) as f32 / 2_147_483_648.0,
        (Coding::F32, &[a, b, c, d]) => sane(f32::from_le_bytes([a, b, c, d])),
        (Coding::F64, &[a, b, c, d, e, f, g, h]) => sane(f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32),
        (Coding::ALaw, &[v]) => a_law(v),
        (Coding::MuLaw, &[v]) => mu_law(v),
        _ => 0.0,
    }
}

fn sane(v: f32) -> f32 {
    if v.is_finite() { v.clamp(-1.0, 1.0) } else { 0.0 }
}

/// ITU-T G.711: sign, three bits of exponent, four of mantissa, stored inverted.
fn mu_law(stored: u8) -> f32 {
    let v = !stored;
    let magnitude = (((i32::from(v & 0x0f) << 3) + 0x84) << ((v >> 4) & 7)) - 0x84;
    (if v & 0x80 != 0 { -magnitude } else { magnitude }) as f32 / 32_768.0
}

/// ITU-T G.711: as above with every second bit inverted and a linear first segment.
fn a_law(stored: u8) -> f32 {
    let v = stored ^ 0x55;
    let (exponent, mantissa) = ((v >> 4) & 7, i32::from(v & 0x0f) << 4);
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    (if v & 0x80 != 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
}
