//! One connection from `ready` to its end: messages in, utterances found in their sound, and handed over to be answered.
//! While an utterance is open its words so far are looked at, which gives partial transcripts and tells a speaker who is
//! finished from one who is thinking. Knows nothing of the shop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::answering::{Ask, Input, Looking, Shared, Words, answer_all};
use super::line::{Gone, Line};
use super::protocol::{Command, Ended, Event, Limits, Sound, VERSION};
use super::{DOOR, Terms, preset};
use crate::asr::Transcript;
use crate::audio::RATE;
use crate::audio::endpoint::{self, Endpointer, Outlook, Preset};
use crate::audio::live::{Encoding, Intake};
use crate::edge::Doors;
use crate::edge::intake::deadline;
use crate::edge::problem::{self, Refusal};
use crate::language::Utterance;
use crate::shop::audit;
use crate::telemetry::metrics;
use crate::turn::Live;

/// Utterances that may wait for their answer.
const WAITING: usize = 3;
/// New sound after which the words are looked at again while somebody speaks.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// The same while no look has found a word: whoever waits for the first must not wait for the next look as well.
const LOOK_SOONER: Duration = Duration::from_millis(160);
/// Voice before the first look: shorter speech is a guess. After 240 ms words came 110 ms sooner, but in noise the first
/// was right half the time in place of four times in five.
const FIRST_LOOK: Duration = Duration::from_millis(320);
/// What is longer ago than this at a pause is not looked at again before the utterance is over.
const TAIL: Duration = Duration::from_secs(6);
/// An open utterance ends when no sound comes for this long: a button was let go, or a network broke.
const STALLED: Duration = Duration::from_millis(1_200);
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that answers no ping is gone.
const DEAD_AFTER: Duration = Duration::from_secs(65);
/// How often time is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Messages in a row that may be no sound.
const DAMAGED: u32 = 20;

/// Close codes of RFC 6455.
const NORMAL: u16 = 1_000;
const AWAY: u16 = 1_001;
const POLICY: u16 = 1_008;

pub async fn hold(socket: WebSocket, doors: Arc<Doors>, terms: Terms) {
    let (sink, mut incoming) = socket.split();
    let (line, writing) = Line::new(sink);
    let writing = tokio::spawn(writing);
    let intake = match Intake::new(terms.encoding) {
        Ok(intake) => intake,
        Err(error) => {
            tracing::error!(%error, "a stream's sound cannot be read");
            return line.close(POLICY, "internal").await;
        }
    };
    let shared = Arc::new(Shared::new(doors, terms, line));
    let (ask, asked) = mpsc::channel(WAITING);
    let door = audit::here();
    let answering = AbortOnDropHandle::new(tokio::spawn(audit::through(door, answer_all(shared.clone(), asked))));
    let mut conversation = Conversation::new(shared.clone(), intake, ask);
    let end = conversation.run(&mut incoming).await;
    if let Ok((code, reason)) = end {
        // What was asked is answered before the connection closes; whoever hung up frees his work at once.
        drop(conversation);
        if code != POLICY {
            let _ = answering.await;
        }
        shared.line.close(code, reason).await;
        drop(shared);
        let _ = writing.await;
    }
    tracing::debug!(?end, "a stream ended");
}

/// How a connection ends: a close code and a word, or the client has gone by itself.
type End = Result<(u16, &'static str), Gone>;

struct Conversation {
    shared: Arc<Shared>,
    intake: Intake,
    ear: Endpointer,
    /// As agreed with the client; a shopper may ask for more time.
    preset: Preset,
    ask: mpsc::Sender<Ask>,
    utterance: u32,
    open: Option<Open>,
    values: Vec<f32>,
    damaged: u32,
    opened: Instant,
    /// When anything at all was last heard from the client, and when sound or a command was.
    seen: Instant,
    active: Instant,
    pinged: Instant,
}

/// An utterance that has begun.
struct Open {
    live: Arc<Live>,
    /// Position where it began, and where it was last looked at.
    looked_at: u64,
    looking: Option<(u64, Looking)>,
    /// The newest words, and the position of the last voice in them.
    words: Option<(u64, Transcript)>,
    /// What is not looked at again: up to this position these words were found.
    settled: Option<(u64, String)>,
    partial: String,
}

impl Conversation {
    fn new(shared: Arc<Shared>, intake: Intake, ask: mpsc::Sender<Ask>) -> Self {
        let longest = Duration::from_secs(shared.doors.settings.limits.audio_seconds.into());
        let ear = Endpointer::with(&shared.doors.spine.detectors, shared.terms.preset, longest);
        let (now, preset) = (Instant::now(), shared.terms.preset);
        Self {
            shared,
            intake,
            ear,
            preset,
            ask,
            utterance: 0,
            open: None,
            values: Vec::new(),
            damaged: 0,
            opened: now,
            seen: now,
            active: now,
            pinged: now,
        }
    }

    async fn run(&mut self, incoming: &mut (impl StreamExt<Item = Result<Message, axum::Error>> + Unpin)) -> End {
        self.greet().await?;
        let shared = self.shared.clone();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let looking = async {
                match self.open.as_mut().and_then(|o| o.looking.as_mut()) {
                    Some((at, looking)) => (*at, looking.await),
                    None => std::future::pending().await,
                }
            };
            let end = tokio::select! {
                biased;
                () = shared.line.gone().cancelled() => return Err(Gone),
                (at, found) = looking => {
                    self.open.as_mut().map(|o| o.looking.take());
                    if let Ok(Ok(heard)) = found {
                        self.glimpsed(at, heard).await?;
                    }
                    None
                }
                message = incoming.next() => match message {
                    Some(Ok(message)) => self.message(message).await?,
                    Some(Err(_)) | None => return Err(Gone),
                },
                _ = tick.tick() => self.tick().await?,
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    async fn greet(&mut self) -> Result<(), Gone> {
        let Shared { doors, terms, line, .. } = &*self.shared;
        let settings = &doors.settings;
        let input = match terms.encoding {
            Encoding::Pcm16 { rate } => Sound { encoding: "pcm16", rate },
            Encoding::Opus => Sound { encoding: "opus", rate: 48_000 },
        };
        let output = terms.output.map(|o| Sound { encoding: o.name(), rate: doors.spine.rate(o) });
        line.tell(&Event::Ready {
            protocol: VERSION,
            session: terms.session.as_str(),
            input,
            output,
            endpointing: terms.preset.name(),
            limits: Limits {
                utterance_seconds: settings.limits.audio_seconds,
                idle_seconds: settings.stream.idle_seconds,
                seconds: settings.stream.seconds,
            },
        })
        .await
    }

    async fn message(&mut self, message: Message) -> Result<Option<(u16, &'static str)>, Gone> {
        self.seen = Instant::now();
        match message {
            Message::Binary(bytes) => {
                self.active = self.seen;
                self.sound(&bytes).await
            }
            Message::Text(text) => {
                self.active = self.seen;
                match serde_json::from_str(&text) {
                    Ok(command) => self.command(command).await,
                    Err(error) => self.fatal(problem::BAD_JSON, &format!("this is no command: {error}")).await,
                }
            }
            Message::Close(_) => Err(Gone),
            Message::Ping(_) | Message::Pong(_) => Ok(None),
        }
    }

    async fn command(&mut self, command: Command) -> Result<Option<(u16, &'static str)>, Gone> {
        match command {
            Command::End => {
                if let Some(event) = self.ear.finish() {
                    self.heard(event).await?;
                }
            }
            Command::Cancel => self.shared.hush(Ended::Cancelled),
            Command::Text { text } => match Utterance::new(&text) {
                Ok(words) => {
                    self.utterance += 1;
                    self.shared.interrupt(self.utterance);
                    self.hand_over(Ask { utterance: self.utterance, input: Input::Typed(words) }).await?;
                }
                Err(error) => self.complain(&error.into(), None).await?,
            },
            Command::Configure { endpointing } => match preset(&endpointing) {
                Ok(preset) => {
                    self.preset = preset;
                    self.ear.set_preset(preset);
                }
                Err(why) => self.complain(&super::wrong("endpointing", why), None).await?,
            },
            Command::Close => {
                if let Some(event) = self.ear.finish() {
                    self.heard(event).await?;
                }
                return Ok(Some((NORMAL, "closed")));
            }
        }
        Ok(None)
    }

    async fn sound(&mut self, bytes: &[u8]) -> Result<Option<(u16, &'static str)>, Gone> {
        // A server that is stopping finishes what was begun and hears nothing new.
        if self.open.is_none() && self.shared.doors.lasting.stopping().is_cancelled() {
            return Ok(None);
        }
        self.values.clear();
        if let Err(error) = self.intake.push(bytes, &mut self.values) {
            self.damaged += 1;
            let refusal = Refusal::new(problem::BAD_AUDIO, error.to_string());
            if self.damaged >= DAMAGED {
                self.shared.line.tell(&Event::refusal(&refusal, None, true)).await?;
                return Ok(Some((POLICY, "no sound")));
            }
            self.complain(&refusal, None).await?;
            return Ok(None);
        }
        self.damaged = 0;
        self.ear.guarded(self.shared.speaking());
        let mut events = Vec::new();
        let values = std::mem::take(&mut self.values);
        // In steps of a tenth of a second, so that a whole recording in one message still begins and ends where it does.
        for step in values.chunks(RATE as usize / 10) {
            self.ear.push(step, &mut events);
            for event in events.drain(..) {
                self.heard(event).await?;
            }
        }
        self.values = values;
        self.look_again();
        Ok(None)
    }

    async fn heard(&mut self, event: endpoint::Event) -> Result<(), Gone> {
        match event {
            endpoint::Event::Start { at } => self.begin(at).await,
            endpoint::Event::Pause { voiced_to } => {
                let known = self.open.as_ref().and_then(|o| o.words.as_ref()).is_some_and(|(at, _)| *at == voiced_to);
                if !known {
                    self.look();
                }
                Ok(())
            }
            endpoint::Event::End { voiced_to, at, why } => {
                let endpoint::Utterance { samples, voiced } = self.ear.take();
                let Some(open) = self.open.take() else { return Ok(()) };
                let ended = Event::SpeechEnd {
                    utterance: self.utterance,
                    last_voice_ms: milliseconds(voiced_to),
                    at_ms: milliseconds(at),
                    reason: why.into(),
                };
                self.shared.line.tell(&ended).await?;
                let whole = open.settled.is_none();
                let words = match (open.words, open.looking) {
                    (Some((at, heard)), _) if at == voiced_to && whole => Words::Known(heard),
                    (_, Some((at, looking))) if at == voiced_to && whole => Words::Coming(looking),
                    _ => Words::None,
                };
                let input = Input::Spoken { samples, voiced, live: open.live, words };
                self.hand_over(Ask { utterance: self.utterance, input }).await
            }
        }
    }

    async fn begin(&mut self, at: u64) -> Result<(), Gone> {
        self.utterance += 1;
        self.shared.interrupt(self.utterance);
        self.shared.line.tell(&Event::SpeechStart { utterance: self.utterance, at_ms: milliseconds(at) }).await?;
        let Shared { doors, terms, .. } = &*self.shared;
        match doors.spine.live(&terms.session, &terms.caller.customer).await {
            Ok(live) => {
                let (looked_at, partial) = (at, String::new());
                self.ear.set_preset(if live.unhurried { Preset::Relaxed } else { self.preset });
                let live = Arc::new(live);
                self.open = Some(Open { live, looked_at, looking: None, words: None, settled: None, partial });
                Ok(())
            }
            Err(error) => {
                let refusal = Refusal::from(error);
                self.complain(&refusal, Some(self.utterance)).await
            }
        }
    }

    /// Looks at the words while somebody speaks, if the last look is done and long enough ago.
    fn look_again(&mut self) {
        let position = self.ear.position();
        let Some(open) = &self.open else { return };
        let since = Duration::from_millis(milliseconds(position.saturating_sub(open.looked_at)));
        let every = if open.partial.is_empty() { LOOK_SOONER } else { LOOK_EVERY };
        if open.looking.is_none() && since >= every && self.ear.voiced() >= FIRST_LOOK {
            self.look();
        }
    }

    /// Looks at the words so far. A look that is under way saw less and is given up.
    fn look(&mut self) {
        let position = self.ear.position();
        let Some(open) = &mut self.open else { return };
        let from = open.settled.as_ref().map_or(0, |(at, _)| *at);
        let Some((voiced_to, samples)) = self.ear.so_far(from) else { return };
        let (doors, live) = (self.shared.doors.clone(), open.live.clone());
        let until = deadline(&doors, Instant::now());
        let look = async move { doors.spine.glimpse(samples, &live, until).await };
        open.looked_at = position;
        open.looking = Some((voiced_to, AbortOnDropHandle::new(tokio::spawn(look))));
    }

    async fn glimpsed(&mut self, at: u64, mut heard: Transcript) -> Result<(), Gone> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if let Some((_, before)) = &open.settled {
            heard.text = format!("{before} {}", heard.text).trim().to_owned();
        }
        if !heard.text.is_empty() && heard.text != open.partial {
            let stable = common(&open.partial, &heard.text).to_owned();
            let partial = Event::Partial { utterance: self.utterance, text: &heard.text, stable: &stable };
            self.shared.line.tell(&partial).await?;
        }
        // Only words up to the last voice say anything about the silence after it.
        let current = self.ear.voiced_to() == Some(at);
        let outlook = if current { self.shared.doors.spine.outlook(&heard, &open.live) } else { Outlook::Unknown };
        self.ear.expect(outlook);
        let long =
            Duration::from_millis(milliseconds(at.saturating_sub(self.ear.began(open.settled.as_ref().map(|s| s.0)))));
        if current && self.ear.quiet().is_some_and(|q| !q.is_zero()) && long >= TAIL {
            open.settled = Some((at, heard.text.clone()));
        }
        open.partial.clone_from(&heard.text);
        open.words = Some((at, heard));
        Ok(())
    }

    async fn hand_over(&mut self, ask: Ask) -> Result<(), Gone> {
        let utterance = ask.utterance;
        self.shared.asked();
        match self.ask.try_send(ask) {
            Ok(()) => Ok(()),
            Err(_) => {
                self.shared.answered();
                metrics::refused(DOOR, "overloaded");
                let refusal = Refusal::new(problem::BUSY, "earlier utterances are not answered yet").retry_after(1);
                self.complain(&refusal, Some(utterance)).await
            }
        }
    }

    async fn tick(&mut self) -> Result<Option<(u16, &'static str)>, Gone> {
        let now = Instant::now();
        let (settings, line) = (self.shared.doors.settings.clone(), self.shared.line.clone());
        if self.open.is_some()
            && now - self.active >= STALLED
            && let Some(event) = self.ear.finish()
        {
            self.heard(event).await?;
        }
        let quiet = self.open.is_none() && !self.shared.busy();
        if quiet && self.shared.doors.lasting.stopping().is_cancelled() {
            return Ok(Some((AWAY, "stopping")));
        }
        if now - self.seen >= DEAD_AFTER {
            return Err(Gone);
        }
        if now - self.pinged >= PING_EVERY {
            self.pinged = now;
            line.ping().await?;
        }
        if quiet && now - self.active >= Duration::from_secs(settings.stream.idle_seconds) {
            return self.fatal(problem::SLOW, "nothing was sent for too long").await.map(|_| Some((NORMAL, "idle")));
        }
        if quiet && now - self.opened >= Duration::from_secs(settings.stream.seconds) {
            return self
                .fatal(problem::TOO_LONG, "this connection is as old as one may be; open another")
                .await
                .map(|_| Some((NORMAL, "old")));
        }
        Ok(None)
    }

    async fn complain(&mut self, refusal: &Refusal, utterance: Option<u32>) -> Result<(), Gone> {
        self.shared.line.tell(&Event::refusal(refusal, utterance, false)).await
    }

    async fn fatal(&mut self, kind: problem::Kind, why: &str) -> Result<Option<(u16, &'static str)>, Gone> {
        self.shared.line.tell(&Event::refusal(&Refusal::new(kind, why), None, true)).await?;
        Ok(Some((POLICY, "see the last event")))
    }
}

fn milliseconds(samples: u64) -> u64 {
    samples * 1_000 / u64::from(RATE)
}

/// The words that both begin with.
fn common<'a>(before: &str, now: &'a str) -> &'a str {
    let same = before.split(' ').zip(now.split(' ')).take_while(|(a, b)| a == b).map(|(_, b)| b.len() + 1);
    let length: usize = same.sum();
    now.get(..length.saturating_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_looks_agree_on() {
        for (before, now, both) in [
            ("", "find", ""),
            ("find", "find green", "find"),
            ("find green", "find green tea", "find green"),
            ("find greed", "find green tea", "find"),
            ("find green tea", "find green", "find green"),
            ("add", "find", ""),
        ] {
            assert_eq!(common(before, now), both, "{before:?} {now:?}");
        }
    }
}
