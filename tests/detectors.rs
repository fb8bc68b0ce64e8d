//! Silero's voice detector in place of the built-in one. Its weights are not in this repository, so the files here are
//! made up: right in form, with numbers of our own. That proves the reading of a file, the arithmetic (beside
//! whisper.cpp's, on the same file) and that the setting decides who is heard; how well the real network hears is the
//! business of whoever made it. With `SILERO_MODEL` naming the real file, that is tried too.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use support::Server;
use support::live::{Client, fixture, silence};
use voicecart::app::App;
use voicecart::audio::detector::{Detectors, FRAME};
use voicecart::audio::endpoint::{Endpointer, Event, Preset};
use voicecart::audio::silero::{SileroError, Weights};
use voicecart::config::Settings;

const BASIS: &str = "_model.stft.forward_basis_buffer";
const CLIP: &str = "39-where-is-my-order-clean";

/// A file in the making: each tensor's name, shape in ggml's order, whether it has 16 bits, and its numbers.
struct File(Vec<Tensor>);

type Tensor = (String, Vec<usize>, bool, Vec<f32>);

impl File {
    /// Everything nought.
    fn new() -> Self {
        let mut file = Self(Vec::new());
        for (n, (inputs, outputs)) in [(129, 128), (128, 64), (64, 64), (64, 128)].into_iter().enumerate() {
            file.add(&format!("_model.encoder.{n}.reparam_conv.weight"), &[3, inputs, outputs], true);
            file.add(&format!("_model.encoder.{n}.reparam_conv.bias"), &[outputs], false);
        }
        file.add("_model.decoder.rnn.weight_ih", &[128, 512], false);
        file.add("_model.decoder.rnn.weight_hh", &[128, 512], false);
        file.add("_model.decoder.rnn.bias_ih", &[512], false);
        file.add("_model.decoder.rnn.bias_hh", &[512], false);
        file.add("_model.decoder.decoder.2.weight", &[128], true);
        file.add("_model.decoder.decoder.2.bias", &[], false);
        file.add(BASIS, &[256, 1, 258], true);
        file
    }

    fn add(&mut self, name: &str, shape: &[usize], half: bool) {
        self.0.push((name.into(), shape.into(), half, vec![0.0; shape.iter().product()]));
    }

    fn of(&mut self, name: &str) -> &mut Vec<f32> {
        &mut self.0.iter_mut().find(|t| t.0.ends_with(name)).unwrap().3
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let whole = |out: &mut Vec<u8>, v: usize| out.extend(i32::try_from(v).unwrap().to_le_bytes());
        [0x6767_6d6c, 10].into_iter().for_each(|v| whole(&mut out, v));
        out.extend(b"silero-16k");
        let sizes = [6, 2, 0, 512, 64, 4, 129, 128, 3, 128, 64, 3, 64, 64, 3, 64, 128, 3, 128, 128, 128, 1];
        sizes.into_iter().for_each(|v| whole(&mut out, v));
        for (name, shape, half, values) in &self.0 {
            [shape.len(), name.len(), usize::from(*half)].into_iter().for_each(|v| whole(&mut out, v));
            shape.iter().for_each(|v| whole(&mut out, *v));
            out.extend(name.as_bytes());
            for value in values {
                match half {
                    true => out.extend(sixteen(*value).to_le_bytes()),
                    false => out.extend(value.to_le_bytes()),
                }
            }
        }
        out
    }

    fn write(&self, folder: &Path) -> std::path::PathBuf {
        let path = folder.join("silero.bin");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }

    /// Numbers by chance, small enough that no gate is always open or shut.
    fn random(seed: u64) -> Self {
        let (mut random, mut file) = (fastrand::Rng::with_seed(seed), Self::new());
        for (_, shape, _, values) in &mut file.0 {
            let inputs = shape.iter().take(shape.len().max(1) - 1).product::<usize>().max(16) as f32;
            values.iter_mut().for_each(|v| *v = (random.f32() * 2.0 - 1.0) * 2.5 / inputs.sqrt());
        }
        // whisper.cpp puts a window's mirror image where the network was trained on the sound before it. The two agree
        // on weights that do not look there.
        file.of(BASIS).chunks_exact_mut(256).for_each(|row| row[..64].fill(0.0));
        file
    }

    /// Numbers that make it a meter of loudness between 200 and 2,000 Hz: voice is what is above `threshold`.
    fn loudness(threshold: f32) -> Self {
        let mut file = Self::new();
        for (bin, rows) in (4..32).map(|bin| (bin, [bin, 129 + bin])) {
            for (row, quarter) in rows.into_iter().zip([0.25, 0.0]) {
                let turn = |tap: usize| (bin * tap) as f32 / 256.0 + quarter;
                let basis = &mut file.of(BASIS)[row * 256..(row + 1) * 256];
                basis.iter_mut().enumerate().for_each(|(tap, v)| *v = (turn(tap) * std::f32::consts::TAU).sin());
            }
        }
        // The first output of each convolution adds all it sees.
        file.of("encoder.0.reparam_conv.weight")[..3 * 129].fill(1.0);
        (1..4).for_each(|n| file.of(&format!("encoder.{n}.reparam_conv.weight"))[..3].fill(1.0));
        // The first cell writes always, keeps nothing, and shows all: it is what was loud just now.
        let bias = file.of("rnn.bias_ih");
        (bias[0], bias[128], bias[256], bias[384]) = (20.0, -20.0, -threshold, 20.0);
        file.of("rnn.weight_ih")[256 * 128] = 1.0;
        file.of("decoder.2.weight")[0] = 16.0;
        file.of("decoder.2.bias")[0] = -4.0;
        file
    }
}

/// The nearest number of 16 bits towards nought; the numbers here are neither huge nor not numbers.
fn sixteen(value: f32) -> u16 {
    let bits = value.to_bits();
    let (sign, exponent) = (bits >> 16 & 0x8000, (bits >> 23 & 255) as i32 - 112);
    let size = if exponent <= 0 { 0 } else { (exponent as u32) << 10 | bits >> 13 & 1023 };
    (sign | size) as u16
}

/// A fixture between two silences, as the endpointer gets it.
fn spoken() -> Vec<f32> {
    let pcm = [silence(0.5), fixture(CLIP), silence(1.0)].concat();
    pcm.iter().map(|v| f32::from(*v) / 32_768.0).collect()
}

fn scores(weights: &Arc<Weights>, sound: &[f32]) -> Vec<f32> {
    let mut detector = Detectors::Silero(weights.clone()).detector();
    let scores: Vec<f32> = sound.chunks_exact(FRAME).map(|frame| detector.score(frame)).collect();
    // The second frame of each window brings its score.
    scores.into_iter().skip(1).step_by(2).collect()
}

#[test]
fn the_arithmetic_is_whisper_cpps() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..3 {
        let path = File::random(seed).write(folder.path());
        let sound = spoken();
        let ours = scores(&Arc::new(Weights::load(&path).unwrap()), &sound);
        let mut parameters = whisper_rs::WhisperVadContextParams::new();
        // More threads than processors would wait for each other.
        parameters.set_n_threads(1);
        let mut theirs = whisper_rs::WhisperVadContext::new(path.to_str().unwrap(), parameters).unwrap();
        theirs.detect_speech(&sound).unwrap();
        let theirs = theirs.probabilities();
        let furthest = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let spread = |v: &[f32]| v.iter().copied().fold(0.0, f32::max) - v.iter().copied().fold(1.0, f32::min);
        println!("seed {seed}: scores {:.3} apart at most, spread over {:.3}", furthest, spread(&ours));
        // Theirs rounds the sound to 16 bits before each convolution.
        assert!(spread(&ours) > 0.05, "seed {seed}: these numbers tell nothing apart");
        assert!(furthest < 0.1 * spread(&ours), "seed {seed}: {furthest} apart");
    }
}

#[test]
fn streams_remember_their_own_past_only() {
    let folder = tempfile::tempdir().unwrap();
    let weights = Arc::new(Weights::load(&File::random(5).write(folder.path())).unwrap());
    let sound = spoken();
    let (mut first, mut second) =
        (Detectors::Silero(weights.clone()).detector(), Detectors::Silero(weights).detector());
    let alone: Vec<f32> = sound.chunks_exact(FRAME).map(|f| first.score(f)).collect();
    // The same sound again scores otherwise after it than at the beginning; another stream knows nothing of it.
    let again: Vec<f32> = sound.chunks_exact(FRAME).map(|f| first.score(f)).collect();
    let other: Vec<f32> = sound.chunks_exact(FRAME).map(|f| second.score(f)).collect();
    assert_ne!(alone, again);
    assert_eq!(alone, other);
    assert!(alone.iter().all(|s| (0.0..=1.0).contains(s)));
}

#[test]
fn the_endpointer_hears_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let found = |threshold| {
        let weights = Weights::load(&File::loudness(threshold).write(folder.path())).unwrap();
        let mut ear = Endpointer::with(&Detectors::Silero(Arc::new(weights)), Preset::Default, Duration::from_secs(30));
        let mut events = Vec::new();
        spoken().chunks(333).for_each(|part| ear.push(part, &mut events));
        (events, ear.take().samples.seconds())
    };
    let (events, seconds) = found(20.0);
    assert!(matches!(events.first(), Some(Event::Start { .. })), "{events:?}");
    assert!(events.iter().any(|e| matches!(e, Event::End { .. })), "{events:?}");
    assert!((0.8..3.0).contains(&seconds), "{seconds} s");
    assert!(found(1e6).0.is_empty(), "these weights are deaf");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_setting_decides_who_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    for (threshold, heard) in [(20.0, true), (1e6, false)] {
        let path = File::loudness(threshold).write(folder.path());
        let server = Server::with(|s| s.stream.vad_model = Some(path)).await;
        let mut client = Client::open(&server, "pacing=none&output=none").await;
        client.until("ready").await;
        client.say(&[silence(0.5), fixture(CLIP), silence(1.5)].concat(), false).await;
        // A typed turn comes after what was said, so that there is an answer to wait for either way.
        client.command(r#"{"type":"text","text":"where is my order"}"#).await;
        client.until("reply").await;
        let started = client.events.iter().any(|e| e["type"] == "speech-start");
        assert_eq!(started, heard, "threshold {threshold}: {:?}", client.events);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_ends_the_start_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("silero.bin");
    let whole = File::random(1).bytes();
    let speech = std::fs::read("models/ggml-voicecart-shop.en.bin").unwrap();
    let mut lacks = File::random(1);
    lacks.0.remove(3);
    let mut turned = File::random(1);
    turned.0[0].1 = vec![129, 3, 128];
    let mut nothing = File::random(1);
    nothing.of("rnn.bias_ih")[7] = f32::NAN;
    for (bytes, says) in [
        (None, "cannot be read"),
        (Some(b"hello".to_vec()), "it is no ggml file"),
        (Some(Vec::new()), "it ends too soon"),
        (Some(whole[..whole.len() - 3].to_vec()), "it ends too soon"),
        (Some(speech[..4_000_000].to_vec()), "perhaps one for speech recognition"),
        (Some([speech.clone(), speech].concat()), "bytes; it has less than a million"),
        (Some(lacks.bytes()), "it lacks _model.encoder.1.reparam_conv.bias"),
        (Some(turned.bytes()), "_model.encoder.0.reparam_conv.weight is [129, 3, 128], not [3, 129, 128]"),
        (Some(nothing.bytes()), "_model.decoder.rnn.bias_ih holds what is no number"),
    ] {
        let _ = std::fs::remove_file(&path);
        bytes.iter().for_each(|b| std::fs::write(&path, b).unwrap());
        let error = Weights::load(&path).err().map(|e: SileroError| e.to_string()).unwrap_or_default();
        assert!(error.contains(says) && error.contains("silero.bin"), "{says:?}: {error}");
        assert!(error.contains("leave this out for the built-in one"), "it says what to do: {error}");
    }
    let settings = Settings { data_dir: folder.path().join("data"), ..Settings::default() };
    let mut settings = Settings { bind: ([127, 0, 0, 1], 0).into(), ..settings };
    settings.stream.vad_model = Some(path);
    let error = App::build(&settings).await.err().map(|e| format!("{e:#}")).unwrap_or_default();
    assert!(error.starts_with("stream.vad_model: ") && error.contains("is not Silero's"), "{error}");
}

#[test]
fn the_real_network_where_it_is() {
    let Some(path) = std::env::var_os("SILERO_MODEL") else {
        eprintln!("skipped: SILERO_MODEL names no file of Silero's weights");
        return;
    };
    let weights = Arc::new(Weights::load(Path::new(&path)).unwrap());
    let mut files: Vec<_> = std::fs::read_dir("audio-fixtures").unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.to_string_lossy().ends_with("-clean.wav"));
    let mut lost = Vec::new();
    files.sort();
    // The rest would take minutes in a build for tests.
    let files: Vec<_> = files.into_iter().step_by(5).collect();
    for file in &files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let sound = [silence(0.5), fixture(name), silence(1.5)].concat();
        let sound: Vec<f32> = sound.iter().map(|v| f32::from(*v) / 32_768.0).collect();
        let detectors = Detectors::Silero(weights.clone());
        let mut ear = Endpointer::with(&detectors, Preset::Relaxed, Duration::from_secs(30));
        let mut events = Vec::new();
        ear.push(&sound, &mut events);
        let count = |right: fn(&Event) -> bool| events.iter().filter(|e| right(e)).count();
        if (count(|e| matches!(e, Event::Start { .. })), count(|e| matches!(e, Event::End { .. }))) != (1, 1) {
            lost.push(name.to_owned());
        }
    }
    assert!(lost.len() * 20 <= files.len(), "{} of {} are not one utterance: {lost:?}", lost.len(), files.len());
    // Half a minute of hiss is nobody.
    let mut random = fastrand::Rng::with_seed(3);
    let hiss: Vec<f32> = (0..30 * 16_000).map(|_| (random.f32() - 0.5) * 0.05).collect();
    let voiced = scores(&weights, &hiss).iter().filter(|s| **s >= 0.5).count();
    assert!(voiced <= 3, "{voiced} windows of hiss are voice");
}
