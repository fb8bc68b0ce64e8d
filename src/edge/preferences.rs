//! `GET` and `PUT /v1/customers/{customer}/preferences`: what a customer told about themselves, as JSON. Refuses to know
//! what follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Doors;
use super::intake::{deadline, read};
use super::problem::{BAD_PARAMETER, Problem, Refusal};
use super::voice::{json, json_type};
use crate::shop::preferences::{Avoided, Preferences, Verbosity, Wear};
use crate::shop::{Act, CustomerId, Outcome, RequestId};
use crate::turn::TurnError;

/// What a customer told about themselves. What is absent was never said, and the shop's own habit holds.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PreferencesBody {
    /// Speech rate in percent of the voice's own, 50 to 200.
    #[schema(example = 80)]
    pub pace: Option<u32>,
    /// `relaxed`, `default` or `aggressive`: how long a silence ends an utterance in a live conversation.
    #[schema(example = "relaxed")]
    pub endpointing: Option<String>,
    /// What the customer must not eat: `peanuts`, `nuts`, `milk`, `eggs`, `gluten`, `soy`, `fish`, `shellfish`,
    /// `sesame`, `alcohol`, `meat`, `animal_products`. An offer that names any of it is read out with a warning.
    #[schema(example = json!(["peanuts"]))]
    pub avoids: Vec<String>,
    /// What fits, by `clothes` and `shoes`. Things of other sizes come later, and are told of before they are bought.
    #[schema(example = json!({"clothes": "medium", "shoes": "9"}))]
    pub sizes: BTreeMap<String, String>,
    /// Brands whose things come first among their kind.
    #[schema(example = json!(["willow"]))]
    pub likes: Vec<String>,
    /// Brands whose things come last.
    #[schema(example = json!(["acme"]))]
    pub dislikes: Vec<String>,
    /// `brief` or `full`: how much is said.
    #[schema(example = "brief")]
    pub verbosity: Option<String>,
}

/// A customer's preferences
///
/// Those of a customer that nobody knows are empty.
#[utoipa::path(get, path = "/v1/customers/{customer}/preferences", tag = "Customers",
    params(("customer" = String, Path, description = "The customer's id in the shop", example = "ada")),
    responses(
        (status = 200, description = "All of them", body = PreferencesBody),
        (status = 400, description = "No customer has such an id", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem)))]
pub async fn show(
    State(doors): State<Arc<Doors>>,
    Path(customer): Path<String>,
) -> Result<Json<PreferencesBody>, Refusal> {
    performed(&doors, &customer, Act::ShowPreferences).await
}

/// Set a customer's preferences
///
/// All of them are replaced; what is left out is forgotten.
#[utoipa::path(put, path = "/v1/customers/{customer}/preferences", tag = "Customers",
    params(("customer" = String, Path, description = "The customer's id in the shop", example = "ada")),
    request_body(content = PreferencesBody, content_type = "application/json"),
    responses(
        (status = 200, description = "As they are now", body = PreferencesBody),
        (status = 400, description = "A value that cannot be", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem)))]
pub async fn set(
    State(doors): State<Arc<Doors>>,
    Path(customer): Path<String>,
    request: Request,
) -> Result<Json<PreferencesBody>, Refusal> {
    let (parts, body) = request.into_parts();
    json_type(&parts.headers)?;
    let bytes = read(&doors, body, &parts.headers, doors.settings.limits.json_bytes).await?;
    let body: PreferencesBody = json(&bytes)?;
    let preferences = body.checked()?;
    performed(&doors, &customer, Act::SetPreferences(preferences)).await
}

async fn performed(doors: &Doors, customer: &str, act: Act) -> Result<Json<PreferencesBody>, Refusal> {
    CustomerId::new(customer).map_err(|e| Refusal::new(BAD_PARAMETER, e.to_string()))?;
    let until = deadline(doors, Instant::now());
    let work = async {
        let customer = (doors.resolve)(format!("api:{customer}")).await?;
        // Setting the same twice is the same, so no name of the caller's is needed.
        let request =
            RequestId::new(&doors.spine.ids.next()).map_err(|e| crate::shop::ShopError::Damaged(e.to_string()))?;
        doors.spine.shop.perform(act, &customer, &request).await
    };
    let outcome = tokio::time::timeout_at(until.into(), work).await.map_err(|_| TurnError::Deadline)?;
    match outcome.map_err(TurnError::from)? {
        Outcome::Preferences { preferences, .. } => Ok(Json(preferences.into())),
        _ => Ok(Json(PreferencesBody::default())),
    }
}

impl PreferencesBody {
    fn checked(self) -> Result<Preferences, Refusal> {
        let wrong = |detail: String| Refusal::new(BAD_PARAMETER, detail);
        let known = || Avoided::ALL.map(Avoided::id).join(", ");
        let avoided =
            |id: &String| Avoided::of(id).ok_or_else(|| wrong(format!("avoids has {id:?}; it may have {}", known())));
        let avoids = self.avoids.iter().map(avoided).collect::<Result<_, _>>()?;
        let size = |(of, size): (String, String)| match of.as_str() {
            "clothes" => Ok((Wear::Clothes, size.trim().to_lowercase())),
            "shoes" => Ok((Wear::Shoes, size.trim().to_lowercase())),
            _ => Err(wrong(format!("sizes has {of:?}; it may have clothes, shoes"))),
        };
        let brands = |all: Vec<String>| all.iter().map(|b| b.trim().to_lowercase()).collect();
        let verbosity = match self.verbosity.as_deref() {
            None => None,
            Some("brief") => Some(Verbosity::Brief),
            Some("full") => Some(Verbosity::Full),
            Some(other) => return Err(wrong(format!("verbosity is {other:?}; it must be brief or full"))),
        };
        let preferences = Preferences {
            pace: self.pace,
            endpointing: self.endpointing,
            avoids,
            sizes: self.sizes.into_iter().map(size).collect::<Result<_, _>>()?,
            likes: brands(self.likes),
            dislikes: brands(self.dislikes),
            verbosity,
        };
        if let Some(both) = preferences.likes.intersection(&preferences.dislikes).next() {
            return Err(wrong(format!("{both:?} is in likes and in dislikes; it may be in one of them")));
        }
        preferences.check().map_err(|e| wrong(e.to_string()))?;
        Ok(preferences)
    }
}

impl From<Preferences> for PreferencesBody {
    fn from(told: Preferences) -> Self {
        let avoids = told.avoids.into_iter().map(|a| a.id().to_owned()).collect();
        Self {
            pace: told.pace,
            endpointing: told.endpointing,
            avoids,
            sizes: told.sizes.into_iter().map(|(of, size)| (of.id().to_owned(), size)).collect(),
            likes: told.likes.into_iter().collect(),
            dislikes: told.dislikes.into_iter().collect(),
            verbosity: told.verbosity.map(|v| match v {
                Verbosity::Brief => "brief".to_owned(),
                Verbosity::Full => "full".to_owned(),
            }),
        }
    }
}
