//! FLAC, MP3, Ogg and WebM through symphonia, Opus inside them through libopus: packets are decoded one at a time and
//! counted, so that a small file that unpacks to hours costs no more than the limit.

use std::io::{Cursor, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::packet::Packet;
use symphonia::default::formats::{FlacReader, MkvReader, MpaReader, OggReader};

use super::RATE;
use super::decode::{AudioError, Limits, Pcm, check_rate, max_frames};
use super::opus::OpusDecoder;
use super::sniff::Container;

/// Packets in a row that may be damaged before the rest is given up.
const MAX_DAMAGED: usize = 20;

pub(super) fn read(bytes: &[u8], container: Container, limits: &Limits) -> Result<Pcm, AudioError> {
    let format = container.name();
    let refuse = |error: Error| refusal(format, error);
    let mut reader = open(bytes, container).map_err(refuse)?;
    let missing = || AudioError::Malformed { format, reason: "it has no sound in it".into() };
    let track = reader.default_track(TrackType::Audio).ok_or_else(missing)?;
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else { return Err(missing()) };
    if let Some(rate) = parameters.sample_rate {
        check_rate(format, rate)?;
        // A header that admits to hours is believed; one that does not is counted below.
        if track.num_frames.is_some_and(|n| n > max_frames(limits, rate) as u64) {
            return Err(AudioError::TooLong { limit: limits.max_seconds });
        }
    }
    let (id, frames) = (track.id, track.num_frames);
    let declared = parameters.sample_rate.unwrap_or(0);
    let mut pcm = Pcm { values: Vec::new(), rate: declared, promised: None, format };
    let mut decoder: Box<dyn Unpack> = if parameters.codec == CODEC_ID_OPUS {
        pcm.rate = RATE;
        let failed = |e| AudioError::Malformed { format, reason: format!("its sound cannot be unpacked: {e}") };
        let lead = lead(parameters.extra_data.as_deref());
        Box::new(Opus { decoder: OpusDecoder::new().map_err(failed)?, lead, damaged: false })
    } else {
        let codecs = symphonia::default::get_codecs();
        let decoder = codecs.make_audio_decoder(parameters, &Default::default()).map_err(refuse)?;
        Box::new(Known { decoder, interleaved: Vec::new() })
    };
    let ended_well = collect(&mut *reader, &mut *decoder, id, limits, &mut pcm)?;
    check_rate(format, pcm.rate)?;
    let length = |frames: u64| frames as f32 / declared.max(1) as f32;
    let heard = pcm.values.len() as f32 / pcm.rate as f32;
    // Opus counts its start-up, 6 ms, as part of the length.
    let promised = frames.map(length).filter(|s| *s > heard + 0.01);
    pcm.promised = promised.or((!ended_well).then_some(limits.max_seconds));
    Ok(pcm)
}

fn open(bytes: &[u8], container: Container) -> Result<Box<dyn FormatReader + '_>, Error> {
    // The readers are named, not probed for: the probe searches a megabyte of anything for a mark.
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    Ok(match container {
        Container::Flac => Box::new(FlacReader::try_new(source, options)?),
        Container::Ogg | Container::OggOpus => Box::new(OggReader::try_new(source, options)?),
        Container::WebM => Box::new(MkvReader::try_new(source, options)?),
        Container::TaggedMp3 | Container::BareMp3 => Box::new(MpaReader::try_new(source, options)?),
    })
}

/// Packets of one codec, unpacked one at a time. `Ok` also for a packet that held no sound.
trait Unpack {
    fn unpack(&mut self, packet: &Packet, pcm: &mut Pcm) -> Result<(), Fault>;
}

/// Why a packet gave no sound.
enum Fault {
    /// This packet only.
    Packet(AudioError),
    /// All that follow, too; what was heard before still counts.
    Rest(AudioError),
    /// The whole clip.
    Clip(AudioError),
}

/// What symphonia decodes by itself.
struct Known {
    decoder: Box<dyn AudioDecoder>,
    interleaved: Vec<f32>,
}

struct Opus {
    decoder: OpusDecoder,
    /// Samples at the start that are the coder's own; symphonia leaves them in.
    lead: usize,
    damaged: bool,
}

/// What a head (RFC 7845, 5.1) says must be thrown away, in samples at [`RATE`].
fn lead(head: Option<&[u8]>) -> usize {
    let pair = head.and_then(|h| h.get(10..12)).and_then(|b| b.try_into().ok());
    usize::from(pair.map_or(0, u16::from_le_bytes)) / (48_000 / RATE as usize)
}

impl Unpack for Known {
    fn unpack(&mut self, packet: &Packet, pcm: &mut Pcm) -> Result<(), Fault> {
        let decoded = self.decoder.decode(packet).map_err(|error| match error {
            Error::DecodeError(_) | Error::IoError(_) => Fault::Packet(refusal(pcm.format, error)),
            error => Fault::Rest(refusal(pcm.format, error)),
        })?;
        let (rate, channels) = (decoded.spec().rate(), decoded.num_planes());
        if channels == 0 || decoded.frames() == 0 {
            return Ok(());
        }
        if pcm.values.is_empty() {
            pcm.rate = check_rate(pcm.format, rate).map_err(Fault::Clip)?;
        } else if rate != pcm.rate {
            let reason = "its rate changes on the way".into();
            return Err(Fault::Clip(AudioError::Malformed { format: pcm.format, reason }));
        }
        self.interleaved.clear();
        decoded.copy_to_vec_interleaved(&mut self.interleaved);
        let frames = self.interleaved.chunks_exact(channels);
        pcm.values.extend(frames.map(|f| f.iter().sum::<f32>() / channels as f32));
        Ok(())
    }
}

impl Unpack for Opus {
    fn unpack(&mut self, packet: &Packet, pcm: &mut Pcm) -> Result<(), Fault> {
        let from = pcm.values.len();
        self.decoder.decode(&packet.data, &mut pcm.values).map_err(|error| {
            self.damaged = true;
            Fault::Packet(AudioError::Malformed { format: pcm.format, reason: error.to_string() })
        })?;
        // Both are counted at 48 kHz. After a damaged packet the container's count no longer fits the sound.
        let scale = 48_000 / RATE as usize;
        if !self.damaged {
            let end = (packet.trim_end.get() as usize / scale).min(pcm.values.len() - from);
            pcm.values.truncate(pcm.values.len() - end);
            let start = (packet.trim_start.get() as usize / scale).min(pcm.values.len() - from);
            pcm.values.drain(from..from + start);
        }
        let lead = self.lead.min(pcm.values.len() - from);
        pcm.values.drain(from..from + lead);
        self.lead -= lead;
        Ok(())
    }
}

/// Appends every frame of track `id`, averaged over its channels. Returns false when the stream broke off.
fn collect(
    reader: &mut dyn FormatReader,
    decoder: &mut dyn Unpack,
    id: u32,
    limits: &Limits,
    pcm: &mut Pcm,
) -> Result<bool, AudioError> {
    let mut damaged = 0;
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(true),
            Err(Error::IoError(e)) if e.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            // A chained Ogg stream starts again with another header: one request is one stream.
            Err(Error::ResetRequired) => return Ok(true),
            Err(_) if !pcm.values.is_empty() => return Ok(false),
            Err(error) => return Err(refusal(pcm.format, error)),
        };
        if packet.track_id != id {
            continue;
        }
        match decoder.unpack(&packet, pcm) {
            Ok(()) => damaged = 0,
            Err(Fault::Packet(_)) if damaged < MAX_DAMAGED => damaged += 1,
            Err(Fault::Packet(_) | Fault::Rest(_)) if !pcm.values.is_empty() => return Ok(false),
            Err(Fault::Packet(error) | Fault::Rest(error) | Fault::Clip(error)) => return Err(error),
        }
        if pcm.values.len() > max_frames(limits, pcm.rate) {
            return Err(AudioError::TooLong { limit: limits.max_seconds });
        }
    }
}

fn refusal(format: &'static str, error: Error) -> AudioError {
    match error {
        Error::Unsupported(what) => AudioError::Unsupported { what: format!("this kind of {format} ({what})") },
        Error::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => {
            AudioError::Malformed { format, reason: "it ends inside its header".into() }
        }
        error => AudioError::Malformed { format, reason: error.to_string() },
    }
}
