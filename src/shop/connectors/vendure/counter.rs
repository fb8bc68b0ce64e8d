//! What is bought by voice becomes an order in Vendure: the shop's [`Payment`], so that a purchase goes through the same
//! ledger as one with any other gateway. An offer's id is the key: it is written into a draft order before anything
//! else, in a field that Vendure keeps unique, so however often a charge is sent there is one order.
//!
//! Vendure checks its stock when the order leaves the draft, and its prices are compared with what the shopper said yes
//! to: where either is different now, the order is declined and nothing is owed.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::address::{self, Address};
use super::{Admin, VendureError, vendure_id};
use crate::shop::Sku;
use crate::shop::connectors::sql::elsewhere::{self, Offered};
use crate::shop::payment::{Charge, Page, Paid, Payment, PaymentError, Refund, Refunded};
use crate::store::{Store, StoreError};

/// Places orders in Vendure.
pub struct Counter {
    admin: Arc<Admin>,
    store: Store,
    means: Means,
}

/// What the merchant has chosen for orders by voice.
#[derive(Clone, Debug)]
pub struct Means {
    /// Name that the payment goes by in Vendure.
    pub payment: String,
    /// Code of the shipping method; none takes the first that the order may have.
    pub shipping: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    id: String,
    code: String,
    state: String,
    total_with_tax: i64,
    lines: Vec<Line>,
    custom_fields: Fields,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    quantity: u32,
    product_variant: Variant,
}

#[derive(Deserialize)]
struct Variant {
    id: String,
    sku: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    voicecart_void: Option<bool>,
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Orders {
    orders: List<Order>,
}

const FIND: &str = "query($key: String!) { orders(options: { filter: { voicecartKey: { eq: $key } } }) { items {
    id code state totalWithTax lines { id quantity productVariant { id sku } } customFields { voicecartVoid } } } }";
const VARIANTS: &str = "query($skus: [String!]!) {
    productVariants(options: { filter: { sku: { in: $skus } }, take: 100 }) { items { id sku } } }";
const NAME: &str = "mutation($id: ID!, $fields: UpdateOrderCustomFieldsInput!) {
    setOrderCustomFields(input: { id: $id, customFields: $fields }) { id } }";
const ADD: &str = "mutation($id: ID!, $variant: ID!, $quantity: Int!) {
    addItemToDraftOrder(orderId: $id, input: { productVariantId: $variant, quantity: $quantity }) {
        __typename ... on ErrorResult { message } } }";
const ADJUST: &str = "mutation($id: ID!, $line: ID!, $quantity: Int!) {
    adjustDraftOrderLine(orderId: $id, input: { orderLineId: $line, quantity: $quantity }) {
        __typename ... on ErrorResult { message } } }";
const REMOVE: &str = "mutation($id: ID!, $line: ID!) {
    removeDraftOrderLine(orderId: $id, orderLineId: $line) { __typename ... on ErrorResult { message } } }";
const BUYER: &str = "mutation($id: ID!, $customer: ID, $guest: CreateCustomerInput) {
    setCustomerForDraftOrder(orderId: $id, customerId: $customer, input: $guest) {
        __typename ... on ErrorResult { message } } }";
const ADDRESS: &str = "mutation($id: ID!, $address: CreateAddressInput!) {
    setDraftOrderShippingAddress(orderId: $id, input: $address) { id } }";
const METHODS: &str = "query($id: ID!) { eligibleShippingMethodsForDraftOrder(orderId: $id) { id code } }";
const SHIP: &str = "mutation($id: ID!, $method: ID!) {
    setDraftOrderShippingMethod(orderId: $id, shippingMethodId: $method) {
        __typename ... on ErrorResult { message } } }";
const GO: &str = "mutation($id: ID!, $state: String!) {
    transitionOrderToState(id: $id, state: $state) { __typename ... on OrderStateTransitionError { message: transitionError } } }";
const PAY: &str = "mutation($id: ID!, $method: String!, $key: String!) {
    addManualPaymentToOrder(input: { orderId: $id, method: $method, transactionId: $key, metadata: {} }) {
        __typename ... on ErrorResult { message } } }";
const CANCEL: &str = "mutation($id: ID!) {
    cancelOrder(input: { orderId: $id, reason: \"by voice\", cancelShipping: true }) {
        __typename ... on ErrorResult { message } } }";

/// No money has been promised in these.
const OPEN: [&str; 3] = ["Draft", "AddingItems", "ArrangingPayment"];
const DRAFT: &str = "Draft";
const PAYING: &str = "ArrangingPayment";
const CANCELLED: &str = "Cancelled";

impl Counter {
    pub fn new(admin: Arc<Admin>, store: Store, means: Means) -> Self {
        Self { admin, store, means }
    }

    async fn place(&self, charge: &Charge) -> Result<Paid, VendureError> {
        let order = match self.find(&charge.key).await? {
            Some(order) => order,
            None => {
                self.open(&charge.key, false).await?;
                self.named(&charge.key).await?
            }
        };
        if order.custom_fields.voicecart_void == Some(true) || order.state == CANCELLED {
            return Ok(Paid::Declined);
        }
        if !OPEN.contains(&order.state.as_str()) {
            return Ok(Paid::Taken { reference: order.code });
        }
        match self.fill(&order, charge).await {
            Ok(()) => Ok(Paid::Taken { reference: order.code }),
            Err(VendureError::Refused(why)) => {
                tracing::warn!(order = order.code, why, "Vendure does not take an order that was said yes to");
                self.undo(&order).await?;
                Ok(Paid::Withdrawn)
            }
            Err(error) => Err(error),
        }
    }

    /// Brings an open order to what was offered, and has it paid. Goes on wherever an earlier try was cut off.
    async fn fill(&self, order: &Order, charge: &Charge) -> Result<(), VendureError> {
        let refused = |why: String| Err(VendureError::Refused(why));
        let mut db = self.store.reader().acquire().await.map_err(StoreError::from)?;
        let Some(offered) = elsewhere::offered(&mut db, &charge.key).await? else {
            return refused("the offer is gone".into());
        };
        drop(db);
        if order.state != PAYING {
            self.lines(order, &offered).await?;
            self.buyer(order, charge, &offered).await?;
            self.admin.change(GO, json!({ "id": order.id, "state": PAYING })).await?;
        }
        let total = self.named(&charge.key).await?.total_with_tax;
        if total != charge.amount.minor() {
            return refused(format!(
                "its total is {total} and {} was said yes to; payment.delivery_cents and payment.tax_percent must say \
                 what Vendure charges for shipping and tax",
                charge.amount.minor()
            ));
        }
        let variables = json!({ "id": order.id, "method": self.means.payment, "key": charge.key });
        self.admin.change(PAY, variables).await?;
        // Some configurations leave the paid order where it was.
        if self.named(&charge.key).await?.state == PAYING {
            self.admin.change(GO, json!({ "id": order.id, "state": "PaymentSettled" })).await?;
        }
        Ok(())
    }

    async fn lines(&self, order: &Order, offered: &Offered) -> Result<(), VendureError> {
        let skus: Vec<&Sku> = offered.lines.iter().map(|l| &l.sku).collect();
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Found {
            product_variants: List<Variant>,
        }
        let found: Found = self.admin.ask(VARIANTS, json!({ "skus": skus })).await?;
        for line in &offered.lines {
            let quantity = line.quantity.get();
            let variant = found.product_variants.items.iter().find(|v| v.sku == line.sku.as_str());
            let Some(variant) = variant else {
                return Err(VendureError::Refused(format!("it no longer has {}", line.sku)));
            };
            match order.lines.iter().find(|l| l.product_variant.id == variant.id) {
                Some(there) if there.quantity == quantity => {}
                Some(there) => {
                    let variables = json!({ "id": order.id, "line": there.id, "quantity": quantity });
                    self.admin.change(ADJUST, variables).await?;
                }
                None => {
                    let variables = json!({ "id": order.id, "variant": variant.id, "quantity": quantity });
                    self.admin.change(ADD, variables).await?;
                }
            }
        }
        for extra in order.lines.iter().filter(|l| !skus.iter().any(|s| s.as_str() == l.product_variant.sku)) {
            self.admin.change(REMOVE, json!({ "id": order.id, "line": extra.id })).await?;
        }
        Ok(())
    }

    async fn buyer(&self, order: &Order, charge: &Charge, offered: &Offered) -> Result<(), VendureError> {
        let customer = vendure_id(&charge.customer);
        // Vendure knows nobody without an address; one that cannot exist says so.
        let guest = customer.is_none().then(|| {
            let name = charge.customer.as_str();
            let email = format!("{}@voicecart.invalid", hex::encode(name));
            json!({ "firstName": "Voice", "lastName": name, "emailAddress": email })
        });
        self.admin.change(BUYER, json!({ "id": order.id, "customer": customer, "guest": guest })).await?;
        let known = match customer {
            Some(id) => address::all(&self.admin, id).await?,
            None => Vec::new(),
        };
        let chosen = match &offered.address {
            Some(line) => known.iter().find(|a| a.line() == *line),
            None => known.iter().find(|a| a.is_default()).or(known.first()),
        };
        match (chosen, &offered.address) {
            (Some(address), _) => {
                self.admin.change(ADDRESS, json!({ "id": order.id, "address": Address::input(address) })).await?;
            }
            (None, Some(_)) => {
                return Err(VendureError::Refused("the address that was read out is no longer the customer's".into()));
            }
            // Picked up, or asked for by the merchant.
            (None, None) => {}
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Methods {
            eligible_shipping_methods_for_draft_order: Vec<Method>,
        }
        #[derive(Deserialize)]
        struct Method {
            id: String,
            code: String,
        }
        let methods: Methods = self.admin.ask(METHODS, json!({ "id": order.id })).await?;
        let wanted = self.means.shipping.as_deref();
        let mut methods = methods.eligible_shipping_methods_for_draft_order.into_iter();
        let Some(method) = methods.find(|m| wanted.is_none_or(|w| w == m.code)) else {
            return Err(VendureError::Refused(match wanted {
                Some(code) => format!("the shipping method {code:?} is not for this order; see vendure.shipping"),
                None => "no shipping method is for this order".into(),
            }));
        };
        self.admin.change(SHIP, json!({ "id": order.id, "method": method.id })).await
    }

    async fn find(&self, key: &str) -> Result<Option<Order>, VendureError> {
        let found: Orders = self.admin.ask(FIND, json!({ "key": key })).await?;
        Ok(found.orders.items.into_iter().next())
    }

    /// The order of this key, which is there.
    async fn named(&self, key: &str) -> Result<Order, VendureError> {
        let found = self.find(key).await?;
        found.ok_or_else(|| VendureError::Unreadable("an order made just now is not there".into()))
    }

    /// A draft under the key. A draft that gets no key, because somebody else was quicker, stays empty.
    async fn open(&self, key: &str, void: bool) -> Result<(), VendureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            create_draft_order: Id,
        }
        #[derive(Deserialize)]
        struct Id {
            id: String,
        }
        let made: Made = self.admin.ask("mutation { createDraftOrder { id } }", json!({})).await?;
        let fields = json!({ "voicecartKey": key, "voicecartVoid": void });
        match self.admin.change(NAME, json!({ "id": made.create_draft_order.id, "fields": fields })).await {
            // It may be the other's name by now; whoever asks again finds that out.
            Err(VendureError::Refused(why)) => Err(VendureError::Unanswered(why)),
            done => done,
        }
    }

    /// Makes sure that this order is never paid, or paid no more.
    async fn undo(&self, order: &Order) -> Result<(), VendureError> {
        self.admin.change(NAME, json!({ "id": order.id, "fields": { "voicecartVoid": true } })).await?;
        if order.state == CANCELLED {
            return Ok(());
        }
        let state = self.state(&order.id).await?;
        if state == DRAFT || state == CANCELLED {
            return Ok(());
        }
        self.admin.change(CANCEL, json!({ "id": order.id })).await
    }

    async fn state(&self, id: &str) -> Result<String, VendureError> {
        #[derive(Deserialize)]
        struct One {
            order: Option<State>,
        }
        #[derive(Deserialize)]
        struct State {
            state: String,
        }
        let found: One = self.admin.ask("query($id: ID!) { order(id: $id) { state } }", json!({ "id": id })).await?;
        Ok(found.order.map(|o| o.state).unwrap_or_default())
    }
}

impl Payment for Counter {
    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<Paid, PaymentError>> {
        Box::pin(async move { self.place(charge).await.map_err(PaymentError::from) })
    }

    /// Vendure's pages are its own shop's.
    fn page<'a>(&'a self, _: &'a Charge, _: Timestamp) -> BoxFuture<'a, Result<Option<Page>, PaymentError>> {
        Box::pin(async { Ok(None) })
    }

    /// Vendure noted the payment and did not take it: whoever did gives it back.
    fn refund<'a>(&'a self, _: &'a Refund) -> BoxFuture<'a, Result<Refunded, PaymentError>> {
        Box::pin(async { Ok(Refunded::ByHand) })
    }

    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), PaymentError>> {
        Box::pin(async move {
            match self.find(key).await? {
                Some(order) => self.undo(&order).await?,
                // A charge that is still on its way finds the name taken.
                None => self.open(key, true).await?,
            }
            Ok(())
        })
    }
}

impl From<VendureError> for PaymentError {
    fn from(error: VendureError) -> Self {
        match error {
            VendureError::Unreadable(_) => Self::Unreadable(error.to_string()),
            other => Self::Unanswered(other.to_string()),
        }
    }
}
