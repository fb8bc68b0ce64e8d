//! What a yes and a "cancel that" set going: the shop's own steps in transactions, the gateway's between them. The steps
//! themselves are [`paying`]'s; this file puts them in order, and takes up what was left in the middle.

use super::{Asked, SqlShop, customers, outbox, paying, paylinks, pins};
use crate::shop::payment::{Charge, Paid};
use crate::shop::pin::Pin;
use crate::shop::{Act, NoLink, OrderNumber, Outcome, ShopError};
use crate::store::Transaction;

impl SqlShop {
    /// Takes up purchases and refunds that were left in the middle: by a crash, or by a gateway that did not answer.
    /// How many were finished.
    pub async fn finish_payments(&self) -> Result<usize, ShopError> {
        let now = self.clock.now();
        let left = paying::unfinished(&mut self.read().await?, now - paying::TAKEN_UP, now).await?;
        let mut finished = 0;
        for left in left {
            let paying::Unfinished { charge, request, begun, refund, link_until } = &left;
            let asked = self.asked(&charge.customer, request);
            let done = if *refund {
                self.refund(&charge.key).await?
            } else if link_until.is_some() {
                !matches!(self.take_up_link(&left).await?, paylinks::Became::Open)
            } else if now.duration_since(*begun) < paying::GIVEN_UP {
                !matches!(self.pay(charge, &asked).await?, Outcome::PaymentPending { .. })
            } else {
                self.give_up(&charge.key).await?
            };
            finished += usize::from(done);
            self.recent.changed_by(&charge.customer);
        }
        if finished > 0 {
            self.recent.stock_moved();
        }
        Ok(finished)
    }

    /// A yes: reserve, pay, settle. Repeatable at every step.
    pub(super) async fn buy(&self, quote_id: &str, pin: Option<Pin>, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        if let Some(refusal) = pins::refusal(&self.store, pin, asked).await? {
            return Ok(refusal);
        }
        let mut tx = self.store.begin().await?;
        customers::ensure(&mut tx, asked).await?;
        let step = paying::reserve(&mut tx, quote_id, self.ids.as_ref(), asked).await?;
        tx.commit().await?;
        match step {
            paying::Step::Done(outcome) => Ok(outcome),
            paying::Step::Pay { charge, .. } => self.pay(&charge, asked).await,
            // What waits for its link is not charged otherwise.
            paying::Step::Awaited { charge, until } => {
                let email = outbox::email(&mut self.read().await?, asked).await?;
                Ok(paylinks::again(&charge, until, email))
            }
        }
    }

    /// Asks the gateway, outside of any transaction, and writes down what it said.
    async fn pay(&self, charge: &Charge, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let paid = match self.payment.charge(charge).await {
            Ok(paid) => paid,
            Err(error) => {
                tracing::warn!(%error, "a charge is in doubt and will be asked about again");
                return Ok(Outcome::PaymentPending { total: charge.amount });
            }
        };
        let mut tx = self.store.begin().await?;
        if paid == Paid::NoMethod
            && let Some(sent) = self.link_instead(&mut tx, charge, asked).await?
        {
            tx.commit().await?;
            return Ok(sent);
        }
        let outcome = paying::settle(&mut tx, charge, &paid, self.ids.as_ref(), asked).await?;
        tx.commit().await?;
        Ok(match (paid, outcome) {
            (Paid::NoMethod, Outcome::PaymentDeclined { .. }) => Outcome::NoLink(NoLink::NoMethod),
            (_, outcome) => outcome,
        })
    }

    /// Nothing is on file for this customer: a link in its place, where there can be one.
    async fn link_instead(
        &self,
        tx: &mut Transaction,
        charge: &Charge,
        asked: &Asked<'_>,
    ) -> Result<Option<Outcome>, ShopError> {
        customers::hold(tx, asked.customer).await?;
        // The same yes twice at once is one link; what was settled meanwhile stays as it is.
        let Some(left) = paying::one_left(tx, &charge.key).await? else { return Ok(None) };
        if let Some(until) = left.link_until {
            let email = outbox::email(tx, asked).await?;
            return Ok(Some(paylinks::again(charge, until, email)));
        }
        let sent = paylinks::send(tx, charge, self.links.as_deref(), self.ids.as_ref(), asked).await?;
        Ok(sent.ok())
    }

    /// Gives money back that is to go back; whether it has.
    async fn refund(&self, key: &str) -> Result<bool, ShopError> {
        if let Err(error) = self.payment.void(key).await {
            tracing::warn!(%error, "a refund is in doubt and will be tried again");
            return Ok(false);
        }
        let mut tx = self.store.begin().await?;
        paying::refunded(&mut tx, key).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A charge that was never answered is made impossible, and the stock goes back.
    async fn give_up(&self, key: &str) -> Result<bool, ShopError> {
        if let Err(error) = self.payment.void(key).await {
            tracing::warn!(%error, "a charge in doubt could not be voided and will be tried again");
            return Ok(false);
        }
        let mut tx = self.store.begin().await?;
        paying::release(&mut tx, key).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub(super) async fn cancel(&self, number: OrderNumber, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let outcome = self.change(Act::CancelOrder { number: number.clone() }, asked).await?;
        let waiting = paying::refund_of(&mut self.read().await?, &number).await?;
        if let Some(key) = waiting {
            self.refund(&key).await?;
        }
        Ok(outcome)
    }
}
