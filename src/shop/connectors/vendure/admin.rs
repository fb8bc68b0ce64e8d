//! Vendure's Admin API: a GraphQL question in, its data out. Signs in when it must; refuses to know what is asked.

use std::sync::Mutex;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Access, VendureError};

/// The API at one address. Cheap to ask from many tasks at once.
pub struct Admin {
    access: Access,
    client: reqwest::Client,
    token: Mutex<Option<String>>,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    code: String,
}

/// The header in which Vendure gives its session's token.
const TOKEN: &str = "vendure-auth-token";
const LOGIN: &str = "mutation($user: String!, $password: String!) {
    login(username: $user, password: $password) { __typename ... on ErrorResult { message } } }";

impl Admin {
    pub fn new(access: Access) -> Result<Self, VendureError> {
        // Only the first of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(access.patience).build();
        let client = client.map_err(|e| VendureError::Unanswered(e.to_string()))?;
        Ok(Self { access, client, token: Mutex::new(None) })
    }

    /// The data of an answer. A session that has ended is begun anew, once.
    pub async fn ask<T: DeserializeOwned>(&self, query: &str, variables: Value) -> Result<T, VendureError> {
        if self.token().is_none() {
            self.sign_in().await?;
        }
        let mut answer = self.post(query, &variables).await?;
        if answer.errors.iter().any(|e| e.extensions.code == "FORBIDDEN") {
            self.sign_in().await?;
            answer = self.post(query, &variables).await?;
        }
        if let Some(problem) = answer.errors.into_iter().next() {
            return Err(VendureError::Refused(problem.message));
        }
        serde_json::from_value(answer.data.unwrap_or_default()).map_err(|e| VendureError::Unreadable(e.to_string()))
    }

    /// As `ask`, for a change that answers with one thing or says why not.
    pub async fn change(&self, query: &str, variables: Value) -> Result<(), VendureError> {
        let data: Value = self.ask(query, variables).await?;
        let results = data.as_object().into_iter().flat_map(|o| o.values());
        match results.filter_map(|r| r.get("message")?.as_str()).next() {
            Some(why) => Err(VendureError::Refused(why.to_owned())),
            None => Ok(()),
        }
    }

    async fn sign_in(&self) -> Result<(), VendureError> {
        let variables = json!({ "user": self.access.user, "password": self.access.password.expose_secret() });
        self.forget();
        let answer = self.post(LOGIN, &variables).await?;
        let refused = answer.data.as_ref().and_then(|d| d.pointer("/login/message")?.as_str().map(str::to_owned));
        match refused {
            _ if self.token().is_some() => Ok(()),
            Some(why) => Err(VendureError::Refused(format!("signing in as {:?}: {why}", self.access.user))),
            None => Err(VendureError::Unreadable(
                "no session token came with the login; authOptions.tokenMethod must have \"bearer\"".into(),
            )),
        }
    }

    async fn post(&self, query: &str, variables: &Value) -> Result<Answer, VendureError> {
        let request = self.client.post(&self.access.url).json(&json!({ "query": query, "variables": variables }));
        let request = match self.token() {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let unanswered = |e: reqwest::Error| VendureError::Unanswered(e.without_url().to_string());
        let response = request.send().await.map_err(unanswered)?;
        if let Some(token) = response.headers().get(TOKEN).and_then(|t| t.to_str().ok()) {
            *self.slot() = Some(token.to_owned());
        }
        let status = response.status();
        if status.is_server_error() {
            return Err(VendureError::Unanswered(format!("HTTP {status}")));
        }
        response.json().await.map_err(|e| match e.is_decode() {
            true => VendureError::Unreadable(format!("HTTP {status}, {}", e.without_url())),
            false => unanswered(e),
        })
    }

    fn token(&self) -> Option<String> {
        self.slot().clone()
    }

    fn forget(&self) {
        *self.slot() = None;
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.token.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
