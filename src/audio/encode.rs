//! Speech as samples in, a whole file of it out: WAV, headerless PCM, FLAC, MP3, Ogg Opus. Reading such files is
//! [`decode`](super::decode)'s business.

use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::error::Verify;
use ogg::{PacketWriteEndInfo, PacketWriter};
use shine_rs::mp3_encoder::{Mp3EncoderConfig, StereoMode, encode_pcm_to_mp3};

use super::opus::{ENCODED_RATE, FRAME, OpusEncoder};
use super::{resample, wav};

/// What a file may be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Wav,
    /// Little-endian 16-bit samples at [`PCM_RATE`], nothing else.
    Pcm,
    Flac,
    Mp3,
    /// In Ogg.
    Opus,
}

/// Rate of headerless PCM, in hertz: what clients of speech services expect where nothing can say it.
pub const PCM_RATE: u32 = 24_000;
/// Kilobits a second of MP3.
const MP3_BITRATE: u32 = 64;
/// Packets on one Ogg page: a second.
const PAGE: usize = 50;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EncodeError {
    #[error("the sound could not be written as {format}: {reason}")]
    Encoder { format: &'static str, reason: String },
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Wav, Self::Pcm, Self::Flac, Self::Mp3, Self::Opus];

    /// The short name that requests use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Pcm => "pcm",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Opus => "opus",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm;rate=24000;channels=1",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/ogg;codecs=opus",
        }
    }

    /// A complete file of mono samples at `rate` hertz.
    pub fn encode(self, pcm: &[i16], rate: u32) -> Result<Vec<u8>, EncodeError> {
        let failed = |reason: String| EncodeError::Encoder { format: self.name(), reason };
        match self {
            Self::Wav => Ok(wav::encode(pcm, rate)),
            Self::Pcm => Ok(at(pcm, rate, PCM_RATE).iter().flat_map(|v| v.to_le_bytes()).collect()),
            Self::Flac => flac(pcm, rate).map_err(failed),
            Self::Mp3 => mp3(&at(pcm, rate, ENCODED_RATE)).map_err(failed),
            Self::Opus => ogg_opus(pcm, rate).map_err(failed),
        }
    }
}

fn at(pcm: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to {
        return pcm.to_vec();
    }
    resample::convert(floats(pcm), from, to).iter().map(|v| (v * 32_767.0).clamp(-32_768.0, 32_767.0) as i16).collect()
}

fn floats(pcm: &[i16]) -> Vec<f32> {
    pcm.iter().map(|v| f32::from(*v) / 32_768.0).collect()
}

fn flac(pcm: &[i16], rate: u32) -> Result<Vec<u8>, String> {
    let config = flacenc::config::Encoder::default().into_verified().map_err(|(_, e)| e.to_string())?;
    let wide: Vec<i32> = pcm.iter().map(|v| i32::from(*v)).collect();
    let source = flacenc::source::MemSource::from_samples(&wide, 1, 16, rate as usize);
    let stream =
        flacenc::encode_with_fixed_block_size(&config, source, config.block_size).map_err(|e| e.to_string())?;
    let mut sink = ByteSink::new();
    stream.write(&mut sink).map_err(|e| e.to_string())?;
    let mut file = sink.into_inner();
    // The encoder counts the short last block as the smallest, which says "block sizes vary" (RFC 9639, 8.2), and
    // readers then refuse the frames, which say that they do not. The largest stands two bytes further on.
    if file.len() >= 12 {
        file.copy_within(10..12, 8);
    }
    Ok(file)
}

fn mp3(pcm: &[i16]) -> Result<Vec<u8>, String> {
    let config = Mp3EncoderConfig::new()
        .sample_rate(ENCODED_RATE)
        .bitrate(MP3_BITRATE)
        .channels(1)
        .stereo_mode(StereoMode::Mono);
    // The encoder makes everything louder by an eighth, which would overdrive what is loud already.
    let level: Vec<i16> = pcm.iter().map(|v| (i32::from(*v) * 8 / 9) as i16).collect();
    encode_pcm_to_mp3(config, &level).map_err(|e| e.to_string())
}

/// RFC 7845: a page with the head, a page with the tags, then the sound; positions are counted at 48 kHz.
fn ogg_opus(pcm: &[i16], rate: u32) -> Result<Vec<u8>, String> {
    // One stream in a file needs no other number than its own.
    const SERIAL: u32 = 1;
    let values = resample::convert(floats(pcm), rate, ENCODED_RATE);
    let mut encoder = OpusEncoder::new().map_err(|e| e.to_string())?;
    let lead = encoder.lead().map_err(|e| e.to_string())?;
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend((lead as u16).to_le_bytes());
    head.extend(rate.to_le_bytes());
    head.extend([0, 0, 0]);
    let vendor = b"voicecart";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend(0_u32.to_le_bytes());

    let mut writer = PacketWriter::new(Vec::new());
    let mut write = |packet: Vec<u8>, end, position| {
        writer.write_packet(packet, SERIAL, end, position).map_err(|e: std::io::Error| e.to_string())
    };
    write(head, PacketWriteEndInfo::EndPage, 0)?;
    write(tags, PacketWriteEndInfo::EndPage, 0)?;
    let scale = 48_000 / u64::from(ENCODED_RATE);
    let end = u64::from(lead) + values.len() as u64 * scale;
    // What the encoder looks ahead comes out at the end, so that much silence goes in after the sound.
    let frames = (end.div_ceil(FRAME as u64 * scale)).max(1) as usize;
    for n in 0..frames {
        let frame = values.get(n * FRAME..).unwrap_or_default();
        let packet = encoder.encode(frame.get(..FRAME).unwrap_or(frame)).map_err(|e| e.to_string())?;
        let place = match n + 1 {
            last if last == frames => PacketWriteEndInfo::EndStream,
            full if full % PAGE == 0 => PacketWriteEndInfo::EndPage,
            _ => PacketWriteEndInfo::NormalPacket,
        };
        write(packet, place, ((n + 1) as u64 * FRAME as u64 * scale).min(end))?;
    }
    Ok(writer.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::RATE;
    use crate::audio::decode::{Limits, decode};

    #[test]
    fn every_format_is_heard_again() {
        let tone = |i: i32| (12_000.0 * (i as f32 * 300.0 * std::f32::consts::TAU / 22_050.0).sin()) as i16;
        let pcm: Vec<i16> = (0..22_050).map(tone).collect();
        for format in Format::ALL {
            let bytes = format.encode(&pcm, 22_050).unwrap();
            let heard = decode(&bytes, Some(format.content_type()), &Limits::default())
                .unwrap_or_else(|e| panic!("{}: {e}", format.name()));
            // MP3 has whole frames, and a decoder's delay before them.
            let slack = if format == Format::Mp3 { 2_000 } else { 40 };
            let length = heard.as_slice().len();
            assert!(length.abs_diff(RATE as usize) <= slack, "{}: {length} samples", format.name());
            let middle = &heard.as_slice()[4_000..12_000];
            let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
            assert!(crossings.abs_diff(150) <= 2, "{}: {crossings} periods", format.name());
            let loud = (middle.iter().map(|v| v * v).sum::<f32>() / middle.len() as f32).sqrt();
            assert!((loud - 0.259).abs() < 0.03, "{}: loudness {loud}", format.name());
        }
    }

    #[test]
    fn next_to_nothing_is_written_too() {
        for format in Format::ALL {
            for length in [1, 100] {
                assert!(format.encode(&vec![0; length], 22_050).is_ok(), "{} of {length}", format.name());
            }
        }
    }
}
