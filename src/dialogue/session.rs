//! What is remembered between two turns of one conversation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::errand::Reminder;
use super::reminders::Standing;
use super::service::Draft;
use super::{Choosing, Focus, Form, Kept, Say, SessionError};
use crate::language::Reading;
use crate::shop::facts::Question as Asking;
use crate::shop::preferences::Told;
use crate::shop::service::Exchange;
use crate::shop::slots::{Change, Slot};
use crate::shop::suggest::With;
use crate::shop::{CustomerId, Line, OrderNumber, OrderRef, Product, Quantity, Quote, RequestId, Search, Shelf, Sku};

/// Names one conversation; chosen by the caller (Alexa's session id) or by us.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    pub fn new(text: &str) -> Result<Self, SessionError> {
        let ok = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if ok { Ok(Self(text.to_owned())) } else { Err(SessionError::Id) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One conversation's memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub customer: CustomerId,
    /// BCP 47, such as `en-US`.
    pub locale: String,
    pub touched: Timestamp,
    pub turns: u32,
    /// The question that is open, if any.
    pub question: Option<Question>,
    /// The intent whose slots are being filled, if any.
    #[serde(default)]
    pub form: Option<Form>,
    /// The last search and what of it has been read out.
    pub results: Option<Kept<Results>>,
    /// What the acts of this turn are for; tells [`settle`](super::Dialogue::settle) how to go on.
    pub task: Option<Task>,
    /// The product last spoken of ("it", "that one").
    pub product: Option<Product>,
    /// What is asked of the product that is looked for.
    #[serde(default)]
    pub asking: Option<Asking>,
    /// The order last spoken of.
    pub order: Option<OrderNumber>,
    /// The last thing said, for "repeat".
    pub last: Option<Kept<Say>>,
    /// Speech rate in percent of the voice's own, 50..=200.
    pub pace: u32,
    /// The shopper wants to be told no more than what was asked.
    #[serde(default)]
    pub brief: bool,
    /// Turns in a row that were not understood.
    pub misses: u32,
    /// A PIN was asked for in this conversation: four digits may be one, also when they come late.
    #[serde(default)]
    pub guarded: bool,
    /// What the shopper did not want of what was suggested, latest last.
    #[serde(default)]
    pub refused: Vec<Sku>,
    /// Things suggested unasked so far.
    #[serde(default)]
    pub unasked: u32,
    /// What the shopper likes to be called, where the device may tell.
    #[serde(default)]
    pub called: Option<String>,
    /// The door was asked where the device stands, for an offer that had nowhere to go.
    #[serde(default)]
    pub placed: bool,
    /// Intents that the shopper of this turn must have an account for, and has not.
    #[serde(skip)]
    pub barred: std::sync::Arc<[String]>,
    /// Requests of one breath that wait for their turn.
    #[serde(default)]
    pub later: Vec<Reading>,
    /// What was said, for a person who takes over; nothing that may be a secret.
    #[serde(default)]
    pub talk: Vec<Kept<Exchange>>,
    /// The last few turns, newest last.
    pub answered: Vec<Kept<Answered>>,
}

/// A page of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub search: Search,
    pub page: Vec<Product>,
    pub total: u32,
}

/// An open question; the next turn is read as its answer first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Buy exactly this?
    Purchase(Box<Quote>),
    /// The PIN for exactly this?
    Pin(Box<Quote>),
    /// A link to pay for exactly this?
    Link(Box<Quote>),
    /// There are only so many: those, then?
    Shortage { sku: Sku, left: Quantity, purpose: Purpose },
    /// Which of the results?
    WhichOne { purpose: Purpose, quantity: Option<Quantity> },
    /// What are you looking for?
    WhatProduct { purpose: Purpose, quantity: Option<Quantity> },
    /// How many, where the number first said cannot be sold?
    HowMany(Box<Reading>),
    /// Never bought that before: shall I look for it?
    LookFor(String),
    /// Which order number?
    WhichOrder,
    /// Which order shall be undone?
    WhichToCancel,
    /// Undo exactly this order?
    CancelOrder(OrderNumber),
    /// Let exactly this go, which waits for its link?
    DropLink(String),
    /// Send the link of this purchase again?
    SendLinkAgain(String),
    /// Which of these times of delivery?
    WhichTime { slots: Vec<Slot>, choosing: Choosing },
    /// Which address shall this order go to?
    WhichAddress { order: OrderNumber },
    /// Make this change of a placed order?
    ChangeOrder(Box<Change>),
    /// The next step of a return.
    Return(Box<Draft>),
    /// Shall all that is known of the shopper be erased?
    ForgetMe,
    /// What happened? (of this order, if any)
    Complaint(Option<OrderNumber>),
    /// That is sold out: this, then?
    Instead { product: Box<Product>, purpose: Purpose, quantity: Option<Quantity> },
    /// Nothing comes near it: shall I tell you when it is back?
    TellWhenBack(Sku),
    /// The digits of a code that another door gave?
    LinkCode,
    /// Shall this door and that one be one?
    Join,
    /// Shall I forget it?
    Forget(Told),
    /// Shall I remind you of this?
    Remind(Reminder),
    /// Which of these shall I take back?
    WhichReminder(Vec<Standing>),
    /// Shall I take this back?
    CancelReminder(Standing),
    /// Shall I empty the basket?
    EmptyBasket,
    /// Shall I read more results?
    More,
    /// Did you say this? (heard with little confidence)
    DidYouSay(Box<Reading>),
    /// Not everything can be had: these, then?
    These { lines: Vec<Line>, purpose: Purpose },
    /// This, too?
    Suggested { sku: Sku, quantity: Quantity, with: With, unasked: bool },
    /// What shall be written on the shopping list?
    WhatForList,
    /// Shall I clear it?
    ClearShelf(Shelf),
    /// That was the first request of one breath; now the next?
    Next(Box<Reading>),
}

/// What a product is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    Browse,
    Describe(Focus),
    /// To be told when it is in stock again.
    Await,
    /// To answer [`Session::asking`].
    Ask,
    Basket,
    Buy,
}

/// What the shop's next answer is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// A product is looked for.
    Find { purpose: Purpose, quantity: Option<Quantity> },
    /// An order is looked for.
    Track(OrderRef),
    /// The pages are asked in case; else this is said.
    OrSay(Box<Say>),
    /// An offer was open and is made anew on other terms.
    OfferAgain(Box<Quote>),
    /// An offer was said yes to.
    Buy(Box<Quote>),
    /// An order is looked for to be reminded of when it comes, after this day.
    RemindOfArrival(jiff::civil::Date),
    /// A time of delivery is looked for.
    Time(Choosing),
    /// What is offered is to be paid for by link.
    OfferLink,
    /// There is nothing to offer: a link that was sent may be meant.
    LinkAgain,
    /// An order is looked for to be undone.
    CancelOrder,
    /// The basket is counted before it is emptied.
    EmptyBasket,
    /// An idea is looked for; unasked where this was just added.
    Suggest { with: With, added: Option<Box<Say>> },
    /// A shelf is counted before it is cleared.
    ClearShelf(Shelf),
}

impl Session {
    pub fn new(id: SessionId, customer: CustomerId, locale: &str, now: Timestamp) -> Self {
        Self {
            id,
            customer,
            locale: locale.to_owned(),
            touched: now,
            turns: 0,
            question: None,
            form: None,
            results: None,
            task: None,
            product: None,
            asking: None,
            order: None,
            last: None,
            pace: 100,
            brief: false,
            misses: 0,
            guarded: false,
            refused: Vec::new(),
            unasked: 0,
            called: None,
            barred: std::sync::Arc::default(),
            placed: false,
            later: Vec::new(),
            talk: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// A session as a store kept it. One that another release wrote and this one cannot read is dropped: the conversation
    /// starts afresh, orders and baskets are elsewhere.
    pub fn read(state: &str) -> Option<Self> {
        serde_json::from_str(state)
            .inspect_err(|error| tracing::warn!(%error, "a stored session cannot be read and is dropped"))
            .ok()
    }
}

/// A turn already answered, so that the same request sent again gets the same answer and changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    pub request: RequestId,
    /// Hash of what was asked; another one under the same request id is a caller's mistake.
    pub fingerprint: u64,
    pub say: Kept<Say>,
    pub reading: Option<Reading>,
    pub ended: bool,
}

impl Session {
    /// Keeps what was said on both sides, the newest of it, for a person who may take over.
    pub fn record(&mut self, reading: Option<&Reading>, shop: &str) {
        const KEPT: usize = 100;
        const LONGEST: usize = 600;
        let shopper = match reading {
            Some(r) if !r.utterance.is_empty() => r.utterance.clone(),
            // Alexa sends no words: the intent and what was said for its slots.
            Some(r) => [r.intent.as_str()]
                .into_iter()
                .chain(r.slots.iter().map(|s| s.spoken.as_str()))
                .collect::<Vec<_>>()
                .join(" "),
            None => String::new(),
        };
        if self.talk.len() == KEPT {
            self.talk.remove(0);
        }
        self.talk.push(Kept::new(Exchange { shopper, shop: shop.chars().take(LONGEST).collect() }));
    }

    /// Keeps the turn for retries and for "repeat".
    pub fn remember(&mut self, answered: Answered) {
        const KEPT: usize = 3;
        self.turns += 1;
        // "Repeat" means the last thing about the shop, not the apology or the acknowledgement after it.
        if !matches!(
            *answered.say,
            Say::NotHeard | Say::Courtesy { .. } | Say::Pace { .. } | Say::NothingOpen | Say::Spelled { .. }
        ) {
            self.last = Some(answered.say.clone());
        }
        if self.answered.len() == KEPT {
            self.answered.remove(0);
        }
        self.answered.push(Kept::new(answered));
    }
}
