//! The Vendure shop of the settings: who places orders in it, and the task that brings what is new there.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Settings;
use crate::shop::connectors::vendure::counter::Means;
use crate::shop::connectors::vendure::{Access, Admin, Counter, Mirror};
use crate::shop::money::Currency;
use crate::store::Store;

/// Vendure's API, where the settings name one.
pub fn admin(settings: &Settings) -> anyhow::Result<Option<Arc<Admin>>> {
    let at = &settings.vendure;
    let Some(url) = &at.url else { return Ok(None) };
    let access = Access {
        url: url.clone(),
        user: at.user.clone(),
        password: SecretString::from(at.password.clone().unwrap_or_default()),
        patience: Duration::from_millis(settings.payment.timeout_ms),
    };
    Ok(Some(Arc::new(Admin::new(access).context("vendure.url")?)))
}

pub fn counter(settings: &Settings, admin: Arc<Admin>, store: Store) -> Counter {
    let at = &settings.vendure;
    Counter::new(admin, store, Means { payment: at.payment.clone(), shipping: at.shipping.clone() })
}

/// Looks again and again until `stop`. While Vendure does not answer, the shop goes on with what it knows.
pub fn follow(
    settings: &Settings,
    admin: Arc<Admin>,
    store: Store,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let every = Duration::from_secs(settings.vendure.every_seconds);
    tokio::spawn(async move {
        let mut mirror = Mirror::new(admin, store, clock, Currency::USD);
        let mut away = false;
        while !stop.is_cancelled() {
            let looked = tokio::select! {
                looked = mirror.look() => looked,
                () = stop.cancelled() => return,
            };
            let failed = looked.is_err();
            match looked {
                Ok(brought) if brought == Default::default() => {}
                Ok(brought) => tracing::info!(
                    products = brought.products,
                    stocks = brought.stocks,
                    customers = brought.customers,
                    orders = brought.orders,
                    "brought from Vendure"
                ),
                // Said once, not at every look.
                Err(error) if !away => {
                    tracing::warn!(%error, "Vendure could not be looked at; what is known stays, and it is tried again");
                }
                Err(_) => {}
            }
            away = failed;
            let _ = tokio::time::timeout(every, stop.cancelled()).await;
        }
    })
}
