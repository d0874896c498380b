#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mkdump.py IMAGE HEX... - a dump, from docs/dump-format.md alone

HEX are bytes, to be joined; DIGEST stands for that of IMAGE, in 8 bytes, CNTRS
for the size of its counter section, in one. Without HEX: DIGEST as text.
"""
import struct
import sys

MASK = (1 << 64) - 1


def mix64(x):
    x ^= x >> 30
    x = x * 0xbf58476d1ce4e5b9 & MASK
    x ^= x >> 27
    x = x * 0x94d049bb133111eb & MASK
    return x ^ x >> 31


def sections(elf):
    """name: (address, size, bytes), and the byte order."""
    is64, order = elf[4] == 2, "<" if elf[5] == 1 else ">"
    at, = struct.unpack_from(order + ("Q" if is64 else "I"), elf, 40 if is64 else 32)
    size, n, names = struct.unpack_from(order + "3H", elf, 58 if is64 else 46)
    headers = [struct.unpack_from(order + ("2I4Q" if is64 else "6I"), elf, at + i * size)
               for i in range(n)]
    strings = headers[names][4]
    out = {}
    for name, kind, _, address, offset, length in headers:
        start = strings + name
        text = elf[start:elf.index(0, start)].decode()
        out[text] = address, length, elf[offset:offset + length] if kind != 8 else b""
    return out, order


def digest(found, order):
    def step(h, v):
        h ^= v
        h = (h << 29 | h >> 35) & MASK
        return h * 0x9e3779b97f4a7c15 & MASK

    counters, keys, funcs = (found["__kcov8_" + s] for s in ("cntrs", "keys", "funcs"))
    h = mix64(counters[1])
    h = mix64(h ^ counters[0] - funcs[0] & MASK)
    h = mix64(h ^ keys[0] - funcs[0] & MASK)
    for table in funcs, keys:
        words = [w for w, in struct.iter_unpack(order + "I", table[2])]
        lanes = [h + i & MASK for i in range(4)]
        whole = len(words) // 8 * 8
        for i in range(0, whole, 2):
            lanes[i // 2 % 4] = step(lanes[i // 2 % 4], words[i] | words[i + 1] << 32)
        for word in words[whole:]:
            lanes[0] = step(lanes[0], word)
        h = mix64(h ^ len(words))
        for lane in lanes:
            h = mix64(h ^ lane)
    return h


def main():
    with open(sys.argv[1], "rb") as f:
        found, order = sections(f.read())
    own = digest(found, order).to_bytes(8, "little")
    if len(sys.argv) == 2:
        print(own.hex())
        return
    text = " ".join(sys.argv[2:]).replace("DIGEST", own.hex())
    text = text.replace("CNTRS", f"{found['__kcov8_cntrs'][1]:02x}")
    sys.stdout.buffer.write(bytes.fromhex(text))


main()
