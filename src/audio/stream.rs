//! FLAC, MP3 and Ogg Vorbis through symphonia: packets are decoded one at a time and counted, so that a small file
//! that unpacks to hours costs no more than the limit.

use std::io::{Cursor, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::formats::{FlacReader, MpaReader, OggReader};

use super::decode::{AudioError, Limits, Pcm, check_rate, max_frames};
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
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &Default::default()).map_err(refuse)?;
    let mut pcm = Pcm { values: Vec::new(), rate: parameters.sample_rate.unwrap_or(0), promised: None, format };
    let ended_well = collect(&mut *reader, &mut *decoder, id, limits, &mut pcm)?;
    check_rate(format, pcm.rate)?;
    let promised = frames.filter(|n| *n > pcm.values.len() as u64).map(|n| n as f32 / pcm.rate as f32);
    pcm.promised = promised.or((!ended_well).then_some(limits.max_seconds));
    Ok(pcm)
}

fn open(bytes: &[u8], container: Container) -> Result<Box<dyn FormatReader + '_>, Error> {
    // The readers are named, not probed for: the probe searches a megabyte of anything for a mark.
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    Ok(match container {
        Container::Flac => Box::new(FlacReader::try_new(source, options)?),
        Container::Ogg => Box::new(OggReader::try_new(source, options)?),
        Container::TaggedMp3 | Container::BareMp3 => Box::new(MpaReader::try_new(source, options)?),
    })
}

/// Appends every frame of track `id`, averaged over its channels. Returns false when the stream broke off.
fn collect(
    reader: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    id: u32,
    limits: &Limits,
    pcm: &mut Pcm,
) -> Result<bool, AudioError> {
    let (mut interleaved, mut damaged) = (Vec::<f32>::new(), 0);
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
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            Err(Error::DecodeError(_) | Error::IoError(_)) if damaged < MAX_DAMAGED => {
                damaged += 1;
                continue;
            }
            Err(_) if !pcm.values.is_empty() => return Ok(false),
            Err(error) => return Err(refusal(pcm.format, error)),
        };
        damaged = 0;
        let (rate, channels) = (decoded.spec().rate(), decoded.num_planes());
        if channels == 0 || decoded.frames() == 0 {
            continue;
        }
        if pcm.values.is_empty() {
            pcm.rate = check_rate(pcm.format, rate)?;
        } else if rate != pcm.rate {
            return Err(AudioError::Malformed { format: pcm.format, reason: "its rate changes on the way".into() });
        }
        interleaved.clear();
        decoded.copy_to_vec_interleaved(&mut interleaved);
        pcm.values.extend(interleaved.chunks_exact(channels).map(|f| f.iter().sum::<f32>() / channels as f32));
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
