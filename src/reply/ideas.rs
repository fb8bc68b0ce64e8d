//! What else could be wanted, why, and the question.

use super::catalog::args;
use super::teller::Teller;
use super::worded::Draft;
use crate::shop::suggest::{Because, Suggestion};

pub(super) fn suggestion(t: &Teller, suggestion: &Suggestion) -> Draft {
    let Suggestion { product, quantity, because } = suggestion;
    let item = match quantity.get() {
        1 => t.name(&product.spoken_name),
        _ => t.counted(*quantity, &product.spoken_name),
    };
    let price = t.money(product.price);
    let why = match because {
        Because::Habit { days } => {
            let (unit, every) = rhythm(*days);
            t.sentence("suggest-habit", &args!["item" => item, "unit" => unit, "every" => every])
        }
        Because::Own => t.sentence("suggest-own", &args!["item" => item]),
        Because::Companion { spoken_name } => {
            let one = quantity.get() == 1;
            let item = if one { t.the(&product.spoken_name) } else { item };
            let args = args!["of" => t.the(spoken_name), "item" => item, "price" => price];
            t.sentence("suggest-companion", &args)
        }
        Because::Popular => t.sentence("suggest-popular", &args!["item" => item, "price" => price]),
    };
    let args = args!["count" => quantity.get(), "name" => t.the(&product.spoken_name)];
    t.draft("suggest", &args).after(&[why])
}

pub(super) fn nothing(t: &Teller, with: Option<&str>, again: bool) -> Draft {
    match with {
        _ if again => t.plain_draft("suggest-nothing-more"),
        Some(name) => t.draft("suggest-nothing-with", &args!["name" => t.the(name)]),
        None => t.plain_draft("suggest-nothing"),
    }
}

/// As a person would put it: nobody buys milk "every thirteen days".
fn rhythm(days: u32) -> (&'static str, u32) {
    match days {
        0..=2 => ("day", 1),
        3..=24 => ("week", ((days + 3) / 7).max(1)),
        _ => ("month", ((days + 15) / 30).max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rhythms_are_told_as_people_tell_them() {
        for (days, told) in [
            (1, ("day", 1)),
            (5, ("week", 1)),
            (7, ("week", 1)),
            (13, ("week", 2)),
            (21, ("week", 3)),
            (28, ("month", 1)),
            (61, ("month", 2)),
        ] {
            assert_eq!(rhythm(days), told, "{days}");
        }
    }
}
