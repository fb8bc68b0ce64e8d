//! `voicecart keys`: API keys are made, listed and revoked here. A key is shown once, when it is made.

use std::io::Write;

use clap::Subcommand;
use jiff::Timestamp;

use super::terminal::{LABEL, STRONG};
use super::{Failure, Shared, block_on};
use crate::edge::keys::ApiKey;
use crate::store::keys::{self, KeyRow};
use crate::{app, store::Store};

#[derive(Subcommand, Debug)]
pub enum Keys {
    /// Make a key and print it; it cannot be shown again
    Create {
        /// What the key is for
        name: String,
    },
    /// List the keys
    List {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; running servers refuse it within seconds
    Revoke {
        /// Its name or id
        key: String,
    },
}

impl Keys {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let done = match self {
                Self::Create { name } => create(&store, name).await,
                Self::List { json } => list(&store, *json).await,
                Self::Revoke { key } => revoke(&store, key).await,
            };
            store.close().await;
            done
        })
    }
}

async fn create(store: &Store, name: &str) -> Result<(), Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Failure::input(anyhow::anyhow!("a key's name is 1 to 100 printable characters")));
    }
    let taken = keys::list(store).await.map_err(Failure::failed)?;
    if taken.iter().any(|k| k.revoked.is_none() && k.name == name) {
        return Err(Failure::input(anyhow::anyhow!(
            "there is a key named {name:?} already; revoke it or choose another name"
        )));
    }
    let key = app::new_key(store, name).await.map_err(Failure::failed)?;
    show(&key, name)
}

fn show(key: &ApiKey, name: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", key.reveal())?;
    Ok(writeln!(
        anstream::stderr(),
        "{LABEL}This is the key {name:?}. It is kept only as a hash and cannot be shown again.{LABEL:#}"
    )?)
}

async fn list(store: &Store, json: bool) -> Result<(), Failure> {
    let rows = keys::list(store).await.map_err(Failure::failed)?;
    let mut out = anstream::stdout();
    if json {
        let rows: Vec<_> = rows.iter().map(document).collect();
        return Ok(writeln!(out, "{}", serde_json::Value::from(rows))?);
    }
    let day = |t: Option<Timestamp>| t.map_or("never".into(), |t| t.strftime("%Y-%m-%d %H:%M").to_string());
    writeln!(out, "{STRONG}{:26}  {:16}  {:16}  {:7}  NAME{STRONG:#}", "ID", "CREATED (UTC)", "LAST USED", "STATE")?;
    for k in &rows {
        let state = if k.revoked.is_some() { "revoked" } else { "valid" };
        writeln!(out, "{:26}  {:16}  {:16}  {state:7}  {}", k.id, day(Some(k.created)), day(k.used), k.name)?;
    }
    Ok(())
}

fn document(k: &KeyRow) -> serde_json::Value {
    serde_json::json!({ "id": k.id, "name": k.name, "created": k.created, "used": k.used, "revoked": k.revoked })
}

async fn revoke(store: &Store, key: &str) -> Result<(), Failure> {
    match keys::revoke(store, key, Timestamp::now()).await.map_err(Failure::failed)? {
        0 => Err(Failure::input(anyhow::anyhow!(
            "there is no valid key with the id or name {key:?}; see voicecart keys list"
        ))),
        _ => Ok(writeln!(anstream::stderr(), "revoked {key:?}")?),
    }
}
