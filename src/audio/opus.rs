//! Opus packets to samples and back. Knows no container: Ogg, WebM and live streams each bring their own packets.

use opusic_c::{Application, Bitrate, Channels, Decoder, Encoder, ErrorCode, SampleRate, Signal};

use super::RATE;

/// Rate at which packets are made, in hertz: the one nearest above what synthesisers give that Opus knows.
pub const ENCODED_RATE: u32 = 24_000;
/// Samples of one packet that is made: 20 ms.
pub const FRAME: usize = ENCODED_RATE as usize / 50;
/// Longest packet there is, in samples at [`RATE`]: 120 ms.
const LONGEST: usize = RATE as usize * 120 / 1000;
/// Bits a second of speech: more cannot be heard.
const BITRATE: u32 = 32_000;
/// Largest packet that libopus recommends room for, in bytes.
const PACKET: usize = 4_000;

/// Why a packet was not decoded or made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct OpusError(&'static str);

impl From<ErrorCode> for OpusError {
    fn from(code: ErrorCode) -> Self {
        Self(code.message())
    }
}

/// Packets of one stream in, mono samples at [`RATE`] out.
pub struct OpusDecoder(Decoder);

impl OpusDecoder {
    /// libopus mixes two channels to one and resamples by itself.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self(Decoder::new(Channels::Mono, SampleRate::Hz16000)?))
    }

    /// Appends the packet's samples to `out`. A packet that is none is an error, and the next one may be good again.
    pub fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> Result<(), OpusError> {
        // An empty packet would mean "one was lost", of unknown length.
        if packet.is_empty() {
            return Err(OpusError("the packet is empty"));
        }
        let mut frame = [0.0; LONGEST];
        let decoded = self.0.decode_float_to_slice(packet, &mut frame, false)?;
        out.extend(frame.iter().take(decoded));
        Ok(())
    }
}

/// Frames of [`FRAME`] samples in, packets out.
pub struct OpusEncoder(Encoder);

impl OpusEncoder {
    pub fn new() -> Result<Self, OpusError> {
        let mut encoder = Encoder::new(Channels::Mono, SampleRate::Hz24000, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Value(BITRATE))?;
        encoder.set_signal(Signal::Voice)?;
        Ok(Self(encoder))
    }

    /// Samples, at 48 kHz as Ogg counts, that a decoder must throw away at the start.
    pub fn lead(&mut self) -> Result<u32, OpusError> {
        Ok(self.0.get_look_ahead()? * (48_000 / ENCODED_RATE))
    }

    /// One packet. A frame that is short, the last one, is filled up with silence.
    pub fn encode(&mut self, frame: &[f32]) -> Result<Vec<u8>, OpusError> {
        let mut whole = [0.0; FRAME];
        whole.iter_mut().zip(frame).for_each(|(to, from)| *to = *from);
        let mut packet = vec![0; PACKET];
        let length = self.0.encode_float_to_slice(&whole, &mut packet)?;
        packet.truncate(length);
        Ok(packet)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tone_survives() {
        let tone: Vec<f32> =
            (0..ENCODED_RATE).map(|i| 0.5 * (i as f32 * 440.0 * std::f32::consts::TAU / 24_000.0).sin()).collect();
        let (mut encoder, mut decoder, mut heard) = (OpusEncoder::new().unwrap(), OpusDecoder::new().unwrap(), vec![]);
        let mut bytes = 0;
        for frame in tone.chunks(FRAME) {
            let packet = encoder.encode(frame).unwrap();
            bytes += packet.len();
            decoder.decode(&packet, &mut heard).unwrap();
        }
        assert_eq!(heard.len(), RATE as usize);
        assert!((2_000..6_000).contains(&bytes), "{bytes} bytes for a second");
        let middle = &heard[4_000..12_000];
        let loud = (middle.iter().map(|v| v * v).sum::<f32>() / middle.len() as f32).sqrt();
        assert!((loud - 0.3535).abs() < 0.03, "loudness {loud}");
        let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!(crossings.abs_diff(220) <= 2, "{crossings} periods in half a second of 440 Hz");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_an_error(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8)) {
            let (mut decoder, mut heard) = (OpusDecoder::new().unwrap(), vec![]);
            for packet in &packets {
                let _ = decoder.decode(packet, &mut heard);
            }
            prop_assert!(heard.len() <= packets.len() * LONGEST);
        }
    }
}
