//! One believed request: its envelope in, the bytes of a legal response out, whatever happens on the way. Refuses to
//! know who signed it; knows the spine only as a place that answers readings.

pub mod could;
pub mod directives;
pub mod errands;
pub mod identity;
pub mod reading;
mod zones;

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::envelope::lenient::Text;
use super::envelope::response::Ask;
use super::envelope::{Class, Envelope, class, response};
use super::screen::{self, list, sound, touch};
use super::services::{self, Access};
use super::{AlexaError, AlexaSettings};
use crate::dialogue::Say;
use crate::edge::linking::{Linking, LinkingError};
use crate::language::Reading;
use crate::reply::{Manner, Reply};
use crate::shop::{Act, CustomerId, RequestId, Search, ShopError};
use crate::telemetry::metrics::{self, StageTimes};
use crate::turn::{Answer, Caller, Door, Spine, Timings, TurnError};

/// Who stands behind `alexa:person:…` or `alexa:user:…` in the shop; given by whoever builds the server.
pub type Resolve = std::sync::Arc<dyn Fn(String) -> BoxFuture<'static, Result<CustomerId, ShopError>> + Send + Sync>;

/// Spoken of by name because it is what opening a skill means to the dialogue.
const LAUNCH: &str = "LaunchRequest";
const REPEAT: &str = "AMAZON.RepeatIntent";
const LOCALE: &str = "en-US";

/// How long a word to somebody who waits may take to be heard of.
const WORD: std::time::Duration = std::time::Duration::from_secs(2);

/// The bytes of a response.
pub type Json = Cow<'static, [u8]>;

/// Answers requests, a bounded number at a time.
pub struct Handler {
    spine: std::sync::Arc<Spine>,
    resolve: Resolve,
    deadline: std::time::Duration,
    permits: Semaphore,
    /// Whether Alexa is taught the names of what the shopper may mean.
    teaches: bool,
    services: services::Caller,
    /// Asked in place of Alexa's services, for tests.
    stand_in: Option<String>,
    /// How long a shopper waits without a word.
    patience: std::time::Duration,
    zones: zones::Zones,
    /// Whose tokens are whose, where accounts are linked.
    linking: Option<std::sync::Arc<Linking>>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error("the customer could not be looked up: {0}")]
    Customer(#[source] ShopError),
    #[error("who holds the account could not be looked up: {0}")]
    Linking(#[from] LinkingError),
    #[error("an account is needed and none is linked")]
    NoAccount,
    #[error("the account's token is not, or no longer, valid")]
    LinkLapsed,
    #[error("the request's id cannot be used")]
    RequestId,
    #[error("too many turns at once")]
    Full,
    #[error("a stage panicked")]
    Panicked,
}

impl Handler {
    pub fn new(settings: &AlexaSettings, spine: std::sync::Arc<Spine>, resolve: Resolve) -> Result<Self, AlexaError> {
        let permits = Semaphore::new(settings.max_in_flight.min(Semaphore::MAX_PERMITS));
        let stand_in = settings.services_override.clone();
        Ok(Self {
            spine,
            resolve,
            deadline: settings.deadline(),
            permits,
            teaches: settings.dynamic_entities,
            services: services::Caller::new(stand_in.is_some()).map_err(|e| AlexaError::Client(e.to_string()))?,
            stand_in,
            patience: std::time::Duration::from_millis(settings.progress_after_ms),
            zones: zones::Zones::default(),
            linking: None,
        })
    }

    pub fn linked(&mut self, linking: std::sync::Arc<Linking>) {
        self.linking = Some(linking);
    }

    /// The answer to any request. `body` is what the envelope was read from.
    pub async fn answer(&self, envelope: &Envelope<'_>, body: &[u8]) -> Json {
        let kind = envelope.request.kind.as_str();
        let class = class(kind);
        match class {
            Class::Opens => {
                let task = envelope.request.task.get();
                let task = task.and_then(|t| reading::of_task(t, self.spine.understander().model()));
                self.speak(envelope, body, task.unwrap_or_else(|| reading::bare(LAUNCH))).await
            }
            Class::Intent => {
                let reading = self.intent(envelope);
                if directives::delegated(&reading.intent, dialog_state(envelope), self.spine.understander().model()) {
                    return Cow::Owned(response::silent_with(&[directives::delegate()]));
                }
                self.speak(envelope, body, reading).await
            }
            // What is rare lies on the heap, where every turn would carry its room.
            Class::Continues => Box::pin(self.go_on(envelope, body)).await,
            Class::CanFulfill => {
                let understander = self.spine.understander();
                let model = understander.model();
                let verdict = could::fulfil(envelope.request.intent.get(), |intent| model.intent(intent));
                Cow::Owned(response::can_fulfill(&verdict))
            }
            Class::Scrolls => Box::pin(self.scroll(envelope, body)).await,
            Class::Api => Cow::Borrowed(response::NO_API),
            Class::Ends => {
                report(envelope);
                Box::pin(self.forget(envelope)).await;
                Cow::Borrowed(response::SILENT)
            }
            Class::Fault => {
                report(envelope);
                Cow::Borrowed(response::SILENT)
            }
            Class::Silent => {
                tracing::debug!(kind, "an event from Alexa");
                Box::pin(self.event(kind, envelope, body)).await;
                Cow::Borrowed(response::SILENT)
            }
        }
    }

    /// More of the list that is on the screen, of the search that the session still has.
    async fn scroll(&self, envelope: &Envelope<'_>, body: &[u8]) -> Json {
        fn text<'t>(text: &'t Option<Text<'_>>) -> Option<&'t str> {
            text.as_ref().map(|t| t.as_str())
        }
        let asked = &envelope.request;
        let place = [text(&asked.start_index), text(&asked.count)];
        let wanted = list::Wanted::of(text(&asked.token), text(&asked.list_id), text(&asked.correlation_token), place);
        let (Some(wanted), Some(session)) = (wanted, identity::session(envelope)) else {
            return Cow::Borrowed(response::SILENT);
        };
        let deadline = Instant::now() + self.deadline;
        let found = async {
            let request = identity::request(envelope, body).ok_or(Failure::RequestId)?;
            let customer = self.customer(envelope).await?;
            let same = |search: &Search| list::list_id(search) == wanted.list;
            let part = (wanted.start, wanted.count);
            Ok::<_, Failure>(self.spine.more_results(&session, &customer, &request, same, part).await?)
        };
        match tokio::time::timeout_at(deadline.into(), found).await {
            Ok(Ok(Some((products, total)))) => {
                let lines = self.spine.words().phrases.listed(&products, wanted.start + 1, &self.manner());
                let sent = wanted.answered(&lines, total);
                Cow::Owned(response::only(&[sent]))
            }
            // The screen keeps what it has.
            Ok(Ok(None)) | Err(_) => Cow::Borrowed(response::SILENT),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a list could not be scrolled");
                Cow::Borrowed(response::SILENT)
            }
        }
    }

    fn intent(&self, envelope: &Envelope<'_>) -> Reading {
        envelope.request.intent.get().map_or_else(|| reading::bare("AMAZON.FallbackIntent"), reading::of)
    }

    /// Back from an errand, or a touch on a screen: what was said last is said again, so that the shopper knows where
    /// the conversation stands. Without a conversation there is nobody to speak to.
    async fn go_on(&self, envelope: &Envelope<'_>, body: &[u8]) -> Json {
        match envelope.session.get() {
            None => Cow::Borrowed(response::SILENT),
            Some(session) if session.is_new() => self.speak(envelope, body, reading::bare(LAUNCH)).await,
            Some(_) => {
                // None is sent on an errand from here; should one come back, it decides nothing, least of all a yes.
                if envelope.errand_failed() {
                    tracing::warn!(kind = envelope.request.kind.as_str(), "an errand elsewhere failed");
                }
                let reading = self.touched(envelope).unwrap_or_else(|| reading::bare(REPEAT));
                self.speak(envelope, body, reading).await
            }
        }
    }

    /// What a touch on a line of ours stands for.
    fn touched(&self, envelope: &Envelope<'_>) -> Option<Reading> {
        let request = &envelope.request;
        touch::read(request.token.as_ref().map(|t| t.as_str()), request.arguments.as_ref())
    }

    async fn speak(&self, envelope: &Envelope<'_>, body: &[u8], reading: Reading) -> Json {
        let attributes = envelope.session.get().and_then(|s| s.attributes.as_ref());
        let turn = Box::pin(self.turn(envelope, body, reading));
        // A panic is a bug, but the shopper still gets a sentence; every stage behind here keeps its own state whole.
        let turn = AssertUnwindSafe(turn).catch_unwind();
        let json = match self.meanwhile(envelope, turn).await.unwrap_or(Err(Failure::Panicked)) {
            Ok((answer, directives)) => {
                let intent = answer.reading.as_ref().map_or("", |r| r.intent.as_str());
                metrics::turn_finished("alexa", intent, "answered", &times(&answer.timings));
                response::spoken(&answer.reply, answer.open, attributes, &directives, errands::leave(&answer.say))
            }
            Err(failure) => {
                let reply = self.apologise(&failure);
                let ask = matches!(failure, Failure::NoAccount | Failure::LinkLapsed).then_some(Ask::LinkAccount);
                response::spoken(&reply, reply.keep_open, attributes, &[], ask)
            }
        };
        Cow::Owned(json)
    }

    /// Waits for a turn; where it takes long, the shopper hears a word meanwhile. The word is out, or has failed, before
    /// this returns: Alexa drops what comes after the answer.
    async fn meanwhile<T>(&self, envelope: &Envelope<'_>, turn: impl Future<Output = T>) -> T {
        let kind = class(envelope.request.kind.as_str());
        let request = envelope.request.request_id.as_ref().map(|r| r.as_str());
        let access = Access::of(envelope, self.stand_in.as_deref());
        let (Class::Opens | Class::Intent, Some(request), Some(access)) = (kind, request, access) else {
            return turn.await;
        };
        tokio::pin!(turn);
        if let Ok(done) = tokio::time::timeout(self.patience, &mut turn).await {
            return done;
        }
        let word = self.word(&Say::OneMoment);
        let deadline = Instant::now() + WORD;
        let progress = Box::pin(self.services.progress(&access, request, &word.speech.ssml, deadline));
        let (told, done) = tokio::join!(progress, turn);
        if let Err(error) = told {
            tracing::debug!(%error, "a shopper waits without a word");
        }
        done
    }

    async fn turn(
        &self,
        envelope: &Envelope<'_>,
        body: &[u8],
        reading: Reading,
    ) -> Result<(Answer, Vec<Value>), Failure> {
        let deadline = Instant::now() + self.deadline;
        let _permit = self.permits.try_acquire().map_err(|_| Failure::Full)?;
        let _in_flight = metrics::InFlight::enter();
        let request = identity::request(envelope, body).ok_or(Failure::RequestId)?;
        let who = async { tokio::join!(self.customer(envelope), self.door(envelope)) };
        let found = tokio::time::timeout_at(deadline.into(), who);
        let (customer, door) = found.await.map_err(|_| TurnError::Deadline)?;
        let customer = customer?;
        let barred = self.linking.as_ref().map(|l| l.barred(&customer)).unwrap_or_default();
        if self.linking.as_ref().is_some_and(|l| l.needs_account(&reading.intent, &customer)) {
            return Err(Failure::NoAccount);
        }
        let caller = Caller {
            session: identity::session(envelope),
            customer: customer.clone(),
            locale: locale(envelope).to_owned(),
            request: request.clone(),
            deadline,
            speak: false,
            door: Door { barred, ..door },
        };
        let answer = self.spine.from_reading(reading, caller).await?;
        let directives = self.directives(envelope, &answer, &customer, &request, deadline).await;
        Ok((answer, directives))
    }

    /// What Alexa's services add to a turn, where the request gives leave to ask them.
    async fn door(&self, envelope: &Envelope<'_>) -> Door {
        let Some(access) = Access::of(envelope, self.stand_in.as_deref()) else { return Door::default() };
        let zone = self.zones.of(&access, &self.services).await;
        let (phrases, clock) = (self.spine.words().phrases.clone(), self.spine.clock.clone());
        let errands = errands::of(envelope, access, &self.services, locale(envelope), phrases, clock);
        Door { errands: Some(errands), zone, ..Door::default() }
    }

    /// The customer who asks. A token says it whoever carries it; without one, nobody is who they were by one.
    async fn customer(&self, envelope: &Envelope<'_>) -> Result<CustomerId, Failure> {
        let identity = identity::customer(envelope);
        if let Some(linking) = &self.linking {
            match identity::token(envelope) {
                Some((token, carrier)) => {
                    let owner = linking.owner(token, carrier.as_deref()).await?;
                    return owner.ok_or(Failure::LinkLapsed);
                }
                None => {
                    linking.disabled(&identity).await?;
                }
            }
        }
        (self.resolve)(identity).await.map_err(Failure::Customer)
    }

    /// What has happened at Alexa outside any conversation. An event that cannot be followed is sent only once, so the
    /// log has it.
    async fn event(&self, kind: &str, envelope: &Envelope<'_>, body: &[u8]) {
        if errands::address_taken_back(kind, envelope.request.body.as_ref()) {
            self.give_back(envelope, body).await;
        }
        let (Some(linking), Some(identity)) = (&self.linking, identity::account(envelope)) else { return };
        let done = match kind {
            "AlexaSkillEvent.SkillAccountLinked" => {
                let body = envelope.request.body.as_ref();
                let token = body.and_then(|b| b.get("accessToken")).and_then(Value::as_str);
                match token {
                    Some(token) => linking.owner(token, Some(&identity)).await.map(|owner| owner.is_some()),
                    None => Ok(false),
                }
            }
            "AlexaSkillEvent.SkillDisabled" => linking.disabled(&identity).await,
            _ => return,
        };
        match done {
            Ok(changed) => tracing::info!(kind, changed, "followed an event of Alexa's"),
            Err(error) => tracing::error!(kind, %error, "an event of Alexa's could not be followed"),
        }
    }

    /// The account no longer lets the skill know where its device is: what was kept of it goes.
    async fn give_back(&self, envelope: &Envelope<'_>, body: &[u8]) {
        let (Some(lender), Some(request)) = (identity::account(envelope), identity::request(envelope, body)) else {
            return;
        };
        let act = Act::ForgetBorrowed { lender: lender.clone() };
        let done = match (self.resolve)(lender).await {
            Ok(customer) => self.spine.shop.perform(act, &customer, &request).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(outcome) => tracing::info!(?outcome, "forgot what a device had lent"),
            Err(error) => tracing::error!(%error, "an address that may no longer be kept could not be forgotten"),
        }
    }

    /// What Alexa is asked to do beside speaking.
    async fn directives(
        &self,
        envelope: &Envelope<'_>,
        answer: &Answer,
        customer: &CustomerId,
        request: &RequestId,
        deadline: Instant,
    ) -> Vec<Value> {
        let understander = self.spine.understander();
        let model = understander.model();
        let fresh = envelope.session.get().is_some_and(|s| s.is_new());
        let mut out = Vec::new();
        if envelope.shows(screen::INTERFACE) {
            let words = self.spine.words();
            let shown = words.phrases.screen(&answer.say, answer.reply.card.as_ref(), &self.manner());
            out.extend(shown.and_then(|shown| screen::render(&shown, &answer.say)));
        }
        if envelope.shows(sound::INTERFACE) {
            out.extend(sound::after(&answer.say));
        }
        if !answer.open {
            // Nobody was taught anything in a session of one turn.
            if !fresh && self.teaches && envelope.session.get().is_some() {
                out.push(directives::forget());
            }
            return out;
        }
        // A state of the dialog is sent only where the model that Alexa has knows dialogs.
        if !dialog_state(envelope).is_empty()
            && let Some(asks) = &answer.asks
        {
            out.extend(directives::dialog(asks, model));
        }
        let shown = directives::shown(&answer.say);
        if self.teaches && (fresh || !shown.is_empty()) {
            let orders = self.spine.bought_before(customer, request, deadline).await;
            out.extend(directives::entities(shown, &orders, model));
        }
        out
    }

    fn apologise(&self, failure: &Failure) -> Reply {
        let (say, why) = match failure {
            Failure::Full => (Say::Busy, "full"),
            Failure::Turn(TurnError::Deadline) => (Say::Busy, "deadline"),
            Failure::Turn(TurnError::Asr(_)) => (Say::Busy, "recogniser"),
            Failure::Turn(TurnError::Shop(_)) | Failure::Customer(_) => (Say::Trouble, "shop"),
            Failure::Turn(TurnError::Session(_)) => (Say::Trouble, "session"),
            Failure::Turn(TurnError::RequestReused(_)) | Failure::RequestId => (Say::Trouble, "request_id"),
            Failure::Panicked => (Say::Trouble, "panic"),
            Failure::Linking(_) => (Say::Trouble, "linking"),
            Failure::NoAccount => (Say::LinkAccount { lapsed: false }, "no_account"),
            Failure::LinkLapsed => (Say::LinkAccount { lapsed: true }, "link_lapsed"),
        };
        metrics::refused("alexa", why);
        match say {
            Say::LinkAccount { .. } => tracing::info!(%failure, "asked a shopper to link an account"),
            Say::Busy => tracing::warn!(%failure, "apologised to an Alexa shopper"),
            _ => tracing::error!(%failure, "apologised to an Alexa shopper"),
        }
        self.word(&say)
    }

    /// Words that no session has a part in.
    fn word(&self, say: &Say) -> Reply {
        self.spine.words().phrases.render(say, &self.manner())
    }

    /// How somebody is spoken to of whom nothing is known.
    fn manner(&self) -> Manner {
        Manner::usual(&self.spine.clock.here())
    }

    async fn forget(&self, envelope: &Envelope<'_>) {
        let Some(id) = identity::session(envelope) else { return };
        let end = tokio::time::timeout(self.deadline, self.spine.sessions.end(&id));
        match end.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "an ended session is left to lapse"),
            Err(_) => tracing::warn!("an ended session is left to lapse: the session store did not answer"),
        }
    }
}

/// A line for the operator: these are how Alexa says that it did not like an answer. Its message may quote what was
/// said, so it stays out of the usual log.
fn report(envelope: &Envelope<'_>) {
    let request = &envelope.request;
    let Some(error) = request.error.get() else { return };
    let kind = error.kind.as_ref().map_or("unknown", |k| k.as_str());
    tracing::warn!(request = request.kind.as_str(), error = kind, "Alexa reports an error");
    if let Some(message) = &error.message {
        tracing::debug!(message = message.as_str(), "Alexa's words about it");
    }
}

/// How far Alexa says she is with filling the slots; empty where she says nothing.
fn dialog_state<'e>(envelope: &'e Envelope<'_>) -> &'e str {
    envelope.request.dialog_state.as_ref().map_or("", |state| state.as_str())
}

fn locale<'e>(envelope: &'e Envelope<'_>) -> &'e str {
    let sent = envelope.request.locale.as_ref().map(|l| l.as_str());
    let plausible = |l: &&str| {
        (2..=35).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    sent.filter(plausible).unwrap_or(LOCALE)
}

fn times(timings: &Timings) -> StageTimes {
    let Timings { queue, recognition, understanding, shop, synthesis, total } = *timings;
    StageTimes { queue, recognition, understanding, shop, synthesis, total }
}
