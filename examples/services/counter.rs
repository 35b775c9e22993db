//! A node program: the command `aemp`, with a port of its own. The guide's tour of a network and its
//! page on operating one are about nodes of this program.

use aemp_actor::prelude::*;

/// Counts.
#[derive(Port)]
struct Counter {
    count: i64,
}

#[rcv]
impl Counter {
    fn add(&mut self, n: i64) {
        self.count += n;
    }

    fn total(&self) -> i64 {
        self.count
    }
}

/// Any node can spawn it by this name, and a profile can name it as a service.
#[init("Demo::counter")]
fn counter(ctx: &mut Init, start: i64) -> Result<Counter, Die> {
    ctx.node().grp_reg("counters", ctx.id())?;
    Ok(Counter { count: start })
}

fn main() -> std::process::ExitCode {
    aemp_cli::main()
}
