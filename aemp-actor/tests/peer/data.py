"""Data connections: raw between two nodes, beside their messages."""

import asyncio
import itertools

PROTOCOL = "aemp-dataconn"
EXPECT, CONNECT = "AnyEvent::MP::DataConn::_expect", "AnyEvent::MP::DataConn::_connect"


class Data:
    def __init__(self, node):
        self.node, self.expected = node, {}
        self.numbers = itertools.count(1)

    def register(self, functions):
        functions[EXPECT] = lambda node, origin, *args: self.expect(*args)
        functions[CONNECT] = lambda node, origin, *args: self.connect(*args)

    def _await(self, number, timeout, done):
        """Calls `done` with a link and None, or with None and a text."""
        loop = asyncio.get_running_loop()

        def once(link, error):
            if self.expected.pop(number, None):
                timer.cancel()
                done(link, error)

        timer = loop.call_later(float(timeout), once, None, f"nothing within {timeout} s")
        self.expected[number] = once

    # What other nodes ask.

    def expect(self, number, port, timeout, init, *args):
        def done(link, error):
            if link is None:
                return self.node.kil(port, ["AnyEvent::MP::DataConn", error])
            function = self.node.functions.get(init)
            if function is None:
                self.node.report({"event": "warn", "text": f"unable to load function '{init}'"})
                return link.close()
            asyncio.ensure_future(function(self.node, link.reader, link.writer, *args))

        self._await(str(number), timeout, done)

    def connect(self, number, name):
        """Dials the listeners of a node, one after the other."""
        number = str(number)
        if number not in self.expected:
            return
        addresses = self.node.mesh.addresses.get(str(name), [])
        if not addresses:
            return self.expected[number](None, f"{name}: no listeners found")
        asyncio.ensure_future(self._dial(number, list(addresses)))

    async def _dial(self, number, addresses):
        for address in addresses:
            if number not in self.expected:
                return
            try:
                link = await self.node.open(address, PROTOCOL, {"dataconn_id": number})
                await link.greet()
                return self.inject(link)
            except Exception as error:
                self.node.report({"event": "refused", "text": str(error)})

    def inject(self, link):
        """A connection whose handshake is done, from either side."""
        number = link.keys.get("dataconn_id") or link.peer_keys.get("dataconn_id")
        if number in self.expected:
            self.expected[number](link, None)
        else:
            link.close()

    # What this node asks.

    async def connect_to(self, name, timeout, init, *args):
        """Gives a link; or raises why not."""
        future = asyncio.get_running_loop().create_future()
        number = f"{next(self.numbers)}@{self.node.id}"

        def done(link, error):
            if future.done():
                return
            if link is None:
                future.set_exception(ConnectionError(error))
            else:
                future.set_result(link)

        self._await(number, timeout, done)
        port = self.node.port(lambda message: self._ready(number, name))
        self.node.mon(port, lambda reason: done(None, " ".join(map(str, reason))))
        self.node.send(name, ["", EXPECT, number, port, timeout, init, *args])
        self.node.send(name, ["", "snd", port, "ready"])
        try:
            return await future
        finally:
            self.expected.pop(number, None)
            self.node.kil(port)

    def _ready(self, number, name):
        if self.node.mesh.addresses.get(name):
            self.connect(number, name)
        else:
            self.node.send(name, ["", CONNECT, number, self.node.id])
