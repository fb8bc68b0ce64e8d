//! `cargo bench --bench eval_nlu`: trains and measures the statistical recogniser on public test sets and on the
//! project's own interaction model. Exit code 1 when a target is missed. Arguments choose sets by name.
//!
//! The sets lie in `$VOICECART_DATA/nlu` (default `../shared/data`); JSON lines `{"text", "intent", "slots": [{"name",
//! "start", "end"}]}` with character offsets. Nothing is tuned here: settings were chosen on the development sets.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::{collections::HashMap, path::PathBuf, process::ExitCode};

use serde_json::Value;
use voicecart::language::classifier::{Classifier, Example, Gazetteer, Options, Prediction, Span};
use voicecart::language::{Expectation, Understander, Utterance};

/// Seeds of the samples drawn for the few-example sets.
const SEEDS: [u64; 5] = [11, 12, 13, 14, 15];

struct Table {
    missed: usize,
}

/// What one trained recogniser reached on a test set; shares are percentages.
#[derive(Default)]
struct Score {
    intent: f64,
    slots: f64,
    exact: f64,
    /// Milliseconds an utterance, intent and slots.
    each_ms: f64,
    train_s: f64,
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let wants = |set: &str| wanted.is_empty() || wanted.iter().any(|w| set.contains(w.as_str()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "understanding, {}, {cores} cores, one thread, processor time",
        jiff::Timestamp::now().strftime("%Y-%m-%d")
    );
    println!("{:<22} {:<26} {:>8} {:>8}   others", "set", "measure", "ours", "target");
    let mut table = Table { missed: 0 };
    if wants("shop") {
        shop(&mut table);
    }
    let data = PathBuf::from(std::env::var("VOICECART_DATA").unwrap_or_else(|_| "../shared/data".into())).join("nlu");
    if !data.is_dir() {
        println!("skipped: there are no test sets in {} (set VOICECART_DATA)", data.display());
        return ExitCode::from(u8::from(table.missed > 0));
    }
    let load = |name: &str| load(&data.join(format!("{name}.jsonl")));
    let result = (|| -> Result<(), String> {
        if wants("snips") {
            let (train, test) = (load("snips/train")?, load("snips/test")?);
            for (count, targets, others) in [
                (10, [91.0, 50.0, 20.0], ["SVM 90.7, nlp.js 86.7, padatious 62.6", "CRF 45.3", "16.7"]),
                (50, [96.0, 72.0, 45.0], ["SVM 95.6, nlp.js 93.0, padatious 70.4", "CRF 70.1", "42.4"]),
            ] {
                let runs: Vec<Score> = SEEDS.iter().map(|seed| measure(&sample(&train, count, *seed), &test)).collect();
                table.score(&format!("snips, {count} an intent"), &mean(&runs), targets, others);
            }
            let full = measure(&train, &test);
            let others =
                ["JointBERT 98.6, SVM 98.0, slot-gated 97.0", "JointBERT 97.0, CRF 94.2", "JointBERT 92.8, 86.1"];
            table.score("snips", &full, [98.0, 94.5, 87.0], others);
        }
        if wants("hwu64") {
            let score = measure(&load("hwu64_fold1/train")?, &load("hwu64_fold1/test")?);
            let others = ["SVM 88.6; ten folds: Watson 88.2, Rasa 86.3", "CRF 75.6", "70.1"];
            table.score("hwu64, fold 1", &score, [89.0, 77.0, 71.0], others);
        }
        if wants("clinc150") {
            let dev = (load("clinc150/dev")?, load("clinc150/oos_dev")?);
            let test = (load("clinc150/test")?, load("clinc150/oos_test")?);
            out_of_scope(&mut table, &load("clinc150/train")?, &dev, &test);
        }
        Ok(())
    })();
    if let Err(problem) = result {
        println!("{problem}");
        return ExitCode::from(2);
    }
    println!("{}", if table.missed == 0 { "every target is met".into() } else { format!("{} missed", table.missed) });
    ExitCode::from(u8::from(table.missed > 0))
}

impl Table {
    fn least(&mut self, set: &str, measure: &str, ours: f64, target: f64, others: &str) {
        self.line(set, measure, ours, target, ours >= target, others);
    }

    fn most(&mut self, set: &str, measure: &str, ours: f64, target: f64, others: &str) {
        self.line(set, measure, ours, target, ours <= target, others);
    }

    fn line(&mut self, set: &str, measure: &str, ours: f64, target: f64, met: bool, others: &str) {
        self.missed += usize::from(!met);
        let digits = if target < 1.0 { 3 } else { 1 };
        let mark = if met { ' ' } else { '!' };
        println!("{set:<22} {measure:<26} {ours:>8.digits$} {target:>8.1}{mark}  {others}");
    }

    fn score(&mut self, set: &str, score: &Score, targets: [f64; 3], others: [&str; 3]) {
        self.least(set, "intent accuracy %", score.intent, targets[0], others[0]);
        self.least(set, "slot F1 %", score.slots, targets[1], others[1]);
        self.least(set, "exact match %", score.exact, targets[2], others[2]);
        self.most(set, "ms an utterance", score.each_ms, 0.3, "");
        println!("{set:<22} {:<26} {:>8.2}", "training seconds", score.train_s);
    }
}

/// The project's own intents: how soon they are understood after a start, and what is, of words that others wrote down.
fn shop(table: &mut Table) {
    const STRANGERS: &str = include_str!("../src/language/testdata/strangers.txt");
    let today = jiff::civil::date(2026, 11, 22);
    let read = |shop: &Understander, said: &str| {
        Utterance::new(said).map(|said| shop.read(&said, &Expectation::default(), today).intent).unwrap_or_default()
    };
    let start = std::time::Instant::now();
    let shop = match Understander::load(&PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/intents/en-US"))) {
        Ok(shop) => shop,
        Err(problem) => return println!("skipped: {problem}"),
    };
    let samples = start.elapsed().as_secs_f64() * 1e3;
    let lines: Vec<(&str, &str)> = STRANGERS.lines().filter_map(|l| l.split_once(" => ")).collect();
    // The first that no sample covers waits for what is learned.
    let right = lines.iter().filter(|(said, want)| want.split('|').any(|w| w == read(&shop, said))).count();
    let everything = start.elapsed().as_secs_f64() * 1e3;
    table.most("shop", "ms until samples are known", samples, 200.0, "");
    println!("{:<22} {:<26} {everything:>8.0}", "shop", "ms until all is learned");
    let share = 100.0 * right as f64 / lines.len() as f64;
    table.least(&format!("shop, {} strangers' words", lines.len()), "intent right %", share, 80.0, "");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// In-scope sentences refused count as wrong. The out-of-scope training sentences are not used; the threshold is the
/// highest that costs the development sentences little accuracy.
fn out_of_scope(
    table: &mut Table,
    train: &[Example],
    dev: &(Vec<Example>, Vec<Example>),
    test: &(Vec<Example>, Vec<Example>),
) {
    let start = seconds();
    let model = Classifier::train(train, &Gazetteer::new(), &Options::default());
    let train_s = seconds() - start;
    let read = |examples: &[Example]| -> Vec<(f32, bool)> {
        let predictions = examples.iter().map(|e| (model.predict(&e.text), &e.intent));
        predictions.map(|(p, intent)| (p.certainty(), p.intent() == Some(intent.as_str()))).collect()
    };
    let kept =
        |read: &[(f32, bool)], least: f32| share(read.iter().filter(|r| r.1 && r.0 >= least).count(), read.len());
    let refused = |read: &[(f32, bool)], least: f32| share(read.iter().filter(|r| r.0 < least).count(), read.len());
    let (inside, outside) = (read(&dev.0), read(&dev.1));
    let mut steps = (0..1000).map(|step| step as f32 / 1000.0);
    let threshold = steps.rfind(|t| kept(&inside, *t) >= kept(&inside, 0.0) - MOST_LOST).unwrap_or(0.0);
    let on_dev = format!("{:.1} / {:.1}", kept(&inside, threshold), refused(&outside, threshold));
    let start = seconds();
    let (inside, outside) = (read(&test.0), read(&test.1));
    let each_ms = (seconds() - start) * 1e3 / (inside.len() + outside.len()) as f64;
    let set = "clinc150";
    table.least(
        set,
        "in-scope accuracy %",
        kept(&inside, threshold),
        93.0,
        "BERT 96.2, SVM 92.5, Dialogflow 91.7, Rasa 90.9",
    );
    table.least(
        set,
        "out-of-scope recall %",
        refused(&outside, threshold),
        50.0,
        "BERT 52.3, SVM 46.9, Rasa 31.2, Dialogflow 14.0",
    );
    println!("{set:<22} {:<26} {:>8.2}", "  accuracy, none refused", kept(&inside, 0.0));
    println!("{set:<22} {:<26} {threshold:>8.3}   on dev {on_dev}", "  threshold from dev");
    table.most(set, "ms an utterance", each_ms, 0.3, "");
    println!("{set:<22} {:<26} {train_s:>8.2}", "training seconds");
}

/// Percentage points of in-scope accuracy that refusing may cost on the development sentences. There are 3,000 of
/// those and 100 outside the scope, too few to place a threshold by.
const MOST_LOST: f64 = 0.5;

fn measure(train: &[Example], test: &[Example]) -> Score {
    let start = seconds();
    let model = Classifier::train(train, &Gazetteer::new(), &Options::default());
    let train_s = seconds() - start;
    let start = seconds();
    let predictions: Vec<Prediction> = test.iter().map(|e| model.predict(&e.text)).collect();
    let each_ms = (seconds() - start) * 1e3 / test.len().max(1) as f64;
    let (mut right, mut exact, mut hits, mut given, mut wanted) = (0, 0, 0, 0, 0);
    for (example, prediction) in test.iter().zip(&predictions) {
        let intent = prediction.intent() == Some(example.intent.as_str());
        let hit = prediction.spans.iter().filter(|s| example.spans.contains(s)).count();
        hits += hit;
        given += prediction.spans.len();
        wanted += example.spans.len();
        right += usize::from(intent);
        exact += usize::from(intent && hit == prediction.spans.len() && hit == example.spans.len());
    }
    let slots = 200.0 * hits as f64 / (given + wanted).max(1) as f64;
    Score { intent: share(right, test.len()), slots, exact: share(exact, test.len()), each_ms, train_s }
}

/// Processor time of this thread, so that a busy machine does not spoil the figures; wall time where the system does
/// not tell.
fn seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|t| t.split(' ').next()?.parse::<f64>().ok()).map(|nanoseconds| nanoseconds / 1e9);
    spent.unwrap_or_else(|| jiff::Timestamp::now().as_microsecond() as f64 / 1e6)
}

fn mean(runs: &[Score]) -> Score {
    let of = |part: fn(&Score) -> f64| runs.iter().map(part).sum::<f64>() / runs.len().max(1) as f64;
    Score {
        intent: of(|s| s.intent),
        slots: of(|s| s.slots),
        exact: of(|s| s.exact),
        each_ms: of(|s| s.each_ms),
        train_s: of(|s| s.train_s),
    }
}

fn share(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// The first `count` sentences of every intent after a shuffle.
fn sample(all: &[Example], count: usize, seed: u64) -> Vec<Example> {
    let mut order: Vec<&Example> = all.iter().collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut order);
    let mut taken: HashMap<&str, usize> = HashMap::new();
    order.retain(|example| {
        let taken = taken.entry(&example.intent).or_default();
        *taken += 1;
        *taken <= count
    });
    order.into_iter().cloned().collect()
}

fn load(path: &std::path::Path) -> Result<Vec<Example>, String> {
    let lines = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let example = |(at, line): (usize, &str)| {
        let wrong = || format!("{}:{}: not an example", path.display(), at + 1);
        let value: Value = serde_json::from_str(line).map_err(|_| wrong())?;
        let text = text(&value["text"]);
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let byte = |value: &Value| value.as_u64().and_then(|at| bytes.get(at as usize).copied()).ok_or_else(wrong);
        let slots = value["slots"].as_array().ok_or_else(wrong)?;
        let span = |slot: &Value| -> Result<Span, String> {
            Ok(Span {
                slot: slot["name"].as_str().ok_or_else(wrong)?.into(),
                start: byte(&slot["start"])?,
                end: byte(&slot["end"])?,
            })
        };
        let spans = slots.iter().map(span).collect::<Result<_, _>>()?;
        Ok(Example { intent: value["intent"].as_str().ok_or_else(wrong)?.into(), spans, text })
    };
    lines.lines().enumerate().map(example).collect()
}
