//! Customers and their earlier orders from JSON Lines. Days may be written relative to now (`-3d`, `-3dT10:30`), so
//! that a sample shop never grows old.

use std::collections::{HashMap, HashSet};

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan, Zoned};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ImportError, Problem, Report};
use crate::clock::Clock;
use crate::shop::connectors::sql::{customers, orders, products};
use crate::shop::{
    CustomerId, Money, Order, OrderLine, OrderNumber, OrderStatus, Parcel, ParcelStatus, Product, Quantity, Sku,
};
use crate::store::Transaction;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerRow {
    id: CustomerId,
    name: Option<String>,
    /// Where invoices and labels are sent.
    email: Option<String>,
    #[serde(default)]
    identities: Vec<String>,
    /// As (label, line): ("home", "12 Oak Street, Springfield").
    #[serde(default)]
    addresses: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderRow {
    number: OrderNumber,
    customer: CustomerId,
    placed_at: String,
    status: OrderStatus,
    lines: Vec<LineRow>,
    #[serde(default)]
    parcels: Vec<ParcelRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRow {
    sku: Sku,
    quantity: Quantity,
    unit_price: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParcelRow {
    status: ParcelStatus,
    carrier: String,
    tracking_number: String,
    contents: Vec<Sku>,
    expected: Option<String>,
    promised: Option<String>,
    delivered_at: Option<String>,
}

/// (column, reason)
type Bad = (&'static str, String);

pub async fn customers_from(
    bytes: &[u8],
    file: &str,
    tx: &mut Transaction,
    clock: &dyn Clock,
) -> Result<Report, ImportError> {
    let mut report = Report::default();
    let now = clock.now().as_millisecond();
    for (line, row) in rows::<CustomerRow>(bytes, file, &mut report) {
        if row.identities.iter().any(|i| i.is_empty() || i.len() > 512) {
            report.problems.push(problem(file, line, ("identities", "1 to 512 characters each".into())));
            continue;
        }
        let fits = |text: &String| (1..=200).contains(&text.trim().chars().count());
        if row.addresses.iter().any(|(label, line)| !fits(label) || !fits(line)) {
            report.problems.push(problem(file, line, ("addresses", "[label, line], 1 to 200 characters each".into())));
            continue;
        }
        if row.email.as_ref().is_some_and(|e| e.len() > 254 || !e.contains('@') || e.contains(char::is_whitespace)) {
            report.problems.push(problem(file, line, ("email", "an e-mail address such as ada@example.com".into())));
            continue;
        }
        customers::put(tx, &row.id, row.name.as_deref(), &row.identities, now).await?;
        if let Some(email) = &row.email {
            customers::put_email(tx, &row.id, email).await?;
        }
        customers::put_addresses(tx, &row.id, &row.addresses).await?;
        report.imported += 1;
    }
    report.problems.sort_by_key(|p| p.line);
    Ok(report)
}

pub async fn orders_from(
    bytes: &[u8],
    file: &str,
    tx: &mut Transaction,
    clock: &dyn Clock,
) -> Result<Report, ImportError> {
    let mut report = Report::default();
    let here = clock.here();
    let rows = rows::<OrderRow>(bytes, file, &mut report);
    let mut skus: Vec<Sku> = rows.iter().flat_map(|(_, r)| r.lines.iter().map(|l| l.sku.clone())).collect();
    skus.sort_unstable();
    skus.dedup();
    let sold: HashMap<Sku, Product> =
        products::by_skus(tx, &skus).await?.into_iter().map(|p| (p.sku.clone(), p)).collect();
    let customers: Vec<&CustomerId> = rows.iter().map(|(_, r)| &r.customer).collect();
    let customers: HashSet<String> = customers::known(tx, &customers).await?.into_iter().collect();
    let numbers: Vec<&OrderNumber> = rows.iter().map(|(_, r)| &r.number).collect();
    let mut taken: HashMap<String, String> = orders::bought_here(tx, &numbers)
        .await?
        .into_iter()
        .map(|number| (number, "was bought in this shop and is not replaced".to_owned()))
        .collect();
    let mut good = Vec::with_capacity(rows.len());
    for (line, row) in &rows {
        let read = if !customers.contains(row.customer.as_str()) {
            let who = row.customer.as_str();
            Err(("customer", format!("{who:?} is not a customer of this shop; import customers first")))
        } else if let Some(why) = taken.get(row.number.as_str()) {
            Err(("number", format!("{} {why}", row.number)))
        } else {
            order(row, &sold, &here)
        };
        match read {
            Ok(order) => {
                taken.insert(row.number.to_string(), format!("is already used on line {line}"));
                good.push((&row.customer, order));
            }
            Err(bad) => report.problems.push(problem(file, *line, bad)),
        }
    }
    report.imported = good.len();
    let records: Vec<_> =
        good.iter().map(|(customer, order)| orders::Record { customer, order, bought: None }).collect();
    orders::put(tx, &records).await?;
    report.problems.sort_by_key(|p| p.line);
    Ok(report)
}

fn order(row: &OrderRow, sold: &HashMap<Sku, Product>, here: &Zoned) -> Result<Order, Bad> {
    let mut lines = Vec::with_capacity(row.lines.len());
    for line in &row.lines {
        let product = sold.get(&line.sku).ok_or_else(|| ("lines", format!("{} is not in the catalogue", line.sku)))?;
        let unit_price = match &line.unit_price {
            Some(text) => {
                Money::parse(text, product.price.currency()).map_err(|e| ("lines", format!("unit_price: {e}")))?
            }
            None => product.price,
        };
        let spoken_name = product.spoken_name.clone();
        lines.push(OrderLine { sku: line.sku.clone(), spoken_name, quantity: line.quantity, unit_price });
    }
    let mut amounts = lines.iter().map(|l| l.unit_price.times(l.quantity.get()));
    let first = amounts.next().ok_or_else(|| ("lines", "an order has at least one line".to_owned()))?;
    let total = amounts
        .try_fold(first, |sum, next| Ok(sum.and_then(|s| s.plus(next?))))
        .and_then(|sum| sum)
        .map_err(|e: crate::shop::money::MoneyError| ("lines", e.to_string()))?;
    let parcels = row.parcels.iter().map(|p| parcel(p, &lines, here)).collect::<Result<_, Bad>>()?;
    let placed_at = moment(&row.placed_at, here).ok_or_else(|| bad_time("placed_at", &row.placed_at))?;
    Ok(Order {
        number: row.number.clone(),
        placed_at,
        status: row.status,
        lines,
        total,
        parcels,
        address: None,
        slot: None,
    })
}

fn parcel(row: &ParcelRow, lines: &[OrderLine], here: &Zoned) -> Result<Parcel, Bad> {
    let mut contents = Vec::with_capacity(row.contents.len());
    for sku in &row.contents {
        let line = lines
            .iter()
            .find(|l| l.sku == *sku)
            .ok_or_else(|| ("parcels", format!("{sku} is in a parcel but not in the order")))?;
        contents.push((sku.clone(), line.spoken_name.clone(), line.quantity));
    }
    let day = |column, text: &Option<String>| match text {
        Some(text) => self::day(text, here).map(Some).ok_or_else(|| bad_time(column, text)),
        None => Ok(None),
    };
    let delivered_at = match &row.delivered_at {
        Some(text) => Some(moment(text, here).ok_or_else(|| bad_time("parcels.delivered_at", text))?),
        None => None,
    };
    Ok(Parcel {
        status: row.status,
        carrier: row.carrier.clone(),
        tracking_number: row.tracking_number.clone(),
        contents,
        expected: day("parcels.expected", &row.expected)?,
        promised: day("parcels.promised", &row.promised)?,
        delivered_at,
    })
}

/// `2026-11-22T10:30:00Z`, `-3d` (that day at noon) or `-3dT10:30` on the shop's calendar.
fn moment(text: &str, here: &Zoned) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "12:00"));
    let (hour, minute) = time.split_once(':')?;
    let time = Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    Some(day(date, here)?.to_datetime(time).to_zoned(here.time_zone().clone()).ok()?.timestamp())
}

/// `2026-11-22`, or days from today: `-3d`, `0d`, `+2d`.
fn day(text: &str, here: &Zoned) -> Option<Date> {
    match text.strip_suffix('d') {
        Some(count) => {
            let count: i64 = count.parse().ok().filter(|n| (-100_000..=100_000).contains(n))?;
            here.date().checked_add(count.days()).ok()
        }
        None => text.parse().ok(),
    }
}

fn bad_time(column: &'static str, text: &str) -> Bad {
    (column, format!("{text:?} is neither a time such as 2026-11-22T10:30:00Z nor days from now such as -3d"))
}

/// Every line that can be read as a `T`, with its number; the rest goes to the report.
fn rows<T: DeserializeOwned>(bytes: &[u8], file: &str, report: &mut Report) -> Vec<(u64, T)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut rows = Vec::new();
    for (line, number) in bytes.split(|b| *b == b'\n').zip(1u64..) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut json = serde_json::Deserializer::from_slice(line);
        match serde_path_to_error::deserialize(&mut json) {
            Ok(row) => rows.push((number, row)),
            Err(error) => {
                let path = error.path().to_string();
                let column = (path != "." && !path.is_empty()).then_some(path);
                let reason = error.into_inner().to_string();
                report.problems.push(Problem { file: file.to_owned(), line: number, column, reason });
            }
        }
    }
    rows
}

fn problem(file: &str, line: u64, (column, reason): Bad) -> Problem {
    Problem { file: file.to_owned(), line, column: Some(column.to_owned()), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Zoned {
        "2026-11-22T15:00[America/New_York]".parse().unwrap_or_else(|_| "2026-11-22T15:00[UTC]".parse().unwrap())
    }

    #[test]
    fn days_are_counted_from_today() {
        for (text, want) in [
            ("-3d", Some("2026-11-19")),
            ("0d", Some("2026-11-22")),
            ("+2d", Some("2026-11-24")),
            ("2d", Some("2026-11-24")),
            ("2026-01-02", Some("2026-01-02")),
            ("soon", None),
            ("-d", None),
            ("99999999999d", None),
        ] {
            assert_eq!(day(text, &here()).map(|d| d.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn moments_are_on_the_shops_calendar() {
        let local = |text| moment(text, &here()).map(|t| t.to_zoned(here().time_zone().clone()).datetime().to_string());
        assert_eq!(local("-3dT10:30").as_deref(), Some("2026-11-19T10:30:00"));
        assert_eq!(local("-3d").as_deref(), Some("2026-11-19T12:00:00"));
        assert_eq!(moment("2026-11-22T10:30:00Z", &here()), "2026-11-22T10:30:00Z".parse().ok());
        for bad in ["-3dT25:00", "-3dT1030", "yesterday", ""] {
            assert_eq!(moment(bad, &here()), None, "{bad}");
        }
    }
}
