#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""show.py INDEX - all that is in an index, from docs/index-format.md alone

Without row numbers and sorted: two indexes with the same content give the same.
First of all, SQLite's own check of the file.
"""
import sqlite3
import sys


def uleb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def signed(value):
    return -(value + 1) // 2 if value & 1 else value // 2


def functions(blob, sums):
    """image.functions: the functions by their sums, and where they are."""
    out, at, row = [], 0, 0
    while at < len(blob):
        head, at = uleb(blob, at)
        row += signed(head >> 2) + 1
        numbers = []
        for _ in range(1 if head & 1 else 3):
            value, at = uleb(blob, at)
            numbers.append(value)
        out.append((sums[row], head & 3, *numbers))
    return out


def code(blob, paths):
    """function.code: its files by their paths, the rest as it is."""
    n, at = uleb(blob, 0)
    names = []
    for _ in range(n):
        row, at = uleb(blob, at)
        names.append(paths[row])
    return names, blob[at:].hex()


def bits(blob, n_counters):
    """hits.bits: the counters."""
    if not blob:
        return []
    assert blob[0] >> 6 == 2
    orders = blob[0] >> 3 & 7, blob[0] & 7
    stream = "".join(f"{byte:08b}" for byte in blob[1:])
    out, at, index = [], 0, 0

    def code(order):
        nonlocal at
        zeros = stream.index("1", at) - at
        u = int(stream[at + zeros:at + 2 * zeros + 1], 2)
        at += 2 * zeros + 1 + order
        return (u - 1 << order) + int("0" + stream[at - order:at], 2)

    while "1" in stream[at:]:
        index += code(orders[0]) + bool(out)
        run = code(orders[1]) + 1
        out += range(index, index + run)
        index += run
    assert index <= n_counters and len(stream) - at < 8
    return out


def main():
    db = sqlite3.connect(sys.argv[1])
    check = db.execute("PRAGMA integrity_check").fetchall()
    assert check == [("ok",)], check
    assert db.execute("PRAGMA application_id").fetchone() == (0x6b637638,)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    paths = dict(db.execute("SELECT id, path FROM file"))
    sums = dict(db.execute("SELECT id, sum FROM function"))
    lines = []
    for _, digest, n, path, added, blob in db.execute("SELECT * FROM image"):
        known = blob if blob is None else functions(blob, sums)
        lines.append(("image", path, "%x" % (digest & (1 << 64) - 1), n, added, known))
    for _, own, hash_, name, display, file, line, n, blob in db.execute("SELECT * FROM function"):
        lines.append(("function", name, display, own, hash_, paths[file], line, n,
                      *code(blob, paths)))
    for file, function, first, last in db.execute("SELECT * FROM place"):
        lines.append(("place", paths[file], sums[function], first, last))
    for name, outcome, seconds, began, uid in db.execute(
            "SELECT name, outcome, seconds, began, uid FROM test"):
        lines.append(("test", name, outcome, seconds, began, uid))
    for name, digest, n, blob in db.execute(
            "SELECT name, digest, n_counters, bits FROM hits JOIN test ON test = test.id"
            " JOIN image ON image = image.id"):
        lines.append(("hits", name, "%x" % (digest & (1 << 64) - 1), bits(blob, n)))
    orphans = db.execute("SELECT count(*) FROM hits WHERE test NOT IN (SELECT id FROM test)"
                         " OR image NOT IN (SELECT id FROM image)").fetchone()
    assert orphans == (0,), orphans
    for line in sorted(lines, key=repr):
        print(*line)


main()
