//! What this server tells satellites that it can do: the answer to `describe`.

use serde_json::{Value, json};

use super::wire::Event;

/// `model` is the speech model's name, `locale` the language that is heard and spoken, `voice` the voice's name.
pub fn info(model: &str, locale: &str, voice: &str) -> Event {
    // Home Assistant looks for the language alone or the whole tag.
    let language = locale.split('-').next().unwrap_or(locale);
    let languages = if language == locale { json!([locale]) } else { json!([language, locale]) };
    let named = |name: &str, description: &str| {
        json!({
            "name": name,
            "attribution": {"name": "Voicecart", "url": "https://github.com/voicecart/voicecart"},
            "installed": true,
            "description": description,
            "version": env!("CARGO_PKG_VERSION"),
        })
    };
    let with = |mut artifact: Value, more: Value| {
        if let (Value::Object(artifact), Value::Object(more)) = (&mut artifact, more) {
            artifact.extend(more);
        }
        artifact
    };
    let models =
        |name: &str, description: &str| json!([with(named(name, description), json!({"languages": languages}))]);
    // Nothing here is about lamps: Home Assistant must not send what it can do by itself.
    let handle = json!({"models": models("shop", "Find, order, track"), "supports_handled_streaming": false, "supports_home_control": false});
    Event::new(
        "info",
        json!({
            "asr": [with(named("voicecart", "The ear of the shop"), json!({
                "models": models(model, "Speech recognition"),
                "supports_transcript_streaming": true,
                "requires_external_vad": false,
                "prefers_auto_gain_enabled": true,
                "prefers_noise_reduction_enabled": true,
            }))],
            "tts": [with(named("voicecart", "The voice of the shop"), json!({
                "voices": models(voice, "espeak-ng"),
                "supports_synthesize_streaming": true,
            }))],
            "handle": [with(named("voicecart", "Voice shopping"), handle)],
            "intent": [with(named("voicecart", "What shoppers mean"), json!({"models": models("shop", "Intents of the shop")}))],
            "wake": [],
            "mic": [],
            "snd": [],
        }),
    )
}
