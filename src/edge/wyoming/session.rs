//! One satellite's connection: events in, answers out, in the order of the protocol. Each program of [`programs`] is a
//! few events here: `transcribe` (ear), `transcript` (shop), `recognize` (meaning), `synthesize` (voice).

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::wire::{self, Event, WireError};
use super::{DOOR, House, programs};
use crate::audio::Samples;
use crate::audio::endpoint::{self, Endpointer, Preset};
use crate::audio::live::{Encoding, Frames, Intake, Outgoing};
use crate::dialogue::SessionId;
use crate::edge::SHORTEST;
use crate::edge::voice::report;
use crate::language::{Source, Utterance};
use crate::reply::ssml::Ssml;
use crate::shop::RequestId;
use crate::telemetry::metrics;
use crate::turn::Caller;

/// Between two events; Home Assistant keeps a connection open only as long as it needs it.
const IDLE: Duration = Duration::from_secs(300);
/// A caller that takes nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// Text that may wait to be spoken, in bytes.
const LONGEST_TEXT: usize = 16_000;

pub struct Session {
    house: Arc<House>,
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    hints: Vec<String>,
    /// Set when the caller leaves it to this server to notice the end of speech.
    patience: Option<Preset>,
    recording: Option<Recording>,
    /// Text of a reply that is still being written, once `synthesize-start` has come.
    script: Option<Script>,
}

/// Sound between `audio-start` and `audio-stop`.
struct Recording {
    intake: Intake,
    channels: usize,
    sound: Vec<f32>,
    ear: Option<Endpointer>,
    /// It was answered before the caller stopped sending.
    answered: bool,
}

#[derive(Default)]
struct Script {
    text: String,
    voice: Value,
    ssml: bool,
}

/// Why an event got no answer of its own; goes to the caller as `error`.
struct Trouble(&'static str, String);

impl Session {
    pub fn new(house: Arc<House>, read: OwnedReadHalf, write: OwnedWriteHalf) -> Self {
        let read = BufReader::new(read);
        Self { house, read, write, hints: Vec::new(), patience: None, recording: None, script: None }
    }

    /// Answers until the caller closes, says nothing for too long, or sends what is no event.
    pub async fn run(mut self) -> Result<(), WireError> {
        let stopping = self.house.lasting.stopping().clone();
        loop {
            let busy = self.recording.is_some() || self.script.is_some();
            let event = tokio::select! {
                event = tokio::time::timeout(IDLE, wire::read(&mut self.read)) => event,
                () = stopping.cancelled(), if !busy => return Ok(()),
            };
            let event = match event {
                Err(_) | Ok(Ok(None)) => return Ok(()),
                Ok(Ok(Some(event))) => event,
                Ok(Err(error)) => {
                    let text = error.to_string();
                    let _ = self.send(Event::new("error", json!({"text": text, "code": "bad-event"}))).await;
                    return Err(error);
                }
            };
            let answers = match self.answer(event).await {
                Ok(answers) => answers,
                Err(Trouble(code, text)) => {
                    metrics::refused(DOOR, "trouble");
                    vec![Event::new("error", json!({"text": text, "code": code}))]
                }
            };
            for answer in answers {
                self.send(answer).await?;
            }
        }
    }

    async fn send(&mut self, event: Event) -> Result<(), WireError> {
        let sent = tokio::time::timeout(PATIENCE, wire::write(&mut self.write, &event)).await;
        sent.unwrap_or_else(|_| Err(WireError::Gone(std::io::ErrorKind::TimedOut.into())))
    }

    async fn answer(&mut self, event: Event) -> Result<Vec<Event>, Trouble> {
        match event.kind.as_str() {
            "describe" => {
                let (spine, locale) = (&self.house.spine, &self.house.settings.locale);
                Ok(vec![programs::info(spine.recognizer.model(), locale, &spine.voice.voice)])
            }
            "ping" => Ok(vec![Event { kind: "pong".into(), ..event }]),
            "transcribe" => {
                self.hints = event
                    .texts("transcript_names")
                    .chain(event.texts("transcript_terms"))
                    .map(str::to_lowercase)
                    .take(200)
                    .collect();
                self.patience = event.text("vad_sensitivity").and_then(Preset::named);
                Ok(Vec::new())
            }
            "audio-start" => self.record(&event).map(|()| Vec::new()),
            "audio-chunk" => self.take(&event).await,
            "audio-stop" => match self.recording.take() {
                None => Err(Trouble("order", "audio-stop without audio-start".into())),
                Some(recording) if recording.answered => Ok(Vec::new()),
                Some(recording) => self.transcript(recording.sound).await,
            },
            "transcript" => self.handle(&event).await.map(|answer| vec![answer]),
            "recognize" => self.recognize(&event).await.map(|answer| vec![answer]),
            "synthesize" if self.script.is_some() => Ok(Vec::new()), // the same text again, for older servers
            "synthesize" => {
                let text = event.text("text").unwrap_or_default().to_owned();
                self.speak(&text, event.data.get("voice"), event.text("text_format") == Some("ssml")).await
            }
            "synthesize-start" => {
                let voice = event.data.get("voice").cloned().unwrap_or_default();
                let ssml = event.text("text_format") == Some("ssml");
                self.script = Some(Script { text: String::new(), voice, ssml });
                Ok(Vec::new())
            }
            "synthesize-chunk" => self.script_grows(&event).await,
            "synthesize-stop" => {
                let script = self.script.take().unwrap_or_default();
                let mut answers = match script.text.trim() {
                    "" => Vec::new(),
                    text => self.speak(text, Some(&script.voice), script.ssml).await?,
                };
                answers.push(Event::new("synthesize-stopped", Value::Null));
                Ok(answers)
            }
            // Satellites tell each other many things; what is not for us is no mistake.
            _ => Ok(Vec::new()),
        }
    }

    fn record(&mut self, event: &Event) -> Result<(), Trouble> {
        let field = |name, otherwise| event.number(name).unwrap_or(otherwise);
        let (rate, width, channels) = (field("rate", 16_000), field("width", 2), field("channels", 1));
        if width != 2 || !(1..=2).contains(&channels) {
            let why = format!("{width} bytes and {channels} channels are not heard; send 2 bytes and 1 or 2 channels");
            return Err(Trouble("bad-audio", why));
        }
        let intake = Intake::new(Encoding::Pcm16 { rate }).map_err(|e| Trouble("bad-audio", e.to_string()))?;
        let longest = Duration::from_secs(self.house.settings.limits.audio_seconds.into());
        let ear = self.patience.map(|preset| Endpointer::with(&self.house.spine.detectors, preset, longest));
        let channels = channels as usize;
        self.recording = Some(Recording { intake, channels, sound: Vec::new(), ear, answered: false });
        Ok(())
    }

    async fn take(&mut self, event: &Event) -> Result<Vec<Event>, Trouble> {
        let Some(recording) = &mut self.recording else {
            return Err(Trouble("order", "audio-chunk without audio-start".into()));
        };
        if recording.answered {
            return Ok(Vec::new());
        }
        let mono = match recording.channels {
            1 => event.payload.clone(),
            _ => left(&event.payload),
        };
        let from = recording.sound.len();
        recording.intake.push(&mono, &mut recording.sound).map_err(|e| Trouble("bad-audio", e.to_string()))?;
        let limit = self.house.settings.limits.transcription_seconds as usize * crate::audio::RATE as usize;
        if recording.sound.len() > limit {
            self.recording = None;
            return Err(Trouble("too-long", "the audio is longer than this server hears at once".into()));
        }
        let Some(ear) = &mut recording.ear else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        ear.push(recording.sound.get(from..).unwrap_or_default(), &mut events);
        if !events.iter().any(|e| matches!(e, endpoint::Event::End { .. })) {
            return Ok(Vec::new());
        }
        recording.answered = true;
        let sound = ear.take().samples.into_vec();
        recording.sound = Vec::new();
        let mut answers = vec![Event::new("voice-stopped", Value::Null)];
        answers.extend(self.transcript(sound).await?);
        Ok(answers)
    }

    async fn transcript(&mut self, sound: Vec<f32>) -> Result<Vec<Event>, Trouble> {
        let samples = Samples::new(sound);
        let text = if samples.seconds() < SHORTEST {
            String::new()
        } else {
            let (spine, hints, until) = (self.house.spine.clone(), self.hints.clone(), self.deadline());
            let pieces = spine.transcribe_long(samples, hints, until);
            unless_gone(&mut self.read, pieces).await?.map_err(|e| Trouble("asr", e.to_string()))?
        };
        Ok(vec![
            Event::new("transcript-start", Value::Null),
            Event::new("transcript-chunk", json!({"text": text})),
            Event::new("transcript", json!({"text": text, "language": self.house.settings.locale})),
            Event::new("transcript-stop", Value::Null),
        ])
    }

    /// A sentence for the shop; the conversation is Home Assistant's.
    async fn handle(&mut self, event: &Event) -> Result<Event, Trouble> {
        let context = event.data.get("context").cloned().unwrap_or_default();
        let unread = |text: &str| Event::new("not-handled", json!({"text": text, "context": context}));
        let Ok(words) = Utterance::new(event.text("text").unwrap_or_default()) else { return Ok(unread("")) };
        let caller = self.caller(&context).await?;
        let spine = self.house.spine.clone();
        let turn = unless_gone(&mut self.read, spine.from_text(words, caller)).await?;
        let answer = turn.map_err(|e| Trouble("turn", e.to_string()))?;
        report(DOOR, &answer);
        let text = answer.reply.speech.text.as_str();
        if answer.reading.as_ref().is_none_or(|r| r.source == Source::Rejected) {
            return Ok(unread(text));
        }
        Ok(Event::new("handled", json!({"text": text, "context": context})))
    }

    /// What a sentence means, without doing it.
    async fn recognize(&mut self, event: &Event) -> Result<Event, Trouble> {
        let text = event.text("text").unwrap_or_default();
        let context = event.data.get("context").cloned().unwrap_or_default();
        let unread = || Event::new("not-recognized", json!({"text": text, "context": context}));
        let Ok(words) = Utterance::new(text) else { return Ok(unread()) };
        let caller = self.caller(&context).await?;
        let session = caller.session.as_ref().map(|s| (s, &caller.customer));
        let reading = self.house.spine.read(&words, session).await.map_err(|e| Trouble("turn", e.to_string()))?;
        if reading.source == Source::Rejected {
            return Ok(unread());
        }
        let entities: Vec<Value> = reading.slots.iter().map(|s| json!({"name": s.name, "value": s.value})).collect();
        Ok(Event::new(
            "intent",
            json!({"name": reading.intent, "entities": entities, "text": text, "context": context}),
        ))
    }

    async fn script_grows(&mut self, event: &Event) -> Result<Vec<Event>, Trouble> {
        let Some(script) = &mut self.script else {
            return Err(Trouble("order", "synthesize-chunk without synthesize-start".into()));
        };
        script.text.push_str(event.text("text").unwrap_or_default());
        if script.text.len() > LONGEST_TEXT {
            self.script = None;
            return Err(Trouble("too-long", "the text is longer than can be spoken".into()));
        }
        // Whole sentences are spoken while the rest is still being written; markup is whole only at its end.
        let Some(end) = (!script.ssml).then(|| sentence_end(&script.text)).flatten() else { return Ok(Vec::new()) };
        let rest = script.text.split_off(end);
        let (ready, voice) = (std::mem::replace(&mut script.text, rest), script.voice.clone());
        self.speak(&ready, Some(&voice), false).await
    }

    async fn speak(&mut self, text: &str, voice: Option<&Value>, ssml: bool) -> Result<Vec<Event>, Trouble> {
        let document = if ssml {
            text.to_owned()
        } else {
            let mut document = Ssml::new();
            document.text(text);
            document.finish()
        };
        let spine = self.house.spine.clone();
        let mut settings = spine.voice.clone();
        if let Some(name) = voice.and_then(|v| v.get("name")).and_then(Value::as_str).filter(|n| !n.is_empty()) {
            settings.voice = name.to_owned();
        }
        let until = self.deadline();
        let spoken = unless_gone(&mut self.read, spine.pronounce(&document, &settings, until)).await?;
        let speech = spoken.map_err(|e| Trouble("tts", e.to_string()))?;
        let format = json!({"rate": speech.rate, "width": 2, "channels": 1});
        let frames =
            Frames::new(&speech.pcm, speech.rate, Outgoing::Pcm16).map_err(|e| Trouble("tts", e.to_string()))?;
        let mut events = vec![Event::new("audio-start", format.clone())];
        events.extend(frames.map(|frame| Event::new("audio-chunk", format.clone()).with_payload(frame)));
        events.push(Event::new("audio-stop", Value::Null));
        Ok(events)
    }

    /// The conversation goes by Home Assistant's id; without one every sentence stands alone.
    async fn caller(&mut self, context: &Value) -> Result<Caller, Trouble> {
        let settings = &self.house.settings;
        let name = settings.wyoming.customer.as_deref().unwrap_or(&settings.shop.guest);
        let customer = (self.house.resolve)(format!("api:{name}")).await;
        let session = context.get("conversation_id").and_then(Value::as_str).map(|id| {
            let plain: String = id.chars().filter(char::is_ascii_graphic).take(200).collect();
            SessionId::new(&format!("w-{plain}"))
        });
        Ok(Caller {
            session: session.transpose().map_err(|e| Trouble("turn", e.to_string()))?,
            customer: customer.map_err(|e| Trouble("shop", e.to_string()))?,
            locale: settings.locale.clone(),
            request: RequestId::new(&self.house.spine.ids.next()).map_err(|e| Trouble("turn", e.to_string()))?,
            deadline: self.deadline(),
            speak: false,
            door: Default::default(),
        })
    }

    fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.house.settings.deadlines.turn_ms)
    }
}

/// The work's result, unless the caller hangs up: then the work is dropped and with it its place.
async fn unless_gone<T>(read: &mut BufReader<OwnedReadHalf>, work: impl Future<Output = T>) -> Result<T, Trouble> {
    let hung_up = async {
        match read.fill_buf().await {
            // Something waits to be read: the caller is there.
            Ok(bytes) if !bytes.is_empty() => std::future::pending().await,
            _ => (),
        }
    };
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = hung_up => Err(Trouble("gone", "the caller hung up".into())),
    }
}

/// The first of two channels.
fn left(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks_exact(4).filter_map(|frame| frame.get(..2)).flatten().copied().collect()
}

/// Just after the last whole sentence.
fn sentence_end(text: &str) -> Option<usize> {
    let mut ends = text.match_indices(['.', '!', '?', '\n']).filter(|(at, mark)| {
        let after = text.get(at + mark.len()..).and_then(|rest| rest.chars().next());
        *mark == "\n" || after.is_some_and(char::is_whitespace)
    });
    ends.next_back()
        .map(|(at, mark)| at + mark.len())
        .filter(|end| !text.get(..*end).unwrap_or_default().trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_another_may_begin() {
        for (text, ready) in [
            ("One. Two. Thr", Some("One. Two.")),
            ("It costs 3.50 dollars", None),
            ("Done.", None),
            ("Done.\nNext", Some("Done.\n")),
            (" \n", None),
        ] {
            assert_eq!(sentence_end(text).and_then(|end| text.get(..end)), ready, "{text:?}");
        }
    }
}
