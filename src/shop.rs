//! The shop: catalogue, customers, baskets, orders. An [`Act`] in, an [`Outcome`] out.
//! Refuses to know speech, intents or sessions.

pub mod act;
pub mod advice;
pub mod audit;
pub mod catalogue;
pub mod cautions;
pub mod compare;
pub mod connectors;
pub mod delivery;
pub mod facts;
pub mod faq;
pub mod fit;
mod guarded;
mod hashing;
pub mod import;
pub mod link;
pub mod money;
pub mod naming;
pub mod order;
pub mod outcome;
pub mod password;
pub mod paylink;
pub mod payment;
pub mod pin;
pub mod port;
pub mod preferences;
pub mod product;
pub mod resemblance;
pub mod sample;
pub mod search;
pub mod service;
pub mod slots;
pub mod substitute;
pub mod suggest;
pub mod taste;

pub use act::{Act, Amount, Filters, Line, OrderRef, ReorderRef, Search, Shelf, Sort, Want};
pub use catalogue::Catalogue;
pub use connectors::sql::SqlShop;
pub use connectors::sql::customers::Customers;
pub use guarded::Guarded;
pub use money::Money;
pub use order::{Order, OrderLine, OrderNumber, OrderStatus, Parcel, ParcelStatus};
pub use outcome::{
    AddedLine, Awaiting, CouponRefusal, Discount, Extras, LimitPer, Missing, NoLink, Outcome, PricedLine, Quote,
    QuoteOrigin, ShelfItem, Why,
};
pub use port::{CustomerId, RequestId, Shop, ShopError};
pub use product::{Product, Quantity, Sku};
