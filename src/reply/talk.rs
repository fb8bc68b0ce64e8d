//! Help, pace and spelling.

use fluent_bundle::FluentArgs;

use super::catalog::args;
use super::teller::{Teller, cut};
use super::worded::Draft;
use super::{PACES, script};
use crate::dialogue::{Courtesy, HelpTopic};
use crate::shop::preferences::{Avoided, Preference, Preferences, Verbosity, Wear};

/// The longest text that is spelled, in characters: nobody can follow more.
const SPELLED: usize = 60;

pub(super) fn help(t: &Teller, topic: HelpTopic) -> Draft {
    let id = match topic {
        HelpTopic::General => "help-general",
        HelpTopic::Results => "help-results",
        HelpTopic::Purchase => "help-purchase",
        HelpTopic::Basket => "help-basket",
        HelpTopic::Tracking => "help-tracking",
    };
    t.plain_draft(id).card(t.plain_card(id, &FluentArgs::new()))
}

/// The courtesy, then what was asked before it; nothing asks twice.
pub(super) fn courtesy(t: &Teller, of: Courtesy, open: Option<Draft>) -> Draft {
    let answer = t.plain_draft(match of {
        Courtesy::Greeting => "courtesy-greeting",
        Courtesy::Thanks => "courtesy-thanks",
        Courtesy::WhoAreYou => "courtesy-who",
        Courtesy::Volume => "courtesy-volume",
    });
    match open {
        Some(question) => question.after(&[without_question(answer.speech)]),
        None => answer,
    }
}

pub(super) fn pace(t: &Teller, percent: u32) -> Draft {
    t.plain_draft(match percent {
        p if p <= *PACES.start() => "pace-slowest",
        p if p >= *PACES.end() => "pace-fastest",
        100 => "pace-normal",
        p if p < 100 => "pace-slower",
        _ => "pace-faster",
    })
}

/// What was done, without its closing question, and then the next request asked about.
pub(super) fn then(t: &Teller, said: Draft, words: &str) -> Draft {
    let done = without_question(said.speech);
    let card = said.card;
    let next = t.draft("then", &args!["words" => t.quoted(words)]).after(&[done]);
    Draft { card, ..next }
}

/// What is said, without the question at its end; a question alone stays.
pub(super) fn without_question(speech: String) -> String {
    match speech.rsplit_once(". ") {
        Some((done, last)) if last.ends_with('?') => format!("{done}."),
        _ => speech,
    }
}

/// "S, P, A, C, E": letters and digits one by one, signs by name, a longer pause after each word.
pub(super) fn spelled(t: &Teller, words: &str) -> Draft {
    let plain = cut(&script::plain(words), SPELLED);
    let said = plain
        .split(' ')
        .map(|word| spell_word(t, word))
        .reduce(|head, word| t.say("spelled-next", &args!["head" => head, "word" => word]));
    let card = t.plain_card("spelled", &args!["plain" => plain]);
    t.draft("spelled", &args!["words" => said.unwrap_or_default()]).card(card)
}

fn spell_word(t: &Teller, word: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut run = String::new();
    let spelled = |run: &mut String| t.say("spelled-run", &args!["word" => std::mem::take(run)]);
    for c in word.chars() {
        if c.is_alphanumeric() {
            run.extend(c.to_uppercase());
            continue;
        }
        if !run.is_empty() {
            parts.push(spelled(&mut run));
        }
        parts.push(t.say("sign", &args!["sign" => sign(c)]));
    }
    if !run.is_empty() {
        parts.push(spelled(&mut run));
    }
    let joined = parts.into_iter().reduce(|head, part| t.say("spelled-part", &args!["head" => head, "part" => part]));
    joined.unwrap_or_default()
}

pub(super) fn avoided(t: &Teller, what: Avoided) -> String {
    t.say("avoided", &args!["what" => what.id()])
}

pub(super) fn all_avoided(t: &Teller, all: impl IntoIterator<Item = Avoided>) -> String {
    let names: Vec<String> = all.into_iter().map(|what| avoided(t, what)).collect();
    t.list(&names)
}

/// What the shopper has told about themselves.
pub(super) fn preferences(t: &Teller, told: &Preferences) -> Draft {
    let names = all_avoided(t, told.avoids.iter().copied());
    let args = args!["count" => told.avoids.len(), "names" => names, "pace" => told.pace.unwrap_or(100)];
    let mut said = Vec::new();
    let sizes: Vec<String> = told.sizes.iter().map(|(of, size)| worn(t, *of, size)).collect();
    if !sizes.is_empty() {
        said.push(t.sentence("my-sizes", &args!["sizes" => t.list(&sizes)]));
    }
    for (id, brands) in [("my-likes", &told.likes), ("my-dislikes", &told.dislikes)] {
        let names: Vec<String> = brands.iter().map(|b| brand(t, b)).collect();
        if !names.is_empty() {
            said.push(t.sentence(id, &args!["names" => t.list(&names)]));
        }
    }
    if told.is_brief() {
        said.push(t.sentence("my-brevity", &FluentArgs::new()));
    }
    t.draft("my-preferences", &args).after(&said)
}

/// A size, a brand or how much is said: kept, or forgotten.
pub(super) fn preferred(t: &Teller, change: &Preference) -> Draft {
    match change {
        Preference::Size(of, size) => t.draft("size-kept", &args!["size" => worn(t, *of, size)]),
        Preference::Like(name) => t.draft("brand-liked", &args!["name" => brand(t, name)]),
        Preference::Dislike(name) => t.draft("brand-disliked", &args!["name" => brand(t, name)]),
        Preference::Verbosity(Verbosity::Brief) => t.plain_draft("now-brief"),
        Preference::Verbosity(Verbosity::Full) => t.plain_draft("now-full"),
        Preference::Forget(what) => t.draft("forgotten", &args!["what" => what.id()]),
        // These have words of their own.
        Preference::Pace(percent) => pace(t, *percent),
        Preference::Avoid(what) => t.draft("avoiding", &args!["what" => avoided(t, *what)]),
        Preference::Eat(what) => t.draft("eating", &args!["what" => avoided(t, *what)]),
    }
}

/// "size 9 in shoes"
fn worn(t: &Teller, of: Wear, size: &str) -> String {
    t.say("worn", &args!["of" => of.id(), "size" => t.size(size)])
}

/// As it is written: brands are kept in lower case.
fn brand(t: &Teller, name: &str) -> String {
    let words: Vec<String> = t.quoted(name).split(' ').map(super::card::capital).collect();
    words.join(" ")
}

/// The name under which the phrases know a sign.
fn sign(c: char) -> &'static str {
    match c {
        '-' | '‐' | '–' | '—' => "hyphen",
        '\'' | '’' => "apostrophe",
        '&' => "ampersand",
        '.' => "dot",
        ',' => "comma",
        '/' => "slash",
        '+' => "plus",
        '%' => "percent",
        '#' => "number",
        '@' => "at",
        '(' | ')' | '[' | ']' | '{' | '}' => "bracket",
        '"' | '“' | '”' => "quote",
        _ => "other",
    }
}
