//! `say-as`: how a text is to be read in, the same in a spelling that any voice reads that way out.

/// `text` as `kind` (SSML's `interpret-as`); what is unknown is read as it stands.
pub(super) fn read_as(text: &str, kind: &str, format: &str, english: bool) -> String {
    let text = text.trim();
    match kind {
        "digits" => spaced(text.chars().filter(char::is_ascii_digit)),
        "characters" | "spell-out" | "verbatim" => letters(text),
        "telephone" => telephone(text),
        "ordinal" if english => ordinal(text),
        "cardinal" | "number" => text.replace(',', ""),
        "date" if english => date(text, format).unwrap_or_else(|| text.to_owned()),
        "expletive" | "bleep" => String::new(),
        _ => text.to_owned(),
    }
}

fn spaced(characters: impl Iterator<Item = char>) -> String {
    characters.map(String::from).collect::<Vec<_>>().join(" ")
}

/// Capitals, because a lone "a" is read as the article; commas, because run together they cannot be told apart.
fn letters(text: &str) -> String {
    let one = |c: char| c.to_uppercase().collect::<String>();
    text.chars().filter(|c| !c.is_whitespace()).map(one).collect::<Vec<_>>().join(", ")
}

/// Digit by digit, with a breath where the writer put a sign.
fn telephone(text: &str) -> String {
    let groups = text.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty());
    let said = groups.map(|g| spaced(g.chars())).collect::<Vec<_>>().join(", ");
    if text.starts_with('+') { format!("plus {said}") } else { said }
}

fn ordinal(text: &str) -> String {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return text.to_owned();
    }
    let suffix = match (text.ends_with("11") || text.ends_with("12") || text.ends_with("13"), text.chars().last()) {
        (false, Some('1')) => "st",
        (false, Some('2')) => "nd",
        (false, Some('3')) => "rd",
        _ => "th",
    };
    format!("{text}{suffix}")
}

/// "12/1/2026" with format "mdy" as "December 1st, 2026". Parts that the format leaves out may be missing; a year
/// written first needs no format.
fn date(text: &str, format: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let parts: Vec<&str> = match text.len() {
        8 if text.bytes().all(|b| b.is_ascii_digit()) => vec![text.get(..4)?, text.get(4..6)?, text.get(6..)?],
        _ => text.split(['/', '-', '.']).collect(),
    };
    let format = match (format, parts.as_slice()) {
        ("", [year, _, _]) if year.len() == 4 => "ymd",
        ("", [_, _, _]) => "mdy",
        ("", [_, _]) => "md",
        (format, _) => format,
    };
    let part = |which: char| format.chars().position(|c| c == which).and_then(|i| parts.get(i)).copied();
    let month = match part('m') {
        Some(m) => Some(*MONTHS.get(m.parse::<usize>().ok()?.checked_sub(1)?)?),
        None => None,
    };
    let day = match part('d').map(|d| d.trim_start_matches('0')) {
        Some(d) if d.parse::<u32>().is_ok_and(|n| (1..=31).contains(&n)) => Some(ordinal(d)),
        Some(_) => return None,
        None => None,
    };
    let year = part('y').filter(|y| *y != "????");
    let day_and_month = [month.map(str::to_owned), day].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let said = match year {
        Some(year) if day_and_month.is_empty() => year.to_owned(),
        Some(year) => format!("{day_and_month}, {year}"),
        None => day_and_month,
    };
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::read_as;

    #[test]
    fn texts_are_spelled_for_the_voice() {
        for (text, kind, format, expected) in [
            ("407", "digits", "", "4 0 7"),
            ("No. 4-07", "digits", "", "4 0 7"),
            ("abc", "spell-out", "", "A, B, C"),
            ("ab 1", "characters", "", "A, B, 1"),
            ("+1 555-0142", "telephone", "", "plus 1, 5 5 5, 0 1 4 2"),
            ("3", "ordinal", "", "3rd"),
            ("112", "ordinal", "", "112th"),
            ("21", "ordinal", "", "21st"),
            ("1,204", "cardinal", "", "1204"),
            ("12/1/2026", "date", "mdy", "December 1st, 2026"),
            ("1.12.2026", "date", "dmy", "December 1st, 2026"),
            ("20261201", "date", "", "December 1st, 2026"),
            ("????1201", "date", "ymd", "????1201"),
            ("12/2026", "date", "my", "December, 2026"),
            ("13/1", "date", "md", "13/1"),
            ("soon", "date", "mdy", "soon"),
            ("darn", "expletive", "", ""),
            ("12 ft", "unit", "", "12 ft"),
        ] {
            assert_eq!(read_as(text, kind, format, true), expected, "{text} as {kind}");
        }
        assert_eq!(read_as("3", "ordinal", "", false), "3");
    }
}
