//! The fuzz target `relay`: packets as another node may send them, and two honest sides.
//!
//! It looks at what no user of the crate sees, and so is built for the fuzzer and for tests only. The
//! first byte of the input chooses what is tried.

use std::collections::VecDeque;

use aemp_transport::{Decoder, Framing, Limits};
use bytes::{Bytes, BytesMut};

use super::exchange::{Exchange, Over};
use super::packet::{FUNCTION, RelayPacket, Word};
use super::{CHUNK, WINDOW};
use crate::message::Message;

/// Whatever comes, nothing panics, and no more is held than is documented; what was read is written
/// and read again; between honest sides everything arrives.
#[cfg_attr(not(fuzzing), expect(unreachable_pub, reason = "the fuzz crate shows it"))]
pub fn relay(data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else { return };
    if how & 0x80 != 0 {
        return talk(rest);
    }
    let mut stranger = Stranger::new(how & 0x40 != 0);
    for (index, message) in messages(Framing::ALL[usize::from(how) % 3], rest).iter().enumerate() {
        let Ok(mut packet) = RelayPacket::read(message) else { continue };
        assert_is_read_again(&packet);
        if how & 0x20 != 0 {
            packet.seq = index as u64;
        }
        stranger.say(packet);
    }
}

fn messages(framing: Framing, bytes: &[u8]) -> Vec<Message> {
    let mut decoder = Decoder::new(framing, Limits { max_packet: 8192, max_depth: 24 });
    let (mut buffer, mut messages) = (BytesMut::from(bytes), Vec::new());
    while let Ok(Some(packet)) = decoder.next(&mut buffer) {
        messages.push(Message::from_encoded(packet.message));
    }
    messages
}

/// A packet is the same in every framing.
fn assert_is_read_again(packet: &RelayPacket) {
    let RelayPacket { from, connection, seq, word } = packet;
    for &framing in Framing::ALL {
        let mut bytes = Vec::new();
        let parts = (FUNCTION, from, connection.as_str(), word.kind(), seq, word);
        framing.encode("", &parts, &mut bytes).expect("encodable");
        for message in messages(framing, &bytes) {
            assert_eq!(RelayPacket::read(&message).as_ref(), Ok(packet), "{framing}");
        }
    }
}

/// One side of a connection to somebody who says anything.
struct Stranger {
    side: Exchange,
    said: u64,
    /// What is to be read, and how much of it has been.
    data: Vec<u8>,
    read: usize,
}

impl Stranger {
    fn new(dialled: bool) -> Self {
        let side = if dialled { Exchange::dialled() } else { Exchange::accepted(WINDOW) };
        Self { side, said: 0, data: Vec::new(), read: 0 }
    }

    fn say(&mut self, packet: RelayPacket) {
        self.said += 1;
        let was_over = self.side.over().is_some();
        let said = packet.word.clone();
        match (self.side.receive(packet.seq, packet.word), said) {
            (Err(error), _) => {
                assert!(!was_over);
                self.side.end(Over::Broken(error.to_string()));
            }
            (Ok(()), Word::Data(bytes)) if !was_over => self.data.extend_from_slice(&bytes),
            (Ok(()), _) => {}
        }
        assert!(self.data.len() - self.read <= WINDOW as usize);
        assert!(self.side.credit() <= WINDOW);
        self.answer();
    }

    /// Reads now more, now less, tells so when it is due, and sends a little.
    fn answer(&mut self) {
        let room = 1 << (self.said % 14);
        if let Some(bytes) = self.side.read(room) {
            let end = self.read + bytes.len();
            assert!(bytes.len() <= room);
            assert_eq!(self.data[self.read..end], bytes);
            self.read = end;
        }
        if let Some(total) = self.side.ack_due() {
            assert_eq!(total, self.read as u64);
            self.side.was_sent(&Word::Ack { total });
        }
        let credit = self.side.credit().min(self.said % 8) as usize;
        if self.side.is_accepted() && credit > 0 {
            self.side.was_sent(&Word::Data(vec![0; credit].into()));
        }
    }
}

/// Two honest sides, and what is on its way to each of them.
struct Pair {
    sides: [Exchange; 2],
    under_way: [VecDeque<(u64, Word)>; 2],
    sent: [Vec<u8>; 2],
    read: [Vec<u8>; 2],
    ended: [bool; 2],
}

impl Pair {
    fn new() -> Self {
        let (under_way, ended) = (Default::default(), [false; 2]);
        let sides = [Exchange::dialled(), Exchange::accepted(WINDOW)];
        let mut pair =
            Self { sides, under_way, sent: Default::default(), read: Default::default(), ended };
        // What the other side has been made of.
        pair.send(0, Word::Open { window: WINDOW });
        pair.under_way[1].clear();
        pair.send(1, Word::Accept { window: WINDOW });
        pair
    }

    fn send(&mut self, side: usize, word: Word) {
        self.under_way[1 - side].push_back((self.sides[side].next_out(), word.clone()));
        self.sides[side].was_sent(&word);
    }

    fn write(&mut self, side: usize, bytes: usize) {
        let count = bytes.min(CHUNK).min(self.sides[side].credit() as usize);
        if count > 0 && !self.ended[side] && self.sides[side].is_accepted() {
            let bytes: Vec<u8> = (self.sent[side].len()..).map(|n| n as u8).take(count).collect();
            self.sent[side].extend_from_slice(&bytes);
            self.send(side, Word::Data(Bytes::from(bytes)));
        }
    }

    fn end(&mut self, side: usize) {
        if !self.ended[side] && self.sides[side].is_accepted() {
            self.ended[side] = true;
            self.send(side, Word::End);
        }
    }

    fn read(&mut self, side: usize, room: usize) {
        if let Some(bytes) = self.sides[side].read(room) {
            self.read[side].extend_from_slice(&bytes);
        }
        if let Some(total) = self.sides[side].ack_due() {
            self.send(side, Word::Ack { total });
        }
    }

    fn deliver(&mut self, side: usize) -> bool {
        let Some((seq, word)) = self.under_way[side].pop_front() else { return false };
        self.sides[side].receive(seq, word).expect("honest sides break no rule");
        true
    }
}

/// Each byte of the script is a step: of which side, what, and how much.
fn talk(script: &[u8]) {
    let mut pair = Pair::new();
    for step in script.iter().take(4096) {
        let (side, amount) = (usize::from(step & 1), 1 << (step >> 4));
        match step >> 1 & 7 {
            0..3 => pair.write(side, amount),
            3 | 4 => pair.read(side, amount),
            5 if *step > 250 => pair.end(side),
            _ => drop(pair.deliver(side)),
        }
    }
    for side in [0, 1] {
        while pair.deliver(side) {}
    }
    for side in [0, 1] {
        pair.end(side);
        while pair.deliver(1 - side) {}
        pair.read(1 - side, usize::MAX);
        assert!(pair.read[1 - side] == pair.sent[side], "what was sent arrives");
        assert!(pair.sides[1 - side].is_ended());
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
            std::fs::read_dir(root.join("fuzz/corpus/relay")).expect("the corpus").collect();
        assert!(!files.is_empty());
        for file in files {
            let path = file.expect("an entry").path();
            println!("{}", path.display());
            super::relay(&std::fs::read(path).expect("a file of the corpus"));
        }
    }
}
