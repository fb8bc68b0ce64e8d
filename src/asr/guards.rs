//! Signs that a recogniser wrote words nobody said: loops, speech faster than anyone speaks, and the phrases that
//! Whisper's training subtitles put under silence.

/// Why a text was thrown away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refused {
    /// The same words over and over.
    Repetition,
    /// More words a second than people speak.
    TooFast,
    /// A phrase that subtitles carry where nothing is said.
    SilencePhrase,
    /// The engine itself says that there is no speech.
    NoSpeech,
}

/// Words a second of voiced sound: fast speakers reach about 6, short function words in a row 8.
const MAX_WORDS_PER_SECOND: f32 = 9.0;

/// What official models write under silence and noise (lower case, no punctuation).
const SILENCE_PHRASES: &[&str] = &[
    "you",
    "thank you",
    "thank you very much",
    "thank you so much",
    "thank you for watching",
    "thanks for watching",
    "thanks",
    "please subscribe",
    "subscribe",
    "like and subscribe",
    "see you next time",
    "see you in the next video",
    "i'll see you next time",
    "bye",
    "bye bye",
    "the end",
    "so",
    "oh",
    "hmm",
    "subtitles by the amara org community",
];

/// What the engine and the ear say about one text.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    pub text: &'a str,
    /// Seconds of sound with a voice in it.
    pub voiced: f32,
    /// Probability the engine gives to "nobody speaks", 0.0..=1.0.
    pub no_speech: f32,
    /// Mean natural logarithm of the token probabilities.
    pub mean_log_probability: f32,
    /// Whether the model learned from subtitles.
    pub official: bool,
}

/// The first sign that the words were not said, if there is one.
pub fn refuse(e: &Evidence<'_>) -> Option<Refused> {
    let words: Vec<&str> = e.text.split_whitespace().collect();
    if repeats(&words) {
        return Some(Refused::Repetition);
    }
    // Half a second of grace: a detector hears voice a little late.
    if words.len() as f32 > MAX_WORDS_PER_SECOND * (e.voiced + 0.5) {
        return Some(Refused::TooFast);
    }
    if e.official {
        let unsure = e.mean_log_probability < -0.5;
        if SILENCE_PHRASES.contains(&e.text) && (unsure || e.no_speech > 0.4) {
            return Some(Refused::SilencePhrase);
        }
        if e.no_speech > 0.6 && e.mean_log_probability < -1.0 {
            return Some(Refused::NoSpeech);
        }
    }
    None
}

/// A group of one to four words that follows itself so often that nobody speaks so. Digits may repeat: "zero zero
/// zero seven" is an order number.
fn repeats(words: &[&str]) -> bool {
    (1..=4usize).any(|size| {
        let allowed = if size == 1 { 5 } else { 3 };
        let groups: Vec<&[&str]> = words.windows(size).collect();
        (0..groups.len()).any(|start| {
            let first = groups.get(start);
            let run = groups.iter().skip(start).step_by(size).take_while(|g| Some(*g) == first).count();
            run > allowed
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(text: &str) -> Evidence<'_> {
        Evidence { text, voiced: 2.0, no_speech: 0.0, mean_log_probability: -0.1, official: true }
    }

    #[test]
    fn loops() {
        for (text, expected) in [
            ("add milk add milk add milk add milk", true),
            ("the the the the the the", true),
            ("order zero zero zero seven", false),
            ("add milk and milk and bread", false),
            ("a b c a b c a b c", false),
            ("no no no", false),
        ] {
            let refused = refuse(&evidence(text)) == Some(Refused::Repetition);
            assert_eq!(refused, expected, "{text}");
        }
    }

    #[test]
    fn faster_than_anyone_speaks() {
        let text = "find me a blue kettle under forty pounds with free delivery before friday";
        let at = |voiced| refuse(&Evidence { voiced, ..evidence(text) });
        assert_eq!(at(0.3), Some(Refused::TooFast));
        assert_eq!(at(3.0), None);
    }

    #[test]
    fn phrases_of_silence_need_doubt_and_an_official_model() {
        let phrase = evidence("thank you for watching");
        assert_eq!(refuse(&phrase), None);
        let doubted = Evidence { no_speech: 0.7, ..phrase };
        assert_eq!(refuse(&doubted), Some(Refused::SilencePhrase));
        assert_eq!(refuse(&Evidence { official: false, ..doubted }), None);
        let nobody = Evidence { no_speech: 0.9, mean_log_probability: -1.4, ..evidence("buy it") };
        assert_eq!(refuse(&nobody), Some(Refused::NoSpeech));
    }
}
