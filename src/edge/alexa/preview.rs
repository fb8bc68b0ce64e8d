//! `/docs/screens`: what the Alexa door shows on a screen, drawn in a browser with sample data. A page for people, like
//! `/docs`: no scripts, nothing fetched from elsewhere, nothing of any shopper's. What it shows is drawn by [`draw`],
//! which is this server's own and knows of APL what these documents use; Alexa's devices draw by Amazon's.

mod draw;
mod expression;

use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;

use super::screen;
use crate::dialogue::Say;
use crate::edge::docs::text as escaped;
use crate::reply::{Manner, Phrases};

pub use draw::Viewport;

const SAMPLES: &str = include_str!("preview/samples.json");

/// Something that can be said, to be shown.
#[derive(Deserialize)]
struct Sample {
    name: String,
    say: Say,
}

/// The devices that are drawn, by the name in the address.
pub const DEVICES: [Viewport; 3] = [
    Viewport { name: "wide", width: 960, height: 480, shape: "rectangle" },
    Viewport { name: "tall", width: 600, height: 960, shape: "rectangle" },
    Viewport { name: "round", width: 480, height: 480, shape: "round" },
];

/// The page's body for one device; the widest where none of that name is known.
pub fn page(phrases: &Phrases, manner: &Manner, device: Option<&str>) -> String {
    let [wide, ..] = &DEVICES;
    let shown = DEVICES.iter().find(|d| Some(d.name) == device).unwrap_or(wide);
    let mut out = String::from(
        "<h1>Screens</h1><p>What Alexa devices with a screen are sent, filled with sample data. The documents are the \
         ones that are sent; the drawing is an approximation by this server, not by Amazon's renderer, and pictures are \
         left blank. What can be touched is a button, and says what a touch on it sends.</p>\
         <nav aria-label=\"Devices\"><ul>",
    );
    for device in &DEVICES {
        let (name, width, height) = (device.name, device.width, device.height);
        let here = if device.name == shown.name { " aria-current=\"page\"" } else { "" };
        let _ = write!(out, "<li><a href=\"/docs/screens?device={name}\"{here}>{name}, {width} × {height}</a></li>");
    }
    out.push_str("</ul></nav>");
    for sample in samples() {
        let reply = phrases.render(&sample.say, manner);
        let drawn = phrases.screen(&sample.say, reply.card.as_ref(), manner).and_then(|shown_screen| {
            let document = screen::document::of(shown_screen.kind)?;
            Some(draw::draw(document, &screen::data(&shown_screen, &sample.say), shown))
        });
        let (name, said) = (escaped(&sample.name), escaped(&reply.speech.text));
        let (width, height) = (shown.width, shown.height);
        let corners = if shown.shape == "round" { "50%" } else { "0" };
        let _ = write!(
            out,
            "<section aria-labelledby=\"{name}\"><h2 id=\"{name}\">{name}</h2><p>Said: {said}</p>\
             <div style=\"overflow-x:auto\" tabindex=\"0\" role=\"region\" aria-label=\"Screen: {name}\">\
             <div id=\"screen-{name}\" style=\"position:relative;overflow:hidden;width:{width}px;height:{height}px;\
             border-radius:{corners};line-height:1.25\">{}</div></div></section>",
            drawn.unwrap_or_default()
        );
    }
    out
}

/// What a `RenderDocument` directive would have somebody read, line by line. A document with parts that [`draw`] does not
/// know gives all texts of its data sources instead; `false` says so.
pub fn lines(directive: &Value, device: &Viewport) -> (Vec<String>, bool) {
    let sources = directive.get("datasources").unwrap_or(&Value::Null);
    let document = directive.get("document").filter(|document| document.get("mainTemplate").is_some());
    if let Some(drawn) = document.and_then(|document| draw::texts(document, sources, device)) {
        return (drawn, true);
    }
    let mut texts = Vec::new();
    said(sources, &mut texts);
    (texts, false)
}

/// Every text in a data source but what only programs read.
fn said(value: &Value, texts: &mut Vec<String>) {
    let read = |name: &str| !matches!(name, "type" | "objectId" | "listId" | "transformers" | "token");
    match value {
        Value::Object(members) => members.iter().filter(|(n, _)| read(n)).for_each(|(_, v)| said(v, texts)),
        Value::Array(items) => items.iter().for_each(|v| said(v, texts)),
        Value::String(text) if !text.trim().is_empty() && !text.contains("://") => texts.push(text.clone()),
        _ => {}
    }
}

fn samples() -> Vec<Sample> {
    serde_json::from_str(SAMPLES).unwrap_or_default()
}

/// The samples as a list of (name, directive), for tests that have others judge them.
pub fn directives(phrases: &Phrases, manner: &Manner) -> Vec<(String, Value)> {
    let directive = |sample: Sample| {
        let reply = phrases.render(&sample.say, manner);
        let shown = phrases.screen(&sample.say, reply.card.as_ref(), manner)?;
        Some((sample.name, screen::render(&shown, &sample.say)?))
    };
    samples().into_iter().filter_map(directive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_another_skill_gives_its_texts_or_those_of_its_data() {
        let [wide, ..] = &DEVICES;
        let sources = serde_json::json!({"menu": {"type": "object", "properties": {
            "title": "Today", "picture": "https://shop.example/a.jpg", "dishes": [{"name": "Soup"}, {"name": "Bread"}]}}});
        let directive = |item: Value| {
            serde_json::json!({"type": "Alexa.Presentation.APL.RenderDocument", "datasources": sources, "document": {
                "type": "APL", "version": "1.6", "mainTemplate": {"parameters": ["payload"], "items": [item]}}})
        };
        let text = serde_json::json!({"type": "Text", "text": "${payload.menu.properties.title}: <b>"});
        assert_eq!(lines(&directive(text), wide), (vec!["Today: <b>".to_owned()], true));
        let unknown = serde_json::json!({"type": "AlexaTextList", "listItems": "${payload.menu.properties.dishes}"});
        let (found, drawn) = lines(&directive(unknown), wide);
        assert_eq!((found, drawn), (["Today", "Soup", "Bread"].map(str::to_owned).to_vec(), false));
        // Half a screen would be taken for all of it.
        let both = serde_json::json!({"type": "Container", "items": [
            {"type": "Text", "text": "Menu"}, {"type": "AlexaTextList", "listItems": []}]});
        assert!(!lines(&directive(both), wide).1);
        assert_eq!(lines(&Value::Null, wide), (Vec::new(), false));
    }

    #[test]
    fn the_samples_can_be_read() {
        let samples: Vec<Sample> = serde_json::from_str(SAMPLES).unwrap();
        let names: Vec<&str> = samples.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["results", "product", "basket", "checkout", "order", "orders", "help"]);
    }
}
