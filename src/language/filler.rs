//! Words that carry no meaning for the shop: hesitations, politeness, articles. Tables, and where they may be skipped.

use crate::words::tokens::Token;

/// Skipped wherever it stands outside a slot.
pub fn is_filler(word: &str) -> bool {
    is_article(word)
        || matches!(
            word,
            "um" | "uh"
                | "er"
                | "erm"
                | "hmm"
                | "hm"
                | "mm"
                | "ah"
                | "please"
                | "me"
                | "my"
                | "our"
                | "actually"
                | "really"
                | "just"
                | "also"
                | "maybe"
                | "kindly"
        )
}

/// Never the first word of a slot that takes any words.
pub fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an" | "the" | "some" | "any")
}

/// Words that make sentences and say little: a template of only these needs a slot that means something.
pub fn is_function(word: &str) -> bool {
    is_filler(word)
        || matches!(
            word,
            "i" | "you"
                | "we"
                | "they"
                | "it"
                | "he"
                | "she"
                | "us"
                | "them"
                | "is"
                | "are"
                | "was"
                | "be"
                | "am"
                | "do"
                | "does"
                | "did"
                | "have"
                | "has"
                | "had"
                | "got"
                | "get"
                | "want"
                | "need"
                | "would"
                | "could"
                | "can"
                | "will"
                | "should"
                | "what"
                | "which"
                | "who"
                | "how"
                | "when"
                | "where"
                | "why"
                | "there"
                | "here"
                | "this"
                | "that"
                | "these"
                | "those"
                | "of"
                | "in"
                | "on"
                | "at"
                | "to"
                | "for"
                | "from"
                | "by"
                | "with"
                | "about"
                | "as"
                | "and"
                | "or"
                | "but"
                | "if"
                | "so"
                | "then"
                | "not"
                | "no"
                | "give"
                | "tell"
                | "show"
                | "let"
                | "go"
                | "one"
                | "ones"
                | "up"
                | "out"
                | "off"
                | "use"
                | "your"
                | "make"
                | "say"
                | "kind"
                | "sort"
                | "type"
                | "something"
                | "anything"
                | "much"
                | "many"
                | "way"
                | "only"
                | "take"
                | "new"
                | "i'm"
                | "s"
        )
}

/// Phrases before a request that do not change it; longest first where one begins another.
const LEADS: &[&[&str]] = &[
    &["i", "would", "like", "you", "to"],
    &["i", "was", "wondering", "if", "you", "could"],
    &["would", "you", "be", "able", "to"],
    &["do", "you", "think", "you", "could"],
    &["i", "would", "like", "to"],
    &["i", "would", "love", "to"],
    &["i", "want", "you", "to"],
    &["i", "need", "you", "to"],
    &["i", "am", "going", "to"],
    &["would", "you", "mind"],
    &["are", "you", "able", "to"],
    &["go", "ahead", "and"],
    &["is", "it", "possible", "to"],
    &["can", "we", "please"],
    &["let", "us"],
    &["i", "want", "to"],
    &["i", "need", "to"],
    &["we", "need", "to"],
    &["we", "want", "to"],
    &["i", "have", "to"],
    &["i", "wish", "to"],
    &["you", "can"],
    &["can", "you"],
    &["could", "you"],
    &["would", "you"],
    &["will", "you"],
    &["can", "i"],
    &["could", "i"],
    &["may", "i"],
    &["can", "we"],
    &["help", "me"],
    &["let", "me"],
    &["excuse", "me"],
    &["ok", "so"],
    &["hey", "there"],
    &["ok"],
    &["well"],
    &["so"],
    &["hey"],
    &["hi"],
    &["hello"],
    &["oh"],
    &["yes"],
    &["yeah"],
    &["yep"],
    &["sure"],
    &["right"],
    &["alright"],
    &["great"],
    &["good"],
    &["thanks"],
    &["and"],
    &["now"],
    &["no"],
];

/// Phrases after a request that do not change it.
const TAILS: &[&[&str]] = &[
    &["if", "you", "do", "not", "mind"],
    &["if", "you", "would"],
    &["if", "you", "can"],
    &["if", "possible"],
    &["thank", "you"],
    &["for", "me"],
    &["right", "now"],
    &["right", "away"],
    &["as", "well"],
    &["thanks"],
    &["now"],
    &["then"],
    &["too"],
    &["ok"],
];

/// How many of the words only call the shop by its name: "hey voice cart", "ask voice cart to". Never all of them.
pub fn called(tokens: &[Token], name: &[String]) -> usize {
    let text = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let mut at = 0;
    while matches!(text(at), "um" | "uh" | "so" | "please" | "hey" | "hi" | "hello" | "ok" | "alexa") {
        at += 1;
    }
    let passed_on = matches!(text(at), "ask" | "tell" | "open" | "launch" | "start" | "use");
    at += usize::from(passed_on);
    at += if !name.is_empty() && name.iter().enumerate().all(|(k, word)| text(at + k) == word) {
        name.len()
    } else if text(at) == name.concat() {
        1
    } else {
        return 0;
    };
    at += usize::from(passed_on && matches!(text(at), "to" | "for" | "about" | "and" | "if"));
    if at < tokens.len() { at } else { 0 }
}

/// Where the request itself begins and ends. Never empties the sentence.
pub fn core(tokens: &[Token]) -> std::ops::Range<usize> {
    let text = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let (mut from, mut to) = (0, tokens.len());
    'lead: while from < to {
        let noise =
            matches!(text(from), "um" | "uh" | "er" | "erm" | "hmm" | "hm" | "ah" | "please" | "actually" | "just");
        if noise && from + 1 < to {
            from += 1;
            continue;
        }
        for lead in LEADS {
            if from + lead.len() < to && lead.iter().enumerate().all(|(k, w)| text(from + k) == *w) {
                from += lead.len();
                continue 'lead;
            }
        }
        break;
    }
    'tail: while to > from {
        if to - from > 1 && text(to - 1) == "please" {
            to -= 1;
            continue;
        }
        for tail in TAILS {
            if to - from > tail.len() && tail.iter().enumerate().all(|(k, w)| text(to - tail.len() + k) == *w) {
                to -= tail.len();
                continue 'tail;
            }
        }
        break;
    }
    from..to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tokens::tokenize;

    #[test]
    fn the_name_of_the_shop_is_no_part_of_the_request() {
        let name: Vec<String> = ["voice", "cart"].map(str::to_owned).into();
        for (text, want) in [
            ("ask voice cart to reset the list", "reset the list"),
            ("Hey Voicecart, what's in my basket?", "what's in my basket"),
            ("alexa open voice cart and find green tea", "find green tea"),
            ("voice cart to the rescue", "to the rescue"),
            ("add a voice cart to my basket", "add a voice cart to my basket"),
            ("hey voice cart", "hey voice cart"),
            ("ask for help", "ask for help"),
            ("", ""),
        ] {
            let tokens = tokenize(text);
            let rest: Vec<&str> = tokens[called(&tokens, &name)..].iter().map(|t| t.text.as_str()).collect();
            let want: Vec<String> = tokenize(want).into_iter().map(|t| t.text).collect();
            assert_eq!(rest, want, "{text}");
            assert_eq!(called(&tokens, &[]), 0, "a model without a name");
        }
    }

    #[test]
    fn the_request_is_what_remains() {
        for (text, want) in [
            ("um could you please find me a kettle thank you", "find me a kettle"),
            ("I'd like to buy two", "buy two"),
            ("okay so track my order please", "track my order"),
            ("help me", "help me"),
            ("please", "please"),
            ("yes", "yes"),
            ("thanks", "thanks"),
            ("help me find shoes for me please", "find shoes"),
        ] {
            let tokens = tokenize(text);
            let core: Vec<&str> = tokens[core(&tokens)].iter().map(|t| t.text.as_str()).collect();
            assert_eq!(core.join(" "), want, "{text}");
        }
    }
}
