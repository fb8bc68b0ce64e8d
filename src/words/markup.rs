//! Words without their markup: speech markup in, plain text out. A leaf that both the dialogue (prompts that the model
//! writes in SSML) and whoever reads an answer from outside need.

/// Tags that part what stands before them from what stands after; all others only say how words are spoken.
const PARTING: [&str; 5] = ["break", "p", "s", "audio", "speak"];

/// The words of a piece of SSML, with single spaces.
pub fn words(ssml: &str) -> String {
    let mut out = String::new();
    let mut rest = ssml;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let Some((tag, after)) = tag.split_once('>') else {
            rest = "";
            break;
        };
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if PARTING.contains(&name) {
            out.push(' ');
        }
        rest = after;
    }
    out.push_str(rest);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(words, |words, (entity, c)| words.replace(entity, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_words_stay() {
        for (ssml, expected) in [
            ("<speak>A &amp; B,<break time='1s'/> 1 &lt; 2</speak>", "A & B, 1 < 2"),
            ("<speak><p>One.</p><p>Two.</p></speak>", "One. Two."),
            ("<speak>Order <say-as interpret-as=\"digits\">586</say-as>72</speak>", "Order 58672"),
            ("plain", "plain"),
            ("<speak>it&apos;s &amp;lt;", "it's &lt;"),
            ("cut <off", "cut"),
        ] {
            assert_eq!(words(ssml), expected);
        }
    }
}
