//! A tour of ports, nodes and monitors, in two processes: `cargo run --example tour`.
//!
//! The program starts itself a second time, as node `worker`, and shows step by step what ports
//! in the two processes can do with each other. Each step waits for what it announces; the exit
//! status is 0 only if all of it happened. `RUST_LOG=aemp=debug` shows what goes on behind it.

use std::error::Error;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use aemp_actor::generate_secret;
use aemp_actor::prelude::*;
use aemp_examples::{Page, logs};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

/// How long a step may take; each takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the second process finds the first, and what it proves itself with.
const SEED: &str = "AEMP_TOUR_SEED";
const SECRET: &str = "AEMP_TOUR_SECRET";

type Done<T = ()> = Result<T, Box<dyn Error>>;

// ---- The ports. A port is a struct, its methods are its messages. ----

/// Adds up numbers. Lives in the first process.
#[derive(Port, Default)]
struct Tally {
    total: i64,
}

#[rcv]
impl Tally {
    fn add(&mut self, n: i64) {
        self.total += n;
    }

    fn total(&self) -> i64 {
        self.total
    }
}

/// Takes notes from everywhere. Lives in the first process.
#[derive(Port)]
struct Desk {
    notes: mpsc::UnboundedSender<String>,
}

#[rcv]
impl Desk {
    fn note(&mut self, text: String) -> Result<(), Die> {
        Ok(self.notes.send(text)?)
    }
}

/// Greets, and calculates. Lives in the second process.
#[derive(Port)]
struct Clerk {
    name: String,
}

#[rcv]
impl Clerk {
    fn process(&self) -> u32 {
        std::process::id()
    }

    fn greet(&self, desk: DeskRef, who: String) {
        desk.note(format!("Hello {who}, I am {}.", self.name));
    }

    fn multiply(&self, a: i64, b: i64) -> i64 {
        a * b
    }

    fn divide(&self, a: i64, b: i64) -> Result<i64, Die> {
        a.checked_div(b).ok_or_else(|| die!("cannot divide {a} by {b}"))
    }
}

/// Makes a clerk on whatever node is asked for one.
#[init("Tour::clerk")]
fn new_clerk(name: String) -> Clerk {
    Clerk { name }
}

/// Makes a port of closures, one for each tag, in place of a struct.
#[init("Tour::parrot")]
fn new_parrot(ctx: &mut Init, owner: PortId) {
    ctx.snd(&owner, ("note", "The parrot has landed."));
    ctx.rcv("say", |ctx, (to, word): (PortId, String)| {
        ctx.snd(to, ("note", format!("{word}! {word}!")));
    });
}

// ---- The two processes. ----

#[tokio::main]
async fn main() -> ExitCode {
    logs("off");
    if std::env::args().nth(1).as_deref() == Some("worker") {
        return worker().await.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let started = Instant::now();
    let mut page = Page::new("aemp", "a tour of ports, nodes and monitors, in two processes");
    match tour(&mut page).await {
        Ok(()) => {
            page.done(&format!("All of it happened, in {} ms.", started.elapsed().as_millis()));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            page.failed(problem);
            ExitCode::FAILURE
        }
    }
}

/// The second process: a node, and nothing else to do. It ends when the first one does.
async fn worker() -> Done {
    let (seed, secret) = (std::env::var(SEED)?, std::env::var(SECRET)?);
    let config = Config::new().nodeid("worker").bind("127.0.0.1:0").seed(seed).secret(secret);
    let _node = Node::configure(config).await?;
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

/// The first process.
async fn tour(page: &mut Page) -> Done {
    let secret = generate_secret();
    let config = Config::new().nodeid("home").bind("127.0.0.1:0").secret(secret.as_str());
    let node = Node::configure(config).await?;
    local_port(page, &node).await?;
    let mut worker = second_process(page, &node, &secret).await?;
    let (sender, mut notes) = mpsc::unbounded_channel();
    let desk = node.port(Desk { notes: sender });
    let ada = typed_spawn(page, &node, &worker).await?;
    let parrot = untyped_spawn(page, &node, &desk, &mut notes).await?;
    typed_messages(page, &ada, &desk, &mut notes).await?;
    untyped_messages(page, &node, &parrot, &desk, &mut notes).await?;
    requests(page, &node, &ada).await?;
    failing_handler(page, &node, &ada).await?;
    killed_process(page, &node, &parrot, &mut worker).await
}

// ---- The steps. ----

async fn local_port(page: &mut Page, node: &Node) -> Done {
    page.step(
        "A port is a struct, its methods are its messages.",
        "Sending never waits and never fails. A request is a future with a deadline.",
    );
    let tally = node.port(Tally::default());
    page.show("let tally = node.port(Tally::default());", &tally);
    tally.add(2);
    tally.add(40);
    page.show("tally.add(2); tally.add(40);", "sent");
    let total = within("an answer of the tally", tally.total()).await??;
    page.show("tally.total().await", total);
    expect(total == 42, "a total of 42")
}

async fn second_process(page: &mut Page, node: &Node, secret: &str) -> Done<Child> {
    page.step(
        "A second process comes up, as node \"worker\".",
        "This program, started again. Both prove that they know the secret.",
    );
    let mut events = node.node_events();
    let listener = node.listeners().pop().ok_or("this node listens nowhere")?;
    let started = Instant::now();
    let child = Command::new(std::env::current_exe()?)
        .arg("worker")
        .envs([(SEED, listener.as_str()), (SECRET, secret)])
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let id = child.id().unwrap_or_default();
    page.show("Command::new(current_exe()?).arg(\"worker\")", format!("process {id}"));
    let event = within("node worker coming up", events.next()).await?;
    let event = event.ok_or("this node was shut down")?;
    let (other, after) = (event.node(), started.elapsed().as_millis());
    page.show("node.node_events().next().await", format_args!("{other} is up after {after} ms"));
    expect(event.is_up() && *other == "worker", "node worker up")?;
    let protected = connections(page, node);
    expect(protected, "every connection encrypted")?;
    Ok(child)
}

/// Shows how each connection is protected; false if one is not.
fn connections(page: &mut Page, node: &Node) -> bool {
    let peers = node.peers().into_iter();
    let protections: Vec<_> =
        peers.filter_map(|peer| Some((peer.node.clone(), node.protection(peer.node)?))).collect();
    for (node, protection) in &protections {
        page.event(format_args!("{node}: {protection}"));
    }
    !protections.is_empty() && protections.iter().all(|(_, protection)| protection.is_encrypted())
}

async fn typed_spawn(page: &mut Page, node: &Node, worker: &Child) -> Done<ClerkRef> {
    page.step(
        "Spawn a port over there, by the name of its #[init] function.",
        "The compiler checks the arguments. The ID of the new port is known at once.",
    );
    let ada = new_clerk.on(node, "worker", ("Ada".to_owned(),));
    page.show("new_clerk.on(&node, \"worker\", (\"Ada\".into(),))", &ada);
    let process = within("an answer of Ada", ada.process()).await??;
    let own = std::process::id();
    page.show("ada.process().await", format_args!("{process} (here: {own})"));
    expect(worker.id() == Some(process), "Ada in the second process")?;
    Ok(ada)
}

async fn untyped_spawn(
    page: &mut Page,
    node: &Node,
    desk: &DeskRef,
    notes: &mut mpsc::UnboundedReceiver<String>,
) -> Done<PortId> {
    page.step(
        "The same without types, as a node in any other language does it.",
        "This port is a set of closures. It sends a note as soon as it lives.",
    );
    let parrot = node.spawn("worker", "Tour::parrot", (desk,));
    page.show("node.spawn(\"worker\", \"Tour::parrot\", (&desk,))", &parrot);
    let note = within("a note from the parrot", notes.recv()).await?.unwrap_or_default();
    page.event(&note);
    expect(note == "The parrot has landed.", "a note that it has landed")?;
    Ok(parrot)
}

async fn typed_messages(
    page: &mut Page,
    ada: &ClerkRef,
    desk: &DeskRef,
    notes: &mut mpsc::UnboundedReceiver<String>,
) -> Done {
    page.step(
        "Messages both ways, with types.",
        "A handle is plain data: it can be sent, and used from where it arrives.",
    );
    ada.greet(desk.clone(), "newcomer");
    page.show("ada.greet(desk.clone(), \"newcomer\");", "there: desk.note(…)");
    let note = within("a greeting", notes.recv()).await?.unwrap_or_default();
    page.event(&note);
    expect(note == "Hello newcomer, I am Ada.", "Ada's greeting")
}

async fn untyped_messages(
    page: &mut Page,
    node: &Node,
    parrot: &PortId,
    desk: &DeskRef,
    notes: &mut mpsc::UnboundedReceiver<String>,
) -> Done {
    page.step(
        "Messages both ways, without types.",
        "A message is a tag and arguments. Types are checked where it arrives.",
    );
    node.snd(parrot, ("say", desk, "Polly"));
    page.show("node.snd(&parrot, (\"say\", &desk, \"Polly\"));", "there: ctx.snd(to, …)");
    let note = within("a note from the parrot", notes.recv()).await?.unwrap_or_default();
    page.event(&note);
    expect(note == "Polly! Polly!", "the parrot's words")
}

async fn requests(page: &mut Page, node: &Node, ada: &ClerkRef) -> Done {
    page.step(
        "A request is answered: cal.",
        "To any port by its ID; a node answers some questions by itself.",
    );
    let (product,): (i64,) = within("a product", node.cal(ada, ("multiply", 6, 7))).await??;
    page.show("node.cal(&ada, (\"multiply\", 6, 7)).await", format_args!("({product},)"));
    let (time,): (f64,) = within("the time", node.cal("worker", ("time",))).await??;
    page.show("node.cal(\"worker\", (\"time\",)).await", format_args!("({time:.1},)"));
    expect(product == 42 && time > 1e9, "the right answers")
}

async fn failing_handler(page: &mut Page, node: &Node, ada: &ClerkRef) -> Done {
    page.step(
        "A handler fails: its port dies, and its monitors are told why.",
        "Nothing else dies with it. Whoever watches decides what happens next.",
    );
    let reason = watch(node, ada);
    page.show("node.mon(&ada, |reason| …);", "watching");
    let refused = within("the end of the request", ada.divide(1, 0)).await?;
    page.show("ada.divide(1, 0).await", "Err(CallError::Died { … })");
    let reason = within("the monitor of Ada", reason).await??;
    page.event(&reason);
    expect(refused.is_err() && reason.kind() == "die", "the reason \"die\"")
}

async fn killed_process(page: &mut Page, node: &Node, parrot: &PortId, worker: &mut Child) -> Done {
    page.step(
        "The process is killed: monitors fire all the same.",
        "One kind of event for every end: of a port, a process, a connection.",
    );
    let reason = watch(node, parrot);
    page.show("node.mon(&parrot, |reason| …);", "watching");
    within("the end of the second process", worker.kill()).await??;
    page.show("worker.kill().await", "killed, with no farewell");
    let reason = within("the monitor of the parrot", reason).await??;
    page.event(&reason);
    expect(reason.kind() == "transport_error", "the reason \"transport_error\"")
}

// ---- Helpers. ----

/// Monitors a port; the reason of its death arrives here.
fn watch(node: &Node, port: impl Into<PortId>) -> oneshot::Receiver<Reason> {
    let (sender, receiver) = oneshot::channel();
    node.mon(port, move |reason| drop(sender.send(reason)));
    receiver
}

/// Waits for `event`, with a bound.
async fn within<T>(what: &str, event: impl IntoFuture<Output = T>) -> Result<T, String> {
    let waited = tokio::time::timeout(PATIENCE, event.into_future()).await;
    waited.map_err(|_| format!("{what} was expected within {PATIENCE:?}"))
}

fn expect(happened: bool, what: &str) -> Done {
    if happened { Ok(()) } else { Err(format!("{what} was expected").into()) }
}
