//! Slots into the shop's own values: words into a search, digits into quantities and order numbers, dates into days.
//! Refuses to know what is done with them.

use jiff::civil::Date;

use crate::language::dates;
use crate::language::pointing::{Pointing, pointing};
use crate::language::{Reading, Slot};
use crate::shop::money::Currency;
use crate::shop::{Filters, Money, OrderNumber, OrderRef, Quantity, Search, Sort};

/// Results read out at a time: what one can keep in mind by ear.
pub const PAGE: u32 = 3;

/// A slot whose resolution scores at least this is called by its resolved name: "oil natural armands" becomes
/// "all natural almonds". Below it, the shopper's own words go to the search, which has its own ear.
const SURE: f32 = 0.8;

/// The words a slot stands for.
pub fn words(slot: &Slot) -> String {
    match slot.resolutions.first() {
        Some(best) if best.score >= SURE => best.name.clone(),
        _ => slot.value.clone(),
    }
}

/// The product words of a reading, from whichever slot carries them. Words that only point at a product are none.
pub fn product_words(reading: &Reading) -> Option<String> {
    // As they were said: "pairs" sounds like pears.
    said_of_product(reading)
        .filter(|w| pointing(w).is_none() && said_of(reading).is_none_or(|s| pointing(&s.spoken).is_none()))
}

/// Whether everything that was read out is meant: "add all of them", "one of each".
pub fn all_of_them(reading: &Reading) -> bool {
    match said_of_product(reading) {
        Some(words) => pointing(&words) == Some(Pointing::All),
        // "Add all three" has no slot for it.
        None => {
            let starts = reading.utterance.match_indices(' ').map(|(at, _)| at + 1);
            starts.filter_map(|at| reading.utterance.get(at..)).any(|end| pointing(end) == Some(Pointing::All))
        }
    }
}

fn said_of(reading: &Reading) -> Option<&Slot> {
    ["Product", "Query"].iter().find_map(|name| reading.slot(name))
}

fn said_of_product(reading: &Reading) -> Option<String> {
    said_of(reading).map(words).filter(|w| !w.trim().is_empty())
}

/// A fresh search from the slots of a reading; `None` when it names nothing to look for.
pub fn search(reading: &Reading) -> Option<Search> {
    let words = product_words(reading).unwrap_or_default();
    let (sort, query) = superlative(reading, &words);
    let mut search =
        Search { limit: PAGE, query: query.to_owned(), sort: sort.unwrap_or_default(), ..Search::default() };
    narrow(&mut search, reading);
    let open = search.query.is_empty() && search.filters == Filters::default() && search.sort == Sort::Relevance;
    (!open).then_some(search)
}

/// Words that put a list in order where they stand before what is looked for.
const SUPERLATIVES: &[(&str, Sort)] = &[
    ("cheapest", Sort::Cheapest),
    ("least expensive", Sort::Cheapest),
    ("best rated", Sort::BestRated),
    ("highest rated", Sort::BestRated),
    ("top rated", Sort::BestRated),
    ("best", Sort::BestRated),
    ("newest", Sort::Newest),
    ("latest", Sort::Newest),
];

/// "The cheapest kettle": an order and a kettle, whether the words have both or the utterance has the one before them.
fn superlative<'a>(reading: &Reading, words: &'a str) -> (Option<Sort>, &'a str) {
    let bare = words.strip_prefix("the ").unwrap_or(words);
    for &(said, sort) in SUPERLATIVES {
        if let Some(rest) = bare.strip_prefix(said).and_then(|rest| rest.strip_prefix(' ')) {
            return (Some(sort), rest);
        }
    }
    let before = said_of(reading).and_then(|s| s.span.as_ref()).and_then(|s| reading.utterance.get(..s.start));
    let before = before.unwrap_or_default().trim_end();
    (SUPERLATIVES.iter().find(|(said, _)| before.ends_with(said)).map(|(_, sort)| *sort), words)
}

/// Adds the filters and the order that a reading names to a search. Tells whether it named any.
pub fn narrow(search: &mut Search, reading: &Reading) -> bool {
    let before = (search.filters.clone(), search.sort);
    let text = |name: &str| reading.slot(name).map(words);
    let price = |name: &str| reading.slot(name).and_then(|s| dollars(&s.value));
    let f = &mut search.filters;
    f.brand = text("Brand").or(f.brand.take());
    f.category = text("Department").or(f.category.take());
    f.colour = text("Color").or(f.colour.take());
    f.size = text("Size").or_else(|| numbered_size(reading, "SizeNumber")).or(f.size.take());
    f.max_price = price("MaxPrice").or(f.max_price);
    f.min_price = price("MinPrice").or(f.min_price);
    // "Under twenty" takes back "over fifty".
    if f.max_price.zip(f.min_price).is_some_and(|(max, min)| max <= min) {
        match price("MaxPrice") {
            Some(_) if price("MinPrice").is_none() => f.min_price = None,
            None => f.max_price = None,
            Some(_) => {}
        }
    }
    if let Some(feature) = text("Feature") {
        if feature.eq_ignore_ascii_case("in stock") {
            f.in_stock = true;
        } else if !f.features.contains(&feature) {
            f.features.push(feature);
        }
    }
    if let Some(slot) = reading.slot("SortOrder") {
        search.sort = sort(slot);
    }
    (search.filters.clone(), search.sort) != before
}

/// A size that is a number, with its half where that was said: Alexa hears "nine and a half" as a nine and the words that
/// are left, other doors as 9.5.
pub fn numbered_size(reading: &Reading, name: &str) -> Option<String> {
    let number = &reading.slot(name)?.value;
    let whole = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    Some(match reading.slot("Half") {
        Some(_) if whole => format!("{number}.5"),
        _ => number.clone(),
    })
}

fn sort(slot: &Slot) -> Sort {
    let id = slot.resolutions.first().map_or(slot.value.as_str(), |r| r.id.as_str());
    match id {
        "best_rated" | "best rated" => Sort::BestRated,
        "newest" => Sort::Newest,
        _ => Sort::Cheapest,
    }
}

/// Whole or decimal dollars as a slot of type `AMAZON.NUMBER` gives them.
fn dollars(value: &str) -> Option<Money> {
    Money::parse(value, Currency::USD).ok()
}

/// A quantity slot: `Ok(None)` when it was not said, `Err` when it is none that can be sold.
pub fn quantity(reading: &Reading) -> Result<Option<Quantity>, ()> {
    let Some(slot) = reading.slot("Quantity") else {
        // "Two of those" may have come as words for a product.
        return match said_of_product(reading).and_then(|words| pointing(&words)) {
            Some(Pointing::It(Some(n))) => Quantity::new(n).map(Some).map_err(|_| ()),
            _ => Ok(None),
        };
    };
    let n: u32 = slot.value.parse().map_err(|_| ())?;
    Quantity::new(n).map(Some).map_err(|_| ())
}

/// The place in a list that was named, from 1; -1 is the last.
pub fn place(reading: &Reading) -> Option<i64> {
    let slot = ["Ordinal", "Number"].iter().find_map(|name| reading.slot(name))?;
    match slot.value.as_str() {
        "last" => Some(-1),
        digits => digits.parse().ok(),
    }
}

/// Which order a reading means; `Err` when it names a number that no order can have.
pub fn order(reading: &Reading, today: Date) -> Result<OrderRef, ()> {
    if let Some(slot) = reading.slot("OrderNumber") {
        return OrderNumber::new(&slot.value).map(OrderRef::Number).map_err(|_| ());
    }
    if let Some(days) = days(reading, today) {
        return Ok(days);
    }
    Ok(product_words(reading).map_or(OrderRef::Latest, OrderRef::Product))
}

/// The days a `Date` slot covers, as an order reference.
pub fn days(reading: &Reading, today: Date) -> Option<OrderRef> {
    let slot = reading.slot("Date")?;
    let (from, to) = dates::range(&slot.value, today)?;
    Some(OrderRef::Placed { from, to })
}
