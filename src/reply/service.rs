//! After the sale, in words: what goes back and how, what is paid back, who looks into it.

use fluent_bundle::FluentArgs;

use super::Card;
use super::catalog::args;
use super::teller::Teller;
use super::worded::Draft;
use crate::dialogue::Serve;
use crate::shop::service::{NotReturnable, Refund, RefundState, Returnable, Served};

/// Things read out that could go back; the rest is on the card.
const NAMED: usize = 4;
const REFUNDS: usize = 3;

pub(super) fn service(t: &Teller, serve: &Serve) -> Draft {
    match serve {
        Serve::AskWhichReturn { items } => which(t, items),
        Serve::AskHowMany { item } => {
            t.draft("return-how-many", &args!["name" => t.name(&item.spoken_name), "left" => item.left.get()])
        }
        Serve::AskReason { item } => t.draft("return-reason", &args!["name" => t.the(&item.spoken_name)]),
        Serve::AskMethod { .. } => t.plain_draft("return-method"),
        Serve::ConfirmReturn { plan } => {
            let args = args![
                "item" => t.counted(plan.quantity, &plan.item.spoken_name),
                "number" => super::script::digits(plan.item.order.as_str()),
                "refund" => t.money(plan.refund()),
                "method" => method(plan.pickup),
            ];
            t.draft("return-confirm", &args)
        }
        Serve::AskComplaint => t.plain_draft("complaint-ask"),
        Serve::AskForgetMe => t.plain_draft("forget-me"),
        Serve::Done(served) => done(t, served),
    }
}

/// Whether the shopper is asked something.
pub(super) fn asks(serve: &Serve) -> bool {
    !matches!(serve, Serve::Done(served) if matches!(**served, Served::HandedOver { .. }))
}

fn method(pickup: bool) -> &'static str {
    if pickup { "pickup" } else { "label" }
}

fn which(t: &Teller, items: &[Returnable]) -> Draft {
    let mut names: Vec<String> = items.iter().take(NAMED).map(|i| t.the(&i.spoken_name)).collect();
    let more = items.len().saturating_sub(NAMED);
    if more > 0 {
        names.push(t.say("confirm-more", &args!["count" => more]));
    }
    let lines = items.iter().take(30).map(|i| {
        let args = args!["title" => super::teller::printed_title(&i.spoken_name), "number" => i.order.as_str(), "day" => t.printed_day(i.until)];
        t.say("return-which.card-line", &args)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let title = t.say("return-which.card-title", &FluentArgs::new());
    t.draft("return-which", &args!["names" => t.list(&names)]).card(Card { title, text, image: None })
}

fn done(t: &Teller, served: &Served) -> Draft {
    match served {
        Served::Returnable(items) => which(t, items),
        Served::NotReturnable(why) => {
            let why = match why {
                NotReturnable::NoOrder => "none",
                NotReturnable::NotDelivered => "early",
                NotReturnable::TooLate => "late",
                NotReturnable::Returned => "gone",
            };
            t.draft("return-none", &args!["why" => why])
        }
        Served::Returned { plan, refund, by, pickup, email } => {
            let mut args = args![
                "item" => t.counted(plan.quantity, &plan.item.spoken_name),
                "refund" => t.money(*refund),
                "by" => t.on_day(*by),
                "method" => match (pickup, email) {
                    (Some(_), _) => "pickup",
                    (None, Some(_)) => "label",
                    (None, None) => "post",
                },
                "email" => t.quoted(email.as_deref().unwrap_or_default()),
                "day" => "",
            ];
            if let Some(day) = pickup {
                args.set("day", t.on_day(*day));
            }
            t.draft("returned", &args)
        }
        Served::Refunds(refunds) => refunded(t, refunds),
        Served::InvoiceSent { order, email } => {
            let args = args!["number" => super::script::digits(order.as_str()), "email" => t.quoted(email)];
            t.draft("invoice-sent", &args)
        }
        Served::WillTell(product) => t.draft("will-tell", &args!["name" => t.name(&product.spoken_name)]),
        Served::InStock(product) => t.draft("await-in-stock", &args!["name" => t.name(&product.spoken_name)]),
        Served::News(products) => {
            let names: Vec<String> = products.iter().map(|p| t.name(&p.spoken_name)).collect();
            t.draft("news", &args!["names" => t.list(&names)])
        }
        Served::NoEmail => t.plain_draft("invoice-no-email"),
        Served::DataRequested { email } => t.draft("data-requested", &args!["email" => t.quoted(email)]),
        Served::ErasureRequested { again, .. } => {
            t.draft("erasure-requested", &args!["again" => if *again { "yes" } else { "no" }])
        }
        Served::Complained { .. } => t.plain_draft("complaint-taken"),
        Served::HandedOver { again, by, .. } => {
            t.draft("handed-over", &args!["again" => if *again { "yes" } else { "no" }, "by" => t.on_day(*by)])
        }
    }
}

fn refunded(t: &Teller, refunds: &[Refund]) -> Draft {
    if refunds.is_empty() {
        return t.plain_draft("refunds-none");
    }
    let said: Vec<String> = refunds
        .iter()
        .take(REFUNDS)
        .map(|r| {
            let state = match r.state {
                RefundState::Awaited => "awaited",
                RefundState::Received => "received",
                RefundState::UnderWay => "under-way",
                RefundState::Refused => "refused",
                RefundState::Paid => "paid",
            };
            let mut args = args![
                "amount" => t.money(r.amount), "name" => t.the(&r.spoken_name), "state" => state,
                "by" => "",
            ];
            if let Some(by) = r.by {
                args.set("by", t.on_day(by));
            }
            t.sentence("refund", &args)
        })
        .collect();
    t.plain_draft("refunds").after(&said)
}
