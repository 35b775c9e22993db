//! The process with the node.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::notify;
use super::plan::RunPlan;
use super::socket::{OpenSocket, Socket, WatchdogMessage};
use crate::{Failure, logs, program_name};
use aemp_actor::{ConfigError, Node, Signal, Signals, init_names};

/// How often the watchdog is given a sign of life, unless it waits for less long.
const BEAT: Duration = Duration::from_secs(1);

/// Runs the node until the system, the watchdog, `aemp restart` or `aemp stop` ends it.
pub(super) fn run(plan: RunPlan, watchdog: Option<Socket>) -> Result<(), Failure> {
    logs::of_node(plan.verbosity, plan.traces, plan.json);
    if let Some(missing) = &plan.missing {
        tracing::warn!(target: "aemp", "{missing}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(live(plan, watchdog))
}

async fn live(plan: RunPlan, watchdog: Option<Socket>) -> Result<(), Failure> {
    let mut signals =
        Signals::new().map_err(|error| Failure::Failed(format!("signals: {error}")))?;
    let beat = BEAT.min(plan.heartbeat / 4);
    let grace = plan.grace;
    // Told where it is seen: it may be more than was meant.
    let (bound, why) = match plan.config.listens_by_default() {
        true => ("all addresses of this machine: ", " (no binds are set)"),
        false => ("", ""),
    };
    let node = Node::configure(plan.config).await;
    let node = node.map_err(|error| Failure::Config(remedy(&error)))?;
    let listeners = node.listeners().join(" ");
    tracing::info!(
        target: "aemp",
        "node {} is running, and listens on {bound}{listeners}{why}",
        node.id()
    );
    let stop = Arc::new(Notify::new());
    let wanted = stop.clone();
    node.on_stop(move || wanted.notify_one());
    match watchdog {
        None => {
            notify::ready();
            alone(&node, beat, &mut signals, &stop).await;
            notify::stopping();
        }
        Some(watchdog) => {
            let mut watchdog =
                watchdog.open().map_err(|error| Failure::Failed(format!("watchdog: {error}")))?;
            watched(&node, &mut watchdog, beat, &mut signals, &stop).await;
        }
    }
    node.shutdown(grace).await;
    Ok(())
}

/// What is wrong, and what those do about it who have a command, not the program's text.
fn remedy(error: &ConfigError) -> String {
    match error {
        ConfigError::NoSecret => format!(
            "secret: a node with binds or seeds needs the network's secret: {} setsecret, or AEMP_SECRET",
            program_name()
        ),
        ConfigError::NoService { .. } => {
            let mut names: Vec<_> = init_names().collect();
            names.sort_unstable();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!("{error}; functions of this program: {names}; run the program that has it")
        }
        _ => error.to_string(),
    }
}

/// Returns when the node is to end. Nobody but systemd watches.
async fn alone(node: &Node, beat: Duration, signals: &mut Signals, stop: &Notify) {
    let mut beats = tokio::time::interval(beat);
    loop {
        tokio::select! {
            _ = beats.tick() => if lives(node, beat).await {
                notify::alive();
            },
            () = stop.notified() => return,
            signal = signals.next() => match signal {
                Signal::End => return,
                Signal::Reload => node.read_security_again(),
            },
        }
    }
}

/// A node whose ports or locks hang gives no sign of life.
async fn lives(node: &Node, beat: Duration) -> bool {
    node.cal::<(f64,)>(node, ("time",)).timeout(beat).await.is_ok()
}

/// Returns when the node is to end.
async fn watched(
    node: &Node,
    watchdog: &mut OpenSocket,
    beat: Duration,
    signals: &mut Signals,
    stop: &Notify,
) {
    let restart = Arc::new(Notify::new());
    let wanted = restart.clone();
    node.on_restart(move || wanted.notify_one());
    watchdog.say(WatchdogMessage::Up).await;
    let mut beats = tokio::time::interval(beat);
    loop {
        tokio::select! {
            _ = beats.tick() => if lives(node, beat).await {
                watchdog.say(WatchdogMessage::Beat).await;
            },
            said = watchdog.next() => match said {
                Some(WatchdogMessage::Reload) => node.read_security_again(),
                Some(_) => {}
                None => {
                    tracing::info!(target: "aemp", "the watchdog is gone, or wants an end");
                    return;
                }
            },
            // A process that ends well is not started again.
            () = stop.notified() => return,
            () = restart.notified() => {
                watchdog.say(WatchdogMessage::Restart).await;
                return;
            }
            signal = signals.next() => match signal {
                Signal::End => return,
                Signal::Reload => node.read_security_again(),
            },
        }
    }
}
