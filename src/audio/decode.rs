//! Bytes of any container in, [`Samples`] out, or the one reason why not. The bytes decide what they are; a
//! `Content-Type` only helps where they cannot (headerless PCM). Refuses to know about HTTP: the door turns each
//! [`AudioError`] into a status.

use super::sniff::{self, Kind};
use super::{Samples, l16, resample, riff, stream};

/// Containers that can be heard, as told to callers who sent something else.
pub const ACCEPTED: &str = "WAV, FLAC, MP3, Ogg (Vorbis or Opus), WebM or audio/l16";

/// Rates a container may declare, in hertz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// What a caller may send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Encoded size.
    pub max_bytes: usize,
    /// Decoded length in seconds; decoding stops as soon as it is passed, whatever the header promised.
    pub max_seconds: f32,
    /// Anything shorter cannot hold a word.
    pub min_seconds: f32,
}

impl Default for Limits {
    fn default() -> Self {
        // 30 s of 48 kHz stereo in 32 bits is 11.5 MB.
        Self { max_bytes: 16 << 20, max_seconds: 30.0, min_seconds: 0.25 }
    }
}

/// Why bytes could not be heard. One variant per cause.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AudioError {
    #[error("the body is empty: send {ACCEPTED}")]
    Empty,
    #[error("{bytes} bytes of audio are too many: the limit is {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the audio is longer than {limit} s: send one request at a time")]
    TooLong { limit: f32 },
    #[error("{seconds:.2} s of audio cannot hold a word: send at least {least} s")]
    TooShort { seconds: f32, least: f32 },
    #[error("this is {what}, not audio: send {ACCEPTED}")]
    NotAudio { what: &'static str },
    #[error("{what} is not supported: send {ACCEPTED}")]
    Unsupported { what: String },
    #[error("these bytes are no audio format known here: send {ACCEPTED}")]
    Unknown,
    #[error("the {format} data is damaged: {reason}")]
    Malformed { format: &'static str, reason: String },
    #[error("the {format} data ends after {seconds:.2} s of the {promised:.2} s its header promises")]
    Truncated { format: &'static str, seconds: f32, promised: f32 },
    #[error("content type {given:?}: {reason}")]
    ContentType { given: String, reason: &'static str },
}

/// Mono audio as a container held it, before resampling.
#[derive(Debug, PartialEq)]
pub(super) struct Pcm {
    pub values: Vec<f32>,
    pub rate: u32,
    /// Seconds the header promised, when fewer were there.
    pub promised: Option<f32>,
    pub format: &'static str,
}

/// Decodes one clip to 16 kHz mono. Channels are averaged, values that are not numbers become silence, and a clip
/// that breaks off is heard as far as it goes when at least `limits.min_seconds` are there.
pub fn decode(bytes: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Samples, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(AudioError::TooLarge { bytes: bytes.len(), limit: limits.max_bytes });
    }
    let raw = content_type.map(l16::Raw::from_content_type).transpose()?.flatten();
    let pcm = match (sniff::kind(bytes), raw) {
        (Kind::Wav, _) => riff::read(bytes, limits)?,
        (Kind::Stream(container), _) if raw.is_none() || container.certain() => stream::read(bytes, container, limits)?,
        (_, Some(raw)) => raw.read(bytes, limits)?,
        (Kind::Unsupported(what), _) => return Err(AudioError::Unsupported { what: what.into() }),
        (Kind::NotAudio(what), _) => return Err(AudioError::NotAudio { what }),
        (Kind::Stream(_) | Kind::Unknown, None) => return Err(AudioError::Unknown),
    };
    let seconds = pcm.values.len() as f32 / pcm.rate as f32;
    if seconds < limits.min_seconds {
        return Err(match pcm.promised {
            Some(promised) => AudioError::Truncated { format: pcm.format, seconds, promised },
            None => AudioError::TooShort { seconds, least: limits.min_seconds },
        });
    }
    Ok(resample::to_samples(pcm.values, pcm.rate))
}

/// Refuses a rate that no microphone has, before anything is computed from it.
pub(super) fn check_rate(format: &'static str, rate: u32) -> Result<u32, AudioError> {
    if RATES.contains(&rate) {
        return Ok(rate);
    }
    let reason = format!("{rate} samples a second is not a rate between {} and {}", RATES.start(), RATES.end());
    Err(AudioError::Malformed { format, reason })
}

/// Frames of `rate` that `limits` lets through.
pub(super) fn max_frames(limits: &Limits, rate: u32) -> usize {
    (f64::from(limits.max_seconds.max(0.0)) * f64::from(rate)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audio::{RATE, wav};

    fn limits() -> Limits {
        Limits::default()
    }

    /// A RIFF file with one format and one data chunk; `size` is what the data chunk says of itself.
    fn riff(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8], size: u32) -> Vec<u8> {
        let frame = channels.saturating_mul(bits / 8);
        let mut b = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        b.extend(tag.to_le_bytes());
        b.extend(channels.to_le_bytes());
        b.extend(rate.to_le_bytes());
        b.extend(rate.wrapping_mul(u32::from(frame)).to_le_bytes());
        b.extend(frame.to_le_bytes());
        b.extend(bits.to_le_bytes());
        b.extend(b"data");
        b.extend(size.to_le_bytes());
        b.extend(data);
        b
    }

    fn whole(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        riff(tag, channels, rate, bits, data, data.len() as u32)
    }

    /// A second of a 300 Hz tone at half loudness, as one channel of `f32`.
    fn tone(rate: u32) -> Vec<f32> {
        (0..rate).map(|i| 0.5 * (i as f32 * 300.0 * std::f32::consts::TAU / rate as f32).sin()).collect()
    }

    fn check_tone(name: &str, bytes: &[u8]) {
        let heard = decode(bytes, None, &limits()).unwrap_or_else(|e| panic!("{name}: {e}"));
        // WebM does not say where inside its last packet the sound ends.
        let slack = if name == "WebM" { 320 } else { 160 };
        assert!(heard.as_slice().len().abs_diff(RATE as usize) <= slack, "{name}: {} samples", heard.as_slice().len());
        let middle = &heard.as_slice()[4000..12_000];
        let loud = (middle.iter().map(|v| v * v).sum::<f32>() / middle.len() as f32).sqrt();
        // MP3 at 32 kbit/s loses a twentieth.
        let within = if name.contains("MP3") { 0.02 } else { 0.01 };
        assert!((loud - 0.3535).abs() < within, "{name}: loudness {loud}");
        let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!(crossings.abs_diff(150) <= 1, "{name}: {crossings} periods in half a second of 300 Hz");
    }

    #[test]
    fn every_coding_rate_and_channel_count_of_wav() {
        type Write = fn(f32) -> Vec<u8>;
        let codings: [(u16, u16, Write); 6] = [
            (1, 8, |v| vec![(v * 127.0 + 128.0).round() as u8]),
            (1, 16, |v| ((v * 32_767.0) as i16).to_le_bytes().to_vec()),
            (1, 24, |v| ((v * 8_388_607.0) as i32).to_le_bytes()[..3].to_vec()),
            (1, 32, |v| ((v * 2_147_483_000.0) as i32).to_le_bytes().to_vec()),
            (3, 32, |v| v.to_le_bytes().to_vec()),
            (3, 64, |v| f64::from(v).to_le_bytes().to_vec()),
        ];
        for (tag, bits, write) in codings {
            for rate in [8_000, 16_000, 44_100, 48_000] {
                for channels in [1, 2] {
                    let data: Vec<u8> = tone(rate).into_iter().flat_map(|v| write(v).repeat(channels)).collect();
                    let bytes = whole(tag, channels as u16, rate, bits, &data);
                    check_tone(&format!("{bits} bits, tag {tag}, {rate} Hz, {channels} channels"), &bytes);
                }
            }
        }
    }

    const FLAC: &[u8] = include_bytes!("../../tests/audio/tone.flac");
    const MP3: &[u8] = include_bytes!("../../tests/audio/tone.mp3");
    const STEREO: &[u8] = include_bytes!("../../tests/audio/tone-stereo.mp3");
    const OGG: &[u8] = include_bytes!("../../tests/audio/tone.ogg");
    const OPUS: &[u8] = include_bytes!("../../tests/audio/tone.opus");
    const WEBM: &[u8] = include_bytes!("../../tests/audio/tone.webm");
    const BOMB: &[u8] = include_bytes!("../../tests/audio/ten-minutes-of-silence.flac");

    #[test]
    fn compressed_containers() {
        check_tone("FLAC", FLAC);
        check_tone("MP3", MP3);
        check_tone("Ogg Vorbis", OGG);
        check_tone("stereo MP3", STEREO);
        check_tone("Ogg Opus", OPUS);
        check_tone("WebM", WEBM);
        // What is cut off is heard as far as it goes. (Of one second of Ogg Vorbis most is header.)
        let long: &[u8] = include_bytes!("../../tests/audio/four-seconds.ogg");
        for (bytes, whole) in [(FLAC, 1.0), (MP3, 1.0), (STEREO, 1.0), (WEBM, 1.0), (long, 4.0)] {
            let cut = decode(&bytes[..bytes.len() * 3 / 4], None, &limits()).unwrap();
            assert!((0.3 * whole..whole).contains(&cut.seconds()), "{} s", cut.seconds());
        }
    }

    #[test]
    fn ten_minutes_in_a_few_kilobytes_stop_at_the_limit() {
        let too_long = |bytes: &[u8]| matches!(decode(bytes, None, &limits()), Err(AudioError::TooLong { .. }));
        assert!(too_long(BOMB));
        // The header may say that the length is unknown: then the frames are counted.
        let mut silent = BOMB.to_vec();
        silent[21] &= 0xf0;
        silent[22..26].fill(0);
        let began = std::time::Instant::now();
        assert!(too_long(&silent));
        assert!(began.elapsed().as_millis() < 500, "all of it was unpacked");
    }

    #[test]
    fn telephone_codings() {
        // Positive and negative full scale, and silence, as G.711 tables print them.
        for (tag, silence, loud, value) in [(7, 0xff_u8, 0x80_u8, 32_124.0), (6, 0xd5, 0xaa, 32_256.0)] {
            let mut data = vec![silence; 4000];
            data.extend(vec![loud; 4000]);
            let heard = decode(&whole(tag, 1, 8_000, 8, &data), None, &limits()).unwrap().into_vec();
            assert!(heard[2000].abs() < 0.001, "tag {tag}");
            assert!((heard[12_000] - value / 32_768.0).abs() < 0.01, "tag {tag}: {}", heard[12_000]);
        }
    }

    #[test]
    fn extensible_odd_chunks_and_unknown_lengths() {
        let pcm: Vec<u8> = tone(16_000).iter().flat_map(|v| ((v * 32_767.0) as i16).to_le_bytes()).collect();
        for size in [0, u32::MAX, 0x7fff_ffff, 0x7fff_ffff - 36] {
            check_tone("a stream that did not know its length", &riff(1, 1, 16_000, 16, &pcm, size));
        }
        let mut extensible =
            b"RIFF\0\0\0\0WAVEjunk\x03\0\0\0abc\0fmt \x28\0\0\0\xfe\xff\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0"
                .to_vec();
        extensible.extend(b"\x16\0\x10\0\x04\0\0\0\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71data");
        extensible.extend((pcm.len() as u32).to_le_bytes());
        extensible.extend(&pcm);
        check_tone("extensible after an odd chunk", &extensible);
    }

    #[test]
    fn refusals() {
        let second = vec![0_u8; 32_000];
        let good = whole(1, 1, 16_000, 16, &second);
        type Check = fn(&AudioError) -> bool;
        let cases: Vec<(&str, Vec<u8>, Check)> = vec![
            ("empty", vec![], |e| matches!(e, AudioError::Empty)),
            ("PNG", b"\x89PNG\r\n\x1a\n0000".to_vec(), |e| e.to_string().starts_with("this is a PNG image")),
            ("0.2 s", whole(1, 1, 16_000, 16, &second[..6400]), |e| matches!(e, AudioError::TooShort { .. })),
            ("31 s", whole(1, 1, 16_000, 16, &second.repeat(31)), |e| matches!(e, AudioError::TooLong { .. })),
            ("too big", vec![0; (16 << 20) + 1], |e| matches!(e, AudioError::TooLarge { .. })),
            ("header only", good[..44].to_vec(), |e| matches!(e, AudioError::Truncated { .. })),
            ("cut in data", good[..2000].to_vec(), |e| matches!(e, AudioError::Truncated { .. })),
            ("cut in format", good[..30].to_vec(), |e| matches!(e, AudioError::Malformed { .. })),
            ("cut in RIFF", good[..7].to_vec(), |e| matches!(e, AudioError::Malformed { .. })),
            ("rate 0", whole(1, 1, 0, 16, &second), |e| matches!(e, AudioError::Malformed { .. })),
            ("rate 4e9", whole(1, 1, 4_000_000_000, 16, &second), |e| matches!(e, AudioError::Malformed { .. })),
            ("0 channels", whole(1, 0, 16_000, 16, &second), |e| matches!(e, AudioError::Malformed { .. })),
            ("99 channels", whole(1, 99, 16_000, 16, &second), |e| matches!(e, AudioError::Malformed { .. })),
            ("12 bits", whole(1, 1, 16_000, 12, &second), |e| matches!(e, AudioError::Malformed { .. })),
            ("0 bits", whole(1, 1, 16_000, 0, &second), |e| matches!(e, AudioError::Malformed { .. })),
            ("ADPCM", whole(2, 1, 16_000, 4, &second), |e| matches!(e, AudioError::Unsupported { .. })),
            ("Opus", b"OggS\0\x02OpusHead".to_vec(), |e| matches!(e, AudioError::Malformed { .. })),
            ("FLAC mark", b"fLaC".to_vec(), |e| matches!(e, AudioError::Malformed { .. })),
            ("noise", vec![1, 2, 3, 4, 5, 200, 201], |e| matches!(e, AudioError::Unknown)),
        ];
        for (name, bytes, right) in cases {
            let error = decode(&bytes, Some("audio/wav"), &limits()).expect_err(name);
            assert!(right(&error), "{name}: {error:?}");
        }
    }

    #[test]
    fn cut_off_but_long_enough_is_heard() {
        let bytes = whole(1, 1, 16_000, 16, &[0; 64_000]);
        let heard = decode(&bytes[..44 + 32_001], None, &limits()).unwrap();
        assert_eq!(heard.as_slice().len(), 16_000);
    }

    #[test]
    fn not_a_number_is_silence() {
        let mut data: Vec<u8> = f32::NAN.to_le_bytes().repeat(8_000);
        data.extend(f32::INFINITY.to_le_bytes().repeat(8_000));
        let heard = decode(&whole(3, 1, 16_000, 32, &data), None, &limits()).unwrap();
        assert!(heard.as_slice().iter().all(|v| *v == 0.0));
    }

    #[test]
    fn raw_pcm_needs_its_header_and_yields_to_a_container() {
        let tone = tone(16_000);
        let big: Vec<u8> = tone.iter().flat_map(|v| ((v * 32_767.0) as i16).to_be_bytes()).collect();
        let heard = decode(&big, Some("audio/L16; rate=16000"), &limits()).unwrap();
        assert!((heard.as_slice()[13] - tone[13]).abs() < 0.001);
        assert!(decode(&big, None, &limits()).is_err());
        let pcm: Vec<i16> = tone.iter().map(|v| (v * 32_767.0) as i16).collect();
        let contained = decode(&wav::encode(&pcm, RATE), Some("audio/l16;rate=8000"), &limits()).unwrap();
        assert_eq!(contained.as_slice().len(), 16_000, "the bytes say WAV at 16 kHz");
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), mark in 0..6_usize) {
            let marks: [&[u8]; 6] = [b"", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", b"fLaC", b"OggS\0\x02", b"\xff\xfb\x90\x64", b"ID3\x04"];
            let bytes = [marks[mark], &bytes].concat();
            for content_type in [None, Some("audio/l16;rate=8000;channels=2")] {
                if let Ok(samples) = decode(&bytes, content_type, &limits()) {
                    prop_assert!(samples.as_slice().iter().all(|v| v.is_finite() && v.abs() <= 1.0));
                }
            }
        }

        #[test]
        fn a_damaged_container_never_panics(which in 0..6_usize, at in any::<prop::sample::Index>(), with: u8, cut in any::<prop::sample::Index>()) {
            let mut bytes = [FLAC, MP3, OGG, STEREO, OPUS, WEBM][which].to_vec();
            let at = at.index(bytes.len());
            bytes[at] = with;
            bytes.truncate(cut.index(bytes.len()).max(4));
            let _ = decode(&bytes, None, &limits());
        }

        #[test]
        fn a_damaged_wav_never_panics(at in 0..80_usize, with: u8, cut in 0..70_000_usize) {
            let mut bytes = whole(1, 2, 16_000, 16, &[7; 64_000]);
            bytes[at] = with;
            bytes.truncate(cut);
            let _ = decode(&bytes, None, &limits());
        }
    }
}
