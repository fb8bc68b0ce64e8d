//! Slot types: the words said for a slot in, Alexa's value format for the type out. One file a type.
//! Refuses to know intents; what a list type's words stand for is the [`vocabulary`](super::vocabulary)'s matter.

mod date;
mod duration;
mod letters;
mod numeric;
mod time;

use jiff::civil::Date;

/// How the words of a slot are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    Number,
    /// A number slot whose name ends in "Price": "nineteen ninety nine" is 19.99, and a currency word may follow.
    Price,
    FourDigits,
    Ordinal,
    Date,
    Time,
    Duration,
    AlphaNumeric,
    Phone,
    /// Only words on the type's list, by spelling or by sound.
    Listed,
    /// Any words; names the vocabulary knows are likelier.
    Named,
    /// Any words.
    Free,
}

/// The shape of a slot. `listed` tells whether its custom type is a closed list of values.
pub fn shape(kind: &str, slot: &str, listed: bool) -> Shape {
    match kind {
        "AMAZON.NUMBER" if slot.ends_with("Price") => Shape::Price,
        "AMAZON.NUMBER" => Shape::Number,
        "AMAZON.FOUR_DIGIT_NUMBER" => Shape::FourDigits,
        "AMAZON.Ordinal" => Shape::Ordinal,
        "AMAZON.DATE" => Shape::Date,
        "AMAZON.TIME" => Shape::Time,
        "AMAZON.DURATION" => Shape::Duration,
        "AMAZON.AlphaNumeric" => Shape::AlphaNumeric,
        "AMAZON.PhoneNumber" => Shape::Phone,
        "AMAZON.SearchQuery" => Shape::Free,
        _ if kind.starts_with("AMAZON.") && !listed => Shape::Free,
        _ if listed => Shape::Listed,
        _ => Shape::Named,
    }
}

/// Every reading that begins at the first of `words`, as (words used, value), longest first. Empty for the shapes that
/// have no format of their own.
pub fn read_at(shape: Shape, words: &[&str], today: Date) -> Vec<(usize, String)> {
    match shape {
        Shape::Number => numeric::numbers_at(words),
        Shape::Price => numeric::prices_at(words),
        Shape::FourDigits => numeric::four_digits_at(words),
        Shape::Ordinal => numeric::ordinals_at(words),
        Shape::Date => date::dates_at(words, today),
        Shape::Time => time::times_at(words),
        Shape::Duration => duration::durations_at(words),
        Shape::AlphaNumeric => letters::alphanumerics_at(words),
        Shape::Phone => letters::phones_at(words),
        Shape::Listed | Shape::Named | Shape::Free => Vec::new(),
    }
}

/// Reads all of `words`.
pub fn read(shape: Shape, words: &[&str], today: Date) -> Option<String> {
    read_at(shape, words, today).into_iter().find(|(used, _)| *used == words.len()).map(|(_, value)| value)
}
