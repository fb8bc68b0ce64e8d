//! Live conversations on this machine: how soon the reply begins, how soon words come, and how many callers in real time
//! one server takes. The server runs in this process with the embedded model. `LIVE_CALLERS` lists the crowds to try.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement, not the server

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::Server;
use support::live::{Client, fixture, silence};

const CLIP: &str = "24-add-twelve-batteries-to-my-basket-clean";
const RUNS: usize = 15;

/// One utterance, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// From the end of the clip's last voice to the first sound of the reply.
    silence_to_sound: f64,
    /// The same without the silence that was waited out: from the moment the end was noticed.
    noticed_to_sound: f64,
    /// From the clip's first voice to the first words.
    first_partial: Option<f64>,
}

/// A clip that is being said in real time, and silence after it.
struct Saying<'c> {
    tick: tokio::time::Interval,
    frames: std::slice::Chunks<'c, i16>,
}

impl<'c> Saying<'c> {
    fn new(clip: &'c [i16]) -> Self {
        Self { tick: tokio::time::interval(Duration::from_millis(20)), frames: clip.chunks(320) }
    }

    /// Goes on saying it until the server sends something.
    async fn until_event(&mut self, client: &mut Client) -> serde_json::Value {
        loop {
            tokio::select! {
                _ = self.tick.tick() => {
                    let frame: Vec<i16> = self.frames.next().map_or_else(|| vec![0; 320], <[i16]>::to_vec);
                    client.say(&frame, false).await;
                }
                event = client.next() => return event.expect("the server closed"),
            }
        }
    }
}

/// Says the clip in real time and waits for the reply.
async fn turn(client: &mut Client, clip: &[i16]) -> Turn {
    let began = Instant::now();
    let seen = client.events.len();
    let sound = [clip.to_vec(), silence(2.0)].concat();
    let (mut first_partial, mut noticed, mut heard, mut last_voice) = (None, None, None, 0.0);
    let onset = onset(clip);
    let mut saying = Saying::new(&sound);
    while heard.is_none() {
        let event = saying.until_event(client).await;
        let now = began.elapsed().as_secs_f64() * 1e3;
        match event["type"].as_str().unwrap() {
            "partial" if first_partial.is_none() => first_partial = Some(now - onset),
            "speech-end" => {
                noticed = Some(now);
                last_voice = event["last_voice_ms"].as_f64().unwrap() - event["at_ms"].as_f64().unwrap();
            }
            "audio-start" => heard = Some(now),
            "error" => panic!("{event}"),
            _ => {}
        }
    }
    assert!(seen < client.events.len());
    let (noticed, heard) = (noticed.unwrap(), heard.unwrap());
    Turn { silence_to_sound: heard - noticed - last_voice, noticed_to_sound: heard - noticed, first_partial }
}

/// Milliseconds of the clip before its first voice: before the first 20 ms that reach a twentieth of its peak.
fn onset(clip: &[i16]) -> f64 {
    let peak = |part: &[i16]| part.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0);
    let voice = peak(clip) / 20;
    clip.chunks(320).position(|frame| peak(frame) > voice).unwrap_or(0) as f64 * 20.0
}

/// What was shown first of a clip that was said in real time.
struct First {
    /// From the clip's first voice.
    after: Option<f64>,
    words: String,
    transcript: String,
}

/// Says the clip in real time until its transcript comes, or long enough to know that none does.
async fn first_words(client: &mut Client, clip: &[i16]) -> First {
    let (began, onset) = (Instant::now(), onset(clip));
    let enough = Duration::from_millis(clip.len() as u64 / 16 + 6_000);
    let mut first = First { after: None, words: String::new(), transcript: String::new() };
    let mut saying = Saying::new(clip);
    while let Ok(event) = tokio::time::timeout_at((began + enough).into(), saying.until_event(client)).await {
        let text = event["text"].as_str().unwrap_or_default();
        match event["type"].as_str().unwrap() {
            "partial" if first.after.is_none() => {
                first.after = Some(began.elapsed().as_secs_f64() * 1e3 - onset);
                first.words = text.to_owned();
            }
            "transcript" => {
                first.transcript = text.to_owned();
                break;
            }
            _ => {}
        }
    }
    first
}

/// First words over many clips: one clip is one first word.
async fn many_first_words(server: &Server) {
    let clips = std::env::var("LIVE_CLIPS").map_or(30, |n| n.parse::<usize>().unwrap());
    let mut files: Vec<String> = std::fs::read_dir("audio-fixtures")
        .unwrap()
        .filter_map(|f| f.unwrap().file_name().to_str().and_then(|n| n.strip_suffix(".wav")).map(str::to_owned))
        .filter(|n| n.ends_with("-clean"))
        .collect();
    files.sort();
    let (mut after, mut none, mut kept, mut late) = (Vec::new(), 0, 0, 0);
    for name in files.iter().step_by((files.len() / clips.max(1)).max(1)).take(clips) {
        let mut client = Client::open(server, "pacing=none&output=none").await;
        let first = first_words(&mut client, &fixture(name)).await;
        let same = first.transcript.split(' ').next() == first.words.split(' ').next();
        match first.after {
            Some(ms) => {
                after.push(ms);
                kept += usize::from(same);
                late += usize::from(ms > 600.0);
            }
            None => none += 1,
        }
    }
    println!("first words over {} fixtures, one caller:", after.len() + none);
    println!("  later than 600 ms {late}, never {none}; the first word stays the first of the transcript in {kept}");
    summary("first words after the first voice", after);
}

fn summary(name: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |part: usize| {
        values.get((values.len() * part / 100).min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    println!("  {name}: median {:.0} ms, 95% {:.0} ms, {:.0} to {:.0} ms", at(50), at(95), at(0), at(100));
}

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let server = Server::with(|s| s.limits.turns = 1_000).await;
    let clip = fixture(CLIP);
    println!(
        "live conversations, {:.1} s of speech, {} processors",
        clip.len() as f32 / 16_000.0,
        std::thread::available_parallelism().unwrap()
    );

    let mut turns = Vec::new();
    for _ in 0..RUNS {
        let mut client = Client::open(&server, "").await;
        turns.push(turn(&mut client, &clip).await);
    }
    println!("one caller, {RUNS} runs:");
    summary(
        "end of speech to first sound, with the endpoint's silence",
        turns.iter().map(|t| t.silence_to_sound).collect(),
    );
    summary("end noticed to first sound", turns.iter().map(|t| t.noticed_to_sound).collect());
    summary("first words after the first voice", turns.iter().filter_map(|t| t.first_partial).collect());

    many_first_words(&server).await;

    let crowds = std::env::var("LIVE_CALLERS").unwrap_or_else(|_| "5,10,15,20,25,30,40".into());
    for callers in crowds.split(',').filter_map(|c| c.trim().parse::<usize>().ok()) {
        let calls = (0..callers).map(|n| {
            let (server, clip) = (&server, &clip);
            async move {
                // Not in step: people are not.
                tokio::time::sleep(Duration::from_millis(n as u64 * 4_000 / callers as u64)).await;
                let mut client = Client::open(server, "pacing=none").await;
                let mut turns = Vec::new();
                for _ in 0..3 {
                    turns.push(turn(&mut client, clip).await);
                    client.say(&silence(1.5), true).await;
                }
                turns
            }
        });
        let turns: Vec<Turn> = futures::future::join_all(calls).await.into_iter().flatten().collect();
        summary(
            &format!("{callers} callers, end of speech to first sound"),
            turns.iter().map(|t| t.silence_to_sound).collect(),
        );
    }
    server.stop().await;
}
