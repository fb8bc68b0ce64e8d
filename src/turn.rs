//! One turn of the conversation, and the only file that knows the order of its stages:
//!
//! asr → language → dialogue → shop → dialogue → reply → tts
//!
//! Three doors lead in: samples, text, and a reading that someone else (Alexa) has already made. A conversation that is
//! heard while it is spoken ([`Live`]) takes the first stage by itself, again and again, and enters with the words.

mod call;
mod door;
mod locks;
mod pieces;

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use jiff::Zoned;

use crate::asr::{Bias, Recognizer, Transcript};
use crate::audio::Samples;
use crate::audio::detector::Detectors;
use crate::clock::{Clock, Ids};
use crate::dialogue::session::Answered;
use crate::dialogue::{Decision, Dialogue, Filled, Kept, Say, Session, SessionId, SessionStore};
use crate::language::{Reading, Source, Understander, Utterance, breath};
use crate::reply::{Manner, Phrases, Reply};
use crate::shop::Shop;
use crate::tts::{Speech, Synthesizer, TtsError, VoiceSettings};
use crate::webhook::{Ask, Told, Webhooks};

pub use call::{Answer, Caller, Timings, Trust, TurnError};
pub use door::{Door, Run};
pub use pieces::Live;

use locks::SessionLocks;

/// Every stage, tied together. Shared by all doors.
pub struct Spine {
    pub recognizer: Arc<dyn Recognizer>,
    pub dialogue: Dialogue,
    pub shop: Arc<dyn Shop>,
    pub sessions: Arc<dyn SessionStore>,
    pub synthesizer: Arc<dyn Synthesizer>,
    /// What hears in a live stream where somebody speaks.
    pub detectors: Detectors,
    pub voice: VoiceSettings,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub trust: Trust,
    words: ArcSwap<Words>,
    locks: SessionLocks,
}

/// The stages a [`Spine`] is made of.
pub struct Stages {
    pub recognizer: Arc<dyn Recognizer>,
    pub dialogue: Dialogue,
    pub shop: Arc<dyn Shop>,
    pub sessions: Arc<dyn SessionStore>,
    pub synthesizer: Arc<dyn Synthesizer>,
    pub detectors: Detectors,
    pub words: Words,
}

/// What a locale's folder says: what is understood, what is answered and by whom. May be replaced while serving.
#[derive(Clone)]
pub struct Words {
    pub understander: Arc<Understander>,
    pub phrases: Arc<Phrases>,
    pub webhooks: Arc<Webhooks>,
}

/// Steps of one turn: a product looked up, an offer made, an address asked for and the offer made again, never a loop.
const STEPS: usize = 6;

/// What came in through a door.
enum Input {
    Samples(Samples),
    Heard(Transcript),
    Text(Utterance),
    Reading(Reading),
}

impl Spine {
    pub fn new(stages: Stages, voice: VoiceSettings, trust: Trust, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let Stages { recognizer, dialogue, shop, sessions, synthesizer, detectors, words } = stages;
        Self {
            recognizer,
            dialogue,
            shop,
            sessions,
            synthesizer,
            detectors,
            voice,
            clock,
            ids,
            trust,
            words: ArcSwap::from_pointee(words),
            locks: SessionLocks::default(),
        }
    }

    /// What is understood and said now. A turn that is under way may begin with one and end with another.
    pub fn words(&self) -> Arc<Words> {
        self.words.load_full()
    }

    /// What reads utterances now.
    pub fn understander(&self) -> Arc<Understander> {
        self.words.load().understander.clone()
    }

    /// What is understood and said from the next turn on.
    pub fn set_words(&self, words: Words) {
        self.words.store(Arc::new(words));
    }

    /// A turn that begins with sound.
    pub async fn from_samples(&self, samples: Samples, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Samples(samples), caller).await
    }

    /// A turn that begins with words that were heard before, by [`hear`](Self::hear) or [`glimpse`](Self::glimpse).
    pub async fn from_transcript(&self, heard: Transcript, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Heard(heard), caller).await
    }

    /// A turn that begins with typed words.
    pub async fn from_text(&self, utterance: Utterance, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Text(utterance), caller).await
    }

    /// A turn whose intent and slots somebody else has named.
    pub async fn from_reading(&self, reading: Reading, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Reading(reading), caller).await
    }

    async fn run(&self, input: Input, caller: Caller) -> Result<Answer, TurnError> {
        let began = Instant::now();
        let deadline = caller.deadline.into();
        let mut timings = Timings::default();
        // On the heap: it is large, and whoever waits for it would carry, and copy, all of it.
        let turn = Box::pin(self.answer(input, &caller, &mut timings));
        let mut answer = tokio::time::timeout_at(deadline, turn).await.map_err(|_| TurnError::Deadline)??;
        if caller.speak {
            answer.speech = self.speak(&answer.reply, caller.deadline, &mut timings).await;
        }
        timings.total = began.elapsed();
        answer.timings = timings;
        Ok(answer)
    }

    async fn answer(&self, input: Input, caller: &Caller, timings: &mut Timings) -> Result<Answer, TurnError> {
        let id = match &caller.session {
            Some(id) => id.clone(),
            // A retry without a session must find the conversation its first try opened.
            None => SessionId::new(&format!("s-{:016x}", hash((caller.customer.as_str(), caller.request.as_str()))))?,
        };
        let _turn = self.locks.hold(&id).await;
        let _here = self.sessions.hold(&id).await?;
        let mut session = self.open(id, caller).await?;
        let fingerprint = input.fingerprint();

        if let Some(seen) = session.answered.iter().find(|a| a.request == caller.request) {
            if seen.fingerprint != 0 && seen.fingerprint != fingerprint {
                return Err(TurnError::RequestReused(caller.request.as_str().to_owned()));
            }
            let reply = self.word(&seen.say, &session, caller);
            let (reading, open, say) = (seen.reading.clone(), !seen.ended, seen.say.clone());
            let latest = session.answered.last().is_some_and(|a| a.request == caller.request);
            let asks = latest.then(|| self.dialogue.asks(&session)).flatten();
            return Ok(Answer {
                session: session.id,
                open,
                transcript: None,
                reading,
                say,
                asks,
                reply,
                speech: None,
                timings: *timings,
            });
        }

        let secret = self.dialogue.expects_secret(&session);
        let (mut transcript, mut reading) = match input {
            Input::Samples(samples) => {
                let expectation = self.dialogue.expectation(&session);
                let bias = Bias { phrases: self.understander().bias(&expectation), ..Bias::default() };
                let transcript = self.recognizer.recognize(samples, bias, caller.deadline).await?;
                let transcript = self.sensible(transcript, &expectation);
                (timings.queue, timings.recognition) = (transcript.queued, transcript.took);
                let reading = self.understand_heard(&transcript, &mut session, timings);
                (Some(transcript), reading)
            }
            Input::Heard(transcript) => {
                (timings.queue, timings.recognition) = (transcript.queued, transcript.took);
                let reading = self.understand_heard(&transcript, &mut session, timings);
                (Some(transcript), reading)
            }
            Input::Text(words) => (None, Some(self.understand(&words, &mut session, timings))),
            Input::Reading(reading) => (None, Some(reading)),
        };
        let doubted = transcript.as_ref().is_some_and(|t| t.confidence < self.trust.doubt);
        let say = match &reading {
            None => self.dialogue.not_heard(&mut session),
            Some(reading) if doubted => match self.dialogue.doubt(&mut session, reading) {
                Some(say) => say,
                None => self.converse(&mut session, reading, caller, timings).await?,
            },
            Some(reading) => self.converse(&mut session, reading, caller, timings).await?,
        };
        let say = self.dialogue.onward(&mut session, say);
        let told = reading.as_ref().is_some_and(|r| self.dialogue.was_secret(&mut session, r));
        let secret = secret || told;
        if secret {
            self.dialogue.forget_words(&mut session);
            reading = reading.map(Reading::without_words);
            transcript = transcript.map(Transcript::without_words);
        }

        let say = Kept::new(say);
        let mut reply = self.word(&say, &session, caller);
        session.record(reading.as_ref(), if say.is_secret() { "" } else { &reply.speech.text });
        let open = reply.keep_open;
        if !open {
            reply.reprompt = None;
        }
        session.remember(Answered {
            request: caller.request.clone(),
            // Four digits could be found from their hash.
            fingerprint: if secret { 0 } else { fingerprint },
            say: say.clone(),
            reading: reading.clone(),
            ended: !open,
        });
        session.touched = self.clock.now();
        let id = session.id.clone();
        let asks = self.dialogue.asks(&session);
        self.sessions.save(session).await?;
        Ok(Answer { session: id, open, transcript, reading, say, asks, reply, speech: None, timings: *timings })
    }

    async fn open(&self, id: SessionId, caller: &Caller) -> Result<Session, TurnError> {
        let kept = self.sessions.load(&id).await?;
        // A session belongs to whoever opened it: another customer under the same id starts afresh.
        let mine = kept.filter(|s| s.customer == caller.customer);
        if let Some(mine) = mine {
            return Ok(mine);
        }
        let mut fresh = Session::new(id, caller.customer.clone(), &caller.locale, self.clock.now());
        let told = self.preferences(&caller.customer, &caller.request, caller.deadline).await;
        fresh.brief = told.is_brief();
        fresh.pace = told.pace.unwrap_or(fresh.pace);
        Ok(fresh)
    }

    fn understand_heard(&self, heard: &Transcript, session: &mut Session, timings: &mut Timings) -> Option<Reading> {
        let words = Utterance::new(&heard.text).ok()?;
        let later = session.later.clone();
        let reading = self.understand(&words, session, timings);
        let expected = self.dialogue.expectation(session).intents.contains(&reading.intent);
        if !self.trust.hears(heard.confidence, &reading, expected) {
            session.later = later;
            return None;
        }
        Some(reading)
    }

    /// The first request in the words; further ones wait in the session for their turn.
    fn understand(&self, words: &Utterance, session: &mut Session, timings: &mut Timings) -> Reading {
        let began = Instant::now();
        let today = self.clock.here().date();
        let expect = self.dialogue.expectation(session);
        let read = |words: &Utterance| self.understander().read(words, &expect, today);
        // A complaint is one thing, however many sentences it has.
        let whole = self.dialogue.expects_words(session);
        let requests = if whole { Vec::new() } else { breath::requests(words.as_str()) };
        let several: Option<Vec<Reading>> = (requests.len() > 1).then(|| {
            let readings = requests.iter().filter_map(|r| Utterance::new(r).ok()).map(|r| read(&r));
            readings.filter(|r| r.source != Source::Rejected).collect()
        });
        let reading = match several {
            // Unless each part means something by itself, it was one request after all.
            Some(mut readings) if readings.len() == requests.len() => {
                let first = readings.remove(0);
                session.later = readings;
                first
            }
            _ => read(words),
        };
        timings.understanding = began.elapsed();
        reading
    }

    async fn converse(
        &self,
        session: &mut Session,
        reading: &Reading,
        caller: &Caller,
        timings: &mut Timings,
    ) -> Result<Say, TurnError> {
        let here = self.here(caller);
        let filled = match self.dialogue.fill(session, self.understander().model(), reading, here.date()) {
            Filled::Say(say) => return Ok(say),
            Filled::Reading(reading) => reading,
        };
        if self.words.load().webhooks.answers(&filled.intent) {
            return Ok(Box::pin(self.ask_outside(session, &filled, caller)).await);
        }
        session.barred = caller.door.barred.clone();
        let mut decision = self.dialogue.decide(session, &filled, &here);
        // "Add the second one" may need a product looked up before it can be added: a few steps, never a loop.
        for _ in 0..STEPS {
            let act = match decision {
                Decision::Say(say) => return Ok(say),
                Decision::Act(act) => act,
                Decision::Errand(errand) => {
                    let brought = caller.door.run(errand.clone(), caller.deadline).await;
                    decision = self.dialogue.returned(session, errand, brought);
                    continue;
                }
            };
            let began = Instant::now();
            let outcome = self.shop.perform(act, &caller.customer, &caller.request).await?;
            timings.shop += began.elapsed();
            decision = self.dialogue.settle(session, outcome);
        }
        match decision {
            Decision::Say(say) => Ok(say),
            further => {
                tracing::error!(?further, "the dialogue asked for more steps than a turn has");
                Ok(Say::Trouble)
            }
        }
    }

    /// Has a service of the merchant's answer. It is a change of subject like any other: a "yes" after it buys nothing.
    async fn ask_outside(&self, session: &mut Session, reading: &Reading, caller: &Caller) -> Say {
        session.question = None;
        session.misses = 0;
        let (id, customer) = (session.id.as_str(), caller.customer.as_str());
        let ask = Ask::new(reading, caller.request.as_str(), id, customer, &caller.locale);
        match self.words.load().webhooks.ask(&ask, self.clock.now(), caller.deadline).await {
            Ok(Told { speech, reprompt, end }) => Say::Told { words: speech, reprompt, end },
            Err(error) => {
                tracing::error!(%error, "apologised in place of a webhook");
                Say::Trouble
            }
        }
    }

    /// Now, where the shopper is.
    fn here(&self, caller: &Caller) -> Zoned {
        match &caller.door.zone {
            Some(zone) => self.clock.now().to_zoned(zone.clone()),
            None => self.clock.here(),
        }
    }

    fn word(&self, say: &Say, session: &Session, caller: &Caller) -> Reply {
        let manner = Manner { pace: session.pace, brief: session.brief, ..Manner::usual(&self.here(caller)) };
        self.words.load().phrases.render(say, &manner)
    }

    /// The reply's audio, or none: words without sound are better than no answer.
    async fn speak(&self, reply: &Reply, deadline: Instant, timings: &mut Timings) -> Option<Speech> {
        match self.synthesizer.synthesize(&reply.speech.ssml, &self.voice, deadline).await {
            Ok(speech) => {
                timings.synthesis = speech.took;
                Some(speech)
            }
            Err(error @ (TtsError::Deadline | TtsError::Overloaded)) => {
                tracing::warn!(%error, "answering without audio");
                None
            }
            Err(error) => {
                tracing::error!(%error, "answering without audio");
                None
            }
        }
    }
}

impl Input {
    fn fingerprint(&self) -> u64 {
        match self {
            Self::Samples(s) => s.as_slice().iter().fold(hash(s.as_slice().len()), |h, v| hash((h, v.to_bits()))),
            Self::Heard(heard) => hash(&heard.text),
            Self::Text(words) => hash(words.as_str()),
            Self::Reading(r) => r.slots.iter().fold(hash(&r.intent), |h, s| hash((h, &s.name, &s.value))),
        }
    }
}

fn hash(value: impl Hash) -> u64 {
    // Not std's default hasher: the value is stored, so it must be the same in the next release.
    let mut hasher = rustc_hash::FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
