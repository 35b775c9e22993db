"""What crosses the wire: greetings, auth lines, and packets as JSON texts."""

import base64
import hashlib
import hmac
import json
import os

from md6 import md6_256

PROVIDER = "AE-1.30"
MAX_LINE = 4096


class Refused(Exception):
    """The other side cannot be talked to; the text says why."""


def greeting(node_id, accept, peer_address, protocol="aemp", keys=None):
    fields = [protocol, "1", node_id, ",".join(accept), "json,storable"]
    fields += ["peeraddr=" + peer_address, "provider=" + PROVIDER]
    fields += [f"{key}={value}" for key, value in (keys or {}).items()]
    line = ";".join(f.replace("%", "%25").replace(";", "%3b") for f in fields)
    return line, base64.b64encode(os.urandom(66)).decode()


def read_greeting(line):
    fields = [f.replace("%3b", ";").replace("%25", "%") for f in line.split(";")]
    if len(fields) < 5 or fields[0] not in ("aemp", "aemp-dataconn"):
        raise Refused(f"no greeting of a node: {line!r}")
    if fields[1] != "1":
        raise Refused(f"version {fields[1]} of the protocol")
    keys = dict(f.split("=", 1) for f in fields[5:] if "=" in f)
    return {"protocol": fields[0], "node": fields[2], "auth": fields[3].split(","), "framing": fields[4].split(","),
            "keys": keys}


def auth_data(method, secret, first, second):
    """The proof of the side whose greeting is `first`."""
    secret, text = secret.encode(), (first + second).encode()
    if method == "cleartext":
        return secret.hex()
    if method == "hmac_sha3_512":
        return hmac.new(secret, text, hashlib.sha3_512).hexdigest()
    if method == "hmac_md6_64_256":
        return _hmac_md6(text, md6_256(secret)).hex()
    raise Refused(f"auth method {method}")


def _hmac_md6(key, data):
    key = (md6_256(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = md6_256(bytes(k ^ 0x36 for k in key) + data)
    return md6_256(bytes(k ^ 0x5C for k in key) + inner)


class Handshake:
    """One side's part of a handshake, without the reading and writing."""

    def __init__(self, node_id, secret, accept, offer, *address_and_more):
        self.node_id, self.secret, self.accept, self.offer = node_id, secret, accept, offer
        line, nonce = greeting(node_id, accept, *address_and_more)
        self.local = f"{line}\n{nonce}\n"

    def auth_line(self, line, nonce):
        """Takes the other side's greeting; gives our auth line."""
        self.remote, self.peer = f"{line}\n{nonce}\n", read_greeting(line)
        if self.remote == self.local or self.peer["node"] == self.node_id:
            raise Refused("talking to myself")
        if "json" not in self.peer["framing"]:
            raise Refused("no common framing")
        for method in self.peer["auth"]:
            if method in self.offer:
                data = auth_data(method, self.secret, self.local, self.remote)
                return f"{method};{data};json\n"
        raise Refused(f"no common auth method in {self.peer['auth']}")

    def check(self, line):
        """Takes the other side's auth line."""
        method, data, framing = line.split(";")[:3]
        if method not in self.accept:
            raise Refused(f"auth method {method} is not accepted")
        wanted = auth_data(method, self.secret, self.remote, self.local)
        if not hmac.compare_digest(wanted, data):
            raise Refused("wrong secret")
        if framing != "json":
            raise Refused(f"framing {framing}")
        return method


class PacketReader:
    """Cuts a stream of raw into JSON texts, however it arrives."""

    def __init__(self):
        self.raw, self.at, self.start = bytearray(), 0, None
        self.depth, self.quoted, self.escaped = 0, False, False

    def feed(self, raw):
        self.raw += raw
        packets = []
        while self.at < len(self.raw):
            byte = self.raw[self.at]
            self.at += 1
            if self._ends_with(byte):
                packets.append(json.loads(self.raw[self.start:self.at].decode()))
                del self.raw[:self.at]
                self.at, self.start = 0, None
        return packets

    def _ends_with(self, byte):
        if self.start is None:
            if byte in b" \t\r\n":
                return False
            if byte != ord("["):
                raise Refused(f"no packet begins with byte {byte}")
            self.start = self.at - 1
        if self.quoted:
            if self.escaped:
                self.escaped = False
            elif byte == ord("\\"):
                self.escaped = True
            elif byte == ord('"'):
                self.quoted = False
        elif byte == ord('"'):
            self.quoted = True
        elif byte in b"[{":
            self.depth += 1
        elif byte in b"]}":
            self.depth -= 1
            return self.depth == 0
        return False


def write_packet(packet, style):
    """`style`: `spaced` texts have white space in and between them, `ascii` ones no other
    characters, `loose` ones numbers as strings and digit strings as numbers."""
    if style.get("loose"):
        packet = loosely(packet)
    if style.get("spaced"):
        text = "\n \t" + json.dumps(packet, ensure_ascii=bool(style.get("ascii")), indent=1) + "\r\n"
    else:
        text = json.dumps(packet, ensure_ascii=bool(style.get("ascii")), separators=(",", ":"))
    return text.encode()


def loosely(value):
    """The same value after a Perl program has looked at its scalars the wrong way."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        digits = value.isascii() and value.isdigit() and str(int(value)) == value
        return int(value) if digits and len(value) < 16 else value
    if isinstance(value, list):
        return [loosely(item) for item in value]
    return {key: loosely(item) for key, item in value.items()}
