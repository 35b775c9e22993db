//! Which profile counts, which value, and files that the Perl implementation and the command share.

use std::process::Command;

use crate::home::Home;
use crate::home::keys::keys;
use serde_json::{Value as Json, json};

#[test]
fn every_key_has_its_variable() {
    let mut home = Home::new();
    let help = home.run(&["--help"]).text();
    home.write("{ \"profile\": { \"x\": { \"monitor_timeout\": 1, \"own\": 1 } } }");
    let mut expected = json!({ "own": 1 });
    for (key, text, value) in keys() {
        home = home.set(&format!("AEMP_{}", key.to_uppercase()), text);
        expected[key] = value;
    }
    let pem = aemp_transport::generate_certificate("alpha").unwrap();
    home = home.set("AEMP_CERT", &pem);
    expected["cert"] = json!(pem);
    assert_eq!(home.run(&["showconfig", "x"]).json(), expected);
    let all = help
        .lines()
        .skip_while(|line| !line.starts_with("  nodeid "))
        .take_while(|line| !line.is_empty());
    for key in all.filter_map(|line| line.split_whitespace().next()) {
        assert!(expected.get(key).is_some(), "{key} is not tested");
    }
    for (key, ..) in keys() {
        home = home.set(&format!("AEMP_{}", key.to_uppercase()), "");
    }
    let empty = home.set("AEMP_CERT", "");
    assert_eq!(empty.run(&["showconfig", "x"]).json(), json!({ "monitor_timeout": 1, "own": 1 }));
}

#[test]
fn files_for_what_is_private() {
    let home = Home::new();
    let path = |name: &str| home.folder().join(name).to_str().unwrap().to_owned();
    let pem = aemp_transport::generate_certificate("alpha").unwrap();
    std::fs::write(path("secret"), "[not JSON\r\n").unwrap();
    std::fs::write(path("secrets"), "new\nold\n").unwrap();
    std::fs::write(path("cert"), &pem).unwrap();
    let names = [path("secret"), path("secrets"), path("cert")];
    let home = home
        .set("AEMP_SECRET_FILE", &names[0])
        .set("AEMP_SECRETS_FILE", &names[1])
        .set("AEMP_CERT_FILE", &names[2]);
    let shown = home.run(&["showconfig", "x"]).json();
    assert_eq!(shown["secret"], json!("[not JSON"));
    assert_eq!(shown["secrets"], json!(["new", "old"]));
    assert_eq!(shown["cert"].as_str().unwrap().trim(), pem.trim());
    std::fs::remove_file(&names[0]).unwrap();
    let error = home.run(&["showconfig", "x"]).failed(5);
    assert!(error.contains("AEMP_SECRET_FILE: cannot read"), "{error}");
}

#[test]
fn showconfig_says_where_values_come_from() {
    let home = Home::new().set("AEMP_MAX_DEPTH", "9").set("AEMP_PROFILE", "b");
    home.run_with(
        "pZ4vQ8mT2xK7cW9rB5nH3jD6",
        &["setsecret", "-", "profile", "a", "setseeds", "s:1"],
    )
    .text();
    home.run(&["profile", "b", "setparent", "a", "setnodeid", "beta"]).text();
    let values = json!({ "nodeid": "beta", "seeds": ["s:1"], "secret": "pZ4vQ8mT2xK7cW9rB5nH3jD6", "max_depth": 9 });
    assert_eq!(home.run(&["showconfig"]).json(), values, "of AEMP_PROFILE");
    assert_eq!(home.run(&["showconfig", "--sources", "--json", "b"]).json(), values);
    for line in [
        &["-p", "a", "showconfig"][..],
        &["showconfig", "a"],
        &["profile", "a", "showconfig"],
        &["-pb", "profile", "a", "showconfig"],
    ] {
        let shown = home.run(line).json();
        assert_eq!(
            shown,
            json!({ "seeds": ["s:1"], "secret": "pZ4vQ8mT2xK7cW9rB5nH3jD6", "max_depth": 9 }),
            "{line:?}"
        );
    }
    let text = home.run(&["showconfig", "--sources", "b", "max_queue", "7"]).text();
    let shown: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
    let expected = [
        "{",
        "# the command line: only a default",
        "\"max_queue\": 7,",
        "# profile \"b\"",
        "\"nodeid\": \"beta\",",
        "# profile \"a\"",
        "\"seeds\": [",
        "\"s:1\"",
        "],",
        "# the global default",
        "\"secret\": \"pZ4vQ8mT2xK7cW9rB5nH3jD6\",",
        "# the environment variable AEMP_MAX_DEPTH",
        "\"max_depth\": 9",
        "}",
    ];
    assert_eq!(shown, expected);
    home.write(&text);
    assert_eq!(
        home.run(&["showconfig", "c"]).json()["nodeid"],
        json!("beta"),
        "a file can have it"
    );
    let error = home.run(&["showconfig", "c", "seeds", "[1"]).failed(2);
    assert!(error.contains("seeds: invalid JSON: [1: "), "{error}");
    let error = home.run(&["showconfig", "c", "seeds"]).failed(2);
    assert!(error.contains("no value for the key \"seeds\""), "{error}");
}

#[test]
fn the_option_names_the_profile_that_is_changed() {
    let home = Home::new().set("AEMP_PROFILE", "other");
    home.run(&["-pa", "setnodeid", "alpha", "--profile=b", "setnodeid", "beta"]).text();
    home.run(&["-p", "a", "profile", "c", "setnodeid", "gamma", "delseeds"]).text();
    home.run(&["-p", "d", "delseeds", "showconfig"]).text();
    home.run(&["setseeds", "s:1"]).text();
    let file: Json = serde_json::from_str(&home.config()).unwrap();
    let profiles = json!({
        "a": { "nodeid": "alpha" }, "b": { "nodeid": "beta" }, "c": { "nodeid": "gamma" },
    });
    assert_eq!(file, json!({ "profile": profiles, "version": 1, "seeds": ["s:1"] }));
}

/// The Perl implementation changes our file, and writes it as it does.
#[test]
fn the_command_reads_what_perl_wrote() {
    let script = "use JSON::PP; local $/; my $c = JSON::PP->new->utf8->relaxed->decode(<STDIN>); \
        my $w = $c->{profile}{worker}; push @{ $w->{services} }, 'Demo::clock'; \
        $w->{monitor_timeout} = '45'; $w->{nodelay} = '1'; $w->{secret} = qq{gr\\x{fc}n\\t\\x{20ac}}; \
        print JSON::PP->new->utf8->pretty->encode($c)";
    if !perl_is_there() {
        return;
    }
    let file = std::fs::File::open("../tests/fixtures/profiles/command.json").unwrap();
    let done = Command::new("perl").args(["-e", script]).stdin(file).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let home = Home::new();
    home.write(&String::from_utf8(done.stdout).unwrap());
    let expected = json!({
        "parent": "node", "nodeid": "worker-7", "binds": ["*:4041"], "monitor_timeout": "45",
        "services": [["Demo::counter", 7], "Demo::clock"], "nodelay": "1", "secret": "grün\t€",
    });
    assert_eq!(home.run(&["showprofile", "worker"]).json(), expected);
    home.run(&["profile", "worker", "delservice", "Demo::clock", "setmonitor_timeout", "50"])
        .text();
    assert_eq!(home.run(&["showconfig", "worker"]).json()["monitor_timeout"], json!(50));
}

#[test]
fn showconfig_takes_defaults_and_the_environment_overrides() {
    let home = Home::new().set("AEMP_SEEDS", "e:1").set("AEMP_MONITOR_TIMEOUT", "5");
    home.run(&["setnodeid", "file", "setseeds", "f:1"]).text();
    let shown = home.run(&["showconfig", "x", "nodeid", "given", "binds", "*:1,*:2", "own", "y"]);
    let expected = json!({
        "nodeid": "file", "binds": ["*:1", "*:2"], "own": "y", "seeds": ["e:1"],
        "monitor_timeout": 5,
    });
    assert_eq!(shown.json(), expected);
}

#[test]
fn the_file_of_the_reference_is_taken_where_it_is() {
    let home = Home::new();
    let path = home.folder().join("perl-anyevent-mp");
    std::fs::copy("../tests/fixtures/profiles/reference.json", &path).unwrap();
    let home = home.set("PERL_ANYEVENT_MP_RC", path.to_str().unwrap());
    home.run(&["profile", "seed", "addseed", "new:1"]).text();
    assert!(!home.file().exists());
    let shown = home.run(&["showprofile", "seed"]).json();
    assert_eq!(
        shown,
        json!({
            "binds": ["127.0.0.1:*"], "parent": "node", "nodeid": "seed", "seeds": ["new:1"],
        })
    );
}

/// The Perl implementation reads with `JSON::XS->new->utf8->relaxed->decode`; perl's own JSON::PP
/// reads the same language. Where there is no perl, the fixtures have to do.
#[test]
fn perl_reads_what_the_command_wrote() {
    let script = "use JSON::PP; local $/; \
        my $c = JSON::PP->new->utf8->relaxed->decode(<STDIN>); my $w = $c->{profile}{worker}; \
        print join '|', $w->{nodeid}, @{$c->{profile}{$w->{parent}}{seeds}}, $c->{secret}, \
        $w->{services}[0][0], $w->{services}[0][1]";
    if !perl_is_there() {
        return;
    }
    let file = std::fs::File::open("../tests/fixtures/profiles/command.json").unwrap();
    let done = Command::new("perl").args(["-e", script]).stdin(file).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert_eq!(text, "worker-7|doomed:4040|10.0.0.2:5000|pZ4vQ8mT2xK7cW9rB5nH3jD6|Demo::counter|7");
}

#[test]
fn the_profile_on_the_command_line_counts() {
    let home = Home::new();
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-", "profile", "a", "profile", "b"])
        .text();
    let home = home.set("AEMP_PROFILE", "a");
    let error = home.run(&["nodes"]).failed(5);
    assert!(error.contains("profile \"a\""), "{error}");
    for line in [&["profile", "b", "nodes"][..], &["--profile", "b", "profile", "a", "nodes"]] {
        let error = home.run(line).failed(5);
        assert!(error.contains("profile \"b\""), "{line:?}: {error}");
    }
}

fn perl_is_there() -> bool {
    let there = Command::new("perl").args(["-MJSON::PP", "-e1"]).output();
    let there = there.is_ok_and(|done| done.status.success());
    if !there {
        eprintln!("skipped: there is no perl with JSON::PP");
    }
    there
}
