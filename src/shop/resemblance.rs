//! Which of a few named things somebody means: spoken words and a name in, a likeness out. For short lists (a basket,
//! one customer's past orders), where every name can be compared with care; the catalogue at large is the index's.

use crate::words::sound::Sounds;

/// Words that carry no meaning when somebody points at a thing they bought.
const EMPTY: &[&str] = &[
    "a", "an", "and", "again", "another", "box", "bag", "bottle", "can", "delivery", "for", "i", "in", "item", "items",
    "last", "more", "my", "new", "of", "one", "ones", "order", "ordered", "our", "pack", "package", "packs", "pair",
    "parcel", "pairs", "please", "same", "some", "stuff", "that", "the", "thing", "things", "this", "those", "usual",
    "with",
];

/// Words to be compared with many names.
pub struct Likeness {
    words: Vec<Word>,
    whole: Sounds,
}

struct Word {
    text: String,
    sounds: Sounds,
}

impl Likeness {
    /// From here on two things are called alike.
    pub const ENOUGH: f32 = 0.7;

    pub fn of(words: &str) -> Self {
        let mut all = tokens(words);
        if all.iter().any(|w| !EMPTY.contains(&w.as_str())) {
            all.retain(|w| !EMPTY.contains(&w.as_str()));
        }
        let whole = Sounds::of(&all.join(" "));
        let words = all.into_iter().map(|text| Word { sounds: Sounds::of(&text), text }).collect();
        Self { words, whole }
    }

    /// 0.0..=1.0: how much of what was said is in the name, or (for less) in `more`, which is what else is known of
    /// the thing (its title, its category). The last word said weighs double: in "running shoes" it is shoes.
    pub fn to(&self, name: &str, more: &str) -> f32 {
        let spoken: Vec<Word> = tokens(name).into_iter().map(|text| Word { sounds: Sounds::of(&text), text }).collect();
        let more: Vec<Word> = tokens(more).into_iter().map(|text| Word { sounds: Sounds::of(&text), text }).collect();
        let last = self.words.len().saturating_sub(1);
        let (mut got, mut all) = (0.0, 0.0);
        for (at, word) in self.words.iter().enumerate() {
            let weight = if at == last { 2.0 } else { 1.0 };
            got += weight * word.best(&spoken).max(0.92 * word.best(&more));
            all += weight;
        }
        let by_word = if all > 0.0 { got / all } else { 0.0 };
        if by_word >= Self::ENOUGH {
            return by_word;
        }
        // A mishearing may move the gaps between words, so the phrase is compared as one run of sounds too.
        by_word.max(0.95 * self.whole_in(&spoken))
    }

    /// How much the words as a whole sound like some run of words of the name.
    fn whole_in(&self, name: &[Word]) -> f32 {
        let mut best = 0.0f32;
        for start in 0..name.len() {
            let most = (name.len() - start).min(self.words.len() + MOVED_GAPS);
            for run in 1..=most {
                let said: Vec<&str> = name.iter().skip(start).take(run).map(|w| w.text.as_str()).collect();
                let like = self.whole.similarity(&Sounds::of(&said.join(" ")));
                if like >= HEARD {
                    best = best.max(like);
                }
            }
        }
        best
    }
}

/// So many words more than were said may have been heard as them ("head phones" the other way round).
const MOVED_GAPS: usize = 1;
/// Sounds less alike than this are different words.
const HEARD: f32 = 0.72;

impl Word {
    fn best(&self, others: &[Word]) -> f32 {
        others.iter().map(|o| self.like(o)).fold(0.0, f32::max)
    }

    fn like(&self, other: &Self) -> f32 {
        if self.text == other.text {
            return 1.0;
        }
        let long = self.text.len().min(other.text.len()) >= 4;
        if long && strsim::damerau_levenshtein(&self.text, &other.text) == 1 {
            return 0.9;
        }
        let heard = self.sounds.similarity(&other.sounds);
        if long && heard >= HEARD { 0.9 * heard } else { 0.0 }
    }
}

/// Lower-case words without plural or possessive endings.
fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['\'', '’'], "");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(singular).collect()
}

fn singular(word: &str) -> String {
    let cut = |n: usize, end: &str| format!("{}{end}", word.get(..word.len() - n).unwrap_or(word));
    match word {
        _ if word.len() < 4 || word.ends_with("ss") || word.ends_with("us") => word.to_owned(),
        _ if word.ends_with("ies") && word.len() > 4 => cut(3, "y"),
        _ if ["ches", "shes", "sses", "xes", "toes"].iter().any(|e| word.ends_with(e)) => cut(2, ""),
        _ if word.ends_with('s') => cut(1, ""),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, name: &str, alike: bool) {
        let score = Likeness::of(said).to(name, "");
        assert_eq!(score >= Likeness::ENOUGH, alike, "{said:?} and {name:?} score {score}");
    }

    #[test]
    fn the_thing_meant_is_alike_and_others_are_not() {
        check("headphones", "Lumen wireless headphones", true);
        check("my new headphones", "Lumen wireless headphones", true);
        check("the dog food", "Maple chicken dog food", true);
        check("dog treats", "Maple chicken dog food", false);
        check("cat food", "Maple chicken dog food", false);
        check("running shoes", "Summit women's running shoes", true);
        check("batteries", "Granite rechargeable batteries", true);
        check("battery", "Granite rechargeable batteries", true);
        check("lumen headphones", "Lumen wireless headphones", true);
        check("oat milk", "Meadowsweet unsweetened oat milk", true);
        check("almond milk", "Meadowsweet unsweetened oat milk", false);
        check("coffee", "Ember dark roast coffee beans", true);
        check("womens coat", "Orchid women's waterproof coat", true);
    }

    #[test]
    fn a_mishearing_is_alike() {
        check("head phones", "Lumen wireless headphones", true);
        check("oil natural armands", "all natural almonds", true);
        check("toothbrash", "Vela electric toothbrush", true);
    }

    #[test]
    fn what_else_is_known_counts_a_little_less() {
        let said = Likeness::of("footwear");
        assert_eq!(said.to("Summit trainers", ""), 0.0);
        assert!(said.to("Summit trainers", "Footwear") > Likeness::ENOUGH);
        assert!(said.to("Summit trainers", "Footwear") < said.to("Summit footwear", ""));
    }

    #[test]
    fn nothing_said_is_like_nothing() {
        assert_eq!(Likeness::of("").to("Lumen headphones", ""), 0.0);
        assert_eq!(Likeness::of("?!").to("Lumen headphones", ""), 0.0);
    }
}
