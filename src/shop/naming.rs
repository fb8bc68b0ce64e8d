//! What a clerk would call a product: a catalogue title in, a short name out.

/// The title as far as its first comma, bracket or bar.
pub fn spoken_name(title: &str, _brand: Option<&str>, _attributes: &[(String, String)]) -> String {
    title.split([',', '(', '|']).next().unwrap_or(title).trim().to_owned()
}
