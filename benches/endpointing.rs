//! Endpointing on human speech: the AN4 test utterances one after the other with pauses of their own room's noise between
//! them. Prints how many were cut short and how long the wait was after the last word, for each preset. No words are
//! recognised here, so every wait is the one of "cannot tell". Reads VOICECART_DATA (default ../shared/data);
//! with SILERO_MODEL naming a ggml file of Silero's detector, that is measured beside the built-in one.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement, not the server

#[path = "ears/recordings.rs"]
mod recordings;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use voicecart::audio::RATE;
use voicecart::audio::detector::Detectors;
use voicecart::audio::endpoint::{Endpointer, Event, Preset};
use voicecart::audio::silero::Weights;

const PAUSE: usize = RATE as usize * 3 / 2;

fn main() {
    let data = std::env::var_os("VOICECART_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = data.join("speech/an4/test");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("endpointing: skipped, {} is not there", folder.display());
        return;
    };
    let mut files: Vec<PathBuf> =
        files.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "flac")).collect();
    files.sort();
    let (mut sound, mut ends) = (Vec::new(), Vec::new());
    let mut random = fastrand::Rng::with_seed(4);
    for file in &files {
        let clip = recordings::sound(file).into_vec();
        let (last, floor) = last_word(&clip);
        let from = sound.len() as u64;
        ends.push((from, from + last));
        sound.extend(clip);
        // Uniform noise as loud as the room was.
        sound.extend((0..PAUSE).map(|_| (random.f32() * 2.0 - 1.0) * floor * 1.73));
    }
    let minutes = sound.len() as f32 / RATE as f32 / 60.0;
    println!("endpointing: AN4 test, {} utterances, {minutes:.1} minutes with pauses of 1.5 s", files.len());
    let mut detectors = vec![("built-in", Detectors::default())];
    if let Some(path) = std::env::var_os("SILERO_MODEL") {
        detectors.push(("Silero", Detectors::Silero(Arc::new(Weights::load(Path::new(&path)).unwrap()))));
    }
    for ((name, detectors), preset) in detectors.iter().flat_map(|d| Preset::ALL.map(|p| (d, p))) {
        let began = Instant::now();
        let mut ear = Endpointer::with(detectors, preset, Duration::from_secs(30));
        let mut events = Vec::new();
        sound.chunks(320).for_each(|frame| ear.push(frame, &mut events));
        let took = began.elapsed();
        let noticed: Vec<u64> = events
            .iter()
            .filter_map(|e| match e {
                Event::End { at, .. } => Some(*at),
                _ => None,
            })
            .collect();
        let (mut cut, mut missed, mut waits) = (0, 0, Vec::new());
        for (n, (from, end)) in ends.iter().enumerate() {
            let next = ends.get(n + 1).map_or(u64::MAX, |(from, _)| *from);
            cut += usize::from(noticed.iter().any(|at| at > from && at < end));
            match noticed.iter().find(|at| *at >= end && **at < next) {
                Some(at) => waits.push((at - end) * 1_000 / u64::from(RATE)),
                None => missed += 1,
            }
        }
        waits.sort_unstable();
        let at = |part: usize| waits.get(waits.len() * part / 100).copied().unwrap_or(0);
        println!(
            "  {name:8} {:10}  cut short {cut} ({:.1}%)  not noticed {missed}  wait after the last word: median {} ms, 10% {} ms, 90% {} ms  ({:.0} times real time)",
            preset.name(),
            100.0 * cut as f32 / files.len() as f32,
            at(50),
            at(10),
            at(90),
            minutes * 60.0 / took.as_secs_f32(),
        );
    }
}

/// Where the last word ends, by loudness alone so that the detector is not its own judge, and how loud the room is.
fn last_word(clip: &[f32]) -> (u64, f32) {
    let loud: Vec<f32> =
        clip.chunks(320).map(|c| (c.iter().map(|v| v * v).sum::<f32>() / c.len() as f32).sqrt()).collect();
    let mut sorted = loud.clone();
    sorted.sort_by(f32::total_cmp);
    let (floor, top) = (sorted[sorted.len() / 10], sorted[sorted.len() * 95 / 100]);
    let threshold = (floor * 3.0).max(top * 0.05).min(top * 0.4);
    let last = loud.iter().rposition(|l| *l > threshold).unwrap_or(0);
    ((last as u64 + 1) * 320, floor)
}
