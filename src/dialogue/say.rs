//! Everything the shop's voice can say, without a word of how it is said.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::errand::Ran;
use super::{Delivery, Linking, Serve};
use crate::shop::advice::Advice;
use crate::shop::preferences::{Avoided, Preference, Preferences, Told};
use crate::shop::suggest::Suggestion;
use crate::shop::{
    AddedLine, Awaiting, CouponRefusal, LimitPer, Missing, Money, NoLink, Order, OrderRef, PricedLine, Product,
    Quantity, Quote, Search, Shelf, ShelfItem,
};

/// What people say to people, and to machines that talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Courtesy {
    /// "Hello."
    Greeting,
    /// "Thank you very much."
    Thanks,
    /// "Are you a robot?"
    WhoAreYou,
    /// "Speak up": what only the device can do.
    Volume,
}

/// Something to say. `reply` words it; the session keeps the last one so that it can be repeated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Say {
    /// Doors are linked by a code.
    Linking(Linking),
    /// The conversation opens.
    Welcome {
        returning: bool,
        /// What the shopper likes to be called, where the device may tell.
        #[serde(default)]
        called: Option<String>,
    },
    /// A word of courtesy, and the question that was open asked again.
    Courtesy {
        of: Courtesy,
        open: Option<Box<Say>>,
    },
    Help(HelpTopic),
    Goodbye,
    /// What was under way is dropped, nothing was bought.
    Cancelled,
    /// Of what only the door can do.
    Ran(Ran),
    /// "No" to an offer that is not a purchase: the conversation goes on.
    AllRight,
    /// Nothing was heard, or nothing that can be trusted.
    NotHeard,
    /// Heard, but not the shop's business; `tries` in a row.
    NotUnderstood {
        tries: u32,
    },
    /// "Did you say ...?"
    DidYouSay {
        words: String,
    },
    /// A question of the model's own, worded there.
    Prompt {
        words: String,
    },
    /// What a service of the merchant's wants said.
    Told {
        words: String,
        reprompt: Option<String>,
        end: bool,
    },
    /// "Yes" or "no" with no question open, or "repeat" with nothing said.
    NothingOpen,

    /// A page of results; `first` is the spoken ordinal of `page[0]`, counted from 1.
    Results {
        search: Search,
        page: Vec<Product>,
        first: u32,
        total: u32,
        relaxed: bool,
        /// They were read out before: the shopper went back.
        #[serde(default)]
        back: bool,
    },
    NothingFound {
        search: Search,
    },
    NoMoreResults,
    NoEarlierResults,
    /// "The second one" without a list, or beyond its end.
    NoSuchChoice {
        shown: u32,
    },
    /// After the sale: asked on the way, or done.
    Service(Serve),
    /// When and where it comes.
    Delivery(Delivery),
    /// Answered from the catalogue or the merchant's pages.
    Advice(Advice),
    Product {
        product: Box<Product>,
        delivery: Option<Date>,
        focus: Focus,
    },
    NoSuchProduct {
        words: String,
    },
    AskWhatProduct,
    AskWhichOne {
        page: Vec<Product>,
    },
    /// More than one may buy by voice, or none.
    BadQuantity,

    Tracked {
        orders: Vec<Order>,
        about: OrderRef,
    },
    Orders {
        orders: Vec<Order>,
    },
    NoOrders,
    NoSuchOrder {
        about: OrderRef,
    },
    AskOrderNumber,
    /// What was meant, or may have been, is not paid for yet; `orders` are meant beside it. Shall I send its link again?
    AwaitingPayment {
        waiting: Vec<Awaiting>,
        orders: Vec<Order>,
        about: OrderRef,
    },
    /// That is to be cancelled, and is no order yet: shall I let it go?
    AskDropLink {
        waiting: Box<Awaiting>,
    },

    Basket {
        lines: Vec<PricedLine>,
        total: Money,
    },
    BasketEmpty,
    Added {
        line: Box<PricedLine>,
        basket_total: Money,
        basket_count: u32,
        /// What others take with it: that, too?
        #[serde(default)]
        also: Option<Box<Suggestion>>,
    },
    /// This, too?
    Suggestion(Box<Suggestion>),
    /// Nothing to suggest: with this one thing, or, where `again`, after what was refused.
    NothingToSuggest {
        with: Option<String>,
        again: bool,
    },
    /// Several things at once; `moved` names the shelf they came from, `left` what stayed there.
    AddedEach {
        lines: Vec<AddedLine>,
        basket_total: Money,
        moved: Option<Shelf>,
        left: Vec<Missing>,
    },
    /// Not all of it can be had and nothing was done: the rest, then?
    CannotAddAll {
        can: Vec<AddedLine>,
        cannot: Vec<Missing>,
    },
    /// A line's quantity was changed.
    Changed {
        line: Box<PricedLine>,
        basket_total: Money,
    },
    AskWhatForList,
    PutOnList {
        items: Vec<ShelfItem>,
        count: u32,
    },
    SavedForLater {
        spoken_name: String,
        basket_count: u32,
    },
    Shelf {
        shelf: Shelf,
        items: Vec<ShelfItem>,
    },
    ShelfEmpty {
        shelf: Shelf,
    },
    TakenOffShelf {
        shelf: Shelf,
        name: String,
        left: u32,
    },
    AskClearShelf {
        shelf: Shelf,
        count: u32,
    },
    ShelfCleared {
        shelf: Shelf,
    },
    NotOnShelf {
        shelf: Shelf,
        words: String,
    },
    /// That was the first request of one breath: now the next, in these words?
    Then {
        said: Box<Say>,
        words: String,
    },
    Removed {
        spoken_name: String,
        basket_count: u32,
    },
    NotInBasket {
        spoken_name: String,
    },
    AskEmptyBasket {
        count: u32,
    },
    BasketEmptied,

    /// The one question that leads to a purchase: items, quantities, total; yes or no.
    ConfirmPurchase {
        quote: Box<Quote>,
        changed: bool,
    },
    /// The answer to it was neither.
    ConfirmPurchaseAgain {
        quote: Box<Quote>,
    },
    Bought {
        order: Box<Order>,
        delivery: Option<Date>,
        again: bool,
    },
    NotBought,
    /// What was said yes to can no longer be had as it was offered.
    OfferGone,
    /// Digit by digit, please; `tries_left` after a wrong one.
    AskPin {
        tries_left: Option<u32>,
    },
    PinLocked {
        minutes: u32,
    },
    OverLimit {
        total: Money,
        limit: Money,
        per: LimitPer,
    },
    CouponHeld {
        code: String,
        percent: u32,
    },
    CouponRefused {
        code: String,
        why: CouponRefusal,
    },
    AskCoupon,
    AddressChosen {
        line: String,
    },
    NoSuchAddress {
        known: Vec<String>,
    },
    /// Every time of delivery is taken: nothing can be ordered now.
    NoDeliveryTime,
    /// The one question that leads to a link: items, quantities, total; yes or no.
    OfferLink {
        quote: Box<Quote>,
    },
    /// Reserved until then; a link to pay was sent.
    LinkSent {
        total: Money,
        email: String,
        until: Timestamp,
        again: bool,
    },
    LinkSentAgain {
        total: Money,
        email: String,
        until: Timestamp,
    },
    NoLink {
        why: NoLink,
    },
    LinkDropped,
    /// The payment was refused.
    PaymentDeclined {
        total: Money,
    },
    /// Whether it was paid is not known yet; it will be finished or undone without being asked.
    PaymentPending {
        total: Money,
    },
    /// Undo exactly this order?
    AskCancelOrder {
        order: Box<Order>,
    },
    OrderCancelled {
        order: Box<Order>,
        refund: Option<Money>,
    },
    TooLateToCancel {
        order: Box<Order>,
    },
    /// More different things than can be read back and agreed to by voice.
    TooManyToAgree {
        count: u32,
    },
    OutOfStock {
        products: Vec<Product>,
    },
    ShortStock {
        product: Box<Product>,
        asked: Quantity,
    },
    NeverBought {
        words: String,
    },
    NoUsual,

    /// From now on the shopper is warned of it.
    Avoiding {
        what: Avoided,
    },
    /// No longer.
    Eating {
        what: Avoided,
    },
    /// Something that nobody here can look out for.
    CannotAvoid,
    /// A size, a brand, how much is said: kept, or forgotten.
    Preferred {
        change: Preference,
    },
    /// Which size, of clothes or of shoes?
    AskSize,
    /// Forget exactly this?
    AskForget {
        what: Told,
    },
    /// What the shopper has told about themselves.
    MyPreferences {
        preferences: Preferences,
    },

    /// The new pace, in percent.
    Pace {
        percent: u32,
    },
    /// The words last asked about, letter by letter.
    Spelled {
        words: String,
    },
    /// The answer takes a while; it follows.
    OneMoment,
    /// This needs an account, and none is linked, or the link has lapsed.
    LinkAccount {
        lapsed: bool,
    },
    /// The shop cannot be reached; whether it changed anything is not known, nor does it change anything twice.
    Trouble,
    /// Too many callers.
    Busy,
}

impl Say {
    /// Whether its words may be kept nowhere.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Linking(Linking::Code(_)))
    }
}

/// What of a product was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Focus {
    #[default]
    All,
    Price,
    Stock,
    Rating,
    Delivery,
}

/// Where in the conversation help was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpTopic {
    General,
    Results,
    Purchase,
    Basket,
    Tracking,
}
