//! Several requests in one breath: "add milk and remove the bananas" in, each request by itself out. Refuses to know
//! what they mean; a list of things ("milk and eggs") is one request.

use crate::words::tokens::{Token, tokenize};

/// Words that open a request. "and" before anything else joins things, not requests.
const OPENERS: &[&str] = &[
    "add", "buy", "cancel", "change", "check", "checkout", "clear", "delete", "empty", "find", "make", "move", "order",
    "pay", "put", "read", "remember", "remove", "reorder", "save", "search", "show", "take", "track", "what", "when",
    "where",
];
/// Requests in one breath; the rest is one more than can be kept in mind.
const MOST: usize = 4;

/// The requests in `text`, in order: itself where there is only one.
pub fn requests(text: &str) -> Vec<&str> {
    let tokens = tokenize(text);
    let mut out = Vec::new();
    let mut start = 0;
    for at in 1..tokens.len() {
        let Some(opens) = link(&tokens, at).filter(|_| out.len() + 1 < MOST) else { continue };
        let Some((before, next)) = tokens.get(at - 1).zip(tokens.get(opens)) else { continue };
        if before.span.end <= start {
            continue;
        }
        out.extend(text.get(start..before.span.end).map(str::trim));
        start = next.span.start;
    }
    out.extend(text.get(start..).map(str::trim));
    out.retain(|t| !t.is_empty());
    out
}

/// Where the next request begins, if the word at `at` links one to what went before: "and (then) (please) remove".
fn link(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let mut next = match word(at) {
        "and" | "then" => at + 1,
        _ => return None,
    };
    while matches!(word(next), "then" | "also" | "please" | "now") {
        next += 1;
    }
    let opens = OPENERS.contains(&word(next)) && next + 1 < tokens.len() || matches!(word(next), "checkout" | "pay");
    opens.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::requests;

    #[test]
    fn requests_are_told_apart_and_lists_are_not() {
        for (text, want) in [
            ("add milk", &["add milk"][..]),
            ("add milk and eggs", &["add milk and eggs"]),
            ("add milk and remove the bananas", &["add milk", "remove the bananas"]),
            ("add milk and eggs then check out", &["add milk and eggs", "check out"]),
            ("empty my basket and then please add two lemons", &["empty my basket", "add two lemons"]),
            ("find a check and stripe shirt", &["find a check and stripe shirt"]),
            ("yes and check out", &["yes", "check out"]),
            ("mac and cheese", &["mac and cheese"]),
            ("and add milk", &["and add milk"]),
            ("", &[]),
        ] {
            assert_eq!(requests(text), want, "{text}");
        }
    }
}
