//! Tasks, streams and async closures in port context.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{PortOptions, Timer};
use futures_core::Stream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use crate::support::{death, soon};

const SECOND: Duration = Duration::from_secs(1);

/// A port that notes what is done.
#[derive(Default, Port)]
struct Worker {
    notes: Vec<String>,
    timer: Option<Timer>,
}

type Code = Box<dyn FnOnce(&mut Worker, &mut Ctx<Worker>) -> Result<(), Die> + Send>;

#[rcv]
impl Worker {
    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
    #[rcv(local)]
    fn run(&mut self, ctx: &mut Ctx<Self>, code: Code) -> Result<(), Die> {
        code(self, ctx)
    }
}

fn worker(node: &Node) -> WorkerRef {
    node.port(Worker::default())
}

/// Runs code in the port, as a handler of it.
fn run(port: &WorkerRef, code: impl FnOnce(&mut Worker, &mut Ctx<Worker>) + Send + 'static) {
    let code: Code = Box::new(move |worker, ctx| {
        code(worker, ctx);
        Ok(())
    });
    port.run(code).expect("the port is on this node");
}

/// Tells when it is dropped.
struct Dropped(mpsc::UnboundedSender<&'static str>, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.send(self.1).unwrap_or_default();
    }
}

/// Items from a channel; a panic for "panic".
struct Lines(mpsc::UnboundedReceiver<&'static str>);

impl Stream for Lines {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<&'static str>> {
        self.0.poll_recv(cx).map(|line| {
            assert_ne!(line, Some("panic"), "the stream broke");
            line
        })
    }
}

#[tokio::test]
async fn a_task_runs_beside_the_handlers_and_its_result_comes_back() {
    let node = Node::local();
    let port = worker(&node);
    let (go, wait) = oneshot::channel::<u32>();
    run(&port, move |_, ctx| {
        ctx.spawn_then(async move { wait.await.unwrap_or(0) }, |worker, _, n| {
            worker.notes.push(format!("result {n}"));
        });
    });
    port.note("handled meanwhile");
    assert_eq!(soon("notes", port.notes()).await.unwrap(), ["handled meanwhile"]);
    let (done, told) = oneshot::channel();
    run(&port, move |_, ctx| {
        let own = ctx.handle();
        // A task may ask its own port, which goes on.
        ctx.spawn(async move {
            let before = own.notes().await?.len();
            go.send(7).unwrap_or_default();
            done.send(before).unwrap_or_default();
            Ok(())
        });
    });
    assert_eq!(soon("the answer to its own port", told).await.unwrap(), 1);
    let noted = async {
        while port.notes().await.unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    soon("the result", noted).await;
    assert_eq!(port.notes().await.unwrap()[1], "result 7");
}

#[tokio::test]
async fn a_task_that_fails_kills_its_port() {
    let node = Node::local();
    for (code, text) in [(0, "panicked: went wrong"), (1, "no luck"), (2, "panicked: blocked")] {
        let port = worker(&node);
        let end = death(&node, &port);
        run(&port, move |_, ctx| {
            match code {
                0 => ctx.spawn(async { panic!("went wrong") as () }),
                1 => ctx.spawn(async { Err(die!("no luck")) }),
                _ => ctx.spawn_blocking(|| panic!("blocked") as ()),
            };
        });
        assert_eq!(end.reason().await, Reason::new("die", text));
    }
}

#[tokio::test]
async fn tasks_end_before_the_monitors_of_their_port_fire() {
    let node = Node::local();
    for kill_now in [false, true] {
        let port = worker(&node);
        let (tell, mut told) = mpsc::unbounded_channel();
        let (begun, begins) = oneshot::channel();
        let held = (Dropped(tell.clone(), "future"), Dropped(tell.clone(), "then"));
        run(&port, move |_, ctx| {
            let (future, then) = held;
            let code = async move {
                begun.send(()).unwrap_or_default();
                let _future = future;
                pending::<()>().await;
            };
            ctx.spawn_then(code, move |_, _, ()| drop(then));
        });
        soon("the task", begins).await.unwrap();
        node.mon(&port, move |_: Reason| tell.send("monitor").unwrap_or_default());
        if kill_now {
            node.kil_now(&port, ());
        } else {
            port.kil(());
        }
        let mut order = Vec::new();
        for _ in 0..3 {
            order.push(soon("the end", told.recv()).await.unwrap());
        }
        assert_eq!(order, ["future", "then", "monitor"]);
    }
}

#[tokio::test]
async fn a_cancelled_task_brings_nothing_and_the_port_lives() {
    let node = Node::local();
    let port = worker(&node);
    let (tell, mut told) = mpsc::unbounded_channel();
    run(&port, move |_, ctx| {
        let held = Dropped(tell, "dropped");
        let code = async move {
            let _held = held;
            pending::<()>().await;
        };
        let task = ctx.spawn_then(code, |worker, _, ()| worker.notes.push("too late".into()));
        task.cancel();
        task.clone().cancel();
    });
    assert_eq!(soon("the end of the task", told.recv()).await, Some("dropped"));
    assert!(soon("notes", port.notes()).await.unwrap().is_empty());
}

/// What a task sends, its port sends: a handle from a bare ID sends from its node.
#[tokio::test]
async fn a_task_sends_in_the_name_of_its_port() {
    let (node, _other) = (Node::local(), Node::local());
    let (port, target) = (worker(&node), worker(&node));
    let id = target.id();
    run(&port, move |_, ctx| {
        ctx.spawn(async move { WorkerRef::from(&id).note("from a task") });
    });
    let noted = async {
        while target.notes().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    soon("the note", noted).await;
}

#[tokio::test]
async fn blocking_code_runs_elsewhere_and_its_result_comes_back() {
    let node = Node::local();
    let port = worker(&node);
    let (tell, told) = oneshot::channel();
    run(&port, move |_, ctx| {
        let here = std::thread::current().id();
        ctx.spawn_blocking_then(
            move || std::thread::current().id() != here,
            move |_, _, elsewhere| tell.send(elsewhere).unwrap_or_default(),
        );
    });
    assert!(soon("the result", told).await.unwrap());
}

#[tokio::test]
async fn items_of_a_stream_come_one_by_one_and_its_end_is_told() {
    let node = Node::local();
    // Items need no room.
    let port = node.port_with(Worker::default(), PortOptions::new().max_messages(1));
    let (lines, stream) = mpsc::unbounded_channel();
    let (ended, end) = oneshot::channel();
    for line in ["a", "b", "c"] {
        lines.send(line).unwrap();
    }
    run(&port, move |_, ctx| {
        ctx.attach_then(
            Lines(stream),
            |worker, _, line| worker.notes.push(line.to_owned()),
            move |_, _| ended.send(()).unwrap_or_default(),
        );
    });
    drop(lines);
    soon("the end of the stream", end).await.unwrap();
    assert_eq!(port.notes().await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_stream_that_panics_or_a_closure_that_fails_kills_the_port() {
    let node = Node::local();
    for (line, text) in [("panic", "the stream broke"), ("bad", "a bad line")] {
        let port = worker(&node);
        let end = death(&node, &port);
        let (lines, stream) = mpsc::unbounded_channel();
        lines.send(line).unwrap();
        run(&port, move |_, ctx| {
            ctx.attach(Lines(stream), |_, _, line| match line {
                "bad" => Err(die!("a bad line")),
                _ => Ok(()),
            });
        });
        let reason = end.reason().await;
        assert!(reason.kind() == "die" && reason.text().contains(text), "{reason}");
    }
}

#[tokio::test]
async fn async_closures_are_awaited_by_the_port() {
    let node = Node::local();
    let port = worker(&node);
    let go = Arc::new(Notify::new());
    let (tell, told) = oneshot::channel();
    let other = worker(&node);
    let (gone, waits) = (other.clone(), go.clone());
    run(&port, move |_, ctx| {
        let again = waits.clone();
        let note = ctx.psub_async(async move |worker, _ctx, text: &'static str| {
            again.notified().await;
            worker.notes.push(text.to_owned());
        });
        note("called");
        ctx.mon_async(&gone, async move |worker, _ctx, reason| {
            waits.notified().await;
            worker.notes.push(reason.to_string());
        });
        ctx.after_async(Duration::ZERO, async move |worker, ctx| {
            tokio::task::yield_now().await;
            worker.notes.push("later".into());
            ctx.handle().notes().await.unwrap_err();
            tell.send(()).unwrap_or_default();
            Ok(())
        });
    });
    // It waits for the first of them.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    port.note("behind it");
    other.kil("over");
    go.notify_one();
    soon("the timer", told).await.unwrap();
    go.notify_one();
    let noted = async {
        while port.notes().await.unwrap().len() < 4 {
            tokio::task::yield_now().await;
        }
    };
    soon("the notes", noted).await;
    let notes = port.notes().await.unwrap();
    assert_eq!(notes[0], "called");
    assert!(notes.contains(&"over".to_owned()), "{notes:?}");
}

#[tokio::test]
async fn handlers_of_closure_ports_may_be_async() -> Result<(), Box<dyn std::error::Error>> {
    let node = Node::local();
    let port = node.port_fn_async(async |ctx, msg| {
        tokio::task::yield_now().await;
        ctx.snd(msg.arg::<PortId>(0)?, ("default",));
        Ok(())
    });
    let name = Arc::new(String::from("ann"));
    port.rcv_async("name", async move |ctx, (reply,): (PortId,)| {
        tokio::task::yield_now().await;
        ctx.snd(reply, (&*name,));
    })?;
    for _ in 0..2 {
        let (answer,): (String,) = soon("an answer", node.cal(&port, ("name",))).await?;
        assert_eq!(answer, "ann");
    }
    let (answer,): (String,) = soon("an answer", node.cal(&port, ("other",))).await?;
    assert_eq!(answer, "default");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_repeated_timer_keeps_its_beat_until_it_is_cancelled() {
    let node = Node::local();
    let port = worker(&node);
    let begun = Instant::now();
    let (tell, mut told) = mpsc::unbounded_channel();
    run(&port, move |worker, ctx| {
        worker.timer = Some(ctx.every(SECOND, move |worker, _| {
            tell.send(begun.elapsed().as_secs()).unwrap_or_default();
            if begun.elapsed() >= 3 * SECOND {
                worker.timer.take().into_iter().for_each(|timer| timer.cancel());
            }
        }));
    });
    let mut beats = Vec::new();
    while let Some(at) = told.recv().await {
        beats.push(at);
    }
    assert_eq!(beats, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_timer_leaves_out_what_would_be_late() {
    let node = Node::local();
    let port = worker(&node);
    let begun = Instant::now();
    let (tell, mut told) = mpsc::unbounded_channel();
    run(&port, move |_, ctx| {
        ctx.every(2 * SECOND, move |_, ctx| {
            let at = begun.elapsed().as_secs();
            tell.send(at).unwrap_or_default();
            if at == 2 {
                // The port is busy over two of its times.
                ctx.after_async(Duration::ZERO, async |_, _| tokio::time::sleep(5 * SECOND).await);
            }
        });
    });
    let mut beats = Vec::new();
    for _ in 0..3 {
        beats.push(told.recv().await.unwrap());
    }
    assert_eq!(beats, [2, 7, 8]);
    port.kil(());
    assert_eq!(told.recv().await, None, "it ends with its port");
}

#[tokio::test]
async fn an_interval_of_zero_kills_the_port() {
    let node = Node::local();
    let port = worker(&node);
    let end = death(&node, &port);
    run(&port, |_, ctx| drop(ctx.every(Duration::ZERO, |_, _| ())));
    assert!(end.reason().await.text().contains("interval"));
}

#[aemp_actor::init("Work::busy")]
fn busy(init: &mut Init, to: PortId) -> Worker {
    init.set_options(PortOptions::new().max_messages(7));
    let ctx = init.ctx::<Worker>();
    let own = ctx.handle();
    ctx.mon(&to, |worker, _, reason| worker.notes.push(reason.to_string()));
    ctx.after(Duration::ZERO, move |worker, ctx| {
        worker.notes.push("timer".into());
        ctx.snd(&to, ("made", own));
    });
    ctx.spawn(async { Ok(()) });
    Worker::default()
}

#[aemp_actor::init("Work::wrong")]
fn wrong(init: &mut Init) -> Worker {
    init.ctx::<FnPort>();
    Worker::default()
}

#[tokio::test]
async fn an_init_function_can_do_what_handlers_can() {
    let node = Node::local();
    let (tell, mut told) = mpsc::unbounded_channel();
    let screen = node.port_fn(move |_, msg| {
        tell.send(msg.arg::<WorkerRef>(0).unwrap()).unwrap_or_default();
    });
    let port = node.spawn(&node, "Work::busy", (&screen,));
    let made = soon("the handle", told.recv()).await.unwrap();
    assert_eq!(made.id(), port);
    screen.kil("over");
    let noted = async {
        while made.notes().await.unwrap() != ["timer", "over"] {
            tokio::task::yield_now().await;
        }
    };
    soon("the monitor", noted).await;

    let end = death(&node, node.spawn(&node, "Work::wrong", ()));
    let text = end.reason().await.text();
    assert!(text.contains("makes a") && text.contains("Worker"), "{text}");
}

#[aemp_actor::init("Work::clerk")]
fn clerk(init: &mut Init, greeting: String) {
    init.rcv("ping", |ctx, (reply,): (PortId,)| ctx.snd(reply, ("pong",)));
    init.receive(async move |mut me| {
        loop {
            let to: PortId = me.get_cond(|msg| msg.arg::<PortId>(0).ok()).await?;
            me.snd(to, (&greeting,));
        }
    });
}

#[tokio::test]
async fn a_block_receives_beside_tagged_handlers() {
    let node = Node::local();
    let port = node.spawn(&node, "Work::clerk", ("hello",));
    for _ in 0..2 {
        let (hello,): (String,) = soon("the block", node.cal(&port, ("greet",))).await.unwrap();
        let (pong,): (String,) = soon("the handler", node.cal(&port, ("ping",))).await.unwrap();
        assert_eq!((&*hello, &*pong), ("hello", "pong"));
    }
}

#[tokio::test]
async fn what_a_block_beside_handlers_has_not_received_is_bounded_and_counted() {
    let node = Node::local();
    let port = node.port_fn(|_, _| ());
    let end = death(&node, &port);
    let (begun, begins) = oneshot::channel();
    port.receive(async move |mut me| {
        me.get::<()>("begin").await?;
        begun.send(()).unwrap_or_default();
        me.get::<()>("never").await?;
        Ok(())
    })
    .unwrap();
    let options = |_: &mut FnPort, ctx: &mut Ctx<FnPort>| {
        ctx.set_options(PortOptions::new().max_messages(3));
        Ok(())
    };
    port.peval(options).await.unwrap();
    node.snd(&port, ("begin",));
    soon("the block", begins).await.unwrap();
    for n in 0..3 {
        node.snd(&port, ("left", n));
        port.peval(|_, _| Ok(())).await.unwrap();
    }
    node.snd(&port, ("one more",));
    assert_eq!(end.reason().await.kind(), "overflow");
    let dropped = node.dropped();
    assert_eq!((dropped.dead_port, dropped.mailbox_full), (3, 1));
}

#[tokio::test]
async fn the_end_of_a_block_beside_handlers_is_that_of_its_port() {
    let node = Node::local();
    for fails in [false, true] {
        let port = node.port_fn(|_, _| ());
        let end = death(&node, &port);
        port.receive(async move |mut me| {
            me.recv().await?;
            if fails { Err(die!("no more")) } else { Ok(()) }
        })
        .unwrap();
        node.snd(&port, ("go",));
        let expected = if fails { "die" } else { "normal" };
        assert_eq!(end.reason().await.kind(), expected);
    }
}
