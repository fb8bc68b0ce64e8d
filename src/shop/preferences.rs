//! What a customer told the shop about themselves, kept over all conversations and doors: how fast to speak, how long to
//! listen, and what they must not eat. Checks what is set; refuses to know who set it and how.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Slowest and fastest speech, in percent of the voice's own rate.
pub const PACES: std::ops::RangeInclusive<u32> = 50..=200;
/// How long a silence ends an utterance in a live conversation.
pub const ENDPOINTINGS: [&str; 3] = ["relaxed", "default", "aggressive"];

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
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PreferenceError {
    #[error("pace is {0}; it must be between 50 and 200 percent")]
    Pace(u32),
    #[error("endpointing is {0:?}; it must be relaxed, default or aggressive")]
    Endpointing(String),
}

impl Preferences {
    /// What is wrong with them, if anything.
    pub fn check(&self) -> Result<(), PreferenceError> {
        if let Some(pace) = self.pace.filter(|p| !PACES.contains(p)) {
            return Err(PreferenceError::Pace(pace));
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
        }
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
        let wrong = |change: fn(&mut Preferences)| {
            let mut preferences = Preferences::default();
            change(&mut preferences);
            preferences.check().unwrap_err()
        };
        assert_eq!(wrong(|p| p.pace = Some(201)), PreferenceError::Pace(201));
        assert_eq!(wrong(|p| p.endpointing = Some("slow".into())), PreferenceError::Endpointing("slow".into()));
    }
}
