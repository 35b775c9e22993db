//! Secrets and certificates change while connections live on.
#![cfg(feature = "tls")]

use std::path::PathBuf;
use std::time::Duration;

use crate::support::{death, sink, soon};
use aemp_actor::prelude::*;
use aemp_actor::{ConfigError, Protection, Require, generate_certificate};

fn config(id: &str) -> Config {
    Config::new().nodeid(id).bind("127.0.0.1:0")
}

async fn node(config: Config) -> Node {
    Node::configure(config).await.unwrap()
}

async fn meets(one: &Node, two: &Node) {
    soon("the nodes to connect", async {
        one.wait_up(two.id().clone()).await;
        two.wait_up(one.id().clone()).await;
    })
    .await;
}

/// Whether a node with this configuration gets a connection.
async fn gets_in(node: &Node, config: Config) -> bool {
    let config = config.node(node.id().as_str(), node.listeners().remove(0));
    let guest = Node::configure(config.connect_timeout(Duration::from_secs(30))).await.unwrap();
    let answer = soon("an answer", guest.cal::<(f64,)>(node, ("time",))).await;
    guest.shutdown(Duration::from_secs(5)).await;
    answer.is_ok()
}

#[tokio::test]
async fn a_secret_is_changed_step_by_step() {
    let alpha = node(config("alpha").secret("old")).await;
    let beta = node(config("beta").secret("old").seed(alpha.listeners().remove(0))).await;
    meets(&alpha, &beta).await;
    let (mut alpha_died, mut beta_died) = (death(&beta, "alpha"), death(&alpha, "beta"));
    let mut port = sink(&beta);
    assert!(!gets_in(&alpha, config("new").secret("new")).await);

    let steps: [&[&str]; 3] = [&["old", "new"], &["new", "old"], &["new"]];
    for (step, secrets) in steps.into_iter().enumerate() {
        for node in [&alpha, &beta] {
            node.reload_security(&Config::new().secrets(secrets.iter().copied())).unwrap();
        }
        alpha.snd(&port, ("still connected", step));
        assert_eq!(port.next().await, format!(r#"["still connected",{step}]"#));
        let id = |kind: &str| format!("{kind}-{step}");
        assert_eq!(gets_in(&alpha, config(&id("old")).secret("old")).await, step == 0);
        assert_eq!(gets_in(&alpha, config(&id("new")).secret("new")).await, step > 0);
        assert!(gets_in(&alpha, config(&id("both")).secrets(["new", "old"])).await);
        // What alpha itself shows: the first.
    }
    assert!(alpha_died.is_waiting() && beta_died.is_waiting(), "the connection lived on");
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn a_secret_file_is_read_again() {
    let folder =
        Folder(std::env::temp_dir().join(format!("aemp-secret-file-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let path = folder.0.join("secret");
    let missing = Node::configure(config("alpha").secret_file(&path)).await.unwrap_err();
    assert!(matches!(&missing, ConfigError::SecretFile { .. }), "{missing}");
    let text = format!("secret_file: cannot read {}: ", path.display());
    assert!(missing.to_string().starts_with(&text), "{missing}");
    std::fs::write(&path, "\n").unwrap();
    let empty = Node::configure(config("alpha").secret_file(&path)).await.unwrap_err();
    assert!(matches!(empty, ConfigError::NoSecret), "{empty}");

    std::fs::write(&path, " old\r\n").unwrap();
    let of_file = config("alpha").secret_file(&path);
    let alpha = node(of_file.clone()).await;
    assert!(gets_in(&alpha, config("old").secret("old")).await);
    std::fs::write(&path, "new\n").unwrap();
    alpha.reload_security(&of_file).unwrap();
    assert!(!gets_in(&alpha, config("late").secret("old")).await);
    assert!(gets_in(&alpha, config("new").secret("new")).await);
    // The last setting counts.
    assert!(gets_in(&alpha, config("set").secret_file("/nowhere").secret("new")).await);
}

#[tokio::test]
async fn a_certificate_file_is_read_again() {
    let folder = Folder(std::env::temp_dir().join(format!("aemp-reload-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let path = folder.0.join("all.pem");
    let (old, new) = (generate_certificate("any").unwrap(), generate_certificate("any").unwrap());
    let strict =
        |id: &str, path: &PathBuf| config(id).certificate_file(path).require(Require::Certificate);
    std::fs::write(&path, &old).unwrap();
    let alpha = node(strict("alpha", &path)).await;
    let beta = node(strict("beta", &path).seed(alpha.listeners().remove(0))).await;
    meets(&alpha, &beta).await;
    let mut beta_died = death(&alpha, "beta");

    let next = folder.0.join("next.pem");
    std::fs::write(&next, &new).unwrap();
    assert!(!gets_in(&alpha, strict("guest-1", &next)).await);
    // Both are trusted, the old one is shown.
    let public = &new[..new.find("-----BEGIN PRIVATE").unwrap()];
    std::fs::write(&path, format!("{old}{public}")).unwrap();
    alpha.reload_security(&strict("alpha", &path)).unwrap();
    let both = format!("{new}{}", &old[..old.find("-----BEGIN PRIVATE").unwrap()]);
    std::fs::write(&next, both).unwrap();
    assert!(gets_in(&alpha, strict("guest-2", &next)).await);
    // The new one only.
    std::fs::write(&path, &new).unwrap();
    alpha.reload_security(&strict("alpha", &path)).unwrap();
    std::fs::write(&next, &old).unwrap();
    assert!(!gets_in(&alpha, strict("guest-3", &next)).await);
    assert!(gets_in(&alpha, strict("guest-4", &path)).await);

    // What is wrong changes nothing.
    std::fs::write(&path, "nothing").unwrap();
    let error = alpha.reload_security(&strict("alpha", &path)).unwrap_err();
    assert!(matches!(error, ConfigError::Certificates { .. }), "{error}");
    let error = alpha.reload_security(&Config::new()).unwrap_err();
    assert!(matches!(error, ConfigError::NoSecret), "{error}");
    std::fs::write(&next, &new).unwrap();
    assert!(gets_in(&alpha, strict("guest-5", &next)).await);
    assert!(beta_died.is_waiting(), "the connection lived on");
    assert!(alpha.protection("beta").is_some_and(Protection::has_certificate));
}
