//! `voicecart alexa notify`: tells a customer through Alexa how an order fares. For the program that knows: a parcel
//! service's callback, a nightly job.

use std::io::Write;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use secrecy::SecretString;

use crate::cli::{Failure, Shared, block_on};
use crate::edge::alexa::services::events::{Event, Notifier, OrderState, Stage, What};
use crate::edge::alexa::services::token::Tokens;
use crate::edge::alexa::services::{Caller, Endpoint, ServiceError};

/// How long telling may take, login included.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Args, Debug)]
pub struct Notify {
    /// Alexa's id of the customer's account, as requests name it
    #[arg(long, value_name = "ID")]
    user: String,
    /// The order's number
    #[arg(long, value_name = "NUMBER")]
    order: String,
    /// How it fares
    #[arg(long, value_enum)]
    state: State,
    /// When it should arrive, such as 2026-12-24T18:00:00Z
    #[arg(long, value_name = "TIME")]
    expected: Option<Timestamp>,
    /// Who tells it
    #[arg(long, value_name = "NAME")]
    seller: String,
    /// Tell the skill's testers, not its customers
    #[arg(long)]
    development: bool,
    /// Client id of the developer console's permissions page
    #[arg(long, value_name = "ID", env = "ALEXA_CLIENT_ID")]
    client_id: String,
    /// Client secret of the same page; give it by the environment, where no other user can read it
    #[arg(long, value_name = "SECRET", env = "ALEXA_CLIENT_SECRET", hide_env_values = true)]
    client_secret: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    PreorderReceived,
    Received,
    Preparing,
    Shipped,
    OutForDelivery,
    Delivered,
}

impl From<State> for OrderState {
    fn from(state: State) -> Self {
        match state {
            State::PreorderReceived => Self::PreorderReceived,
            State::Received => Self::Received,
            State::Preparing => Self::Preparing,
            State::Shipped => Self::Shipped,
            State::OutForDelivery => Self::OutForDelivery,
            State::Delivered => Self::Delivered,
        }
    }
}

impl Notify {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let stand_in = settings.alexa.services_override.as_deref();
        let caller = Caller::new(stand_in.is_some()).map_err(Failure::failed)?;
        let secret = SecretString::from(self.client_secret.clone());
        let tokens = Tokens::new(caller.clone(), &self.client_id, secret, stand_in);
        let notifier = Notifier::new(caller, tokens, Endpoint::default_region(stand_in));
        let (state, now) = (OrderState::from(self.state), Timestamp::now());
        // The same order in the same state is told once, however often this is run.
        let reference: String = format!("{}~{}", self.order, state.name())
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '~')
            .collect();
        let event = Event {
            user: self.user.clone(),
            reference,
            names: vec![(settings.locale.clone(), self.seller.clone())],
            what: What::Order { state, since: now, expected: self.expected },
        };
        let stage = if self.development { Stage::Development } else { Stage::Live };
        block_on(async { notifier.tell(&event, stage, now, Instant::now() + PATIENCE).await.map_err(failure) })?;
        Ok(writeln!(anstream::stdout(), "told: order {} is {}", self.order, state.name())?)
    }
}

fn failure(error: ServiceError) -> Failure {
    match error {
        ServiceError::Unreachable(_) | ServiceError::Late | ServiceError::Busy => Failure::absent(error),
        ServiceError::Input(_) | ServiceError::NotPermitted(_) => Failure::input(error),
        error => Failure::failed(error),
    }
}
