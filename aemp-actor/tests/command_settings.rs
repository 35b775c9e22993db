//! The commands that change and show the configuration.

mod command;

use std::process::Command;

use command::Home;
use serde_json::{Value as Json, json};

#[test]
fn set_commands_chain_and_are_written_once() {
    let home = Home::new();
    home.run(&[
        "setsecret",
        "geheim",
        "profile",
        "node",
        "seeds",
        "doomed:4040,10.0.0.2:5000",
        "setmonitortimeout",
        "60",
        "profile",
        "worker",
        "parent",
        "node",
        "nodeid",
        "worker-7",
        "addbind",
        "*:4041",
        "addservice",
        "[\"Demo::counter\",7]",
    ])
    .text();
    assert_eq!(home.config(), include_str!("fixtures/profiles/command.json"));
    let expected = json!({
        "nodeid": "worker-7", "binds": ["*:4041"], "services": [["Demo::counter", 7]],
        "seeds": ["doomed:4040", "10.0.0.2:5000"], "monitor_timeout": 60, "secret": "geheim",
    });
    assert_eq!(home.run(&["showconfig", "worker"]).json(), expected);
    let own = home.run(&["showprofile", "node"]).json();
    assert_eq!(own, json!({ "seeds": ["doomed:4040", "10.0.0.2:5000"], "monitor_timeout": 60 }));
}

#[test]
fn every_key_can_be_set_and_removed() {
    let home = Home::new();
    let values = [
        ("nodeid", "a", json!("a")),
        ("binds", "*:1,*:2", json!(["*:1", "*:2"])),
        ("seeds", "[\"a:1\"]", json!(["a:1"])),
        ("secret", "7", json!("7")),
        ("secrets", "new,old", json!(["new", "old"])),
        ("services", "A::b,C::d", json!(["A::b", "C::d"])),
        ("monitor_timeout", "2.5", json!(2.5)),
        ("connect_interval", "1", json!(1)),
        ("connect_timeout", "1", json!(1)),
        ("framing_format", "json,storable", json!(["json", "storable"])),
        ("auth_offer", "hmac_sha3_512", json!(["hmac_sha3_512"])),
        ("auth_accept", "hmac_sha3_512,cleartext", json!(["hmac_sha3_512", "cleartext"])),
        ("accept_cleartext", "0", json!(0)),
        ("stls", "1", json!(1)),
        ("require", "certificate", json!("certificate")),
        ("plain_peers", "0", json!(0)),
        ("anonymous_peers", "0", json!(0)),
        ("check_node_id", "1", json!(1)),
        ("relay", "0", json!(0)),
        ("taps", "0", json!(0)),
        ("access", "{\"rules\":[]}", json!({ "rules": [] })),
        ("transports", "quic,tcp", json!(["quic", "tcp"])),
        ("autocork", "1", json!(1)),
        ("nodelay", "0", json!(0)),
        ("nodes", "{\"a\":\"h:1\"}", json!({ "a": "h:1" })),
        ("max_packet", "1000", json!(1000)),
        ("max_depth", "9", json!(9)),
        ("max_queue", "1000", json!(1000)),
        ("max_handshakes", "9", json!(9)),
        ("max_handshakes_per_address", "9", json!(9)),
        ("max_spawned", "9", json!(9)),
        ("max_monitors", "9", json!(9)),
        ("max_data_connections", "9", json!(9)),
        ("max_messages", "9", json!(9)),
        ("max_octets", "9", json!(9)),
    ];
    let set: Vec<String> = values
        .iter()
        .flat_map(|(key, value, _)| [format!("set{key}"), (*value).to_owned()])
        .collect();
    let set: Vec<&str> =
        ["profile", "all"].into_iter().chain(set.iter().map(String::as_str)).collect();
    home.run(&set).text();
    let expected: Json =
        values.iter().map(|(key, _, json)| ((*key).to_owned(), json.clone())).collect();
    assert_eq!(home.run(&["showprofile", "all"]).json(), expected);
    let del: Vec<String> = values.iter().map(|(key, ..)| format!("del{key}")).collect();
    let del: Vec<&str> =
        ["profile", "all"].into_iter().chain(del.iter().map(String::as_str)).collect();
    home.run(&del).text();
    assert_eq!(home.run(&["showprofile", "all"]).json(), json!({}));
}

#[test]
fn elements_are_added_and_removed() {
    let home = Home::new();
    home.run(&["addseed", "a:1", "addseed", "b:1", "addseed", "a:1"]).text();
    let seeds = |home: &Home| home.run(&["showconfig", "x"]).json()["seeds"].clone();
    assert_eq!(seeds(&home), json!(["b:1", "a:1"]));
    home.run(&["delseed", "b:1"]).text();
    assert_eq!(seeds(&home), json!(["a:1"]));
    let text = home.run(&["delseed", "b:1"]).failed(1);
    assert!(text.contains("is not in the seeds"), "{text}");
    home.run(&["addservice", "A::b", "addservice", "A::b", "delservice", "A::b"]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json()["services"], json!(["A::b"]));
}

#[test]
fn secrets_and_certificates() {
    let home = Home::new();
    home.run(&["gensecret"]).text();
    let secret = |home: &Home| home.run(&["showconfig", "x"]).json()["secret"].clone();
    let first = secret(&home);
    assert_eq!(first.as_str().unwrap().len(), 64);
    home.run(&["gensecret"]).text();
    assert_ne!(secret(&home), first);
    home.run(&["delsecret"]).text();
    assert_eq!(secret(&home), Json::Null);
    let pem = home.folder().join("node.pem");
    let text = aemp_transport::generate_certificate("alpha").unwrap();
    std::fs::write(&pem, &text).unwrap();
    home.run(&["setcert", pem.to_str().unwrap()]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json()["cert"], json!(text));
    home.run(&["gencert", "profile", "a", "setnodeid", "alpha", "gencert"]).text();
    let cert = |name: &str| home.run(&["showconfig", name]).json()["cert"].clone();
    for name in ["x", "a"] {
        aemp_transport::Certificates::from_pem(cert(name).as_str().unwrap()).unwrap();
    }
    assert_ne!(cert("x"), cert("a"));
    let error = home.run(&["setcert", "/no/such"]).failed(1);
    assert!(error.contains("cannot read /no/such"), "{error}");
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
    std::fs::copy("tests/fixtures/profiles/reference.json", &path).unwrap();
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

/// The reference reads with `JSON::XS->new->utf8->relaxed->decode`; perl's own JSON::PP reads the
/// same language. Where there is no perl, the fixtures have to do.
#[test]
fn perl_reads_what_the_command_wrote() {
    let script = "use JSON::PP; local $/; \
        my $c = JSON::PP->new->utf8->relaxed->decode(<STDIN>); my $w = $c->{profile}{worker}; \
        print join '|', $w->{nodeid}, @{$c->{profile}{$w->{parent}}{seeds}}, $c->{secret}, \
        $w->{services}[0][0], $w->{services}[0][1]";
    let there = Command::new("perl").args(["-MJSON::PP", "-e1"]).output();
    if !there.is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: there is no perl with JSON::PP");
        return;
    }
    let file = std::fs::File::open("tests/fixtures/profiles/command.json").unwrap();
    let done = Command::new("perl").args(["-e", script]).stdin(file).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert_eq!(text, "worker-7|doomed:4040|10.0.0.2:5000|geheim|Demo::counter|7");
}

#[test]
fn what_cannot_be_read_is_not_overwritten() {
    let home = Home::new();
    home.write("{ \"secret\": 'x' }");
    let error = home.run(&["setnodeid", "a"]).failed(5);
    assert!(error.contains(".config/aemp/config.json:1:13: a single quote"), "{error}");
    assert_eq!(home.config(), "{ \"secret\": 'x' }");
}

#[test]
fn wrong_commands_change_nothing() {
    let home = Home::new();
    home.run(&["setnodeid", "a"]).text();
    let before = home.config();
    for (line, code, expected) in [
        (&["setnodeid", "b", "setseeds", "x:y"][..], 2, "seeds: invalid port in the address"),
        (&["setnodeid", "b", "setnodeids", "c"][..], 2, "setnodeid"),
        (&["setnodeid", "b", "setsecret"][..], 2, "VALUE"),
        (&["setnodeid", "b", "delprofile", "nobody"][..], 1, "there is no profile \"nobody\""),
        (&["profile", "p", "setparent", "nobody"][..], 5, "does not exist"),
        (&["setparent", "nobody"][..], 2, "aemp profile NAME setparent"),
        (&["setseeds", "[1"][..], 2, "this is no JSON"),
        (&["setrequire", "tls"][..], 2, "none, encrypted or certificate is needed"),
        (&["settransports", "pigeon"][..], 2, "there is no transport \"pigeon\""),
        (&["setaccess", "{\"rule\":[]}"][..], 2, "unknown field `rule`"),
        (&["setmonitor_timeout", "soon"][..], 2, "a number of seconds is needed"),
    ] {
        let error = home.run(line).failed(code);
        assert!(error.contains(expected), "{line:?}: {error}");
        assert_eq!(home.config(), before, "{line:?}");
    }
}

#[test]
fn check_says_where_and_what_to_do() {
    let home = Home::new();
    assert!(home.run(&["check"]).text().ends_with("there is no such file"));
    let perl = home.folder().join(".perl-anyevent-mp");
    std::fs::copy("tests/fixtures/profiles/reference.json", &perl).unwrap();
    let text = home.run(&["check"]).text();
    assert!(text.contains(&format!("export AEMP_RC={}", perl.display())), "{text}");
    home.write(
        "{\n  \"secret\": \"x\",\n  \"monitortimeout\": 3,\n  \"eval\": \"1\",\n  \"profile\": {\n    \
         \"a\": { \"parent\": \"c\" },\n    \"c\": { \"parent\": \"a\" },\n    \
         \"d\": { \"parent\": \"aa\",\n      \"seeds\": [\"x:y\"] },\n    \"e\": 7\n  },\n  \
         \"secret\": \"y\"\n}\n",
    );
    let done = home.run(&["check"]);
    assert_eq!(done.code, 5);
    for expected in [
        "it has a secret, and others may read it",
        "chmod 600",
        "config.json:3:3: warning: nobody knows the key \"monitortimeout\"\n    → did you mean \"monitor_timeout\"?",
        "config.json:4:3: warning: \"eval\" does nothing here",
        "config.json:6:12: error: the parents of profile \"a\" are a circle: a → c → a",
        "config.json:8:12: error: profile \"d\" has the parent \"aa\", which does not exist\n    → did you mean \"a\"?",
        "config.json:9:7: error: seeds: invalid port",
        "config.json:10:5: error: profile \"e\" has to be an object",
        "config.json:12:3: warning: the key \"secret\" is there twice",
    ] {
        assert!(done.out.contains(expected), "{expected} is not in {}", done.out);
    }
    let list = home.run(&["--json", "check"]);
    let list: Json = serde_json::from_str(&list.out).unwrap();
    assert_eq!(list["problems"].as_array().unwrap().len(), 9, "{list}");
    home.write("{ \"seeds\": [ }");
    let done = home.run(&["check"]);
    assert!(done.out.contains("config.json:1:14: error: a value is missing"), "{}", done.out);
    home.write("{}");
    assert!(home.run(&["check"]).text().ends_with("nothing is wrong"));
    let secret = home.folder().join("secret");
    std::fs::write(&secret, "geheim").unwrap();
    let home = home
        .set("AEMP_VERBOSE", "5")
        .set("AEMP_SECRETS_FILE", secret.to_str().unwrap())
        .set("AEMP_WATCHDOG_SOCKET", "1");
    assert!(home.run(&["check"]).text().ends_with("nothing is wrong"));
    let home = home.set("AEMP_SEED", "x").set("AEMP_BINDS", "a:b");
    let done = home.run(&["check"]);
    assert!(done.out.contains("did you mean AEMP_SEEDS?"), "{}", done.out);
    assert!(done.out.contains("AEMP_BINDS: invalid port"), "{}", done.out);
}

#[test]
fn check_sees_what_was_set_before_it() {
    let home = Home::new();
    home.write("{ \"seeds\": \"x:y\" }");
    assert_eq!(home.run(&["check"]).code, 5);
    let text = home.run(&["setsecret", "geheim", "setseeds", "a:1", "check"]).text();
    assert!(text.ends_with("nothing is wrong"), "{text}");
}

#[test]
fn the_profile_on_the_command_line_counts() {
    let home = Home::new();
    home.run(&["setsecret", "geheim", "profile", "a", "profile", "b"]).text();
    let home = home.set("AEMP_PROFILE", "a");
    let error = home.run(&["nodes"]).failed(5);
    assert!(error.contains("profile \"a\""), "{error}");
    for line in [&["profile", "b", "nodes"][..], &["--profile", "b", "profile", "a", "nodes"]] {
        let error = home.run(line).failed(5);
        assert!(error.contains("profile \"b\""), "{line:?}: {error}");
    }
}

#[test]
fn completions_are_for_this_command() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let text = home.run(&["completions", shell]).text();
        assert!(text.contains("setnodeid") && text.contains("snd"), "{shell}");
    }
}

/// `TRYCMD=overwrite` writes the expected help anew.
#[test]
fn the_help_is_what_it_should_be() {
    let cases = trycmd::TestCases::new();
    cases.register_bin("aemp", std::path::Path::new(env!("CARGO_BIN_EXE_aemp")));
    cases.case("tests/command/help.trycmd").run();
}

#[test]
fn every_command_has_help() {
    let home = Home::new();
    let help = home.run(&["--help"]).text();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> =
        listed.map_while(|line| line.split_whitespace().next()).filter(|n| *n != "help").collect();
    assert!(names.contains(&"shell") && names.contains(&"delprofile"), "{names:?}");
    for name in names.into_iter().chain(["setseeds", "addseed", "delseed", "delseeds"]) {
        let text = home.run(&[name, "--help"]).text();
        assert!(text.contains(&format!("Usage: aemp {name}")), "{text}");
    }
}
