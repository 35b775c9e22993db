//! What the fuzz targets do, on the corpus that they have come to: nothing panics, also not in a
//! task that would go on without it. (How to fuzz for more: `fuzz/README.md`.)

#[expect(unreachable_pub, reason = "the fuzz crate shows them")]
#[path = "../../../fuzz/src/targets/mod.rs"]
mod targets;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a target on its folder of the corpus.
fn replay(name: &str, target: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut count = 0;
    for file in files {
        let path = file.expect("an entry").path();
        let before = PANICS.load(Ordering::Relaxed);
        target(&std::fs::read(&path).expect("a file of the corpus"));
        assert_eq!(PANICS.load(Ordering::Relaxed), before, "{}", path.display());
        count += 1;
    }
    assert!(count > 0, "the corpus of {name} is empty");
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// One test, so that a panic belongs to the file that is replayed.
#[test]
fn the_corpus_is_harmless() {
    let _alone = crate::ALONE.blocking_lock();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        report(info);
    }));
    replay("greeting", targets::greeting);
    replay("auth_line", targets::auth_line);
    replay("json", targets::json);
    replay("cbor", targets::cbor);
    replay("bincode", targets::bincode);
    replay("lenient", targets::lenient);
    replay("requests", targets::requests);
    replay("rendezvous", targets::rendezvous);
}
