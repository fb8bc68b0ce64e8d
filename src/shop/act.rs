//! What can be asked of a shop, in the shop's own words. Refuses to know who asks and how it was said.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::advice::Advise;
use super::pin::Pin;
use super::preferences::{Preference, Preferences};
use super::suggest::Suggest;
use super::{Money, OrderNumber, Quantity, Sku, link, service, slots};

/// A command to the shop. Only [`Act::Buy`] takes money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    Search(Search),
    /// Everything about one product.
    Describe {
        sku: Sku,
    },
    /// A question that a clerk answers.
    Advise(Advise),
    /// What else could be wanted.
    Suggest(Suggest),
    /// Another door becomes this customer's, or this one another's.
    Link(link::Request),
    /// Something after the sale.
    Serve(service::Request),
    /// When and where an order comes.
    Deliver(slots::Ask),
    Track(OrderRef),
    /// The customer's orders, newest first, at most `limit`.
    ListOrders {
        limit: u32,
    },
    AddToBasket {
        sku: Sku,
        quantity: Quantity,
    },
    /// Finds and adds several things, all of them or none.
    AddEach {
        wants: Vec<Want>,
    },
    /// As `AddEach`, for products already agreed on.
    AddLines {
        lines: Vec<Line>,
    },
    /// Makes it so many of what is in the basket: `what` is a SKU, or words for it.
    SetQuantity {
        what: String,
        quantity: Quantity,
    },
    /// Takes so many out, or the whole line: `what` is a SKU, or words for something that is in the basket.
    RemoveFromBasket {
        what: String,
        quantity: Option<Quantity>,
    },
    /// What the customer told about themselves.
    ShowPreferences,
    /// One of it is different from now on.
    Prefer(Preference),
    /// All of it is replaced.
    SetPreferences(Preferences),
    ShowBasket,
    EmptyBasket,
    /// Writes things on the shopping list, as said: a list is not a basket, so nothing is looked up yet.
    PutOnList {
        wants: Vec<Want>,
    },
    /// Moves a line of the basket aside.
    SaveForLater {
        what: String,
    },
    ShowShelf {
        shelf: Shelf,
    },
    /// Crosses one thing off, or with no `what` everything.
    TakeOffShelf {
        shelf: Shelf,
        what: Option<String>,
    },
    /// Puts one thing, or all that can be had, into the basket; what cannot stays where it is.
    ShelfToBasket {
        shelf: Shelf,
        what: Option<String>,
    },
    /// Prices these lines now and keeps the offer for [`Act::Buy`]; changes nothing else.
    Quote {
        lines: Vec<Line>,
    },
    /// As `Quote`, for things by name: all of them or none.
    QuoteEach {
        wants: Vec<Want>,
    },
    /// As `Quote`, for what is in the basket.
    QuoteBasket,
    /// As `Quote`, for what was bought before. `quantity` replaces the earlier one.
    QuoteReorder {
        what: ReorderRef,
        quantity: Option<Quantity>,
    },
    /// Buys exactly what the quote said, once: the same quote, or the same request, again gives the same order.
    /// `pin` is what the shopper said where they have one.
    Buy {
        quote_id: String,
        pin: Option<Pin>,
    },
    /// Reserves exactly what the quote said and sends a link to pay for it, once; the order is placed when it is paid.
    BuyByLink {
        quote_id: String,
    },
    /// Sends the link of what waits for it once more; it is good no longer than before.
    SendLinkAgain {
        quote_id: String,
    },
    /// What waits for its link is not wanted any more: this one, or all of it.
    DropLinks {
        quote_id: Option<String>,
    },
    /// Uses a coupon for the next order.
    UseCoupon {
        code: String,
    },
    /// Sends what is ordered from now on to another of the customer's addresses: `words` name it.
    ChooseAddress {
        words: String,
    },
    /// Sends what is ordered from now on to an address that somebody's device lent.
    BorrowAddress {
        line: String,
        lender: String,
    },
    /// Forgets the addresses that this one lent, whoever is asked.
    ForgetBorrowed {
        lender: String,
    },
    /// Undoes an order of which nothing has been packed: stock and money go back.
    CancelOrder {
        number: OrderNumber,
    },
}

/// So many of one product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub sku: Sku,
    pub quantity: Quantity,
}

/// A thing wanted by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    pub words: String,
    pub amount: Amount,
    /// The words may belong to the name before them: "mac" and then "cheese".
    pub joined: bool,
}

/// How much of a thing is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// So many, of whatever it is sold by.
    Count(Quantity),
    /// So many single pieces, however they are packed: a dozen, two six-packs.
    Pieces(u32),
}

/// Where things wait that are not in the basket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// The shopping list.
    List,
    /// What was moved out of the basket for later.
    Saved,
}

/// A product search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Search {
    /// The shopper's words, carrier phrase and filters included or not; empty means "whatever the filters allow".
    pub query: String,
    pub filters: Filters,
    pub sort: Sort,
    pub offset: u32,
    /// How many to return, 1..=50.
    pub limit: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Filters {
    pub brand: Option<String>,
    pub category: Option<String>,
    pub colour: Option<String>,
    pub size: Option<String>,
    /// Words that must hold of the product: `organic`, `gluten free`, `wireless`.
    pub features: Vec<String>,
    pub max_price: Option<Money>,
    pub min_price: Option<Money>,
    pub in_stock: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Relevance,
    Cheapest,
    BestRated,
    Newest,
}

/// Which order is meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OrderRef {
    Latest,
    Number(OrderNumber),
    /// The newest order with a product like these words in it.
    Product(String),
    /// Placed on one of these days, both included.
    Placed {
        from: Date,
        to: Date,
    },
}

/// What is to be bought again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReorderRef {
    LastOrder,
    Order(OrderNumber),
    /// The product bought before that is most like these words.
    Product(String),
    /// What this customer buys regularly and is due for again.
    Usual,
}
