//! The model's samples as one structure: words in, the samples that cover them out, with their slots' words.
//! Refuses to choose between them: scores are evidence, the [`Understander`](super::Understander) decides.

mod walk;

use rustc_hash::FxHashMap;

use super::builtins;
use super::classifier::Example;
use super::examples::OUTSIDE;
use super::filler::{core, is_filler, is_function};
use super::model::{Intent, Model, Piece, pieces};
use super::slots::{Shape, shape};
use crate::words::tokens::{normalize, tokenize};
pub use walk::{Filled, Parse};

/// All samples of all intents.
#[derive(Debug, Default)]
pub struct Templates {
    intents: Vec<String>,
    nodes: Vec<Node>,
    labels: Vec<Label>,
    /// Literal words of the templates.
    lexicon: FxHashMap<String, u32>,
    /// Content words count for more than words that only make sentences.
    content: Vec<bool>,
    /// Samples without slots, and built-in wordings, by their normalised words.
    exact: FxHashMap<String, Vec<u16>>,
    /// The same without fillers and politeness.
    bare: FxHashMap<String, Vec<u16>>,
}

#[derive(Debug, Default)]
struct Node {
    words: FxHashMap<u32, u32>,
    slots: Vec<(u16, u32)>,
    ends: Vec<u16>,
}

/// A slot as templates see it; intents with the same slot share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub kind: String,
    pub shape: Shape,
}

impl Templates {
    /// The model's samples, and sentences without slots that stand for themselves.
    pub fn new(model: &Model, told: &[Example]) -> Self {
        let mut out = Self { nodes: vec![Node::default()], ..Self::default() };
        for intent in &model.intents {
            let id = out.intents.len() as u16;
            out.intents.push(intent.name.clone());
            if intent.name == OUTSIDE {
                continue;
            }
            let builtin = intent.name.starts_with("AMAZON.");
            for sample in &intent.samples {
                out.add(model, intent, id, sample, builtin);
            }
            for sample in builtins::samples(&intent.name) {
                out.add_exact(id, sample);
            }
        }
        let ids: FxHashMap<&str, u16> = model.intents.iter().map(|i| i.name.as_str()).zip(0..).collect();
        for sentence in told.iter().filter(|s| s.intent != OUTSIDE && s.spans.is_empty()) {
            if let Some(&id) = ids.get(sentence.intent.as_str()) {
                out.add_exact(id, &sentence.text);
            }
        }
        out
    }

    pub fn label(&self, id: u16) -> Option<&Label> {
        self.labels.get(usize::from(id))
    }

    pub fn intent_name(&self, id: u16) -> &str {
        self.intents.get(usize::from(id)).map_or("", String::as_str)
    }

    /// Intents with a sample of exactly these words, in the order of the model.
    pub fn exact(&self, words: &str) -> &[u16] {
        self.exact.get(words).map_or(&[], Vec::as_slice)
    }

    /// Intents with a sample of these words once fillers and politeness are left out of both.
    pub fn bare(&self, words: &str) -> &[u16] {
        self.bare.get(words).map_or(&[], Vec::as_slice)
    }

    /// Words that templates consist of.
    pub fn has_literal(&self, word: &str) -> bool {
        self.lexicon.contains_key(word)
    }

    fn add(&mut self, model: &Model, intent: &Intent, id: u16, sample: &str, builtin: bool) {
        let Some(pieces) = pieces(sample) else { return };
        let slotless = pieces.iter().all(|p| matches!(p, Piece::Text(_)));
        if slotless {
            self.add_exact(id, sample);
        }
        // Alexa matches its built-in intents word for word, slots or not.
        if builtin && slotless {
            return;
        }
        for steps in self.steps(model, intent, &pieces) {
            self.insert(id, &steps);
        }
    }

    fn add_exact(&mut self, id: u16, sample: &str) {
        let words = normalize(sample);
        push_once(self.exact.entry(words).or_default(), id);
        let bare = bare_of(sample);
        if !bare.is_empty() {
            push_once(self.bare.entry(bare).or_default(), id);
        }
    }

    /// The sample as edges without fillers, in full and without its polite beginning and end.
    fn steps(&mut self, model: &Model, intent: &Intent, pieces: &[Piece<'_>]) -> Vec<Vec<Step>> {
        // A slot takes part in the search for politeness as a word that nobody says.
        let mut tokens = Vec::new();
        let mut slots = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => tokens.extend(tokenize(text)),
                Piece::Slot(name) => {
                    let Some(slot) = intent.slot(name) else { return Vec::new() };
                    let listed = is_listed(model, &slot.kind);
                    let label = Label {
                        name: slot.name.clone(),
                        kind: slot.kind.clone(),
                        shape: shape(&slot.kind, &slot.name, listed),
                    };
                    tokens.push(crate::words::tokens::Token { text: format!("\0{}", slots.len()), span: 0..0 });
                    slots.push(self.label_id(label));
                }
            }
        }
        let mut out = Vec::new();
        for range in [0..tokens.len(), core(&tokens)] {
            let mut steps = Vec::new();
            for token in tokens.get(range).unwrap_or_default() {
                if let Some(at) = token.text.strip_prefix('\0') {
                    if let Some(&label) = at.parse::<usize>().ok().and_then(|at| slots.get(at)) {
                        steps.push(Step::Slot(label));
                    }
                } else if !is_filler(&token.text) {
                    steps.push(Step::Word(self.word_id(&token.text)));
                }
            }
            if !steps.is_empty() && !out.contains(&steps) {
                out.push(steps);
            }
        }
        out
    }

    fn insert(&mut self, intent: u16, steps: &[Step]) {
        let mut at = 0_usize;
        for step in steps {
            let fresh = self.nodes.len() as u32;
            let Some(node) = self.nodes.get_mut(at) else { return };
            let next = match *step {
                Step::Word(word) => *node.words.entry(word).or_insert(fresh),
                Step::Slot(label) => match node.slots.iter().find(|(l, _)| *l == label) {
                    Some(&(_, next)) => next,
                    None => {
                        node.slots.push((label, fresh));
                        fresh
                    }
                },
            };
            if next == fresh {
                self.nodes.push(Node::default());
            }
            at = next as usize;
        }
        if let Some(node) = self.nodes.get_mut(at) {
            push_once(&mut node.ends, intent);
        }
    }

    fn label_id(&mut self, label: Label) -> u16 {
        let found = self.labels.iter().position(|l| *l == label).unwrap_or_else(|| {
            self.labels.push(label);
            self.labels.len() - 1
        });
        found as u16
    }

    fn word_id(&mut self, word: &str) -> u32 {
        if let Some(&id) = self.lexicon.get(word) {
            return id;
        }
        let id = self.lexicon.len() as u32;
        self.lexicon.insert(word.to_owned(), id);
        self.content.push(!is_function(word));
        id
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Word(u32),
    Slot(u16),
}

/// Whether the type is a closed list here. Types of products are never closed: a shop sells what its model has not
/// heard of. Neither are types whose values come from outside.
pub fn is_listed(model: &Model, kind: &str) -> bool {
    if builtins::list(kind).is_some() {
        return true;
    }
    kind != "Product" && model.slot_type(kind).is_some_and(|t| !t.from_catalog && !t.values.is_empty())
}

/// The words without fillers and politeness, joined by spaces.
pub fn bare_of(text: &str) -> String {
    let tokens = tokenize(text);
    let words: Vec<&str> = tokens[core(&tokens)].iter().map(|t| t.text.as_str()).filter(|w| !is_filler(w)).collect();
    words.join(" ")
}

fn push_once(list: &mut Vec<u16>, id: u16) {
    if !list.contains(&id) {
        list.push(id);
    }
}
