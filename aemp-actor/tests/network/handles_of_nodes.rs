//! With several nodes in a process, a typed handle sends from the node that it came to: that of the
//! port that decoded it, that of the caller for what is in an answer, that of a callback's node.

use std::sync::Mutex;
use std::time::Duration;

use crate::support::{Net, PATIENCE, pair, soon};
use aemp_actor::prelude::*;
use aemp_actor::{CallError, PortRef, kind};
use tokio::sync::mpsc;

/// What the handles that are found here are of: a port of a third node, which there is not.
const ELSEWHERE: &str = "gamma#1";

type Found = mpsc::UnboundedSender<(&'static str, GuideRef)>;

/// Gives handles, and takes them.
#[derive(Port)]
struct Guide {
    found: Found,
}

#[rcv]
impl Guide {
    fn handle(&self) -> GuideRef {
        GuideRef::from(PortId::from(ELSEWHERE))
    }

    fn take(&self, handle: GuideRef) {
        self.found.send(("an argument", handle)).unwrap();
    }

    /// Asks another port, by a handle of another node.
    #[rcv(local)]
    async fn ask(&self, other: GuideRef) -> Result<(), Die> {
        self.found.send(("an answer that a port awaits", other.handle().await?)).unwrap();
        Ok(())
    }

    async fn ask_by_id(&self, other: PortId) -> Result<(), Die> {
        let handle = GuideRef::from(other).handle().await?;
        self.found.send(("an answer in a port, by ID", handle)).unwrap();
        Ok(())
    }
}

static SPAWNED: Mutex<Option<Found>> = Mutex::new(None);

#[init("Handles::guide")]
fn make_guide(handle: GuideRef) -> Result<Guide, Die> {
    let found = SPAWNED.lock().unwrap().clone().ok_or_else(|| die!("nobody waits for it"))?;
    found.send(("an argument of an init function", handle))?;
    Ok(Guide { found })
}

/// Has handles made on behalf of `node` in all ways, in the context of the test and of ports.
async fn make_handles(node: &Node, other: &Node, found: &Found) {
    let elsewhere = || PortId::from(ELSEWHERE);
    let give = |how: &'static str| {
        let found = found.clone();
        move |handle: GuideRef| found.send((how, handle)).unwrap()
    };
    let far = other.port(Guide { found: found.clone() });
    let far = GuideRef::at(node, far.id());
    give("a typed answer")(far.handle().await.unwrap());
    let (handle,): (GuideRef,) = node.cal(&far, ("handle",)).await.unwrap();
    give("an answer")(handle);

    let near = node.port(Guide { found: found.clone() });
    node.snd(&near, ("take", elsewhere()));
    GuideRef::at(other, near.id()).take(GuideRef::at(other, elsewhere()));
    near.ask_by_id(far.id());
    // The port is of another node than the one that it asks from.
    other.port(Guide { found: found.clone() }).ask(far).unwrap();
    let handle = near.peval(move |_, _| Ok(GuideRef::from(elsewhere()))).await.unwrap();
    give("peval")(handle);

    let closure = give("an argument of a closure");
    let closures = node.port_fn(|_, _| {});
    closures.rcv("take", move |_, (handle,): (GuideRef,)| closure(handle)).unwrap();
    other.snd(&closures, ("take", elsewhere()));
    let received = give("a message that is received");
    let block = node.port_async(async move |mut me| {
        let (handle,) = me.get("take").await?;
        received(handle);
        Ok(())
    });
    other.snd(&block, ("take", elsewhere()));
    *SPAWNED.lock().unwrap() = Some(found.clone());
    other.spawn(node, "Handles::guide", (elsewhere(),));
}

/// The same in the callbacks of a node. Gives what keeps them.
async fn make_handles_in_callbacks(node: &Node, other: &Node, found: &Found) -> impl Sized + use<> {
    let elsewhere = || PortId::from(ELSEWHERE);
    let give = |how: &'static str| {
        let found = found.clone();
        move |handle: GuideRef| found.send((how, handle)).unwrap()
    };
    let function = give("a registered function");
    node.register("Handles::take", move |call| function(call.message.arg(0).unwrap()));
    other.snd(node, ("Handles::take", elsewhere()));
    let monitor = give("a monitor");
    let _ = node.mon("alpha#gone", move |_| monitor(GuideRef::from(elsewhere())));
    let group = give("a monitor of a group");
    let members = node.grp_mon("guides", move |_| group(GuideRef::from(elsewhere())));
    let registered = node.grp_reg("guides", node.port_fn(|_, _| {}));
    let event = give("a callback for node events");
    let events = node.mon_nodes(move |_| event(GuideRef::from(elsewhere())));
    let data = give("a function for data connections");
    node.on_connect("Handles::data", move |_, (handle,): (GuideRef,)| {
        data(handle);
        async {}
    });
    let args = (elsewhere(),);
    let connection = other.connect_to(node, PATIENCE, "Handles::data", args).await.unwrap();
    (members, registered, events, connection)
}

#[tokio::test]
async fn a_handle_sends_from_the_node_that_it_came_to() {
    let (node, other) = pair(&Net::memory(), "alpha", "beta").await;
    let (found, mut handles) = mpsc::unbounded_channel();
    make_handles(&node, &other, &found).await;
    let kept = make_handles_in_callbacks(&node, &other, &found).await;
    let mut found = Vec::new();
    while found.len() < WAYS {
        found.push(soon("a handle", handles.recv()).await.unwrap());
        if found.len() == WAYS - 1 {
            // The last of them: a node event.
            other.shutdown(Duration::ZERO).await;
        }
    }
    drop(kept);
    // A third node, so that none is the only one.
    let third = Node::local();
    let fourth = Node::local();
    node.shutdown(Duration::ZERO).await;
    for (how, handle) in found {
        let asked = handle.handle().await;
        let is_of_node = matches!(&asked, Err(CallError::Died { reason, .. })
            if reason.kind() == kind::SHUTDOWN);
        assert!(is_of_node, "{how}: {asked:?}");
    }
    drop((third, fourth));
}

/// How many handles are made.
const WAYS: usize = 15;
