//! One turn of the conversation, and the only file that knows the order of its stages:
//!
//! asr → language → dialogue → shop → dialogue → reply → tts
//!
//! Three doors lead in: samples, text, and a reading that someone else (Alexa) has already made. A conversation that is
//! heard while it is spoken ([`Live`]) takes the first stage by itself, again and again, and enters with the words.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use crate::asr::{AsrError, Bias, Recognizer, Transcript};
use crate::audio::endpoint::Outlook;
use crate::audio::live::Outgoing;
use crate::audio::opus::ENCODED_RATE;
use crate::audio::{Samples, vad};
use crate::clock::{Clock, Ids};
use crate::dialogue::session::Answered;
use crate::dialogue::{Asks, Decision, Dialogue, Filled, Say, Session, SessionError, SessionId, SessionStore};
use crate::language::{Closing, Expectation, Reading, Source, Understander, Utterance, breath};
use crate::reply::{Manner, Phrases, Reply};
use crate::shop::preferences::Preferences;
use crate::shop::{Act, CustomerId, Order, Outcome, Product, RequestId, Search, Shop, ShopError};
use crate::tts::{Speech, Synthesizer, TtsError, VoiceSettings};
use crate::webhook::{Ask, Told, Webhooks};

/// Orders looked at for names that may be spoken.
const LAST_ORDERS: u32 = 10;

/// Who asks, and under what terms.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The conversation this belongs to; a new one is opened when absent or lapsed.
    pub session: Option<SessionId>,
    pub customer: CustomerId,
    pub locale: String,
    /// The same request sent twice carries the same id and gets the same answer.
    pub request: RequestId,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Whether audio of the reply is wanted.
    pub speak: bool,
}

/// What goes back out of the door.
#[derive(Clone, Debug)]
pub struct Answer {
    pub session: SessionId,
    /// Whether the session stays open for another turn.
    pub open: bool,
    pub transcript: Option<Transcript>,
    pub reading: Option<Reading>,
    /// What is said, for doors that show it too.
    pub say: Arc<Say>,
    /// What the shopper is asked to fill or to confirm next, if anything.
    pub asks: Option<Asks>,
    pub reply: Reply,
    /// Absent when not asked for, or when synthesis failed (the words are still there).
    pub speech: Option<Speech>,
    pub timings: Timings,
}

/// Time spent in each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    pub queue: Duration,
    pub recognition: Duration,
    pub understanding: Duration,
    pub shop: Duration,
    pub synthesis: Duration,
    pub total: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error(transparent)]
    Asr(#[from] AsrError),
    #[error(transparent)]
    Shop(#[from] ShopError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("the turn did not finish before its deadline")]
    Deadline,
    #[error("request id {0:?} was already used for a different request")]
    RequestReused(String),
}

/// What a recogniser must reach before its words are acted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// Below this, nothing was heard.
    pub reject: f32,
    /// Below this, the shopper is asked "did you say ...?" first.
    pub doubt: f32,
}

impl Default for Trust {
    fn default() -> Self {
        Self { reject: 0.35, doubt: 0.6 }
    }
}

/// Every stage, tied together. Shared by all doors.
pub struct Spine {
    pub recognizer: Arc<dyn Recognizer>,
    pub dialogue: Dialogue,
    pub shop: Arc<dyn Shop>,
    pub sessions: Arc<dyn SessionStore>,
    pub synthesizer: Arc<dyn Synthesizer>,
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
    pub words: Words,
}

/// What a locale's folder says: what is understood, what is answered and by whom. May be replaced while serving.
#[derive(Clone)]
pub struct Words {
    pub understander: Arc<Understander>,
    pub phrases: Arc<Phrases>,
    pub webhooks: Arc<Webhooks>,
}

/// What the next words of a conversation may be, for whoever hears it while it is spoken.
#[derive(Clone, Debug)]
pub struct Live {
    expectation: Expectation,
    bias: Bias,
    /// Whether the shopper has asked to be spoken to more slowly: who listens slowly often speaks slowly.
    pub unhurried: bool,
}

/// What came in through a door.
enum Input {
    Samples(Samples),
    Heard(Transcript),
    Text(Utterance),
    Reading(Reading),
}

impl Spine {
    pub fn new(stages: Stages, voice: VoiceSettings, trust: Trust, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let Stages { recognizer, dialogue, shop, sessions, synthesizer, words } = stages;
        Self {
            recognizer,
            dialogue,
            shop,
            sessions,
            synthesizer,
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

    /// What this customer's conversation waits for now.
    pub async fn live(&self, session: &SessionId, customer: &CustomerId) -> Result<Live, TurnError> {
        let kept = self.sessions.load(session).await?.filter(|s| s.customer == *customer);
        let unhurried = kept.as_ref().is_some_and(|s| s.pace < 100);
        let expectation = kept.map_or_else(Expectation::default, |s| self.dialogue.expectation(&s));
        let bias = Bias { phrases: self.understander().bias(&expectation) };
        Ok(Live { expectation, bias, unhurried })
    }

    /// The words of a whole utterance.
    pub async fn hear(&self, samples: Samples, live: &Live, deadline: Instant) -> Result<Transcript, AsrError> {
        self.recognizer.recognize(samples, live.bias.clone(), deadline).await
    }

    /// The words of an utterance so far, if a worker has nothing better to do.
    pub async fn glimpse(&self, samples: Samples, live: &Live, deadline: Instant) -> Result<Transcript, AsrError> {
        self.recognizer.glimpse(samples, live.bias.clone(), deadline).await
    }

    /// Samples a second that spoken replies have on a live stream.
    pub fn rate(&self, outgoing: Outgoing) -> u32 {
        match outgoing {
            Outgoing::Pcm16 => self.synthesizer.rate(),
            Outgoing::Opus => ENCODED_RATE,
        }
    }

    /// What words so far suggest about the rest.
    pub fn outlook(&self, heard: &Transcript, live: &Live) -> Outlook {
        let Ok(words) = Utterance::new(&heard.text) else { return Outlook::Unknown };
        // Words that are half a guess must not cut anybody short.
        let sure = heard.confidence >= self.trust.doubt;
        match self.understander().closing(&words, &live.expectation, self.clock.here().date()) {
            Closing::Complete if sure => Outlook::Complete,
            Closing::Open => Outlook::Open,
            Closing::Complete | Closing::Unknown => Outlook::Unknown,
        }
    }

    /// A turn that begins with typed words.
    pub async fn from_text(&self, utterance: Utterance, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Text(utterance), caller).await
    }

    /// A turn whose intent and slots somebody else has named.
    pub async fn from_reading(&self, reading: Reading, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Reading(reading), caller).await
    }

    /// The words of a clip, for a caller who wants no turn. `hints` are listened for before the shop's own names.
    pub async fn transcribe(
        &self,
        samples: Samples,
        hints: Vec<String>,
        deadline: Instant,
    ) -> Result<Transcript, AsrError> {
        let mut bias = Bias { phrases: hints };
        bias.phrases.extend(self.understander().bias(&Expectation::default()));
        self.recognizer.recognize(samples, bias, deadline).await
    }

    /// The words of a recording that may be longer than the recogniser's window: heard piece by piece, cut at pauses.
    pub async fn transcribe_long(
        &self,
        samples: Samples,
        hints: Vec<String>,
        deadline: Instant,
    ) -> Result<String, AsrError> {
        let mut words = Vec::new();
        let allowed = deadline.saturating_duration_since(Instant::now());
        for piece in vad::split(&samples, &vad::Settings::default(), &vad::Split::default()) {
            let sound = samples.as_slice().get(piece.start..piece.end).unwrap_or_default().to_vec();
            // Each piece is a turn's worth of work and gets a turn's time.
            let heard = self.transcribe(Samples::new(sound), hints.clone(), Instant::now() + allowed).await?;
            words.extend((!heard.text.is_empty()).then_some(heard.text));
        }
        Ok(words.join(" "))
    }

    /// What words mean in a conversation, or by themselves, without doing anything about it.
    pub async fn read(
        &self,
        words: &Utterance,
        session: Option<(&SessionId, &CustomerId)>,
    ) -> Result<Reading, TurnError> {
        let expectation = match session {
            Some((session, customer)) => self.live(session, customer).await?.expectation,
            None => Expectation::default(),
        };
        Ok(self.understander().read(words, &expectation, self.clock.here().date()))
    }

    /// The sound of a `<speak>` document, for a caller who wants no turn.
    pub async fn pronounce(&self, ssml: &str, voice: &VoiceSettings, deadline: Instant) -> Result<Speech, TtsError> {
        self.synthesizer.synthesize(ssml, voice, deadline).await
    }

    async fn run(&self, input: Input, caller: Caller) -> Result<Answer, TurnError> {
        let began = Instant::now();
        let deadline = caller.deadline.into();
        let mut timings = Timings::default();
        let turn = self.answer(input, &caller, &mut timings);
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
            let reply = self.word(&seen.say, &session);
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
                let bias = Bias { phrases: self.understander().bias(&expectation) };
                let transcript = self.recognizer.recognize(samples, bias, caller.deadline).await?;
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

        let say = Arc::new(say);
        let mut reply = self.word(&say, &session);
        session.record(reading.as_ref(), &reply.speech.text);
        let open = reply.keep_open;
        if !open {
            reply.reprompt = None;
        }
        session.remember(Answered {
            request: caller.request.clone(),
            // Four digits could be found from their hash.
            fingerprint: if secret { 0 } else { fingerprint },
            say: Arc::clone(&say),
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
        fresh.pace = told.pace.unwrap_or(fresh.pace);
        Ok(fresh)
    }

    fn understand_heard(&self, heard: &Transcript, session: &mut Session, timings: &mut Timings) -> Option<Reading> {
        if heard.confidence < self.trust.reject {
            return None;
        }
        let words = Utterance::new(&heard.text).ok()?;
        Some(self.understand(&words, session, timings))
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
        let here = self.clock.here();
        let filled = match self.dialogue.fill(session, self.understander().model(), reading, here.date()) {
            Filled::Say(say) => return Ok(say),
            Filled::Reading(reading) => reading,
        };
        if self.words.load().webhooks.answers(&filled.intent) {
            return Ok(self.ask_outside(session, &filled, caller).await);
        }
        let mut decision = self.dialogue.decide(session, &filled, &here);
        // "Add the second one" may need a product looked up before it can be added: a few steps, never a loop.
        for _ in 0..3 {
            let act = match decision {
                Decision::Say(say) => return Ok(say),
                Decision::Act(act) => act,
            };
            let began = Instant::now();
            let outcome = self.shop.perform(act, &caller.customer, &caller.request).await?;
            timings.shop += began.elapsed();
            decision = self.dialogue.settle(session, outcome);
        }
        match decision {
            Decision::Say(say) => Ok(say),
            Decision::Act(act) => {
                tracing::error!(?act, "the dialogue asked for a fourth act in one turn");
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

    /// What the customer told about themselves; nothing where the shop does not answer in time.
    pub async fn preferences(&self, customer: &CustomerId, request: &RequestId, deadline: Instant) -> Preferences {
        let asked = self.shop.perform(Act::ShowPreferences, customer, request);
        match tokio::time::timeout_at(deadline.into(), asked).await {
            Ok(Ok(Outcome::Preferences { preferences, .. })) => preferences,
            Ok(Ok(_)) | Err(_) => Preferences::default(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a customer's preferences could not be read");
                Preferences::default()
            }
        }
    }

    /// The customer's last orders, newest first, for doors that want to know what may be spoken of; none where the shop
    /// does not answer in time.
    pub async fn bought_before(&self, customer: &CustomerId, request: &RequestId, deadline: Instant) -> Vec<Order> {
        let list = self.shop.perform(Act::ListOrders { limit: LAST_ORDERS }, customer, request);
        match tokio::time::timeout_at(deadline.into(), list).await {
            Ok(Ok(Outcome::Orders(orders))) => orders,
            Ok(Ok(_)) | Err(_) => Vec::new(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the last orders could not be listed");
                Vec::new()
            }
        }
    }

    /// Another part of the last search of a conversation, as (first place from 0, how many): products and how many
    /// there are in all. None where the conversation has no search like this any more.
    pub async fn more_results(
        &self,
        session: &SessionId,
        customer: &CustomerId,
        request: &RequestId,
        same: impl Fn(&Search) -> bool,
        (offset, limit): (u32, u32),
    ) -> Result<Option<(Vec<Product>, u32)>, TurnError> {
        let kept = self.sessions.load(session).await?.filter(|s| s.customer == *customer);
        let Some(results) = kept.and_then(|s| s.results).filter(|r| same(&r.search)) else { return Ok(None) };
        let search = Search { offset, limit, ..results.search };
        match self.shop.perform(Act::Search(search), customer, request).await? {
            Outcome::Found { products, total, .. } => Ok(Some((products, total))),
            _ => Ok(None),
        }
    }

    fn word(&self, say: &Say, session: &Session) -> Reply {
        self.words
            .load()
            .phrases
            .render(say, &Manner { pace: session.pace, today: self.clock.here().date(), zone: self.clock.zone() })
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

/// One turn at a time in each conversation.
#[derive(Default)]
struct SessionLocks(std::sync::Mutex<std::collections::HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>>);

impl SessionLocks {
    async fn hold(&self, id: &SessionId) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            // Locks that nobody holds are forgotten here, so that the table stays as small as the traffic.
            if locks.len() >= 1024 {
                locks.retain(|_, l| Arc::strong_count(l) > 1);
            }
            locks.entry(id.clone()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
