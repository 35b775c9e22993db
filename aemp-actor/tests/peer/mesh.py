"""The global service: who is there, where, and in which groups."""

import asyncio
import random

CONNECT = "AnyEvent::MP::Global::connect"


class Mesh:
    def __init__(self, node, seeds, announce_after):
        self.node, self.seeds, self.announce_after = node, seeds, announce_after
        self.addresses, self.dialling = {}, set()
        self.own, self.foreign = {}, {}  # group -> set of port IDs; node -> the same
        self.rendezvous, self.news_to, self.set_up = {}, set(), set()
        self.seed_nodes, self.master = {}, None

    def start(self):
        for seed in self.seeds:
            asyncio.ensure_future(self._keep(seed))

    async def _keep(self, seed):
        """Stays connected to a seed."""
        while True:
            if self.seed_nodes.get(seed) not in self.node.links:
                try:
                    self.seed_nodes[seed] = await self.node.dial(seed)
                except Exception as error:
                    self.node.report({"event": "refused", "text": str(error)})
                    if "myself" in str(error):
                        return
            await asyncio.sleep(random.uniform(0.2, 0.5))

    async def try_connect(self, name):
        if self.node.links and name not in self.addresses and self.master:
            self._tell(self.master, "find", name)
        for address in self.addresses.get(name, []):
            if name in self.node.links:
                return
            try:
                await self.node.dial(address)
            except Exception:
                pass

    # Other nodes.

    def node_up(self, name):
        node = self.node
        port = node.spawn(name, CONNECT, 0, node.id)
        self.rendezvous[name] = port
        node.mon(port, lambda reason: self._lost(name, port))
        self._tell(name, "addr", node.listeners)
        if self.addresses:
            self._tell(name, "nodes", self.addresses)
        if self.own:
            self._tell(name, "set", {g: sorted(ports) for g, ports in self.own.items()})
        self._tell(name, "setup")
        self._choose_master()

    def node_down(self, name):
        self.rendezvous.pop(name, None)
        self.foreign.pop(name, None)
        self.addresses.pop(name, None)
        self.news_to.discard(name)
        self.set_up.discard(name)
        self._choose_master()
        if self.master:
            self._tell(self.master, "find", name)
        self.node.report({"event": "groups", "groups": self.groups()})

    def _lost(self, name, port):
        if self.rendezvous.get(name) == port:
            del self.rendezvous[name]

    def _choose_master(self):
        if self.master in self.node.links:
            return
        seeds = [n for n in self.seed_nodes.values() if n in self.node.links]
        self.master = next(iter(seeds + list(self.node.links)), None)
        if self.master:
            self._tell(self.master, "seedme1")

    def _tell(self, name, *message):
        if name in self.rendezvous:
            self.node.snd(self.rendezvous[name], *message)

    def connect(self, port_id, version, name):
        """The init function of rendezvous ports here."""
        if int(version) != 0:
            raise ValueError(f"version mismatch: {version}")
        name = str(name)
        port = port_id.partition("#")[2]
        self.node.ports[port] = lambda message: self._received(name, message)
        self.node.mon(name, lambda reason: self.node.kil(port_id, reason))

    def _received(self, name, message):
        tag, args = message[0], message[1:]
        getattr(self, f"_on_{tag}")(name, *args)
        self.node.report({"event": "groups", "groups": self.groups()})

    def _on_addr(self, name, addresses):
        self.addresses[name] = addresses
        asyncio.ensure_future(self._announce(name, addresses))

    async def _announce(self, name, addresses):
        await asyncio.sleep(self.announce_after * random.uniform(1, 1.5))
        for other in self.news_to & set(self.node.links):
            self._tell(other, "nodes", {name: addresses})

    def _on_nodes(self, _, nodes):
        for name, addresses in nodes.items():
            if name != self.node.id and name not in self.node.links:
                self.addresses[name] = addresses or []
                asyncio.ensure_future(self.try_connect(name))

    def _on_set(self, name, groups):
        self.foreign[name] = {group: set(ports) for group, ports in groups.items()}

    def _on_reg1(self, name, group, port):
        self.foreign.setdefault(name, {}).setdefault(str(group), set()).add(port)

    def _on_reg0(self, name, group, port):
        ports = self.foreign.get(name, {}).get(str(group))
        if ports is None or port not in ports:
            raise ValueError(f"{port} was not in group {group}")
        ports.discard(port)

    def _on_setup(self, name):
        self.set_up.add(name)

    def _on_seedme1(self, name):
        self.news_to.add(name)
        if self.addresses:
            self._tell(name, "nodes", self.addresses)

    def _on_seedme0(self, name):
        self.news_to.discard(name)

    def _on_find(self, name, other):
        if other in self.addresses:
            self._tell(name, "nodes", {other: self.addresses[other]})

    # Groups.

    def register(self, group, port):
        self.own.setdefault(group, set()).add(port)
        self.node.mon(port, lambda reason: self.unregister(group, port))
        for name in self.node.links:
            self._tell(name, "reg1", group, port)
        self.node.report({"event": "groups", "groups": self.groups()})

    def unregister(self, group, port):
        if port not in self.own.get(group, set()):
            return
        self.own[group].discard(port)
        for name in self.node.links:
            self._tell(name, "reg0", group, port)
        self.node.report({"event": "groups", "groups": self.groups()})

    def groups(self):
        merged = {}
        for groups in [self.own, *self.foreign.values()]:
            for group, ports in groups.items():
                merged.setdefault(group, set()).update(ports)
        return {group: sorted(ports) for group, ports in sorted(merged.items()) if ports}
