//! The configuration file while it is changed: whole, private, and nobody's change is lost.

use std::process::Stdio;

use crate::home::Home;
use aemp_actor::{ProfileError, Profiles};
use serde_json::{Value as Json, json};

#[test]
fn processes_at_the_same_time_lose_nothing() {
    const PROCESSES: usize = 16;
    let home = Home::new();
    let seeds: Vec<String> = (1..=PROCESSES).map(|number| format!("host:{number}")).collect();
    let start = |seed: &String| {
        let mut command = home.command();
        command.args(["--timeout", "60", "addseed", seed, "profile", seed, "setnodeid", "a"]);
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = seeds.iter().map(start).collect();
    for child in running {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let file: Json = serde_json::from_str(&home.config()).unwrap();
    let mut there = file["seeds"].as_array().unwrap().clone();
    there.sort_by_key(|seed| seed.as_str().unwrap()[5..].parse::<usize>().unwrap());
    assert_eq!(there, seeds.iter().map(|seed| json!(seed)).collect::<Vec<_>>());
    assert_eq!(file["profile"].as_object().unwrap().len(), PROCESSES);
    let folder = home.file().parent().unwrap().to_owned();
    let left = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
    left.retain(|name| cfg!(unix) || !name.ends_with(".lock"));
    left.sort();
    assert_eq!(left, ["config.json", "config.json~"], "nothing temporary");
}

#[test]
fn a_file_that_somebody_else_has_is_waited_for() {
    let home = Home::new();
    home.run(&["setnodeid", "a"]).text();
    let lock = home.folder().join(".config/aemp/config.json.lock");
    let held = std::fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    let error = home.run(&["--timeout", "0.1", "setnodeid", "b"]).failed(3);
    assert!(error.contains("config.json.lock") && error.contains("try again"), "{error}");
    // Looking needs no right to change, nor does being in a profile.
    assert_eq!(home.run(&["showconfig", "x"]).json(), json!({ "nodeid": "a" }));
    assert_eq!(home.run(&["profile", "x", "showconfig"]).json(), json!({ "nodeid": "a" }));
    home.run(&["check"]).text();
    drop(held);
    home.run(&["setnodeid", "b"]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json(), json!({ "nodeid": "b" }));
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten() {
    let home = Home::new();
    home.run(&["setnodeid", "a"]).text();
    let (mut ours, mut theirs) = (open(&home), open(&home));
    theirs.set(None, "nodeid", "theirs");
    theirs.save().unwrap();
    theirs.set(None, "max_depth", 9);
    theirs.save().unwrap();
    ours.set(None, "nodeid", "ours");
    let error = ours.save().unwrap_err();
    assert!(matches!(&error, ProfileError::Changed { path } if *path == home.file()), "{error}");
    let shown = home.run(&["showconfig", "x"]).json();
    assert_eq!(shown, json!({ "nodeid": "theirs", "max_depth": 9 }));
    std::fs::remove_file(home.file()).unwrap();
    assert!(matches!(theirs.save(), Err(ProfileError::Changed { .. })), "it is not made again");
    let (mut first, mut second) = (open(&home), open(&home));
    first.save().unwrap();
    assert!(matches!(second.save(), Err(ProfileError::Changed { .. })), "it was new for both");
}

fn open(home: &Home) -> Profiles {
    Profiles::open_at(home.file()).unwrap()
}

#[test]
fn what_is_not_changed_stays_as_it_was() {
    let home = Home::new();
    let text = "{\n  \"own\": [\n    1.0,\n    1e3,\n    123456789012345678901234567890,\n    \
        -0.10\n  ],\n  \"max_queue\": 18446744073709551615,\n  \"z\": {},\n  \"a\": null,\n  \
        \"profile\": {\n    \"p\": {\n      \"monitor_timeout\": 1.50,\n      \"nodeid\": \"x\"\n    \
        }\n  },\n  \"version\": 1.0\n}\n";
    home.write(text);
    home.run(&["profile", "p", "setnodeid", "y"]).text();
    assert_eq!(home.config(), text.replace("\"x\"", "\"y\""));
    let old = std::fs::read_to_string(home.folder().join(".config/aemp/config.json~")).unwrap();
    assert_eq!(old, text);
    // What changes nothing writes nothing.
    std::fs::remove_file(home.folder().join(".config/aemp/config.json~")).unwrap();
    home.run(&["profile", "p", "delseeds", "delsecret", "showconfig"]).text();
    assert!(!home.folder().join(".config/aemp/config.json~").exists());
}

#[test]
fn comments_stay() {
    let home = Home::new();
    let text = "# Ours.\n{\n\t# Where it listens.\n\t\"binds\" : [\"*:1\"], # not *:4040\n\t\"version\": 1,\n\t\"profile\": \
        {\n\t\t\"p\": { \"nodeid\": \"x\" }, # one\n\t},\n}\n# The end.\n";
    home.write(text);
    home.run(&["profile", "p", "setnodeid", "y", "setstls", "1"]).text();
    let set = text.replace("\"x\"", "\"y\", \"stls\": 1");
    assert_eq!(home.config(), set);
    home.run(&["profile", "p", "delstls", "profile", "q", "setnodeid", "z"]).text();
    let profile = "# one\n\t\t\"q\": {\n\t\t  \"nodeid\": \"z\"\n\t\t}\n";
    let added = text.replace("\"x\"", "\"y\"").replace("# one\n", profile);
    assert_eq!(home.config(), added);
    home.write("# Nothing yet.\n");
    home.run(&["setnodeid", "a"]).text();
    assert_eq!(home.config(), "# Nothing yet.\n{\n  \"nodeid\": \"a\",\n  \"version\": 1\n}\n");
}

#[cfg(unix)]
#[test]
fn modes_and_links() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    let home = Home::new();
    home.write("{}");
    std::fs::set_permissions(home.file(), PermissionsExt::from_mode(0o666)).unwrap();
    // Only root can give a file away.
    let given = chown(home.file(), Some(12345), Some(12346)).is_ok();
    home.run(&["setnodeid", "a"]).text();
    let there = std::fs::metadata(home.file()).unwrap();
    assert_eq!(there.mode() & 0o777, 0o600);
    assert!(!given || (there.uid(), there.gid()) == (12345, 12346), "it belongs to whom it did");
    let folder = home.file().parent().unwrap().to_owned();
    std::fs::rename(home.file(), folder.join("real.json")).unwrap();
    symlink("second.json", home.file()).unwrap();
    symlink("real.json", folder.join("second.json")).unwrap();
    home.run(&["setnodeid", "b"]).text();
    std::fs::remove_file(folder.join("real.json")).unwrap();
    home.run(&["setnodeid", "c"]).text();
    for link in [home.file(), folder.join("second.json")] {
        assert!(std::fs::symlink_metadata(link).unwrap().is_symlink());
    }
    let real = std::fs::read_to_string(folder.join("real.json")).unwrap();
    assert!(real.contains("\"c\""), "what a link leads to is made: {real}");
}

#[test]
fn a_network_command_does_not_keep_the_file() {
    let home = Home::new();
    // It fails for want of a network, after the file was written.
    home.run_with(
        "pZ4vQ8mT2xK7cW9rB5nH3jD6",
        &["setsecret", "-", "-t", "0.1", "-s", "127.0.0.1:1", "nodes"],
    )
    .failed(4);
    assert_eq!(
        home.run(&["showconfig", "x"]).json(),
        json!({ "secret": "pZ4vQ8mT2xK7cW9rB5nH3jD6" })
    );
    assert!(cfg!(not(unix)) || !home.folder().join(".config/aemp/config.json.lock").exists());
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_neither_read_nor_replaced() {
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixListener;

    let home = Home::new();
    let (fifo, socket) = (home.folder().join("fifo"), home.folder().join("socket"));
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _socket = UnixListener::bind(&socket).unwrap();
    let link = home.folder().join("link");
    std::os::unix::fs::symlink("fifo", &link).unwrap();
    for path in [&fifo, &socket, &link, &home.folder().to_owned()] {
        let before: Vec<_> = std::fs::read_dir(home.folder()).unwrap().flatten().collect();
        for words in [&["setnodeid", "x"][..], &["showconfig", "x"], &["run", "x"], &["nodes"]] {
            let done = home.command().env("AEMP_RC", path).args(words).output().unwrap();
            let error = String::from_utf8(done.stderr).unwrap();
            assert_eq!(done.status.code(), Some(5), "{words:?}: {error}");
            assert!(error.contains("it is not a regular file"), "{words:?}: {error}");
        }
        let checked = home.command().env("AEMP_RC", path).arg("check").output().unwrap();
        assert_eq!(checked.status.code(), Some(5), "{checked:?}");
        let after = std::fs::read_dir(home.folder()).unwrap().flatten().count();
        assert_eq!(after, before.len(), "nothing is made beside it");
        assert!(!std::fs::metadata(path).unwrap().is_file());
    }
    assert!(std::fs::metadata(&fifo).unwrap().file_type().is_fifo());
}

#[test]
fn a_file_without_end_is_not_read() {
    let home = Home::new();
    home.write("{}");
    let file = std::fs::File::options().write(true).open(home.file()).unwrap();
    file.set_len((16 << 20) + 1).unwrap();
    let error = home.run(&["setnodeid", "x"]).failed(5);
    assert!(error.contains("it is longer than 16 MiB"), "{error}");
    let secret = home.file();
    let home = Home::new().set("AEMP_SECRET_FILE", secret.to_str().unwrap());
    let error = home.run(&["showconfig", "x"]).failed(5);
    assert!(error.contains("AEMP_SECRET_FILE") && error.contains("longer than"), "{error}");
}

#[test]
fn what_stands_where_a_profile_should_be_is_not_replaced() {
    for (file, problem) in [
        ("{\"profile\":[]}", "\"profile\" has to be an object of profiles: write \"profile\": {"),
        ("{\"profile\":{\"x\":5}}", "profile \"x\" has to be an object: write \"x\": {"),
    ] {
        let home = Home::new();
        home.write_private(file);
        for line in [&["profile", "x", "setnodeid", "y"][..], &["-p", "x", "setnodeid", "y"]] {
            let error = home.run(line).failed(5);
            assert!(error.contains(problem), "{error}");
        }
        assert_eq!(home.config(), file);
    }
}

#[test]
fn half_a_character_is_no_secret() {
    let home = Home::new();
    home.write_private("{\"secret\":\"\\ud800\"}");
    let text = home.run(&["check"]);
    assert!(text.out.contains("half a character"), "{text:?}");
    assert!(!text.out.contains("0 characters"), "{text:?}");
}
