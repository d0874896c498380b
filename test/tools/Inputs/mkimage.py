#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Make an image with kcov8 tables from a description, also a damaged one.

usage: mkimage.py [--target T] [--pie | --shared | --object] [--strip]
                  [--nobits] SPEC -o IMAGE
       mkimage.py --print-ids SPEC

--target x86_64 (default) and i386 need binutils; ppc64 and ppc32, which are
big-endian, need clang and ld.lld.

SPEC, one item a line, words as in the shell:

  unit SOURCE [producer=TEXT] [options=TEXT]
    rule ORIGIN TEXT HITS
  func NAME [line=N] [files=A,B] [path=P] [hash=N] [id=N] [probe=N] [level=N]
            [flags=N] [code=N] [local] [nosymbol] [nomap] [norecord]
    block KEY [L.C,L.C] [file=N] [flags=entry,removed,edge]
              [runs=FILE:FIRST+COUNT,...]
  map HEX                  bytes as they are

Without runs= a block has the lines of its range, in its file. id= makes up a
hash that gives the first block this ID (there is one for six IDs of ten);
code=N is the hash of the code, without it that of the keys. Damage, in a func
line: abi=N n_blocks=N first=N rows=N counters=N keys=N change the record (the
last two are added), mapabi=N kind=N size=N checksum=N n_map=N the map entry,
mapkeys=K,K gives the map other keys, patch=OFFSET:HEX,... its bytes.
"""
import argparse
import shlex
import struct
import subprocess
import sys
import tempfile

M64 = (1 << 64) - 1
SEED = 0xCBF29CE484222325


def mix64(x):
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & M64
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def unmix64(x):
    """Inverse of mix64()."""
    x ^= x >> 31 ^ x >> 62
    x = x * pow(0x94D049BB133111EB, -1, 1 << 64) & M64
    x ^= x >> 27 ^ x >> 54
    x = x * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & M64
    return x ^ x >> 30 ^ x >> 60


def hash_bytes(h, data):
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & M64
    return h


def hash_function(name, path):
    h = hash_bytes(SEED, name.encode() + b"\0" + path.encode() + b"\0")
    return mix64(h)


def block_id(h, key):
    mixed = mix64((h + (key + 1) * 0x9E3779B97F4A7C15) & M64)
    return ((h >> 32) * 2032 >> 32) << 53 | mixed >> 11


def hash_of_id(id_, key):
    """A function's hash that gives its block KEY this ID."""
    for low in range(1 << 11):
        mixed = (id_ << 11 & M64) | low
        h = (unmix64(mixed) - (key + 1) * 0x9E3779B97F4A7C15) & M64
        if block_id(h, key) == id_:
            return h
    sys.exit(f"mkimage: no hash for the ID {id_:#x} and this key")


def checksum_keys(keys):
    h = SEED
    for key in keys:
        h = mix64(h ^ key)
    return h & 0xFFFFFFFF


def uleb(n):
    out = bytearray()
    while True:
        byte = n & 0x7F
        n >>= 7
        out.append(byte | (0x80 if n else 0))
        if not n:
            return bytes(out)


def string(s):
    data = s.encode("utf-8", "surrogateescape")
    return uleb(len(data)) + data


class Func:
    def __init__(self, name, words):
        self.name = name
        self.opts = dict(w.split("=", 1) if "=" in w else (w, "1")
                         for w in words)
        self.blocks = []
        self.files = self.opts.get("files", "a.c").split(",")

    def num(self, key, default=0):
        return int(self.opts.get(key, str(default)), 0)

    @property
    def hash(self):
        if "id" in self.opts:
            return hash_of_id(self.num("id"), self.blocks[0].key)
        if "hash" in self.opts:
            return self.num("hash")
        return hash_function(self.name, self.opts.get("path", self.files[0]))


FLAGS = {"entry": 1, "removed": 2, "edge": 4}


class Block:
    def __init__(self, key, words):
        self.key = int(key, 0)
        self.range, self.file, self.flags, self.runs = (0, 0, 0, 0), 0, 0, None
        for word in words:
            if word.startswith("file="):
                self.file = int(word[5:])
            elif word.startswith("flags="):
                self.flags = sum(FLAGS[f] for f in word[6:].split(","))
            elif word.startswith("runs="):
                self.runs = []
                for run in filter(None, word[5:].split(",")):
                    file, lines = run.split(":")
                    first, count = lines.split("+")
                    self.runs.append((int(file), int(first), int(count)))
            else:
                first, last = word.split(",")
                self.range = tuple(int(n) for p in (first, last)
                                   for n in p.split("."))
        if self.runs is None:
            l0, _, l1, _ = self.range
            self.runs = [(self.file, l0, l1 - l0 + 1)] if l0 else []


def entry(end, kind, body, func=None):
    body += b"\0" * (-len(body) % 4)
    size = 12 + len(body)
    abi = 4
    if func:
        size, abi = func.num("size", size), func.num("mapabi", 4)
        kind = func.num("kind", kind)
    data = bytearray(struct.pack(end + "IIHH", 0x4D38564B, size, abi, kind))
    data += body
    if func and "patch" in func.opts:
        for patch in func.opts["patch"].split(","):
            at, hexa = patch.split(":")
            new = bytes.fromhex(hexa)
            data[int(at):int(at) + len(new)] = new
    return bytes(data)


def func_entry(end, f):
    keys = [b.key for b in f.blocks]
    if "mapkeys" in f.opts:
        keys = [int(k, 0) for k in f.opts["mapkeys"].split(",")]
    body = struct.pack(end + "QI", f.hash,
                       f.num("checksum", checksum_keys(keys)))
    body += uleb(f.num("n_map", len(f.blocks))) + uleb(f.num("line"))
    body += string(f.name) + uleb(len(f.files))
    body += b"".join(string(s) for s in f.files)
    for key, b in zip(keys, f.blocks):
        body += struct.pack(end + "I", key) + uleb(b.flags) + uleb(b.file)
        body += b"".join(uleb(n) for n in b.range) + uleb(len(b.runs))
        body += b"".join(uleb(n) for run in b.runs for n in run)
    return entry(end, 1, body, f)


def unit_entry(end, source, opts, rules):
    body = string(source) + string(opts.get("producer", "kcov8 test"))
    body += string(opts.get("options", "")) + uleb(len(rules))
    for origin, text, hits in rules:
        body += string(origin) + string(text) + uleb(int(hits))
    return entry(end, 2, body)


def parse(path):
    funcs, units, raw, order = [], [], [], []
    with open(path, encoding="utf-8", errors="surrogateescape") as spec:
        for line in spec:
            words = shlex.split(line, comments=True)
            if not words:
                continue
            what, rest = words[0], words[1:]
            if what == "func":
                funcs.append(Func(rest[0], rest[1:]))
                order.append(funcs[-1])
            elif what == "block":
                funcs[-1].blocks.append(Block(rest[0], rest[1:]))
            elif what == "unit":
                units.append((rest[0], dict(w.split("=", 1)
                                            for w in rest[1:]), []))
                order.append(units[-1])
            elif what == "rule":
                units[-1][2].append(rest)
            elif what == "map":
                raw.append(bytes.fromhex("".join(rest)))
            else:
                sys.exit(f"{path}: unknown item {what}")
    return funcs, order, raw


def assembly(funcs, order, raw, end, nobits):
    out = [".text", ".globl _start", "_start: .long 0",
           ".type static_function, @function", "static_function: .long 0"]
    for f in funcs:
        if "nosymbol" not in f.opts:
            name = '"%s"' % f.name
            out += [] if "local" in f.opts else [f".weak {name}"]
            out += [f".type {name}, @function",
                    f"{name}: .long 0", f".size {name}, 4"]
    recs = [f for f in funcs if "norecord" not in f.opts]
    kind = "@nobits" if nobits else "@progbits"
    for i, f in enumerate(recs):
        n = len(f.blocks)
        out += [f'.section __kcov8_cntrs,"aw",{kind}', f".Lc{i}: .zero {n}",
                '.section __kcov8_keys,"a",@progbits', ".p2align 2",
                ".4byte %d" % f.num("code", checksum_keys(
                    b.key for b in f.blocks) | 1), f".Lk{i}:"]
        out += [f".4byte {b.key}" for b in f.blocks]
        out += ['.section __kcov8_funcs,"a",@progbits', ".p2align 3",
                f".8byte {f.hash}",
                f".4byte .Lc{i} - . + {f.num('counters')}",
                f".4byte .Lk{i} - . + {f.num('keys')}",
                f".4byte {f.num('n_blocks', n)}",
                ".byte %d, %d, %d, %d" % (f.num("abi", 4), f.num("probe"),
                                          f.num("level", 1), f.num("flags")),
                f".4byte {f.num('first')}, {f.num('rows')}"]
    entries = [unit_entry(end, *e) if isinstance(e, tuple) else func_entry(end, e)
               for e in order
               if isinstance(e, tuple) or "nomap" not in e.opts] + raw
    if entries:
        out += ['.section .kcov8.map,"",@progbits', ".p2align 2"]
        data = b"".join(entries)
        for i in range(0, len(data), 16):
            out.append(".byte " + ",".join(map(str, data[i:i + 16])))
    out += ['.section .note.GNU-stack,"",@progbits']
    return "\n".join(out) + "\n"


TARGETS = {
    "x86_64": ("<", ["as", "--64"], ["ld", "-m", "elf_x86_64"]),
    "i386": ("<", ["as", "--32"], ["ld", "-m", "elf_i386"]),
    "ppc64": (">", ["clang", "--target=powerpc64-linux-gnu", "-c", "-x",
                    "assembler"], ["ld.lld"]),
    "ppc32": (">", ["clang", "--target=powerpc-linux-gnu", "-c", "-x",
                    "assembler"], ["ld.lld"]),
}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("spec")
    args.add_argument("-o", dest="image")
    args.add_argument("--print-ids", action="store_true")
    args.add_argument("--target", choices=TARGETS, default="x86_64")
    args.add_argument("--clang", default="clang")
    args.add_argument("--linker")
    for flag in ("pie", "shared", "object", "strip", "nobits", "asm"):
        args.add_argument("--" + flag, action="store_true")
    args = args.parse_args()
    end, assembler, linker = TARGETS[args.target]
    assembler = [args.clang if w == "clang" else w for w in assembler]
    if args.linker:
        linker = [args.linker] + linker[1:]
    text = assembly(*parse(args.spec), end, args.nobits)
    if args.print_ids:
        for func in parse(args.spec)[0]:
            for block in func.blocks:
                print("0x%016x" % block_id(func.hash, block.key))
        return
    if args.asm:
        with open(args.image, "w", encoding="utf-8") as out:
            out.write(text)
        return
    link = linker + ["-e", "_start", "--build-id=none", "-z", "noseparate-code"]
    link += ["-pie", "--no-dynamic-linker"] if args.pie else []
    link += ["-shared"] if args.shared else []
    link += ["-s"] if args.strip else []
    with tempfile.TemporaryDirectory() as tmp:
        source, obj = tmp + "/t.s", tmp + "/t.o"
        with open(source, "w", encoding="utf-8",
                  errors="surrogateescape") as out:
            out.write(text)
        target = args.image if args.object else obj
        subprocess.run(assembler + [source, "-o", target], check=True)
        if not args.object:
            subprocess.run(link + [obj, "-o", args.image], check=True)


if __name__ == "__main__":
    main()
