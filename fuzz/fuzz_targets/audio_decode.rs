//! Any bytes under any content type: samples or an error, never a panic, and never more than the limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voicecart::audio::decode::{Limits, decode};

const TYPES: [Option<&str>; 4] =
    [None, Some("audio/wav"), Some("audio/l16;rate=8000;channels=2"), Some("audio/pcm;rate=44101")];

fuzz_target!(|input: (u8, &[u8])| {
    let limits = Limits { max_seconds: 5.0, ..Limits::default() };
    let content_type = TYPES[usize::from(input.0) % TYPES.len()];
    if let Ok(samples) = decode(input.1, content_type, &limits) {
        assert!(samples.seconds() <= 5.1);
        assert!(samples.as_slice().iter().all(|v| v.is_finite() && v.abs() <= 1.0));
    }
});
