//! `GET /v1/stream`: a conversation held while it is spoken, over a WebSocket. Sound and commands go up, events and the
//! spoken reply come down; `docs/stream.md` is the protocol. This file opens the connection or refuses it; knows the
//! order of nothing that follows.

mod answering;
mod conversation;
mod line;
mod mouth;
mod protocol;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::response::Response;
use http::{HeaderMap, header};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Doors;
use super::intake::deadline;
use super::problem::{self, Problem, Refusal};
use super::voice;
use crate::audio::endpoint::Preset;
use crate::audio::live::{Encoding, Outgoing, RATES};
use crate::dialogue::SessionId;
use crate::shop::audit;
use crate::telemetry::metrics;
use crate::turn::{Caller, TurnError};

const DOOR: &str = "stream";
/// Larger messages than a second of the fastest PCM are no live sound.
const LARGEST: usize = 128 << 10;

/// Query parameters of `/v1/stream`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StreamQuery {
    /// The conversation this belongs to; a new one is opened without it.
    pub session: Option<String>,
    /// Who asks; the shop's guest without it.
    #[param(example = "ada")]
    pub customer: Option<String>,
    /// Language tag.
    #[param(example = "en-US")]
    pub locale: Option<String>,
    /// Sound up: `pcm16` (the default) or `opus`.
    pub encoding: Option<String>,
    /// Samples a second of `pcm16` up, 8000 to 48000; 16000 without it.
    pub rate: Option<u32>,
    /// Sound down: `pcm16` (the default), `opus` or `none`.
    pub output: Option<String>,
    /// How long a silence ends an utterance: `relaxed`, `default` or `aggressive`.
    pub endpointing: Option<String>,
    /// `live` (the default) sends the reply as fast as it is heard; `none` as fast as it can.
    pub pacing: Option<String>,
}

/// What was agreed on with one client.
struct Terms {
    session: SessionId,
    /// Of every turn; each gets a request and a deadline of its own.
    caller: Caller,
    encoding: Encoding,
    output: Option<Outgoing>,
    preset: Preset,
    paced: bool,
}

/// A conversation held while it is spoken.
///
/// A WebSocket: PCM or Opus up, JSON events and the spoken reply down. The protocol is described in `docs/stream.md`.
/// Where no header can be set (browsers), the key goes into the subprotocol `bearer.KEY`, beside `voicecart.v1`.
#[utoipa::path(get, path = "/v1/stream", tag = "Turns", params(StreamQuery),
    responses(
        (status = 101, description = "The conversation is open"),
        (status = 400, description = "A wrong parameter, or no WebSocket", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem),
        (status = 403, description = "Pages from there may not call", content_type = "application/problem+json", body = Problem),
        (status = 429, description = "Too many requests with this key", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Busy; see Retry-After", content_type = "application/problem+json", body = Problem)))]
pub async fn stream(State(doors): State<Arc<Doors>>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    same_house(&parts.headers, &doors.settings.cors.origins)?;
    let terms = terms(&parts, &doors).await?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|e| {
        Refusal::new(problem::BAD_REQUEST, format!("this address speaks WebSocket only: {}", e.body_text()))
    })?;
    if doors.lasting.stopping().is_cancelled() {
        return Err(Refusal::new(problem::BUSY, "the server is stopping").retry_after(5));
    }
    let Ok(place) = doors.streams.clone().try_acquire_owned() else {
        metrics::refused(DOOR, "overloaded");
        return Err(Refusal::new(problem::BUSY, "as many conversations as this server holds are open").retry_after(5));
    };
    let upgrade = upgrade.protocols([protocol::VERSION]).max_message_size(LARGEST).max_frame_size(LARGEST);
    // A connection outlives its request, and stays what came through this door.
    let door = audit::here();
    Ok(upgrade.on_upgrade(move |socket| async move {
        let held = doors.clone();
        doors.lasting.hold(async move {
            audit::through(door, conversation::hold(socket, held, terms)).await;
            drop(place);
        });
    }))
}

async fn terms(parts: &http::request::Parts, doors: &Doors) -> Result<Terms, Refusal> {
    let Query(query): Query<StreamQuery> =
        Query::try_from_uri(&parts.uri).map_err(|e: QueryRejection| wrong("the query", e.body_text()))?;
    let encoding = match (query.encoding.as_deref().unwrap_or("pcm16"), query.rate.unwrap_or(crate::audio::RATE)) {
        ("pcm16", rate) if RATES.contains(&rate) => Encoding::Pcm16 { rate },
        ("pcm16", _) => return Err(wrong("rate", "it must be 8000 to 48000")),
        ("opus", _) => Encoding::Opus,
        _ => return Err(wrong("encoding", "it must be pcm16 or opus")),
    };
    let output = match query.output.as_deref() {
        None | Some("pcm16") => Some(Outgoing::Pcm16),
        Some("opus") => Some(Outgoing::Opus),
        Some("none") => None,
        Some(_) => return Err(wrong("output", "it must be pcm16, opus or none")),
    };
    let paced = match query.pacing.as_deref() {
        None | Some("live") => true,
        Some("none") => false,
        Some(_) => return Err(wrong("pacing", "it must be live or none")),
    };
    let form = voice::of_stream(query.session.as_deref(), query.customer.as_deref(), query.locale)?;
    let mut caller = form.caller(doors, deadline(doors, Instant::now())).await?;
    let told = doors.spine.preferences(&caller.customer, &caller.request, caller.deadline).await;
    let given = query.endpointing.or(told.endpointing);
    let given = given.as_deref().unwrap_or(&doors.settings.stream.endpointing);
    let preset = preset(given).map_err(|why| wrong("endpointing", why))?;
    let fresh = || SessionId::new(&format!("s-{}", doors.spine.ids.next())).map_err(TurnError::from);
    let session = caller.session.take().map_or_else(fresh, Ok)?;
    caller.session = Some(session.clone());
    Ok(Terms { session, caller, encoding, output, preset, paced })
}

fn preset(name: &str) -> Result<Preset, &'static str> {
    Preset::named(name).ok_or("it must be relaxed, default or aggressive")
}

fn wrong(name: &str, why: impl std::fmt::Display) -> Refusal {
    Refusal::new(problem::BAD_PARAMETER, format!("{name}: {why}"))
}

/// Browsers let any page open a WebSocket anywhere and say in `Origin` which page it was: unlike with other requests it
/// is for the server to refuse. Programs send none.
fn same_house(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, rest)| !host.is_empty() && rest.eq_ignore_ascii_case(host));
    if own || allowed.iter().any(|a| a == origin) {
        return Ok(());
    }
    metrics::refused(DOOR, "origin");
    Err(Refusal::new(problem::ORIGIN, format!("pages of {origin:?} may not open conversations here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let allowed = ["https://shop.example".to_owned()];
        for (origin, fine) in [
            (None, true),
            (Some("https://shop.example"), true),
            (Some("http://127.0.0.1:8080"), true),
            (Some("http://127.0.0.1:9999"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            origin.into_iter().for_each(|o| drop(headers.insert(header::ORIGIN, o.parse().unwrap())));
            assert_eq!(same_house(&headers, &allowed).is_ok(), fine, "{origin:?}");
        }
    }
}
