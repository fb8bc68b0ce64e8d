//! What Alexa sends: the parts of the request envelope that a shop needs. All else is passed over unread.

use serde::Deserialize;

use super::lenient::{Many, Maybe, Members, Text, text};

/// One request, borrowed from the body it came in.
#[derive(Clone, Debug, Deserialize)]
pub struct Envelope<'a> {
    #[serde(default, borrow)]
    pub session: Maybe<Session<'a>>,
    #[serde(default, borrow)]
    pub context: Maybe<Context<'a>>,
    #[serde(borrow)]
    pub request: Request<'a>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Session<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub session_id: Option<Text<'a>>,
    #[serde(rename = "new", borrow, deserialize_with = "text")]
    fresh: Option<Text<'a>>,
    #[serde(borrow)]
    application: Maybe<Application<'a>>,
    #[serde(borrow)]
    user: Maybe<User<'a>>,
    /// Kept as sent, to be sent back.
    pub attributes: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Context<'a> {
    #[serde(rename = "System", borrow)]
    system: Maybe<System<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct System<'a> {
    #[serde(borrow)]
    application: Maybe<Application<'a>>,
    #[serde(borrow)]
    user: Maybe<User<'a>>,
    #[serde(borrow)]
    person: Maybe<Person<'a>>,
    #[serde(borrow)]
    device: Maybe<Device<'a>>,
    #[serde(rename = "apiEndpoint", borrow, deserialize_with = "text")]
    api_endpoint: Option<Text<'a>>,
    #[serde(rename = "apiAccessToken", borrow, deserialize_with = "text")]
    api_access_token: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Device<'a> {
    #[serde(borrow, deserialize_with = "text")]
    device_id: Option<Text<'a>>,
    supported_interfaces: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Application<'a> {
    #[serde(borrow, deserialize_with = "text")]
    application_id: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct User<'a> {
    #[serde(borrow, deserialize_with = "text")]
    user_id: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    access_token: Option<Text<'a>>,
    permissions: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Person<'a> {
    #[serde(borrow, deserialize_with = "text")]
    person_id: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    access_token: Option<Text<'a>>,
}

/// The request itself, of whichever type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request<'a> {
    #[serde(rename = "type", borrow, deserialize_with = "kind")]
    pub kind: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub request_id: Option<Text<'a>>,
    /// ISO 8601, or digits where milliseconds were sent.
    #[serde(borrow, deserialize_with = "text")]
    pub timestamp: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub locale: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub dialog_state: Option<Text<'a>>,
    #[serde(borrow)]
    pub intent: Maybe<Intent<'a>>,
    /// Which document of ours a touch was on, and what it sends.
    #[serde(borrow, deserialize_with = "text")]
    pub token: Option<Text<'a>>,
    pub arguments: Option<serde_json::Value>,
    /// The part of which list a screen wants, and what to answer under.
    #[serde(borrow, deserialize_with = "text")]
    pub list_id: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub correlation_token: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub start_index: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub count: Option<Text<'a>>,
    /// What came of an errand elsewhere.
    #[serde(borrow)]
    pub cause: Maybe<Cause<'a>>,
    #[serde(borrow)]
    pub status: Maybe<ErrandStatus<'a>>,
    /// What a launch is for, where it is for something.
    #[serde(borrow)]
    pub task: Maybe<Task<'a>>,
    /// What an event is about.
    pub body: Option<serde_json::Value>,
    /// Why a session ended.
    #[serde(borrow, deserialize_with = "text")]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub error: Maybe<Trouble<'a>>,
}

/// What went wrong on Alexa's side or in what we answered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Trouble<'a> {
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub message: Option<Text<'a>>,
}

/// Why a session goes on after an errand.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Cause<'a> {
    #[serde(borrow)]
    pub status: Maybe<ErrandStatus<'a>>,
}

/// How an errand ended: 200 is done, as with HTTP.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrandStatus<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub code: Option<Text<'a>>,
}

/// What another skill, or a customer who named none, wants done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Task<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Text<'a>>,
    pub input: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Intent<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub confirmation_status: Option<Text<'a>>,
    #[serde(borrow)]
    pub slots: Members<'a, Slot<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Slot<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub value: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub confirmation_status: Option<Text<'a>>,
    #[serde(borrow)]
    pub resolutions: Maybe<Resolutions<'a>>,
    #[serde(borrow)]
    pub slot_value: Maybe<SlotValue<'a>>,
}

/// One value, or a list of them (which may nest).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SlotValue<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub value: Option<Text<'a>>,
    #[serde(borrow)]
    pub resolutions: Maybe<Resolutions<'a>>,
    #[serde(borrow)]
    pub values: Many<SlotValue<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resolutions<'a> {
    #[serde(borrow)]
    pub resolutions_per_authority: Many<Authority<'a>>,
}

/// What one list of known values made of the words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Authority<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub authority: Option<Text<'a>>,
    #[serde(borrow)]
    status: Maybe<Status<'a>>,
    #[serde(borrow)]
    pub values: Many<Resolved<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "text")]
    code: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resolved<'a> {
    #[serde(borrow)]
    pub value: Maybe<Known<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Known<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Text<'a>>,
}

/// A request without a type cannot be answered, whatever else it holds.
fn kind<'de: 'a, 'a, D: serde::Deserializer<'de>>(from: D) -> Result<Text<'a>, D::Error> {
    text(from)?.ok_or_else(|| serde::de::Error::custom("the request's type is not text"))
}

#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    #[error("the body is not an Alexa request: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the body is not an Alexa request: request.type is missing")]
    NoType,
}

impl EnvelopeError {
    /// What is wrong and where, without quoting the body.
    pub fn place(&self) -> String {
        match self {
            Self::Json(e) => {
                let what = if e.is_data() { "an Alexa request" } else { "JSON" };
                format!("the body is not {what} (line {}, column {})", e.line(), e.column())
            }
            Self::NoType => self.to_string(),
        }
    }
}

impl<'a> Envelope<'a> {
    /// Reads a body; a byte order mark before it is passed over.
    pub fn parse(body: &'a [u8]) -> Result<Self, EnvelopeError> {
        let json = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let envelope: Self = serde_json::from_slice(json)?;
        if envelope.request.kind.as_str().is_empty() { Err(EnvelopeError::NoType) } else { Ok(envelope) }
    }

    pub fn application_id(&self) -> Option<&str> {
        let system = self.system().and_then(|s| s.application.get());
        let session = || self.session.get().and_then(|s| s.application.get());
        filled(system.and_then(|a| a.application_id.as_ref()))
            .or_else(|| filled(session().and_then(|a| a.application_id.as_ref())))
    }

    /// The speaker whose voice was recognised, if any.
    pub fn person_id(&self) -> Option<&str> {
        filled(self.system()?.person.get()?.person_id.as_ref())
    }

    /// The account that the device belongs to.
    pub fn user_id(&self) -> Option<&str> {
        let system = self.system().and_then(|s| s.user.get());
        let session = || self.session.get().and_then(|s| s.user.get());
        filled(system.and_then(|u| u.user_id.as_ref())).or_else(|| filled(session().and_then(|u| u.user_id.as_ref())))
    }

    /// Whether the account's holder allows the skill this, as far as the request tells.
    pub fn granted(&self, scope: &str) -> bool {
        let system = self.system().and_then(|s| s.user.get());
        let users = [system, self.session.get().and_then(|s| s.user.get())];
        users.into_iter().flatten().filter_map(|u| u.permissions.as_ref()).any(|permissions| {
            let status = permissions.get("scopes").and_then(|scopes| scopes.get(scope)?.get("status"));
            status.and_then(serde_json::Value::as_str) == Some("GRANTED")
        })
    }

    /// The token with which the recognised speaker linked an account of their own.
    pub fn person_token(&self) -> Option<&str> {
        filled(self.system()?.person.get()?.access_token.as_ref())
    }

    /// The token with which the device's account was linked.
    pub fn user_token(&self) -> Option<&str> {
        let system = self.system().and_then(|s| s.user.get());
        let session = || self.session.get().and_then(|s| s.user.get());
        filled(system.and_then(|u| u.access_token.as_ref()))
            .or_else(|| filled(session().and_then(|u| u.access_token.as_ref())))
    }

    /// Where Alexa's services are for this request; whatever the request says, not yet judged.
    pub fn api_endpoint(&self) -> Option<&str> {
        filled(self.system()?.api_endpoint.as_ref())
    }

    /// The token for Alexa's services, good for this session.
    pub fn api_token(&self) -> Option<&str> {
        filled(self.system()?.api_access_token.as_ref())
    }

    pub fn device_id(&self) -> Option<&str> {
        filled(self.system()?.device.get()?.device_id.as_ref())
    }

    /// Whether the device can take directives of this interface; no others may be sent to it.
    pub fn shows(&self, interface: &str) -> bool {
        let device = self.system().and_then(|s| s.device.get());
        device
            .and_then(|d| d.supported_interfaces.as_ref())
            .is_some_and(|i| i.get(interface).is_some_and(|v| v.is_object()))
    }

    /// Whether an errand elsewhere (`SessionResumedRequest`, `Connections.Response`) failed.
    pub fn errand_failed(&self) -> bool {
        let cause = self.request.cause.get().and_then(|c| c.status.get());
        let code = cause.or_else(|| self.request.status.get()).and_then(|s| s.code.as_ref());
        // Written as a number or as text; not at all, it is taken for done.
        code.is_some_and(|c| !c.as_str().starts_with('2'))
    }

    pub fn session_id(&self) -> Option<&str> {
        filled(self.session.get()?.session_id.as_ref())
    }

    fn system(&self) -> Option<&System<'a>> {
        self.context.get()?.system.get()
    }
}

impl Session<'_> {
    /// Whether this request opens the session.
    pub fn is_new(&self) -> bool {
        self.fresh.as_ref().is_some_and(|f| f.as_str() == "true")
    }
}

impl Authority<'_> {
    pub fn matched(&self) -> bool {
        self.status.get().and_then(|s| s.code.as_ref()).is_some_and(|c| c.as_str() == "ER_SUCCESS_MATCH")
    }

    /// Whether these values were taught at run time.
    pub fn is_dynamic(&self) -> bool {
        const DYNAMIC: &str = "amzn1.er-authority.echo-sdk.dynamic.";
        self.authority.as_ref().is_some_and(|a| a.as_str().starts_with(DYNAMIC))
    }
}

fn filled<'t>(text: Option<&'t Text<'_>>) -> Option<&'t str> {
    text.map(Text::as_str).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::edge::alexa::handle::{identity, reading};

    fn use_all(body: &[u8]) {
        if let Ok(envelope) = Envelope::parse(body) {
            let _ = (identity::customer(&envelope), identity::session(&envelope), identity::request(&envelope, body));
            let _ = (envelope.application_id(), envelope.request.intent.get().map(reading::of));
        }
    }

    /// One of everything that is read.
    const FULL: &str = r#"{"session":{"new":true,"sessionId":"s","application":{"applicationId":"a"},
        "user":{"userId":"u"},"attributes":{"k":[1]}},"context":{"System":{"application":{"applicationId":"a"},
        "user":{"userId":"u","accessToken":"t"},"person":{"personId":"p","accessToken":"t"},
        "device":{"deviceId":"d","supportedInterfaces":{"Alexa.Presentation.APL":{}}},"apiEndpoint":"https://e","apiAccessToken":"t"}},"request":{"type":"IntentRequest","requestId":"r",
        "timestamp":"t","locale":"en-US","dialogState":"STARTED","reason":"x","error":{"type":"e","message":"m"},
        "token":"t","arguments":["a"],"body":{"accessToken":"t"},"listId":"l","correlationToken":"c","startIndex":0,"count":1,
        "cause":{"type":"ConnectionCompleted","status":{"code":"200"}},"status":{"code":200},"task":{"name":"t","input":{"a":"b"}},
        "intent":{"name":"I","confirmationStatus":"NONE","slots":{"S":{"value":"v","confirmationStatus":"NONE","resolutions":{"resolutionsPerAuthority":[{"authority":"a",
        "status":{"code":"ER_SUCCESS_MATCH"},"values":[{"value":{"name":"n","id":"i"}}]}]},
        "slotValue":{"type":"List","values":[{"value":"w"}]}}}}}}"#;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            use_all(&body);
        }

        #[test]
        fn no_change_to_a_request_makes_it_panic(at in 0..FULL.len(), len in 0_usize..40, with in "[\\[\\]{}\",:0-9a-z]{0,6}") {
            let mut body = FULL.as_bytes().to_vec();
            let end = (at + len).min(body.len());
            body.splice(at..end, with.bytes());
            use_all(&body);
        }
    }

    #[test]
    fn every_value_may_be_of_another_type() {
        let full: serde_json::Value = serde_json::from_str(FULL).unwrap();
        let mut places = Vec::new();
        collect(&full, String::new(), &mut places);
        assert!(places.len() > 40, "{places:?}");
        for place in places.iter().filter(|p| !matches!(p.as_str(), "" | "/request" | "/request/type")) {
            for odd in [
                serde_json::json!(null),
                serde_json::json!(7),
                serde_json::json!(-1.5),
                serde_json::json!(true),
                serde_json::json!("text"),
                serde_json::json!([1, {}]),
                serde_json::json!({"a": [null]}),
            ] {
                let mut changed = full.clone();
                *changed.pointer_mut(place).unwrap() = odd.clone();
                let body = changed.to_string();
                assert!(Envelope::parse(body.as_bytes()).is_ok(), "{place} as {odd}");
                use_all(body.as_bytes());
            }
        }
    }

    fn collect(value: &serde_json::Value, place: String, places: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(members) => {
                members.iter().for_each(|(name, inner)| collect(inner, format!("{place}/{name}"), places));
            }
            serde_json::Value::Array(list) => {
                list.iter().enumerate().for_each(|(at, inner)| collect(inner, format!("{place}/{at}"), places));
            }
            _ => {}
        }
        places.push(place);
    }
}
