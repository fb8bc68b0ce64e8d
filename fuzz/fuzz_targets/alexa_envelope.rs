//! Any body posted to the Alexa door: an envelope or an error that says where.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voicecart::edge::alexa::envelope::Envelope;

fuzz_target!(|body: &[u8]| match Envelope::parse(body) {
    Ok(envelope) => {
        let _ = (envelope.application_id(), envelope.person_id());
    }
    Err(error) => assert!(!error.place().is_empty()),
});
