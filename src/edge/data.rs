//! All that the shop keeps about a customer, `/v1/customers/{customer}/data`: given out and erased; and the log of who saw
//! it, `/v1/admin/audit`. Only for API keys that `service.admins` names.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Doors;
use super::admin::{admitted, failed};
use super::guard::Who;
use super::problem::{self, Problem, Refusal};
use crate::shop::CustomerId;
use crate::shop::audit::Entry;

/// What stays of an erased customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptRows {
    what: String,
    count: u32,
    why: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Erased {
    /// What stays, under a number that nobody can be found by, and why.
    kept: Vec<KeptRows>,
    /// Conversations are not searched by customer: the last one is gone after so many hours of silence.
    conversations_gone_within_hours: u32,
}

#[derive(Debug, Deserialize, IntoParams)]
pub struct WhichEntries {
    /// Of one customer; of all without it.
    #[param(example = "ada")]
    customer: Option<String>,
    /// At most so many, 1 to 1000; 200 without it.
    limit: Option<u32>,
}

/// Who saw or changed what.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// RFC 3339.
    at: String,
    customer: String,
    /// `text`, `voice`, `stream`, `alexa`, `wyoming`, `admin`, `api`, or `server` for its own work.
    #[schema(example = "admin")]
    door: String,
    /// The API key's name; null where the shopper spoke without one.
    who: Option<String>,
    #[schema(example = "orders.seen")]
    what: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLog {
    /// Newest first.
    entries: Vec<AuditEntry>,
}

/// Everything that is kept about a customer
///
/// With who saw or changed it. Giving it out is noted there too.
#[utoipa::path(get, path = "/v1/customers/{customer}/data", tag = "Customers",
    params(("customer" = String, Path, description = "The customer's id in the shop", example = "ada")),
    responses(
        (status = 200, description = "All of it", body = serde_json::Value),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem),
        (status = 404, description = "There is no such customer", content_type = "application/problem+json", body = Problem)))]
pub async fn export(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    Path(customer): Path<String>,
) -> Result<Response, Refusal> {
    let customer = known(&doors, &who, &customer).await?;
    // What was seen a moment ago belongs in it.
    doors.shop.note(&customer, "exported");
    doors.shop.write_audit().await.map_err(|e| failed(&e))?;
    let all = doors.customers.export(&customer).await.map_err(|e| failed(&e))?;
    Ok(Json(all).into_response())
}

/// Forget a customer
///
/// Name, addresses, identities, lists, conversations handed over, complaints, notices. The books stay, as the law wants it,
/// and the answer says so.
#[utoipa::path(delete, path = "/v1/customers/{customer}/data", tag = "Customers",
    params(("customer" = String, Path, description = "The customer's id in the shop", example = "ada")),
    responses(
        (status = 200, description = "Erased; what stays, and why", body = Erased),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem),
        (status = 404, description = "There is no such customer", content_type = "application/problem+json", body = Problem)))]
pub async fn erase(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    Path(customer): Path<String>,
) -> Result<Json<Erased>, Refusal> {
    let customer = known(&doors, &who, &customer).await?;
    doors.shop.write_audit().await.map_err(|e| failed(&e))?;
    let Some(erasure) = doors.customers.erase(&customer).await.map_err(|e| failed(&e))? else {
        return Err(nobody(&customer));
    };
    doors.shop.forgotten(&customer);
    let kept = erasure.kept.into_iter();
    Ok(Json(Erased {
        kept: kept.map(|k| KeptRows { what: k.what.into(), count: k.count, why: k.why.into() }).collect(),
        conversations_gone_within_hours: doors.settings.retention.sessions_hours,
    }))
}

/// Who saw or changed what of customers' data, newest first.
#[utoipa::path(get, path = "/v1/admin/audit", tag = "Admin", params(WhichEntries),
    responses(
        (status = 200, description = "The newest entries", body = AuditLog),
        (status = 403, description = "The key is not named in service.admins", content_type = "application/problem+json", body = Problem)))]
pub async fn audit(
    State(doors): State<Arc<Doors>>,
    Extension(who): Extension<Who>,
    which: Result<Query<WhichEntries>, QueryRejection>,
) -> Result<Json<AuditLog>, Refusal> {
    admitted(&doors, &who)?;
    let Query(which) = which.map_err(|e| Refusal::new(problem::BAD_PARAMETER, e.body_text()))?;
    let customer = which.customer.as_deref().map(CustomerId::new).transpose();
    let customer = customer.map_err(|e| Refusal::new(problem::BAD_PARAMETER, e.to_string()))?;
    let entries = doors.shop.audit(customer.as_ref(), which.limit.unwrap_or(200)).await.map_err(|e| failed(&e))?;
    Ok(Json(AuditLog { entries: entries.into_iter().map(shown).collect() }))
}

async fn known(doors: &Doors, who: &Who, customer: &str) -> Result<CustomerId, Refusal> {
    admitted(doors, who)?;
    let customer = CustomerId::new(customer).map_err(|e| Refusal::new(problem::BAD_PARAMETER, e.to_string()))?;
    match doors.customers.exists(&customer).await {
        Ok(true) => Ok(customer),
        Ok(false) => Err(nobody(&customer)),
        Err(error) => Err(failed(&error)),
    }
}

fn nobody(customer: &CustomerId) -> Refusal {
    Refusal::new(problem::NO_CUSTOMER, format!("there is no customer {:?}", customer.as_str()))
}

fn shown(entry: Entry) -> AuditEntry {
    AuditEntry {
        at: entry.at.to_string(),
        customer: entry.customer,
        door: entry.door,
        who: entry.who,
        what: entry.what,
    }
}
