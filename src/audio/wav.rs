//! 16-bit PCM WAV out, for replies and recordings. Reading untrusted WAV is [`decode`](super::decode)'s business.

use std::io::Cursor;

use super::{RATE, Samples};

/// A complete WAV file: mono, 16 bits, `rate` samples a second.
pub fn encode(pcm: &[i16], rate: u32) -> Vec<u8> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::with_capacity(44 + pcm.len() * 2));
    let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        pcm.iter().try_for_each(|v| writer.write_sample(*v))?;
        writer.finalize()
    });
    if let Err(error) = written {
        // Memory does not refuse bytes; only 4 GiB of sound would get here.
        tracing::error!(%error, samples = pcm.len(), "WAV could not be written");
        return Vec::new();
    }
    bytes.into_inner()
}

/// A complete WAV file of what the server heard.
pub fn encode_samples(samples: &Samples) -> Vec<u8> {
    let pcm: Vec<i16> = samples.as_slice().iter().map(|v| (v * 32_767.0).round() as i16).collect();
    encode(&pcm, RATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::decode::{Limits, decode};

    #[test]
    fn what_is_written_is_read_back() {
        let pcm: Vec<i16> = (0..16_000).map(|i| ((i % 200) * 100 - 10_000) as i16).collect();
        let bytes = encode(&pcm, RATE);
        assert_eq!(bytes.len(), 44 + pcm.len() * 2);
        let heard = decode(&bytes, Some("audio/wav"), &Limits::default()).unwrap();
        let back: Vec<i16> = heard.as_slice().iter().map(|v| (v * 32_768.0).round() as i16).collect();
        assert_eq!(back, pcm);
        assert_eq!(hound::WavReader::new(&bytes[..]).unwrap().spec().sample_rate, RATE);
    }
}
