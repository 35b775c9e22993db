"""Checks the hashes and proofs of this folder against recorded ones: the file is the argument."""

import json
import sys

from md6 import md6_256
from wire import auth_data


def pattern(length):
    return bytes(0x20 + (7 * i + 3) % 0x5F for i in range(length))


with open(sys.argv[1]) as file:
    recorded = json.load(file)
assert md6_256(b"abc").hex() == recorded["md6_256_of_abc"]
for entry in recorded["hashes"]:
    assert md6_256(pattern(entry["length"])).hex() == entry["md6_256"], entry
for entry in recorded["auth"]:
    text = pattern(entry["transcript_length"]).decode()
    for method in ("hmac_md6_64_256", "hmac_sha3_512"):
        assert auth_data(method, entry["secret"], text, "") == entry[method], (method, entry)
