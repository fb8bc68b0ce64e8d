//! What a column's heading means: ours, or one that Shopify, WooCommerce and others write into their exports.

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Id,
    /// A product's own address, shared by its variants; names the product where nothing better does.
    Handle,
    Title,
    SpokenName,
    Description,
    ShortDescription,
    Brand,
    Category,
    Price,
    SalePrice,
    Currency,
    Stock,
    InStock,
    Image,
    Rating,
    RatingCount,
    Released,
    Popularity,
    Attributes,
    /// The name, or the value, of the nth option: colour, size ...
    OptionName(u8),
    OptionValue(u8),
    /// `variable`, `variation`, `simple`.
    Type,
    Status,
}

/// Headings in lower case without spaces and signs. Earlier ones win where a file has two for one column.
const KNOWN: &[(&str, Column)] = &[
    ("sku", Column::Id),
    ("variantsku", Column::Id),
    ("id", Column::Id),
    ("productid", Column::Id),
    ("itemid", Column::Id),
    ("articlenumber", Column::Id),
    ("handle", Column::Handle),
    ("urlhandle", Column::Handle),
    ("title", Column::Title),
    ("name", Column::Title),
    ("productname", Column::Title),
    ("producttitle", Column::Title),
    ("spokenname", Column::SpokenName),
    ("description", Column::Description),
    ("bodyhtml", Column::Description),
    ("body", Column::Description),
    ("longdescription", Column::Description),
    ("shortdescription", Column::ShortDescription),
    ("brand", Column::Brand),
    ("brands", Column::Brand),
    ("vendor", Column::Brand),
    ("manufacturer", Column::Brand),
    ("category", Column::Category),
    ("productcategory", Column::Category),
    ("categories", Column::Category),
    ("categorypath", Column::Category),
    ("googleproductcategory", Column::Category),
    ("type", Column::Type),
    ("producttype", Column::Category),
    ("saleprice", Column::SalePrice),
    ("price", Column::Price),
    ("variantprice", Column::Price),
    ("regularprice", Column::Price),
    ("unitprice", Column::Price),
    ("currency", Column::Currency),
    ("pricecurrency", Column::Currency),
    ("stock", Column::Stock),
    ("variantinventoryqty", Column::Stock),
    ("inventoryquantity", Column::Stock),
    ("stockquantity", Column::Stock),
    ("quantity", Column::Stock),
    ("qty", Column::Stock),
    ("instock", Column::InStock),
    ("availability", Column::InStock),
    ("image", Column::Image),
    ("imagesrc", Column::Image),
    ("imageurl", Column::Image),
    ("imagelink", Column::Image),
    ("images", Column::Image),
    ("variantimage", Column::Image),
    ("rating", Column::Rating),
    ("averagerating", Column::Rating),
    ("ratingcount", Column::RatingCount),
    ("reviewcount", Column::RatingCount),
    ("released", Column::Released),
    ("releasedate", Column::Released),
    ("popularity", Column::Popularity),
    ("totalsales", Column::Popularity),
    ("attributes", Column::Attributes),
    ("status", Column::Status),
];

/// The column's meaning and its rank (lower wins); none for a column this shop has no use for.
pub fn meaning(heading: &str) -> Option<(usize, Column)> {
    let plain: String = heading.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    if let Some(option) = option(&plain) {
        return Some((0, option));
    }
    let rank = KNOWN.iter().position(|(name, _)| *name == plain)?;
    KNOWN.get(rank).map(|(_, column)| (rank, *column))
}

/// `Option1 Name`, `Option1 Value`, `Attribute 2 name`, `Attribute 2 value(s)`.
fn option(plain: &str) -> Option<Column> {
    let rest = plain.strip_prefix("option").or_else(|| plain.strip_prefix("attribute"))?;
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let number = rest.get(..digits)?.parse().ok()?;
    match rest.get(digits..)? {
        "name" => Some(Column::OptionName(number)),
        "value" | "values" => Some(Column::OptionValue(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_other_shops_are_known() {
        for (heading, column) in [
            ("id", Column::Id),
            ("SKU", Column::Id),
            ("Variant SKU", Column::Id),
            ("Handle", Column::Handle),
            ("Body (HTML)", Column::Description),
            ("Vendor", Column::Brand),
            ("Regular price", Column::Price),
            ("Variant Price", Column::Price),
            ("In stock?", Column::InStock),
            ("spoken_name", Column::SpokenName),
            ("Attribute 1 value(s)", Column::OptionValue(1)),
            ("Option2 Name", Column::OptionName(2)),
        ] {
            assert_eq!(meaning(heading).map(|m| m.1), Some(column), "{heading}");
        }
        for heading in ["Variant Grams", "Tax class", "", "Option Name", "Attribute 1 global"] {
            assert_eq!(meaning(heading), None, "{heading}");
        }
        assert!(meaning("sku").unwrap().0 < meaning("ID").unwrap().0, "a shop's own SKU comes before its row id");
    }
}
