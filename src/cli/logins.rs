//! `voicecart login`: how a customer signs in on the web to link an account. The password is read from standard input,
//! never from the command line, which other users of the machine can see.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use clap::Subcommand;

use super::{Failure, Shared, block_on};
use crate::app;
use crate::clock::RandomIds;
use crate::shop::connectors::sql::customers::SetLoginError;
use crate::shop::connectors::sql::logins::Set;
use crate::shop::password::{LoginName, Password};
use crate::shop::{CustomerId, Customers};
use crate::store::grants;

#[derive(Subcommand, Debug)]
pub enum Logins {
    /// Set or replace how a customer signs in; the password is read from standard input
    Set {
        /// The customer's id in the shop
        customer: String,
        /// What the customer signs in with, usually an e-mail address [default: the customer's id]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// End a customer's sign-in, and every link that was made with it
    Clear {
        /// The customer's id in the shop
        customer: String,
    },
    /// End every link of a customer's account to Alexa; signing in goes on working
    Unlink {
        /// The customer's id in the shop
        customer: String,
    },
}

impl Logins {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let (Self::Set { customer: id, .. } | Self::Clear { customer: id } | Self::Unlink { customer: id }) = self;
        let customer = CustomerId::new(id).map_err(Failure::input)?;
        let login = match self {
            Self::Set { name, .. } => {
                Some((LoginName::new(name.as_deref().unwrap_or(id)).map_err(Failure::input)?, read()?))
            }
            _ => None,
        };
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let clock = app::clock(&settings).map_err(Failure::input)?;
            let customers = Customers::new(store.clone(), clock.clone(), Arc::new(RandomIds));
            let mut out = anstream::stdout();
            let done = match login {
                Some((name, password)) => match customers.set_login(&customer, &name, password).await {
                    Ok(Set::Done) => {
                        writeln!(out, "{id} signs in as {}", name.as_str())?;
                        Ok(())
                    }
                    Ok(Set::NoSuchCustomer) => Err(Failure::input(anyhow::anyhow!("there is no customer {id:?}"))),
                    Ok(Set::NameTaken) => {
                        Err(Failure::input(anyhow::anyhow!("another customer signs in as {:?}", name.as_str())))
                    }
                    Err(SetLoginError::Password(error)) => Err(Failure::input(error)),
                    Err(SetLoginError::Shop(error)) => Err(Failure::failed(error)),
                },
                None => {
                    let had = match self {
                        Self::Clear { .. } => customers.clear_login(&customer).await.map_err(Failure::failed)?,
                        _ => true,
                    };
                    let ended = grants::revoke_customer(&store, id, clock.now()).await.map_err(Failure::failed)?;
                    writeln!(out, "{ended} links of {id} were ended")?;
                    if had { Ok(()) } else { Err(Failure::input(anyhow::anyhow!("{id:?} had no sign-in"))) }
                }
            };
            store.close().await;
            done
        })
    }
}

fn read() -> Result<Password, Failure> {
    if std::io::stdin().is_terminal() {
        write!(anstream::stderr(), "Password (it is shown while you type): ")?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Password::new(line.trim_end_matches(['\r', '\n'])).map_err(Failure::input)
}
