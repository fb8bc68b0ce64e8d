//! The merchant's people: what waits for one of them, `/v1/admin/handovers`, returns to be moved on, and how full the times
//! of delivery are. Only for API keys that `service.admins` names: here are conversations of other people.

pub mod returns;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Doors;
use super::guard::Who;
use super::problem::{self, Problem, Refusal};
use crate::shop::CustomerId;
use crate::shop::connectors::sql::cases::Case;
use crate::shop::connectors::sql::slots::Filled;

/// What a case can be.
const STATES: &str = "waiting, taken or closed";
/// The longest note, in characters.
const NOTE: usize = 2_000;

#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    /// `waiting` (the default), `taken` or `closed`.
    #[param(example = "waiting")]
    state: Option<String>,
}

/// One thing to look into: a conversation handed over, a complaint, or somebody who wants to be forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub struct Handover {
    #[schema(example = "01JD0000000000000000000000")]
    id: String,
    /// `handover`, `complaint` or `erasure`.
    kind: String,
    customer: String,
    order: Option<String>,
    /// A complaint, word for word; empty for a hand-over.
    words: String,
    conversation: Vec<Turn>,
    /// `waiting`, `taken` or `closed`.
    state: String,
    note: Option<String>,
    /// RFC 3339.
    opened_at: String,
    changed_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Turn {
    shopper: String,
    shop: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Handovers {
    /// Oldest first, 200 at most.
    handovers: Vec<Handover>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// `waiting`, `taken` or `closed`.
    #[schema(example = "taken")]
    state: String,
    /// For colleagues; at most 2000 characters.
    note: Option<String>,
}

/// What waits for a person, oldest first.
#[utoipa::path(get, path = "/v1/admin/handovers", tag = "Admin", params(Which),
    responses(
        (status = 200, description = "What waits", body = Handovers),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem)))]
pub async fn list(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Handovers>, Refusal> {
    admitted(&doors, &who)?;
    let wanted = which.ok().and_then(|Query(w)| w.state).unwrap_or_else(|| "waiting".into());
    let cases = doors.shop.cases(state(&wanted, STATES)?).await.map_err(|e| failed(&e))?;
    for case in &cases {
        seen(&doors, &case.customer, "cases.seen");
    }
    Ok(Json(Handovers { handovers: cases.into_iter().map(shown).collect() }))
}

/// Takes, closes or gives back one of them.
#[utoipa::path(post, path = "/v1/admin/handovers/{id}", tag = "Admin", request_body = Change,
    params(("id" = String, Path, description = "As the list names it")),
    responses(
        (status = 200, description = "As it is now", body = Handover),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem),
        (status = 409, description = "There is no such one, or somebody else has taken it", content_type = "application/problem+json", body = Problem)))]
pub async fn change(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Handover>, Refusal> {
    admitted(&doors, &who)?;
    let Json(change) = change.map_err(|e| Refusal::new(problem::BAD_JSON, e.body_text()))?;
    let to = state(&change.state, STATES)?;
    let note = noted(&change.note)?;
    let Some(case) = doors.shop.change_case(&id, to, note).await.map_err(|e| failed(&e))? else {
        return Err(Refusal::new(problem::TAKEN, "there is none of this id, or somebody else has taken it"));
    };
    seen(&doors, &case.customer, "cases.changed");
    Ok(Json(shown(case)))
}

/// A time of delivery on one day, and how full it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotFilled {
    #[schema(example = "2026-11-26")]
    day: String,
    #[schema(example = "14:00")]
    from: String,
    #[schema(example = "18:00")]
    to: String,
    /// Orders that it has room for, and those that it was promised to.
    capacity: u32,
    taken: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Slots {
    /// Those that can still be booked, earliest first; empty in a shop without times of delivery.
    slots: Vec<SlotFilled>,
}

/// The coming times of delivery and how full they are. They are set with `voicecart slots`.
#[utoipa::path(get, path = "/v1/admin/slots", tag = "Admin",
    responses(
        (status = 200, description = "The next two weeks", body = Slots),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem)))]
pub async fn slots(State(doors): State<Arc<Doors>>, Extension(who): Extension<Who>) -> Result<Json<Slots>, Refusal> {
    admitted(&doors, &who)?;
    let shown = |f: Filled| SlotFilled {
        day: f.slot.day.to_string(),
        from: f.slot.from.strftime("%H:%M").to_string(),
        to: f.slot.to.strftime("%H:%M").to_string(),
        capacity: f.capacity,
        taken: f.taken,
    };
    let slots = doors.shop.slots().await.map_err(|e| failed(&e))?;
    Ok(Json(Slots { slots: slots.into_iter().map(shown).collect() }))
}

/// Notes that one of the merchant's people saw or changed something of this customer's.
fn seen(doors: &Doors, customer: &str, what: &str) {
    if let Ok(customer) = CustomerId::new(customer) {
        doors.shop.note(&customer, what);
    }
}

pub(super) fn admitted(doors: &Doors, who: &Who) -> Result<(), Refusal> {
    let named = who.name.as_ref().is_some_and(|name| doors.settings.service.admins.contains(name));
    // Without keys there is only this machine.
    if named || !doors.settings.auth.required {
        return Ok(());
    }
    let detail = "add this key's name to service.admins (VOICECART_SERVICE_ADMINS) to let it in here";
    Err(Refusal::new(problem::NOT_ADMIN, detail))
}

/// A state by its name; `all` lists those there are, for whoever names another.
fn state<T: DeserializeOwned>(name: &str, all: &str) -> Result<T, Refusal> {
    serde_json::from_value(name.into()).map_err(|_| unknown(name, all))
}

fn unknown(state: &str, all: &str) -> Refusal {
    Refusal::new(problem::BAD_JSON, format!("the state is {state:?}; it must be {all}"))
}

/// What a state is called.
fn name(state: impl Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A note that is not too long.
fn noted(note: &Option<String>) -> Result<Option<&str>, Refusal> {
    match note.as_deref() {
        Some(note) if note.chars().count() > NOTE => {
            Err(Refusal::new(problem::BAD_JSON, format!("a note has at most {NOTE} characters")))
        }
        note => Ok(note),
    }
}

pub(super) fn failed(error: &crate::shop::ShopError) -> Refusal {
    tracing::error!(%error, "what the merchant's people asked for could not be read or written");
    Refusal::new(problem::INTERNAL, "the database did not answer; see the log")
}

fn shown(case: Case) -> Handover {
    Handover {
        id: case.id,
        kind: case.kind,
        customer: case.customer,
        order: case.order,
        words: case.words,
        conversation: case.conversation.into_iter().map(|e| Turn { shopper: e.shopper, shop: e.shop }).collect(),
        state: name(case.state),
        note: case.note,
        opened_at: case.opened_at.to_string(),
        changed_at: case.changed_at.to_string(),
    }
}
