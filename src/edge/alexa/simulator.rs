//! An Alexa for developers: typed words in, the requests she would make of them sent to any endpoint, and what the
//! endpoint has her say out. She hears by the same understanding as the audio door, keeps the session, listens for the
//! slot she is told to, and learns the names she is taught.
//!
//! Her requests carry no signature; the endpoint must accept that, as this server does with `alexa.verify` off.

mod delegate;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::preview::{self, Viewport};
use super::screen;
use crate::language::{Expectation, Reading, Slot, Term, Understander, Utterance};
use crate::words::markup;

/// What a resolution must score for Alexa to call it a match.
const MATCH: f32 = 0.8;
/// Alexa gives up after this.
const PATIENCE: Duration = Duration::from_secs(8);

const DELEGATE: &str = "Dialog.Delegate";
const RENDER: &str = "Alexa.Presentation.APL.RenderDocument";
/// The version of APL that the device says it draws.
const APL: &str = "2023.3";

/// Said in place of words, for what is no sentence.
pub const OPEN: &str = "(open)";
pub const END: &str = "(end)";

/// A conversation with an endpoint.
pub struct Simulator {
    client: reqwest::Client,
    url: String,
    understander: Arc<Understander>,
    who: Who,
    session: Option<Session>,
    turns: u32,
}

/// Who speaks, to which skill.
#[derive(Clone, Debug)]
pub struct Who {
    pub user: String,
    pub application_id: String,
    pub locale: String,
    /// The screen of the device that is spoken to; none where it has none.
    pub screen: Option<&'static Viewport>,
}

struct Session {
    id: String,
    new: bool,
    attributes: Value,
    /// The dialog that the endpoint asked to go on with.
    asked: Option<Asked>,
}

/// What the last dialog directive has Alexa listen for, and the intent as it stands.
struct Asked {
    kind: String,
    slot: String,
    intent: Value,
}

/// What an endpoint has Alexa say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    pub words: String,
    pub reprompt: Option<String>,
    pub card: Option<String>,
    /// The names of the directives.
    pub directives: Vec<String>,
    /// What the screen would show, where there is one and it was sent something.
    pub screen: Option<Shown>,
    pub ended: bool,
    /// What was heard of the words, such as `TrackOrderIntent OrderNumber=58672`.
    pub understood: String,
}

/// The texts of a screen, from the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    pub lines: Vec<String>,
    /// Whether the document was drawn; else these are the texts of its data.
    pub drawn: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("cannot set up the HTTP client: {0}")]
    Client(reqwest::Error),
    #[error("{url} does not answer: {reason}")]
    Unreachable { url: String, reason: reqwest::Error },
    #[error("{url} answered HTTP {status}: {body}; does it check signatures? Those of a simulator it must not")]
    Refused { url: String, status: u16, body: String },
    #[error("{url} answered something that is no response of a skill: {what}")]
    Odd { url: String, what: &'static str },
    #[error("the words cannot be said: {0}")]
    Words(#[from] crate::language::UtteranceError),
}

impl Simulator {
    pub fn new(url: &str, understander: Arc<Understander>, who: Who) -> Result<Self, SimulatorError> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| SimulatorError::Odd { url: url.to_owned(), what: "no TLS" })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(PATIENCE).no_proxy();
        let client = builder.build().map_err(SimulatorError::Client)?;
        Ok(Self { client, url: url.to_owned(), understander, who, session: None, turns: 0 })
    }

    /// Says words, or [`OPEN`] or [`END`], and hears the answer.
    pub async fn say(&mut self, words: &str) -> Result<Heard, SimulatorError> {
        let (request, understood) = match words {
            OPEN => {
                self.session = None;
                (json!({"type": "LaunchRequest"}), String::new())
            }
            END => (json!({"type": "SessionEndedRequest", "reason": "USER_INITIATED"}), String::new()),
            words => self.intent(&Utterance::new(words)?),
        };
        let answer = self.send(request.clone()).await?;
        let mut heard = self.hear(&answer)?;
        if heard.directives.iter().any(|d| d == DELEGATE) {
            heard = self.delegated(&request, &answer, heard).await?;
        }
        heard.understood = understood;
        if words == END {
            self.session = None;
            heard.ended = true;
        }
        Ok(heard)
    }

    /// The skill has handed its questions over: the next one is put, or the finished intent sent.
    async fn delegated(&mut self, sent: &Value, answer: &Value, heard: Heard) -> Result<Heard, SimulatorError> {
        if sent["dialogState"] == "COMPLETED" {
            return Err(self.odd("Dialog.Delegate where nothing is left to ask"));
        }
        let directives = answer.pointer("/response/directives").and_then(Value::as_array).into_iter().flatten();
        let updated = directives.filter(|d| d["type"] == DELEGATE).find_map(|d| d.get("updatedIntent"));
        let intent = updated.unwrap_or(&sent["intent"]);
        let today = jiff::Zoned::now().date();
        match delegate::next(intent, self.understander.model(), today) {
            None => Err(self.odd("Dialog.Delegate with an intent that cannot be read")),
            Some(delegate::Next::Ask(asked, words)) => {
                if let Some(session) = &mut self.session {
                    session.asked = Some(asked);
                }
                Ok(Heard { words, ended: false, ..heard })
            }
            Some(delegate::Next::Done(intent)) => {
                let request = json!({"type": "IntentRequest", "dialogState": "COMPLETED", "intent": intent});
                let answer = self.send(request).await?;
                let mut last = self.hear(&answer)?;
                last.directives.splice(0..0, heard.directives);
                Ok(last)
            }
        }
    }

    /// The request that Alexa makes of these words.
    fn intent(&self, words: &Utterance) -> (Value, String) {
        let asked = self.session.as_ref().and_then(|s| s.asked.as_ref());
        let today = jiff::Zoned::now().date();
        let reading = self.understander.read(words, &expectation(asked), today);
        let shown = std::iter::once(reading.intent.clone())
            .chain(reading.slots.iter().map(|s| format!("{}={}", s.name, s.value)))
            .collect::<Vec<_>>()
            .join(" ");
        let mut intent = self.fresh(&reading);
        let mut state = self.understander.model().dialog_of(&reading.intent).map(|_| "STARTED");
        if let Some(asked) = asked {
            let yes_or_no = match reading.intent.as_str() {
                "AMAZON.YesIntent" => Some("CONFIRMED"),
                "AMAZON.NoIntent" => Some("DENIED"),
                _ => None,
            };
            match (asked.kind.as_str(), yes_or_no) {
                ("Dialog.ConfirmIntent", Some(answer)) => {
                    intent = asked.intent.clone();
                    intent["confirmationStatus"] = answer.into();
                    state = Some("COMPLETED");
                }
                ("Dialog.ConfirmSlot", Some(answer)) => {
                    intent = asked.intent.clone();
                    intent["slots"][&asked.slot]["confirmationStatus"] = answer.into();
                    state = Some("IN_PROGRESS");
                }
                _ if asked.intent["name"] == reading.intent.as_str() => {
                    // What was filled before stays, what was said now stands over it.
                    for (name, slot) in asked.intent["slots"].as_object().into_iter().flatten() {
                        if intent["slots"][name]["value"].is_null() {
                            intent["slots"][name] = slot.clone();
                        }
                    }
                    state = Some("IN_PROGRESS");
                }
                _ => {}
            }
        }
        let mut request = json!({"type": "IntentRequest", "intent": intent});
        if let Some(state) = state {
            request["dialogState"] = state.into();
        }
        (request, shown)
    }

    /// The intent of a reading, with every slot that the model gives it.
    fn fresh(&self, reading: &Reading) -> Value {
        let mut slots = Map::new();
        for known in self.understander.model().intent(&reading.intent).into_iter().flat_map(|i| &i.slots) {
            let filled: Vec<&Slot> = reading.slots.iter().filter(|s| s.name == known.name).collect();
            let mut slot = json!({"name": known.name, "confirmationStatus": "NONE"});
            if let Some(first) = filled.first() {
                slot["value"] = first.value.clone().into();
                slot["source"] = "USER".into();
                if let Some(resolutions) = self.resolutions(first) {
                    slot["resolutions"] = resolutions;
                }
            }
            slots.insert(known.name.clone(), slot);
        }
        json!({"name": reading.intent, "confirmationStatus": "NONE", "slots": slots})
    }

    /// Entity resolution as Alexa reports it; only types with values have any.
    fn resolutions(&self, slot: &Slot) -> Option<Value> {
        self.understander.model().slot_type(&slot.kind)?;
        let values: Vec<Value> = slot
            .resolutions
            .iter()
            .filter(|r| r.score >= MATCH)
            .map(|r| json!({"value": {"name": r.name, "id": r.id}}))
            .collect();
        let authority = format!("amzn1.er-authority.echo-sdk.{}.{}", self.who.application_id, slot.kind);
        let code = if values.is_empty() { "ER_SUCCESS_NO_MATCH" } else { "ER_SUCCESS_MATCH" };
        let mut one = json!({"authority": authority, "status": {"code": code}});
        if !values.is_empty() {
            one["values"] = values.into();
        }
        Some(json!({"resolutionsPerAuthority": [one]}))
    }

    async fn send(&mut self, mut request: Value) -> Result<Value, SimulatorError> {
        self.turns += 1;
        let id = ulid::Ulid::generate();
        request["requestId"] = format!("amzn1.echo-api.request.simulated.{id}").into();
        request["timestamp"] = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
        request["locale"] = self.who.locale.clone().into();
        let session = self.session.get_or_insert_with(|| Session {
            id: format!("amzn1.echo-api.session.simulated.{id}"),
            new: true,
            attributes: json!({}),
            asked: None,
        });
        let (application, user) = (json!({"applicationId": self.who.application_id}), json!({"userId": self.who.user}));
        let interfaces = match self.who.screen {
            Some(_) => json!({(screen::INTERFACE): {"runtime": {"maxVersion": APL}}}),
            None => json!({}),
        };
        let mut envelope = json!({
            "version": "1.0",
            "session": {"new": session.new, "sessionId": session.id, "application": application,
                "attributes": session.attributes, "user": user},
            "context": {"System": {"application": application, "user": user,
                "device": {"deviceId": "amzn1.ask.device.SIMULATED", "supportedInterfaces": interfaces},
                "apiEndpoint": "https://api.amazonalexa.com"}},
            "request": request,
        });
        if let Some(device) = self.who.screen {
            let (width, height, shape) = (device.width, device.height, device.shape.to_uppercase());
            envelope["context"]["Viewport"] = json!({"shape": shape, "pixelWidth": width, "pixelHeight": height,
                "currentPixelWidth": width, "currentPixelHeight": height, "dpi": 160, "mode": "HUB", "touch": ["SINGLE"]});
        }
        session.new = false;
        let unreachable = |reason| SimulatorError::Unreachable { url: self.url.clone(), reason };
        let answer = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json;charset=UTF-8")
            .body(envelope.to_string())
            .send()
            .await
            .map_err(unreachable)?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(unreachable)?;
        if status != 200 {
            let body = body.chars().take(200).collect();
            return Err(SimulatorError::Refused { url: self.url.clone(), status, body });
        }
        serde_json::from_str(&body).map_err(|_| self.odd("no JSON"))
    }

    /// Takes an answer apart and keeps of it what the next request needs.
    fn hear(&mut self, answer: &Value) -> Result<Heard, SimulatorError> {
        let response = answer.get("response").filter(|r| r.is_object()).ok_or_else(|| self.odd("no response"))?;
        let speech = |spot: Option<&Value>| {
            let speech = spot?;
            let text = speech.get("ssml").or_else(|| speech.get("text"))?.as_str()?;
            Some(markup::words(text))
        };
        let directives = response.get("directives").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let asked = directives.iter().find_map(Asked::of);
        for directive in directives {
            if let Some(terms) = taught(directive) {
                self.understander.teach(terms);
            }
        }
        let rendered = directives.iter().rev().find(|d| d["type"] == RENDER);
        let screen = self.who.screen.zip(rendered).map(|(device, directive)| {
            let (lines, drawn) = preview::lines(directive, device);
            Shown { lines, drawn }
        });
        let card = response.get("card").map(|card| {
            let part = |key: &str| card.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            [part("title"), part("content"), part("text")]
                .into_iter()
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        });
        let heard = Heard {
            words: speech(response.get("outputSpeech")).unwrap_or_default(),
            reprompt: speech(response.pointer("/reprompt/outputSpeech")),
            card: card.filter(|c| !c.is_empty()),
            directives: directives.iter().filter_map(|d| d.get("type")?.as_str().map(str::to_owned)).collect(),
            screen,
            ended: response.get("shouldEndSession").and_then(Value::as_bool).unwrap_or(false),
            understood: String::new(),
        };
        match &mut self.session {
            Some(_) if heard.ended => self.session = None,
            Some(session) => {
                session.attributes = answer.get("sessionAttributes").cloned().unwrap_or_else(|| json!({}));
                session.asked = asked;
            }
            None => {}
        }
        Ok(heard)
    }

    fn odd(&self, what: &'static str) -> SimulatorError {
        SimulatorError::Odd { url: self.url.clone(), what }
    }
}

impl Asked {
    fn of(directive: &Value) -> Option<Self> {
        let kind = directive.get("type")?.as_str()?;
        let slot = match kind {
            "Dialog.ElicitSlot" => directive.get("slotToElicit")?.as_str()?,
            "Dialog.ConfirmSlot" => directive.get("slotToConfirm")?.as_str()?,
            "Dialog.ConfirmIntent" => "",
            _ => return None,
        };
        let intent = directive.get("updatedIntent").filter(|i| i.is_object())?.clone();
        Some(Self { kind: kind.to_owned(), slot: slot.to_owned(), intent })
    }
}

/// What the last question makes likely to be said.
fn expectation(asked: Option<&Asked>) -> Expectation {
    let Some(asked) = asked else { return Expectation::default() };
    let intent = asked.intent["name"].as_str().unwrap_or_default().to_owned();
    if asked.kind == "Dialog.ElicitSlot" {
        return Expectation { intents: vec![intent.clone()], slot: Some((intent, asked.slot.clone())) };
    }
    Expectation { intents: vec!["AMAZON.YesIntent".into(), "AMAZON.NoIntent".into()], slot: None }
}

/// The names that a directive teaches; none where it has Alexa forget them.
fn taught(directive: &Value) -> Option<Vec<Term>> {
    if directive.get("type")? != "Dialog.UpdateDynamicEntities" {
        return None;
    }
    let mut terms = Vec::new();
    for kind in directive.get("types").and_then(Value::as_array).into_iter().flatten() {
        for value in kind.get("values").and_then(Value::as_array).into_iter().flatten() {
            let (Some(kind), Some(name)) =
                (kind.get("name").and_then(Value::as_str), value.pointer("/name/value").and_then(Value::as_str))
            else {
                continue;
            };
            let id = value.get("id").and_then(Value::as_str).unwrap_or(name);
            let synonyms = value.pointer("/name/synonyms").and_then(Value::as_array).into_iter().flatten();
            for name in std::iter::once(name).chain(synonyms.filter_map(Value::as_str)) {
                terms.push(Term { kind: kind.to_owned(), id: id.to_owned(), name: name.to_owned() });
            }
        }
    }
    Some(terms)
}
