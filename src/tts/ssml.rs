//! SSML into what espeak-ng can do: a `<speak>` document in, a row of [`Step`]s out. espeak-ng 1.51 ignores say-as
//! "digits", changes the length of pauses with the rate, knows no decibels and hardly moves its pitch, so all of that
//! is worked out here; tags that only Alexa knows fall away and leave their words. Refuses what is not well-formed.

use super::TtsError;
use super::read_as::read_as;

/// The longest document, in bytes: twice what Alexa takes.
const LONGEST: usize = 16_000;
/// The longest single pause in milliseconds, as on Alexa.
const PAUSE: u32 = 10_000;
/// All pauses together.
const PAUSES: u32 = 30_000;
/// The middle of espeak-ng's own pitch in hertz: what percentages and semitones are counted from.
const PITCH: f32 = 107.0;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Words in espeak-ng's own dialect of SSML, escaped.
    Speak(String),
    /// Silence in milliseconds.
    Silence(u32),
}

/// How words are spoken at one place of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Prosody {
    /// Percent of the voice's own.
    rate: f32,
    volume: f32,
    /// Hertz above or below the voice's own.
    pitch: f32,
    strong: bool,
}

/// An open element.
struct Open {
    name: String,
    before: Prosody,
    /// Spoken instead of what is inside.
    instead: Option<String>,
    /// What `say-as` asks for, and its format.
    read: Option<(String, String)>,
    silent: bool,
}

/// The steps of a document. `english` tells whether ordinals and dates may be written out in English.
pub(super) fn plan(ssml: &str, english: bool) -> Result<Vec<Step>, TtsError> {
    if ssml.len() > LONGEST {
        return Err(TtsError::Ssml(format!("{} bytes are too long to be spoken; {LONGEST} is the limit", ssml.len())));
    }
    let mut planner = Planner {
        steps: Vec::new(),
        words: String::new(),
        paused: 0,
        open: Vec::new(),
        english,
        now: Prosody { rate: 100.0, volume: 100.0, pitch: 0.0, strong: false },
    };
    let mut rest = ssml.trim();
    let mut closed = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->").ok_or_else(|| bad("a comment is not closed"))?.1;
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = after.split_once("?>").ok_or_else(|| bad("an instruction is not closed"))?.1;
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let (text, after) = after.split_once("]]>").ok_or_else(|| bad("a CDATA section is not closed"))?;
            planner.text(text)?;
            rest = after;
        } else if rest.starts_with("<!") {
            return Err(bad("document types are not taken"));
        } else if let Some(after) = rest.strip_prefix('<') {
            let end = tag_end(after).ok_or_else(|| bad("a tag is not closed"))?;
            let (tag, after) = after.split_at(end);
            if closed {
                return Err(bad("something follows </speak>"));
            }
            planner.tag(tag)?;
            closed = planner.open.is_empty();
            rest = after.strip_prefix('>').unwrap_or(after);
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            if planner.open.is_empty() && !text.trim().is_empty() {
                return Err(bad("words stand outside <speak>"));
            }
            if !planner.open.is_empty() {
                planner.text(&unescape(text)?)?;
            }
            rest = after;
        }
    }
    match planner.open.last() {
        Some(open) => Err(bad(&format!("<{}> is not closed", open.name))),
        None if !closed => Err(bad("there is no <speak>")),
        None => {
            planner.flush();
            Ok(planner.steps)
        }
    }
}

struct Planner {
    steps: Vec<Step>,
    words: String,
    paused: u32,
    open: Vec<Open>,
    english: bool,
    now: Prosody,
}

impl Planner {
    fn tag(&mut self, tag: &str) -> Result<(), TtsError> {
        if let Some(name) = tag.strip_prefix('/') {
            return self.close(name.trim());
        }
        let (tag, empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(|c: char| c.is_whitespace()).unwrap_or((tag, ""));
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '-' | '_' | '.')) {
            return Err(bad(&format!("<{name}> is not a tag")));
        }
        if self.open.is_empty() && name != "speak" {
            return Err(bad(&format!("<{name}> stands where <speak> must")));
        }
        self.begin(name, &attributes_of(attributes)?);
        if empty { self.close(name) } else { Ok(()) }
    }

    fn begin(&mut self, name: &str, attributes: &[(String, String)]) {
        let value = |key: &str| attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        let before = self.now;
        let mut open = Open { name: name.to_owned(), before, instead: None, read: None, silent: false };
        match name {
            "prosody" => {
                if let Some(rate) = value("rate").and_then(|v| relative(v, RATES)) {
                    self.now.rate = (before.rate * rate).clamp(20.0, 400.0);
                }
                if let Some(volume) = value("volume").and_then(volume) {
                    self.now.volume = (before.volume * volume).clamp(0.0, 200.0);
                }
                if let Some(pitch) = value("pitch").and_then(pitch) {
                    self.now.pitch = (before.pitch + pitch).clamp(-60.0, 200.0);
                }
            }
            "break" => self.pause(break_length(value("time"), value("strength"))),
            "say-as" => {
                let read = (value("interpret-as").unwrap_or_default(), value("format").unwrap_or_default());
                open.read = Some((read.0.to_owned(), read.1.to_owned()));
            }
            "sub" => open.instead = value("alias").map(str::to_owned),
            "emphasis" => match value("level").unwrap_or("moderate") {
                "none" => {}
                "reduced" => {
                    self.now.volume *= 0.8;
                    self.now.rate *= 1.1;
                }
                _ => self.now.strong = true,
            },
            "amazon:effect" if value("name") == Some("whispered") => self.now.volume *= 0.5,
            "metadata" | "meta" | "title" | "lexicon" | "desc" => open.silent = true,
            // audio speaks what stands inside, its words for those who cannot hear the file; all others just speak.
            _ => {}
        }
        self.open.push(open);
    }

    fn close(&mut self, name: &str) -> Result<(), TtsError> {
        let open = self.open.pop().filter(|o| o.name == name);
        let open = open.ok_or_else(|| bad(&format!("</{name}> closes what is not open")))?;
        if let Some(words) = open.instead.filter(|_| !self.silenced()) {
            self.say(&words);
        }
        self.now = open.before;
        match name {
            "s" => self.pause(200),
            "p" => self.pause(400),
            _ => {}
        }
        Ok(())
    }

    fn silenced(&self) -> bool {
        self.open.iter().any(|o| o.silent || o.instead.is_some())
    }

    fn text(&mut self, text: &str) -> Result<(), TtsError> {
        if self.open.is_empty() {
            return Err(bad("words stand outside <speak>"));
        }
        if self.silenced() {
            return Ok(());
        }
        match self.open.iter().rev().find_map(|o| o.read.clone()) {
            Some((kind, format)) => self.say(&read_as(text, &kind, &format, self.english)),
            None => self.say(text),
        }
        Ok(())
    }

    /// Words in espeak-ng's dialect. It counts what is inside as relative to the outer level, so every run of words
    /// stands on its own level.
    fn say(&mut self, text: &str) {
        let Prosody { rate, volume, pitch, strong } = self.now;
        let mut attributes = String::new();
        if rate != 100.0 {
            attributes += &format!(" rate=\"{rate:.0}%\"");
        }
        if volume != 100.0 {
            attributes += &format!(" volume=\"{volume:.0}\"");
        }
        if pitch != 0.0 {
            attributes += &format!(" pitch=\"{pitch:+.0}Hz\"");
        }
        let escaped = escape(text);
        if escaped.trim().is_empty() {
            // A space between two words must survive, markup around nothing must not.
            if !self.words.is_empty() && !self.words.ends_with(' ') {
                self.words.push(' ');
            }
            return;
        }
        let emphasised = if strong { format!("<emphasis level=\"strong\">{escaped}</emphasis>") } else { escaped };
        self.words += &match attributes.as_str() {
            "" => emphasised,
            a => format!("<prosody{a}>{emphasised}</prosody>"),
        };
    }

    fn pause(&mut self, milliseconds: u32) {
        let length = milliseconds.min(PAUSE).min(PAUSES - self.paused);
        if length == 0 || self.silenced() {
            return;
        }
        self.paused += length;
        self.flush();
        // Two pauses in a row are one.
        if let Some(Step::Silence(before)) = self.steps.last_mut() {
            *before += length;
        } else {
            self.steps.push(Step::Silence(length));
        }
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.chars().any(char::is_alphanumeric) {
            self.steps.push(Step::Speak(words));
        }
    }
}

const RATES: &[(&str, f32)] =
    &[("x-slow", 0.5), ("slow", 0.75), ("medium", 1.0), ("default", 1.0), ("fast", 1.3), ("x-fast", 1.7)];

/// A factor: by name, "80%" or "+20%".
fn relative(value: &str, names: &[(&str, f32)]) -> Option<f32> {
    let value = value.trim();
    if let Some((_, factor)) = names.iter().find(|(name, _)| *name == value) {
        return Some(*factor);
    }
    let percent: f32 = value.strip_suffix('%')?.trim().parse().ok()?;
    let factor = if value.starts_with(['+', '-']) { 1.0 + percent / 100.0 } else { percent / 100.0 };
    (factor.is_finite() && factor > 0.0).then_some(factor)
}

fn volume(value: &str) -> Option<f32> {
    const NAMES: &[(&str, f32)] =
        &[("x-soft", 0.4), ("soft", 0.65), ("medium", 1.0), ("default", 1.0), ("loud", 1.5), ("x-loud", 2.0)];
    let value = value.trim();
    if value == "silent" {
        return Some(0.0);
    }
    if let Some(decibels) = value.strip_suffix("dB") {
        let decibels: f32 = decibels.trim().parse().ok()?;
        return decibels.is_finite().then(|| 10f32.powf(decibels / 20.0));
    }
    relative(value, NAMES)
}

/// Hertz above the voice's own.
fn pitch(value: &str) -> Option<f32> {
    const NAMES: &[(&str, f32)] =
        &[("x-low", 0.7), ("low", 0.85), ("medium", 1.0), ("default", 1.0), ("high", 1.2), ("x-high", 1.4)];
    let value = value.trim();
    let signed = value.starts_with(['+', '-']);
    let number =
        |unit: &str| value.strip_suffix(unit).and_then(|n| n.trim().parse::<f32>().ok()).filter(|n| n.is_finite());
    if let Some(semitones) = number("st") {
        return Some(PITCH * (2f32.powf(semitones / 12.0) - 1.0));
    }
    if let Some(hertz) = number("Hz") {
        return Some(if signed { hertz } else { hertz - PITCH });
    }
    relative(value, NAMES).map(|factor| PITCH * (factor - 1.0))
}

fn break_length(time: Option<&str>, strength: Option<&str>) -> u32 {
    if let Some(time) = time {
        let time = time.trim();
        let milliseconds = match time.strip_suffix("ms") {
            Some(ms) => ms.trim().parse::<f32>().ok(),
            None => time.strip_suffix('s').and_then(|s| s.trim().parse::<f32>().ok()).map(|s| s * 1000.0),
        };
        // The cast saturates: what is negative or no number is no pause.
        return milliseconds.map_or(0, |ms| ms as u32);
    }
    match strength.unwrap_or("medium") {
        "none" => 0,
        "x-weak" => 100,
        "weak" => 200,
        "strong" => 700,
        "x-strong" => 1000,
        _ => 400,
    }
}

/// Where a tag ends: the first `>` outside quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(i),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes_of(text: &str) -> Result<Vec<(String, String)>, TtsError> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(|| bad(&format!("{rest:?} is not an attribute")))?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.ok_or_else(|| bad(&format!("the value of {:?} is not quoted", key.trim())))?;
        let inner = after.strip_prefix(quote).unwrap_or(after);
        let (value, after) = inner.split_once(quote).ok_or_else(|| bad("a quote is not closed"))?;
        out.push((key.trim().to_owned(), unescape(value)?));
        rest = after.trim_start();
    }
    Ok(out)
}

fn unescape(text: &str) -> Result<String, TtsError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').ok_or_else(|| bad("an & is not escaped"))?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => {
                let code = match other.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => other.strip_prefix('#').and_then(|n| n.parse().ok()),
                };
                code.and_then(char::from_u32).ok_or_else(|| bad(&format!("&{other}; is unknown")))?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// For espeak-ng, which reads `<` as markup and stops at a zero.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn bad(what: &str) -> TtsError {
    TtsError::Ssml(what.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps(inner: &str) -> Vec<Step> {
        plan(&format!("<speak>{inner}</speak>"), true).expect("well-formed")
    }

    fn speak(words: &str) -> Step {
        Step::Speak(words.to_owned())
    }

    #[test]
    fn markup_becomes_steps() {
        for (inner, expected) in [
            ("hello &amp; &#x41;", vec![speak("hello &amp; A")]),
            (
                "one,<break time='150ms'/> two<break time=\"1.5s\"/><break strength=\"weak\"/>",
                vec![speak("one,"), Step::Silence(150), speak(" two"), Step::Silence(1_700)],
            ),
            ("<say-as interpret-as=\"digits\">407</say-as>", vec![speak("4 0 7")]),
            (
                "<prosody rate=\"80%\">a <prosody rate=\"50%\" volume=\"+6dB\">b</prosody></prosody>",
                vec![speak("<prosody rate=\"80%\">a </prosody><prosody rate=\"40%\" volume=\"200\">b</prosody>")],
            ),
            ("<prosody pitch=\"+10%\">a</prosody>", vec![speak("<prosody pitch=\"+11Hz\">a</prosody>")]),
            ("<sub alias=\"ounces\">oz</sub>", vec![speak("ounces")]),
            ("<p><s>a</s></p>", vec![speak("a"), Step::Silence(600)]),
            (
                "<audio src=\"x\">ding</audio><voice name=\"Amy\"><lang xml:lang=\"fr\">b</lang></voice>",
                vec![speak("dingb")],
            ),
            ("<!-- no --><![CDATA[<b>]]>", vec![speak("&lt;b&gt;")]),
            ("<break time=\"99s\"/>", vec![Step::Silence(10_000)]),
            ("", vec![]),
        ] {
            assert_eq!(steps(inner), expected, "{inner}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for (ssml, why) in [
            ("hello", "outside <speak>"),
            ("<speak>", "<speak> is not closed"),
            ("<speak><p></speak>", "</speak> closes what is not open"),
            ("<speak>a & b</speak>", "is not escaped"),
            ("<speak>&nbsp;</speak>", "&nbsp; is unknown"),
            ("<speak><break time=1></speak>", "not quoted"),
            ("<p>a</p>", "<p> stands where <speak> must"),
            ("<speak/>x", "outside <speak>"),
            ("<!DOCTYPE x><speak/>", "document types"),
            ("", "no <speak>"),
        ] {
            let error = plan(ssml, true).expect_err(ssml).to_string();
            assert!(error.contains(why), "{ssml}: {error}");
        }
        assert!(plan(&format!("<speak>{}</speak>", "a".repeat(20_000)), true).is_err());
    }

    proptest! {
        #[test]
        fn no_document_panics(text in any::<String>(), inner in "(<|>|/|&|;|#|[a-z]|\"|=| |<break time=\"|s|</p>|<p>){0,30}") {
            let _ = plan(&text, true);
            let _ = plan(&format!("<speak>{inner}</speak>"), false);
        }
    }
}
