//! Any words as spoken numbers, prices, positions and digit strings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voicecart::words::numbers::{digit_string, number, numbers_at, position, price, prices_at};

fuzz_target!(|text: &str| {
    let words: Vec<&str> = text.split_whitespace().take(40).collect();
    let _ = (number(&words), digit_string(&words), position(&words), price(&words));
    for (length, _) in numbers_at(&words) {
        assert!(length <= words.len());
    }
    for (length, _) in prices_at(&words) {
        assert!(length <= words.len());
    }
});
