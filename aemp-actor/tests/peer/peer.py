"""A node of the AEMP network in nothing but Python's standard library.

It is driven by JSON objects on standard input, one a line, and reports the same way on standard
output. A command is `{"do": NAME, "id": N, ...}`; its answer is `{"answer": N, "result": ...}`,
or with `error` in place of `result`. What happens meanwhile is reported as `{"event": ...}`. The
first line has to be the command `start`. The program ends with its input.
"""

import asyncio
import json
import sys
import zlib

from node import Node


def report(thing):
    sys.stdout.write(json.dumps(thing) + "\n")
    sys.stdout.flush()


# What can be spawned or called by name.


def echo(node, port, client, *args):
    """Says hello with its arguments, then sends every message back."""
    name = port.partition("#")[2]
    node.ports[name] = lambda message: node.snd(client, "echo", *message)
    node.snd(client, "hello", port, *args)


def failing(node, port, *args):
    raise ValueError("no " + " ".join(map(str, args)) + " today")


def bridge(node, port, owner):
    """A bridge head: lives as long as its owner, reports what it hears."""
    node.mon(owner, lambda reason: node.kil(port, reason))
    node.ports[port.partition("#")[2]] = lambda m: report(
        {"event": "message", "port": port, "message": m})


def where(node, origin, reply):
    """To be called, not spawned: sends the caller's node ID."""
    node.snd(reply, "you are", origin)


async def sum_up(node, reader, writer, *args):
    """Answers a data connection with its arguments, and length and checksum of what came."""
    length, checksum = 0, 1
    while raw := await reader.read(65536):
        length, checksum = length + len(raw), zlib.adler32(raw, checksum)
    writer.write(json.dumps([*args, length, checksum]).encode())
    writer.close()


class Program:
    def __init__(self):
        self.node, self.waiting, self.keys = None, [], {}

    def report(self, thing):
        if thing["event"] != "groups":
            report(thing)
        self.waiting = [w for w in self.waiting if not self._try(*w)]

    def _try(self, done, future):
        if not future.done() and done():
            future.set_result(None)
        return future.done()

    async def until(self, done):
        future = asyncio.get_running_loop().create_future()
        if not self._try(done, future):
            self.waiting.append((done, future))
        await future

    async def run(self):
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 26)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        first = True
        async for line in reader:
            command = json.loads(line)
            if command["do"] == "quit":
                return
            task = asyncio.ensure_future(self.obey(command))
            if first:
                first = await task

    async def obey(self, command):
        answer = {"answer": command.pop("id", None)}
        try:
            answer["result"] = await getattr(self, "do_" + command.pop("do"))(**command)
        except Exception as error:
            answer["error"] = repr(error)
        report(answer)

    # Commands.

    async def do_start(self, bind=(), **options):
        functions = {"::echo": echo, "::failing": failing, "::bridge": bridge,
                     "Peer::where": where, "Peer::sum_up": sum_up}
        self.node = Node(options, self.report, functions)
        functions["AnyEvent::MP::Global::connect"] = \
            lambda node, port, *args: node.mesh.connect(port, *args)
        for address in bind:
            await self.node.listen(address)
        self.node.mesh.start()
        return {"listeners": self.node.listeners}

    async def do_dial(self, address):
        return await self.node.dial(address)

    async def do_port(self, kind="report", name=None):
        """A port that reports its messages, answers them (the last argument is who wants the
        answer), or dies of them."""
        node = self.node
        name = name or node.new_name()
        port_id = f"{node.id}#{name}"

        def handler(message):
            if kind == "answer":
                node.snd(message[-1], *message[:-1])
            elif kind == "die":
                raise ValueError("out of " + str(message[0]))
            else:
                report({"event": "message", "port": port_id, "message": message})

        return node.port(handler, name)

    async def do_snd(self, to, message, times=1):
        for n in range(times):
            self.node.snd(to, *[n if part == "$n" else part for part in message])

    async def do_cal(self, to, message):
        future = asyncio.get_running_loop().create_future()
        reply = self.node.port(lambda m: future.done() or future.set_result({"answer": m}))
        key = self.node.mon(to, lambda r: future.done() or future.set_result({"died": r}))
        self.node.snd(to, *message, reply)
        result = await future
        self.node.unmon(key)
        self.node.kil(reply)
        return result

    async def do_mon(self, port):
        self.keys[port] = self.node.mon(
            port, lambda reason: report({"event": "died", "port": port, "reason": reason}))

    async def do_unmon(self, port):
        self.node.unmon(self.keys.pop(port))

    async def do_catch(self, level):
        self.node.log.catch(level)

    async def do_log(self, level, text):
        self.node.log.log(level, text)

    async def do_kil(self, port, reason=()):
        self.node.kil(port, reason)

    async def do_spawn(self, node, init, args=(), watch=True):
        port = self.node.spawn(node, init, *args)
        if watch:
            await self.do_mon(port)
        return port

    async def do_reg(self, group, port):
        self.node.mesh.register(group, port)

    async def do_unreg(self, group, port):
        self.node.mesh.unregister(group, port)

    async def do_groups(self):
        return self.node.mesh.groups()

    async def do_wait_group(self, group, ports):
        wanted = sorted(ports)
        await self.until(lambda: self.node.mesh.groups().get(group, []) == wanted)

    async def do_wait_up(self, nodes):
        await self.until(lambda: sorted(self.node.links) == sorted(nodes))

    async def do_upload(self, node, init, args, size, timeout=20):
        """Sends `size` raw through a data connection; gives their checksum and the answer."""
        link = await self.node.data.connect_to(node, timeout, init, *args)
        raw = bytes(n * n % 251 for n in range(size))
        link.writer.write(raw)
        link.writer.write_eof()
        answer = await link.reader.read()
        link.close()
        return {"checksum": zlib.adler32(raw), "answer": answer.decode()}

    async def do_raw(self, node, text):
        self.node.links[node].send_raw(text)

    async def do_tell(self, node, message):
        """Says something to the rendezvous port there."""
        self.node.mesh._tell(node, *message)

    async def do_lose(self, after):
        """Loses one relayed message with data, the one after so many others."""
        self.node.losing = self.node.relayed + after + 1

    async def do_cut_off(self, node):
        self.node.links[node].writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(Program().run())
