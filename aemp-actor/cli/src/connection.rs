//! The command's own node, and joining the network with it.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Failure, Options, Output, logs, program_name, progress, show};
use aemp_actor::profile::{Key, Profiles};
use aemp_actor::{Config, Node};
use aemp_actor::{JoinError, SeedInfo};
use aemp_actor::{NodeId, PortId};
use serde_json::Value as Json;

/// The profile whose network is joined unless another one is named, as in the Perl implementation.
const PROFILE: &str = "aemp";

/// How long the last messages may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long a node that hangs may hold up what is asked of all.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// What is needed to join, looked up before there is a runtime.
pub(crate) struct JoinPlan {
    config: Config,
    /// Where the secret came from.
    secret: String,
    options: Options,
}

impl JoinPlan {
    /// Looks the profile up. Its node ID, binds and services are another node's: this one is
    /// anonymous, listens nowhere, and leaves other people's commands alone. A profile without
    /// seeds is joined at its binds.
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let profiles = Profiles::open()?;
        let name = options.profile.as_deref().unwrap_or(PROFILE);
        if options.profile.is_some() && profiles.values(Some(name)).is_none() {
            return Err(show::no_profile(&profiles, name));
        }
        let mut config = Config::new().with_profile(&profiles, name)?;
        let effective = profiles.effective(name)?;
        if !options.seeds.is_empty() {
            set_seeds(&mut config, &options.seeds)?;
        }
        // What has no address is not waited for until the very end.
        let config = config.visitor().connect_timeout(options.timeout() / 4);
        let (path, program) = (profiles.path().display(), program_name());
        if config.seeds_so_far().is_empty() && !effective.values.contains_key("nodes") {
            return Err(Failure::Config(format!(
                "profile {name:?} of {path} has no seeds: {program} addseed HOST:PORT, or --seed"
            )));
        }
        let proof = ["secrets", "secret", "cert"];
        let proof = proof.iter().find_map(|key| effective.sources.get(*key));
        let Some(source) = proof else {
            return Err(Failure::Config(format!(
                "profile {name:?} of {path} has no secret: {program} setsecret, or AEMP_SECRET"
            )));
        };
        logs::set_up(options.verbose);
        Ok(Self { config, secret: source.to_string(), options: options.clone() })
    }

    /// Makes the node, and waits until it has joined the network.
    pub(crate) async fn connect(self) -> Result<NetworkConnection, Failure> {
        let what = format!("joining the network ({})", self.config.seeds_so_far().join(", "));
        let (options, limit) = (self.options.clone(), Some(self.options.timeout()));
        progress::during(&what, limit, &options, self.join()).await
    }

    async fn join(self) -> Result<NetworkConnection, Failure> {
        let Self { config, secret, options } = self;
        let named = config.seeds_so_far().join(", ");
        let node =
            Node::configure(config).await.map_err(|error| Failure::Config(error.to_string()))?;
        let joined = async {
            loop {
                match node.joined_unless(JoinError::is_refused).await {
                    Err(error) if !error.is_refused() => {}
                    other => return other,
                }
            }
        };
        tokio::select! {
            joined = joined => if let Err(error) = joined {
                let proof = match error.is_permanent() {
                    true => format!("; what it proves itself with is set by {secret}"),
                    false => String::new(),
                };
                let text = format!("cannot join the network: {}{proof}", problems(&error.seeds));
                return Err(Failure::Network(text));
            },
            () = tokio::time::sleep(options.timeout()) => {
                let (problem, up) = (problems(&node.seeds()), node.up_nodes().len());
                return Err(Failure::Network(too_late(&named, options.timeout(), up, &problem)));
            }
        }
        Ok(NetworkConnection::new(node, options))
    }
}

/// Joins at these addresses, instead of those set before.
pub(crate) fn set_seeds(config: &mut Config, addresses: &[String]) -> Result<(), Failure> {
    let seeds = Key::find("seeds").expect("there is a key for seeds");
    seeds.set(config, &Json::from(addresses)).map_err(Failure::Usage)
}

/// What is wrong with seeds, one after the other.
fn problems(seeds: &[SeedInfo]) -> String {
    let errors = seeds.iter().filter_map(|seed| seed.error.as_ref());
    errors.map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What is said when joining takes too long, `up` nodes being connected by then; `problem` is the
/// last one with a seed.
fn too_late(seeds: &str, limit: Duration, up: usize, problem: &str) -> String {
    if up == 0 {
        return match problem {
            "" => format!("no seed answered within {limit:?}: {seeds}"),
            problem => format!("cannot join the network: {problem}"),
        };
    }
    let up = if up == 1 { "1 node is".to_owned() } else { format!("{up} nodes are") };
    let problem = match problem {
        "" => String::new(),
        problem => format!("; {problem}"),
    };
    format!(
        "the network is not joined within {limit:?} (--timeout), although {up} connected{problem}"
    )
}

/// A node in the network.
pub(crate) struct NetworkConnection {
    pub(crate) node: Node,
    pub(crate) options: Options,
    /// When the command ends, if that is to be soon.
    ends: Option<Instant>,
}

impl NetworkConnection {
    pub(crate) fn new(node: Node, options: Options) -> Self {
        Self { node, options, ends: None }
    }

    /// The same for a command that ends after this time.
    pub(crate) fn limited(&self, limit: Duration) -> Self {
        let ends = Instant::now().checked_add(limit);
        Self { node: self.node.clone(), options: self.options.clone(), ends }
    }

    /// The same for a command that prints a value in each line, if it prints JSON.
    pub(crate) fn in_lines(&self) -> Self {
        let options = Options { in_lines: true, ..self.options.clone() };
        Self { node: self.node.clone(), options, ends: self.ends }
    }

    /// How long a question of the command may take: what is left of its time, in whole tenths of a
    /// second, as texts name it.
    pub(crate) fn left(&self) -> Duration {
        const STEP: u128 = 100;
        let limit = self.options.timeout();
        let Some(ends) = self.ends else { return limit };
        let left = ends.saturating_duration_since(Instant::now()).as_millis();
        let steps = u32::try_from(left.div_ceil(STEP)).unwrap_or(u32::MAX);
        limit.min(Duration::from_millis(STEP as u64).saturating_mul(steps))
    }

    pub(crate) fn output(&self) -> Output {
        Output::of(&self.options)
    }

    /// Reads a port ID.
    pub(crate) fn port(&self, text: &str) -> Result<PortId, Failure> {
        text.parse().map_err(|error| Failure::Usage(format!("{error}")))
    }

    /// Reads a node ID; of a port ID, its node.
    pub(crate) fn node_id(&self, text: &str) -> Result<NodeId, Failure> {
        Ok(self.port(text)?.node().clone())
    }

    /// Asks all nodes that are connected for a sign of life, and waits for those that give one
    /// soon.
    pub(crate) async fn signs_of_life(&self) {
        let limit = self.left().min(SIGN_OF_LIFE);
        let mut pings = JoinSet::new();
        for node in self.node.up_nodes() {
            let own = self.node.clone();
            pings.spawn(async move { drop(own.ping(&node, limit).await) });
        }
        pings.join_all().await;
    }

    /// Leaves the network, after what was sent.
    pub(crate) async fn end(self) {
        self.node.shutdown(FAREWELL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_whether_anybody_answered() {
        let text = |up, problem| too_late("h:1, h:2", Duration::from_secs(10), up, problem);
        assert_eq!(text(0, ""), "no seed answered within 10s: h:1, h:2");
        assert_eq!(text(0, "no answer from h:1"), "cannot join the network: no answer from h:1");
        let slow = "the network is not joined within 10s (--timeout), although";
        assert_eq!(text(1, ""), format!("{slow} 1 node is connected"));
        assert_eq!(text(2, "no answer"), format!("{slow} 2 nodes are connected; no answer"));
    }

    #[tokio::test]
    async fn all_questions_of_a_command_share_its_time() {
        let matches = crate::command_line::command();
        let matches = matches.try_get_matches_from(["aemp", "--timeout", "7.25", "nodes"]);
        let options = Options::of(&matches.expect("valid"));
        let limit = options.timeout();
        let connection = NetworkConnection::new(Node::local(), options);
        assert_eq!((connection.left(), limit), (limit, Duration::from_secs_f64(7.25)));
        assert_eq!(connection.limited(Duration::ZERO).left(), Duration::ZERO);
        let half = connection.limited(limit / 2).left();
        assert!(half <= Duration::from_secs_f64(3.7), "{half:?}");
        assert_eq!(half.as_millis() % 100, 0);
        assert_eq!(connection.limited(2 * limit).left(), limit);
    }
}
