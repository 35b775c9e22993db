"""MD6 with 256 bits of output, no key, the tree mode and 104 rounds: plain and slow."""

from math import isqrt

_MASK = (1 << 64) - 1
# The first 960 bits of the fraction of the square root of 6.
_ROOT = isqrt(6 << 1920) - (2 << 960)
_Q = [(_ROOT >> (64 * (14 - i))) & _MASK for i in range(15)]
_RIGHT = (10, 5, 13, 10, 11, 12, 2, 7, 14, 15, 7, 13, 11, 7, 6, 12)
_LEFT = (11, 24, 9, 16, 15, 9, 27, 15, 6, 2, 29, 8, 15, 5, 31, 9)
_BITS = 256
_ROUNDS = 40 + _BITS // 4
_BLOCK = 64  # words
_CHAIN = 16  # words


def _compress(block, level, index, last, padding):
    unique = (level << 56) | index
    control = (_ROUNDS << 48) | (64 << 40) | (last << 36) | (padding << 20) | _BITS
    words = _Q + [0] * 8 + [unique, control] + block
    constant = 0x0123456789ABCDEF
    at = len(words)
    for _ in range(_ROUNDS):
        for right, left in zip(_RIGHT, _LEFT):
            x = constant ^ words[at - 89] ^ words[at - 17]
            x ^= words[at - 18] & words[at - 21]
            x ^= words[at - 31] & words[at - 67]
            x ^= x >> right
            words.append(x ^ ((x << left) & _MASK))
            at += 1
        constant = ((constant << 1) & _MASK) ^ (constant >> 63) ^ (constant & 0x7311C2812425CFA0)
    return words[-_CHAIN:]


def _level(words, bits, level):
    """One level of the tree: `bits` of `words` count, the rest is padding."""
    blocks = max(1, -(-len(words) // _BLOCK))
    out = []
    for index in range(blocks):
        block = words[index * _BLOCK:(index + 1) * _BLOCK]
        used = min(bits - index * _BLOCK * 64, _BLOCK * 64)
        block = block + [0] * (_BLOCK - len(block))
        out += _compress(block, level, index, int(blocks == 1), _BLOCK * 64 - used)
    return out


def md6_256(data):
    padded = data + bytes(-len(data) % 8)
    words = [int.from_bytes(padded[i:i + 8], "big") for i in range(0, len(padded), 8)]
    bits, level = len(data) * 8, 1
    while True:
        single = len(words) <= _BLOCK
        words = _level(words, bits, level)
        if single:
            break
        bits, level = len(words) * 64, level + 1
    raw = b"".join(word.to_bytes(8, "big") for word in words)
    return raw[-_BITS // 8:]
