//! The shop: catalogue, customers, baskets, orders. An [`Act`] in, an [`Outcome`] out.
//! Refuses to know speech, intents or sessions.

pub mod act;
pub mod catalogue;
pub mod cautions;
pub mod connectors;
pub mod delivery;
pub mod import;
pub mod money;
pub mod naming;
pub mod order;
pub mod password;
pub mod payment;
pub mod pin;
pub mod port;
pub mod preferences;
pub mod product;
pub mod resemblance;
pub mod sample;
pub mod search;
pub mod usual;

pub use act::{
    Act, AddedLine, Amount, CouponRefusal, Discount, Extras, Filters, LimitPer, Line, Missing, OrderRef, Outcome,
    PricedLine, Quote, QuoteOrigin, ReorderRef, Search, Shelf, ShelfItem, Sort, Want, Why,
};
pub use catalogue::Catalogue;
pub use connectors::sql::SqlShop;
pub use connectors::sql::customers::Customers;
pub use money::Money;
pub use order::{Order, OrderLine, OrderNumber, OrderStatus, Parcel, ParcelStatus};
pub use port::{CustomerId, RequestId, Shop, ShopError};
pub use product::{Product, Quantity, Sku};
