//! A customer's address as Vendure has it, as it is read out, and as an order takes it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Admin, VendureError};

/// What is asked of an address; goes behind a query that says `...address`.
pub(super) const FRAGMENT: &str = "fragment address on Address { fullName company streetLine1 streetLine2 city province
    postalCode phoneNumber country { code name } defaultShippingAddress }";
const ADDRESSES: &str = "query($id: ID!) { customer(id: $id) { addresses { ...address } } }";

/// A customer's address as Vendure has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    full_name: Option<String>,
    company: Option<String>,
    street_line1: String,
    street_line2: Option<String>,
    city: Option<String>,
    province: Option<String>,
    postal_code: Option<String>,
    phone_number: Option<String>,
    country: Country,
    default_shipping_address: Option<bool>,
}

#[derive(Deserialize)]
struct Country {
    code: String,
    name: String,
}

/// What Vendure has of a customer's addresses now.
pub(super) async fn all(admin: &Admin, customer: &str) -> Result<Vec<Address>, VendureError> {
    #[derive(Deserialize)]
    struct Found {
        customer: Option<Has>,
    }
    #[derive(Deserialize)]
    struct Has {
        addresses: Option<Vec<Address>>,
    }
    let found: Found = admin.ask(&format!("{ADDRESSES} {FRAGMENT}"), json!({ "id": customer })).await?;
    Ok(found.customer.and_then(|c| c.addresses).unwrap_or_default())
}

impl Address {
    /// As it is read out.
    pub fn line(&self) -> String {
        let parts = [Some(&self.street_line1), self.street_line2.as_ref(), self.city.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
        parts.join(", ")
    }

    pub fn is_default(&self) -> bool {
        self.default_shipping_address == Some(true)
    }

    /// As Vendure takes one for an order.
    pub fn input(&self) -> Value {
        json!({ "fullName": self.full_name, "company": self.company, "streetLine1": self.street_line1,
            "streetLine2": self.street_line2, "city": self.city, "province": self.province,
            "postalCode": self.postal_code, "phoneNumber": self.phone_number, "countryCode": self.country.code })
    }

    /// What a shopper calls it.
    pub fn label(&self) -> String {
        let named = [self.company.as_ref(), self.city.as_ref(), Some(&self.street_line1)];
        let named = named.into_iter().flatten().map(|n| n.trim()).find(|n| !n.is_empty());
        named.unwrap_or(&self.country.name).to_owned()
    }
}
