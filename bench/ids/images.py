# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two images of one program: which blocks of the old one the new one has, and
which PCs of a corpus, recorded in the old one."""
import os
import statistics
import subprocess
import tempfile
from collections import Counter, defaultdict

import common
import image
import judge
import remap
import source
import table


class Image:
    """Blocks of an image that is linked, in the order of its tables."""

    def __init__(self, build, path):
        self.path = path
        self.functions = image.parse_map(self._map(path))
        self.ids = judge.kcov8(self.functions)
        # As if its function's address and its number there were a block's:
        # the same, if nothing in front of the function moved.
        for f, at in zip(self.functions, self._addresses(path)):
            for i, b in enumerate(f.blocks):
                b.address = at and (at, i)
        tool = os.path.join(build, "bin", "kcov8")
        self.pcs = {}  # PC: ID
        for line in _run(tool, "list", path).splitlines():
            id_, pc = line.split("\t")[:2]
            self.pcs[int(pc, 16)] = int(id_, 16)

    @staticmethod
    def _map(path):
        with tempfile.NamedTemporaryFile() as f:
            _run("objcopy", "-O", "binary", "--only-section=.kcov8.map",
                 "--set-section-flags=.kcov8.map=alloc", path, f.name)
            return f.read()

    def _addresses(self, path):
        """Per function. Of several of one name, the first has the first
        symbol: both are in the order of the link."""
        symbols, seen = defaultdict(list), Counter()
        for line in _run("nm", "-p", path).splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in "tTwW":
                symbols[words[2]].append(int(words[0], 16))
        out = []
        for f in self.functions:
            found = symbols[f.name]
            out.append(found[seen[f.name]] if seen[f.name] < len(found)
                       else None)
            seen[f.name] += 1
        return out


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def read_pcs(path):
    """Of a PC file (kcov8(1), FILES)."""
    with open(path, encoding="ascii", errors="replace") as f:
        words = (line.split("#")[0].split() for line in f)
        return {int(w[0], 16) for w in words if w}


def programs(folder):
    """{name of a file: PCs}"""
    return {name: read_pcs(os.path.join(folder, name))
            for name in sorted(os.listdir(folder))}


def known(image_, pcs, folder):
    """All must be the image's."""
    for name, list_ in pcs.items():
        strange = [pc for pc in list_ if pc not in image_.pcs]
        if strange:
            raise SystemExit(f"bench: {folder}/{name}: {len(strange)} PCs are "
                             f"not of the image, as {strange[0]:#x}")
    return pcs


def by_tier(carried, was, now):
    """{tier or why it was dropped: what became of the PCs of all programs}"""
    out = defaultdict(Counter)
    for tier, _ in carried.values():
        out[tier]["blocks"] += 1
    for name, list_ in was.items():
        for pc in list_:
            tier, to = carried[pc]
            out[tier]["pcs"] += 1
            out[tier]["again"] += to is not None and to in now.get(name, ())
    return {tier: dict(out[tier]) for tier in remap.TIERS + remap.REASONS
            if tier in out}


def corpus(tool, old, new, folder, again):
    """What of each program's blocks the new image has; and, if the programs
    ran there, how many it reached."""
    was = known(old, programs(folder), folder)
    now = known(new, programs(again), again) if again else {}
    new_ids = set(new.pcs.values())
    kept = {pc for pc, i in old.pcs.items() if i in new_ids}
    shares = [table.percent(len(list_ & kept), len(list_))
              for list_ in was.values() if list_]
    all_ = set().union(*was.values())
    carried = {int(entry["pc"], 16):
               (entry.get("tier") or entry["dropped"],
                int(entry["new_pc"], 16) if "tier" in entry else None)
               for entry in tool.remap(old.path, new.path, all_)}
    out = {"programs": len(shares), "pcs": sum(map(len, was.values())),
           "kept_pcs": sum(len(list_ & kept) for list_ in was.values()),
           "blocks": len(all_), "kept_blocks": len(all_ & kept),
           "whole": sum(s == 100 for s in shares),
           "median": statistics.median(shares), "lowest": min(shares),
           "tiers": by_tier(carried, was, now)}
    if again:
        out["again"] = sum(len(now[p]) for p in was.keys() & now.keys())
    return out, {old.pcs[pc] for pc in all_}


def compare(build, paths, tops=None, pcs=None, again=None):
    old, new = (Image(build, p) for p in paths)
    tool = remap.Images(build, common.llvm(build), "")
    old_ids, new_ids = (set(i.pcs.values()) for i in (old, new))
    out = {"blocks": len(old_ids), "kept": len(old_ids & new_ids)}
    reached = None
    if pcs:
        out["corpus"], reached = corpus(tool, old, new, pcs, again)
    if tops:
        pair = judge.Pair(source.Truth(*tops), old.functions, new.functions)
        schemes = {name: (ids(old.functions), ids(new.functions))
                   for name, ids in judge.SCHEMES.items()}
        out["schemes"] = {n: pair.judge(*ids) for n, ids in schemes.items()}
        out["remap"] = remap.measure(tool, pair, *paths, new.functions)
        if reached:
            chosen = [[i in reached for i in ids] for ids in old.ids]
            out["reached"] = {n: pair.judge(*ids, chosen=chosen)
                              for n, ids in schemes.items()}
    return out
