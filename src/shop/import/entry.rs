//! One row of a catalogue file as a product, or the reason why it cannot be one.

use std::collections::HashMap;

use jiff::civil::Date;

use super::columns::{Column, meaning};
use super::records::{Cell, Record, Records};
use super::{Problem, Report, markup};
use crate::shop::money::Currency;
use crate::shop::search::Indexed;
use crate::shop::{Money, Product, Sku, naming};

/// A shop that does not count its stock never runs out.
const UNCOUNTED: u32 = 9_999;
const LONGEST_TITLE: usize = 500;

/// Turns rows into products and keeps the report.
pub struct Reader {
    file: String,
    /// All prices are in this one; set by the first row where the shop is empty.
    currency: Option<Currency>,
    fallback: Currency,
    seen: HashMap<String, u64>,
    /// The last row that opened a product with variants; its variants leave out what they share.
    parent: Option<Parent>,
    report: Report,
}

struct Parent {
    handle: String,
    title: String,
    shared: HashMap<Column, Cell>,
}

/// (heading to blame, reason)
type Bad = (Option<String>, String);

/// A row by meaning.
struct Row {
    line: u64,
    cells: HashMap<Column, (String, Cell)>,
}

enum Read {
    Entry(Box<Indexed>),
    Nothing,
}

impl Reader {
    pub fn new(file: &str, currency: Option<Currency>, fallback: Currency) -> Self {
        let (seen, report) = (HashMap::new(), Report::default());
        Self { file: file.to_owned(), currency, fallback, seen, parent: None, report }
    }

    /// Up to `most` good entries; empty at the end of the file.
    pub fn batch(&mut self, records: &mut Records<'_>, most: usize) -> Vec<Indexed> {
        let mut entries = Vec::new();
        while entries.len() < most {
            match records.next() {
                None => break,
                Some(Err(bad)) => self.problem(bad.line, bad.column, bad.reason),
                Some(Ok(record)) => {
                    let row = Row::of(record);
                    match self.read(&row) {
                        Ok(Read::Entry(entry)) => entries.push(*entry),
                        Ok(Read::Nothing) => self.report.skipped += 1,
                        Err((column, reason)) => self.problem(row.line, column, reason),
                    }
                }
            }
        }
        self.report.imported += entries.len();
        entries
    }

    pub fn finish(self) -> Report {
        self.report
    }

    fn problem(&mut self, line: u64, column: Option<String>, reason: String) {
        self.report.problems.push(Problem { file: self.file.clone(), line, column, reason });
    }

    fn read(&mut self, row: &Row) -> Result<Read, Bad> {
        let row = &self.inherit(row);
        if self.says_nothing(row) {
            return Ok(Read::Nothing);
        }
        let sku = self.sku(row)?;
        let title = row.text(Column::Title).map(|t| markup::strip(&t)).unwrap_or_default();
        if title.is_empty() {
            return Err(row.blame(Column::Title, "title", "is missing".into()));
        }
        if title.chars().count() > LONGEST_TITLE {
            return Err(row.blame(Column::Title, "title", format!("is longer than {LONGEST_TITLE} characters")));
        }
        let attributes = row.attributes()?;
        let title = with_variant(title, row, self.parent.as_ref());
        let brand = row.text(Column::Brand).and_then(|b| b.split(',').next().map(|b| b.trim().to_owned()));
        let spoken_name = match row.text(Column::SpokenName) {
            Some(name) => name,
            None => naming::spoken_name(&title, brand.as_deref(), &attributes),
        };
        let product = Product {
            price: self.price(row)?,
            stock: stock(row)?,
            rating: rating(row)?,
            description: row
                .text(Column::Description)
                .or_else(|| row.text(Column::ShortDescription))
                .map(|d| markup::strip(&d))
                .unwrap_or_default(),
            category: row.category(),
            image: row.text(Column::Image).and_then(|i| i.split([',', ' ']).next().map(str::to_owned)),
            sku,
            title,
            spoken_name,
            brand,
            attributes,
        };
        let released = row.parsed(Column::Released, "is not a day such as 2026-11-22", |t| {
            t.get(..10).and_then(|d| d.parse::<Date>().ok())
        })?;
        let popularity = row
            .parsed(Column::Popularity, "is not a number from 0 to 1000", |t| t.parse().ok().filter(|n| *n <= 1000))?
            .unwrap_or(0);
        self.seen.insert(product.sku.to_string(), row.line);
        Ok(Read::Entry(Box::new(Indexed { product, released, popularity })))
    }

    /// Shopify's variants follow their product and leave out what they share with it.
    fn inherit(&mut self, row: &Row) -> Row {
        let mut cells = row.cells.clone();
        if let Some(handle) = row.text(Column::Handle) {
            match &self.parent {
                Some(parent) if parent.handle == handle && row.text(Column::Title).is_none() => {
                    for (column, cell) in &parent.shared {
                        cells.entry(*column).or_insert_with(|| ("the product's first row".into(), cell.clone()));
                    }
                }
                _ => {
                    let shared = [Column::Title, Column::Description, Column::Brand, Column::Category, Column::Image]
                        .into_iter()
                        .chain((1..=3).map(Column::OptionName));
                    let shared = shared.filter_map(|c| Some((c, row.cells.get(&c)?.1.clone()))).collect();
                    let title = row.text(Column::Title).unwrap_or_default();
                    self.parent = Some(Parent { handle, title, shared });
                }
            }
        }
        Row { line: row.line, cells }
    }

    /// A further image of the product above, the parent of variations that follow, a draft.
    fn says_nothing(&self, row: &Row) -> bool {
        let priced = row.has(Column::Price) || row.has(Column::SalePrice);
        let kind = row.text(Column::Type).unwrap_or_default().to_lowercase();
        let image_only = row.has(Column::Handle) && !row.has(Column::Id) && !priced;
        let parent_only = matches!(kind.as_str(), "variable" | "grouped" | "external") && !priced;
        let hidden = row
            .text(Column::Status)
            .is_some_and(|s| matches!(s.to_lowercase().as_str(), "draft" | "archived" | "private" | "trash"));
        row.cells.is_empty() || image_only || parent_only || hidden
    }

    fn sku(&self, row: &Row) -> Result<Sku, Bad> {
        let Some(text) = row.text(Column::Id).or_else(|| row.text(Column::Handle)) else {
            return Err(row.blame(Column::Id, "id", "is missing".into()));
        };
        let sku = Sku::new(&text).map_err(|e| row.blame(Column::Id, "id", e.to_string()))?;
        match self.seen.get(sku.as_str()) {
            Some(line) => Err(row.blame(Column::Id, "id", format!("{text:?} is already used on line {line}"))),
            None => Ok(sku),
        }
    }

    fn price(&mut self, row: &Row) -> Result<Money, Bad> {
        let column = if row.has(Column::SalePrice) { Column::SalePrice } else { Column::Price };
        let Some(text) = row.text(column) else {
            return Err(row.blame(Column::Price, "price", "is missing".into()));
        };
        let own = match row.text(Column::Currency) {
            Some(code) => {
                Some(Currency::new(&code).map_err(|e| row.blame(Column::Currency, "currency", e.to_string()))?)
            }
            None => None,
        };
        let currency = own.or(self.currency).unwrap_or(self.fallback);
        if let Some(shop) = self.currency
            && shop != currency
        {
            let reason = format!("{currency}, but this shop's prices are in {shop}");
            return Err(row.blame(Column::Currency, "currency", reason));
        }
        let price = Money::parse(&plain_amount(&text), currency)
            .map_err(|_| row.blame(column, "price", format!("{text:?} is not an amount such as 12 or 12.50")))?;
        self.currency = Some(currency);
        Ok(price)
    }
}

impl Row {
    fn of(record: Record) -> Self {
        let mut ranked: HashMap<Column, (usize, String, Cell)> = HashMap::new();
        for (heading, cell) in record.cells {
            if let Some((rank, column)) = meaning(&heading)
                && ranked.get(&column).is_none_or(|(there, ..)| rank < *there)
            {
                ranked.insert(column, (rank, heading, cell));
            }
        }
        let cells = ranked.into_iter().map(|(column, (_, heading, cell))| (column, (heading, cell))).collect();
        Self { line: record.line, cells }
    }

    fn has(&self, column: Column) -> bool {
        self.cells.contains_key(&column)
    }

    fn text(&self, column: Column) -> Option<String> {
        match &self.cells.get(&column)?.1 {
            Cell::Text(text) => Some(text.clone()),
            Cell::List(items) => items.first().cloned(),
            Cell::Pairs(_) => None,
        }
    }

    /// An optional cell that must make sense when it is there.
    fn parsed<T>(&self, column: Column, otherwise: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Bad> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.blame(column, "", format!("{text:?} {otherwise}"))),
        }
    }

    fn blame(&self, column: Column, otherwise: &str, reason: String) -> Bad {
        let heading = self.cells.get(&column).map_or(otherwise, |(heading, _)| heading.as_str());
        (Some(heading.to_owned()), reason)
    }

    fn category(&self) -> Vec<String> {
        let path = match self.cells.get(&Column::Category).map(|(_, cell)| cell) {
            Some(Cell::List(levels)) => levels.clone(),
            // WooCommerce lists several paths; the first is as good as any.
            Some(Cell::Text(text)) => {
                let first = if text.contains('>') { text.split(',').next().unwrap_or(text) } else { text };
                first.split('>').map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        path.into_iter().map(|level| markup::strip(&level)).filter(|level| !level.is_empty()).collect()
    }

    /// `colour=blue; size=large`, an object, or the options of other shops.
    fn attributes(&self) -> Result<Vec<(String, String)>, Bad> {
        let mut pairs: Vec<(String, String)> = match self.cells.get(&Column::Attributes).map(|(_, cell)| cell) {
            Some(Cell::Pairs(pairs)) => pairs.clone(),
            Some(Cell::Text(text)) => {
                let mut pairs = Vec::new();
                for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
                    let Some((name, value)) = part.split_once('=') else {
                        return Err(self.blame(
                            Column::Attributes,
                            "attributes",
                            format!("{part:?} is not name=value"),
                        ));
                    };
                    pairs.push((name.to_owned(), value.to_owned()));
                }
                pairs
            }
            Some(Cell::List(_)) => {
                return Err(self.blame(Column::Attributes, "attributes", "is a list; an object is wanted".into()));
            }
            None => Vec::new(),
        };
        for n in 1..=9 {
            if let (Some(name), Some(value)) = (self.text(Column::OptionName(n)), self.text(Column::OptionValue(n)))
                && value != "Default Title"
            {
                pairs.push((name, value));
            }
        }
        Ok(pairs.into_iter().map(|(n, v)| (attribute_name(&n), v.trim().to_owned())).collect())
    }
}

fn attribute_name(name: &str) -> String {
    let name = name.trim().to_lowercase();
    if name == "color" { "colour".to_owned() } else { name }
}

/// A variant is told apart from its sisters by its options.
fn with_variant(title: String, row: &Row, parent: Option<&Parent>) -> String {
    let shared = parent.is_some_and(|p| p.title == title && row.text(Column::Handle).is_some_and(|h| h == p.handle));
    let values: Vec<String> =
        (1..=3).filter_map(|n| row.text(Column::OptionValue(n))).filter(|v| v != "Default Title").collect();
    if shared && !values.is_empty() { format!("{title} - {}", values.join(" / ")) } else { title }
}

fn stock(row: &Row) -> Result<u32, Bad> {
    let counted = row.parsed(Column::Stock, "is not a whole number", |t| {
        let whole = t.strip_suffix(".0").unwrap_or(t);
        // Below nothing means sold but not yet bought in.
        whole.parse::<i64>().ok().and_then(|n| u32::try_from(n.max(0)).ok())
    })?;
    let flag = row.text(Column::InStock).map(|t| t.to_lowercase());
    let none = flag.is_some_and(|f| matches!(f.as_str(), "0" | "no" | "false" | "outofstock" | "out of stock"));
    Ok(counted.unwrap_or(if none { 0 } else { UNCOUNTED }))
}

fn rating(row: &Row) -> Result<Option<(u8, u32)>, Bad> {
    let stars = row.parsed(Column::Rating, "is not between 0.0 and 5.0", |t| {
        let stars: f32 = t.parse().ok()?;
        // In range, so the cast is exact enough.
        (0.0..=5.0).contains(&stars).then(|| (stars * 10.0).round() as u8)
    })?;
    let count = row.parsed(Column::RatingCount, "is not a whole number", |t| t.parse().ok())?;
    Ok(stars.map(|tenths| (tenths, count.unwrap_or(0))))
}

/// `$1,299.00`, `1.299,00 €` and `12.9900` as `1299.00`, `1299.00` and `12.99`.
fn plain_amount(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !matches!(c, '$' | '€' | '£' | ' ' | '\u{a0}')).collect();
    let comma_last = match (kept.rfind(','), kept.rfind('.')) {
        (Some(comma), Some(dot)) => comma > dot,
        (Some(comma), None) => kept.len() - comma <= 3,
        _ => false,
    };
    let (thousands, decimal) = if comma_last { ('.', ',') } else { (',', '.') };
    let amount = kept.replace(thousands, "").replace(decimal, ".");
    match amount.split_once('.') {
        Some((whole, cents)) if cents.len() > 2 && cents.get(2..).is_some_and(|c| c.bytes().all(|b| b == b'0')) => {
            format!("{whole}.{}", cents.get(..2).unwrap_or_default())
        }
        _ => amount,
    }
}
