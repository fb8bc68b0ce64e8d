//! English nouns in the plural. Knows nothing of what they name.

/// The plural of one lower- or mixed-case noun by spelling alone: "box" in, "boxes" out. Uncommon irregulars come out
/// regular.
pub fn plural(noun: &str) -> String {
    const IRREGULAR: [(&str, &str); 14] = [
        ("man", "men"),
        ("woman", "women"),
        ("child", "children"),
        ("person", "people"),
        ("foot", "feet"),
        ("tooth", "teeth"),
        ("mouse", "mice"),
        ("knife", "knives"),
        ("shelf", "shelves"),
        ("leaf", "leaves"),
        ("loaf", "loaves"),
        ("scarf", "scarves"),
        ("potato", "potatoes"),
        ("tomato", "tomatoes"),
    ];
    let lower = noun.to_lowercase();
    if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == lower) {
        return match noun.chars().next() {
            Some(first) if first.is_uppercase() => {
                let mut letters = many.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            }
            _ => (*many).to_owned(),
        };
    }
    let before_last = lower.chars().rev().nth(1);
    if ["s", "x", "z", "ch", "sh"].iter().any(|end| lower.ends_with(end)) {
        format!("{noun}es")
    } else if lower.ends_with('y') && before_last.is_some_and(|c| !"aeiou".contains(c)) {
        format!("{}ies", noun.strip_suffix(['y', 'Y']).unwrap_or(noun))
    } else {
        format!("{noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn plurals() {
        for (one, many) in [
            ("lamp", "lamps"),
            ("box", "boxes"),
            ("brush", "brushes"),
            ("battery", "batteries"),
            ("toy", "toys"),
            ("Mouse", "Mice"),
            ("knife", "knives"),
            ("glass", "glasses"),
        ] {
            assert_eq!(plural(one), many);
        }
    }
}
