"""The log catcher of the Perl implementation: who catches is told log lines, and catches those of others."""

CONNECT = "AnyEvent::MP::LogCatcher::connect"


class Log:
    def __init__(self, node):
        self.node, self.catchers, self.ports, self.level = node, [], {}, None

    def connect(self, version, port, level):
        """Called by a node that catches."""
        entry = (port, int(level))
        self.catchers.append(entry)
        self.node.mon(port, lambda reason: self.catchers.remove(entry))

    def log(self, level, text):
        for port, limit in list(self.catchers):
            if level <= limit:
                self.node.snd(port, level, text)

    def catch(self, level):
        """Catches the lines of all nodes up to `level`; `None` ends that."""
        for port in self.ports.values():
            self.node.kil(port, ["restart"])
        self.ports, self.level = {}, level
        if level is not None:
            for node in self.node.links:
                self.node_up(node)

    def node_up(self, node):
        if self.level is None:
            return

        def handler(message):
            level, text = message
            self.node.report(
                {"event": "log", "node": node, "level": int(level), "text": text.rstrip("\n")})

        port = self.ports[node] = self.node.port(handler)
        self.node.send(node, ["", CONNECT, 0, port, self.level])
        self.node.mon(node, lambda reason: self.node.kil(port))
