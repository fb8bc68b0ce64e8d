//! The examination: clips that `python -m ear clips` made (voices never trained on, rooms, noise, other languages, speech
//! of no shop) heard and understood by the whole server, and a table of what was reached beside what is asked.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::recordings::sound;
use voicecart::app::App;
use voicecart::asr::{Bias, Transcript};
use voicecart::audio::Samples;
use voicecart::config::Settings;
use voicecart::language::{Reading, Utterance, changes_something};

/// How often a command is timed.
const RUNS: usize = 9;

/// Sets of single words that are also heard by a closed list.
const CLOSED: &[&str] = &["people, digits", "people, words"];

#[derive(Deserialize)]
struct Row {
    set: String,
    file: String,
    text: String,
}

/// What became of one clip.
struct Outcome {
    words: usize,
    errors: usize,
    /// The same intent and slots as the true words give.
    understood: bool,
    /// Something was heard that a basket or an order would be changed for, and the true words would not have.
    false_order: bool,
    /// The same, acted on without the question "did you say ...?".
    at_once: bool,
    /// What was said, heard and made of it, for those who look into it.
    story: String,
}

/// Hears the clips of `folder` and prints the table, with `show` also what was misunderstood; says so where there are none.
pub async fn run(folder: &Path, people: Vec<(&'static str, Vec<(PathBuf, String)>)>, model: Option<&Path>, show: bool) {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut settings = Settings { data_dir: data.path().join("data"), ..Settings::default() };
    settings.asr.model = Some(model.map_or_else(embedded, |p| p.display().to_string()));
    (settings.asr.workers, settings.asr.threads) = (1, 1);
    let app = App::build(&settings).await.expect("the server");
    println!("\nexamination of {}, {}", app.model(), jiff::Timestamp::now().strftime("%Y-%m-%d"));
    println!("{:<18} {:>6}  {:<44} {:>8} {:>8}", "set", "clips", "measure", "reached", "asked");
    let mut sets: Vec<(String, Vec<(PathBuf, String)>)> = Vec::new();
    match std::fs::read_to_string(folder.join("clips.jsonl")) {
        Ok(lines) => {
            for row in lines.lines().map(|l| serde_json::from_str::<Row>(l).expect("a line of clips.jsonl")) {
                let clip = (folder.join(&row.file), row.text);
                match sets.iter_mut().find(|(name, _)| *name == row.set) {
                    Some((_, clips)) => clips.push(clip),
                    None => sets.push((row.set, vec![clip])),
                }
            }
        }
        Err(e) => println!("skipped: {}: {e}; `make eval-speech` makes the clips", folder.display()),
    }
    sets.extend(people.into_iter().filter(|(_, clips)| !clips.is_empty()).map(|(n, c)| (n.to_owned(), c)));
    for (name, clips) in &sets {
        let mut outcomes = Vec::new();
        for (path, said) in clips {
            outcomes.push(judge(&app, &settings, path, said).await);
        }
        report(name, &outcomes);
        if show {
            outcomes.iter().filter(|o| !o.understood || o.false_order).for_each(|o| println!("    {}", o.story));
        }
        if CLOSED.contains(&name.as_str()) {
            closed(&app, name, clips).await;
        }
    }
    if let Some((path, _)) = sets.first().and_then(|(_, clips)| clips.first()) {
        let mut command = sound(path).into_vec();
        command.resize(3 * 16_000, 0.0);
        let (mut ours, mut words) = (Vec::new(), 0);
        for _ in 0..RUNS {
            let began = Instant::now();
            words = hear(&app, Samples::new(command.clone()), Bias::default()).await.text.split(' ').count();
            ours.push(began.elapsed().as_secs_f64());
        }
        // A word is more than one token in our small vocabulary and mostly one in tiny.en's.
        let theirs = median(super::tiny::seconds(&command, words as i32, RUNS));
        let ours = median(ours);
        line("speed", RUNS, "a 3 s command, one thread, median s", ours, "0.15");
        line("speed", RUNS, "weights of tiny.en's size, whisper.cpp's way, s", theirs, "");
        line("speed", RUNS, "times as fast", theirs / ours, "10");
    }
    app.close().await;
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// The same clips where all that can be said is known.
async fn closed(app: &App, name: &str, clips: &[(PathBuf, String)]) {
    let mut only: Vec<String> = clips.iter().map(|(_, said)| said.to_lowercase()).collect();
    only.sort();
    only.dedup();
    let mut right = 0;
    for (path, said) in clips {
        let bias = Bias { only: only.clone(), ..Bias::default() };
        right += usize::from(hear(app, sound(path), bias).await.text == said.to_lowercase());
    }
    let percent = 100.0 * right as f64 / clips.len().max(1) as f64;
    line(name, clips.len(), &format!("right, one of a list of {} %", only.len()), percent, "90");
}

fn embedded() -> String {
    voicecart::asr::models::Chosen::embedded().expect("the manifest").model.name
}

async fn judge(app: &App, settings: &Settings, path: &Path, said: &str) -> Outcome {
    let heard = hear(app, sound(path), Bias::default()).await;
    let truth = read(app, said).await;
    // Too little trust is the same as silence, as in a turn.
    let reading = read(app, &heard.text).await;
    let reading = reading.filter(|reading| app.spine.trust.hears(heard.confidence, reading, false));
    let accepted = reading.is_some();
    let changes = |r: &Option<Reading>| r.as_ref().is_some_and(|r| changes_something(&r.intent));
    let false_order = changes(&reading) && !changes(&truth);
    let words: Vec<String> = said.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let got: Vec<&str> = heard.text.split_whitespace().collect();
    Outcome {
        words: words.len(),
        errors: strsim::generic_levenshtein(&words, &got),
        understood: meaning(&truth) == meaning(&reading),
        false_order,
        at_once: false_order && heard.confidence >= settings.trust.doubt,
        story: format!(
            "{said} | {} | {:.2} | {} | {}",
            heard.text,
            heard.confidence,
            told(&truth),
            if accepted { told(&reading) } else { "-".into() }
        ),
    }
}

async fn hear(app: &App, samples: Samples, bias: Bias) -> Transcript {
    let later = Instant::now() + Duration::from_secs(60);
    app.spine.transcribe(samples, bias, later).await.expect("heard")
}

async fn read(app: &App, text: &str) -> Option<Reading> {
    let words = Utterance::new(text).ok()?;
    app.spine.read(&words, None).await.ok()
}

/// Intent and slots in a line.
fn told(reading: &Option<Reading>) -> String {
    meaning(reading).map_or_else(String::new, |(intent, slots)| {
        let slots = slots.iter().map(|(name, value)| format!(" {name}={value}"));
        intent + &slots.collect::<String>()
    })
}

/// Intent and slots, without how they were spelled.
fn meaning(reading: &Option<Reading>) -> Option<(String, Vec<(String, String)>)> {
    let reading = reading.as_ref()?;
    let mut slots: Vec<_> = reading.slots.iter().map(|s| (s.name.clone(), s.value.to_lowercase())).collect();
    slots.sort();
    Some((reading.intent.clone(), slots))
}

fn report(name: &str, all: &[Outcome]) {
    let count = |f: fn(&Outcome) -> bool| 100.0 * all.iter().filter(|o| f(o)).count() as f64 / all.len().max(1) as f64;
    let words: usize = all.iter().map(|o| o.words).sum();
    let wer = 100.0 * all.iter().map(|o| o.errors).sum::<usize>() as f64 / words.max(1) as f64;
    let n = all.len();
    let whole = count(|o| o.errors == 0);
    match name {
        "commands, clean" => {
            line(name, n, "words wrong %", wer, "3");
            line(name, n, "intent and every slot right %", count(|o| o.understood), "95");
        }
        "commands, noisy" => {
            line(name, n, "words wrong %", wer, "10");
            line(name, n, "intent and every slot right %", count(|o| o.understood), "85");
        }
        "numbers, clean" => line(name, n, "right to the last word %", whole, "97"),
        "nobody" => {
            line(name, n, "nothing changed: not heard, or refused %", count(|o| !o.false_order), "99");
            line(name, n, "nothing heard at all %", whole, "");
        }
        _ => {
            line(name, n, "words wrong %", wer, if name == "people, an4" { "12" } else { "" });
            line(name, n, "right to the last word %", whole, "");
            line(name, n, "taken for a change of basket or order %", count(|o| o.false_order), "1");
            line(name, n, "the same, without asking first %", count(|o| o.at_once), "");
        }
    }
}

fn line(set: &str, clips: usize, measure: &str, reached: f64, asked: &str) {
    println!("{set:<18} {clips:>6}  {measure:<44} {reached:>8.2} {asked:>8}");
}
