//! A node program: ports of its own, and the command `aemp` around them.
//!
//! ```text
//! service setsecret - setseeds 127.0.0.1:4040         (which reads the secret, and does not show it)
//! service profile demo nodeid demo binds 127.0.0.1:4040 services '[["Demo::worker",4]]'
//! service run demo
//! ```
//!
//! That is a node with a port that multiplies by 4, under a watchdog. From another terminal:
//!
//! ```text
//! service groups workers
//! service cal PORT multiply 5
//! service spawn demo Demo::greeter hello
//! service restart demo
//! ```

use std::process::ExitCode;

use aemp_actor::prelude::*;

/// The group of the workers.
const GROUP: &str = "workers";

/// Multiplies.
#[derive(Port)]
struct Worker {
    factor: i64,
}

#[rcv]
impl Worker {
    fn multiply(&self, number: i64) -> Result<i64, Die> {
        self.factor
            .checked_mul(number)
            .ok_or_else(|| die!("{} times {number} is too much", self.factor))
    }
}

/// Multiplies by this, as a member of the group.
#[init("Demo::worker")]
fn worker(ctx: &mut Init, factor: i64) -> Result<Worker, Die> {
    if factor == 0 {
        return Err(die!("a worker that multiplies by 0 is of no use"));
    }
    ctx.node().grp_reg(GROUP, ctx.id()).map_err(|error| die!("{error}"))?;
    Ok(Worker { factor })
}

/// Greets with this word whoever asks for it.
#[init("Demo::greeter")]
fn greeter(ctx: &mut Init, word: String) {
    ctx.rcv("greet", move |ctx, (name, reply): (String, PortId)| {
        ctx.snd(&reply, (format!("{word}, {name}"),));
    });
}

/// Spawns several workers, and dies when one of them fails.
#[init("Demo::workers")]
fn workers(ctx: &mut Init, number: usize, factor: i64) {
    let node = ctx.node().clone();
    for _ in 0..number {
        let worker = node.spawn(node.id(), worker.name(), (factor,));
        ctx.link(&worker);
    }
    ctx.rcv_default(|_, _| ());
}

fn main() -> ExitCode {
    aemp_cli::main()
}
