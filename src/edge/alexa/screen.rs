//! Screens: what the reply has to show in, the directive that draws it out; and what a screen sends back. Each kind of
//! screen is an APL document of its own beside this file, drawn with what they share. Words come from the reply alone.

pub mod document;
pub mod list;
pub mod sound;
pub mod touch;

use serde_json::{Value, json};

use crate::dialogue::Say;
use crate::reply::screen::{Kind, Line, Screen, Step, StepState, Track};

/// What a device must declare to be shown anything.
pub const INTERFACE: &str = "Alexa.Presentation.APL";
/// Names our document in the events it sends.
pub const TOKEN: &str = "voicecart";

/// The directive that shows a screen; none where its document cannot be read, which a test rules out.
pub fn render(screen: &Screen, say: &Say) -> Option<Value> {
    Some(json!({
        "type": "Alexa.Presentation.APL.RenderDocument",
        "token": TOKEN,
        "document": document::of(screen.kind)?,
        "datasources": data(screen, say),
    }))
}

/// What fills the document: `screen`, and `lines` where the list goes on beyond what was read out.
pub fn data(screen: &Screen, say: &Say) -> Value {
    let lines: Vec<Value> = screen.lines.iter().map(line).collect();
    let mut properties = json!({"title": screen.title});
    let mut put = |name: &str, value: Value| properties[name] = value;
    let mut sources = json!({});
    match list::long(screen, first(say), &lines) {
        Some(long) => sources["lines"] = long,
        None => put("lines", lines.into()),
    }
    if screen.kind != Kind::Card && screen.kind != Kind::Results {
        put("facts", screen.facts.iter().map(|f| json!({"label": f.label, "value": f.value})).collect());
        put("notes", screen.notes.iter().map(|n| Value::from(n.as_str())).collect());
        let button = |b: &crate::reply::screen::Button| json!({"words": b.words, "touch": touch::arguments(&b.tap)});
        put("buttons", screen.buttons.iter().map(button).collect());
    }
    if !screen.tracks.is_empty() {
        put("tracks", screen.tracks.iter().map(track).collect());
    }
    if let Some(image) = secure(screen.image.as_deref()) {
        put("image", image.into());
    }
    if let Some(ask) = &screen.ask {
        put("ask", ask.as_str().into());
    }
    let mut source = json!({"type": "object"});
    if let Some(hint) = &screen.hint {
        put("hint", hint.as_str().into());
        // Alexa puts the device's own wake word before it.
        source["transformers"] = json!([{"inputPath": "hint", "outputName": "hint", "transformer": "textToHint"}]);
    }
    source["properties"] = properties;
    sources["screen"] = source;
    sources
}

/// What is said before the shopper is asked about the next request of the same breath.
fn first(say: &Say) -> &Say {
    match say {
        Say::Then { said, .. } => first(said),
        say => say,
    }
}

/// A line as the documents take it.
pub fn line(line: &Line) -> Value {
    let mut out = json!({"text": line.text});
    if !line.detail.is_empty() {
        out["detail"] = line.detail.as_str().into();
    }
    if let Some(tap) = &line.tap {
        out["touch"] = touch::arguments(tap);
    }
    if let Some(image) = secure(line.image.as_deref()) {
        out["image"] = image.into();
    }
    out
}

fn track(track: &Track) -> Value {
    json!({"title": track.title, "steps": track.steps.iter().map(step).collect::<Vec<_>>()})
}

fn step(step: &Step) -> Value {
    let mark = match step.state {
        StepState::Done => "✓",
        StepState::Now => "●",
        StepState::Later => "○",
    };
    let now = step.state == StepState::Now;
    json!({"label": step.label, "day": step.day, "said": step.said, "mark": mark, "now": now})
}

/// Alexa draws no picture that travelled in the open.
fn secure(image: Option<&str>) -> Option<&str> {
    image.filter(|url| url.starts_with("https://"))
}
