"""One connection: handshake, then packets both ways."""

import asyncio
import random
import socket

from wire import MAX_LINE, Handshake, PacketReader, Refused, write_packet


class Link:
    """A connection that is up; packets go to `node.packet`, its end to `node.link_down`."""

    def __init__(self, node, reader, writer, protocol="aemp", keys=None):
        self.protocol, self.keys, self.peer_keys = protocol, keys or {}, {}
        self.node, self.reader, self.writer = node, reader, writer
        self.out = asyncio.Queue()
        self.peer, self.closed = None, False
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def greet(self):
        """The handshake."""
        host, port = self.writer.get_extra_info("peername")[:2]
        node = self.node
        shake = Handshake(node.id, node.secret, node.accept, node.offer, f"{host}:{port}",
                          self.protocol, self.keys)
        await self._write(shake.local.encode())
        auth = shake.auth_line(await self._line(), await self._line())
        if self.protocol == "aemp":
            self.protocol = shake.peer["protocol"]
        self.peer_keys = shake.peer["keys"]
        if self.protocol == "aemp" and shake.peer["node"] in node.links:
            raise Refused(f"{shake.peer['node']} already connected")
        await self._write(auth.encode())
        method = shake.check(await self._line())
        self.peer = shake.peer["node"]
        return method

    async def run(self):
        """Reads and writes until the end; gives its reason."""
        tasks = [asyncio.ensure_future(t) for t in (self._read(), self._send(), self._keepalive())]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        self.close()
        error = next(iter(done)).exception()
        return str(error or "end of stream")

    def send(self, packet):
        if not self.closed:
            self.out.put_nowait(write_packet(packet, self.node.style))

    def send_raw(self, text):
        self.out.put_nowait(text.encode())

    def close(self):
        self.closed = True
        self.writer.close()

    async def _line(self):
        line = await self.reader.readline()
        if not line.endswith(b"\n") or len(line) > MAX_LINE:
            raise Refused("closed during the handshake" if not line else f"no line: {line!r}")
        return line.decode().rstrip("\r\n")

    async def _write(self, raw):
        """All of it, or cut anywhere when the style wants it."""
        longest = self.node.style.get("cut")
        while longest and raw:
            size = random.randint(1, longest)
            self.writer.write(raw[:size])
            raw = raw[size:]
            await asyncio.sleep(0)
        self.writer.write(raw)
        await self.writer.drain()

    async def _read(self):
        packets = PacketReader()
        while True:
            raw = await self.reader.read(65536)
            if not raw:
                return
            for packet in packets.feed(raw):
                if packet:
                    self.node.packet(self, packet)

    async def _send(self):
        while True:
            await self._write(await self.out.get())

    async def _keepalive(self):
        while True:
            await asyncio.sleep(self.node.keepalive)
            self.out.put_nowait(b"[]")
