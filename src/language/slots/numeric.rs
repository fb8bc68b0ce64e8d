//! AMAZON.NUMBER, AMAZON.FOUR_DIGIT_NUMBER, AMAZON.Ordinal and prices: number words in, digits out.

use crate::words::numbers;

/// Digits, with a point where one was said: "5", "1.5", "007" where digits were said one by one.
pub fn numbers_at(words: &[&str]) -> Vec<(usize, String)> {
    numbers::numbers_at(words).into_iter().map(|(used, n)| (used, n.to_string())).collect()
}

/// Units, and hundredths where there are some: "50", "19.99".
pub fn prices_at(words: &[&str]) -> Vec<(usize, String)> {
    numbers::prices_at(words).into_iter().map(|(used, p)| (used, p.to_string())).collect()
}

/// Exactly four digits: "6045".
pub fn four_digits_at(words: &[&str]) -> Vec<(usize, String)> {
    let whole = |n: &numbers::Number| n.is_whole() && n.digits().len() == 4;
    numbers::numbers_at(words).into_iter().filter(|(_, n)| whole(n)).map(|(used, n)| (used, n.to_string())).collect()
}

/// Positions from 1; "-1" for the last, "-2" for the one before it.
pub fn ordinals_at(words: &[&str]) -> Vec<(usize, String)> {
    let reach = words.len().min(6);
    (1..=reach).rev().filter_map(|used| Some((used, numbers::position(words.get(..used)?)?.to_string()))).collect()
}
