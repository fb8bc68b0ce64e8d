//! Any text as an interaction model: a model whose intents can be looked up, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voicecart::language::model::{Model, pieces};

fuzz_target!(|text: &str| {
    let _ = pieces(text);
    if let Ok(model) = Model::parse("fuzz", text) {
        let _ = model.intent("AMAZON.HelpIntent");
    }
});
