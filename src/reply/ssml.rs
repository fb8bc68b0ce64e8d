//! A `<speak>` document under construction: words and pauses in, well-formed SSML out. Every element is opened and
//! closed here and all text is escaped here, so nothing that is not well-formed can come out. Knows no language.

use std::fmt::Write;

/// What a [`Ssml::say_as`] text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAs {
    Digits,
    SpellOut,
}

/// A document being written. [`Ssml::finish`] gives the text.
#[derive(Clone, Debug, Default)]
pub struct Ssml {
    body: String,
}

impl Ssml {
    pub fn new() -> Self {
        Self::default()
    }

    /// Plain words; markup in them is read out, not obeyed.
    pub fn text(&mut self, words: &str) -> &mut Self {
        escape(words, &mut self.body);
        self
    }

    /// Silence of at most ten seconds, the longest that Alexa allows.
    pub fn pause(&mut self, milliseconds: u32) -> &mut Self {
        let _ = write!(self.body, "<break time=\"{}ms\"/>", milliseconds.min(10_000));
        self
    }

    pub fn say_as(&mut self, read: ReadAs, words: &str) -> &mut Self {
        let kind = match read {
            ReadAs::Digits => "digits",
            ReadAs::SpellOut => "spell-out",
        };
        let _ = write!(self.body, "<say-as interpret-as=\"{kind}\">");
        escape(words, &mut self.body);
        self.body.push_str("</say-as>");
        self
    }

    /// What `inner` writes, at this percentage of the voice's rate (20..=200, Alexa's range).
    pub fn at_rate(&mut self, percent: u32, inner: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.body, "<prosody rate=\"{}%\">", percent.clamp(20, 200));
        inner(self);
        self.body.push_str("</prosody>");
        self
    }

    pub fn finish(self) -> String {
        format!("<speak>{}</speak>", self.body)
    }
}

/// Escapes all five of XML's special characters (Alexa refuses even a bare apostrophe in some places) and turns what
/// XML 1.0 cannot hold into spaces.
fn escape(words: &str, out: &mut String) {
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push(' '),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A strict reader of the XML that SSML needs: gives the text back, or says what is wrong.
    fn read(xml: &str) -> Result<String, String> {
        let (mut text, mut open, mut rest) = (String::new(), Vec::new(), xml);
        while let Some(c) = rest.chars().next() {
            if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}' | '>' | '"' | '\'') {
                return Err(format!("bare {c:?}"));
            }
            if c == '<' {
                let end = rest.find('>').ok_or("unclosed tag")?;
                let tag = &rest[1..end];
                if let Some(name) = tag.strip_prefix('/') {
                    if open.pop() != Some(name.to_owned()) {
                        return Err(format!("unbalanced </{name}>"));
                    }
                } else if !tag.ends_with('/') {
                    open.push(tag.split(' ').next().unwrap_or_default().to_owned());
                }
                rest = &rest[end + 1..];
            } else if c == '&' {
                let end = rest.find(';').ok_or("unclosed entity")?;
                text.push(match &rest[..=end] {
                    "&amp;" => '&',
                    "&lt;" => '<',
                    "&gt;" => '>',
                    "&quot;" => '"',
                    "&apos;" => '\'',
                    other => return Err(format!("entity {other}")),
                });
                rest = &rest[end + 1..];
            } else {
                if open.is_empty() {
                    return Err("text outside the root".into());
                }
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        if open.is_empty() { Ok(text) } else { Err(format!("left open: {open:?}")) }
    }

    #[test]
    fn the_checker_itself_refuses_bad_xml() {
        for bad in
            ["<speak>", "<speak></p></speak>", "<speak>a & b</speak>", "<speak>it's</speak>", "<speak>\u{1}</speak>"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_words_come_out_well_formed(words in any::<String>(), spelled in any::<String>(), ms in 0u32..100_000, rate in 0u32..500) {
            let mut doc = Ssml::new();
            doc.text(&words).at_rate(rate, |d| {
                d.text(&words).pause(ms);
                d.at_rate(rate, |d| { d.say_as(ReadAs::SpellOut, &spelled); });
            });
            let shown = |s: &str| s.chars().map(|c| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c }).collect::<String>();
            prop_assert_eq!(read(&doc.finish()), Ok(format!("{}{}{}", shown(&words), shown(&words), shown(&spelled))));
        }
    }

    #[test]
    fn pauses_and_rates_stay_in_range() {
        let mut doc = Ssml::new();
        doc.at_rate(5, |d| {
            d.pause(60_000);
        });
        assert_eq!(doc.finish(), r#"<speak><prosody rate="20%"><break time="10000ms"/></prosody></speak>"#);
    }
}
