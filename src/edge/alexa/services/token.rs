//! The skill's own token, for what it says unasked: its credentials in, a token out that is kept until shortly before
//! it lapses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::call::{Body, Call};
use super::{Caller, ServiceError};

const LOGIN: &str = "https://api.amazon.com/auth/O2/token";
/// A token this close to its end is not used any more.
const MARGIN: Duration = Duration::from_secs(60);

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    ProactiveEvents,
    SkillMessaging,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::ProactiveEvents => "alexa::proactive_events",
            Self::SkillMessaging => "alexa:skill_messaging",
        }
    }
}

/// Gets tokens with the credentials of the developer console's permissions page.
pub struct Tokens {
    caller: Caller,
    login: String,
    client_id: String,
    client_secret: SecretString,
    kept: Mutex<Vec<(Scope, Arc<SecretString>, Instant)>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Tokens {
    /// `stand_in` is asked in place of Amazon's login, for tests.
    pub fn new(caller: Caller, client_id: &str, client_secret: SecretString, stand_in: Option<&str>) -> Self {
        let login = stand_in.map_or_else(|| LOGIN.to_owned(), |base| format!("{base}/auth/O2/token"));
        Self { caller, login, client_id: client_id.to_owned(), client_secret, kept: Mutex::default() }
    }

    /// A token that is good for a while; asked for only where none is kept. Those who need the same one wait for it.
    pub async fn get(&self, scope: Scope, deadline: Instant) -> Result<Arc<SecretString>, ServiceError> {
        let mut kept = self.kept.lock().await;
        kept.retain(|(_, _, until)| *until > Instant::now());
        if let Some((_, token, _)) = kept.iter().find(|(s, _, _)| *s == scope) {
            return Ok(Arc::clone(token));
        }
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret())
            .append_pair("scope", scope.name())
            .finish();
        let call = Call {
            method: Method::POST,
            url: self.login.clone(),
            token: None,
            body: Body::Form(SecretString::from(form)),
            repeatable: true,
        };
        let answer = self.caller.call(&call, deadline).await?.ok_or(ServiceError::Odd("it is empty"))?;
        let granted: Granted =
            serde_json::from_value(answer).map_err(|_| ServiceError::Odd("there is no access_token"))?;
        let token = Arc::new(SecretString::from(granted.access_token));
        let lasts = Duration::from_secs(granted.expires_in.min(86_400)).saturating_sub(MARGIN);
        kept.push((scope, Arc::clone(&token), Instant::now() + lasts));
        Ok(token)
    }

    /// Forgets a token that was refused, so that the next is a new one.
    pub async fn forget(&self, scope: Scope) {
        self.kept.lock().await.retain(|(s, _, _)| *s != scope);
    }
}
