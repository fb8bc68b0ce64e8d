//! Hearing with the embedded model: synthesised speech in, words out; and what the pool does with silence, noise,
//! crowds, deadlines and callers who hang up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers outside #[test] functions too

use std::process::Command;
use std::time::{Duration, Instant};

use voicecart::asr::models::{Chosen, Manifest, Weights};
use voicecart::asr::whisper::{PoolOptions, WhisperPool};
use voicecart::asr::{AsrError, Bias, Recognizer, Transcript};
use voicecart::audio::decode::{Limits, decode};
use voicecart::audio::{RATE, Samples, vad};

/// Speech from the espeak-ng command, or none (and a word about it) where it is not installed.
fn spoken(text: &str) -> Option<Samples> {
    match Command::new("espeak-ng").args(["-v", "en-us", "-s", "165", "--stdout", text]).output() {
        Ok(said) if said.status.success() => Some(decode(&said.stdout, None, &Limits::default()).unwrap()),
        _ => {
            eprintln!("skipped: the espeak-ng command is not installed");
            None
        }
    }
}

fn pool(workers: usize, queue: usize) -> WhisperPool {
    WhisperPool::open(&Chosen::embedded().unwrap(), PoolOptions { workers, threads: 1, queue }).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

async fn hear(pool: &WhisperPool, samples: &Samples) -> Transcript {
    pool.recognize(samples.clone(), Bias::default(), soon()).await.unwrap()
}

/// White noise of the given loudness, the same each time.
fn noise(seconds: f32, loudness: f32) -> Samples {
    let mut random = fastrand::Rng::with_seed(7);
    Samples::new((0..(seconds * RATE as f32) as usize).map(|_| (random.f32() * 2.0 - 1.0) * loudness).collect())
}

#[tokio::test]
async fn words_are_heard_as_they_were_said() {
    let pool = pool(1, 4);
    for text in
        ["find baby wipes", "track order five eight six seven two", "where is my order", "add bananas to my cart"]
    {
        let Some(samples) = spoken(text) else { return };
        let heard = hear(&pool, &samples).await;
        assert_eq!(heard.text, text);
        assert!(heard.confidence > 0.6, "{text}: confidence {}", heard.confidence);
        assert!(heard.took > Duration::ZERO);
    }
}

#[tokio::test]
async fn a_closed_list_is_all_that_can_be_heard() {
    let pool = pool(1, 4);
    let Some(samples) = spoken("find baby wipes") else { return };
    let among = async |only: &[&str]| {
        let only = only.iter().map(|&p| p.to_owned()).collect();
        pool.recognize(samples.clone(), Bias { only, ..Bias::default() }, soon()).await.unwrap().text
    };
    assert_eq!(among(&["find paper towels", "find baby wipes", "stop"]).await, "find baby wipes");
    assert_eq!(among(&["find baby wiper", "yes"]).await, "find baby wiper", "the nearest, letter by letter");
    assert_eq!(hear(&pool, &samples).await.text, "find baby wipes", "the list was for those clips alone");
}

/// Recordings of single digits, cut where the voice begins and ends: too little for a detector that was not warm.
#[test]
fn words_cut_close_are_speech() {
    let data = std::env::var("VOICECART_DATA").unwrap_or_else(|_| "../shared/data".into());
    let folder = std::path::Path::new(&data).join("speech/digits");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there (set VOICECART_DATA)", folder.display());
        return;
    };
    let (mut all, mut missed) = (0, Vec::new());
    for file in files.map(|f| f.unwrap().path()) {
        let samples = decode(&std::fs::read(&file).unwrap(), None, &Limits { min_seconds: 0.0, ..Limits::default() });
        all += 1;
        if vad::find(&samples.unwrap(), &vad::Settings::default()).is_none() {
            missed.push(file);
        }
    }
    assert!(all > 0 && missed.len() * 100 <= all, "{} of {all}: {missed:?}", missed.len());
}

#[tokio::test]
async fn silence_noise_and_hum_are_not_orders() {
    let pool = pool(1, 4);
    let hum = (0..2 * RATE).map(|i| 0.3 * (i as f32 * 50.0 * std::f32::consts::TAU / RATE as f32).sin()).collect();
    for (name, samples) in [
        ("silence", Samples::new(vec![0.0; 3 * RATE as usize])),
        ("nothing at all", Samples::default()),
        ("0.2 s", Samples::new(vec![0.0; RATE as usize / 5])),
        ("quiet noise", noise(2.0, 0.01)),
        ("loud noise", noise(2.0, 0.9)),
        ("0.2 s of noise", noise(0.2, 0.5)),
        ("hum", Samples::new(hum)),
    ] {
        let heard = hear(&pool, &samples).await;
        assert!(heard.text.is_empty() || heard.confidence < 0.35, "{name}: {heard:?}");
    }
    let began = Instant::now();
    hear(&pool, &Samples::new(vec![0.0; 20 * RATE as usize])).await;
    assert!(began.elapsed() < Duration::from_millis(500), "the engine ran over silence");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_served_or_told_to_wait() {
    let Some(samples) = spoken("add two cartons of oat milk to my basket and find baby wipes") else { return };
    let pool = std::sync::Arc::new(pool(2, 2));
    let callers: Vec<_> = (0..12)
        .map(|_| {
            let (pool, samples) = (pool.clone(), samples.clone());
            tokio::spawn(async move { pool.recognize(samples, Bias::default(), soon()).await })
        })
        .collect();
    let (mut served, mut sent_away) = (0, 0);
    for caller in callers {
        match caller.await.unwrap() {
            Ok(heard) => {
                assert!(!heard.text.is_empty());
                served += 1;
            }
            Err(AsrError::Overloaded { retry_after }) => {
                assert!(retry_after > Duration::ZERO && retry_after < Duration::from_secs(60), "{retry_after:?}");
                sent_away += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(served >= 4, "two workers and two places served {served}");
    assert!(sent_away > 0, "twelve at once all found room");
    assert!(!hear(&pool, &samples).await.text.is_empty(), "the pool works on after the crowd");
}

#[tokio::test]
async fn a_deadline_is_kept_and_a_hung_up_caller_frees_the_worker() {
    let long = noise_and_voice();
    let pool = pool(1, 1);
    let began = Instant::now();
    let deadline = began + Duration::from_millis(20);
    let late = pool.recognize(long.clone(), Bias::default(), deadline).await;
    assert!(matches!(late, Err(AsrError::Deadline)), "{late:?}");
    assert!(began.elapsed() < Duration::from_secs(2));

    // Callers who hang up at once, one after the other: none may keep a place.
    for _ in 0..20 {
        let call = pool.recognize(long.clone(), Bias::default(), soon());
        let gone = tokio::time::timeout(Duration::from_millis(5), call).await;
        assert!(!matches!(gone, Ok(Err(AsrError::Overloaded { .. }))), "a place was kept for someone who left");
    }
    let began = Instant::now();
    let heard = pool.recognize(long, Bias::default(), soon()).await;
    assert!(heard.is_ok(), "{heard:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(pool.waiting(), 0);
}

/// Twenty-odd seconds with speech in them where a synthesiser is there, noise otherwise.
fn noise_and_voice() -> Samples {
    let text = "add gluten free orange juice to my basket and find baby wipes and find almond milk ".repeat(4);
    spoken(&text).unwrap_or_else(|| noise(20.0, 0.5))
}

#[test]
fn a_file_that_is_no_model_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let whole = voicecart::asr::models::EMBEDDED;
    for (name, bytes) in [("empty.bin", &[][..]), ("noise.bin", &[7; 5000][..]), ("cut.bin", &whole[..whole.len() / 2])]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        match WhisperPool::load(&path, PoolOptions::default()) {
            Err(AsrError::Model { path, reason }) => assert!(path.ends_with(name) && !reason.is_empty()),
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name} was loaded"),
        }
    }
    let missing = WhisperPool::load(&folder.path().join("missing.bin"), PoolOptions::default());
    assert!(matches!(missing, Err(AsrError::Model { .. })));
}

#[test]
fn nothing_configured_and_nothing_present_is_the_embedded_model() {
    let chosen = Manifest::builtin().unwrap().choose(None, std::path::Path::new("/nonexistent")).unwrap();
    assert_eq!(chosen.weights, Weights::Embedded);
    let options = PoolOptions { workers: 1, threads: 1, queue: 1 };
    assert_eq!(WhisperPool::open(&chosen, options).unwrap().model(), chosen.model.name);
}
