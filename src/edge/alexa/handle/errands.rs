//! Errands of a conversation, run at Alexa's services: the address of the device, reminders, and what the customer likes
//! to be called. A request in, what may be asked in its name out. Refuses to ask for what was not wished or allowed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use serde_json::Value;

use crate::clock::Clock;
use crate::dialogue::errand::{About, Ran, Wish};
use crate::dialogue::reminders::Standing;
use crate::dialogue::{Brought, Errand, Say};
use crate::edge::alexa::envelope::Envelope;
use crate::edge::alexa::envelope::response::Ask;
use crate::edge::alexa::services::customer::{Address, Profile};
use crate::edge::alexa::services::reminders::{self, Kept, Reminder, When};
use crate::edge::alexa::services::{Access, Caller, ServiceError};
use crate::reply::{Manner, Phrases};
use crate::turn::Run;

/// What the customer allows with one tap on the card.
pub const ADDRESS: &str = "read::alexa:device:all:address";
/// The same permission as the manifest names it.
const ADDRESS_TOO: &str = "alexa::devices:all:address:full:read";
/// A greeting is not worth a longer wait.
const GREETING: Duration = Duration::from_millis(700);

/// All that an errand needs, whenever it is run.
struct Errands {
    services: Caller,
    access: Access,
    locale: String,
    /// The account that lends what its device knows.
    lender: Option<String>,
    /// Whether the customer lets skills know their given name.
    named: bool,
    phrases: Arc<Phrases>,
    clock: Arc<dyn Clock>,
}

/// What runs errands for this request; none where it gives no leave to ask Alexa's services anything.
pub fn of(
    envelope: &Envelope<'_>,
    access: Access,
    services: &Caller,
    locale: &str,
    phrases: Arc<Phrases>,
    clock: Arc<dyn Clock>,
) -> Run {
    let errands = Arc::new(Errands {
        services: services.clone(),
        access,
        locale: locale.to_owned(),
        lender: super::identity::account(envelope),
        named: envelope.granted(Profile::GivenName.scope()),
        phrases,
        clock,
    });
    Arc::new(move |errand, deadline| -> BoxFuture<'static, Brought> {
        let errands = errands.clone();
        Box::pin(async move { errands.run(errand, deadline).await })
    })
}

/// What has to be allowed in the app before this can be done, and is asked for by a card.
pub fn leave(say: &Say) -> Option<Ask> {
    match say {
        Say::Then { said, .. } => leave(said),
        Say::LinkAccount { .. } => Some(Ask::LinkAccount),
        Say::Ran(Ran::NoLeave(Wish::Address) | Ran::Placeless(_)) => Some(Ask::Permissions(&[ADDRESS])),
        Say::Ran(Ran::NoLeave(Wish::Reminder | Wish::Reminders)) => Some(Ask::Permissions(&[reminders::SCOPE])),
        _ => None,
    }
}

/// Whether an event leaves the skill with less than it needs to keep an address; `body` is the event's.
pub fn address_taken_back(kind: &str, body: Option<&Value>) -> bool {
    let accepted = |body: &Value| {
        let list = body.get("acceptedPermissions")?.as_array()?;
        let mut scopes = list.iter().filter_map(|p| p.get("scope").and_then(Value::as_str));
        Some(scopes.any(|scope| matches!(scope, ADDRESS | ADDRESS_TOO)))
    };
    match kind {
        "AlexaSkillEvent.SkillDisabled" => true,
        // An event that lists nothing leaves nothing.
        "AlexaSkillEvent.SkillPermissionAccepted" | "AlexaSkillEvent.SkillPermissionChanged" => {
            !body.and_then(accepted).unwrap_or(false)
        }
        _ => false,
    }
}

impl Errands {
    async fn run(&self, errand: Errand, deadline: Instant) -> Brought {
        let done = match errand {
            Errand::Name if !self.named => return Brought::Nothing,
            Errand::Name => {
                let soon = deadline.min(Instant::now() + GREETING);
                let name = self.services.profile(&self.access, Profile::GivenName, soon).await;
                name.map(|name| name.map_or(Brought::Nothing, Brought::Name))
            }
            Errand::Address { .. } => {
                let Some(lender) = self.lender.clone() else { return Brought::NotHere };
                let found = self.services.address(&self.access, deadline).await;
                found.map(|address| match address.as_ref().and_then(line) {
                    Some(line) => Brought::Address { line, lender },
                    None => Brought::Nothing,
                })
            }
            Errand::MayRemind(_) => self.services.reminders(&self.access, deadline).await.map(|_| Brought::Done),
            Errand::Remind(wanted) => {
                let now = self.clock.now();
                let words = self.words(wanted.about);
                let reminder = Reminder { locale: self.locale.clone(), words, at: When::At(wanted.at) };
                self.services.remind(&self.access, &reminder, now, deadline).await.map(|_| Brought::Done)
            }
            Errand::Reminders(_) => {
                let kept = self.services.reminders(&self.access, deadline).await;
                kept.map(|kept| Brought::Reminders(kept.into_iter().filter_map(standing).collect()))
            }
            Errand::CancelReminder(reminder) => {
                self.services.forget_reminder(&self.access, &reminder.token, deadline).await.map(|()| Brought::Done)
            }
        };
        match done {
            Ok(brought) => brought,
            Err(ServiceError::NotPermitted(_)) => Brought::NoLeave,
            Err(error) => {
                tracing::warn!(%error, "an errand at Alexa's services failed");
                Brought::Failed
            }
        }
    }

    fn words(&self, about: About) -> String {
        self.phrases.render(&Say::Ran(Ran::Due(about)), &Manner::usual(&self.clock.here())).speech.text
    }
}

/// A reminder that can be told from others: it has a time that is still to come, and words.
fn standing(kept: Kept) -> Option<Standing> {
    let Kept { token, at, words, on } = kept;
    at.filter(|_| on && !words.trim().is_empty()).map(|at| Standing { token, at, words })
}

/// An address as it is read out; none where it says no street.
fn line(address: &Address) -> Option<String> {
    let part = |part: &Option<String>| part.as_deref().map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned);
    let street = part(&address.address_line1)?;
    let more = [&address.address_line2, &address.address_line3, &address.city, &address.state_or_region];
    let parts: Vec<String> =
        std::iter::once(street).chain(more.into_iter().filter_map(part)).chain(part(&address.postal_code)).collect();
    Some(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_without_a_street_is_none() {
        let address = |street: Option<&str>| Address {
            address_line1: street.map(str::to_owned),
            address_line2: Some(" ".into()),
            city: Some("Seattle".into()),
            postal_code: Some("98109".into()),
            ..Address::default()
        };
        assert_eq!(line(&address(Some("410 Terry Ave"))).as_deref(), Some("410 Terry Ave, Seattle, 98109"));
        assert_eq!(line(&address(None)), None);
    }

    #[test]
    fn an_address_is_kept_only_while_it_is_allowed() {
        let accepted = json!({"acceptedPermissions": [{"scope": ADDRESS}]});
        let other = json!({"acceptedPermissions": [{"scope": "alexa::profile:given_name:read"}]});
        let changed = "AlexaSkillEvent.SkillPermissionChanged";
        for (kind, body, expected) in [
            (changed, Some(&accepted), false),
            (changed, Some(&other), true),
            (changed, None, true),
            ("AlexaSkillEvent.SkillDisabled", None, true),
            ("AlexaSkillEvent.SkillAccountLinked", None, false),
        ] {
            assert_eq!(address_taken_back(kind, body), expected, "{kind} {body:?}");
        }
    }
}
