//! Things done later, and calls from outside that become messages.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef};
use tokio::sync::mpsc;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// A port that notes tags, and the notes.
fn noting(node: &Node) -> (FnPortRef, mpsc::UnboundedReceiver<String>) {
    let (tx, rx) = mpsc::unbounded_channel();
    (node.port_fn(move |_, msg| tx.send(msg.to_string()).unwrap_or(())), rx)
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_after_the_delay() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let begun = Instant::now();
    node.after(3 * SECOND, &port, ("late", 3));
    node.after(SECOND, port.id(), ("early",));
    node.after(Duration::ZERO, &port, ("at once",));
    for (expected, seconds) in [(r#"["at once"]"#, 0), (r#"["early"]"#, 1), (r#"["late",3]"#, 3)] {
        assert_eq!(notes.recv().await.unwrap(), expected);
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn the_delay_counts_from_the_call() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let begun = Instant::now();
    node.after(3 * SECOND, &port, ("tick",));
    // No task has run yet.
    tokio::time::advance(2 * SECOND).await;
    notes.recv().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_timer_does_nothing() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let timer = node.after(SECOND, &port, ("cancelled",));
    node.after(Duration::MAX, &port, ("at the end of time",)).cancel();
    drop(node.after(2 * SECOND, &port, ("dropped",)));
    timer.clone().cancel();
    timer.cancel();
    assert_eq!(notes.recv().await.unwrap(), r#"["dropped"]"#);
    let held = Arc::new(());
    let hold = held.clone();
    let timer = port.peval(move |_, ctx| {
        let timer = ctx.after(SECOND, move |_, ctx| {
            drop(hold);
            ctx.stop("not cancelled");
        });
        Ok(timer)
    });
    let timer = timer.await.unwrap();
    timer.cancel();
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(node.port_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timer_of_a_port_runs_in_its_context() {
    #[derive(Default, Port)]
    struct Ticker {
        ticks: u32,
    }
    #[rcv]
    impl Ticker {
        fn start(&mut self, ctx: &mut Ctx<Self>, ticks: u32) {
            ctx.after(SECOND, move |ticker, ctx| ticker.tick(ctx, ticks));
        }
        #[rcv(skip)]
        fn tick(&mut self, ctx: &mut Ctx<Self>, ticks: u32) -> Result<(), Die> {
            self.ticks += 1;
            match ticks {
                0 => Err(die!("{} ticks", self.ticks)),
                _ => {
                    self.start(ctx, ticks - 1);
                    Ok(())
                }
            }
        }
    }
    let node = Node::local();
    let begun = Instant::now();
    let ticker = node.port(Ticker::default());
    let (tell, told) = tokio::sync::oneshot::channel();
    node.mon(&ticker, move |reason: Reason| tell.send(reason).unwrap_or(()));
    ticker.start(4);
    assert_eq!(told.await.unwrap().text(), "5 ticks");
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_timer_of_a_dead_port_or_node_does_nothing() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let (dead, _dead_notes) = noting(&node);
    let held = Arc::new(());
    let (hold, id) = (held.clone(), port.id());
    let task = dead.peval(move |_, ctx| {
        ctx.after(SECOND, move |_, ctx| {
            ctx.snd(&id, ("not dead",));
            drop(hold);
        });
        ctx.stop(());
        Ok(())
    });
    task.await.unwrap();
    node.after(SECOND, &dead, ("lost",));
    node.after(2 * SECOND, &port, ("next",));
    assert_eq!(notes.recv().await.unwrap(), r#"["next"]"#);
    assert_eq!(Arc::strong_count(&held), 1);
    node.after(SECOND, &port, ("after the end",));
    node.shutdown(Duration::ZERO).await;
    assert_eq!(notes.recv().await, None);
}

#[tokio::test]
async fn psub_makes_messages_of_calls() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let (tx, mut rx) = mpsc::unbounded_channel();
    let sub = port.peval(move |_, ctx| {
        Ok(ctx.psub(move |_, ctx, (name, n): (&str, u32)| {
            tx.send(format!("{name} {n}")).unwrap_or(());
            ctx.snd(ctx.id(), ("from", name));
            if n == 2 { Err(die!("{n} is too much")) } else { Ok(()) }
        }))
    });
    let sub = sub.await.unwrap();
    let other = sub.clone();
    sub(("here", 0));
    // From a thread that knows nothing of tokio.
    std::thread::spawn(move || other(("a thread", 1))).join().unwrap();
    assert_eq!(rx.recv().await.unwrap(), "here 0");
    assert_eq!(rx.recv().await.unwrap(), "a thread 1");
    assert_eq!(notes.recv().await.unwrap(), r#"["from","here"]"#);
    sub(("last", 2));
    sub(("never", 3));
    assert_eq!(rx.recv().await.unwrap(), "last 2");
    while node.port_count() > 0 {
        tokio::task::yield_now().await;
    }
    sub(("dead", 4));
    assert!(rx.try_recv().is_err());
}

#[tokio::test]
async fn psub_does_not_keep_the_port() {
    let node = Node::local();
    let held = Arc::new(());
    let hold = held.clone();
    let port = node.port_fn(move |_, _| {
        let _ = &hold;
    });
    let sub = port.peval(|_, ctx| Ok(ctx.psub(|_, _, ()| {}))).await.unwrap();
    port.kil(());
    while node.port_count() > 0 {
        tokio::task::yield_now().await;
    }
    sub(());
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test]
async fn timers_end_with_their_port_and_their_node() {
    let node = Node::local();
    let held = Arc::new(());
    let hour = Duration::from_secs(3600);
    let port = node.port_fn(|_, _| ());
    let hold = [(); 3].map(|()| held.clone());
    let timers = port.peval(move |_, ctx| {
        Ok(hold.map(|hold| {
            ctx.after(hour, move |_, _| {
                let _ = &hold;
            })
        }))
    });
    let timers = timers.await.unwrap();
    assert_eq!(Arc::strong_count(&held), 4);
    timers[0].cancel();
    assert_eq!(Arc::strong_count(&held), 3, "cancelled");
    port.kil(());
    while node.port_count() > 0 {
        tokio::task::yield_now().await;
    }
    while Arc::strong_count(&held) > 1 {
        tokio::task::yield_now().await;
    }
    timers[1].cancel();

    let other = node.port_fn(|_, _| ());
    let hold = held.clone();
    let armed = other.peval(move |_, ctx| {
        ctx.after(hour, move |_, _| {
            let _ = &hold;
        });
        Ok(())
    });
    armed.await.unwrap();
    drop(node);
    while Arc::strong_count(&held) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_timers_come_due_in_their_order() {
    let node = Node::local();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let port = node.port_fn(|_, _| ());
    let armed = port.peval(move |_, ctx| {
        for n in 0..1000_u64 {
            let tx = tx.clone();
            let delay = n * 7919 % 1000;
            ctx.after(Duration::from_millis(delay), move |_, _| tx.send(delay).unwrap_or(()));
        }
        Ok(())
    });
    armed.await.unwrap();
    let begun = tokio::time::Instant::now();
    for expected in 0..1000 {
        assert_eq!(rx.recv().await, Some(expected));
        assert!(begun.elapsed() >= Duration::from_millis(expected), "none is early");
    }
    assert_eq!(rx.recv().await, None);
}
