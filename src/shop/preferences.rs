//! What a customer told the shop about themselves, kept over all conversations and doors: how fast to speak, how long to
//! listen, and what they must not eat. Checks what is set; refuses to know who set it and how.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Slowest and fastest speech, in percent of the voice's own rate.
pub const PACES: std::ops::RangeInclusive<u32> = 50..=200;
/// How long a silence ends an utterance in a live conversation.
pub const ENDPOINTINGS: [&str; 3] = ["relaxed", "default", "aggressive"];

/// The longest size or brand, in characters, and the most brands.
const LONGEST: usize = 60;
const MOST_BRANDS: usize = 50;

/// All of it. What is absent was never said, and the shop's own habit holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preferences {
    /// Speech rate in percent of the voice's own, 50 to 200.
    pub pace: Option<u32>,
    /// `relaxed`, `default` or `aggressive`: how long a silence ends an utterance in a live conversation.
    pub endpointing: Option<String>,
    /// What the customer must not eat or drink. An offer that names any of it is read out with a warning.
    pub avoids: BTreeSet<Avoided>,
    /// What fits: `{"clothes": "medium", "shoes": "9"}`. Things of other sizes come later, and are told of before they are
    /// bought.
    pub sizes: BTreeMap<Wear, String>,
    /// Brands, in lower case: their things come first among their kind.
    pub likes: BTreeSet<String>,
    /// Brands, in lower case: their things come last.
    pub dislikes: BTreeSet<String>,
    /// How much is said.
    pub verbosity: Option<Verbosity>,
}

/// What has a size of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wear {
    Clothes,
    Shoes,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verbosity {
    /// What was asked, and no more: no descriptions, no "what would you like?".
    Brief,
    Full,
}

/// What can be forgotten in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Sizes,
    Brands,
    Avoids,
    Everything,
}

/// Something that some people must not, or will not, eat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Avoided {
    Peanuts,
    Nuts,
    Milk,
    Eggs,
    Gluten,
    Soy,
    Fish,
    Shellfish,
    Sesame,
    Alcohol,
    /// Vegetarians.
    Meat,
    /// Vegans.
    AnimalProducts,
}

/// One thing that is to be different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    Pace(u32),
    Avoid(Avoided),
    /// No longer.
    Eat(Avoided),
    Size(Wear, String),
    /// A brand.
    Like(String),
    /// A brand.
    Dislike(String),
    Verbosity(Verbosity),
    Forget(Told),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PreferenceError {
    #[error("pace is {0}; it must be between 50 and 200 percent")]
    Pace(u32),
    #[error("sizes has {0:?}; a size is 1 to {LONGEST} characters, such as \"medium\" or \"9\"")]
    Size(String),
    #[error("{0:?} is no brand: 1 to {LONGEST} characters, and at most {MOST_BRANDS} brands")]
    Brand(String),
    #[error("endpointing is {0:?}; it must be relaxed, default or aggressive")]
    Endpointing(String),
}

impl Preferences {
    /// What is wrong with them, if anything.
    pub fn check(&self) -> Result<(), PreferenceError> {
        if let Some(pace) = self.pace.filter(|p| !PACES.contains(p)) {
            return Err(PreferenceError::Pace(pace));
        }
        let fits = |text: &str| (1..=LONGEST).contains(&text.trim().chars().count());
        if let Some(size) = self.sizes.values().find(|s| !fits(s)) {
            return Err(PreferenceError::Size(size.clone()));
        }
        for brands in [&self.likes, &self.dislikes] {
            let wrong = brands.iter().find(|b| !fits(b)).or_else(|| brands.iter().nth(MOST_BRANDS));
            if let Some(brand) = wrong {
                return Err(PreferenceError::Brand(brand.clone()));
            }
        }
        match &self.endpointing {
            Some(e) if !ENDPOINTINGS.contains(&e.as_str()) => Err(PreferenceError::Endpointing(e.clone())),
            _ => Ok(()),
        }
    }

    pub fn apply(&mut self, change: &Preference) {
        match change {
            Preference::Pace(pace) => self.pace = Some((*pace).clamp(*PACES.start(), *PACES.end())),
            Preference::Avoid(what) => {
                self.avoids.insert(*what);
            }
            Preference::Eat(what) => {
                self.avoids.remove(what);
            }
            Preference::Size(of, size) => {
                self.sizes.insert(*of, size.trim().to_lowercase());
            }
            Preference::Like(brand) => Self::one_of(&mut self.likes, &mut self.dislikes, brand),
            Preference::Dislike(brand) => Self::one_of(&mut self.dislikes, &mut self.likes, brand),
            Preference::Verbosity(how) => self.verbosity = Some(*how),
            Preference::Forget(Told::Sizes) => self.sizes.clear(),
            Preference::Forget(Told::Brands) => {
                self.likes.clear();
                self.dislikes.clear();
            }
            Preference::Forget(Told::Avoids) => self.avoids.clear(),
            Preference::Forget(Told::Everything) => *self = Self::default(),
        }
    }
}

impl Preferences {
    fn one_of(here: &mut BTreeSet<String>, there: &mut BTreeSet<String>, brand: &str) {
        let brand = brand.trim().to_lowercase();
        there.remove(&brand);
        if here.len() < MOST_BRANDS {
            here.insert(brand);
        }
    }

    pub fn is_brief(&self) -> bool {
        self.verbosity == Some(Verbosity::Brief)
    }
}

impl Wear {
    pub fn id(self) -> &'static str {
        match self {
            Self::Clothes => "clothes",
            Self::Shoes => "shoes",
        }
    }
}

impl Told {
    pub const ALL: [Self; 4] = [Self::Sizes, Self::Brands, Self::Avoids, Self::Everything];

    pub fn id(self) -> &'static str {
        match self {
            Self::Sizes => "sizes",
            Self::Brands => "brands",
            Self::Avoids => "allergies",
            Self::Everything => "everything",
        }
    }

    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }
}

impl Avoided {
    pub const ALL: [Self; 12] = [
        Self::Peanuts,
        Self::Nuts,
        Self::Milk,
        Self::Eggs,
        Self::Gluten,
        Self::Soy,
        Self::Fish,
        Self::Shellfish,
        Self::Sesame,
        Self::Alcohol,
        Self::Meat,
        Self::AnimalProducts,
    ];

    /// As the API, the model and the phrases name it: `animal_products`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Peanuts => "peanuts",
            Self::Nuts => "nuts",
            Self::Milk => "milk",
            Self::Eggs => "eggs",
            Self::Gluten => "gluten",
            Self::Soy => "soy",
            Self::Fish => "fish",
            Self::Shellfish => "shellfish",
            Self::Sesame => "sesame",
            Self::Alcohol => "alcohol",
            Self::Meat => "meat",
            Self::AnimalProducts => "animal_products",
        }
    }

    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_the_one_that_is_written() {
        for avoided in Avoided::ALL {
            assert_eq!(serde_json::to_value(avoided).unwrap(), avoided.id());
            assert_eq!(Avoided::of(avoided.id()), Some(avoided));
        }
        assert_eq!(Avoided::of("stones"), None);
    }

    #[test]
    fn changes_are_kept_in_bounds() {
        let mut mine = Preferences::default();
        for change in [
            Preference::Pace(20),
            Preference::Avoid(Avoided::Nuts),
            Preference::Avoid(Avoided::Eggs),
            Preference::Eat(Avoided::Nuts),
        ] {
            mine.apply(&change);
        }
        assert_eq!((mine.pace, mine.avoids.iter().copied().collect::<Vec<_>>()), (Some(50), vec![Avoided::Eggs]));
        assert!(mine.check().is_ok());
        for change in [
            Preference::Size(Wear::Shoes, " 9 ".into()),
            Preference::Like("Acme".into()),
            Preference::Dislike("acme".into()),
        ] {
            mine.apply(&change);
        }
        assert_eq!(mine.sizes.get(&Wear::Shoes).map(String::as_str), Some("9"));
        assert!(mine.likes.is_empty() && mine.dislikes.contains("acme"), "not both");
        mine.apply(&Preference::Forget(Told::Sizes));
        assert!(mine.sizes.is_empty() && !mine.dislikes.is_empty());
        mine.apply(&Preference::Forget(Told::Everything));
        assert_eq!(mine, Preferences::default());
        let wrong = |change: fn(&mut Preferences)| {
            let mut preferences = Preferences::default();
            change(&mut preferences);
            preferences.check().unwrap_err()
        };
        assert_eq!(wrong(|p| p.pace = Some(201)), PreferenceError::Pace(201));
        let size = wrong(|p| drop(p.sizes.insert(Wear::Clothes, " ".into())));
        assert_eq!(size, PreferenceError::Size(" ".into()));
        assert_eq!(wrong(|p| p.endpointing = Some("slow".into())), PreferenceError::Endpointing("slow".into()));
    }
}
