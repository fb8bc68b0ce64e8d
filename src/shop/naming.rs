//! What a clerk would call a product: a catalogue title in, a short spoken name out. Titles average nine words and run
//! to forty; read aloud they take three to fifteen seconds.
//!
//! The name is brand, what tells it apart, the thing itself, and its size said out: "Lucky Charms gluten free breakfast
//! cereal, 20.5 ounces". By rules, on purpose: a merchant can see why a name came out as it did, and put a better one
//! into the `spoken_name` column.

mod measures;
mod wordlists;

use measures::Measure;
use wordlists::{EMPTY_PRAISE, ENDS_THE_NAME, PACKING, QUALITIES, TELLING, THINGS};

/// Words of a name, size included.
const MOST_WORDS: usize = 8;

/// A measure as it is said: "12 oz" is "12 ounces". Anything else stays as it is.
pub fn said_out(value: &str) -> String {
    match measures::take(value) {
        (rest, found) if rest.trim().is_empty() && !found.is_empty() => {
            found.into_iter().map(|m| m.said).collect::<Vec<_>>().join(", ")
        }
        _ => value.to_owned(),
    }
}

/// The name to say. Never empty unless the title is.
pub fn spoken_name(title: &str, brand: Option<&str>, attributes: &[(String, String)]) -> String {
    let title = tidy(title);
    let (title, measures) = measures::take(&title);
    let (core, behind) = core_of(&title, brand);
    let brand = brand.map(tidy).filter(|b| !b.is_empty() && words(b).len() <= 3).or(behind).unwrap_or_default();
    let mut core = units(&core);
    if core.is_empty() && brand.is_empty() {
        core = units(&title);
    }
    // The size may be said in more words or in fewer; the most that leaves room for what tells the thing apart.
    let mut size = None;
    for said in sizes(&measures, attributes) {
        let room = MOST_WORDS.saturating_sub(words(&brand).len() + words(&said).len());
        let fits = length(&core) <= room;
        size = Some(said);
        if fits {
            break;
        }
    }
    let room = MOST_WORDS.saturating_sub(words(&brand).len() + size.as_deref().map_or(0, |s| words(s).len()));
    shorten(&mut core, room.max(2), attributes);
    let core: Vec<String> = core.iter().map(|unit| lower(unit)).collect();
    let name = [brand, core.join(" ")].iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    match size {
        Some(size) if !name.is_empty() => format!("{name}, {size}"),
        Some(size) => size,
        None if name.is_empty() => title,
        None => name,
    }
}

/// One kind of dash, one kind of space, no marks that are not said.
fn tidy(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '–' | '—' => '-',
            '’' | '‘' => '\'',
            '”' | '“' => '"',
            '™' | '®' | '©' | '*' | '!' | '_' => ' ',
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        })
        .collect();
    let plain = plain.replace(" & ", " and ").replace(" w/ ", " with ").replace(" w/", " with ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The part of the title that names the thing, without the brand; and a brand that stood behind ("... by Acme").
fn core_of(title: &str, brand: Option<&str>) -> (String, Option<String>) {
    let mut parts = title.split([',', '|', '(', ')', '[', ']', ';', ':']).flat_map(|p| p.split(" - ")).map(str::trim);
    let brand = brand.map(tidy);
    let mut core = String::new();
    // A part that is only the brand, or only praise, is not the thing yet.
    for part in parts.by_ref() {
        let praised = words(part).iter().take_while(|w| is_praise(w)).count();
        let part = words(part).get(praised..).unwrap_or_default().join(" ");
        core = without_brand(&part, brand.as_deref());
        if words(&core).iter().any(|w| !is_praise(w) && w.chars().any(char::is_alphabetic)) {
            break;
        }
    }
    let mut behind = None;
    if let Some((thing, maker)) = core.split_once(" by ") {
        let maker = maker.trim().to_owned();
        behind = (words(&maker).len() <= 3).then_some(maker);
        core = thing.to_owned();
    }
    let kept = words(&core);
    let ends = |w: &&str| ENDS_THE_NAME.contains(&w.to_lowercase().as_str()) || w.contains('%');
    let end = kept.iter().skip(1).position(ends);
    let kept = kept.get(..end.map_or(kept.len(), |at| at + 1)).unwrap_or_default();
    // "Headphones, Wireless": the thing alone is told apart by what stands behind the comma.
    let mut core = kept.join(" ");
    if kept.len() == 1
        && let Some(next) = parts.find(|p| !p.is_empty())
        && TELLING.contains(&next.to_lowercase().as_str())
    {
        core = format!("{next} {core}");
    }
    (core, behind)
}

fn without_brand(part: &str, brand: Option<&str>) -> String {
    let Some(brand) = brand.filter(|b| !b.is_empty()) else { return part.to_owned() };
    let mut rest = part;
    for prefix in ["the ", ""] {
        let start = part.get(prefix.len()..).filter(|_| part.to_lowercase().starts_with(prefix)).unwrap_or(part);
        if let Some(head) = start.get(..brand.len())
            && head.eq_ignore_ascii_case(brand)
        {
            let after = start.get(brand.len()..).unwrap_or_default();
            let after = after.strip_prefix("'s").unwrap_or(after);
            if after.is_empty() || after.starts_with(' ') {
                rest = after.trim();
                break;
            }
        }
    }
    rest.to_owned()
}

/// The words, those that only mean something together as one.
fn units(core: &str) -> Vec<String> {
    let all: Vec<&str> = words(core).into_iter().filter(|w| !is_praise(w) && !is_code(w)).collect();
    let mut units = Vec::with_capacity(all.len());
    let mut at = 0;
    while let Some(word) = all.get(at) {
        let pair = all.get(at + 1).map(|next| format!("{word} {next}"));
        match pair.filter(|p| means_something(p)) {
            Some(pair) => {
                units.push(pair);
                at += 2;
            }
            None => {
                units.push((*word).to_owned());
                at += 1;
            }
        }
    }
    let like = |unit: &String, list: &[&str]| list.contains(&unit.to_lowercase().replace('-', " ").as_str());
    if units.len() > 1 && units.last().is_some_and(|u| like(u, PACKING)) {
        units.pop();
    }
    // "Vacuum Cleaner Lightweight Rechargeable": what describes the thing after it was named is left to the details.
    if let Some(thing) = units.iter().position(|u| like(u, THINGS))
        && units.iter().skip(thing + 1).any(|u| like(u, TELLING))
    {
        units.truncate(thing + 1);
    }
    units
}

fn means_something(pair: &str) -> bool {
    let pair = pair.to_lowercase().replace('-', " ");
    THINGS.contains(&pair.as_str()) || QUALITIES.contains(&pair.as_str())
}

fn length(units: &[String]) -> usize {
    units.iter().map(|u| words(u).len()).sum()
}

/// Leaves out what tells least until it fits. The last word names the thing and stays; the one before it often belongs
/// to the name and goes late.
fn shorten(units: &mut Vec<String>, room: usize, attributes: &[(String, String)]) {
    while length(units) > room && units.len() > 1 {
        let last = units.len() - 1;
        let rank = |at: usize| {
            let unit = units.get(at).map_or("", String::as_str);
            let telling = 2 * telling(unit, attributes);
            (if at + 1 == last { telling + 1 } else { telling }, words(unit).len(), at)
        };
        match (0..last).min_by_key(|at| rank(*at)) {
            Some(at) => units.remove(at),
            None => break,
        };
    }
}

/// How much a word tells this product from its neighbours.
fn telling(unit: &str, attributes: &[(String, String)]) -> u8 {
    let unit = unit.to_lowercase().replace('-', " ");
    if attributes.iter().any(|(_, value)| value.to_lowercase() == unit) {
        3
    } else if TELLING.contains(&unit.as_str()) {
        2
    } else {
        u8::from(means_something(&unit))
    }
}

/// The size as it can be said, longest first: with the pieces in the pack, by these alone, from the attributes.
fn sizes(found: &[Measure], attributes: &[(String, String)]) -> Vec<String> {
    let by = |pack: bool| found.iter().find(|m| m.pack == pack).map(|m| m.said.clone());
    match (by(false), by(true)) {
        (Some(size), Some(pack)) => vec![format!("{size}, {pack}"), pack],
        (None, Some(one)) | (Some(one), None) => vec![one],
        (None, None) => {
            let listed =
                attributes.iter().find(|(name, _)| name == "size").map(|(_, value)| measures::take(&tidy(value)));
            let said = listed.filter(|(rest, _)| rest.is_empty()).and_then(|(_, found)| found.into_iter().next());
            said.map(|m| m.said).into_iter().collect()
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').map(|w| w.trim_matches([',', '.', '"', '/'])).filter(|w| !w.is_empty() && *w != "-").collect()
}

fn is_praise(word: &str) -> bool {
    EMPTY_PRAISE.contains(&word.to_lowercase().as_str())
}

/// Part numbers, and years of a model: `WH-1000XM4`, `B07XJ8C8F5`, `2024`.
fn is_code(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    let year = word.len() == 4 && digits == 4 && (word.starts_with("19") || word.starts_with("20"));
    year || (digits >= 2 && letters >= 1 && word.len() >= 5 && !word.contains('%')) || word.starts_with('#')
}

/// Lower case, but for what is said as letters (USB, C) or carries its own capitals (iPad, McIntosh).
fn lower(unit: &str) -> String {
    let word = |word: &str| {
        let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
        let capitals = letters.chars().filter(|c| c.is_uppercase()).count();
        let vowels = letters.chars().any(|c| "AEIOUY".contains(c));
        let all = capitals == letters.chars().count();
        let spelled = match capitals {
            1 => all && word != "A",
            2..=4 => all && (!vowels || wordlists::SPELLED.contains(&letters.as_str())),
            _ => false,
        };
        let own = !all && letters.chars().skip(1).any(char::is_uppercase);
        if spelled || own { word.to_owned() } else { word.to_lowercase() }
    };
    let hyphened = |part: &str| part.split('-').map(word).collect::<Vec<_>>().join("-");
    unit.split(' ').map(hyphened).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
