//! What is sent to a node takes about the memory of its bytes, not the many times more that it would take
//! decoded. One test: the allocator counts for the whole process.

use crate::support::{RawPeer, log, tcp_node};
use aemp_actor::prelude::*;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes of the part of each packet that is to swell.
const SIZE: usize = 1 << 20;

/// The packet in the test, in the socket's pieces and in the node; the message behind its destination; and
/// what is sent on.
const COPIES: usize = 8;

#[tokio::test]
async fn no_packet_takes_many_times_its_memory() {
    let _alone = crate::ALONE.lock().await;
    log::start();
    let node = tcp_node("bombed").await;
    let port = node.port_fn(|_, _: Message| ()).id();
    let name = port.port();
    for element in ["[],", "0,", "{},", "{\"\":0},", "\"\",", "[\"bombed\",\"devnull\"],", "NaN,"] {
        let many = element.repeat(SIZE / element.len());
        for start in [
            format!("[\"\",\"snd\",\"{port}\","),
            "[\"\",\"snd\",\"bombed#none\",".to_owned(),
            "[\"\",\"snd\",\"bombed\",\"devnull\",".to_owned(),
            "[\"\",\"snd_multiple\",".to_owned(),
            format!("[\"\",\"info\",\"{port}\","),
            "[\"\",\"eval\",\"code\",\"bombed#none\",".to_owned(),
            "[\"\",\"kil\",\"none\",".to_owned(),
            "[\"\",\"kil0\",\"none\",".to_owned(),
            "[\"\",\"AnyEvent::MP::_spawn\",\"b.1\",\"No::such\",".to_owned(),
            "[\"\",\"aemp::info\",1,".to_owned(),
            "[\"\",\"aemp::relay\",".to_owned(),
            "[\"\",\"aemp::relay\",\"a\",\"b\",\"open\",0,".to_owned(),
            "[\"\",\"unknown\",".to_owned(),
            format!("[\"{name}\",\"tag\","),
            "[\"b.0\",\"set\",{\"g\":[".to_owned(),
            "[\"b.0\",\"reg1\",".to_owned(),
        ] {
            let end = if start.ends_with('[') && start.contains('{') { "0]}]" } else { "0]" };
            let peak = peak_of(&node, &format!("{start}{many}{end}")).await;
            assert!(peak < COPIES * SIZE, "{start}{element}: {} KiB", peak >> 10);
        }
    }
    // Groups that nobody is in, and that do not count.
    let many: String = (0..SIZE / 9).map(|n| format!("\"{n:x}\":[],")).collect();
    let peak = peak_of(&node, &format!("[\"b.0\",\"set\",{{{many}\"g\":[]}}]")).await;
    assert!(peak < COPIES * SIZE, "empty groups: {} KiB", peak >> 10);
}

/// How much more memory there is at the most while the node takes the packet of a member of the mesh.
async fn peak_of(node: &Node, packet: &str) -> usize {
    let mut peer = RawPeer::log_in(node, "bomber").await;
    peer.send("[\"\",\"AnyEvent::MP::_spawn\",\"b.0\",\"AnyEvent::MP::Global::connect\",0]").await;
    peer.nothing_more().await;
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    peer.send(packet).await;
    peer.packet(serde_json::json!(["", "snd", "bomber", "read"])).await;
    while !peer.next().await.to_string().contains("\"read\"") {}
    let peak = MEMORY.peak_usage().saturating_sub(before);
    drop(peer);
    crate::support::until("the peer to be gone", || !node.node_is_up("bomber")).await;
    peak
}
