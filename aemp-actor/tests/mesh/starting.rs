//! A mesh of processes: they start at the same moment with one seed, are killed, come back, and two
//! meshes become one.
//!
//! `AEMP_TEST_PROCESSES=30` makes the mesh larger than usual; with `--nocapture` the figures are
//! printed.

use std::time::Instant;

use crate::processes::{Process, all_see_each_other};

fn count() -> usize {
    let wanted = std::env::var("AEMP_TEST_PROCESSES").ok();
    wanted.map_or(12, |wanted| wanted.parse().expect("AEMP_TEST_PROCESSES is a number"))
}

#[test]
fn processes_started_at_once_form_the_mesh_and_notice_who_is_killed() {
    let count = count();
    let mut seed = Process::start("seed", "127.0.0.1:0", &[]);
    let address = seed.address();
    let started = Instant::now();
    let ids = (1..count).map(|n| format!("n{n}"));
    let mut nodes: Vec<Process> =
        ids.map(|id| Process::start(&id, "127.0.0.1:0", &[&address])).collect();
    nodes.insert(0, seed);
    all_see_each_other(&mut nodes);
    println!("{count} processes form the full mesh: {:?}", started.elapsed());
    let largest = nodes.iter().map(Process::memory).max().unwrap_or(0);
    println!("the largest of them: {largest} KiB");
    if !cfg!(debug_assertions) {
        assert!(largest < 15 << 10, "{largest} KiB are resident");
    }

    let killed = Instant::now();
    for mut node in nodes.split_off(count - count / 3) {
        node.kill();
    }
    all_see_each_other(&mut nodes);
    println!("{} of them killed, noticed by all: {:?}", count / 3, killed.elapsed());

    let killed = Instant::now();
    nodes.remove(0).kill();
    all_see_each_other(&mut nodes);
    println!("the seed killed, noticed by all: {:?}", killed.elapsed());

    let restarted = Instant::now();
    nodes.push(Process::start("seed", &address, &[]));
    all_see_each_other(&mut nodes);
    println!("the seed is back with all: {:?}", restarted.elapsed());

    let late = Instant::now();
    nodes.push(Process::start("late", "127.0.0.1:0", &[&address]));
    all_see_each_other(&mut nodes);
    println!("one more joined, through that seed: {:?}", late.elapsed());
}

#[test]
fn two_meshes_become_one_by_a_common_seed() {
    let mut common = Process::start("common", "127.0.0.1:0", &[]);
    let bridge = common.address();
    let mut nodes = vec![common];
    let mut seeds = Vec::new();
    for mesh in ["a", "b"] {
        let mut seed = Process::start(&format!("{mesh}0"), "127.0.0.1:0", &[]);
        let address = seed.address();
        let mut of_mesh = vec![seed];
        for n in 1..4 {
            of_mesh.push(Process::start(&format!("{mesh}{n}"), "127.0.0.1:0", &[&address]));
        }
        all_see_each_other(&mut of_mesh);
        nodes.append(&mut of_mesh);
        seeds.push(address);
    }
    let joined = Instant::now();
    for (n, seed) in seeds.iter().enumerate() {
        nodes.push(Process::start(&format!("both{n}"), "127.0.0.1:0", &[seed, &bridge]));
    }
    all_see_each_other(&mut nodes);
    println!("two meshes of 4 became one: {:?}", joined.elapsed());
}
