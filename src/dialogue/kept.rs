//! A value that is written down with every turn and never changes: its JSON is made once. Cloning it costs nothing, so a
//! conversation of a hundred turns is saved as quickly as one of three.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

pub struct Kept<T>(Arc<Inside<T>>);

struct Inside<T> {
    value: T,
    json: OnceLock<Box<RawValue>>,
}

impl<T> Kept<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(Inside { value, json: OnceLock::new() }))
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: PartialEq> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Serialize> Serialize for Kept<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self.0.json.get() {
            Some(json) => json,
            None => {
                let json = to_raw_value(&self.0.value).map_err(S::Error::custom)?;
                self.0.json.get_or_init(|| json)
            }
        };
        json.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_what_it_holds_and_read_back() {
        let kept = Kept::new(vec!["a \"word\"".to_owned()]);
        let json = serde_json::to_string(&(kept.clone(), &kept)).unwrap();
        assert_eq!(json, r#"[["a \"word\""],["a \"word\""]]"#);
        assert_eq!(serde_json::from_str::<(Kept<Vec<String>>, Kept<Vec<String>>)>(&json).unwrap().1, kept);
    }
}
