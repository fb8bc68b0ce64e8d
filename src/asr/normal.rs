//! What an engine wrote in, plain words out: lower case, no punctuation, no stage directions such as "[music]".
//! Digits stay; numbers are understood elsewhere.

/// Lower-case words separated by one space.
pub fn words(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut closing = None;
    for c in raw.chars() {
        match (closing, c) {
            (Some(end), c) if c == end => closing = None,
            (Some(_), _) => {}
            (None, '[') => closing = Some(']'),
            (None, '(') => closing = Some(')'),
            (None, '♪' | '*') => text.push(' '),
            (None, c) => text.extend(c.to_lowercase()),
        }
    }
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '—' | '–' | '…' | '/' | '"'));
    let plain = words.map(word).filter(|w| !w.is_empty());
    plain.collect::<Vec<_>>().join(" ")
}

/// One word without the punctuation around it. Inside it an apostrophe, a hyphen, and a point, comma or colon
/// between digits ("1,299.50", "7:30") belong to it.
fn word(raw: &str) -> String {
    let raw = raw.replace(['’', '‘'], "'");
    let chars: Vec<char> = raw.chars().collect();
    let digit = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
    let letter = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphanumeric());
    let mut kept = String::with_capacity(raw.len());
    for (i, c) in chars.iter().enumerate() {
        let (before, after) = (i.checked_sub(1), Some(i + 1));
        let keep = match c {
            c if c.is_alphanumeric() => true,
            '\'' => letter(before),
            '-' => letter(before) && letter(after),
            '.' | ':' => digit(before) && digit(after),
            ',' => false,
            '$' | '£' | '€' => digit(after),
            '%' | '°' => digit(before),
            '&' | '+' => true,
            _ => false,
        };
        if keep {
            kept.push(*c);
        }
    }
    kept.trim_end_matches('\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalised() {
        for (raw, expected) in [
            (" Add two cartons of oat milk.", "add two cartons of oat milk"),
            ("Where's my order?", "where's my order"),
            ("Order #4,071, please!", "order 4071 please"),
            ("[BLANK_AUDIO]", ""),
            (" (upbeat music) Stop.", "stop"),
            ("Under $1,299.50…", "under $1299.50"),
            ("gluten-free — bread", "gluten-free bread"),
            ("At 7:30.", "at 7:30"),
            ("it’s ‘fine’", "it's fine"),
            ("", ""),
        ] {
            assert_eq!(words(raw), expected, "{raw:?}");
        }
    }
}
