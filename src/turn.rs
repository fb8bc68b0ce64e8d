//! One turn of the conversation, and the only file that knows the order of its stages:
//!
//! asr → language → dialogue → shop → dialogue → reply → tts
//!
//! Three doors lead in: samples, text, and a reading that someone else (Alexa) has already made.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::asr::{AsrError, Bias, Recognizer, Transcript};
use crate::audio::Samples;
use crate::clock::{Clock, Ids};
use crate::dialogue::session::Answered;
use crate::dialogue::{Asks, Decision, Dialogue, Filled, Say, Session, SessionError, SessionId, SessionStore};
use crate::language::{Reading, Understander, Utterance};
use crate::reply::{Manner, Phrases, Reply};
use crate::shop::{Act, CustomerId, Order, Outcome, RequestId, Shop, ShopError};
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
    pub understander: Arc<Understander>,
    pub dialogue: Dialogue,
    pub shop: Arc<dyn Shop>,
    pub sessions: Arc<dyn SessionStore>,
    pub phrases: Arc<Phrases>,
    pub synthesizer: Arc<dyn Synthesizer>,
    pub voice: VoiceSettings,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub trust: Trust,
    webhooks: Webhooks,
    locks: SessionLocks,
}

/// The stages a [`Spine`] is made of.
pub struct Stages {
    pub recognizer: Arc<dyn Recognizer>,
    pub understander: Arc<Understander>,
    pub dialogue: Dialogue,
    pub shop: Arc<dyn Shop>,
    pub sessions: Arc<dyn SessionStore>,
    pub phrases: Arc<Phrases>,
    pub synthesizer: Arc<dyn Synthesizer>,
    pub webhooks: Webhooks,
}

/// What came in through a door.
enum Input {
    Samples(Samples),
    Text(Utterance),
    Reading(Reading),
}

impl Spine {
    pub fn new(stages: Stages, voice: VoiceSettings, trust: Trust, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let Stages { recognizer, understander, dialogue, shop, sessions, phrases, synthesizer, webhooks } = stages;
        Self {
            recognizer,
            understander,
            dialogue,
            shop,
            sessions,
            phrases,
            synthesizer,
            voice,
            clock,
            ids,
            trust,
            webhooks,
            locks: SessionLocks::default(),
        }
    }

    /// A turn that begins with sound.
    pub async fn from_samples(&self, samples: Samples, caller: Caller) -> Result<Answer, TurnError> {
        self.run(Input::Samples(samples), caller).await
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
        let mut session = self.open(id, caller).await?;
        let fingerprint = input.fingerprint();

        if let Some(seen) = session.answered.iter().find(|a| a.request == caller.request) {
            if seen.fingerprint != fingerprint {
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

        let (transcript, reading) = match input {
            Input::Samples(samples) => {
                let transcript = self.hear(samples, &session, caller.deadline, timings).await?;
                let reading = self.understand_heard(&transcript, &session, timings);
                (Some(transcript), reading)
            }
            Input::Text(words) => (None, Some(self.understand(&words, &session, timings))),
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

        let say = Arc::new(say);
        let mut reply = self.word(&say, &session);
        let open = reply.keep_open;
        if !open {
            reply.reprompt = None;
        }
        session.remember(Answered {
            request: caller.request.clone(),
            fingerprint,
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
        Ok(mine.unwrap_or_else(|| Session::new(id, caller.customer.clone(), &caller.locale, self.clock.now())))
    }

    async fn hear(
        &self,
        samples: Samples,
        session: &Session,
        deadline: Instant,
        timings: &mut Timings,
    ) -> Result<Transcript, TurnError> {
        let bias = Bias { phrases: self.understander.bias(&self.dialogue.expectation(session)) };
        let transcript = self.recognizer.recognize(samples, bias, deadline).await?;
        timings.queue = transcript.queued;
        timings.recognition = transcript.took;
        Ok(transcript)
    }

    fn understand_heard(&self, heard: &Transcript, session: &Session, timings: &mut Timings) -> Option<Reading> {
        if heard.confidence < self.trust.reject {
            return None;
        }
        let words = Utterance::new(&heard.text).ok()?;
        Some(self.understand(&words, session, timings))
    }

    fn understand(&self, words: &Utterance, session: &Session, timings: &mut Timings) -> Reading {
        let began = Instant::now();
        let today = self.clock.here().date();
        let reading = self.understander.read(words, &self.dialogue.expectation(session), today);
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
        let filled = match self.dialogue.fill(session, self.understander.model(), reading, here.date()) {
            Filled::Say(say) => return Ok(say),
            Filled::Reading(reading) => reading,
        };
        if self.webhooks.answers(&filled.intent) {
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
        match self.webhooks.ask(&ask, self.clock.now(), caller.deadline).await {
            Ok(Told { speech, reprompt, end }) => Say::Told { words: speech, reprompt, end },
            Err(error) => {
                tracing::error!(%error, "apologised in place of a webhook");
                Say::Trouble
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

    fn word(&self, say: &Say, session: &Session) -> Reply {
        self.phrases
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
