//! Where an utterance begins and ends in sound that is still arriving: samples in a few at a time, [`Event`]s out. It
//! keeps the sound of the utterance that is open, with half a second from before the first voice, so that no first word
//! is lost. Refuses to know what is said; whoever does may tell it whether the words so far [look](Outlook) complete.

use std::collections::VecDeque;
use std::time::Duration;

use super::detector::{Detector, Detectors, FRAME};
use super::{RATE, Samples, finality};

/// Detector score from which a frame is voice.
const VOICE: f32 = 0.5;
/// Times the quietest moment of the last two seconds that a voiced frame must reach: the detector's score takes 0.2 s to
/// fall after a voice has stopped, loudness does not.
const ABOVE_FLOOR: f32 = 1.4;
/// Frames looked back on for the quietest moment: two seconds hold a gap between words.
const FLOOR: usize = 125;
/// Frames looked back on for the beginning of speech.
const ONSET: usize = 10;
/// Kept from before the first voice.
const BEFORE: usize = RATE as usize / 2;
/// Kept after the last voice: a final consonant is quiet.
const AFTER: usize = RATE as usize / 5;
/// Silence after which the words are worth a look, in frames: gaps inside words are shorter.
const PAUSE: u32 = 8;

/// How long silence must last before a speaker counts as finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// For people who need time between words.
    Relaxed,
    #[default]
    Default,
    /// For short commands.
    Aggressive,
}

/// What the words heard so far suggest about the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outlook {
    /// They could stand as they are: "find green tea".
    Complete,
    /// So could these, if they were said: they are heard with doubt.
    Doubted,
    #[default]
    Unknown,
    /// Something must follow: "add milk and".
    Open,
}

/// What happened in the sound. Positions are samples since the beginning of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody began to speak at this position.
    Start { at: u64 },
    /// The speaker has been quiet for a moment; the last voice ended here.
    Pause { voiced_to: u64 },
    /// The speaker is finished; the last voice ended at `voiced_to`, and it was noticed at `at`.
    End { voiced_to: u64, at: u64, why: Why },
}

/// Why an utterance is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Silence,
    /// It is as long as one may be.
    Limit,
    /// The caller said so.
    Asked,
}

impl Preset {
    pub const ALL: [Self; 3] = [Self::Relaxed, Self::Default, Self::Aggressive];

    pub fn name(self) -> &'static str {
        match self {
            Self::Relaxed => "relaxed",
            Self::Default => "default",
            Self::Aggressive => "aggressive",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }

    /// Silence after the last voice that ends an utterance of which this is thought. Where nothing is known of the words,
    /// `finality` counts, the [odds](finality::odds) that the voice sounded finished: from nought up the wait is the
    /// shortest, below it grows by 192 ms for each step of one, as far as the longest pauses of people who spell or read
    /// numbers out. Who chose to be waited for is waited for however they sound.
    pub fn window(self, outlook: Outlook, finality: f32) -> Duration {
        let by_sound = |least: u64, most: u64| least + ((192.0 * -finality).max(0.0) as u64).min(most - least);
        Duration::from_millis(match (self, outlook) {
            (Self::Relaxed, Outlook::Complete) => 800,
            (Self::Relaxed, Outlook::Doubted | Outlook::Unknown) => 1_200,
            (Self::Relaxed, Outlook::Open) => 2_500,
            (Self::Default, Outlook::Complete) => 272,
            (Self::Default, Outlook::Doubted) => by_sound(352, 576),
            (Self::Default, Outlook::Unknown) => by_sound(352, 768),
            (Self::Default, Outlook::Open) => 1_200,
            (Self::Aggressive, Outlook::Complete) => 192,
            (Self::Aggressive, Outlook::Doubted) => by_sound(256, 384),
            (Self::Aggressive, Outlook::Unknown) => by_sound(256, 576),
            (Self::Aggressive, Outlook::Open) => 700,
        })
    }
}

/// Finds utterances in a stream.
pub struct Endpointer {
    detector: Detector,
    preset: Preset,
    outlook: Outlook,
    /// Longest utterance, in samples.
    longest: usize,
    /// Voiced frames among the last [`ONSET`] that begin an utterance.
    onset: usize,
    /// Samples that do not fill a frame yet.
    rest: Vec<f32>,
    /// Position of the end of the last whole frame.
    position: u64,
    /// Whether each of the last frames was voiced.
    recent: VecDeque<bool>,
    level: Level,
    /// The open utterance with what was before it, or only that while nobody speaks.
    sound: Vec<f32>,
    /// Position of the first sample in `sound`.
    from: u64,
    open: Option<Open>,
    /// Utterances that were not taken yet.
    ended: VecDeque<Utterance>,
}

/// How loud the last two seconds were.
#[derive(Default)]
struct Level {
    smooth: f32,
    recent: VecDeque<f32>,
}

impl Level {
    fn above_floor(&mut self, frame: &[f32]) -> bool {
        let loud = (frame.iter().map(|v| v * v).sum::<f32>() / frame.len() as f32).sqrt();
        self.smooth = if self.recent.is_empty() { loud } else { self.smooth * 0.6 + loud * 0.4 };
        if self.recent.len() == FLOOR {
            self.recent.pop_front();
        }
        self.recent.push_back(self.smooth);
        loud >= ABOVE_FLOOR * self.recent.iter().copied().fold(f32::MAX, f32::min)
    }
}

/// An utterance that is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utterance {
    /// From half a second before the first voice to a little after the last.
    pub samples: Samples,
    /// How much of it is voice.
    pub voiced: Duration,
}

/// An utterance that has begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Where the last voiced frame ended.
    voiced_to: u64,
    voiced: u32,
    quiet: u32,
    /// Whether the voice sounded finished at the newest pause: [`finality::odds`].
    finality: f32,
}

impl Endpointer {
    /// `longest` bounds an utterance.
    pub fn new(preset: Preset, longest: Duration) -> Self {
        Self::with(&Detectors::default(), preset, longest)
    }

    /// As [`new`](Self::new) with the detector that the operator chose.
    pub fn with(detectors: &Detectors, preset: Preset, longest: Duration) -> Self {
        Self {
            detector: detectors.detector(),
            preset,
            outlook: Outlook::Unknown,
            longest: (longest.as_secs_f32() * RATE as f32) as usize,
            onset: 5,
            rest: Vec::new(),
            position: 0,
            recent: VecDeque::with_capacity(ONSET),
            level: Level::default(),
            sound: Vec::new(),
            from: 0,
            open: None,
            ended: VecDeque::new(),
        }
    }

    /// Takes the next samples and appends what happened in them.
    pub fn push(&mut self, samples: &[f32], events: &mut Vec<Event>) {
        let mut rest = std::mem::take(&mut self.rest);
        rest.extend_from_slice(samples);
        let mut frames = rest.chunks_exact(FRAME);
        for frame in &mut frames {
            self.frame(frame, events);
        }
        self.rest = frames.remainder().to_vec();
    }

    fn frame(&mut self, frame: &[f32], events: &mut Vec<Event>) {
        let score = self.detector.score(frame);
        let voiced = self.level.above_floor(frame) && score >= VOICE;
        self.position += FRAME as u64;
        self.sound.extend_from_slice(frame);
        if self.recent.len() == ONSET {
            self.recent.pop_front();
        }
        self.recent.push_back(voiced);
        let Some(open) = &mut self.open else {
            if voiced && self.recent.iter().filter(|v| **v).count() >= self.onset {
                let first = self.recent.iter().position(|v| *v).unwrap_or(0);
                let ago = ((self.recent.len() - first) * FRAME) as u64;
                let heard = self.recent.iter().filter(|v| **v).count() as u32;
                self.open = Some(Open { voiced_to: self.position, voiced: heard, quiet: 0, finality: 0.0 });
                events.push(Event::Start { at: self.position.saturating_sub(ago) });
            } else if self.sound.len() > 2 * BEFORE {
                // In steps, because taking a frame from the front moves all the others.
                let surplus = self.sound.len() - BEFORE;
                self.sound.drain(..surplus);
                self.from += surplus as u64;
            }
            return;
        };
        if voiced {
            (open.quiet, open.voiced_to) = (0, self.position);
            open.voiced += 1;
        } else {
            open.quiet += 1;
            if open.quiet == PAUSE {
                events.push(Event::Pause { voiced_to: open.voiced_to });
                let heard = open.voiced_to.saturating_sub(self.from) as usize + finality::AFTER;
                open.finality = finality::odds(self.sound.get(..heard).unwrap_or(&self.sound));
            }
        }
        let Open { quiet, voiced_to, finality, .. } = *open;
        if Duration::from_millis(u64::from(quiet) * 16) >= self.preset.window(self.outlook, finality) {
            events.push(Event::End { voiced_to, at: self.position, why: Why::Silence });
            self.close(voiced_to);
        } else if self.sound.len() >= self.longest {
            events.push(Event::End { voiced_to, at: self.position, why: Why::Limit });
            self.close(voiced_to);
        }
    }

    /// Ends the open utterance, if there is one, now.
    pub fn finish(&mut self) -> Option<Event> {
        let voiced_to = self.open?.voiced_to;
        self.close(voiced_to);
        Some(Event::End { voiced_to, at: self.position, why: Why::Asked })
    }

    fn close(&mut self, voiced_to: u64) {
        let voiced = self.voiced();
        self.ended.push_back(Utterance { samples: self.until(voiced_to), voiced });
        let used = (voiced_to.saturating_sub(self.from) as usize).min(self.sound.len());
        self.sound.drain(..used);
        self.from += used as u64;
        self.open = None;
        self.outlook = Outlook::Unknown;
        self.recent.clear();
    }

    /// The utterance of the oldest [`Event::End`] that was not taken yet.
    pub fn take(&mut self) -> Utterance {
        self.ended.pop_front().unwrap_or_default()
    }

    /// The open utterance so far, and where its last voice ended: from the position `from`, or its beginning, to a
    /// little after the last voice.
    pub fn so_far(&self, from: u64) -> Option<(u64, Samples)> {
        let open = self.open?;
        let skip = from.saturating_sub(self.from) as usize;
        let samples = self.until(open.voiced_to).into_vec();
        Some((open.voiced_to, Samples::new(samples.get(skip..).unwrap_or_default().to_vec())))
    }

    fn until(&self, voiced_to: u64) -> Samples {
        let end = (voiced_to.saturating_sub(self.from) as usize + AFTER).min(self.sound.len());
        Samples::new(self.sound.get(..end).unwrap_or_default().to_vec())
    }

    /// Time since the last voice; none while nobody speaks.
    pub fn quiet(&self) -> Option<Duration> {
        self.open.map(|o| Duration::from_millis(u64::from(o.quiet) * 16))
    }

    /// Where the last voice of the open utterance ended.
    pub fn voiced_to(&self) -> Option<u64> {
        self.open.map(|o| o.voiced_to)
    }

    /// `later`, or where the sound of the open utterance begins.
    pub fn began(&self, later: Option<u64>) -> u64 {
        later.unwrap_or(self.from).max(self.from)
    }

    /// Samples heard in all, but for those that do not fill a frame yet.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How much voice the open utterance has so far.
    pub fn voiced(&self) -> Duration {
        self.open.map_or(Duration::ZERO, |o| Duration::from_millis(u64::from(o.voiced) * 16))
    }

    /// What is thought of the words so far. Only to be told while the words are up to date.
    pub fn expect(&mut self, outlook: Outlook) {
        self.outlook = outlook;
    }

    pub fn set_preset(&mut self, preset: Preset) {
        self.preset = preset;
    }

    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// While a reply plays, more voice is needed to begin: a cough must not stop it.
    pub fn guarded(&mut self, guarded: bool) {
        self.onset = if guarded { 9 } else { 5 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::decode::{Limits, decode};

    fn fixture(name: &str) -> Vec<f32> {
        let bytes = std::fs::read(format!("audio-fixtures/{name}")).unwrap();
        decode(&bytes, None, &Limits::default()).unwrap().into_vec()
    }

    fn silence(seconds: f32) -> Vec<f32> {
        // A microphone is never quite still.
        let mut random = fastrand::Rng::with_seed(1);
        (0..(seconds * RATE as f32) as usize).map(|_| (random.f32() - 0.5) * 2e-4).collect()
    }

    fn run(preset: Preset, sound: &[f32], outlook: Option<Outlook>) -> (Vec<Event>, Vec<Samples>) {
        let mut ear = Endpointer::new(preset, Duration::from_secs(30));
        let (mut events, mut taken) = (Vec::new(), Vec::new());
        // Odd lengths: callers know nothing of frames.
        for part in sound.chunks(333) {
            let before = events.len();
            ear.push(part, &mut events);
            for event in events.clone().iter().skip(before) {
                match event {
                    Event::Pause { .. } => outlook.into_iter().for_each(|o| ear.expect(o)),
                    Event::End { .. } => taken.push(ear.take().samples),
                    Event::Start { .. } => {}
                }
            }
        }
        (events, taken)
    }

    #[test]
    fn utterances_are_found_whole() {
        let clip = fixture("01-find-almond-milk-clean.wav");
        let sound = [silence(1.0), clip.clone(), silence(1.5), clip.clone(), silence(1.5)].concat();
        for preset in Preset::ALL {
            let (events, taken) = run(preset, &sound, None);
            let starts = events.iter().filter(|e| matches!(e, Event::Start { .. })).count();
            assert_eq!((starts, taken.len()), (2, 2), "{preset:?}: {events:?}");
            for clip in &taken {
                assert!((1.0..3.2).contains(&clip.seconds()), "{preset:?}: {} s", clip.seconds());
            }
            for event in &events {
                let Event::End { voiced_to, at, why } = event else { continue };
                let waited = (at - voiced_to) as f32 / RATE as f32;
                let [least, most] = [f32::MAX, f32::MIN].map(|f| preset.window(Outlook::Unknown, f).as_secs_f32());
                assert!((least..most + 0.02).contains(&waited), "{preset:?}: {waited} s");
                assert_eq!(*why, Why::Silence);
            }
        }
    }

    #[test]
    fn words_shorten_and_lengthen_the_wait() {
        let sound = [fixture("08-find-dog-food-clean.wav"), silence(3.0)].concat();
        let wait = |outlook| {
            let (events, _) = run(Preset::Default, &sound, Some(outlook));
            let end = events.iter().find_map(|e| match e {
                Event::End { voiced_to, at, .. } => Some((at - voiced_to) as f32 / RATE as f32),
                _ => None,
            });
            end.unwrap()
        };
        let (short, plain, long) = (wait(Outlook::Complete), wait(Outlook::Unknown), wait(Outlook::Open));
        assert!(short < plain && plain < long, "{short} {plain} {long}");
    }

    #[test]
    fn a_voice_that_sounds_finished_is_waited_for_less() {
        for preset in Preset::ALL {
            let windows = [f32::MAX, 0.0, -0.5, -1.0, -2.0, f32::MIN].map(|f| preset.window(Outlook::Unknown, f));
            assert!(windows.is_sorted(), "{preset:?}: {windows:?}");
            assert_eq!(windows[0] < windows[5], preset != Preset::Relaxed, "{preset:?}: {windows:?}");
            for finality in [f32::MAX, f32::MIN] {
                let window = |outlook| preset.window(outlook, finality);
                assert!(window(Outlook::Complete) < window(Outlook::Doubted), "{preset:?}");
                assert!(window(Outlook::Doubted) <= window(Outlook::Unknown), "{preset:?}");
                assert!(window(Outlook::Unknown) < window(Outlook::Open), "{preset:?}");
                assert_eq!(
                    window(Outlook::Open),
                    preset.window(Outlook::Open, 0.0),
                    "{preset:?}: words count for more"
                );
            }
        }
    }

    #[test]
    fn silence_noise_and_the_limit() {
        assert!(run(Preset::Default, &silence(5.0), None).0.is_empty());
        let clip = fixture("01-find-almond-milk-clean.wav");
        let mut ear = Endpointer::new(Preset::Default, Duration::from_secs(1));
        let mut events = Vec::new();
        ear.push(&clip, &mut events);
        assert!(events.iter().any(|e| matches!(e, Event::End { why: Why::Limit, .. })), "{events:?}");
        // Hours of silence keep no more than a second.
        let mut ear = Endpointer::new(Preset::Default, Duration::from_secs(30));
        (0..60).for_each(|_| ear.push(&silence(1.0), &mut events));
        assert!(ear.sound.len() <= RATE as usize + FRAME);
    }

    #[test]
    fn a_caller_may_end_it() {
        let mut ear = Endpointer::new(Preset::Default, Duration::from_secs(30));
        assert_eq!(ear.finish(), None);
        let mut events = Vec::new();
        let clip = fixture("08-find-dog-food-clean.wav");
        ear.push(&clip[..clip.len() / 2], &mut events);
        assert!(matches!(ear.finish(), Some(Event::End { why: Why::Asked, .. })));
        assert!(ear.take().samples.seconds() > 0.3);
        assert_eq!(ear.finish(), None);
    }
}
