#!/usr/bin/env python3
"""A node in Python: node.py HOST:PORT, with the network's secret in the file `secret`.

It joins the network through the node at that address, and has one port, in the group `adders`,
which understands `add A B REPLY`.
"""

import base64
import hashlib
import hmac
import json
import os
import socket
import sys
import time

NODE, METHOD = "python", "hmac_sha3_512"
CONNECT, SPAWN = "AnyEvent::MP::Global::connect", "AnyEvent::MP::_spawn"


def proof(secret, first, second):
    """What the side with the greeting `first` shows to the one with the greeting `second`."""
    return hmac.new(secret, first + second, hashlib.sha3_512).hexdigest()


def greet(stream, secret):
    """The handshake; gives the ID of the other node."""
    nonce = base64.b64encode(os.urandom(66)).decode()
    own = f"aemp;1;{NODE};{METHOD};json\n{nonce}\n".encode()
    stream.write(own)
    other = stream.readline() + stream.readline()
    stream.write(f"{METHOD};{proof(secret, own, other)};json\n".encode())
    method, shown, framing = stream.readline().decode().strip().split(";")[:3]
    if (method, framing) != (METHOD, "json") or not hmac.compare_digest(shown, proof(secret, other, own)):
        sys.exit("the other node does not know the secret")
    return other.decode().split(";")[2]


class Node:
    def __init__(self, stream, peer):
        self.stream, self.peer, self.watched = stream, peer, set()
        # Another prefix in each process: a name never comes to mean another port.
        self.prefix = base64.b32encode(os.urandom(5)).decode()
        self.ports = {"": self.request, f"{self.prefix}.0": self.add}

    def packet(self, *elements):
        self.stream.write(json.dumps(elements).encode())

    def snd(self, port_id, *message):
        node, _, port = port_id.partition("#")
        if node == NODE:
            self.deliver(port, *message)
        elif node == self.peer:
            self.packet(port, *message)
        else:
            self.packet("", "snd", port_id, *message)  # the other node passes it on

    def deliver(self, port, *message):
        if port in self.ports:
            self.ports[port](*message)

    def died(self, port, *reason):
        self.ports.pop(port, None)
        if port in self.watched:
            self.watched.remove(port)
            self.packet("", "kil0", port, *reason)

    def request(self, tag="", *args):
        """What the node port understands."""
        if tag == "snd":  # signs of life are asked for by this: snd ME ""
            self.snd(*args)
        elif tag == "time":
            self.snd(*args, time.time())
        elif tag == "mon1":
            self.watched.add(args[0])
            if args[0] not in self.ports:
                self.died(args[0], "no_such_port", "it does not exist")
        elif tag == "mon0":
            self.watched.discard(args[0])
        elif tag == "kil":
            self.died(*args)
        elif tag == SPAWN and args[1] == CONNECT:
            self.ports[args[0]] = lambda *news: None  # addresses and groups of the other node
        elif tag == SPAWN:
            self.watched.add(args[0])
            self.died(args[0], "die", f"there is no function {args[1]}")

    def add(self, tag, a, b, reply):
        self.snd(reply, float(a) + float(b))

    def join(self):
        """Tells the other node who we are: no address, one member of a group."""
        name = f"{self.prefix}.1"
        self.packet("", SPAWN, name, CONNECT, 0, NODE)
        self.packet(name, "addr", [])
        self.packet(name, "set", {"adders": [f"{NODE}#{self.prefix}.0"]})
        self.packet(name, "setup")


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    with open("secret", "rb") as file:
        secret = file.read().strip()
    with socket.create_connection((host, int(port))) as connection:
        stream = connection.makefile("rwb", buffering=0)
        node = Node(stream, greet(stream, secret))
        node.join()
        text, decoder = "", json.JSONDecoder()
        while data := connection.recv(65536):
            text = (text + data.decode()).lstrip()
            while text:
                try:
                    packet, end = decoder.raw_decode(text)
                except json.JSONDecodeError:
                    break  # more of it has to come
                text = text[end:].lstrip()
                if packet:  # an empty one is a sign of life
                    node.deliver(*packet)


if __name__ == "__main__":
    main()
