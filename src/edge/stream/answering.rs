//! Utterances that are over in, answers down the line: one after the other, each with its transcript, intent, reply and
//! sound. Knows nothing of how an utterance was found.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::line::{Gone, Line};
use super::protocol::{Ended, Event};
use super::{DOOR, Terms, mouth};
use crate::asr::{AsrError, Transcript};
use crate::audio::Samples;
use crate::edge::Doors;
use crate::edge::intake::{admit, deadline};
use crate::edge::problem::Refusal;
use crate::edge::voice::{TurnBody, report};
use crate::language::Utterance;
use crate::shop::RequestId;
use crate::telemetry::metrics;
use crate::turn::{Answer, Caller, Live, TurnError};

/// Less voice than this, without a word in it, was a cough or a door: nothing is said to it.
const COUGH: Duration = Duration::from_millis(480);

/// A recognition that is under way.
pub type Looking = AbortOnDropHandle<Result<Transcript, AsrError>>;

/// One turn to be answered.
pub struct Ask {
    pub utterance: u32,
    pub input: Input,
}

pub enum Input {
    Spoken {
        samples: Samples,
        voiced: Duration,
        live: Arc<Live>,
        /// What was heard when the speaker paused, if that is all there is.
        words: Words,
    },
    Typed(Utterance),
}

/// How far recognition has come when an utterance ends.
pub enum Words {
    Known(Transcript),
    Coming(Looking),
    None,
}

/// What the listener and the answerer of one conversation share.
pub struct Shared {
    pub doors: Arc<Doors>,
    pub terms: Terms,
    pub line: Line,
    /// The newest utterance that has begun: older replies are not begun any more.
    begun: AtomicU32,
    speaking: AtomicBool,
    /// Turns that are not finished, their sound included.
    open: AtomicUsize,
    mouth: Mutex<(CancellationToken, Ended)>,
}

impl Shared {
    pub fn new(doors: Arc<Doors>, terms: Terms, line: Line) -> Self {
        let mouth = Mutex::new((CancellationToken::new(), Ended::BargeIn));
        let (begun, speaking, open) = (AtomicU32::new(0), AtomicBool::new(false), AtomicUsize::new(0));
        Self { doors, terms, line, begun, speaking, open, mouth }
    }

    /// Somebody began to speak: what is being said stops, and replies to what was said before stay silent.
    pub fn interrupt(&self, utterance: u32) {
        self.begun.store(utterance, Ordering::SeqCst);
        self.hush(Ended::BargeIn);
    }

    /// Stops what is being said.
    pub fn hush(&self, why: Ended) {
        let mut mouth = self.mouth.lock().unwrap_or_else(PoisonError::into_inner);
        mouth.1 = why;
        mouth.0.cancel();
    }

    pub fn speaking(&self) -> bool {
        self.speaking.load(Ordering::SeqCst)
    }

    /// Whether a turn is under way.
    pub fn busy(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }

    /// Counts a turn as under way until [`Shared::answered`].
    pub fn asked(&self) {
        self.open.fetch_add(1, Ordering::SeqCst);
    }

    pub fn answered(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers until nothing more is asked or the client has gone.
pub async fn answer_all(shared: Arc<Shared>, mut asked: mpsc::Receiver<Ask>) {
    while let Some(ask) = asked.recv().await {
        let gone = answer(&shared, ask).await.is_err();
        shared.answered();
        if gone {
            break;
        }
    }
}

async fn answer(shared: &Shared, ask: Ask) -> Result<(), Gone> {
    let utterance = ask.utterance;
    match turn(shared, ask).await {
        Ok(Some(answer)) => reply(shared, utterance, answer).await,
        Ok(None) => Ok(()),
        Err(Failed::Gone) => Err(Gone),
        Err(Failed::Refused(refusal)) => shared.line.tell(&Event::refusal(&refusal, Some(utterance), false)).await,
    }
}

enum Failed {
    Gone,
    Refused(Refusal),
}

impl From<Gone> for Failed {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl From<TurnError> for Failed {
    fn from(error: TurnError) -> Self {
        metrics::refused(DOOR, crate::edge::voice::reason(&error));
        Self::Refused(error.into())
    }
}

async fn turn(shared: &Shared, ask: Ask) -> Result<Option<Answer>, Failed> {
    let Shared { doors, terms, line, .. } = shared;
    let _place = admit(doors, DOOR).map_err(Failed::Refused)?;
    let request = RequestId::new(&doors.spine.ids.next()).map_err(|e| TurnError::Session(bad_id(&e)))?;
    let caller = Caller { request, deadline: deadline(doors, Instant::now()), speak: false, ..terms.caller.clone() };
    let answer = match ask.input {
        Input::Typed(words) => doors.spine.from_text(words, caller).await?,
        Input::Spoken { samples, voiced, live, words } => {
            let heard = hear(shared, samples, &live, words, caller.deadline).await?;
            let (text, confidence) = (heard.text.as_str(), heard.confidence);
            line.tell(&Event::Transcript { utterance: ask.utterance, text, confidence }).await?;
            if heard.text.is_empty() && voiced < COUGH {
                return Ok(None);
            }
            doors.spine.from_transcript(heard, caller).await?
        }
    };
    report(DOOR, &answer);
    Ok(Some(answer))
}

/// Request ids are made here, so one that is refused is a fault of ours and ends as any other.
fn bad_id(error: &dyn std::fmt::Display) -> crate::dialogue::SessionError {
    tracing::error!(%error, "a request id was refused");
    crate::dialogue::SessionError::Id
}

/// The words of the utterance: those found at its last pause, or found now.
async fn hear(
    shared: &Shared,
    samples: Samples,
    live: &Live,
    words: Words,
    deadline: Instant,
) -> Result<Transcript, TurnError> {
    let found = match words {
        Words::Known(heard) => Some(heard),
        Words::Coming(looking) => looking.await.ok().and_then(Result::ok),
        Words::None => None,
    };
    match found {
        Some(heard) => Ok(heard),
        None => Ok(shared.doors.spine.hear(samples, live, deadline).await?),
    }
}

async fn reply(shared: &Shared, utterance: u32, answer: Answer) -> Result<(), Gone> {
    let line = &shared.line;
    let TurnBody { intent, slots, speech, reprompt, card, session, timings, .. } = TurnBody::from(&answer);
    line.tell(&Event::Intent { utterance, intent, slots }).await?;
    line.tell(&Event::Reply { utterance, speech, reprompt, card, session, timings }).await?;
    let Some(output) = shared.terms.output else { return Ok(()) };
    let spine = &shared.doors.spine;
    let until = deadline(&shared.doors, Instant::now());
    let speech = match spine.pronounce(&answer.reply.speech.ssml, &spine.voice, until).await {
        Ok(speech) => speech,
        Err(error) => {
            tracing::error!(%error, "a reply was not spoken");
            return line.tell(&Event::AudioEnd { utterance, reason: Ended::Failed }).await;
        }
    };
    let stop = CancellationToken::new();
    {
        let mut mouth = shared.mouth.lock().unwrap_or_else(PoisonError::into_inner);
        *mouth = (stop.clone(), Ended::BargeIn);
    }
    // Looked at after the token is in place, so that an interruption is seen here or there.
    if shared.begun.load(Ordering::SeqCst) > utterance {
        return line.tell(&Event::AudioEnd { utterance, reason: Ended::BargeIn }).await;
    }
    shared.speaking.store(true, Ordering::SeqCst);
    let spoken = mouth::speak(line, utterance, speech, output, shared.terms.paced, &stop).await;
    shared.speaking.store(false, Ordering::SeqCst);
    if !spoken? {
        let reason = shared.mouth.lock().unwrap_or_else(PoisonError::into_inner).1;
        line.tell(&Event::AudioEnd { utterance, reason }).await?;
    }
    Ok(())
}
