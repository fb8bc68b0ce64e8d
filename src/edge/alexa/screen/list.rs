//! A list that is longer than what was read out: it goes to the screen as far as it was read, and the rest follows as it
//! is scrolled. Refuses to know how the rest is found.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::TOKEN;
use crate::dialogue::Say;
use crate::reply::screen::{Line, Screen};
use crate::shop::Search;

/// Results that can be scrolled to; who wants more narrows the search.
pub const SCROLLED: u32 = 50;

/// The source of a list that goes on; none where what was read out is all of it.
pub(super) fn long(screen: &Screen, say: &Say, lines: &[Value]) -> Option<Value> {
    let Say::Results { search, page, first, total, .. } = say else { return None };
    let first = (*first).max(1);
    let more = *total as usize > page.len() && first <= SCROLLED && screen.lines.len() == page.len();
    more.then(|| {
        json!({
            "type": "dynamicIndexList",
            "listId": list_id(search),
            "startIndex": first - 1,
            "minimumInclusiveIndex": 0,
            "maximumExclusiveIndex": (*total).min(SCROLLED).max(first - 1 + page.len() as u32),
            "items": lines,
        })
    })
}

/// Names the list of a search, whichever part of it is shown.
pub fn list_id(search: &Search) -> String {
    let whole = Search { offset: 0, limit: 0, ..search.clone() };
    let text = serde_json::to_vec(&whole).unwrap_or_default();
    hex::encode(Sha256::digest(text)).chars().take(16).collect()
}

/// What a screen wants more of, as it is scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'r> {
    pub list: &'r str,
    /// From which place, counted from 0, and how many.
    pub start: u32,
    pub count: u32,
    correlation: &'r str,
}

impl<'r> Wanted<'r> {
    /// None where it is not our document that asks, or asks for what no list of ours has.
    pub fn of(
        token: Option<&str>,
        list: Option<&'r str>,
        correlation: Option<&'r str>,
        place: [Option<&str>; 2],
    ) -> Option<Self> {
        let [start, count] = place.map(|p| p.and_then(|p| p.parse::<u32>().ok()));
        let (start, count) = (start?, count?);
        let sound = token == Some(TOKEN) && start < SCROLLED && count > 0;
        sound.then_some(Self { list: list?, start, count: count.min(SCROLLED - start), correlation: correlation? })
    }

    /// The directive that brings them.
    pub fn answered(&self, lines: &[Line], total: u32) -> Value {
        json!({
            "type": "Alexa.Presentation.APL.SendIndexListData",
            "token": TOKEN,
            "correlationToken": self.correlation,
            "listId": self.list,
            "startIndex": self.start,
            "minimumInclusiveIndex": 0,
            "maximumExclusiveIndex": total.min(SCROLLED),
            "items": lines.iter().map(super::line).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_wanted_only_of_our_own_lists() {
        let place = |start, count| [Some(start), Some(count)];
        let wanted = Wanted::of(Some(TOKEN), Some("l"), Some("c"), place("3", "10")).unwrap();
        assert_eq!((wanted.start, wanted.count), (3, 10));
        assert_eq!(Wanted::of(Some(TOKEN), Some("l"), Some("c"), place("45", "10")).unwrap().count, 5);
        for (token, list, place) in [
            (None, Some("l"), place("3", "10")),
            (Some("other"), Some("l"), place("3", "10")),
            (Some(TOKEN), None, place("3", "10")),
            (Some(TOKEN), Some("l"), place("50", "10")),
            (Some(TOKEN), Some("l"), place("-1", "10")),
            (Some(TOKEN), Some("l"), place("3", "0")),
            (Some(TOKEN), Some("l"), [Some("3"), None]),
        ] {
            assert_eq!(Wanted::of(token, list, Some("c"), place), None);
        }
    }
}
