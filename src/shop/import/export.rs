//! The catalogue as a file: what `catalog import` reads, with nothing lost on the way out and back.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use super::ImportError;
use crate::shop::connectors::sql::products;
use crate::shop::search::Indexed;
use crate::store::{Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    JsonLines,
}

const COLUMNS: [&str; 15] = [
    "id",
    "title",
    "spoken_name",
    "description",
    "brand",
    "category",
    "price",
    "currency",
    "stock",
    "image",
    "rating",
    "rating_count",
    "released",
    "popularity",
    "attributes",
];

impl Format {
    /// By the file's ending; CSV when it has none that is known.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|e| e.to_str()) {
            Some("jsonl" | "ndjson" | "json") => Self::JsonLines,
            _ => Self::Csv,
        }
    }
}

/// Writes every product to `out`, by SKU; how many.
pub async fn catalog(store: &Store, format: Format, out: &mut (dyn Write + Send)) -> Result<usize, ImportError> {
    let failed = |source| ImportError::Write { path: "the catalogue".into(), source };
    let mut db = store.reader().acquire().await.map_err(StoreError::from)?;
    if format == Format::Csv {
        out.write_all(&csv_row(&COLUMNS)?).map_err(failed)?;
    }
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let page = products::page(&mut db, &after, 1000).await?;
        let Some(last) = page.last() else { break };
        after = last.product.sku.to_string();
        for entry in &page {
            let row = match format {
                Format::Csv => csv_row(&cells(entry))?,
                Format::JsonLines => format!("{}\n", object(entry)).into_bytes(),
            };
            out.write_all(&row).map_err(failed)?;
            count += 1;
        }
    }
    out.flush().map_err(failed)?;
    Ok(count)
}

fn cells(entry: &Indexed) -> [String; 15] {
    let p = &entry.product;
    let attributes: Vec<String> = p.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    [
        p.sku.to_string(),
        p.title.clone(),
        p.spoken_name.clone(),
        p.description.clone(),
        p.brand.clone().unwrap_or_default(),
        p.category.join(" > "),
        amount(entry),
        p.price.currency().to_string(),
        p.stock.to_string(),
        p.image.clone().unwrap_or_default(),
        p.rating.map(stars).unwrap_or_default(),
        p.rating.map(|(_, count)| count.to_string()).unwrap_or_default(),
        entry.released.map(|d| d.to_string()).unwrap_or_default(),
        entry.popularity.to_string(),
        attributes.join("; "),
    ]
}

fn object(entry: &Indexed) -> serde_json::Value {
    let p = &entry.product;
    let attributes: serde_json::Map<_, _> = p.attributes.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
    json!({
        "id": p.sku, "title": p.title, "spoken_name": p.spoken_name, "description": p.description, "brand": p.brand,
        "category": p.category, "price": amount(entry), "currency": p.price.currency(), "stock": p.stock,
        "image": p.image, "rating": p.rating.map(stars), "rating_count": p.rating.map(|(_, count)| count),
        "released": entry.released, "popularity": entry.popularity, "attributes": attributes,
    })
}

fn amount(entry: &Indexed) -> String {
    let minor = entry.product.price.minor();
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn stars((tenths, _): (u8, u32)) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn csv_row<T: AsRef<[u8]>>(cells: &[T]) -> Result<Vec<u8>, ImportError> {
    let failed = |reason: String| ImportError::Format { path: "the catalogue".into(), reason };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|e| failed(e.to_string()))?;
    writer.into_inner().map_err(|e| failed(e.to_string()))
}
