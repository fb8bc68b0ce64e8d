//! A new topic: an intent that answers no open question becomes one act or one thing to say. Refuses to know how
//! products are found and pointed at.

use jiff::Zoned;

use super::products::{ask_how_many, turn_page};
use super::session::{Purpose, Question, Session, Task};
use super::{
    Choosing, Courtesy, Decision, Dialogue, Errand, Focus, HelpTopic, Say, advice, delivery, errand, fill, linking,
    reminders, service, several, told,
};
use crate::language::Reading;
use crate::shop::service::Request;
use crate::shop::{Act, OrderRef, Quantity, ReorderRef, Shelf};

impl Dialogue {
    pub(super) fn new_topic(&self, session: &mut Session, reading: &Reading, here: &Zoned) -> Decision {
        let today = here.date();
        let say = |s| Decision::Say(s);
        match reading.intent.as_str() {
            // What somebody waits for may have come.
            "LaunchRequest" | "GreetingIntent" if session.turns == 0 => Decision::Errand(Errand::Name),
            "LaunchRequest" | "AMAZON.NavigateHomeIntent" => say(welcome(session)),
            "AMAZON.HelpIntent" => say(Say::Help(topic(session))),
            "GreetingIntent" => courtesy(session, Courtesy::Greeting),
            "ThanksIntent" => courtesy(session, Courtesy::Thanks),
            "WhoAreYouIntent" => courtesy(session, Courtesy::WhoAreYou),
            "VolumeIntent" => courtesy(session, Courtesy::Volume),
            "AMAZON.StopIntent" => {
                session.question = None;
                say(Say::Goodbye)
            }
            // "Cancel that" right after a purchase means the purchase.
            "AMAZON.CancelIntent" if just_bought(session) => {
                cancel_order(session, session.order.clone().map_or(OrderRef::Latest, OrderRef::Number))
            }
            "AMAZON.CancelIntent"
                if matches!(session.last.as_deref(), Some(Say::LinkSent { .. } | Say::LinkSentAgain { .. })) =>
            {
                Decision::Act(Act::DropLinks { quote_id: None })
            }
            "AMAZON.CancelIntent" if session.turns > 0 => say(Say::Cancelled),
            "AMAZON.CancelIntent" => say(Say::Goodbye),
            "AMAZON.RepeatIntent" => say(session.last.as_deref().cloned().unwrap_or(Say::NothingOpen)),
            // "Okay, add it" after "you can say add it, or buy it".
            "AMAZON.YesIntent" if session.product.is_some() && said(reading, &["order", "buy"]) => {
                self.about(session, reading, Purpose::Buy)
            }
            "AMAZON.YesIntent" if session.product.is_some() && said(reading, &["add", "put"]) => {
                self.about(session, reading, Purpose::Basket)
            }
            "AMAZON.YesIntent" | "AMAZON.NoIntent" => say(Say::NothingOpen),
            "AMAZON.StartOverIntent" => {
                forget(session);
                self.ask_what(session, Purpose::Browse, None)
            }
            "AMAZON.NextIntent" | "AMAZON.MoreIntent" => turn_page(session, true, Purpose::Browse, None),
            "AMAZON.PreviousIntent" => turn_page(session, false, Purpose::Browse, None),

            "SearchProductIntent" => self.find(session, reading, Purpose::Browse, None),
            "RefineSearchIntent" => self.refine(session, reading),
            "ChooseResultIntent" => self.about(session, reading, Purpose::Describe(Focus::All)),
            "ProductDetailIntent" => self.about(session, reading, Purpose::Describe(Focus::All)),
            "ProductPriceIntent" => self.about(session, reading, Purpose::Describe(Focus::Price)),
            "ProductStockIntent" => self.about(session, reading, Purpose::Describe(Focus::Stock)),
            "ProductRatingIntent" => self.about(session, reading, Purpose::Describe(Focus::Rating)),
            // "When is it coming" right after a purchase means the order; with nothing to mean, the next one.
            "ProductDeliveryIntent" if fill::product_words(reading).is_none() && just_bought(session) => {
                track(session, session.order.clone().map_or(OrderRef::Latest, OrderRef::Number))
            }
            "ProductDeliveryIntent"
                if fill::product_words(reading).is_none() && session.product.is_none() && session.results.is_none() =>
            {
                delivery::times(session, reading, Choosing::Next, here)
            }
            "ProductDeliveryIntent" => self.about(session, reading, Purpose::Describe(Focus::Delivery)),

            "TellWhenBackIntent" => self.about(session, reading, Purpose::Await),
            "ReturnIntent" => service::begin_return(session, reading, today),
            "RefundStatusIntent" => service::serve(Request::Refunds),
            "InvoiceIntent" => service::invoice(session, reading, today),
            "ComplaintIntent" => service::complain(session, reading),
            "MyDataIntent" => service::serve(Request::MyData),
            "ForgetMeIntent" => {
                session.question = Some(Question::ForgetMe);
                say(Say::Service(super::Serve::AskForgetMe))
            }
            "PersonIntent" => service::hand_over(session),
            "PolicyIntent" => advice::policy(reading),
            "ProductQuestionIntent" => advice::question(session, reading),
            "GoesWithIntent" => super::ideas::goes_with(session, reading),
            "ForgottenIntent" => super::ideas::forgotten(session),
            "CompareIntent" => advice::compare(session, reading),

            "AddToBasketIntent" => self.about(session, reading, Purpose::Basket),
            "BuyProductIntent" => self.about(session, reading, Purpose::Buy),
            "RemoveFromBasketIntent" => self.remove(session, reading),
            "ShowBasketIntent" => {
                // "Buy it" after the basket was read out means the basket.
                session.product = None;
                session.results = None;
                Decision::Act(Act::ShowBasket)
            }
            "EmptyBasketIntent" => {
                session.task = Some(Task::EmptyBasket);
                Decision::Act(Act::ShowBasket)
            }
            "CheckoutIntent" => Decision::Act(Act::QuoteBasket),
            _ if errand::means_device(reading) => errand::address(None),
            "DeliveryTimesIntent" => delivery::times(session, reading, Choosing::Next, here),
            "ChooseSlotIntent" => delivery::choose(session, reading, just_ordered(session), here),
            "MoveDeliveryIntent" | "RedirectOrderIntent" => delivery::change(session, reading, here),
            // "Send it to my office" right after a purchase means that order.
            "ChooseAddressIntent" if just_bought(session) => {
                let order = session.order.clone().map_or(OrderRef::Latest, OrderRef::Number);
                delivery::redirect(order, reading.slot("Label").map(|s| s.value.clone()))
            }
            "UseCouponIntent" | "ChooseAddressIntent" => match terms(reading) {
                Some(act) => Decision::Act(act),
                // Words that name no address have those told that there are.
                None if reading.intent == "ChooseAddressIntent" => {
                    Decision::Act(Act::ChooseAddress { words: String::new() })
                }
                None => say(Say::AskCoupon),
            },
            "PayByLinkIntent" => {
                session.task = Some(Task::OfferLink);
                Decision::Act(Act::QuoteBasket)
            }
            "SetQuantityIntent" => self.requantify(session, reading),
            "ChangeQuantityIntent" => match several::change(session, reading) {
                Some(decision) => decision,
                None => self.requantify(session, reading),
            },
            "SwapProductIntent" => self.swap(session, reading),
            "SaveForLaterIntent" => several::save_for_later(session, reading),
            "ShowSavedIntent" => Decision::Act(Act::ShowShelf { shelf: Shelf::Saved }),
            "SavedToBasketIntent" => several::to_basket(Shelf::Saved, reading),
            "AddToListIntent" => several::write_down(session, reading),
            "ShowListIntent" => Decision::Act(Act::ShowShelf { shelf: Shelf::List }),
            "RemoveFromListIntent" => several::cross_off(session, Shelf::List, reading),
            "ClearListIntent" => several::clear(session, Shelf::List),
            "ListToBasketIntent" => several::to_basket(Shelf::List, reading),

            "TrackOrderIntent" => match fill::order(reading, today) {
                Ok(order) => track(session, order),
                Err(()) => {
                    session.question = Some(Question::WhichOrder);
                    say(Say::AskOrderNumber)
                }
            },
            "CancelOrderIntent" => match fill::order(reading, today) {
                Ok(order) => cancel_order(session, order),
                Err(()) => {
                    session.question = Some(Question::WhichToCancel);
                    say(Say::AskOrderNumber)
                }
            },
            "OrderHistoryIntent" => match fill::days(reading, today) {
                Some(days) => track(session, days),
                None => Decision::Act(Act::ListOrders { limit: fill::PAGE }),
            },
            "ReorderLastIntent" => reorder(ReorderRef::LastOrder, None),
            "ReorderUsualIntent" => reorder(ReorderRef::Usual, None),
            "ReorderProductIntent" => match (fill::product_words(reading), fill::quantity(reading)) {
                (_, Err(())) => ask_how_many(session, reading),
                (Some(words), Ok(quantity)) => reorder(ReorderRef::Product(words), quantity),
                (None, Ok(quantity)) => match &session.product {
                    Some(product) => reorder(ReorderRef::Product(product.spoken_name.clone()), quantity),
                    None => reorder(ReorderRef::LastOrder, None),
                },
            },

            "SpeakSlowerIntent"
            | "SpeakFasterIntent"
            | "AvoidIntent"
            | "NoLongerAvoidIntent"
            | "MySizeIntent"
            | "LikeBrandIntent"
            | "DislikeBrandIntent"
            | "VerbosityIntent"
            | "ForgetPreferenceIntent"
            | "ShowPreferencesIntent" => told::told(session, reading),
            "LinkDevicesIntent" => linking::give(),
            "LinkCodeIntent" => linking::take(session, reading),
            "RemindToOrderIntent" => errand::to_order(session, reading, today),
            "RemindOfArrivalIntent" => errand::arrival(session, today),
            "CancelReminderIntent" => reminders::cancel(reading, today),

            "SpellIntent" => match spellable(session) {
                Some(words) => say(Say::Spelled { words }),
                None => say(Say::NothingOpen),
            },
            // The merchant's pages may know what no intent does.
            "AMAZON.FallbackIntent" if !reading.utterance.is_empty() => advice::guess(reading),
            _ => advice::not_understood(session),
        }
    }
}

pub(super) fn welcome(session: &Session) -> Say {
    Say::Welcome { returning: session.turns > 0, called: session.called.clone() }
}

/// Answers a courtesy; a question that is open is not lost by it.
fn courtesy(session: &Session, of: Courtesy) -> Decision {
    let open = session.question.as_ref().and(session.last.as_deref()).cloned().map(Box::new);
    Decision::Say(Say::Courtesy { of, open })
}

fn said(reading: &Reading, words: &[&str]) -> bool {
    reading.utterance.split_whitespace().any(|word| words.contains(&word))
}

fn just_bought(session: &Session) -> bool {
    matches!(session.last.as_deref(), Some(Say::Bought { .. }))
}

/// "Make it Thursday" right after a purchase means that order; else the next one.
fn just_ordered(session: &Session) -> Choosing {
    match (session.last.as_deref(), &session.order) {
        (Some(Say::Bought { .. }), Some(number)) => Choosing::Order(OrderRef::Number(number.clone())),
        _ => Choosing::Next,
    }
}

fn track(session: &mut Session, order: OrderRef) -> Decision {
    session.task = Some(Task::Track(order.clone()));
    Decision::Act(Act::Track(order))
}

/// What is to be changed of the terms of an order; `None` when nothing was named.
pub(super) fn terms(reading: &Reading) -> Option<Act> {
    let said = |name: &str| reading.slot(name).map(|s| s.value.clone());
    match reading.intent.as_str() {
        "UseCouponIntent" => said("Code").map(|code| Act::UseCoupon { code }),
        _ => said("Label").map(|words| Act::ChooseAddress { words }),
    }
}

/// The order is looked up first and asked about: an order undone by a mishearing is not missed until it does not come.
fn cancel_order(session: &mut Session, order: OrderRef) -> Decision {
    session.task = Some(Task::CancelOrder);
    Decision::Act(Act::Track(order))
}

fn reorder(what: ReorderRef, quantity: Option<Quantity>) -> Decision {
    Decision::Act(Act::QuoteReorder { what, quantity })
}

fn spellable(session: &Session) -> Option<String> {
    match (&session.product, &session.order) {
        (Some(product), _) => Some(product.spoken_name.clone()),
        (None, Some(number)) => Some(number.as_str().to_owned()),
        (None, None) => session.results.as_ref()?.page.first().map(|p| p.spoken_name.clone()),
    }
}

fn forget(session: &mut Session) {
    session.question = None;
    session.results = None;
    session.product = None;
    session.order = None;
}

fn topic(session: &Session) -> HelpTopic {
    match (&session.question, session.last.as_deref()) {
        (Some(Question::Purchase(_)), _) => HelpTopic::Purchase,
        (_, Some(Say::Results { .. } | Say::Product { .. } | Say::AskWhichOne { .. })) => HelpTopic::Results,
        (_, Some(Say::Basket { .. } | Say::Added { .. } | Say::AddedEach { .. } | Say::Removed { .. })) => {
            HelpTopic::Basket
        }
        (_, Some(Say::Tracked { .. } | Say::Orders { .. } | Say::AwaitingPayment { .. })) => HelpTopic::Tracking,
        _ => HelpTopic::General,
    }
}
