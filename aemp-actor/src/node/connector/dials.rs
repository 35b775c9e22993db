//! Paces the dials of a node: few begin at the same time, and who does not answer holds up nobody.

use std::time::Duration;

use aemp_transport::AdmissionLimit;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Dials of one lane that have just begun: with [`BEGUN`] at most 160 begin in a second, so that a node that hears
/// of many others at once does not send all of its connection requests in the same instant, which the queues of
/// small routers would drop.
const BEGINNING: usize = 16;

/// After this long a dial has begun, and the next one may: nodes in the same part of the world have answered a
/// connection request by then (one round trip).
const BEGUN: Duration = Duration::from_millis(100);

/// Dials of one lane that have begun and not ended. For more, the oldest is given up. The four lanes of addresses
/// hold 4 × ([`BEGINNING`] + 128) = 576 file descriptors at the most, of the 1024 that a process has by default;
/// those of relayed connections hold none. As each is left alone for 2 s, 64 silent nodes are dialled in a second.
const UNANSWERED: usize = 128;

/// What a dial is for; each has a lane of its own, so that none waits for those of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose {
    /// Messages or monitors wait for the connection. (If not, it was heard of the node only.)
    pub(crate) wanted: bool,
    /// It was tried before, in vain.
    pub(crate) again: bool,
}

/// The dials of a node.
///
/// 1. At most [`BEGINNING`] + [`UNANSWERED`] of each purpose go on at the same time.
/// 2. A dial that others need the place of is given up, but not in its first seconds
///    ([`AdmissionLimit`]). So a node that answers is reached however many others do not: those that were
///    never tried do not wait for those that were, and those that something is wanted of do not wait
///    for those that were only heard of.
pub(crate) struct Dials {
    lanes: [Lane; 4],
}

struct Lane {
    beginning: Semaphore,
    unanswered: AdmissionLimit<()>,
}

/// The turn to begin a dial.
pub(crate) struct Turn<'a> {
    lane: &'a Lane,
    beginning: SemaphorePermit<'a>,
}

impl Default for Dials {
    fn default() -> Self {
        let lane = |_| Lane {
            beginning: Semaphore::new(BEGINNING),
            unanswered: AdmissionLimit::replacing(UNANSWERED, UNANSWERED),
        };
        Self { lanes: std::array::from_fn(lane) }
    }
}

impl Dials {
    /// Waits until one more dial may begin.
    ///
    /// # Cancel safety
    /// Dropping it loses the place among those that wait.
    pub(crate) async fn turn(&self, purpose: Purpose) -> Turn<'_> {
        let lane = &self.lanes[2 * usize::from(!purpose.wanted) + usize::from(purpose.again)];
        let beginning = lane.beginning.acquire().await.expect("nobody closes it");
        Turn { lane, beginning }
    }
}

impl Turn<'_> {
    /// Runs the attempt; `None` when it takes longer than `limit`, or others need the place.
    ///
    /// # Cancel safety
    /// Dropping it gives the attempt up.
    pub(crate) async fn run<T>(
        self,
        limit: Duration,
        attempt: impl Future<Output = T>,
    ) -> Option<T> {
        let mut attempt = std::pin::pin!(timeout(limit, attempt));
        if let Ok(done) = timeout(BEGUN, &mut attempt).await {
            return done.ok();
        }
        let admitted = tokio::select! {
            biased;
            done = &mut attempt => return done.ok(),
            admitted = self.lane.unanswered.admit(None) => admitted.ok()?,
        };
        drop(self.beginning);
        let _permit = admitted.permit;
        tokio::select! {
            biased;
            done = &mut attempt => done.ok(),
            Ok(()) = admitted.revoked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;

    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// So many that do not answer; whether somebody who answers is reached, and when.
    async fn reached_after(silent: usize, of: Purpose, living: Purpose) -> Duration {
        let dials = Arc::new(Dials::default());
        let begun = Instant::now();
        for _ in 0..silent {
            let dials = dials.clone();
            tokio::spawn(async move { dials.turn(of).await.run(LIMIT, pending::<()>()).await });
        }
        tokio::task::yield_now().await;
        let answer = tokio::time::sleep(Duration::from_millis(300));
        let answered = dials.turn(living).await.run(LIMIT, answer).await;
        assert_eq!(answered, Some(()));
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_is_reached_beside_many_who_do_not() {
        let first = Purpose { wanted: true, again: false };
        let heard = Purpose { wanted: false, again: false };
        let again = Purpose { wanted: true, again: true };
        assert!(reached_after(48, first, first).await < Duration::from_secs(1));
        for (others, living) in [(again, first), (heard, first), (heard, again)] {
            let after = reached_after(5000, others, living).await;
            assert_eq!(after, Duration::from_millis(300), "{others:?} {living:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_dials_is_bounded_and_each_has_its_turn() {
        let (dials, begun) = (Arc::new(Dials::default()), Instant::now());
        let going = Arc::new(());
        let mut tasks = tokio::task::JoinSet::new();
        let purpose = Purpose { wanted: true, again: false };
        for _ in 0..1000 {
            let (dials, going) = (dials.clone(), going.clone());
            tasks.spawn(async move {
                let turn = dials.turn(purpose).await;
                let one = going.clone();
                drop(going);
                let answer = turn
                    .run(LIMIT, async move {
                        pending::<()>().await;
                        drop(one)
                    })
                    .await;
                assert_eq!(answer, None);
            });
        }
        while tasks.join_next().await.is_some() {
            let lane = &dials.lanes[0];
            let beginning = BEGINNING - lane.beginning.available_permits();
            assert!(beginning + lane.unanswered.count() <= BEGINNING + UNANSWERED);
        }
        let longest = Duration::from_secs(2) * 1000 / 128 + LIMIT + Duration::from_secs(2);
        assert!(begun.elapsed() < longest, "{:?}", begun.elapsed());
        assert_eq!(Arc::strong_count(&going), 1);
    }
}
