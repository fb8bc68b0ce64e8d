//! What a skill tells a customer who did not ask: how an order fares, that a message waits; and messages to itself.
//! Only customers who gave the skill leave to notify them hear of it; Alexa sees to that.

use std::time::Instant;

use http::Method;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::call::{Body, Call};
use super::token::{Scope, Tokens};
use super::{Caller, Endpoint, ServiceError};

/// How an order fares, in the words of `AMAZON.OrderStatus.Updated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    PreorderReceived,
    Received,
    Preparing,
    Shipped,
    OutForDelivery,
    Delivered,
}

impl OrderState {
    pub const ALL: [Self; 6] =
        [Self::PreorderReceived, Self::Received, Self::Preparing, Self::Shipped, Self::OutForDelivery, Self::Delivered];

    /// Amazon's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreorderReceived => "PREORDER_RECEIVED",
            Self::Received => "ORDER_RECEIVED",
            Self::Preparing => "ORDER_PREPARING",
            Self::Shipped => "ORDER_SHIPPED",
            Self::OutForDelivery => "ORDER_OUT_FOR_DELIVERY",
            Self::Delivered => "ORDER_DELIVERED",
        }
    }
}

/// One thing to tell one customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Alexa's id of the account, as requests name it.
    pub user: String,
    /// The same reference is told once: 1 to 100 letters, digits and tildes.
    pub reference: String,
    /// Who tells it, for each locale of the customers, such as (`en-US`, `Green Grocer`).
    pub names: Vec<(String, String)>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Order {
        state: OrderState,
        since: Timestamp,
        expected: Option<Timestamp>,
    },
    /// So many messages wait.
    Message {
        count: u32,
    },
}

/// Which customers hear of it: those of the skill in the store, or its testers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Live,
    Development,
}

/// How long an event may wait for a device to be switched on, in hours; Amazon takes 5 minutes to 24 hours.
const KEPT_HOURS: i64 = 24;
/// Bytes of a message to the skill itself.
const MESSAGE_BYTES: usize = 6 * 1024;

/// Tells Alexa things, with the skill's own token.
pub struct Notifier {
    caller: Caller,
    tokens: Tokens,
    endpoint: Endpoint,
}

impl Notifier {
    pub fn new(caller: Caller, tokens: Tokens, endpoint: Endpoint) -> Self {
        Self { caller, tokens, endpoint }
    }

    /// Tells a customer. An event that was told before is told no second time, and is no error.
    pub async fn tell(
        &self,
        event: &Event,
        stage: Stage,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<(), ServiceError> {
        let path = match stage {
            Stage::Live => "/v1/proactiveEvents",
            Stage::Development => "/v1/proactiveEvents/stages/development",
        };
        let body = proactive(event, now)?;
        match self.post(Scope::ProactiveEvents, path, body, deadline).await {
            Ok(()) | Err(ServiceError::Twice) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends the skill itself a message about a customer; it comes back as a request, with a token for that customer.
    pub async fn message(
        &self,
        user: &str,
        data: &Map<String, Value>,
        seconds: u32,
        deadline: Instant,
    ) -> Result<(), ServiceError> {
        if !(60..=86_400).contains(&seconds) {
            return Err(ServiceError::Input("a message lasts 60 to 86400 seconds"));
        }
        if !data.values().all(Value::is_string) {
            return Err(ServiceError::Input("a message holds text only"));
        }
        if Value::from(data.clone()).to_string().len() > MESSAGE_BYTES {
            return Err(ServiceError::Input("a message has at most 6 kB"));
        }
        if user.is_empty() || !user.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
            return Err(ServiceError::Input("this is no id of an account"));
        }
        let path = format!("/v1/skillmessages/users/{user}");
        self.post(Scope::SkillMessaging, &path, json!({"data": data, "expiresAfterSeconds": seconds}), deadline).await
    }

    async fn post(&self, scope: Scope, path: &str, body: Value, deadline: Instant) -> Result<(), ServiceError> {
        let once = async |body: Value| {
            let token = self.tokens.get(scope, deadline).await?;
            let call = Call {
                method: Method::POST,
                url: self.endpoint.at(path),
                token: Some(&token),
                body: Body::Json(body),
                // What has a reference is told once; a message that comes twice does no harm.
                repeatable: true,
            };
            self.caller.call(&call, deadline).await.map(|_| ())
        };
        match once(body.clone()).await {
            // A token may be withdrawn before its time: one new one is asked for.
            Err(ServiceError::NotPermitted(401)) => {
                self.tokens.forget(scope).await;
                once(body).await
            }
            result => result,
        }
    }
}

/// The body of an event.
fn proactive(event: &Event, now: Timestamp) -> Result<Value, ServiceError> {
    let ok = |c: u8| c.is_ascii_alphanumeric() || c == b'~';
    if !(1..=100).contains(&event.reference.len()) || !event.reference.bytes().all(ok) {
        return Err(ServiceError::Input("a reference is 1 to 100 letters, digits and tildes"));
    }
    if event.names.is_empty() {
        return Err(ServiceError::Input("say who tells it, in one locale at least"));
    }
    let stamp = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (attribute, told) = match &event.what {
        What::Order { state, since, expected } => {
            let mut status = json!({"status": state.name(), "enterTimestamp": stamp(*since)});
            if let Some(expected) = expected {
                status["deliveryDetails"] = json!({"expectedArrival": stamp(*expected)});
            }
            let payload = json!({"state": status, "order": {"seller": {"name": "localizedattribute:sellerName"}}});
            ("sellerName", json!({"name": "AMAZON.OrderStatus.Updated", "payload": payload}))
        }
        What::Message { count } => {
            let payload = json!({"state": {"status": "UNREAD"},
                "messageGroup": {"creator": {"name": "localizedattribute:creatorName"}, "count": count}});
            ("creatorName", json!({"name": "AMAZON.MessageAlert.Activated", "payload": payload}))
        }
    };
    let names: Vec<Value> =
        event.names.iter().map(|(locale, name)| json!({"locale": locale, attribute: name})).collect();
    let expires = now.checked_add(KEPT_HOURS.hours()).map_err(|_| ServiceError::Input("the clock is wrong"))?;
    Ok(json!({
        "timestamp": stamp(now),
        "referenceId": event.reference,
        "expiryTime": stamp(expires),
        "event": told,
        "localizedAttributes": names,
        "relevantAudience": {"type": "Unicast", "payload": {"user": event.user}},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_what_amazon_asks_for() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let event = Event {
            user: "amzn1.ask.account.X".into(),
            reference: "58672~shipped".into(),
            names: vec![("en-US".into(), "Green Grocer".into())],
            what: What::Order { state: OrderState::Shipped, since: now, expected: now.checked_add(48.hours()).ok() },
        };
        assert_eq!(
            proactive(&event, now).unwrap(),
            json!({"timestamp": "2026-11-24T10:00:00Z", "referenceId": "58672~shipped",
                "expiryTime": "2026-11-25T10:00:00Z",
                "event": {"name": "AMAZON.OrderStatus.Updated", "payload": {
                    "state": {"status": "ORDER_SHIPPED", "enterTimestamp": "2026-11-24T10:00:00Z",
                        "deliveryDetails": {"expectedArrival": "2026-11-26T10:00:00Z"}},
                    "order": {"seller": {"name": "localizedattribute:sellerName"}}}},
                "localizedAttributes": [{"locale": "en-US", "sellerName": "Green Grocer"}],
                "relevantAudience": {"type": "Unicast", "payload": {"user": "amzn1.ask.account.X"}}})
        );
        for reference in ["", "order 7", &"x".repeat(101)] {
            assert!(proactive(&Event { reference: reference.into(), ..event.clone() }, now).is_err(), "{reference}");
        }
        assert!(proactive(&Event { names: Vec::new(), ..event }, now).is_err());
    }
}
