//! Profiles become nodes: fixtures as the Perl implementation writes them, as the command does, and
//! as people do.

use std::path::{Path, PathBuf};

use crate::support::{SECRET, log, soon};
use aemp_actor::prelude::*;
use aemp_actor::{ConfigError, ProfileError, Profiles};
use serde_json::{Value as Json, json};

/// Answers with what it was started with.
#[init("Demo::counter")]
fn counter(ctx: &mut Init, start: u64) {
    let node = ctx.node().clone();
    let me = ctx.id();
    drop(node.grp_reg("counters", &me));
    ctx.rcv("count", move |ctx, (reply,): (PortId,)| ctx.snd(&reply, (start,)));
}

/// Tells that it was started.
#[init("Demo::clock")]
fn clock(ctx: &mut Init) {
    let node = ctx.node().clone();
    drop(node.grp_reg("clocks", ctx.id()));
    ctx.rcv_default(|_, _| ());
}

fn fixture(name: &str) -> Profiles {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/profiles").join(name);
    Profiles::open_at(path).unwrap()
}

/// A file of its own for a test; removed at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("aemp-profiles-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("folder/config.json")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn a_profile_of_the_reference_becomes_a_node() {
    let profiles = fixture("reference.json");
    assert_eq!(profiles.names(), ["worker", "seed", "node", "aemp"]);
    let config = Config::new().bind("127.0.0.1:0");
    let config = config.profile_of(&profiles, "seed").unwrap();
    // Nobody answers at those seeds.
    let node = Node::configure(config).await.unwrap();
    assert_eq!(node.id().as_str(), "seed");
    assert_eq!(node.listeners().len(), 1, "the profile's binds, not the program's");
    let anonymous = Config::new().bind("127.0.0.1:0").profile_of(&profiles, "aemp").unwrap();
    let anonymous = Node::configure(anonymous).await.unwrap();
    assert!(anonymous.id().as_str().starts_with("anon/"), "{}", anonymous.id());
}

#[tokio::test]
async fn services_are_started_with_their_arguments() {
    let profiles = fixture("reference.json");
    let config = Config::new().bind("127.0.0.1:0").profile_of(&profiles, "worker").unwrap();
    let node = Node::configure(config).await.unwrap();
    assert!(node.id().as_str().starts_with("node/"), "{}", node.id());
    let counter = soon("the counter", node.grp_wait("counters")).await.remove(0);
    let (start,): (u64,) = soon("its answer", node.cal(&counter, ("count",))).await.unwrap();
    assert_eq!(start, 7);
    soon("the clock", node.grp_wait("clocks")).await;
}

#[tokio::test]
async fn a_service_can_be_set_by_the_program() {
    let node = Node::configure(Config::new().service("Demo::counter", (5,))).await.unwrap();
    let counter = soon("the counter", node.grp_wait("counters")).await.remove(0);
    let (start,): (u64,) = soon("its answer", node.cal(&counter, ("count",))).await.unwrap();
    assert_eq!(start, 5);
    let error = Node::configure(Config::new().service("No::such", ())).await.unwrap_err();
    assert!(matches!(&error, ConfigError::NoService { name } if name == "No::such"), "{error}");
}

#[tokio::test]
async fn what_the_program_sets_first_is_a_default_and_what_it_sets_last_counts() {
    log::start();
    let profiles = fixture("by_hand.json");
    let before = Config::new().nodeid("before").secret("other").profile_of(&profiles, "worker");
    let node = Node::configure(before.unwrap()).await.unwrap();
    assert_eq!(node.id().as_str(), "worker");
    let after = Config::new().profile_of(&profiles, "worker").unwrap().nodeid("after");
    let after = Node::configure(after.seed(&node.listeners()[0])).await.unwrap();
    assert_eq!(after.id().as_str(), "after");
    soon("the two to connect", after.wait_up("worker")).await;
    // A profile that is not there has the global default, and is named like its node.
    let config = Config::new().bind("127.0.0.1:0").profile_of(&profiles, "unknown").unwrap();
    let unknown = Node::configure(config).await.unwrap();
    assert_eq!(unknown.id(), "unknown");
    log::expect(&["WARN", "there is no profile \"unknown\" in ", "by_hand.json"]).await;
}

#[test]
fn our_file_is_written_again_as_it_was() {
    let ours = fixture("command.json");
    let file = File::new("again");
    std::fs::create_dir_all(file.path().parent().unwrap()).unwrap();
    std::fs::copy(ours.path(), file.path()).unwrap();
    let mut profiles = Profiles::open_at(file.path()).unwrap();
    profiles.set(Some("node"), "monitor_timeout", 60);
    profiles.save().unwrap();
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(text(&file.path()), text(ours.path()));
}

#[test]
fn rewriting_keeps_unknown_keys_and_the_order() {
    let file = File::new("rewriting");
    std::fs::create_dir_all(file.path().parent().unwrap()).unwrap();
    let reference = fixture("reference.json");
    std::fs::copy(reference.path(), file.path()).unwrap();
    let mut profiles = Profiles::open_at(file.path()).unwrap();
    profiles.set(Some("new"), "nodeid", "new");
    assert!(profiles.unset(None, "nodelay"));
    assert!(profiles.remove_profile("aemp") && !profiles.remove_profile("aemp"));
    profiles.save().unwrap();
    let again = Profiles::open_at(file.path()).unwrap();
    assert_eq!(again.names(), ["worker", "seed", "node", "new"]);
    assert_eq!(again.value::<Json>(None, "my_own_key"), Some(json!({ "kept": null })));
    assert_eq!(again.value::<String>(Some("new"), "nodeid").as_deref(), Some("new"));
    assert_eq!(again.value::<Json>(None, "nodelay"), None);
    let old = Profiles::open_at(format!("{}~", file.path().display())).unwrap();
    assert_eq!(old.names(), reference.names(), "what it was before is beside it");
}

#[cfg(unix)]
#[test]
fn a_new_file_is_private_and_a_link_stays_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let file = File::new("private");
    let mut profiles = Profiles::open_at(file.path()).unwrap();
    profiles.set(None, "secret", SECRET);
    profiles.save().unwrap();
    let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let link = file.0.join("link.json");
    symlink(file.path(), &link).unwrap();
    let mut profiles = Profiles::open_at(&link).unwrap();
    profiles.set(None, "nodeid", "linked");
    profiles.save().unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(std::fs::read_to_string(file.path()).unwrap().contains("linked"));
    let names: Vec<_> = std::fs::read_dir(file.path().parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 2, "the file and the old one, nothing temporary: {names:?}");
}

#[cfg(unix)]
#[test]
fn the_old_file_is_kept_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let file = File::new("old");
    std::fs::create_dir_all(file.path().parent().unwrap()).unwrap();
    let text = format!("{{\"secret\": \"{SECRET}\"}}");
    std::fs::write(file.path(), &text).unwrap();
    std::fs::set_permissions(file.path(), PermissionsExt::from_mode(0o644)).unwrap();
    let mut profiles = Profiles::open_at(file.path()).unwrap();
    profiles.set(None, "nodeid", "a");
    profiles.save().unwrap();
    let old = format!("{}~", file.path().display());
    assert_eq!(std::fs::read_to_string(&old).unwrap(), text);
    assert_eq!(std::fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    let file = File::new("broken");
    std::fs::create_dir_all(file.path().parent().unwrap()).unwrap();
    std::fs::write(file.path(), "{\n  \"secret\": geheim\n}").unwrap();
    let error = Profiles::open_at(file.path()).unwrap_err();
    assert!(matches!(error, ProfileError::Syntax { line: 2, column: 13, .. }), "{error}");
    std::fs::write(file.path(), b"{\"a\": \"\xff\"}").unwrap();
    let error = Profiles::open_at(file.path()).unwrap_err();
    assert!(matches!(error, ProfileError::Syntax { line: 1, column: 8, .. }), "{error}");
    let folder = Profiles::open_at(file.path().parent().unwrap());
    assert!(matches!(folder, Err(ProfileError::Read { .. })));
    std::fs::write(file.path(), r#"{"seeds": {"a": 1}}"#).unwrap();
    let profiles = Profiles::open_at(file.path()).unwrap();
    let error = Config::new().profile_of(&profiles, "x").unwrap_err().to_string();
    assert!(error.starts_with("seeds ") && error.contains("the global default of"), "{error}");
}
