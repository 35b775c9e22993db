"""A node: its ports, its links, and what its node port understands."""

import ast
import asyncio
import os
import random
import string
import time

from data import PROTOCOL, Data
from link import Link
from log import CONNECT, Log
from mesh import Mesh
from wire import Refused

CONNECT_TIMEOUT = 20


def split(port_id):
    node, _, port = port_id.partition("#")
    return node, port


class Node:
    def __init__(self, options, report, functions):
        self.id, self.secret = options["nodeid"], options.get("secret", "")
        accept = ["tls_md6_64_256", "hmac_md6_64_256", "tls_anon", "cleartext"]
        self.accept = options.get("accept", accept)
        self.offer = options.get("offer", ["hmac_md6_64_256"])
        self.style, self.keepalive = options.get("style", {}), options.get("keepalive", 5)
        self.prefix = "".join(random.choices(string.ascii_letters + string.digits, k=8))
        self.counter, self.report, self.functions = 0, report, functions
        self.ports, self.links, self.listeners = {"": self._request}, {}, []
        self.monitors, self.watchers, self.waiting = {}, {}, {}
        self.log = Log(self)
        functions[CONNECT] = lambda node, origin, *args: node.log.connect(*args)
        self.data = Data(self)
        self.data.register(functions)
        # Runs under AnyEvent::Watchdog: true, false, or "missing" for a Perl without that module.
        self.watchdog = options.get("watchdog", False)
        self.relayed, self.losing = 0, None  # data relayed, and which of them is to be lost
        self.mesh = Mesh(self, options.get("seeds", []), options.get("announce_after", 2))

    # Ports.

    def new_name(self):
        self.counter += 1
        return f"{self.prefix}.{self.counter:x}"

    def port(self, handler, name=None):
        """A new port; `handler` is called with each message, an exception kills the port."""
        name = name or self.new_name()
        self.ports[name] = handler
        return f"{self.id}#{name}"

    def kil(self, port_id, reason=()):
        node, port = split(port_id)
        if node != self.id:
            self.send(node, ["", "kil", port, *reason])
        else:
            asyncio.get_running_loop().call_soon(self._kil, port_id, port, reason)

    def _kil(self, port_id, port, reason):
        if self.ports.pop(port, None) is None:
            return
        self._fire(port_id, list(reason))
        for watcher in self.watchers.pop(port, set()):
            self.send(watcher, ["", "kil0", port, *reason])

    def snd(self, port_id, *message):
        node, port = split(port_id)
        if node == self.id:
            asyncio.get_running_loop().call_soon(self._deliver, port, list(message))
        else:
            self.send(node, [port, *message])

    def mon(self, port_id, callback):
        """Calls `callback` with the reason when the port dies; gives a key to stop that."""
        node, port = split(port_id)
        first = port_id not in self.monitors
        self.counter += 1
        self.monitors.setdefault(port_id, {})[self.counter] = callback
        key = (port_id, self.counter)
        if node == self.id:
            if port not in self.ports:
                self._fire(port_id, ["no_such_port", "cannot monitor nonexistent port"])
        elif node not in self.links and node not in self.waiting:
            self.send(node, ["", "mon1", port])
        elif first and port:
            self.send(node, ["", "mon1", port])
        return key

    def unmon(self, key):
        port_id, number = key
        callbacks = self.monitors.get(port_id, {})
        if callbacks.pop(number, None) and not callbacks:
            del self.monitors[port_id]
            node, port = split(port_id)
            if node != self.id and node in self.links:
                self.send(node, ["", "mon0", port])

    def spawn(self, node, init, *args):
        name = self.new_name()
        self.send(node, ["", "AnyEvent::MP::_spawn", name, init, *args])
        return f"{node}#{name}"

    def _fire(self, port_id, reason):
        for callback in self.monitors.pop(port_id, {}).values():
            callback(reason)

    def _deliver(self, port, message):
        handler = self.ports.get(port)
        if handler is None:
            return self.report({"event": "lost", "port": port, "message": message})
        try:
            handler(message)
        except Exception as error:
            if port:
                self.kil(f"{self.id}#{port}", ["die", f"{error}\n"])
            else:
                self.report({"event": "warn", "text": f"{message}: {error!r}"})

    # Requests.

    def _request(self, message):
        tag, args = (message or [""])[0], message[1:]
        if tag in ("", "devnull", None):
            return
        method = getattr(self, f"_request_{tag}", None)
        if method:
            method(*args)
        elif tag == "AnyEvent::MP::_spawn":
            self._request_spawn(*args)
        elif "::" in tag and tag in self.functions:
            self.functions[tag](self, self.origin, *args)
        else:
            self.report({"event": "warn", "text": f"unknown request {tag}"})

    def _request_mon1(self, port):
        port = str(port)
        if port in self.ports:
            self.watchers.setdefault(port, set()).add(self.origin)
        else:
            text = "cannot monitor nonexistent port"
            self.send(self.origin, ["", "kil0", port, "no_such_port", text])

    def _request_mon0(self, port):
        self.watchers.get(str(port), set()).discard(self.origin)

    def _request_kil0(self, port, *reason):
        self._fire(f"{self.origin}#{port}", list(reason))

    def _request_kil(self, port, *reason):
        self.kil(f"{self.id}#{port}", reason)

    def _request_snd(self, to, *args):
        if args[0:1] == ("aemp::relay",) and args[3] == "data":
            self.relayed += 1
            if self.relayed == self.losing:
                return self.report({"event": "lost_data", "to": to})
        self.snd(to, *args)

    def _request_snd_multiple(self, *messages):
        for to, *args in messages:
            self.snd(to, *args)

    def _request_info(self, to, *args):
        self.snd(to, *args, self.id)

    def _request_known_nodes(self, to, *args):
        self.snd(to, *args, self.id, *sorted(set(self.links) | set(self.mesh.addresses)))

    def _request_up_nodes(self, to, *args):
        self.snd(to, *args, *sorted(self.links))

    def _request_time(self, to, *args):
        self.snd(to, *args, time.time())

    def _request_eval(self, code, to, *args):
        # A Perl node answers an error text, which is empty here, and results.
        if "AnyEvent::Watchdog::Util::restart" in code:
            return self._restart(code, to, *args)
        try:
            self.snd(to, *args, "", ast.literal_eval(code))
        except (ValueError, SyntaxError):
            self.snd(to, *args, f"no Perl here: {code}")

    def _restart(self, code, to, *args):
        """What becomes of the code that `aemp restart` has evaluated: see the option watchdog."""
        if "use AnyEvent::Watchdog::Util ();" not in code:
            # The functions of a module that is not loaded are nothing but words.
            return self.snd(to, *args, "")
        if self.watchdog == "missing":
            text = "Can't locate AnyEvent/Watchdog/Util.pm in @INC at (eval 1) line 1.\n"
            return self.snd(to, *args, text)
        if not self.watchdog:
            return self.snd(to, *args, "not running under a watchdog\n")
        # It ends at once: there is no answer.
        self.report({"event": "restarting"})
        os._exit(0)

    def _request_spawn(self, port, init, *args):
        port = str(port)
        port_id = self.port(lambda message: None, port)
        try:
            if init not in self.functions:
                raise Refused(f"unable to load function '{init}'")
            self.functions[init](self, port_id, *args)
        except Exception as error:
            self.kil(port_id, ["die", f"{error}\n"])

    # Links.

    async def listen(self, address):
        host, _, port = address.rpartition(":")
        server = await asyncio.start_server(self._accepted, host, int(port))
        host, port = server.sockets[0].getsockname()[:2]
        self.listeners.append(f"{host}:{port}")

    async def _accepted(self, reader, writer):
        try:
            await self._greet(Link(self, reader, writer))
        except (Refused, OSError, asyncio.TimeoutError) as error:
            self.report({"event": "refused", "text": str(error)})

    async def open(self, address, *protocol_and_keys):
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        return Link(self, reader, writer, *protocol_and_keys)

    async def dial(self, address):
        """Gives the node that is there, or raises what is wrong."""
        return await self._greet(await self.open(address))

    async def _greet(self, link):
        try:
            method = await asyncio.wait_for(link.greet(), 30)
        except BaseException:
            link.close()
            raise
        if link.protocol == PROTOCOL:
            return self.data.inject(link)
        old = self.links.get(link.peer)
        if old:
            self.link_down(old, "switched connections")
        self.links[link.peer] = link
        self.report({"event": "up", "node": link.peer, "auth": method})
        for packet in self.waiting.pop(link.peer, []):
            link.send(packet)
        self.mesh.node_up(link.peer)
        self.log.node_up(link.peer)
        asyncio.ensure_future(self._run(link))
        return link.peer

    async def _run(self, link):
        self.link_down(link, await link.run())

    def link_down(self, link, text):
        link.close()
        if self.links.get(link.peer) is not link:
            return
        del self.links[link.peer]
        for watchers in self.watchers.values():
            watchers.discard(link.peer)
        self._node_lost(link.peer, text)
        self.report({"event": "down", "node": link.peer, "text": text})
        self.mesh.node_down(link.peer)

    def _node_lost(self, node, text):
        for port_id in [p for p in self.monitors if split(p)[0] == node]:
            self._fire(port_id, ["transport_error", text])

    def packet(self, link, packet):
        self.origin = link.peer
        self._deliver(str(packet[0]), packet[1:])

    def send(self, node, packet):
        if node in self.links:
            self.links[node].send(packet)
        elif node == self.id:
            self._deliver(packet[0], packet[1:])
        elif node in self.waiting:
            self.waiting[node].append(packet)
        else:
            self.waiting[node] = [packet]
            asyncio.ensure_future(self._connect(node))

    async def _connect(self, node):
        end = time.monotonic() + CONNECT_TIMEOUT
        while node in self.waiting and time.monotonic() < end:
            await self.mesh.try_connect(node)
            await asyncio.sleep(0.2)
        if self.waiting.pop(node, None) is not None:
            self._node_lost(node, "connect: unable to connect to node")
