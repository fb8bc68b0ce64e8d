//! The machine's own microphone and loudspeaker: [`Samples`] in until the speaker falls silent, [`Speech`] out. The
//! only file that knows sound cards; it refuses to know what is said.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Device, ErrorKind, FromSample, I24, Sample, SampleFormat, SizedSample, StreamConfig, U24};

use crate::audio::{Samples, resample, vad};
use crate::tts::Speech;

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error(
        "this machine has no {0}: plug one in, or check that the sound server runs (`voicecart hear FILE` needs none)"
    )]
    None(&'static str),
    #[error("the {what} {name} does not work: {reason}")]
    Broken { what: &'static str, name: String, reason: String },
    #[error("the {what} {name} uses {format} samples, which are not known here")]
    Format { what: &'static str, name: String, format: String },
    #[error("nobody spoke within {0} s")]
    Silence(f32),
}

/// A sound card as the system names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub name: String,
    pub microphone: bool,
    pub loudspeaker: bool,
    /// Whether recording or playing uses it when nothing else is said.
    pub default: bool,
}

const MICROPHONE: &str = "microphone";
const LOUDSPEAKER: &str = "loudspeaker";

/// Quiet after speech that means the speaker has finished, in seconds.
const FINISHED_AFTER: f32 = 0.8;
/// How often the recording is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A card that neither gives nor takes samples for this long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// The machine's sound cards, default ones first.
pub fn list() -> Vec<Listed> {
    let host = cpal::default_host();
    let id = |d: Option<Device>| d.and_then(|d| d.id().ok());
    let defaults = [id(host.default_input_device()), id(host.default_output_device())];
    let describe = |d: Device| Listed {
        name: name(&d),
        microphone: d.supports_input(),
        loudspeaker: d.supports_output(),
        default: d.id().is_ok_and(|id| defaults.contains(&Some(id))),
    };
    let mut found: Vec<Listed> = host.devices().map_or_else(|_| Vec::new(), |all| all.map(describe).collect());
    found.sort_by_key(|d| !d.default);
    found
}

/// A microphone that is recording.
pub struct Microphone {
    name: String,
    rate: u32,
    heard: mpsc::Receiver<Heard>,
    /// Records until it is dropped.
    _stream: cpal::Stream,
}

impl Microphone {
    /// Opens the device whose name holds `wanted`, or the default one.
    pub fn open(wanted: Option<&str>) -> Result<Self, DeviceError> {
        let host = cpal::default_host();
        let device = match wanted {
            None => host.default_input_device(),
            Some(wanted) => named(&host, wanted, Device::supports_input),
        };
        let device = device.ok_or(DeviceError::None(MICROPHONE))?;
        let name = name(&device);
        let broken = |e: cpal::Error| broken(MICROPHONE, &name, &e);
        let supported = device.default_input_config().map_err(broken)?;
        let config: StreamConfig = supported.into();
        let rate = config.sample_rate;
        let (send, heard) = mpsc::channel();
        let stream = match supported.sample_format() {
            SampleFormat::I8 => listen::<i8>(&device, config, send),
            SampleFormat::I16 => listen::<i16>(&device, config, send),
            SampleFormat::I24 => listen::<I24>(&device, config, send),
            SampleFormat::I32 => listen::<i32>(&device, config, send),
            SampleFormat::U8 => listen::<u8>(&device, config, send),
            SampleFormat::U16 => listen::<u16>(&device, config, send),
            SampleFormat::U24 => listen::<U24>(&device, config, send),
            SampleFormat::U32 => listen::<u32>(&device, config, send),
            SampleFormat::F32 => listen::<f32>(&device, config, send),
            SampleFormat::F64 => listen::<f64>(&device, config, send),
            other => return Err(DeviceError::Format { what: MICROPHONE, name, format: other.to_string() }),
        }
        .map_err(broken)?;
        stream.play().map_err(broken)?;
        Ok(Self { name, rate, heard, _stream: stream })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Samples a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The next samples, mono. Blocks until there are some; fails when the device has gone.
    pub fn more(&self) -> Result<Vec<f32>, DeviceError> {
        let reason = match self.heard.recv_timeout(STUCK_AFTER) {
            Ok(Ok(more)) => return Ok(more),
            Ok(Err(reason)) => reason,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => "it gives no samples".into(),
        };
        Err(DeviceError::Broken { what: MICROPHONE, name: self.name.clone(), reason })
    }
}

/// Records from the default microphone until the speaker has been quiet for a moment, or for `seconds_limit`.
/// [`DeviceError::Silence`] when nobody spoke at all. Blocks.
pub fn record(seconds_limit: f32) -> Result<Samples, DeviceError> {
    let microphone = Microphone::open(None)?;
    let rate = microphone.rate();
    let limit = (seconds_limit * rate as f32) as usize;
    let (mut values, mut looked) = (Vec::new(), Instant::now());
    loop {
        values.extend(microphone.more()?);
        let over = values.len() >= limit;
        if !over && looked.elapsed() < LOOK_EVERY {
            continue;
        }
        looked = Instant::now();
        values.truncate(limit);
        let samples = resample::to_samples(values.clone(), rate);
        match (finished(&samples), over) {
            (Some(true), _) | (Some(false), true) => return Ok(samples),
            (None, true) => return Err(DeviceError::Silence(seconds_limit)),
            (_, false) => {}
        }
    }
}

/// None before anyone spoke, then whether they have stopped.
fn finished(samples: &Samples) -> Option<bool> {
    let speech = vad::find(samples, &vad::Settings { margin: 0.0, ..vad::Settings::default() })?;
    let quiet = samples.as_slice().len().saturating_sub(speech.end) as f32 / crate::audio::RATE as f32;
    Some(quiet >= FINISHED_AFTER)
}

type Heard = Result<Vec<f32>, String>;

fn listen<T>(device: &Device, config: StreamConfig, send: mpsc::Sender<Heard>) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    let failed = send.clone();
    device.build_input_stream(
        config,
        move |data: &[T], _: &_| {
            let _ = send.send(Ok(mono(data, channels)));
        },
        move |e| {
            if fatal(&e) {
                let _ = failed.send(Err(e.to_string()));
            }
        },
        None,
    )
}

/// Interleaved frames averaged over their channels.
fn mono<T: Sample>(data: &[T], channels: usize) -> Vec<f32>
where
    f32: FromSample<T>,
{
    let mix = |frame: &[T]| frame.iter().map(|s| f32::from_sample(*s)).sum::<f32>() / channels as f32;
    data.chunks_exact(channels).map(mix).collect()
}

/// Plays a reply on the default loudspeaker. Blocks until it was heard.
pub fn play(speech: &Speech) -> Result<(), DeviceError> {
    play_until(speech, None, &AtomicBool::new(false))
}

/// Plays on the device whose name holds `wanted`, or the default one, until it was heard or `stop` is set. Blocks.
pub fn play_until(speech: &Speech, wanted: Option<&str>, stop: &AtomicBool) -> Result<(), DeviceError> {
    let host = cpal::default_host();
    let device = match wanted {
        None => host.default_output_device(),
        Some(wanted) => named(&host, wanted, Device::supports_output),
    };
    let device = device.ok_or(DeviceError::None(LOUDSPEAKER))?;
    let name = name(&device);
    let broken = |e: cpal::Error| broken(LOUDSPEAKER, &name, &e);
    let supported = device.default_output_config().map_err(broken)?;
    let config: StreamConfig = supported.into();
    let values: Vec<f32> = speech.pcm.iter().map(|v| f32::from(*v) / 32_768.0).collect();
    let sound = Sound {
        values: resample::convert(values, speech.rate, config.sample_rate),
        played: AtomicUsize::new(0),
        failed: Mutex::new(None),
    };
    let sound = Arc::new(sound);
    let stream = match supported.sample_format() {
        SampleFormat::I8 => speak::<i8>(&device, config, &sound),
        SampleFormat::I16 => speak::<i16>(&device, config, &sound),
        SampleFormat::I24 => speak::<I24>(&device, config, &sound),
        SampleFormat::I32 => speak::<i32>(&device, config, &sound),
        SampleFormat::U8 => speak::<u8>(&device, config, &sound),
        SampleFormat::U16 => speak::<u16>(&device, config, &sound),
        SampleFormat::U24 => speak::<U24>(&device, config, &sound),
        SampleFormat::U32 => speak::<u32>(&device, config, &sound),
        SampleFormat::F32 => speak::<f32>(&device, config, &sound),
        SampleFormat::F64 => speak::<f64>(&device, config, &sound),
        other => return Err(DeviceError::Format { what: LOUDSPEAKER, name, format: other.to_string() }),
    }
    .map_err(broken)?;
    stream.play().map_err(broken)?;

    let (mut before, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(20));
        if let Some(reason) = sound.failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(DeviceError::Broken { what: LOUDSPEAKER, name, reason });
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let played = sound.played.load(Ordering::Relaxed);
        if played >= sound.values.len() {
            break;
        }
        if played != before {
            (before, since) = (played, Instant::now());
        } else if since.elapsed() > STUCK_AFTER {
            return Err(DeviceError::Broken { what: LOUDSPEAKER, name, reason: "it takes no samples".into() });
        }
    }
    // What was handed over still lies in the card's buffer.
    let buffered = stream.buffer_size().unwrap_or(4096) as f32 / config.sample_rate.max(1) as f32;
    std::thread::sleep(Duration::from_secs_f32(2.0 * buffered + 0.1));
    Ok(())
}

struct Sound {
    values: Vec<f32>,
    played: AtomicUsize,
    failed: Mutex<Option<String>>,
}

fn speak<T>(device: &Device, config: StreamConfig, sound: &Arc<Sound>) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let channels = usize::from(config.channels.max(1));
    let (sound, failed) = (sound.clone(), sound.clone());
    device.build_output_stream(
        config,
        move |out: &mut [T], _: &_| {
            let from = sound.played.load(Ordering::Relaxed);
            sound
                .played
                .store(from + fill(out, channels, sound.values.get(from..).unwrap_or_default()), Ordering::Relaxed);
        },
        move |e| {
            if fatal(&e) {
                *failed.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(e.to_string());
            }
        },
        None,
    )
}

/// Writes mono `values` to every channel and silence after them; returns how many were used.
fn fill<T: Sample + FromSample<f32>>(out: &mut [T], channels: usize, values: &[f32]) -> usize {
    let frames = out.len() / channels.max(1);
    let mut next = values.iter();
    for frame in out.chunks_mut(channels.max(1)) {
        frame.fill(next.next().map_or(T::EQUILIBRIUM, |v| T::from_sample(*v)));
    }
    frames.min(values.len())
}

/// The first device whose name holds these words, whatever their case.
fn named(host: &cpal::Host, wanted: &str, fits: impl Fn(&Device) -> bool) -> Option<Device> {
    let wanted = wanted.to_lowercase();
    host.devices().ok()?.find(|d| fits(d) && name(d).to_lowercase().contains(&wanted))
}

/// Only a device that is not there any more is a reason to stop: after all else cpal goes on by itself, and a device that
/// does not is noticed by its silence.
fn fatal(error: &cpal::Error) -> bool {
    matches!(error.kind(), ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated)
}

fn broken(what: &'static str, name: &str, error: &cpal::Error) -> DeviceError {
    match error.kind() {
        ErrorKind::HostUnavailable | ErrorKind::DeviceNotAvailable => DeviceError::None(what),
        _ => DeviceError::Broken { what, name: name.to_owned(), reason: error.to_string() },
    }
}

fn name(device: &Device) -> String {
    device.description().map_or_else(|_| "without a name".into(), |d| d.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::RATE;

    #[test]
    fn frames_become_mono_and_back() {
        assert_eq!(mono(&[16_384_i16, -16_384, 8_192, 8_192], 2), [0.0, 0.25]);
        assert_eq!(mono(&[128_u8, 255], 1).first(), Some(&0.0));
        let mut out = [1_i16; 6];
        assert_eq!(fill(&mut out, 2, &[0.5, -0.5]), 2);
        assert_eq!(out, [16_384, 16_384, -16_384, -16_384, 0, 0]);
        let mut out = [0_u8; 2];
        assert_eq!(fill(&mut out, 1, &[]), 0);
        assert_eq!(out, [128, 128], "silence of an unsigned format");
    }

    #[test]
    fn silence_is_never_finished() {
        assert_eq!(finished(&Samples::new(vec![0.0; 3 * RATE as usize])), None);
        assert_eq!(finished(&Samples::default()), None);
    }

    #[test]
    fn without_a_card_the_error_says_so() {
        if list().iter().any(|d| d.microphone) {
            eprintln!("skipped: this machine has a microphone");
            return;
        }
        let error = record(0.2).unwrap_err();
        assert!(matches!(error, DeviceError::None(_) | DeviceError::Broken { .. }), "{error}");
    }
}
