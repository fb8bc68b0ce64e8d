//! Requests such as Alexa sends, one of every type: a type's name in, an envelope out.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::edge::alexa::envelope::{Class, class};

/// Whom the doctor asks for: a skill and a shopper of its own.
#[derive(Clone, Debug)]
pub struct Patient {
    pub application_id: String,
    /// Part of every request and session id, so that two visits are never mistaken for one.
    pub visit: String,
}

/// A request of this type, sent at `at`.
pub fn request(kind: &str, patient: &Patient, at: Timestamp) -> Value {
    let mut request = json!({
        "type": kind,
        "requestId": format!("amzn1.echo-api.request.doctor.{}.{kind}", patient.visit),
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "locale": "en-US",
    });
    if let (Some(request), Value::Object(more)) = (request.as_object_mut(), details(kind)) {
        request.extend(more);
    }
    let application = json!({"applicationId": patient.application_id});
    let user = json!({"userId": "amzn1.ask.account.VOICECARTDOCTOR"});
    let mut envelope = json!({
        "version": "1.0",
        "context": {"System": {
            "application": application,
            "user": user,
            "device": {"deviceId": "amzn1.ask.device.VOICECARTDOCTOR", "supportedInterfaces": {}},
            "apiEndpoint": "https://api.amazonalexa.com",
        }},
        "request": request,
    });
    if has_session(kind) {
        let session = json!({
            "new": class(kind) == Class::Opens,
            "sessionId": format!("amzn1.echo-api.session.doctor.{}", patient.visit),
            "application": application,
            "attributes": {"doctor": true},
            "user": user,
        });
        if let Some(envelope) = envelope.as_object_mut() {
            envelope.insert("session".into(), session);
        }
    }
    envelope
}

/// Events arrive outside any conversation.
fn has_session(kind: &str) -> bool {
    match class(kind) {
        Class::Silent | Class::Fault => ["Alexa.Presentation.", "Dialog.", "CustomInterfaceController.", "GameEngine."]
            .iter()
            .any(|p| kind.starts_with(p)),
        _ => true,
    }
}

/// What a request of this type has beyond the members all have.
fn details(kind: &str) -> Value {
    let help = json!({"name": "AMAZON.HelpIntent", "confirmationStatus": "NONE", "slots": {}});
    match kind {
        "IntentRequest" => json!({"dialogState": "COMPLETED", "intent": help}),
        "CanFulfillIntentRequest" => json!({"intent": help}),
        "SessionEndedRequest" => json!({"reason": "USER_INITIATED"}),
        "SessionResumedRequest" => json!({"originIpAddress": null, "cause": {
            "type": "ConnectionCompleted", "token": "t", "status": {"code": "200", "message": "OK"}, "result": null}}),
        "Connections.Response" => json!({"name": "AskFor", "token": "t", "status": {"code": 200, "message": "OK"},
            "payload": {"status": "ACCEPTED"}}),
        "Connections.Request" => json!({"name": "PrintPDF", "payload": {"title": "a list"}}),
        "Dialog.InputRequest" => json!({"input": {"name": "AddToBasketIntent", "slots": {}}}),
        "Dialog.API.Invoked" => json!({"apiRequest": {"name": "search", "arguments": {}, "slots": {}}}),
        "Display.ElementSelected" => json!({"token": "t"}),
        "Messaging.MessageReceived" => json!({"message": {"hello": "there"}}),
        "System.ExceptionEncountered" => json!({"cause": {"requestId": "r"},
            "error": {"type": "INVALID_RESPONSE", "message": "sent by the doctor"}}),
        "AudioPlayer.PlaybackFailed" => json!({"token": "t", "error": {"type": "MEDIA_ERROR_UNKNOWN", "message": "m"},
            "currentPlaybackState": {"token": "t", "offsetInMilliseconds": 0, "playerActivity": "PLAYING"}}),
        kind if kind.starts_with("AudioPlayer.") => json!({"token": "t", "offsetInMilliseconds": 1}),
        kind if kind.starts_with("AlexaSkillEvent.") => {
            json!({"body": {"acceptedPermissions": [], "subscriptions": []},
            "eventCreationTime": "2026-01-01T00:00:00Z", "eventPublishingTime": "2026-01-01T00:00:00Z"})
        }
        kind if kind.ends_with("UserEvent") => {
            json!({"token": "t", "arguments": ["a", 1], "source": {}, "components": {}})
        }
        kind if kind.ends_with("ListData") => json!({"token": "t", "correlationToken": "c", "listId": "l", "count": 5}),
        kind if kind.ends_with("RuntimeError") => {
            json!({"token": "t", "errors": [{"type": "LIST_ERROR", "reason": "r"}]})
        }
        _ => json!({}),
    }
}
