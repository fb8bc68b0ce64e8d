//! Training sentences for the classifier: the model's samples in, with values of the slots' types put in their places,
//! and sentences that are no business of a shop. Refuses to know how the classifier learns.

use super::classifier::{Example, Gazetteer, Span};
use super::model::{Model, Piece, pieces};
use super::vocabulary::Vocabulary;

/// The intent under which sentences outside the shop are learned.
pub const OUTSIDE: &str = "AMAZON.FallbackIntent";

/// At most so many sentences an intent: more of one pattern teach nothing and cost start-up time.
const PER_INTENT: usize = 70;

/// So many sentences of pieces, or one for ten others where there are few: more, and true sentences are taken for them.
const SALADS: usize = 1000;

/// Sentences to learn from, the same for the same model.
pub fn examples(model: &Model) -> Vec<Example> {
    let mut out = Vec::new();
    for intent in &model.intents {
        let every = intent.samples.len().div_ceil(PER_INTENT).max(1);
        for (turn, sample) in intent.samples.iter().step_by(every).enumerate() {
            let Some(pieces) = pieces(sample) else { continue };
            let mut text = String::new();
            let mut spans = Vec::new();
            for piece in pieces {
                if !text.is_empty() {
                    text.push(' ');
                }
                match piece {
                    Piece::Text(words) => text.push_str(words),
                    Piece::Slot(name) => {
                        let kind = intent.slot(name).map_or("", |s| s.kind.as_str());
                        let start = text.len();
                        text.push_str(&value(model, kind, turn));
                        spans.push(Span { slot: name.to_owned(), start, end: text.len() });
                    }
                }
            }
            out.push(Example { text, intent: intent.name.clone(), spans });
        }
    }
    if model.intent(OUTSIDE).is_some() {
        out.extend(OUTSIDE_SENTENCES.iter().map(|text| Example {
            text: (*text).to_owned(),
            intent: OUTSIDE.to_owned(),
            spans: Vec::new(),
        }));
    }
    out
}

/// Sentences nobody means anything by, put together from pieces of others: what a recogniser that knows the shop's words
/// writes for speech that is none of its business. The same for the same sentences.
pub fn salads(examples: &[Example]) -> Vec<Example> {
    let mut random = fastrand::Rng::with_seed(7);
    let piece = |random: &mut fastrand::Rng| {
        let from = random.choice(examples).map_or("", |e| e.text.as_str());
        let words: Vec<&str> = from.split(' ').collect();
        let (longest, start) = (random.usize(1..=3), random.usize(0..words.len()));
        words.into_iter().skip(start).take(longest).collect::<Vec<_>>().join(" ")
    };
    let mut salad = || {
        let pieces: Vec<String> = (0..random.usize(2..=4)).map(|_| piece(&mut random)).collect();
        Example { text: pieces.join(" "), intent: OUTSIDE.to_owned(), spans: Vec::new() }
    };
    (0..SALADS.min(examples.len() / 10)).map(|_| salad()).collect()
}

/// The words of the vocabulary by slot type, for the classifier.
pub fn gazetteer(model: &Model, vocabulary: &Vocabulary) -> Gazetteer {
    let mut out = Gazetteer::new();
    let mut kinds: Vec<&str> = model.intents.iter().flat_map(|i| &i.slots).map(|s| s.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let Some(id) = vocabulary.kind(kind) else { continue };
        for name in vocabulary.sample_names(id) {
            out.add(kind, name);
        }
    }
    out
}

/// A value of a type; another one each turn.
pub fn value(model: &Model, kind: &str, turn: usize) -> String {
    let pick = |list: &[&str]| list.get(turn % list.len().max(1)).copied().unwrap_or("").to_owned();
    match kind {
        "AMAZON.NUMBER" | "AMAZON.FOUR_DIGIT_NUMBER" => {
            pick(&["two", "three", "fifty", "one", "five", "twenty", "10", "a dozen", "four", "one hundred"])
        }
        "AMAZON.Ordinal" => pick(&["first", "second", "third", "last", "fourth", "fifth"]),
        "AMAZON.DATE" => pick(&["yesterday", "last week", "last tuesday", "in march", "two weeks ago", "this month"]),
        "AMAZON.TIME" => pick(&["five pm", "noon", "half past two"]),
        "AMAZON.DURATION" => pick(&["two weeks", "an hour", "five minutes"]),
        "AMAZON.Color" => pick(&["red", "blue", "black", "white", "green", "gray"]),
        "AMAZON.SearchQuery" => match model.slot_type("Product") {
            Some(products) if !products.values.is_empty() => {
                products.values.get(turn * 7 % products.values.len()).map_or_else(String::new, |v| v.name.clone())
            }
            _ => pick(&["running shoes", "green tea", "dog food", "a kettle", "batteries", "coffee"]),
        },
        _ => model
            .slot_type(kind)
            .filter(|t| !t.values.is_empty())
            .and_then(|t| t.values.get(turn * 5 % t.values.len()))
            .map_or_else(|| "something".to_owned(), |v| v.name.clone()),
    }
}

/// What people ask a speaker that is no shop's business.
const OUTSIDE_SENTENCES: [&str; 77] = [
    "what is the weather like today",
    "when is the next flight to denver",
    "what year did the war end",
    "how is that word pronounced in french",
    "are you married",
    "how big is the ocean",
    "say something nice to me",
    "how many legs does a spider have",
    "where is the nearest hospital",
    "will it rain tomorrow",
    "how hot is it outside",
    "play some music",
    "play the next song",
    "turn up the volume",
    "play the radio",
    "set an alarm for seven",
    "set a timer for ten minutes",
    "wake me up at six",
    "remind me to call my mother",
    "what time is it",
    "what day is it",
    "turn on the lights",
    "turn off the television",
    "lock the front door",
    "dim the bedroom lights",
    "tell me a joke",
    "sing me a song",
    "tell me a story",
    "who is the president of the united states",
    "how old is the queen",
    "how tall is mount everest",
    "how far is the moon",
    "what is the square root of nine",
    "what is two plus two",
    "how do you say hello in spanish",
    "translate good morning into german",
    "call my brother",
    "send a message to john",
    "read my emails",
    "what is on my calendar today",
    "book a table for two tonight",
    "book a flight to paris",
    "get me a taxi",
    "how is the traffic",
    "navigate to work",
    "who won the game last night",
    "what is the score",
    "what is in the news",
    "give me the headlines",
    "what is the meaning of life",
    "do you love me",
    "how old are you",
    "where do you live",
    "who made you",
    "what is the stock market doing",
    "what is my bank balance",
    "transfer money to my savings",
    "how many calories are in an apple",
    "how do i boil an egg",
    "give me a recipe for pancakes",
    "what movies are playing tonight",
    "who wrote hamlet",
    "when was the war",
    "where is the nearest gas station",
    "how do i get to the airport",
    "what does this word mean",
    "define photosynthesis",
    "flip a coin",
    "roll the dice",
    "open the garage",
    "start the vacuum",
    "how are you",
    "i am tired",
    "i love you",
    "it is cold in here",
    "the cat is asleep",
    "my head hurts",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_holds_its_value() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/intents/en-US/model.json");
        let model = Model::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap();
        let examples = examples(&model);
        assert!(examples.len() > model.intents.len());
        for example in &examples {
            for span in &example.spans {
                assert!(example.text.get(span.start..span.end).is_some_and(|v| !v.trim().is_empty()), "{example:?}");
            }
        }
    }
}
