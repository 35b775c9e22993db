//! Well-known names between nodes.

use std::time::Duration;

use aemp_actor::kind;
use aemp_actor::prelude::*;

use crate::support::{death, for_each_pair};

#[derive(Port)]
struct Counter {
    count: u64,
}

#[rcv]
impl Counter {
    fn add(&mut self, n: u64) {
        self.count += n;
    }

    fn count(&self) -> u64 {
        self.count
    }
}

#[tokio::test]
async fn other_nodes_reach_and_monitor_a_port_by_its_name() {
    for_each_pair(async |one, two| {
        let id = format!("{}#counter", one.id());
        assert_eq!(death(&two, &id).reason().await.kind(), kind::NO_SUCH_PORT);
        let counter = one.port(Counter { count: 0 });
        one.name(&counter, "counter").unwrap();
        two.snd(&id, ("add", 40));
        let by_name = CounterRef::at(&two, &id);
        by_name.add(2);
        assert_eq!(by_name.count().await, Ok(42));

        let (kept, cancelled) = (death(&two, &id), two.mon(&id, |_| panic!("it was cancelled")));
        cancelled.cancel();
        assert_eq!(by_name.count().await, Ok(42));
        two.kil(&id, ("enough", "of it"));
        assert_eq!(kept.text().await, "enough: of it");

        // The next one of that name is another port, with monitors of its own.
        let next = one.port(Counter { count: 7 });
        one.name(&next, "counter").unwrap();
        let (last, kept) = (by_name.count().await, death(&two, &id));
        assert_eq!(last, Ok(7));
        let second = death(&two, &next);
        // The monitor has come.
        assert_eq!(by_name.count().await, Ok(7));
        one.kil(&next, ("the", "end"));
        assert_eq!(
            (kept.text().await, second.text().await),
            ("the: end".into(), "the: end".into())
        );
        one.shutdown(Duration::ZERO).await;
    })
    .await;
}
