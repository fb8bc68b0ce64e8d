//! A document and its data in, HTML out: the boxes, texts and touches that APL's components stand for, in the flexible
//! boxes of CSS. Knows the components that the documents of this server are made of; draws no pictures, for a browser
//! would have to fetch them.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::edge::docs::text as escaped;

use super::expression::{Names, bound, shown, truthy};

/// A device's screen, in its own pixels.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    pub shape: &'static str,
}

struct Drawing<'d> {
    layouts: Option<&'d Map<String, Value>>,
    viewport: &'d Viewport,
    out: String,
    /// What stands there to be read, in the order in which it is drawn.
    texts: Vec<String>,
    /// Something in it is drawn by a component that this file does not know.
    partly: bool,
}

/// What is drawn here; a layout is made of these.
const KNOWN: [&str; 7] = ["Container", "Frame", "Image", "ScrollView", "Sequence", "Text", "TouchWrapper"];

/// Where a component stands in the one around it.
#[derive(Clone, Copy)]
struct Place {
    row: bool,
    first: bool,
}

/// Draws a document as a device of this size would.
pub fn draw(document: &Value, sources: &Value, viewport: &Viewport) -> String {
    drawn(document, sources, viewport).out
}

/// The texts that would be read on a device of this size, from the top; none where the document, or a part of it, is made of
/// what this file does not know.
pub fn texts(document: &Value, sources: &Value, viewport: &Viewport) -> Option<Vec<String>> {
    let drawing = drawn(document, sources, viewport);
    (!drawing.partly).then_some(drawing.texts)
}

fn drawn<'d>(document: &'d Value, sources: &Value, viewport: &'d Viewport) -> Drawing<'d> {
    let mut names = Names::new();
    let Viewport { width, height, shape, .. } = *viewport;
    names.insert("viewport".into(), json!({"width": width, "height": height, "shape": shape}));
    names.insert("payload".into(), payload(sources));
    resources(document, &mut names);
    let layouts = document.get("layouts").and_then(Value::as_object);
    let mut drawing = Drawing { layouts, viewport, out: String::new(), texts: Vec::new(), partly: false };
    let items = document.pointer("/mainTemplate/items").unwrap_or(&Value::Null);
    drawing.children(items, &names, Place { row: false, first: true });
    drawing
}

/// The data as the document sees it: lists as their items, and what Alexa makes of a text by a transformer.
fn payload(sources: &Value) -> Value {
    let mut out = Map::new();
    for (name, source) in sources.as_object().into_iter().flatten() {
        if source["type"] == "dynamicIndexList" {
            out.insert(name.clone(), source["items"].clone());
            continue;
        }
        let mut source = source.clone();
        for one in source["transformers"].as_array().cloned().unwrap_or_default() {
            let (input, output) = (one["inputPath"].as_str(), one["outputName"].as_str());
            if let (Some(input), Some(output), Some("textToHint")) = (input, output, one["transformer"].as_str()) {
                let hint = format!("Try “Alexa, {}”", shown(&source["properties"][input]));
                source["properties"][output] = hint.into();
            }
        }
        out.insert(name.clone(), source);
    }
    out.into()
}

/// Resources under the names that they are used by; those of a later block win.
fn resources(document: &Value, names: &mut Names) {
    for block in document["resources"].as_array().into_iter().flatten() {
        let applies = block.get("when").and_then(Value::as_str).is_none_or(|w| truthy(&bound(w, names)));
        for (_, group) in block.as_object().into_iter().flatten().filter(|_| applies) {
            for (name, value) in group.as_object().into_iter().flatten() {
                names.insert(format!("@{name}"), value.clone());
            }
        }
    }
}

impl Drawing<'_> {
    /// One component or a list of them; `items` repeated for each datum where the component around has data.
    fn children(&mut self, items: &Value, names: &Names, place: Place) {
        let one = std::slice::from_ref(items);
        let mut first = place.first;
        for item in items.as_array().map_or(one, Vec::as_slice) {
            if self.component(item, names, Place { first, ..place }) {
                first = false;
            }
        }
    }

    /// Whether anything was drawn.
    fn component(&mut self, item: &Value, names: &Names, place: Place) -> bool {
        let get = |name: &str| match item.get(name) {
            Some(Value::String(text)) => settled(bound(text, names), names),
            Some(value) => value.clone(),
            None => Value::Null,
        };
        if item.get("when").is_some() && !truthy(&get("when")) {
            return false;
        }
        let kind = item["type"].as_str().unwrap_or_default();
        if let Some(layout) = self.layouts.and_then(|l| l.get(kind)) {
            let mut inner = names.clone();
            for name in layout["parameters"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                inner.insert(name.to_owned(), get(name));
            }
            // Where the layout stands between its siblings is for the one who uses it to say.
            let outer = item.get("spacing").cloned();
            return layout.get("item").is_some_and(|item| match outer {
                Some(spacing) => {
                    let mut item = item.clone();
                    item["spacing"] = spacing;
                    self.component(&item, &inner, place)
                }
                None => self.component(item, &inner, place),
            });
        }
        self.partly |= !KNOWN.contains(&kind);
        let touch = kind == "TouchWrapper" && !truthy(&get("disabled"));
        let scrolls = matches!(kind, "Sequence" | "ScrollView");
        let row = get("direction") == "row";
        let mut style = String::from(if touch { "padding:0;" } else { "" });
        self.boxed(&mut style, &get, place);
        let tag = if touch { "button" } else { "span" };
        let mut attributes = String::new();
        let label = shown(&get("accessibilityLabel"));
        if touch {
            let sends = item.pointer("/onPress/0/arguments").and_then(Value::as_str).map(|a| bound(a, names));
            let title = format!("sends {}", shown(&sends.unwrap_or_default()));
            let _ = write!(attributes, " type=\"button\" title=\"{}\"", escaped(&title));
            style.push_str("border:0;text-align:left;font:inherit;cursor:pointer;background:none;");
        } else if scrolls {
            let name = if kind == "Sequence" { "Lines" } else { "Content" };
            let _ = write!(attributes, " tabindex=\"0\" role=\"group\" aria-label=\"{name}\"");
            style.push_str("overflow-y:auto;overflow-x:hidden;min-height:0;");
        } else if !label.is_empty() {
            attributes.push_str(" role=\"group\"");
        }
        if get("role") == "header" {
            attributes.push_str(" role=\"heading\" aria-level=\"3\"");
        }
        // A button in a browser is named by what stands on it.
        if !label.is_empty() && !touch {
            let _ = write!(attributes, " aria-label=\"{}\"", escaped(&label));
        }
        match kind {
            "Text" => self.text_style(&mut style, &get),
            "Image" => {
                attributes.push_str(" aria-hidden=\"true\"");
                style.push_str("display:block;flex-shrink:0;background:#274a52;");
            }
            _ => {
                let direction = if row { "row" } else { "column" };
                let align = if get("alignItems") == "center" { "center" } else { "stretch" };
                let _ = write!(style, "display:flex;flex-direction:{direction};align-items:{align};");
            }
        }
        let _ = write!(self.out, "<{tag}{attributes} style=\"{}\">", escaped(&style));
        if kind == "Text" {
            let text = shown(&get("text"));
            let _ = write!(self.out, "{}", escaped(&text));
            self.texts.extend(Some(text).filter(|t| !t.trim().is_empty()));
        }
        self.contents(item, &get, names, Place { row, first: true });
        let _ = write!(self.out, "</{tag}>");
        true
    }

    fn contents(&mut self, item: &Value, get: &impl Fn(&str) -> Value, names: &Names, place: Place) {
        let Some(items) = item.get("items").or_else(|| item.get("item")) else { return };
        match get("data") {
            Value::Array(data) => {
                for (index, datum) in data.into_iter().enumerate() {
                    let mut inner = names.clone();
                    inner.insert("data".into(), datum);
                    inner.insert("index".into(), index.into());
                    self.children(items, &inner, Place { first: index == 0, ..place });
                }
            }
            _ if item.get("data").is_some() => {}
            _ => self.children(items, names, place),
        }
    }

    /// Size, place and padding.
    fn boxed(&self, style: &mut String, get: &impl Fn(&str) -> Value, place: Place) {
        style.push_str("box-sizing:border-box;");
        if get("position") == "absolute" {
            style.push_str("position:absolute;left:0;top:0;");
        } else {
            // What comes later lies above what is placed absolutely, as in APL.
            style.push_str("position:relative;");
        }
        let mut put = |name: &str, property: &str| {
            let value = get(property);
            if let Some(length) = self.length(&value) {
                let _ = write!(style, "{name}:{length};");
            }
        };
        for side in ["left", "right", "top", "bottom"] {
            let mut property = String::from("padding");
            property.extend(side.chars().next().map(|c| c.to_ascii_uppercase()));
            property.push_str(&side[1..]);
            put(&format!("padding-{side}"), &property);
        }
        put("width", "width");
        put("height", "height");
        put("border-radius", "borderRadius");
        if !place.first {
            put(if place.row { "margin-left" } else { "margin-top" }, "spacing");
        }
        let (grow, shrink) = (shown(&get("grow")), shown(&get("shrink")));
        let or = |value: &str| if value.is_empty() { String::from("0") } else { value.to_owned() };
        let _ = write!(style, "flex-grow:{};flex-shrink:{};min-width:0;", or(&grow), or(&shrink));
        if let Value::String(colour) = get("backgroundColor") {
            let _ = write!(style, "background-color:{colour};");
        }
    }

    fn text_style(&self, style: &mut String, get: &impl Fn(&str) -> Value) {
        style.push_str("display:block;overflow-wrap:anywhere;");
        for (name, property) in [("color", "color"), ("font-weight", "fontWeight"), ("font-style", "fontStyle")] {
            let value = shown(&get(property));
            if !value.is_empty() {
                let _ = write!(style, "{name}:{value};");
            }
        }
        if let Some(size) = self.length(&get("fontSize")) {
            let _ = write!(style, "font-size:{size};");
        }
        if let Some(lines) = get("maxLines").as_u64() {
            let _ = write!(
                style,
                "display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:{lines};overflow:hidden;"
            );
        }
    }

    /// A length in pixels of the device, or as it is where CSS knows it.
    fn length(&self, value: &Value) -> Option<String> {
        let Value::String(text) = value else { return value.as_f64().map(|n| format!("{n}px")) };
        let part = |unit: &str, whole: u32| {
            let share: f64 = text.strip_suffix(unit)?.parse().ok()?;
            Some(format!("{}px", share * f64::from(whole) / 100.0))
        };
        let known = part("vw", self.viewport.width).or_else(|| part("vh", self.viewport.height));
        known.or_else(|| (text.ends_with('%') || text == "auto").then(|| text.clone()))
    }
}

/// A binding may give the name of a resource.
fn settled(value: Value, names: &Names) -> Value {
    match &value {
        Value::String(text) if text.starts_with('@') => names.get(text.as_str()).cloned().unwrap_or(value),
        _ => value,
    }
}
