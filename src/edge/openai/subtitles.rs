//! Timed words in, the text of an SRT or WebVTT file out.

use std::fmt::Write;

/// Words and when they are said, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    pub start: f32,
    pub end: f32,
    pub text: String,
}

pub fn srt(cues: &[Cue]) -> String {
    let mut out = String::new();
    for (n, cue) in cues.iter().enumerate() {
        let _ = write!(out, "{}\n{} --> {}\n{}\n\n", n + 1, time(cue.start, ','), time(cue.end, ','), cue.text);
    }
    out
}

pub fn vtt(cues: &[Cue]) -> String {
    let mut out = String::from("WEBVTT\n\n");
    for cue in cues {
        let _ = write!(out, "{} --> {}\n{}\n\n", time(cue.start, '.'), time(cue.end, '.'), cue.text);
    }
    out
}

/// `01:02:03,456`; the two formats differ in the mark before the milliseconds.
fn time(seconds: f32, mark: char) -> String {
    let ms = (f64::from(seconds) * 1_000.0).round() as u64;
    let (s, m, h) = (ms / 1_000, ms / 60_000, ms / 3_600_000);
    format!("{h:02}:{:02}:{:02}{mark}{:03}", m % 60, s % 60, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats() {
        let cues = [
            Cue { start: 0.25, end: 1.5, text: "find green tea".into() },
            Cue { start: 3_723.0, end: 3_724.999_5, text: "two".into() },
        ];
        assert_eq!(
            srt(&cues),
            "1\n00:00:00,250 --> 00:00:01,500\nfind green tea\n\n2\n01:02:03,000 --> 01:02:05,000\ntwo\n\n"
        );
        assert!(vtt(&cues).starts_with("WEBVTT\n\n00:00:00.250 --> 00:00:01.500\nfind green tea\n\n"));
    }
}
