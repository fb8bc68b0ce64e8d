//! Reminders: a time and words in, a reminder on the customer's devices out. Only made in answer to a customer who
//! asked for it, because only then is there a token that may.

use std::time::Instant;

use http::Method;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::call::{Body, Call};
use super::{Access, Caller, ServiceError};

/// The permission to ask for.
pub const SCOPE: &str = "alexa::alerts:reminders:skill:readwrite";
const PATH: &str = "/v1/alerts/reminders";

/// What Alexa is to say, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub locale: String,
    pub words: String,
    pub at: When,
}

/// A reminder as the service keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub token: String,
    /// When it is next heard, on the device's own clock, where the service says so.
    pub at: Option<DateTime>,
    /// What is heard, in whichever locale stands first.
    pub words: String,
    /// It has still to be heard.
    pub on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// On the device's own clock.
    At(DateTime),
    /// So many seconds from now.
    In(u32),
}

impl Caller {
    /// Makes a reminder and gives the token that it is changed or taken back by.
    pub async fn remind(
        &self,
        access: &Access,
        reminder: &Reminder,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<String, ServiceError> {
        let trigger = match &reminder.at {
            When::At(at) => {
                json!({"type": "SCHEDULED_ABSOLUTE", "scheduledTime": at.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()})
            }
            When::In(0) => return Err(ServiceError::Input("a reminder lies in the future")),
            When::In(seconds) => json!({"type": "SCHEDULED_RELATIVE", "offsetInSeconds": seconds}),
        };
        let body = json!({
            "requestTime": now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "trigger": trigger,
            "alertInfo": {"spokenInfo": {"content": [{"locale": reminder.locale, "text": reminder.words}]}},
            "pushNotification": {"status": "ENABLED"},
        });
        // Two reminders are worse than an apology.
        let answer = self.send(access, Method::POST, PATH, Body::Json(body), false, deadline).await?;
        let token = answer.as_ref().and_then(|a| a.get("alertToken")).and_then(Value::as_str);
        token.map(str::to_owned).ok_or(ServiceError::Odd("there is no alertToken"))
    }

    /// This skill's reminders for this customer; those of others are never told.
    pub async fn reminders(&self, access: &Access, deadline: Instant) -> Result<Vec<Kept>, ServiceError> {
        let answer = self.send(access, Method::GET, PATH, Body::None, true, deadline).await?.unwrap_or_default();
        let alerts = answer.get("alerts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(alerts.iter().filter_map(kept).collect())
    }

    /// Takes a reminder back. One that is gone already is no error.
    pub async fn forget_reminder(&self, access: &Access, token: &str, deadline: Instant) -> Result<(), ServiceError> {
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
            return Err(ServiceError::Input("this is no token of a reminder"));
        }
        let path = format!("{PATH}/{token}");
        match self.send(access, Method::DELETE, &path, Body::None, true, deadline).await {
            Ok(_) | Err(ServiceError::Unknown) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn send(
        &self,
        access: &Access,
        method: Method,
        path: &str,
        body: Body,
        repeatable: bool,
        deadline: Instant,
    ) -> Result<Option<Value>, ServiceError> {
        let url = access.endpoint.at(path);
        self.call(&Call { method, url, token: Some(&access.token), body, repeatable }, deadline).await
    }
}

/// One of the list; what has no token cannot be spoken of.
fn kept(alert: &Value) -> Option<Kept> {
    let text = |pointer: &str| alert.pointer(pointer).and_then(Value::as_str);
    Some(Kept {
        token: text("/alertToken")?.to_owned(),
        at: text("/trigger/scheduledTime").and_then(|at| at.parse().ok()),
        words: text("/alertInfo/spokenInfo/content/0/text").unwrap_or_default().to_owned(),
        on: text("/status") == Some("ON"),
    })
}
