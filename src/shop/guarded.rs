//! A shop that answers in time or not at all, whatever stands behind the port: a decorator. Refuses to know which engine
//! that is. What is slow is given up, and after a few failures in a row not asked for a while, so that whoever speaks to
//! it hears the truth at once in place of waiting for it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::suggest::Suggest;
use super::{Act, CustomerId, Outcome, RequestId, Shop, ShopError};
use crate::store::breaker::{Breaker, Settings};

/// What stands behind, and the circuit to it.
pub struct Guarded {
    shop: Arc<dyn Shop>,
    breaker: Breaker,
    patience: Duration,
}

impl Guarded {
    /// `patience` is what one act may take; less than a turn, so that there is time left to say so.
    pub fn new(shop: Arc<dyn Shop>, patience: Duration) -> Self {
        Self { shop, breaker: Breaker::new("the shop", Settings::default()), patience }
    }
}

impl Shop for Guarded {
    fn perform<'a>(
        &'a self,
        act: Act,
        customer: &'a CustomerId,
        request: &'a RequestId,
    ) -> BoxFuture<'a, Result<Outcome, ShopError>> {
        let unasked = matches!(&act, Act::Suggest(Suggest { unasked: true, .. }));
        Box::pin(async move {
            match self.ask(act, customer, request).await {
                // Nobody waits for an idea: what was done before it is told all the same.
                Err(error) if unasked => {
                    tracing::warn!(%error, "no idea could be looked for, and the turn goes on without");
                    Ok(Outcome::Suggested { with: None, suggestion: None })
                }
                answer => answer,
            }
        })
    }
}

impl Guarded {
    async fn ask(&self, act: Act, customer: &CustomerId, request: &RequestId) -> Result<Outcome, ShopError> {
        let attempt = self.breaker.enter().map_err(|open| ShopError::Away(open.to_string()))?;
        let Ok(answer) = tokio::time::timeout(self.patience, self.shop.perform(act, customer, request)).await else {
            attempt.failed();
            return Err(ShopError::Away(format!("the shop did not answer within {:?}", self.patience)));
        };
        match &answer {
            Err(ShopError::Storage(_) | ShopError::Away(_)) => attempt.failed(),
            _ => attempt.answered(),
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::*;

    /// Hangs until it has been asked so often, then answers.
    struct Slow {
        asked: AtomicU32,
        hangs: u32,
    }

    impl Shop for Slow {
        fn perform<'a>(
            &'a self,
            _: Act,
            _: &'a CustomerId,
            _: &'a RequestId,
        ) -> BoxFuture<'a, Result<Outcome, ShopError>> {
            Box::pin(async move {
                if self.asked.fetch_add(1, Ordering::Relaxed) < self.hangs {
                    std::future::pending::<()>().await;
                }
                Ok(Outcome::BasketEmpty)
            })
        }
    }

    #[tokio::test]
    async fn a_shop_that_hangs_is_given_up_then_left_alone_then_tried_again() {
        let slow = Arc::new(Slow { asked: AtomicU32::new(0), hangs: 3 });
        let patience = Duration::from_millis(50);
        let shop = Guarded::new(slow.clone(), patience);
        let (customer, request) = (CustomerId::new("ada").unwrap(), RequestId::new("r").unwrap());
        for _ in 0..3 {
            let gone = shop.perform(Act::ShowBasket, &customer, &request).await.unwrap_err();
            assert!(matches!(gone, ShopError::Away(_)), "{gone}");
        }
        let began = Instant::now();
        let gone = shop.perform(Act::ShowBasket, &customer, &request).await.unwrap_err();
        assert!(gone.to_string().contains("tried again"), "{gone}");
        assert!(began.elapsed() < patience, "nobody waits now");
        assert_eq!(slow.asked.load(Ordering::Relaxed), 3, "and it is left alone");
        tokio::time::sleep(Settings::default().rest).await;
        let back = shop.perform(Act::ShowBasket, &customer, &request).await.unwrap();
        assert_eq!(back, Outcome::BasketEmpty);
    }
}
