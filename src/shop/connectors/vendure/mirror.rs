//! What Vendure knows, brought into our tables: products with price and stock, customers with their addresses, orders
//! with their parcels. Run again and again; only what changed is written, so the search index is rebuilt only when a
//! name or a price is different. Refuses to change anything in Vendure.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::address::FRAGMENT;
use super::shapes::{CUSTOMERS, Customer, ORDERS, Order, PRODUCTS, Page, Settings, Shelves, Variant};
use super::{Admin, VendureError, customer_id};
use crate::clock::Clock;
use crate::shop::connectors::sql::{elsewhere, products};
use crate::shop::import::{self, Report};
use crate::shop::money::Currency;
use crate::shop::{OrderStatus, ParcelStatus, Sku};
use crate::store::{Store, StoreError, Transaction};

/// Keeps our tables in step.
pub struct Mirror {
    admin: Arc<Admin>,
    store: Store,
    clock: Arc<dyn Clock>,
    currency: Currency,
    /// By SKU: what was written last, without the stock, and the stock.
    products: HashMap<String, (u64, u32)>,
    /// When the goods may be looked at again.
    rest_until: Instant,
    customers: Bookmark,
    orders: Bookmark,
}

/// How far a list that grows at its end was read.
#[derive(Clone, Copy, Debug, Default)]
struct Bookmark {
    /// The latest change that was seen.
    until: Option<Timestamp>,
    /// Of everything that the last look saw.
    mark: u64,
}

/// What one run brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    pub products: usize,
    pub stocks: usize,
    pub customers: usize,
    pub orders: usize,
}

/// A change of stock shows nowhere but in the whole list, which takes a large shop minutes: at most a tenth of the time is
/// spent on it.
const REST: u32 = 9;
/// How much is asked for at once; Vendure allows 1,000.
const PAGE: usize = 200;
/// What counts as plenty where Vendure does not count.
const UNCOUNTED: i64 = 9_999;

/// Vendure writes whole seconds, and two changes may fall into one: the last ones are looked at again.
const OVERLAP: SignedDuration = SignedDuration::from_secs(2);
/// Before any shop.
const BEGINNING: &str = "1970-01-01T00:00:00.000Z";

impl Mirror {
    /// `currency` is that of prices in a catalogue that names none.
    pub fn new(admin: Arc<Admin>, store: Store, clock: Arc<dyn Clock>, currency: Currency) -> Self {
        Self {
            admin,
            store,
            clock,
            currency,
            products: HashMap::new(),
            rest_until: Instant::now(),
            customers: Bookmark::default(),
            orders: Bookmark::default(),
        }
    }

    /// One look at everything that may have changed. What an earlier look brought stays when this one fails.
    pub async fn look(&mut self) -> Result<Brought, VendureError> {
        let (products, stocks) = if Instant::now() < self.rest_until {
            (0, 0)
        } else {
            let began = Instant::now();
            let brought = self.products().await?;
            self.rest_until = Instant::now() + began.elapsed() * REST;
            brought
        };
        let customers = self.customers().await?;
        let orders = self.orders().await?;
        Ok(Brought { products, stocks, customers, orders })
    }

    async fn products(&mut self) -> Result<(usize, usize), VendureError> {
        let (mut changed, mut stocks, mut there) = (Vec::new(), Vec::new(), HashMap::new());
        let mut skip = 0;
        loop {
            let page: Shelves = self.admin.ask(PRODUCTS, json!({ "skip": skip, "take": PAGE })).await?;
            let last = page.page.items.len() < PAGE;
            for variant in page.page.items {
                let (row, stock) = (row(&variant), saleable(&variant, &page.settings));
                let mark = mark(&row);
                match self.products.get(&variant.sku) {
                    Some((before, _)) if *before == mark => {}
                    _ => changed.push(with_stock(row, stock)),
                }
                if self.products.get(&variant.sku).is_none_or(|(_, before)| *before != stock) {
                    stocks.push((variant.sku.clone(), stock));
                }
                there.insert(variant.sku, (mark, stock));
            }
            if last {
                break;
            }
            skip += PAGE;
        }
        // What Vendure no longer has cannot be sold.
        stocks.extend(self.products.keys().filter(|sku| !there.contains_key(*sku)).map(|sku| (sku.clone(), 0)));
        let mut tx = self.begin().await?;
        let mut written = 0;
        if !changed.is_empty() {
            let read = import::entries(&lines(&changed), "vendure products", self.currency);
            let (entries, report) = read.map_err(VendureError::Unreadable)?;
            tell(&report);
            written = entries.len();
            products::put(&mut tx, &entries).await?;
            products::touch(&mut tx).await?;
        }
        let known: Vec<(Sku, u32)> = stocks.into_iter().filter_map(|(s, n)| Some((Sku::new(&s).ok()?, n))).collect();
        elsewhere::count(&mut tx, &known).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.products = there;
        Ok((written, known.len()))
    }

    async fn customers(&mut self) -> Result<usize, VendureError> {
        let customers = format!("{CUSTOMERS} {FRAGMENT}");
        let Some((found, bookmark)) = self.since::<Customer>(&customers, self.customers).await? else { return Ok(0) };
        let rows: Vec<Value> = found
            .iter()
            .map(|c| {
                let id = customer_id(&c.id);
                let addresses: Vec<_> = c.addresses.iter().flatten().map(|a| (a.label(), a.line())).collect();
                json!({ "id": id, "name": c.first_name, "email": c.email_address, "addresses": addresses,
                        "identities": [format!("api:{id}")] })
            })
            .collect();
        let mut tx = self.begin().await?;
        let report = import::customers_from(&lines(&rows), "vendure customers", &mut tx, self.clock.as_ref()).await;
        let report = report.map_err(refused)?;
        tx.commit().await.map_err(StoreError::from)?;
        tell(&report);
        self.customers = bookmark;
        Ok(report.imported)
    }

    async fn orders(&mut self) -> Result<usize, VendureError> {
        let Some((found, bookmark)) = self.since::<Order>(ORDERS, self.orders).await? else { return Ok(0) };
        let (mut rows, mut followed) = (Vec::new(), 0);
        let mut tx = self.begin().await?;
        for order in &found {
            let Some(status) = status(&order.state) else { continue };
            let parcels = parcels(order);
            if let Some(key) = &order.custom_fields.voicecart_key {
                let parcels = parcels.iter().map(Parcel::told).collect::<Vec<_>>();
                followed += usize::from(elsewhere::follow(&mut tx, key, status, &parcels).await?);
                continue;
            }
            let (Some(customer), Some(placed_at)) = (&order.customer, &order.order_placed_at) else { continue };
            let lines: Vec<Value> = order
                .lines
                .iter()
                .filter(|l| l.quantity > 0)
                .map(|l| {
                    json!({ "sku": l.product_variant.sku, "quantity": l.quantity,
                            "unit_price": amount(l.prorated_unit_price_with_tax) })
                })
                .collect();
            if lines.is_empty() {
                continue;
            }
            let parcels: Vec<Value> = parcels.iter().map(Parcel::json).collect();
            rows.push(json!({ "number": number(&order.id), "customer": customer_id(&customer.id),
                "placed_at": placed_at, "status": status, "lines": lines, "parcels": parcels }));
        }
        let report = import::orders_from(&lines(&rows), "vendure orders", &mut tx, self.clock.as_ref()).await;
        let report = report.map_err(refused)?;
        tx.commit().await.map_err(StoreError::from)?;
        tell(&report);
        self.orders = bookmark;
        Ok(report.imported + followed)
    }

    /// Everything that changed since the bookmark, oldest first, and where to go on; none where all of it was seen.
    async fn since<T: DeserializeOwned>(
        &self,
        query: &str,
        bookmark: Bookmark,
    ) -> Result<Option<(Vec<T>, Bookmark)>, VendureError> {
        let after = bookmark.until.map_or_else(|| BEGINNING.to_owned(), |t| (t - OVERLAP).to_string());
        let mut all: Vec<Value> = Vec::new();
        loop {
            let variables = json!({ "skip": all.len(), "take": PAGE, "after": after });
            let page: Page<Value> = self.admin.ask(query, variables).await?;
            let last = page.page.items.len() < PAGE;
            all.extend(page.page.items);
            if last {
                break;
            }
        }
        let times = all.iter().filter_map(|row| row.get("updatedAt")?.as_str()?.parse::<Timestamp>().ok());
        let until = times.max().max(bookmark.until);
        let all = Value::Array(all);
        let mark = mark(&all);
        if mark == bookmark.mark {
            return Ok(None);
        }
        let rows = serde_json::from_value(all).map_err(|e| VendureError::Unreadable(e.to_string()))?;
        Ok(Some((rows, Bookmark { until, mark })))
    }

    async fn begin(&self) -> Result<Transaction, VendureError> {
        Ok(self.store.begin().await?)
    }
}

/// A product as a catalogue row, without its stock.
fn row(v: &Variant) -> Value {
    let facets = || v.facet_values.iter().chain(&v.product.facet_values);
    let facet = |code: &str| facets().find(|f| f.facet.code == code).map(|f| f.name.as_str());
    let category = v.product.collections.iter().max_by_key(|c| c.breadcrumbs.len()).map(|c| {
        // The first crumb is the root of all collections.
        let crumbs: Vec<&str> = c.breadcrumbs.iter().skip(1).map(|b| b.name.as_str()).collect();
        if crumbs.is_empty() { c.name.clone() } else { crumbs.join(" > ") }
    });
    let category = category.or_else(|| facet("category").map(str::to_owned));
    let options = v.options.iter().map(|o| (o.group.code.as_str(), o.name.as_str()));
    let others = facets().map(|f| (f.facet.code.as_str(), f.name.as_str()));
    let attributes: Vec<String> = options
        .chain(others.filter(|(code, _)| !matches!(*code, "brand" | "category")))
        .map(|(code, name)| format!("{code}={}", name.replace([';', '='], " ")))
        .collect();
    let title = if v.name.trim().is_empty() { &v.product.name } else { &v.name };
    json!({
        "id": v.sku, "title": title, "description": v.product.description, "brand": facet("brand"),
        "category": category, "price": amount(v.price_with_tax), "currency": v.currency_code,
        "image": v.product.featured_asset.as_ref().map(|a| &a.preview), "attributes": attributes.join("; "),
    })
}

fn with_stock(mut row: Value, stock: u32) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.retain(|_, value| !value.is_null());
        row.insert("stock".into(), json!(stock));
    }
    row
}

/// How many can be sold now.
fn saleable(v: &Variant, settings: &Settings) -> u32 {
    if !v.enabled || !v.product.enabled {
        return 0;
    }
    let counted = match v.track_inventory.as_str() {
        "INHERIT" => settings.track_inventory,
        told => told == "TRUE",
    };
    let least =
        if v.use_global_out_of_stock_threshold { settings.out_of_stock_threshold } else { v.out_of_stock_threshold };
    let on_hand: i64 = v.stock_levels.iter().map(|l| l.stock_on_hand - l.stock_allocated).sum();
    let count = if counted { on_hand - least } else { UNCOUNTED };
    u32::try_from(count.clamp(0, UNCOUNTED)).unwrap_or(0)
}

/// What is inside one box of an order.
struct Parcel<'o> {
    status: ParcelStatus,
    carrier: &'o str,
    tracking_number: &'o str,
    contents: Vec<&'o str>,
    delivered_at: Option<&'o str>,
}

impl Parcel<'_> {
    fn json(&self) -> Value {
        json!({ "status": self.status, "carrier": self.carrier, "tracking_number": self.tracking_number,
                "contents": self.contents, "delivered_at": self.delivered_at })
    }

    fn told(&self) -> elsewhere::Parcel {
        elsewhere::Parcel {
            status: self.status,
            carrier: self.carrier.to_owned(),
            tracking_number: self.tracking_number.to_owned(),
            contents: self.contents.iter().filter_map(|sku| Sku::new(sku).ok()).collect(),
            delivered_at: self.delivered_at.and_then(|at| at.parse::<Timestamp>().ok()),
        }
    }
}

fn parcels(order: &Order) -> Vec<Parcel<'_>> {
    let sent = order.fulfillments.iter().flatten().filter_map(|f| {
        let status = match f.state.as_str() {
            "Shipped" => ParcelStatus::Shipped,
            "Delivered" => ParcelStatus::Delivered,
            "Cancelled" => return None,
            _ => ParcelStatus::Packed,
        };
        let mut contents: Vec<&str> = f.lines.iter().map(|l| l.order_line.product_variant.sku.as_str()).collect();
        contents.sort_unstable();
        contents.dedup();
        Some(Parcel {
            status,
            carrier: &f.method,
            tracking_number: f.tracking_code.as_deref().unwrap_or_default(),
            contents,
            delivered_at: (status == ParcelStatus::Delivered).then_some(f.updated_at.as_str()),
        })
    });
    sent.collect()
}

/// None for what is not an order yet.
fn status(state: &str) -> Option<OrderStatus> {
    Some(match state {
        "PaymentAuthorized" | "PaymentSettled" | "Modifying" | "ArrangingAdditionalPayment" => OrderStatus::Placed,
        "PartiallyShipped" | "Shipped" | "PartiallyDelivered" => OrderStatus::Shipped,
        "Delivered" => OrderStatus::Delivered,
        "Cancelled" => OrderStatus::Cancelled,
        _ => return None,
    })
}

/// A number to say for an order that was not made here: Vendure's own codes have letters. Seven digits and more, so
/// that it is none that we gave.
fn number(id: &str) -> String {
    let told = id.parse::<u64>().ok().filter(|n| *n < 1_000_000_000);
    let own = told.unwrap_or_else(|| {
        let mut hasher = rustc_hash::FxHasher::default();
        id.hash(&mut hasher);
        hasher.finish() % 1_000_000_000
    });
    (1_000_000 + own).to_string()
}

/// `1299` as `12.99`.
fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn mark(row: &Value) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    row.to_string().hash(&mut hasher);
    hasher.finish()
}

fn lines(rows: &[Value]) -> Vec<u8> {
    rows.iter().flat_map(|row| format!("{row}\n").into_bytes()).collect()
}

fn tell(report: &Report) {
    for problem in report.problems.iter().take(20) {
        tracing::warn!(%problem, "Vendure has what cannot be sold by voice");
    }
}

fn refused(error: import::ImportError) -> VendureError {
    VendureError::Unreadable(error.to_string())
}
