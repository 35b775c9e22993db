//! The fuzz target `chunks`: the two lanes, as a peer fills them and as we do.
//!
//! It looks at what no user of the crate sees, and so is built for the fuzzer and for tests only. The
//! first byte of the input chooses the framing and what is tried, the second how the stream is cut.

use std::time::Duration;

use bytes::BytesMut;

use super::Order;
use super::chunk::MAX_CHUNK;
use super::inbox::Inbox;
use super::queue::{Next, Pushed, Queue};
use crate::framing::{Framing, Limits, Packet};
use crate::value::Value;

/// Whatever comes, nothing panics, and no more is held than is documented; what we write arrives, and
/// in order.
#[cfg_attr(not(fuzzing), expect(unreachable_pub, reason = "the fuzz crate shows it"))]
pub fn chunks(data: &[u8]) {
    let &[how, cut, ref rest @ ..] = data else { return };
    let framing = Framing::ALL[usize::from(how) % Framing::ALL.len()];
    if how & 0x80 == 0 { listen(framing, cut, rest) } else { talk(framing, cut, rest) }
}

/// The receiving end, which holds no more than it may.
struct Receiver {
    inbox: Inbox,
    buffer: BytesMut,
    limits: Limits,
    failed: bool,
}

impl Receiver {
    fn new(framing: Framing, max_packet: usize) -> Self {
        let limits = Limits { max_packet, max_depth: 24 };
        let inbox = Inbox::new(framing, limits, true);
        Self { inbox, buffer: BytesMut::new(), limits, failed: false }
    }

    fn receive(&mut self, mut bytes: &[u8]) -> Vec<Packet> {
        let mut packets = Vec::new();
        while !bytes.is_empty() && !self.failed {
            bytes = self.read(bytes);
            while !self.failed {
                match self.inbox.next(&mut self.buffer) {
                    Ok(Some(packet)) => packets.push(packet),
                    Ok(None) => break,
                    Err(_) => self.failed = true,
                }
                assert!(self.inbox.held() <= self.limits.max_packet + 2 * MAX_CHUNK);
            }
        }
        packets
    }

    /// One read; gives what it left.
    fn read<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some((place, most)) = self.inbox.place(&self.buffer) else {
            self.buffer.extend_from_slice(bytes);
            return &[];
        };
        let (read, rest) = bytes.split_at(most.min(bytes.len()));
        place.extend_from_slice(read);
        self.inbox.placed(read.len(), &mut self.buffer);
        rest
    }

    /// Whether the stream may end here.
    fn may_end(&self) -> bool {
        !self.failed && self.inbox.finish(&self.buffer).is_ok()
    }
}

/// What a peer says: how it is cut does not matter.
fn listen(framing: Framing, cut: u8, bytes: &[u8]) {
    let run = |size: usize| {
        let mut receiver = Receiver::new(framing, 4096);
        let packets: Vec<_> =
            bytes.chunks(size).flat_map(|piece| receiver.receive(piece)).collect();
        // By their texts: what is no number is not equal to itself.
        format!("{packets:?} {}", receiver.may_end())
    };
    assert_eq!(run(usize::from(cut) + 1), run(bytes.len().max(1)));
}

/// What we say: three bytes are a packet, its order, its key and how large it is.
fn talk(framing: Framing, cut: u8, script: &[u8]) {
    const KEYS: [&str; 4] = ["", "a", "b", "c"];
    let mut queue = Queue::new(1 << 20, true);
    let mut receiver = Receiver::new(framing, 300_000);
    let (mut sent, mut arrived, mut buffer) = (Vec::new(), Vec::new(), Vec::new());
    for step in script.chunks_exact(3).take(12) {
        let (key, size) = (KEYS[usize::from(step[1] % 4)], usize::from(step[2]).pow(2) * 4);
        let order = match step[0] % 5 {
            0 => Order::Free,
            4 => Order::Urgent,
            1 => Order::Among(key),
            2 => Order::Ahead(key),
            _ => Order::After(key),
        };
        let mut packet = Vec::new();
        framing.encode(key, &(sent.len(), "x".repeat(size)), &mut packet).expect("encodable");
        match queue.try_push(&mut packet, order) {
            Some(Pushed::First | Pushed::Behind) => sent.push(order),
            None => assert!(queue.queued() > 0),
            Some(Pushed::Overflow(_) | Pushed::Closed(_)) => unreachable!("there is room"),
        }
        for _ in 0..step[1] >> 6 {
            buffer = carry(&mut queue, buffer, cut, &mut receiver, &mut arrived);
        }
    }
    while queue.queued() > 0 {
        buffer = carry(&mut queue, buffer, cut, &mut receiver, &mut arrived);
    }
    assert!(receiver.may_end());
    assert_in_order(&sent, &arrived);
}

/// One batch, from the queue to the receiver; gives its buffer back.
fn carry(
    queue: &mut Queue,
    written: Vec<u8>,
    cut: u8,
    receiver: &mut Receiver,
    arrived: &mut Vec<usize>,
) -> Vec<u8> {
    let Next::Batch(batch) = queue.next(written) else { return Vec::new() };
    let batch = batch.joined().into_buffer();
    // So that there are long chunks as well.
    queue.wrote_batch(batch.len(), Duration::ZERO);
    for piece in batch.chunks(256 * (usize::from(cut) + 1)) {
        arrived.extend(receiver.receive(piece).iter().map(|packet| {
            let values = packet.message.to_values().expect("decodable");
            let text = values.get(1).and_then(Value::as_str).expect("its text");
            assert!(text.bytes().all(|byte| byte == b'x'), "nothing got in between");
            let number = values.first().and_then(Value::as_u64).expect("its number");
            usize::try_from(number).expect("a small number")
        }));
    }
    queue.wrote(batch.len());
    batch
}

/// Every packet arrives once, and passes only what its order allows.
fn assert_in_order(sent: &[Order<'_>], arrived: &[usize]) {
    let mut places = vec![None; sent.len()];
    for (place, &number) in arrived.iter().enumerate() {
        assert_eq!(places[number].replace(place), None, "packet {number} arrives twice");
    }
    for (later, order) in sent.iter().enumerate() {
        assert!(places[later].is_some(), "packet {later} does not arrive");
        for earlier in 0..later {
            let same_key = order.key().is_some() && order.key() == sent[earlier].key();
            let is_held = matches!(sent[earlier], Order::Ahead(_))
                && !matches!(order, Order::Free | Order::Urgent);
            if same_key || is_held || matches!(order, Order::After(_)) {
                assert!(places[earlier] < places[later], "packet {later} overtakes {earlier}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_corpus_is_harmless() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // A package is no checkout: it has no corpus.
        if !root.join("Cargo.toml").exists() {
            return;
        }
        let files: Vec<_> =
            std::fs::read_dir(root.join("fuzz/corpus/chunks")).expect("the corpus").collect();
        assert!(!files.is_empty());
        for file in files {
            let path = file.expect("an entry").path();
            println!("{}", path.display());
            super::chunks(&std::fs::read(path).expect("a file of the corpus"));
        }
    }
}
