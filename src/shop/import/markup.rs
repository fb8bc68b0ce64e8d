//! HTML in, the words a person would read out. Product descriptions are exported with their markup; nobody wants to
//! hear it. Not a browser: tags go, entities are read, block tags become sentence breaks.

/// The text without tags, comments, scripts and surplus space. Text without markup is returned as it is.
pub fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = if from.starts_with('<') { after_tag(from, &mut out) } else { after_entity(from, &mut out) };
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn after_tag<'a>(from: &'a str, out: &mut String) -> &'a str {
    if let Some(rest) = from.strip_prefix("<!--") {
        return rest.split_once("-->").map_or("", |(_, after)| after);
    }
    // "size < 5": a sign, not a tag.
    let tag = from.get(1..).unwrap_or_default();
    if !tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!')) {
        out.push('<');
        return tag;
    }
    let Some((inside, after)) = tag.split_once('>') else { return "" };
    let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    if matches!(name.as_str(), "script" | "style") && !inside.starts_with('/') {
        let close = format!("</{name}");
        let end = after.to_ascii_lowercase().find(&close);
        return end.and_then(|e| after.get(e..)).and_then(|a| a.split_once('>')).map_or("", |(_, a)| a);
    }
    if matches!(name.as_str(), "p" | "br" | "li" | "ul" | "ol" | "div" | "tr" | "h1" | "h2" | "h3" | "h4" | "td") {
        out.push(' ');
    }
    after
}

fn after_entity<'a>(from: &'a str, out: &mut String) -> &'a str {
    let end = from.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at);
    let Some((name, after)) = end.and_then(|e| Some((from.get(1..e)?, from.get(e + 1..)?))) else {
        out.push('&');
        return from.get(1..).unwrap_or_default();
    };
    let code = match name.strip_prefix('#') {
        Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(hex.get(1..).unwrap_or_default(), 16).ok(),
        Some(decimal) => decimal.parse().ok(),
        None => None,
    };
    let read = code.and_then(char::from_u32).or(match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" | "rsquo" | "lsquo" => Some('\''),
        "ldquo" | "rdquo" => Some('"'),
        "nbsp" => Some(' '),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "deg" => Some('°'),
        "eacute" => Some('é'),
        "hellip" => Some('…'),
        _ => None,
    });
    match read {
        Some(c) => {
            out.push(c);
            after
        }
        None => {
            out.push('&');
            from.get(1..).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, text: &str) {
        assert_eq!(strip(html), text);
    }

    #[test]
    fn words_stay_and_markup_goes() {
        check("Plain words, 5 < 6 & more.", "Plain words, 5 < 6 & more.");
        check("<p>Soft <b>cotton</b>.</p><p>Machine&nbsp;wash.</p>", "Soft cotton. Machine wash.");
        check("<ul><li>One</li><li>Two</li></ul>", "One Two");
        check("a<br/>b<!-- hidden > really -->c", "a bc");
        check("<style>p { x }</style>Hat<script>alert('<p>')</script>s", "Hats");
        check("Fish &amp; chips &#8211; caf&#xE9; &bogus; &", "Fish & chips – café &bogus; &");
        check("cut off <a href=", "cut off");
        check("", "");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}") {
            strip(&text);
        }
    }
}
