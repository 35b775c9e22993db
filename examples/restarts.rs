//! What it costs to start children again: `cargo run --release --example restarts`
//!
//! The children of one supervisor are killed, all at once, and started again after their pauses. With an argument
//! there are so many, and not 20,000.

use std::error::Error;
use std::time::Duration;

use aemp_actor::FnPort;
use aemp_actor::prelude::*;
use aemp_actor::supervisor::{Child, ChildRef, Strategy, Supervisor};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(20_000), |count| count.parse())?;
    let node = Node::local();
    let supervisor = Supervisor::new(Strategy::OneForOne).any_intensity().start(&node);
    let mut children: Vec<ChildRef<FnPort>> = Vec::new();
    for number in 0..count {
        let child = Child::new(format!("child {number}"), |_| ());
        children.push(child.child_ref());
        supervisor.start_child(child).await??;
    }
    supervisor.ready().await?;
    let before: Vec<PortId> = children.iter().map(ChildRef::id).collect::<Result<_, _>>()?;

    let begun = processor_time(&node).await?;
    for port in &before {
        node.kil(port, "restart");
    }
    for (child, port) in children.iter().zip(&before) {
        child.wait_after(port).await?;
    }
    let cost = processor_time(&node).await?.saturating_sub(begun);
    println!("{count} children were started again in {cost:.2?} of processor time");
    supervisor.shutdown();
    Ok(())
}

/// That of this process so far.
async fn processor_time(node: &Node) -> Result<Duration, Box<dyn Error>> {
    let info = node.introspect(node).info().await?;
    Ok(info.process.ok_or("this system does not tell the processor time")?.cpu)
}
