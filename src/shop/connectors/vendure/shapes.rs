//! What is asked of Vendure for the mirror, and the shape of its answers: GraphQL's own words in, ours out. Decides nothing.

use serde::Deserialize;

use super::address::Address;

pub(super) const PRODUCTS: &str = "query($skip: Int!, $take: Int!) {
    settings: globalSettings { trackInventory outOfStockThreshold }
    page: productVariants(options: {
    skip: $skip, take: $take, sort: { id: ASC } }) { items {
    sku name enabled priceWithTax currencyCode trackInventory stockLevels { stockOnHand stockAllocated }
    outOfStockThreshold useGlobalOutOfStockThreshold
    facetValues { name facet { code } } options { name group { code } }
    product { name description enabled facetValues { name facet { code } } featuredAsset { preview }
              collections { name breadcrumbs { name } } } } } }";
pub(super) const CUSTOMERS: &str = "query($skip: Int!, $take: Int!, $after: DateTime!) { page: customers(options: {
    skip: $skip, take: $take, sort: { updatedAt: ASC }, filter: { updatedAt: { after: $after } } }) { items {
    id updatedAt firstName emailAddress
    addresses { ...address } } } }";
pub(super) const ORDERS: &str = "query($skip: Int!, $take: Int!, $after: DateTime!) { page: orders(options: {
    skip: $skip, take: $take, sort: { updatedAt: ASC },
    filter: { updatedAt: { after: $after }, active: { eq: false } } }) { items {
    id updatedAt state orderPlacedAt customer { id }
    lines { quantity proratedUnitPriceWithTax productVariant { sku } }
    fulfillments { state method trackingCode updatedAt lines { orderLine { productVariant { sku } } } }
    customFields { voicecartKey } } } }";

#[derive(Deserialize)]
pub(super) struct Shelves {
    pub(super) settings: Settings,
    pub(super) page: List<Variant>,
}

/// What holds for products that say nothing of their own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) track_inventory: bool,
    pub(super) out_of_stock_threshold: i64,
}

#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) page: List<T>,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variant {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) price_with_tax: i64,
    pub(super) currency_code: String,
    pub(super) track_inventory: String,
    pub(super) stock_levels: Vec<Level>,
    pub(super) out_of_stock_threshold: i64,
    pub(super) use_global_out_of_stock_threshold: bool,
    pub(super) facet_values: Vec<FacetValue>,
    pub(super) options: Vec<Choice>,
    pub(super) product: Product,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Level {
    pub(super) stock_on_hand: i64,
    pub(super) stock_allocated: i64,
}

#[derive(Deserialize)]
pub(super) struct FacetValue {
    pub(super) name: String,
    pub(super) facet: Code,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) group: Code,
}

#[derive(Deserialize)]
pub(super) struct Code {
    pub(super) code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Product {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) enabled: bool,
    pub(super) facet_values: Vec<FacetValue>,
    pub(super) featured_asset: Option<Asset>,
    pub(super) collections: Vec<Collection>,
}

#[derive(Deserialize)]
pub(super) struct Asset {
    pub(super) preview: String,
}

#[derive(Deserialize)]
pub(super) struct Collection {
    pub(super) name: String,
    pub(super) breadcrumbs: Vec<Name>,
}

#[derive(Deserialize)]
pub(super) struct Name {
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) first_name: String,
    pub(super) email_address: String,
    #[serde(default)]
    pub(super) addresses: Option<Vec<Address>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) order_placed_at: Option<String>,
    pub(super) customer: Option<Id>,
    pub(super) lines: Vec<Line>,
    #[serde(default)]
    pub(super) fulfillments: Option<Vec<Fulfillment>>,
    pub(super) custom_fields: Fields,
}

#[derive(Deserialize)]
pub(super) struct Id {
    pub(super) id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    #[serde(default)]
    pub(super) quantity: u32,
    #[serde(default)]
    pub(super) prorated_unit_price_with_tax: i64,
    pub(super) product_variant: Coded,
}

#[derive(Deserialize)]
pub(super) struct Coded {
    pub(super) sku: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fulfillment {
    pub(super) state: String,
    pub(super) method: String,
    #[serde(default)]
    pub(super) tracking_code: Option<String>,
    pub(super) updated_at: String,
    pub(super) lines: Vec<Sent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    pub(super) order_line: Of,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Of {
    pub(super) product_variant: Coded,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fields {
    pub(super) voicecart_key: Option<String>,
}
