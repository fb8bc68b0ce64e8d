//! `cargo bench --bench eval_ears [-- MODEL.bin]`: what the recogniser hears, how far its confidence can be trusted,
//! and what workers and threads are worth. Needs no network; speech of people lies in `$VOICECART_DATA/speech`
//! (default `../shared/data`) and is skipped, with a word, where it is not.
//!
//! With `--exam` it prints the examination instead: clips made by `python -m ear clips` (in `$VOICECART_EXAM`, default
//! `target/ear/clips`) heard and understood by the whole server; `make eval-speech` does both steps. `--show` adds what was
//! misunderstood, a line each: said, heard, confidence, what was meant, what was made of it.
//!
//! Word error rate is edits over words of the reference. Confidence is judged as a detector of transcripts that are
//! right to the word: the area under its curve, and what each threshold keeps and refuses.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

#[path = "ears/exam.rs"]
mod exam;
#[path = "ears/recordings.rs"]
mod recordings;
#[path = "ears/tiny.rs"]
mod tiny;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use voicecart::asr::models::Chosen;
use voicecart::asr::whisper::{PoolOptions, WhisperPool};
use voicecart::asr::{Bias, Recognizer};
use voicecart::audio::Samples;

/// One clip with what is said in it.
struct Clip {
    samples: Samples,
    words: Vec<String>,
}

/// A clip that was heard.
struct Heard {
    errors: usize,
    confidence: f32,
}

fn main() {
    let model = std::env::args().skip(1).find(|a| !a.starts_with("--")).map(PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let asked_for = |what: &str| std::env::args().any(|a| a == what);
    if asked_for("--exam") {
        let folder = std::env::var("VOICECART_EXAM").unwrap_or_else(|_| "target/ear/clips".into());
        let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        return runtime.block_on(exam::run(&clips, spoken_by_people(), model.as_deref(), asked_for("--show")));
    }
    let open = |workers, threads| {
        let options = PoolOptions { workers, threads, queue: 10_000 };
        match &model {
            Some(path) => WhisperPool::load(path, options),
            None => WhisperPool::open(&Chosen::embedded().expect("the manifest"), options),
        }
        .unwrap_or_else(|e| panic!("{e}"))
    };
    let pool = open(1, 1);
    println!("ears: {}, one worker, one thread", pool.model());
    println!("{:<16} {:>6} {:>8} {:>10} {:>12} {:>12}", "set", "clips", "WER %", "right %", "unheard %", "ms a clip");
    let mut all = Vec::new();
    for (name, clips) in sets() {
        if clips.is_empty() {
            println!("{name:<16} skipped: not there (set VOICECART_DATA)");
            continue;
        }
        let began = Instant::now();
        let heard: Vec<Heard> = clips.iter().map(|c| runtime.block_on(hear(&pool, c))).collect();
        let ms = began.elapsed().as_secs_f64() * 1e3 / clips.len() as f64;
        let words: usize = clips.iter().map(|c| c.words.len()).sum();
        let errors: usize = heard.iter().map(|h| h.errors).sum();
        let percent = |n: usize, of: usize| 100.0 * n as f64 / of as f64;
        println!(
            "{name:<16} {:>6} {:>8.1} {:>10.1} {:>12.1} {ms:>12.0}",
            clips.len(),
            percent(errors, words),
            percent(heard.iter().filter(|h| h.errors == 0).count(), clips.len()),
            percent(heard.iter().filter(|h| h.confidence == 0.0).count(), clips.len()),
        );
        all.extend(heard);
    }
    trust(&all);
    let Some((_, clips)) = sets().into_iter().next() else { return };
    println!("\nclips a second by workers x threads, {} clips at once", clips.len());
    // More threads than cores spin for one another: two workers with two threads each did not finish in minutes on two.
    for (workers, threads) in [(1, 1), (2, 1), (1, 2)] {
        let pool = open(workers, threads);
        let rounds: Vec<f64> = (0..3)
            .map(|_| {
                let began = Instant::now();
                runtime.block_on(futures::future::join_all(clips.iter().map(|c| hear(&pool, c))));
                clips.len() as f64 / began.elapsed().as_secs_f64()
            })
            .collect();
        let (low, high) = rounds.iter().fold((f64::MAX, 0.0_f64), |(l, h), r| (l.min(*r), h.max(*r)));
        println!("{workers} x {threads}: {low:.1} to {high:.1}");
    }
}

async fn hear(pool: &WhisperPool, clip: &Clip) -> Heard {
    let later = Instant::now() + Duration::from_secs(600);
    let heard = pool.recognize(clip.samples.clone(), Bias::default(), later).await.expect("heard");
    let said: Vec<&str> = heard.text.split(' ').filter(|w| !w.is_empty()).collect();
    Heard { errors: strsim::generic_levenshtein(&clip.words, &said), confidence: heard.confidence }
}

/// How well confidence tells right transcripts from wrong ones, over all sets together.
fn trust(all: &[Heard]) {
    let (right, wrong): (Vec<&Heard>, Vec<&Heard>) =
        all.iter().filter(|h| h.confidence > 0.0).partition(|h| h.errors == 0);
    if right.is_empty() || wrong.is_empty() {
        return;
    }
    let mut won = 0.0;
    for r in &right {
        for w in &wrong {
            won +=
                if r.confidence > w.confidence { 1.0 } else { 0.5 * f64::from(u8::from(r.confidence == w.confidence)) };
        }
    }
    println!(
        "\nconfidence: area under the curve {:.3} over {} right and {} wrong transcripts",
        won / (right.len() * wrong.len()) as f64,
        right.len(),
        wrong.len()
    );
    println!("{:>10} {:>14} {:>16}", "threshold", "right kept %", "wrong refused %");
    for threshold in [0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let kept = right.iter().filter(|h| h.confidence >= threshold).count();
        let refused = wrong.iter().filter(|h| h.confidence < threshold).count();
        println!(
            "{threshold:>10} {:>14.1} {:>16.1}",
            100.0 * kept as f64 / right.len() as f64,
            100.0 * refused as f64 / wrong.len() as f64
        );
    }
}

fn sets() -> Vec<(&'static str, Vec<Clip>)> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures");
    let mut sets = vec![("fixtures, clean", fixtures(&ours, "clean")), ("fixtures, noise", fixtures(&ours, "noise"))];
    let load = |list: Vec<(PathBuf, String)>| list.iter().map(|(path, text)| clip(path, text)).collect();
    sets.extend(spoken_by_people().into_iter().map(|(name, list)| (name, load(list))));
    sets
}

/// Recordings of people with what they say; empty sets where the data are not there.
fn spoken_by_people() -> Vec<(&'static str, Vec<(PathBuf, String)>)> {
    let data = PathBuf::from(std::env::var("VOICECART_DATA").unwrap_or_else(|_| "../shared/data".into()));
    let speech = data.join("speech");
    vec![
        ("people, an4", people(&speech.join("an4"), "test.jsonl", "")),
        ("people, digits", people(&speech, "digits.jsonl", "digits/")),
        ("people, words", people(&speech, "words.jsonl", "words/")),
    ]
}

fn fixtures(folder: &Path, condition: &str) -> Vec<Clip> {
    let manifest = std::fs::read_to_string(folder.join("manifest.toml")).expect("audio-fixtures/manifest.toml");
    let manifest: toml::Table = manifest.parse().expect("a TOML table");
    let clips = manifest["clip"].as_array().expect("clips");
    let here = clips.iter().filter(|c| c["condition"].as_str() == Some(condition));
    here.map(|c| clip(&folder.join(c["file"].as_str().unwrap()), c["transcript"].as_str().unwrap())).collect()
}

fn people(folder: &Path, list: &str, within: &str) -> Vec<(PathBuf, String)> {
    let Ok(lines) = std::fs::read_to_string(folder.join(list)) else { return Vec::new() };
    let rows = lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).expect("a line of JSON"));
    let text = |r: &serde_json::Value, key: &str| r[key].as_str().unwrap_or_default().to_owned();
    rows.map(|r| (folder.join(format!("{within}{}", text(&r, "file"))), text(&r, "text"))).collect()
}

fn clip(path: &Path, text: &str) -> Clip {
    let words = text.to_lowercase().split_whitespace().map(str::to_owned).collect();
    Clip { samples: recordings::sound(path), words }
}
