//! Sizes and pack counts in a title: found, taken out, and said in full words. Knows no product.

use std::sync::LazyLock;

use regex::Regex;

/// One size or count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// `20.5 ounces`, `pack of 3`.
    pub said: String,
    /// It counts pieces.
    pub pack: bool,
}

/// Written unit, said of one, said of several. Longer ones first where one begins with another.
const UNITS: &[(&str, &str, &str)] = &[
    ("fluid ounces?|fl\\.? ?oz\\.?|fl ounces?", "fluid ounce", "fluid ounces"),
    ("ounces?|oz\\.?", "ounce", "ounces"),
    ("pounds?|lbs?\\.?", "pound", "pounds"),
    ("kilograms?|kgs?", "kilo", "kilos"),
    ("milligrams?|mg", "milligram", "milligrams"),
    ("grams?|gr?", "gram", "grams"),
    ("millilit(?:er|re)s?|ml", "milliliter", "milliliters"),
    ("gallons?|gal\\.?", "gallon", "gallons"),
    ("quarts?|qt\\.?", "quart", "quarts"),
    ("pints?|pt\\.?", "pint", "pints"),
    ("lit(?:er|re)s?|l", "liter", "liters"),
    ("inch(?:es)?|in\\.|\"|''", "inch", "inches"),
    ("feet|foot|ft\\.?|'", "foot", "feet"),
    ("yards?|yds?\\.?", "yard", "yards"),
    ("millimet(?:er|re)s?|mm", "millimeter", "millimeters"),
    ("centimet(?:er|re)s?|cm", "centimeter", "centimeters"),
    ("met(?:er|re)s?|m", "meter", "meters"),
    ("terabytes?|tb", "terabyte", "terabytes"),
    ("gigabytes?|gb", "gigabyte", "gigabytes"),
    ("mah", "milliamp hour", "milliamp hours"),
    ("watts?|w", "watt", "watts"),
    ("cups?", "cup", "cups"),
    ("sheets?", "sheet", "sheets"),
    ("seats?", "seat", "seats"),
    ("shel(?:f|ves)", "shelf", "shelves"),
    ("drawers?", "drawer", "drawers"),
    ("pieces?|pcs?\\.?", "piece", "pieces"),
];

const NUMBER: &str = r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)";

static PACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let written = [
        r"\b(?:packs?|sets?|box|case) of (\d{1,4})\b",
        r"\b(\d{1,4})[ -]?(?:packs?|pk|count|cnt|ct)\b\.?",
        r"\b(?:1|one|a) dozen\b",
    ];
    Regex::new(&format!("(?i){}", written.join("|"))).ok()
});

/// Dimensions such as 5 x 7 inch come before a single number, or half of them would stay behind.
static SIZES: LazyLock<Vec<(Regex, &'static str, &'static str)>> = LazyLock::new(|| {
    let compiled = UNITS.iter().filter_map(|(written, one, many)| {
        let by = r#"(?: ?(?:"|'|in|inch|ft)? ?[x×] ?(\d+(?:\.\d+)?))?"#;
        let pattern = format!(r"(?i)(?:^|[^\w.]){NUMBER}{by}[ -]?(?:{written})(?:[^\w]|$)");
        Some((Regex::new(&pattern).ok()?, *one, *many))
    });
    compiled.collect()
});

/// The title without its measures, and the measures in the order of [`UNITS`], packs first.
pub fn take(title: &str) -> (String, Vec<Measure>) {
    let mut rest = title.to_owned();
    let mut found = Vec::new();
    if let Some(pattern) = PACK.as_ref() {
        while let Some(m) = pattern.captures(&rest).map(|c| {
            let count = c.get(1).or(c.get(2)).map(|n| n.as_str().to_owned());
            (c.get(0).map_or(0..0, |all| all.range()), count)
        }) {
            let (range, count) = m;
            if range.is_empty() {
                break;
            }
            match count.as_deref() {
                Some("0" | "1") => {}
                Some(n) => found.push(Measure { said: format!("pack of {n}"), pack: true }),
                None => found.push(Measure { said: "a dozen".to_owned(), pack: true }),
            }
            rest.replace_range(range, ",");
        }
    }
    for (pattern, one, many) in SIZES.iter() {
        while let Some((range, said)) = pattern.captures(&rest).and_then(|c| {
            let all = c.get(0)?;
            let (number, by) = (c.get(1)?, c.get(2));
            let unit = if number.as_str() == "1" && by.is_none() { one } else { many };
            let said = match by {
                Some(by) => format!("{} by {} {unit}", number.as_str(), by.as_str()),
                None => format!("{} {unit}", number.as_str()),
            };
            Some((number.start()..all.end(), said))
        }) {
            found.push(Measure { said, pack: false });
            rest.replace_range(range, ", ");
        }
    }
    let rest = rest.replace("( , )", ",").replace("(,)", ",");
    (rest.trim_matches([' ', ',', '-', '|', '(', ')']).split_whitespace().collect::<Vec<_>>().join(" "), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_said_in_full() {
        for (title, rest, said) in [
            ("Rice, 5 lb", "Rice", vec!["5 pounds"]),
            ("Milk 1 Gallon", "Milk", vec!["1 gallon"]),
            ("Juice 52 fl oz", "Juice", vec!["52 fluid ounces"]),
            ("Cereal 20.5oz Box (Pack of 3)", "Cereal , Box", vec!["pack of 3", "20.5 ounces"]),
            ("Cable 6ft 2-Pack", "Cable", vec!["pack of 2", "6 feet"]),
            ("Frame 5 x 7 inch", "Frame", vec!["5 by 7 inches"]),
            ("TV 55\" 4K", "TV , 4K", vec!["55 inches"]),
            ("Paper 2,500 sheets", "Paper", vec!["2,500 sheets"]),
            ("Eggs (1 Dozen)", "Eggs", vec!["a dozen"]),
            ("Vitamin B12", "Vitamin B12", vec![]),
            ("Size 10 shoes", "Size 10 shoes", vec![]),
        ] {
            let (left, found) = take(title);
            let found: Vec<_> = found.iter().map(|m| m.said.as_str()).collect();
            assert_eq!((left.as_str(), found), (rest, said), "{title}");
        }
    }
}
