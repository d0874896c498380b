# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""same-windows.py KCOV8 A A-OUTPUT B B-OUTPUT [--all] [--sets]

A and B are one program for two targets (test/e2e/Inputs/prune/harness.c), and
what they printed. Every window has the same blocks: those that both lists have,
with --all all of them. Counts too, but that counters of 8 bits stop at 255 on
x86, and go on at 1 elsewhere; with --sets no counts.
"""
import subprocess
import sys


def pcs(kcov8, path):
    out = subprocess.run([kcov8, "list", path], capture_output=True, text=True,
                         check=True).stdout
    return {int(line.split("\t")[1], 16) for line in out.splitlines()}


def windows(path, known):
    with open(path) as f:
        for line in f:
            if not line.startswith("flush"):
                yield line
                continue
            pairs = (p.split(":") for p in line.split(":", 1)[1].split())
            hits = {int(pc, 16): int(n) for pc, n in pairs}
            yield {pc: n for pc, n in hits.items() if pc in known}


def same(a, b):
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return a.keys() == b.keys() and ("--sets" in sys.argv or all(
        n in (b[pc], 255) for pc, n in a.items()))


def main():
    kcov8, a, a_output, b, b_output = sys.argv[1:6]
    lists = pcs(kcov8, a), pcs(kcov8, b)
    common = lists[0] & lists[1]
    if "--all" in sys.argv and lists[0] != lists[1]:
        sys.exit(f"{len(common)} blocks in both lists, of {len(lists[0])}")
    ours, theirs = (list(windows(f, common)) for f in (a_output, b_output))
    if not common or len(ours) < 2 or len(ours) != len(theirs):
        sys.exit(f"{len(ours)} and {len(theirs)} lines")
    for number, (x, y) in enumerate(zip(ours, theirs)):
        if not same(x, y):
            sys.exit(f"line {number + 1}: {len(x)} and {len(y)} blocks, or "
                     "other counts")
    flushes = sum(isinstance(w, dict) for w in ours)
    print(f"{len(common)} of {len(lists[0])} IDs, {flushes} windows")


main()
