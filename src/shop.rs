//! The shop: catalogue, customers, baskets, orders. An [`Act`] in, an [`Outcome`] out.
//! Refuses to know speech, intents or sessions.

pub mod act;
pub mod money;
pub mod order;
pub mod port;
pub mod product;
pub mod search;

pub use act::{Act, Filters, Line, OrderRef, Outcome, PricedLine, Quote, QuoteOrigin, ReorderRef, Search, Sort};
pub use money::Money;
pub use order::{Order, OrderLine, OrderNumber, OrderStatus, Parcel, ParcelStatus};
pub use port::{CustomerId, RequestId, Shop, ShopError};
pub use product::{Product, Quantity, Sku};
