//! A peer with nothing of ours but a socket.

use aemp_actor::Node;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{HEX_SECRET, soon};

/// One connection, and what was read of it.
pub(crate) struct RawPeer {
    id: String,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The rendezvous port that the node asked for.
    rendezvous: Option<Json>,
    /// Signs of life that the node asked for, and was given.
    pub(crate) questions: usize,
}

impl RawPeer {
    /// A connection to the first listener of the node, nothing said yet.
    pub(crate) async fn connect(node: &Node) -> Self {
        let address = node.listeners().remove(0);
        Self::over(soon("a connection", TcpStream::connect(address)).await.unwrap())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { id: String::new(), stream, buffer: Vec::new(), rendezvous: None, questions: 0 }
    }

    /// A connection with the handshake done, as node `id`.
    pub(crate) async fn log_in(node: &Node, id: &str) -> Self {
        Self::log_in_with(node, id, "").await
    }

    /// The same, with more fields at the end of the greeting: `;key=value`.
    pub(crate) async fn log_in_with(node: &Node, id: &str, fields: &str) -> Self {
        let mut peer = Self::connect(node).await;
        peer.shake_hands(id, fields).await;
        soon("the node to see the peer", node.wait_up(id)).await;
        peer
    }

    /// Does the peer's half of the handshake, and reads the other.
    pub(crate) async fn shake_hands(&mut self, id: &str, fields: &str) {
        self.id = id.to_owned();
        self.send(&format!("aemp;1;{id};hmac_md6_64_256;json{fields}\nnonce-{id}\n")).await;
        let greeting = self.line().await;
        assert!(greeting.starts_with("aemp;1;"), "{greeting}");
        self.line().await;
        self.send(&format!("cleartext;{HEX_SECRET};json\n")).await;
        assert!(self.line().await.starts_with("hmac_md6_64_256;"));
    }

    /// The address of this side, as the node sees it.
    pub(crate) fn address(&self) -> String {
        self.stream.local_addr().unwrap().to_string()
    }

    /// Writes a text as it is.
    pub(crate) async fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes()).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        soon("a write", self.stream.write_all(bytes)).await.unwrap();
    }

    /// Writes and does not care whether the other side is still there.
    pub(crate) async fn send_blindly(&mut self, bytes: &[u8]) {
        drop(soon("a write", self.stream.write_all(bytes)).await);
    }

    /// Writes one packet.
    pub(crate) async fn packet(&mut self, packet: Json) {
        self.send(&packet.to_string()).await;
    }

    /// Ends the sending half.
    pub(crate) async fn end(&mut self) {
        soon("the end", self.stream.shutdown()).await.unwrap();
    }

    /// The next line without its LF.
    pub(crate) async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return String::from_utf8(line[..end].to_vec()).unwrap();
            }
            assert!(self.read().await, "the node closed the connection, no line came");
        }
    }

    /// The next packet that is no keepalive, no heartbeat (those are answered) and not about the
    /// mesh.
    pub(crate) async fn next(&mut self) -> Json {
        loop {
            match self.buffered() {
                Some(packet) if packet == Json::Array(Vec::new()) || self.is_mesh(&packet) => {}
                Some(packet) if packet[1] == "snd" && packet[3] == "" => {
                    self.questions += 1;
                    self.send_blindly(br#"["",""]"#).await;
                }
                Some(packet) => return packet,
                None => assert!(self.read().await, "the node closed, no packet came"),
            }
        }
    }

    /// What every node tells every node of the mesh.
    fn is_mesh(&mut self, packet: &Json) -> bool {
        if packet[1] == "AnyEvent::MP::_spawn" && packet[3] == "AnyEvent::MP::Global::connect" {
            self.rendezvous = Some(packet[2].clone());
        }
        let about = if packet[0] == "" { &packet[2] } else { &packet[0] };
        self.rendezvous.as_ref() == Some(about)
    }

    fn buffered(&mut self) -> Option<Json> {
        let mut packets = serde_json::Deserializer::from_slice(&self.buffer).into_iter::<Json>();
        let packet = match packets.next()? {
            Ok(packet) => packet,
            Err(error) if error.is_eof() => return None,
            Err(error) => panic!("{error}: {:?}", String::from_utf8_lossy(&self.buffer)),
        };
        let end = packets.byte_offset();
        self.buffer.drain(..end);
        Some(packet)
    }

    /// Everything up to and including `text`, unread.
    pub(crate) async fn heard_until(&mut self, text: &str) -> String {
        loop {
            let heard = String::from_utf8_lossy(&self.buffer).into_owned();
            if let Some(at) = heard.find(text) {
                self.buffer.drain(..at + text.len());
                return heard[..at + text.len()].to_owned();
            }
            assert!(self.read().await, "the node closed, it said {heard}");
        }
    }

    /// Asserts that the node has answered everything asked of its node port before.
    pub(crate) async fn nothing_more(&mut self) {
        let me = format!("{}#sync", self.id);
        self.packet(serde_json::json!(["", "snd", me, "done"])).await;
        assert_eq!(self.next().await, serde_json::json!(["sync", "done"]));
    }

    /// Waits for the end of the stream, or its failure, and gives what came before.
    pub(crate) async fn closed(&mut self) -> String {
        while self.read().await {}
        String::from_utf8_lossy(&std::mem::take(&mut self.buffer)).into_owned()
    }

    async fn read(&mut self) -> bool {
        let read = soon("something to read", self.stream.read_buf(&mut self.buffer)).await;
        read.is_ok_and(|bytes| bytes > 0)
    }
}

/// Where raw peers are dialled.
pub(crate) struct RawListener(TcpListener);

impl RawListener {
    pub(crate) async fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    pub(crate) async fn accept(&self) -> RawPeer {
        RawPeer::over(soon("a dial", self.0.accept()).await.unwrap().0)
    }
}
