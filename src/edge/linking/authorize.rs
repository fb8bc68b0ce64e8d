//! The authorisation endpoint: Alexa sends a shopper here, the shopper signs in, and goes back with a code. What is
//! wrong before it is sure who asks is told on a page; after that it is told to whoever asked. Refuses to be framed,
//! cached or posted to by another site.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::Url;

use super::page::{self, Trouble};
use super::{CODE, Linking, LinkingError, hash, secret};
use crate::shop::CustomerId;
use crate::shop::connectors::sql::logins::SignIn;
use crate::shop::password::{LoginName, Password};
use crate::store::grants::{self, NewCode};
use governor::clock::Clock as _;

/// Fields that come by the address, travel through the page, and come back with the sign-in.
pub const FIELDS: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method"];
/// All that a token here allows.
const SCOPE: &str = "shop";
/// Longest `state`; Alexa's is well below.
const STATE: usize = 4_096;

/// What was asked for, checked.
pub struct Asked {
    pub redirect: String,
    state: String,
    challenge: Option<String>,
    /// As they came, to be sent along with the form.
    pub fields: BTreeMap<String, String>,
}

/// Why nothing is given.
enum Refused {
    /// Nobody known asks: the shopper is told, and sent nowhere.
    Stranger(&'static str),
    /// Told to the client, by RFC 6749's names.
    Client { redirect: String, state: Option<String>, error: &'static str, why: &'static str },
}

/// `GET`: the page.
pub async fn open(State(linking): State<Arc<Linking>>, RawQuery(query): RawQuery) -> Response {
    let fields = super::fields(query.unwrap_or_default().as_bytes());
    match asked(&linking, fields) {
        Ok(asked) => page::sign_in(&asked, None, "", StatusCode::OK),
        Err(refused) => refused.told(),
    }
}

/// `POST`: name and password, and all that came with the page.
pub async fn sign_in(State(linking): State<Arc<Linking>>, headers: HeaderMap, body: Bytes) -> Response {
    // Browsers say where a form was; what was on another site is not our page.
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
    if !matches!(site, None | Some("same-origin" | "none")) {
        return page::refused("This form was sent from another site. Start again in the Alexa app.");
    }
    let mut fields = super::fields(&body);
    let mut take = |name| fields.as_mut().ok().and_then(|f| f.remove(name)).unwrap_or_default();
    let (name, password) = (take("login"), take("password"));
    let asked = match asked(&linking, fields) {
        Ok(asked) => asked,
        Err(refused) => return refused.told(),
    };
    match tried(&linking, &name, &password).await {
        Ok(Ok(customer)) => match code(&linking, &asked, &customer).await {
            Ok(code) => back(&asked.redirect, &[("code", &code), ("state", &asked.state)]),
            Err(error) => failed(&asked, &name, &error),
        },
        Ok(Err(trouble)) => {
            let status = match &trouble {
                Trouble::Locked { .. } | Trouble::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
                Trouble::Missing { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::FORBIDDEN,
            };
            page::sign_in(&asked, Some(trouble), &name, status)
        }
        Err(error) => failed(&asked, &name, &error),
    }
}

fn failed(asked: &Asked, name: &str, error: &LinkingError) -> Response {
    tracing::error!(%error, "a sign-in could not be finished");
    page::sign_in(asked, Some(Trouble::Ours), name, StatusCode::SERVICE_UNAVAILABLE)
}

async fn tried(linking: &Linking, name: &str, password: &str) -> Result<Result<CustomerId, Trouble>, LinkingError> {
    if name.trim().is_empty() || password.is_empty() {
        return Ok(Err(Trouble::Missing { name: name.trim().is_empty(), password: password.is_empty() }));
    }
    // What cannot be a name or a password is nobody's.
    let (Ok(name), Ok(password)) = (LoginName::new(name), Password::new(password)) else {
        return Ok(Err(Trouble::Wrong));
    };
    if let Err(until) = linking.names.check_key(&name.as_str().to_owned()) {
        let seconds = until.wait_time_from(linking.rates.now()).as_secs() + 1;
        return Ok(Err(Trouble::TooOften { seconds }));
    }
    if linking.names.len() > 10_000 {
        linking.names.retain_recent();
    }
    let Ok(_permit) = linking.comparing.try_acquire() else { return Ok(Err(Trouble::TooOften { seconds: 2 })) };
    Ok(match linking.customers.sign_in(&name, password).await? {
        SignIn::Welcome(customer) => Ok(customer),
        SignIn::Wrong => Err(Trouble::Wrong),
        SignIn::Locked { minutes } => Err(Trouble::Locked { minutes }),
    })
}

async fn code(linking: &Linking, asked: &Asked, customer: &CustomerId) -> Result<String, LinkingError> {
    let (code, now) = (secret("vcc_")?, linking.clock.now());
    let kept = NewCode {
        hash: &hash(&code),
        grant: &secret("g_")?,
        customer: customer.as_str(),
        client: &linking.client.id,
        redirect: &asked.redirect,
        challenge: asked.challenge.as_deref(),
        expires: now + CODE,
    };
    grants::add_code(&linking.store, &kept, now).await?;
    Ok(code)
}

fn asked(linking: &Linking, fields: Result<BTreeMap<String, String>, String>) -> Result<Asked, Refused> {
    let Ok(mut fields) = fields else {
        return Err(Refused::Stranger("The address of this page says something twice."));
    };
    fields.retain(|name, _| FIELDS.contains(&name.as_str()));
    let get = |name: &str| fields.get(name).map(String::as_str).filter(|v| !v.is_empty());
    if get("client_id") != Some(&linking.client.id) {
        return Err(Refused::Stranger("Whoever sent you here is not known to this shop."));
    }
    let redirect = get("redirect_uri").filter(|r| linking.client.may_redirect(r));
    let redirect = redirect.ok_or(Refused::Stranger("You would be sent on to a place this shop does not know."))?;
    let state = get("state").filter(|s| s.len() <= STATE);
    let refuse =
        |error, why| Refused::Client { redirect: redirect.to_owned(), state: state.map(str::to_owned), error, why };
    if get("response_type") != Some("code") {
        return Err(refuse("unsupported_response_type", "response_type must be code"));
    }
    let state = state.ok_or_else(|| refuse("invalid_request", "state must have 1 to 4096 characters"))?;
    if get("scope").is_some_and(|s| s.split(' ').any(|s| s != SCOPE)) {
        return Err(refuse("invalid_scope", "the only scope is shop"));
    }
    let challenge = get("code_challenge");
    let method = get("code_challenge_method");
    match (challenge, method) {
        (None, None) if linking.client.is_public() => {
            return Err(refuse("invalid_request", "code_challenge is needed: the client has no secret"));
        }
        (None, Some(_)) => return Err(refuse("invalid_request", "code_challenge_method without code_challenge")),
        // Without a method it would be `plain`, which protects from nobody.
        (Some(_), method) if method != Some("S256") => {
            return Err(refuse("invalid_request", "code_challenge_method must be S256"));
        }
        (Some(challenge), _) if !is_challenge(challenge) => {
            return Err(refuse("invalid_request", "code_challenge must be 43 characters of base64url"));
        }
        _ => {}
    }
    Ok(Asked {
        redirect: redirect.to_owned(),
        state: state.to_owned(),
        challenge: challenge.map(str::to_owned),
        fields,
    })
}

fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl Refused {
    fn told(self) -> Response {
        match self {
            Self::Stranger(why) => page::refused(why),
            Self::Client { redirect, state, error, why } => {
                let mut query = vec![("error", error), ("error_description", why)];
                query.extend(state.as_deref().map(|s| ("state", s)));
                back(&redirect, &query)
            }
        }
    }
}

/// Sends the shopper back, with `query` added to the address.
fn back(redirect: &str, query: &[(&str, &str)]) -> Response {
    let target = Url::parse(redirect).ok().and_then(|mut url| {
        url.query_pairs_mut().extend_pairs(query);
        HeaderValue::from_str(url.as_str()).ok()
    });
    let Some(target) = target else { return page::refused("The way back cannot be read.") };
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, target);
    page::guarded(response, None)
}
