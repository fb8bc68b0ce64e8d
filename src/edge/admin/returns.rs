//! Returns as the merchant's people move them on, `/v1/admin/returns`: received, paid back, refused.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Doors;
use super::super::guard::Who;
use super::super::problem::{self, Problem, Refusal};
use super::{admitted, failed, name, noted, state, unknown};
use crate::shop::connectors::sql::refunds::{Case, Moved, Step};

#[derive(Debug, Deserialize, IntoParams)]
pub struct WhichReturns {
    /// `awaited` (the default), `received`, `refunding`, `paid` or `refused`.
    #[param(example = "awaited")]
    state: Option<String>,
}

/// Goods on their way back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Return {
    #[schema(example = "01JD0000000000000000000000")]
    id: String,
    customer: String,
    order: String,
    sku: String,
    name: String,
    quantity: u32,
    /// What is paid back, in hundredths of the currency.
    refund: i64,
    #[schema(example = "USD")]
    currency: String,
    /// In the shopper's words.
    reason: String,
    /// `awaited`, `received`, `refunding` (the gateway has not confirmed it yet and is asked again), `paid` or `refused`.
    state: String,
    /// Whether the pieces are in stock again.
    restocked: bool,
    note: Option<String>,
    /// RFC 3339.
    opened_at: String,
    changed_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Returns {
    /// Oldest first, 200 at most.
    returns: Vec<Return>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveReturn {
    /// `received`, `refunded` (pay it back now) or `refused`.
    #[schema(example = "received")]
    state: String,
    /// Put the pieces back into stock; once, however often it is said.
    #[serde(default)]
    restock: bool,
    /// Why it is refused, for the shopper; at most 2000 characters.
    note: Option<String>,
}

/// Returns, oldest first.
#[utoipa::path(get, path = "/v1/admin/returns", tag = "Admin", params(WhichReturns),
    responses(
        (status = 200, description = "Returns in this state", body = Returns),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem)))]
pub async fn list_returns(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    which: Result<Query<WhichReturns>, QueryRejection>,
) -> Result<Json<Returns>, Refusal> {
    admitted(&doors, &who)?;
    let wanted = which.ok().and_then(|Query(w)| w.state).unwrap_or_else(|| "awaited".into());
    let state = state(&wanted, "awaited, received, refunding, paid or refused")?;
    let cases = doors.shop.returns(state).await.map_err(|e| failed(&e))?;
    for case in &cases {
        doors.shop.note(&case.customer, "returns.seen");
    }
    Ok(Json(Returns { returns: cases.into_iter().map(shown).collect() }))
}

/// Moves a return on: it has arrived, its money goes back, or it is refused. The same again changes nothing.
#[utoipa::path(post, path = "/v1/admin/returns/{id}", tag = "Admin", request_body = MoveReturn,
    params(("id" = String, Path, description = "As the list, or the notice return_opened, names it")),
    responses(
        (status = 200, description = "As it is now; `refunding` until the gateway has confirmed it", body = Return),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem),
        (status = 409, description = "There is no such return, it is too far for that, or the gateway refused", content_type = "application/problem+json", body = Problem)))]
pub async fn move_return(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    step: Result<Json<MoveReturn>, JsonRejection>,
) -> Result<Json<Return>, Refusal> {
    admitted(&doors, &who)?;
    let Json(step) = step.map_err(|e| Refusal::new(problem::BAD_JSON, e.body_text()))?;
    let to = match step.state.as_str() {
        "received" => Step::Received,
        "refunded" => Step::Refund,
        "refused" => Step::Refuse,
        other => return Err(unknown(other, "received, refunded or refused")),
    };
    let note = noted(&step.note)?;
    match doors.shop.move_return(&id, to, step.restock, note).await.map_err(|e| failed(&e))? {
        Moved::Now(case) => {
            doors.shop.note(&case.customer, "returns.changed");
            Ok(Json(shown(case)))
        }
        Moved::Not(case, why) => {
            let detail = format!("the return stays as it is ({}): {why}", name(case.state));
            Err(Refusal::new(problem::NOT_MOVED, detail))
        }
        Moved::NoSuch => Err(Refusal::new(problem::NOT_MOVED, "there is no return of this id")),
    }
}

fn shown(case: Case) -> Return {
    Return {
        id: case.id,
        customer: case.customer.into(),
        order: case.order,
        sku: case.sku,
        name: case.name,
        quantity: case.quantity,
        refund: case.refund.minor(),
        currency: case.refund.currency().code().to_owned(),
        reason: case.reason,
        state: name(case.state),
        restocked: case.restocked,
        note: case.note,
        opened_at: case.opened_at.to_string(),
        changed_at: case.changed_at.to_string(),
    }
}
