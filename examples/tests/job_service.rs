//! The job service of the guide, as its chapters have the reader run it.

mod support;

use aemp_actor::generate_secret;
use support::{Program, example};

/// A folder with a secret in it; gone at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("aemp-jobs-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("secret"), format!("{}\n", generate_secret())).unwrap();
        Self(path)
    }

    fn start(&self, words: &[&str]) -> Program {
        let mut command = example("job_service");
        command.args(words).current_dir(&self.0);
        Program::start(&words.join(" "), command)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn every_job_is_done_though_a_worker_is_killed() {
    let folder = Folder::new();
    let mut queue = folder.start(&["queue", "127.0.0.1:0"]);
    let line = queue.wait_for("the queue listens on ");
    let address = line.rsplit(' ').next().unwrap();
    let mut first = folder.start(&["work", address]);
    queue.wait_for(" is there");
    first.kill();
    queue.wait_for(" is gone: transport_error: ");
    let _second = folder.start(&["work", address]);
    let (status, printed) = queue.end();
    assert!(status.success(), "{printed}");
    assert!(printed.contains("41538 prime numbers below 500000"), "{printed}");
}

#[test]
fn the_guide_shows_this_program() {
    let chapter = include_str!("../../book/src/job-machines.md");
    let (_, program) = include_str!("../job_service.rs").split_once("\n\n").unwrap();
    assert!(chapter.contains(program), "the program of the chapter is examples/job_service.rs");
}
