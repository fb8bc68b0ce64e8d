//! The rules of the model's validations: a rule and a filled slot in, whether it holds out.

use jiff::Span;
use jiff::civil::Date;

use crate::language::model::dialog::Rule;
use crate::language::{Slot, dates};

/// Whether the value is allowed. A rule that cannot be applied to the value does not hold: better to ask again than to
/// act on what was not checked.
pub fn holds(rule: &Rule, slot: &Slot, today: Date) -> bool {
    let order = |bound: &str| compare(&slot.value, bound, today);
    match rule {
        Rule::Listed => !slot.resolutions.is_empty(),
        Rule::InSet(members) => among(slot, members),
        Rule::NotInSet(members) => !among(slot, members),
        Rule::Greater(bound) => order(bound).is_some_and(|o| o.is_gt()),
        Rule::GreaterOrEqual(bound) => order(bound).is_some_and(|o| o.is_ge()),
        Rule::Less(bound) => order(bound).is_some_and(|o| o.is_lt()),
        Rule::LessOrEqual(bound) => order(bound).is_some_and(|o| o.is_le()),
        Rule::Within { start, end } => within(slot, start, end, today) == Some(true),
        Rule::Outside { start, end } => within(slot, start, end, today) == Some(false),
        // Such a model is refused by the check; at run time it asks for nothing.
        Rule::Unknown(_) => true,
    }
}

fn among(slot: &Slot, members: &[String]) -> bool {
    let same = |said: &str| members.iter().any(|m| m.eq_ignore_ascii_case(said));
    same(&slot.value) || slot.resolutions.iter().any(|r| same(&r.name) || same(&r.id))
}

/// Numbers by size, dates by their first day, all else (times, words) by its letters.
fn compare(value: &str, bound: &str, today: Date) -> Option<std::cmp::Ordering> {
    if let (Ok(value), Ok(bound)) = (value.parse::<f64>(), bound.parse::<f64>()) {
        return value.partial_cmp(&bound);
    }
    if let (Some((value, _)), Some((bound, _))) = (dates::range(value, today), dates::range(bound, today)) {
        return Some(value.cmp(&bound));
    }
    let numeric = |text: &str| text.parse::<f64>().is_ok();
    (numeric(value) == numeric(bound)).then(|| value.cmp(bound))
}

fn within(slot: &Slot, start: &str, end: &str, today: Date) -> Option<bool> {
    let from = |offset: &str| today.checked_add(offset.parse::<Span>().ok()?).ok();
    let (day, _) = dates::range(&slot.value, today)?;
    Some((from(start)?..=from(end)?).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Resolution;

    #[test]
    fn rules_by_value() {
        let today = jiff::civil::date(2026, 11, 24);
        let set = || vec!["Small".to_owned(), "m-1".to_owned()];
        let span = |start: &str, end: &str| Rule::Within { start: start.into(), end: end.into() };
        for (rule, value, expected) in [
            (Rule::Greater("9".into()), "10", true),
            (Rule::Greater("10".into()), "10", false),
            (Rule::GreaterOrEqual("10".into()), "10", true),
            (Rule::Less("10".into()), "9.5", true),
            (Rule::LessOrEqual("10".into()), "11", false),
            (Rule::Less("10".into()), "several", false),
            (Rule::Greater("2026-11-24".into()), "2026-11-25", true),
            (Rule::Less("2026-11-24".into()), "2026-W48", true),
            (Rule::GreaterOrEqual("09:00".into()), "14:30", true),
            (Rule::InSet(set()), "small", true),
            (Rule::InSet(set()), "large", false),
            (Rule::NotInSet(set()), "large", true),
            (span("P0D", "P7D"), "2026-11-30", true),
            (span("P0D", "P7D"), "2026-12-02", false),
            (span("-P7D", "P0D"), "2026-11-20", true),
            (span("P0D", "P7D"), "tomorrow", false),
            (Rule::Outside { start: "P0D".into(), end: "P7D".into() }, "2026-12-24", true),
            (Rule::Outside { start: "soon".into(), end: "P7D".into() }, "2026-12-24", false),
            (Rule::Listed, "small", false),
        ] {
            let slot = Slot { value: value.into(), ..Slot::default() };
            assert_eq!(holds(&rule, &slot, today), expected, "{rule:?} {value}");
        }
        let medium = Resolution { id: "m-1".into(), name: "medium".into(), score: 1.0 };
        let slot = Slot { value: "middling".into(), resolutions: vec![medium], ..Slot::default() };
        assert!(holds(&Rule::Listed, &slot, today) && holds(&Rule::InSet(set()), &slot, today));
    }
}
