//! The commands that change and show the configuration.

use crate::home::Home;
use crate::home::keys::keys;
use serde_json::{Value as Json, json};

const SECRET: &str = "pZ4vQ8mT2xK7cW9rB5nH3jD6";

#[test]
fn an_ipv6_address_is_no_json() {
    let home = Home::new();
    home.run(&["setseeds", "[::1]:4041,::1", "addseed", "[2001:db8::7]:1"]).text();
    let home = home.set("AEMP_BINDS", "[::1]:4040");
    let config = home.run(&["--json", "showconfig"]).json();
    assert_eq!(config["seeds"], serde_json::json!(["[::1]:4041", "::1", "[2001:db8::7]:1"]));
    assert_eq!(config["binds"], serde_json::json!(["[::1]:4040"]));
}

#[test]
fn set_commands_chain_and_are_written_once() {
    let home = Home::new();
    let set = [
        "setsecret",
        "-",
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
    ];
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6\n", &set).text();
    assert_eq!(home.config(), include_str!("../../../tests/fixtures/profiles/command.json"));
    let expected = json!({
        "nodeid": "worker-7", "binds": ["*:4041"], "services": [["Demo::counter", 7]],
        "seeds": ["doomed:4040", "10.0.0.2:5000"], "monitor_timeout": 60, "secret": "pZ4vQ8mT2xK7cW9rB5nH3jD6",
    });
    assert_eq!(home.run(&["showconfig", "worker"]).json(), expected);
    let own = home.run(&["showprofile", "node"]).json();
    assert_eq!(own, json!({ "seeds": ["doomed:4040", "10.0.0.2:5000"], "monitor_timeout": 60 }));
}

#[test]
fn every_key_can_be_set_and_removed() {
    let home = Home::new();
    let values = keys();
    let is_secret = |key: &str| ["secret", "secrets"].contains(&key);
    let set: Vec<String> = values
        .iter()
        .filter(|(key, ..)| !is_secret(key))
        .flat_map(|(key, value, _)| [format!("set{key}"), (*value).to_owned()])
        .collect();
    let set: Vec<&str> =
        ["profile", "all"].into_iter().chain(set.iter().map(String::as_str)).collect();
    home.run(&set).text();
    for (key, value, _) in values.iter().filter(|(key, ..)| is_secret(key)) {
        home.run_with(value, &["profile", "all", &format!("set{key}")]).text();
    }
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
    // Nothing is wrong, as with the Perl implementation; but it is told.
    let done = home.run(&["delseed", "b:1"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("b:1 is not in the seeds"), "{done:?}");
    home.run(&["addservice", "A::b", "addservice", "A::b", "delservice", "A::b"]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json()["services"], json!(["A::b"]));
    home.run(&["addservice", "[\"C::d\",{\"a\":1}]", "delservice", "[\"A::b\"]"]).text();
    let shown = home.run(&["showconfig", "x"]).json();
    assert_eq!(shown["services"], json!([["C::d", { "a": 1 }]]));
    home.run(&["delservice", "[\"C::d\",{\"a\":1}]", "addbind", "*:1,*:2", "delbind", "*:1"])
        .text();
    let shown = home.run(&["showconfig", "x"]).json();
    assert_eq!((&shown["services"], &shown["binds"]), (&json!([]), &json!(["*:2"])));
}

#[test]
fn every_list_has_its_elements() {
    let home = Home::new();
    for (key, element, one, other) in [
        ("binds", "bind", "*:1", "*:2"),
        ("announce", "announced", "a:1", "b:1"),
        ("seeds", "seed", "a:1", "b:1"),
        ("services", "service", "A::b", "C::d"),
        ("framing_format", "framing", "json", "bincode"),
        ("auth_offer", "offer", "hmac_sha3_512", "hmac_md6_64_256"),
        ("auth_accept", "accept", "hmac_sha3_512", "cleartext"),
        ("transports", "transport", "tcp", "quic"),
    ] {
        let (add, del) = (format!("add{element}"), format!("del{element}"));
        home.run(&[&add, one, &add, other, &add, one]).text();
        let value = |home: &Home| home.run(&["showconfig", "x"]).json()[key].clone();
        let expected =
            if key == "services" { json!([one, other, one]) } else { json!([other, one]) };
        assert_eq!(value(&home), expected, "{key}");
        home.run(&[&del, other]).text();
        assert!(!value(&home).to_string().contains(other), "{key}");
        home.run(&[&format!("add{key}"), other, &format!("del{key}")]).text();
        assert_eq!(value(&home), Json::Null, "{key}");
    }
    home.run_with("new", &["addvalid_secret"]).text();
    home.run_with("old\n", &["addvalid_secret", "-"]).text();
    home.run_with("new", &["addsecrets"]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json()["secrets"], json!(["old", "new"]));
    home.run_with("old", &["delvalid_secret"]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json()["secrets"], json!(["new"]));
    let done = home.run_with("third", &["delvalid_secret"]);
    assert!(done.err.contains("the secret is not in the secrets") && done.code == 0, "{done:?}");
    home.run(&["setnodes", "{\"a\":\"h:1\"}", "addnode", "{\"b\":[\"h:2\",\"h:3\"]}"]).text();
    home.run(&["delnode", "a"]).text();
    let shown = home.run(&["showconfig", "x"]).json();
    assert_eq!(shown["nodes"], json!({ "b": ["h:2", "h:3"] }));
    let error = home.run(&["addnode", "c"]).failed(2);
    assert!(error.contains("an object is needed"), "{error}");
}

/// By hand somebody wrote a text where the Perl implementation has a list.
#[test]
fn elements_of_a_text_are_not_lost() {
    let home = Home::new();
    home.write("{ \"seeds\": \"a:1, b:1\", \"services\": {} }");
    home.run(&["addseed", "c:1"]).text();
    assert_eq!(home.run(&["showconfig", "x"]).json()["seeds"], json!(["a:1", "b:1", "c:1"]));
    let error = home.run(&["addservice", "A::b"]).failed(2);
    assert!(error.contains("services: a list of texts is needed, not {}"), "{error}");
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
fn a_line_may_be_json() {
    let home = Home::new();
    let line = r#"["setseeds", ["a:1"], "profile", "p", "monitor_timeout", 7, "setsecret", "-"]"#;
    home.run_with("[x", &[line]).text();
    let expected = json!({ "seeds": ["a:1"], "monitor_timeout": 7, "secret": "[x" });
    assert_eq!(home.run(&["showconfig", "p"]).json(), expected);
    let error = home.run(&["[\"setseeds\""]).failed(2);
    assert!(error.contains("invalid JSON: [\"setseeds\": "), "{error}");
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
        (&["setnodeid", "b", "setsecret"][..], 2, "secret: standard input is empty"),
        (
            &["setnodeid", "b", "setsecret", SECRET][..],
            2,
            "secret: everybody on this machine can see",
        ),
        (
            &["setsecrets", SECRET][..],
            2,
            "set AEMP_SECRETS or AEMP_SECRETS_FILE in the environment",
        ),
        (&["addvalid_secret", SECRET][..], 2, "write - to read it from standard input"),
        (&["delvalid_secret", SECRET][..], 2, "write - to read it from standard input"),
        (&["run", "x", "secret", SECRET][..], 2, "secret: everybody on this machine can see"),
        (
            &["run", "x", "secrets", "[\"pZ4vQ8mT2xK7cW9rB5nH3jD6\"]"][..],
            2,
            "secrets: everybody on this machine",
        ),
        (&["run", "x", "cert", "PEM"][..], 2, "cert: everybody on this machine can see"),
        (&["setnodeid", "b", "delprofile", "nobody"][..], 1, "there is no profile \"nobody\""),
        (&["profile", "p", "setparent", "nobody"][..], 5, "does not exist"),
        (&["profile", "p", "setparent", ""][..], 2, "must not be empty"),
        (&["setparent", "nobody"][..], 2, "aemp profile NAME setparent"),
        (&["setseeds", "[1"][..], 2, "invalid JSON"),
        (&["setrequire", "tls"][..], 2, "none, encrypted or certificate is needed"),
        (&["settransports", "pigeon"][..], 2, "there is no transport \"pigeon\""),
        (&["setaccess", "{\"rule\":[]}"][..], 2, "unknown field `rule`"),
        (&["setmonitor_timeout", "soon"][..], 2, "a number of seconds is needed"),
        (&["setmonitor_timeout", "-5"][..], 2, "such as 30 or 0.5, not -5"),
        (&["setmax_queue", "123456789012345678901234"][..], 2, "max_queue: a number from 0"),
        (&["setnodeid", "-x"][..], 2, "to pass '-x' as a value, use '-- -x'"),
        (&["setnodeid", "--json", "nodes"][..], 2, "unexpected argument '--json'"),
        (&["setnodeid", "b", "--profile"][..], 2, "a value is required for '--profile"),
        (&["-x", "setnodeid", "b"][..], 2, "unexpected argument '-x'"),
        (&["addservice", "[\"a\""][..], 2, "services: invalid JSON: [\"a\": "),
        (&["addseed", ""][..], 2, "an element must not be empty"),
        (&["-p", "", "setnodeid", "b"][..], 2, "the name of a profile must not be empty"),
        (&["profile", "p", "setparent", "p"][..], 5, "are a circle: p → p"),
    ] {
        let error = home.run(line).failed(code);
        assert!(error.contains(expected), "{line:?}: {error}");
        assert_eq!(home.config(), before, "{line:?}");
    }
    // A parent may be made behind its child, and a value may begin with anything.
    home.run(&["profile", "c", "parent", "m", "profile", "m", "addservice", "--", "-x"]).text();
    assert_eq!(home.run(&["showconfig", "c"]).json()["services"], json!(["-x"]));
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

#[test]
fn what_nobody_reads_does_not_keep_the_file_from_being_written() {
    let home = Home::new();
    home.run(&["setseeds", "a:1"]).text();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command();
    let command = command.args(["delseed", "b:1", "setnodeid", "x"]).stderr(writer);
    assert_eq!(command.status().unwrap().code(), Some(0));
    assert!(home.config().contains("\"nodeid\": \"x\""), "{}", home.config());
    let text = home.run(&["delseed", "b:1"]);
    assert_eq!((text.code, text.err.trim_end()), (0, "aemp: b:1 is not in the seeds here"));
}
