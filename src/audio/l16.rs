//! Headerless PCM, described only by its content type: `audio/l16;rate=16000;channels=1` (RFC 2586 and 3551: 16-bit
//! signed, big-endian, rate required) and `audio/pcm` with the same parameters, which is little-endian because that
//! is what microphones and most clients that use the name send.

use super::decode::{AudioError, Limits, Pcm, check_rate, max_frames};

/// What the content type says about the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Raw {
    rate: u32,
    channels: usize,
    big_endian: bool,
}

const MAX_CHANNELS: usize = 8;

impl Raw {
    /// None when the type is not one of raw PCM.
    pub(super) fn from_content_type(given: &str) -> Result<Option<Self>, AudioError> {
        let mut parts = given.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let big_endian = match name.as_str() {
            "audio/l16" => true,
            "audio/pcm" | "audio/x-pcm" | "audio/raw" => false,
            _ => return Ok(None),
        };
        let refuse = |reason| AudioError::ContentType { given: given.chars().take(120).collect(), reason };
        let (mut rate, mut channels, mut big_endian) = (None, 1, big_endian);
        for part in parts.filter(|p| !p.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match key.trim().to_ascii_lowercase().as_str() {
                "rate" => rate = Some(value.parse().map_err(|_| refuse("rate is not a whole number"))?),
                "channels" => channels = value.parse().map_err(|_| refuse("channels is not a whole number"))?,
                "endian" | "endianness" => {
                    big_endian = match value.to_ascii_lowercase().as_str() {
                        "big" | "big-endian" => true,
                        "little" | "little-endian" => false,
                        _ => return Err(refuse("endianness is neither big nor little")),
                    }
                }
                _ => {}
            }
        }
        let rate = rate.ok_or_else(|| refuse("raw PCM needs its rate, as in audio/l16;rate=16000;channels=1"))?;
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(refuse("channels must be 1 to 8"));
        }
        check_rate("PCM", rate).map_err(|_| refuse("rate must be 8000 to 192000"))?;
        Ok(Some(Self { rate, channels, big_endian }))
    }

    pub(super) fn read(self, bytes: &[u8], limits: &Limits) -> Result<Pcm, AudioError> {
        let frame = 2 * self.channels;
        if bytes.len() / frame > max_frames(limits, self.rate) {
            return Err(AudioError::TooLong { limit: limits.max_seconds });
        }
        let value = |b: &[u8]| {
            let pair = [b.first().copied().unwrap_or(0), b.get(1).copied().unwrap_or(0)];
            f32::from(if self.big_endian { i16::from_be_bytes(pair) } else { i16::from_le_bytes(pair) }) / 32_768.0
        };
        let mix = |f: &[u8]| f.chunks_exact(2).map(value).sum::<f32>() / self.channels as f32;
        let values = bytes.chunks_exact(frame).map(mix).collect();
        Ok(Pcm { values, rate: self.rate, promised: None, format: "PCM" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let good = [
            ("audio/l16;rate=16000;channels=1", Raw { rate: 16_000, channels: 1, big_endian: true }),
            ("audio/L16; rate=\"8000\"", Raw { rate: 8_000, channels: 1, big_endian: true }),
            ("audio/pcm; channels=2; rate=44100", Raw { rate: 44_100, channels: 2, big_endian: false }),
            ("audio/l16;rate=16000;endianness=little-endian", Raw { rate: 16_000, channels: 1, big_endian: false }),
        ];
        for (given, raw) in good {
            assert_eq!(Raw::from_content_type(given), Ok(Some(raw)), "{given}");
        }
        for given in ["audio/wav", "application/octet-stream", "", "audio/l24;rate=8000"] {
            assert_eq!(Raw::from_content_type(given), Ok(None), "{given}");
        }
        for given in [
            "audio/l16",
            "audio/l16;rate=fast",
            "audio/l16;rate=0",
            "audio/l16;rate=4000000000",
            "audio/l16;rate=16000;channels=0",
            "audio/l16;rate=16000;channels=99",
        ] {
            assert!(matches!(Raw::from_content_type(given), Err(AudioError::ContentType { .. })), "{given}");
        }
    }

    #[test]
    fn byte_order() {
        let limits = Limits::default();
        let read = |t: &str| Raw::from_content_type(t).unwrap().unwrap().read(&[0x40, 0x00, 0xc0, 0x00], &limits);
        assert_eq!(read("audio/l16;rate=8000").unwrap().values, [0.5, -0.5]);
        assert_eq!(read("audio/l16;rate=8000;channels=2").unwrap().values, [0.0]);
        assert_eq!(read("audio/pcm;rate=8000").unwrap().values, [64.0 / 32_768.0, 192.0 / 32_768.0]);
    }
}
