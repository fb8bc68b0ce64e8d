//! The recognisers in order of certainty: exact sample, template, classifier; and what the open question makes of them.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;
use jiff::civil::Date;

use super::classifier::{Classifier, Example, Gazetteer, Options, Prediction};
use super::filler::{called, core, is_article, is_filler};
use super::model::{Model, SlotDef};
use super::slots::{self, Shape};
use super::templates::{Label, Parse, Templates, bare_of, is_listed};
use super::vocabulary::Vocabulary;
use super::{Expectation, LanguageError, Reading, SURE, Slot, Source, Term, Utterance, examples, sayings, sentences};
use crate::words::numbers;
use crate::words::tokens::{Token, tokenize};

/// The interaction model, ready to read utterances.
pub struct Understander {
    model: Model,
    /// The words that the shop is called by.
    name: Vec<String>,
    templates: Templates,
    /// What is said to the shop beyond the samples.
    told: Vec<String>,
    learning: Arc<Learning>,
    words: ArcSwap<Words>,
}

/// The classifier, once it has learned.
type Learning = LazyLock<Classifier, Box<dyn FnOnce() -> Classifier + Send>>;

/// What `teach` replaces.
struct Words {
    vocabulary: Vocabulary,
    gazetteer: Arc<Gazetteer>,
}

/// Resolutions given per slot.
const RESOLUTIONS: usize = 5;
/// A template with less to show for it is not believed.
const EVIDENCE: f32 = 0.6;
/// A classification less probable than this is none.
const LIKELY: f32 = 0.25;
/// Alexa's built-in intents hold word for word; a likeness must be a strong one.
const BUILT_IN: f32 = 0.7;
/// A template as sure as this needs no second opinion.
const FIRM: f32 = 0.93;
/// A classification as probable as this overrules a template that is not.
const OVERRULES: f32 = 0.5;
/// The same where it says that no shop is meant.
const OVERRULES_OUTSIDE: f32 = 0.75;
/// Of a sentence less familiar than this, nothing is guessed.
const KNOWN: f32 = 0.6;

impl Understander {
    /// Reads `model.json` of one locale folder, such as `intents/en-US`, and the sentences beside it.
    pub fn load(locale_dir: &Path) -> Result<Self, LanguageError> {
        let read = |file: &str| {
            let path = locale_dir.join(file);
            let shown = path.display().to_string();
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok((shown, text)),
                Err(source) => Err(LanguageError::Read { path: shown, source }),
            }
        };
        let (path, text) = read("model.json")?;
        let model = Model::parse(&path, &text)?;
        let told = match read(sentences::FILE) {
            Ok((path, text)) => sentences::parse(&path, &text, &model)?,
            Err(LanguageError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self::taught(model, &told))
    }

    pub fn new(model: Model) -> Self {
        Self::taught(model, &[])
    }

    /// A model, and what people say beyond its samples.
    fn taught(model: Model, told: &[Example]) -> Self {
        let templates = Templates::new(&model, told);
        let vocabulary = Vocabulary::new(&model, &[]);
        let gazetteer = Arc::new(examples::gazetteer(&model, &vocabulary));
        let mut learned = examples::examples(&model);
        learned.extend_from_slice(told);
        let refuses = model.intent(examples::OUTSIDE).is_some();
        let known = gazetteer.clone();
        let learn = move || {
            if refuses {
                learned.extend(examples::salads(&learned));
            }
            Classifier::train(&learned, &known, &Options::quick())
        };
        let learning: Arc<Learning> = Arc::new(LazyLock::new(Box::new(learn)));
        // A server that starts does not wait for it. Whoever needs it does, and trains it where no thread could be had.
        let early = learning.clone();
        let _ = std::thread::Builder::new().name("learning".into()).spawn(move || {
            LazyLock::force(&early);
        });
        let told = told.iter().filter(|s| s.intent != examples::OUTSIDE).map(|s| s.text.clone()).collect();
        let name = tokenize(&model.invocation).into_iter().map(|t| t.text).collect();
        Self { model, name, templates, told, learning, words: ArcSwap::from_pointee(Words { vocabulary, gazetteer }) }
    }

    /// The model that was loaded.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Replaces the shop's vocabulary; readers in flight keep the old one.
    pub fn teach(&self, terms: Vec<Term>) {
        let vocabulary = Vocabulary::new(&self.model, &terms);
        let gazetteer = Arc::new(examples::gazetteer(&self.model, &vocabulary));
        self.words.store(Arc::new(Words { vocabulary, gazetteer }));
    }

    /// Words likely to be said now, for the recogniser: what answers the open question first, then names of the shop.
    pub fn bias(&self, expect: &Expectation) -> Vec<String> {
        let words = self.words.load();
        let vocabulary = &words.vocabulary;
        let mut out: Vec<String> = Vec::new();
        if let Some((intent, slot)) = &expect.slot
            && let Some(slot) = self.model.intent(intent).and_then(|i| i.slot(slot))
            && let Some(kind) = vocabulary.kind(&slot.kind)
        {
            out.extend(vocabulary.sample_names(kind).take(40).map(str::to_owned));
        }
        for intent in expect.intents.iter().filter_map(|name| self.model.intent(name)) {
            let plain = intent.samples.iter().filter(|s| !s.contains('{'));
            out.extend(plain.take(3).cloned());
        }
        for kind in ["Product", "Brand"] {
            if let Some(kind) = vocabulary.kind(kind) {
                out.extend(vocabulary.sample_names(kind).take(40).map(str::to_owned));
            }
        }
        let mut seen = rustc_hash::FxHashSet::default();
        out.retain(|words| seen.insert(words.clone()));
        out
    }

    /// What people are likely to say to this shop, for the recogniser.
    pub fn sayings(&self) -> Vec<String> {
        sayings::sayings(&self.model, &self.told, &self.words.load().vocabulary)
    }

    /// What the words mean. Never fails: what fits nothing is a `Rejected` reading.
    pub fn read(&self, words: &Utterance, expect: &Expectation, today: Date) -> Reading {
        let said = words.as_str();
        let mut tokens = tokenize(said);
        let request = tokens.get(called(&tokens, &self.name)).map_or(0, |t| t.span.start);
        let text = said.get(request..).unwrap_or(said);
        if request > 0 {
            tokens = tokenize(text);
        }
        let known = self.words.load();
        let scene = Scene { text, tokens: &tokens, expect, today, vocabulary: &known.vocabulary };
        let mut reading = self
            .exact(&scene)
            .or_else(|| self.asked_for(&scene))
            .or_else(|| self.template_or_class(&scene, &known.gazetteer))
            .unwrap_or_else(|| rejected(text));
        if request > 0 {
            reading.utterance = said.to_owned();
            for span in reading.slots.iter_mut().filter_map(|s| s.span.as_mut()) {
                *span = span.start + request..span.end + request;
            }
        }
        reading
    }

    fn exact(&self, scene: &Scene<'_>) -> Option<Reading> {
        let said: Vec<&str> = scene.tokens.iter().map(|t| t.text.as_str()).collect();
        let said = said.join(" ");
        let exact = self.templates.exact(&said);
        if let Some(intent) = self.likeliest(exact, scene.expect) {
            return Some(scene.reading(intent, 1.0, Source::ExactSample, Vec::new()));
        }
        let bare = bare_of(scene.text);
        let intent = self.likeliest(self.templates.bare(&bare), scene.expect)?;
        Some(scene.reading(intent, 0.97, Source::ExactSample, Vec::new()))
    }

    fn likeliest(&self, intents: &[u16], expect: &Expectation) -> Option<&str> {
        let names = intents.iter().map(|&i| self.templates.intent_name(i));
        names.min_by_key(|name| expect.intents.iter().position(|e| e == name).unwrap_or(usize::MAX))
    }

    /// A bare value of the slot that was asked for, where its type has a format: "two" after "how many?".
    fn asked_for(&self, scene: &Scene<'_>) -> Option<Reading> {
        let (intent, slot) = scene.expect.slot.as_ref()?;
        let slot = self.model.intent(intent)?.slot(slot)?;
        let shape = self.shape(slot);
        let range = core(scene.tokens);
        let words = scene.words(range.clone());
        // Words that may stand around a bare value: "make it two", "just the second one".
        let mut from = 0;
        let mut to = words.len();
        while from + 1 < to
            && words.get(from).is_some_and(|w| {
                matches!(*w, "it" | "is" | "that" | "number")
                    // "Make it three" is never the third of a list.
                    || *w == "make" && slot.name == "Quantity"
                    || is_filler(w) && !(shape == Shape::Number && is_article(w))
            })
        {
            from += 1;
        }
        while to > from + 1
            && words.get(to - 1).is_some_and(|w| is_filler(w) || matches!(*w, "one" | "ones") && shape != Shape::Number)
        {
            to -= 1;
        }
        let said = words.get(from..to)?;
        let value = match shape {
            Shape::Named | Shape::Free => return None,
            Shape::Listed => {
                let kind = scene.vocabulary.kind(&slot.kind)?;
                scene.vocabulary.names(Some(kind), &said.join(" ")).then_some(None)?
            }
            _ => {
                let heard: Vec<&str>;
                let read = slots::read(shape, said, scene.today);
                let read = if read.is_none() && matches!(shape, Shape::Number | Shape::Price) {
                    heard = said.iter().map(|w| numbers::sounds_like_number(w).unwrap_or(w)).collect();
                    slots::read(shape, &heard, scene.today)
                } else {
                    read
                };
                Some(read?)
            }
        };
        let filled = scene.slot(&slot.name, &slot.kind, shape, range.start + from..range.start + to, value);
        Some(scene.reading(intent, 0.97, Source::Template, vec![filled]))
    }

    fn template(&self, scene: &Scene<'_>) -> Option<Reading> {
        let whole = 0..scene.tokens.len();
        let core = core(scene.tokens);
        let mut parses: Vec<(Parse, usize)> = Vec::new();
        for range in [core.clone(), whole.clone()] {
            if parses.iter().any(|(p, _)| p.fit > 0.9) || range == whole && core == whole && !parses.is_empty() {
                break;
            }
            let words = scene.words(range.clone());
            let found = self.templates.cover(&words, scene.vocabulary, scene.today);
            parses.extend(found.into_iter().map(|p| (p, range.start)));
        }
        let mut best: Option<(f32, Reading)> = None;
        for (parse, offset) in parses {
            let intent = self.templates.intent_name(parse.intent).to_owned();
            let mut slots = Vec::with_capacity(parse.slots.len());
            let (mut fit, mut evidence) = (parse.fit, parse.evidence);
            for filled in &parse.slots {
                let Some(Label { name, kind, shape }) = self.templates.label(filled.label) else { continue };
                let words = filled.words.start + offset..filled.words.end + offset;
                let slot = scene.slot(name, kind, *shape, words, filled.value.clone());
                // What a closer look finds counts for slots that take any words.
                if matches!(shape, Shape::Named | Shape::Free)
                    && let Some(first) = slot.resolutions.first().filter(|r| r.score >= 0.6)
                {
                    let share = filled.words.len() as f32 / scene.tokens.len().max(1) as f32;
                    fit += share * 0.2 * first.score;
                    evidence = evidence.max(parse.evidence * 0.5 + first.score * 0.8);
                }
                slots.push(slot);
            }
            if evidence < EVIDENCE {
                continue;
            }
            let rank = scene.expect.intents.iter().position(|e| *e == intent);
            let bonus = rank.map_or(0.0, |rank| 0.1 - 0.005 * rank.min(10) as f32);
            let order = fit + bonus;
            if best.as_ref().is_none_or(|(top, _)| order > *top + 1e-4) {
                let confidence = (0.55 + 0.4 * fit.min(1.0)).min(0.96);
                best = Some((order, scene.reading(&intent, confidence, Source::Template, slots)));
            }
        }
        best.map(|(_, reading)| reading)
    }

    /// Any words as the value of the open slot that was asked for: "running shoes" after "what would you like?".
    fn bare_answer(&self, scene: &Scene<'_>) -> Option<Reading> {
        let (intent, slot) = scene.expect.slot.as_ref()?;
        let slot = self.model.intent(intent)?.slot(slot)?;
        let shape = self.shape(slot);
        if !matches!(shape, Shape::Named | Shape::Free) {
            return None;
        }
        let mut range = core(scene.tokens);
        while range.len() > 1 && scene.tokens.get(range.start).is_some_and(|t| is_filler(&t.text)) {
            range.start += 1;
        }
        if range.is_empty() || range.len() > 12 {
            return None;
        }
        let filled = scene.slot(&slot.name, &slot.kind, shape, range, None);
        Some(scene.reading(intent, 0.7, Source::Template, vec![filled]))
    }

    /// A template, unless it rests on little and the classifier knows the sentence well as something else.
    fn template_or_class(&self, scene: &Scene<'_>, gazetteer: &Arc<Gazetteer>) -> Option<Reading> {
        let found = self.template(scene);
        if found.as_ref().is_some_and(|r| r.confidence >= FIRM) {
            return found;
        }
        if found.is_none()
            && let Some(answer) = self.bare_answer(scene)
        {
            return Some(answer);
        }
        let prediction = self.learning.with_gazetteer(gazetteer.clone()).predict(scene.text);
        let Some(found) = found else { return self.classified(scene, &prediction) };
        let expected = scene.expect.intents.contains(&found.intent);
        match prediction.ranking.first() {
            Some((intent, p)) if !expected && intent == examples::OUTSIDE && *p >= OVERRULES_OUTSIDE => None,
            Some((intent, p)) if !expected && *intent != found.intent && *p >= OVERRULES => {
                self.classified(scene, &prediction).or(Some(found))
            }
            _ => Some(found),
        }
    }

    /// What the classifier makes of words that no template covers. Its slots keep only what their types can read.
    fn classified(&self, scene: &Scene<'_>, prediction: &Prediction) -> Option<Reading> {
        let second = prediction.ranking.get(1).map_or(0.0, |(_, p)| *p);
        let sure = |intent: &str, p: f32| {
            let expected = scene.expect.intents.iter().any(|e| e == intent);
            let builtin = intent.starts_with("AMAZON.");
            // Words that nobody has prepared for are a reason to doubt, unless an answer like this is expected.
            let enough = if super::changes_something(intent) { SURE } else { LIKELY };
            let likely = if expected { p >= LIKELY } else { prediction.certainty() >= enough };
            // Less is enough where nothing else comes near and every word is familiar.
            let alone = p >= 0.3 && p >= second * 2.8 && prediction.known >= 0.8;
            (likely || alone) && (!builtin || p >= if expected { SURE } else { BUILT_IN })
        };
        let (intent, p) = prediction.ranking.first()?;
        if !sure(intent, *p) || prediction.known < KNOWN || intent == examples::OUTSIDE {
            return None;
        }
        let definition = self.model.intent(intent)?;
        let mut slots = Vec::new();
        for span in &prediction.spans {
            let Some(slot) = definition.slot(&span.slot) else { continue };
            let inside = |t: &Token| t.span.start < span.end && span.start < t.span.end;
            let Some(from) = scene.tokens.iter().position(inside) else { continue };
            let to = scene.tokens.iter().rposition(inside).map_or(from, |last| last + 1);
            let shape = self.shape(slot);
            let value = match shape {
                Shape::Listed | Shape::Named | Shape::Free => None,
                _ => match slots::read(shape, &scene.words(from..to), scene.today) {
                    Some(value) => Some(value),
                    None => continue,
                },
            };
            let filled = scene.slot(&slot.name, &slot.kind, shape, from..to, value);
            if shape == Shape::Listed && filled.resolutions.is_empty() {
                continue;
            }
            if !slots.iter().any(|s: &Slot| s.name == filled.name) {
                slots.push(filled);
            }
        }
        Some(scene.reading(intent, p.min(0.9), Source::Classifier, slots))
    }

    fn shape(&self, slot: &SlotDef) -> Shape {
        slots::shape(&slot.kind, &slot.name, is_listed(&self.model, &slot.kind))
    }
}

fn rejected(text: &str) -> Reading {
    Reading { confidence: 0.0, utterance: text.to_owned(), ..Reading::bare("AMAZON.FallbackIntent", Source::Rejected) }
}

/// What one call of `read` looks at.
struct Scene<'a> {
    text: &'a str,
    tokens: &'a [Token],
    expect: &'a Expectation,
    today: Date,
    vocabulary: &'a Vocabulary,
}

impl Scene<'_> {
    fn words(&self, range: std::ops::Range<usize>) -> Vec<&str> {
        self.tokens.get(range).unwrap_or_default().iter().map(|t| t.text.as_str()).collect()
    }

    fn reading(&self, intent: &str, confidence: f32, source: Source, slots: Vec<Slot>) -> Reading {
        Reading { confidence, slots, utterance: self.text.to_owned(), ..Reading::bare(intent, source) }
    }

    fn slot(&self, name: &str, kind: &str, shape: Shape, words: std::ops::Range<usize>, value: Option<String>) -> Slot {
        let start = self.tokens.get(words.start).map_or(0, |t| t.span.start);
        let end = words.end.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(start, |t| t.span.end);
        let spoken = self.text.get(start..end).unwrap_or_default().to_owned();
        let said = self.words(words);
        let resolutions = match shape {
            Shape::Listed | Shape::Named => match self.vocabulary.kind(kind) {
                Some(kind) => self.vocabulary.resolve(Some(kind), &said, RESOLUTIONS),
                None => Vec::new(),
            },
            Shape::Free => self.vocabulary.resolve(None, &said, RESOLUTIONS),
            _ => Vec::new(),
        };
        Slot {
            name: name.to_owned(),
            kind: kind.to_owned(),
            value: value.unwrap_or_else(|| said.join(" ")),
            spoken,
            span: Some(start..end),
            resolutions,
            confirmed: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Understander {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("intents/en-US");
        Understander::load(&folder).unwrap()
    }

    /// Loaded once for all tests that teach it nothing.
    fn shared() -> &'static Understander {
        static SHOP: std::sync::OnceLock<Understander> = std::sync::OnceLock::new();
        SHOP.get_or_init(shop)
    }

    fn shown(reading: &Reading) -> String {
        let mut out = reading.intent.clone();
        for slot in &reading.slots {
            out.push_str(&format!(" {}={}", slot.name, slot.value.replace(' ', "_")));
        }
        out
    }

    /// A sentence's reading, compared slot by slot in any order.
    fn check(shop: &Understander, lines: &str, expect: &Expectation) -> Vec<String> {
        let today = jiff::civil::date(2026, 11, 22);
        let mut wrong = Vec::new();
        for line in lines.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (said, want) = line.split_once(" => ").expect(line);
            let got = shown(&shop.read(&Utterance::new(said).unwrap(), expect, today));
            let sorted = |s: &str| {
                let mut parts: Vec<String> = s.split(' ').map(str::to_owned).collect();
                parts[1..].sort();
                parts
            };
            if sorted(&got) != sorted(want) {
                wrong.push(format!("{said}: wanted {want}, got {got}"));
            }
        }
        wrong
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_panics(text in "\\PC{1,120}", words in "((add|find|two|the|of|second|to|my|last|dollars|under) ){1,30}") {
            let shop = shared();
            for said in [&text, &words] {
                let Ok(said) = Utterance::new(said) else { continue };
                let reading = shop.read(&said, &Expectation::default(), jiff::civil::date(2026, 11, 22));
                for slot in &reading.slots {
                    let span = slot.span.clone().unwrap();
                    proptest::prop_assert_eq!(said.as_str().get(span), Some(slot.spoken.as_str()));
                }
            }
        }
    }

    #[test]
    fn known_names_make_more_sense_than_likenesses_and_these_more_than_nothing() {
        let today = jiff::civil::date(2026, 11, 22);
        let sense = |said: &str| shared().read(&Utterance::new(said).unwrap(), &Expectation::default(), today).sense();
        for (more, less) in [
            ("be more detailed", "be more detaild"),
            ("add bananas to my cart", "add balanas to my cart"),
            ("where is my order", "where is my otter"),
            ("cancel order one two three four five", "cancel order one to the for a fife"),
            ("make it forty nine", "make it fourteen nine"),
        ] {
            assert!(sense(more) > sense(less), "{more}: {}, {less}: {}", sense(more), sense(less));
        }
        assert_eq!(sense("will it rain tomorrow"), 0.0);
        assert_eq!(sense("add dan's zorbs"), sense("add dans zorbs"), "an apostrophe is no format");
    }

    #[test]
    fn the_open_question_decides() {
        let shop = shared();
        let asked = |intent: &str, slot: &str| Expectation {
            intents: vec![intent.to_owned()],
            slot: Some((intent.to_owned(), slot.to_owned())),
        };
        let cases = [
            (asked("SetQuantityIntent", "Quantity"), "two", "SetQuantityIntent Quantity=2"),
            (asked("SetQuantityIntent", "Quantity"), "to", "SetQuantityIntent Quantity=2"),
            (asked("SetQuantityIntent", "Quantity"), "make it a dozen", "SetQuantityIntent Quantity=12"),
            (asked("ChooseResultIntent", "Ordinal"), "the second one", "ChooseResultIntent Ordinal=2"),
            (asked("ChooseResultIntent", "Number"), "two", "ChooseResultIntent Number=2"),
            (asked("TrackOrderIntent", "OrderNumber"), "four oh seven", "TrackOrderIntent OrderNumber=407"),
            (asked("BuyProductIntent", "Query"), "um a garden gnome please", "BuyProductIntent Query=garden_gnome"),
            (asked("BuyProductIntent", "Query"), "stop", "AMAZON.StopIntent"),
            (asked("SetQuantityIntent", "Quantity"), "no", "AMAZON.NoIntent"),
            (asked("SetQuantityIntent", "Quantity"), "where is my order", "TrackOrderIntent"),
        ];
        for (expect, said, want) in cases {
            let got = shop.read(&Utterance::new(said).unwrap(), &expect, jiff::civil::date(2026, 11, 22));
            assert_eq!(shown(&got), want, "{said}");
        }
    }

    #[test]
    fn taught_names_are_found_by_sound() {
        let shop = shop();
        let names = ["All Natural Almonds", "Olive Oil", "Natural Shampoo", "Oil Filter", "Ground Coffee"];
        let term =
            |(i, name): (usize, &&str)| Term { kind: "Product".into(), id: format!("p{i}"), name: (*name).into() };
        shop.teach(names.iter().enumerate().map(term).collect());
        for said in
            ["find oil natural armands", "add two oil natural armands to my cart", "do you have all natural almonds"]
        {
            let got =
                shop.read(&Utterance::new(said).unwrap(), &Expectation::default(), jiff::civil::date(2026, 11, 22));
            let best = got.slots.iter().flat_map(|s| s.resolutions.first()).find(|r| r.id == "p0");
            assert!(best.is_some(), "{said}: {got:?}");
        }
    }

    #[test]
    fn what_is_no_business_of_a_shop_is_rejected() {
        let shop = shared();
        let outside = include_str!("testdata/outside.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        let (mut kept, mut all) = (Vec::new(), 0);
        for line in outside {
            let reading =
                shop.read(&Utterance::new(line).unwrap(), &Expectation::default(), jiff::civil::date(2026, 11, 22));
            all += 1;
            if reading.source != Source::Rejected {
                kept.push(format!("{line}: {} {:?} {}", shown(&reading), reading.source, reading.confidence));
            }
        }
        println!("{} of {all} taken for shop talk:\n{}", kept.len(), kept.join("\n"));
        assert!(kept.len() * 100 <= all * 15, "{} of {all}:\n{}", kept.len(), kept.join("\n"));
    }

    #[test]
    fn wordings_not_in_the_samples_are_understood() {
        most_are_understood("paraphrases", include_str!("testdata/paraphrases.txt"), 15);
        most_are_understood("strangers", include_str!("testdata/strangers.txt"), 20);
    }

    /// At most so many in a hundred may be misunderstood.
    fn most_are_understood(name: &str, lines: &str, wrong_at_most: usize) {
        let shop = shared();
        let (mut wrong, mut all) = (Vec::new(), 0);
        for line in lines.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (said, want) = line.split_once(" => ").expect(line);
            let reading =
                shop.read(&Utterance::new(said).unwrap(), &Expectation::default(), jiff::civil::date(2026, 11, 22));
            all += 1;
            if !want.split('|').any(|w| w == reading.intent) {
                wrong.push(format!(
                    "{said}: wanted {want}, got {} {:?} {}",
                    shown(&reading),
                    reading.source,
                    reading.confidence
                ));
            }
        }
        println!("{name}: {} of {all} misunderstood:\n{}", wrong.len(), wrong.join("\n"));
        assert!(wrong.len() * 100 <= all * wrong_at_most, "{name}: {} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn the_shop_understands() {
        let wrong = check(shared(), include_str!("testdata/understood.txt"), &Expectation::default());
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
