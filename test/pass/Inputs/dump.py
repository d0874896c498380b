# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dump.py VERB FILE...

map      .kcov8.map as text: units with their rules, functions, blocks
ids      ID FUNCTION of every block, sorted
tables   function records joined with the map by hash and checksum
rules    per function: each block without a probe, and its witnesses
check    that records, keys, map and code agree; see check() below
layout   counters: arrays, bytes, and whether neighbours lie apart
"""
import re
import subprocess
import sys
from elfobj import (Elf, block_id, checksum, ENTRY, REMOVED, EDGE)


def flags(f):
    return "".join(c for bit, c in ((ENTRY, "E"), (REMOVED, "R"), (EDGE, "X"))
                   if f & bit) or "-"


def dump_map(elf):
    units = [e for e in elf.map_entries() if e.kind == 2]
    for e in sorted(units, key=lambda e: e.source):
        print(f"unit {e.source} options [{e.options}] by {e.producer}")
        for origin, rule, hits in e.rules:
            print(f"  rule {origin} {rule} hits {hits}")
    funcs = [e for e in elf.map_entries() if e.kind == 1]
    for e in sorted(funcs, key=lambda e: e.name):
        print(f"func {e.name} line {e.line} blocks {len(e.blocks)} "
              f"files {','.join(e.files)}")
        for b in e.blocks:
            runs = " ".join(f"{f}:{a}+{n}" for f, a, n in b.runs)
            l0, c0, l1, c1 = b.range
            print(f"  block {flags(b.flags)} {b.file}:{l0}.{c0},{l1}.{c1} "
                  f"lines [{runs}]")


def joined(elf):
    entries = {(e.hash, e.checksum): e for e in elf.map_entries()
               if e.kind == 1}
    for f in elf.functions():
        yield f, entries.get((f.hash, checksum(f.keys)))


def ids(elf):
    return sorted((e.name, block_id(f.hash, k))
                  for f, e in joined(elf) for k in f.keys)


def dump_tables(elf):
    for f, e in sorted(joined(elf), key=lambda p: p[1].name if p[1] else ""):
        print(f"{e.name if e else '?'} hash {f.hash:016x} blocks {f.n} "
              f"probe {f.probe} level {f.level} flags {f.flags} abi {f.abi} "
              f"in {e.files[0] if e else '?'}")


def in_record(f, e):
    """The map's blocks in the order of the record."""
    by_key = {b.key: b for b in e.blocks}
    return [by_key[k] for k in f.keys if k in by_key]


def check(path, elf):
    """Every record has its keys and map entry; every block that is not
    flagged removed has code that bumps its counter; code bumps no other. (Code
    of x86-64: elsewhere relocations alone do not tell the counter.)"""
    bad = 0

    def fail(text):
        nonlocal bad
        bad = 1
        print(f"{path}: {text}")

    listed = {}  # (counter section, offset) -> function, block index
    live = set()
    n = 0
    for f, e in joined(elf):
        if not e:
            fail(f"record {f.hash:016x}: no map entry")
            continue
        if len(set(f.keys)) != f.n:
            fail(f"{e.name}: equal keys")
        ranges = in_record(f, e)
        if len(ranges) != f.n or len(e.blocks) != f.n or \
           not f.rules and ranges != e.blocks:
            fail(f"{e.name}: keys of map and record differ")
        section = f.array[0]
        if section.name != "__kcov8_cntrs" or \
           max(f.counters) >= section.size:
            fail(f"{e.name}: counters outside their section")
        n += f.n
        implied = [b for _, b in f.rules]
        if set(implied) != set(range(len(f.counters), f.n)):
            fail(f"{e.name}: blocks without counter and rules differ")
        if implied != sorted(implied) or \
           any(w >= len(f.counters) for w, _ in f.rules):
            fail(f"{e.name}: rules out of order, or a witness has no counter")
        for i, (b, counter) in enumerate(zip(ranges, f.counters)):
            at = (section.index, counter)
            if at in listed:
                fail(f"{e.name}: block {i} shares a counter")
            listed[at] = (e.name, i)
            if not b.flags & REMOVED:
                live.add(at)
    if elf.type == 1 and elf.machine == 62:
        used = set()
        for at in code_references(path, elf):
            used.add(at)
            if at not in listed:
                fail(f"code refers to counter {at}, which is no block's")
        for at in sorted(live - used):
            fail(f"{listed[at][0]}: nothing bumps counter {listed[at][1]}")
        for at in sorted(used & set(listed) - live):
            fail(f"{listed[at][0]}: counter {listed[at][1]} is flagged "
                 "removed, but bumped")
    print(f"{'BAD' if bad else 'consistent'}: {n} blocks, {len(live)} live")
    return bad


def code_references(path, elf):
    """(section, offset) of each counter that x86-64 code refers to."""
    text = subprocess.run(["llvm-objdump", "-d", path], capture_output=True,
                          text=True, check=True).stdout
    order = []
    for line in text.splitlines():
        m = re.match(r"Disassembly of section (\S+):", line)
        if m:
            order.append((m.group(1), []))
        m = re.match(r"\s*([0-9a-f]+):((?: [0-9a-f]{2})+)\s", line)
        if m and order:
            at = int(m.group(1), 16)
            order[-1][1].append((at, at + len(m.group(2).split())))
    code = [s for s in elf.sections if s.flags & 4 and s.size]
    if [s.name for s in code] != [name for name, _ in order]:
        raise SystemExit("objdump lists other sections than the file has")
    for s, (_, instructions) in zip(code, order):
        for start, end in instructions:
            for at in range(start, end):
                for kind, symbol, addend in s.relocs.get(at, []):
                    if symbol[1] >= len(elf.sections) or \
                       elf.sections[symbol[1]].name != "__kcov8_cntrs":
                        continue
                    if kind in (2, 4):  # PC32, PLT32: from the next one
                        addend += end - at
                    elif kind not in (1, 10, 11):  # 64, 32, 32S
                        raise SystemExit(f"relocation type {kind}")
                    yield symbol[1], symbol[2] + addend


def dump_rules(elf):
    for f, e in sorted(joined(elf), key=lambda p: p[1].name):
        print(f"{e.name}: {f.n} blocks")
        lines = [b.range[0] for b in in_record(f, e)]
        for block in range(len(f.counters), f.n):
            print(f"  line {lines[block]} <- " + " ".join(
                str(x) for x in sorted(lines[w] for w, b in f.rules
                                       if b == block)))


def dump_layout(elf):
    """How near in number two counters of one aligned word come, at least."""
    functions = list(elf.functions())
    numbers = {}
    for f in functions:
        for n, at in zip(range(f.first, f.first + f.n), f.counters):
            where = (f.array[0].index, f.array[1], at // 4)
            numbers.setdefault(where, []).append(n)
    distance = min((b - a for ns in numbers.values()
                    for a, b in zip(sorted(ns), sorted(ns)[1:])), default=0)
    blocks = sum(f.n for f in functions)
    size = sum(s.size for s in elf.named("__kcov8_cntrs"))
    print(f"arrays {len({(f.array[0].index, f.array[1]) for f in functions})} "
          f"blocks {blocks} padding {size - blocks} distance {distance}")


def main():
    verb, *paths = sys.argv[1:]
    status = 0
    for path in paths:
        elf = Elf(path)
        if verb == "map":
            dump_map(elf)
        elif verb == "ids":
            for name, number in ids(elf):
                print(f"{number:016x} {name}")
        elif verb == "tables":
            dump_tables(elf)
        elif verb == "layout":
            dump_layout(elf)
        elif verb == "rules":
            dump_rules(elf)
        elif verb == "check":
            status |= check(path, elf)
        else:
            raise SystemExit(__doc__)
    sys.exit(status)


main()
