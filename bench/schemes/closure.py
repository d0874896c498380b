# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a scheme reports of a window in which some blocks ran: those of them that
have its probes, and all that its rules conclude from these.

Functions are the records of kcov8-study.so (pass/study/Study.cpp). Keys of one:
  function, source  names
  blocks            [number, ID in hex, line] of each that can have a probe
  next, dominator, postdominator   by number, of all blocks: successors, and the
                    nearest block above in the trees, null for none
  sancov            numbers of blocks that SanitizerCoverage keeps a probe in
  bci, bci-from     likewise BlockCoverageInference, and for each other block those
                    of which one ran if and only if it did
  bci-gave-up       why it keeps all: noreturn, large, endless
  flag, counter, flush-in   kcov8's rules: a block without a probe, its witnesses
"""
import collections
import glob
import json
import os
import struct

import studied

SCHEMES = {
    "sancov": "sancov pruned, as it reports",
    "sancov-dominators": "sancov pruned, dominators added",
    "sancov-both": "sancov pruned, dominators and post-dominators added",
    "bci": "BlockCoverageInference",
    "flag": "kcov8 prune",
    "counter": "kcov8 prune, probe=counter",
    "flush-in": "kcov8 prune, flush-in",
}


class Function:
    def __init__(self, record):
        self.name, self.source = record["function"], record["source"]
        self.gave_up = record.get("bci-gave-up", "")
        self.ids = [int(i, 16) for _, i, _ in record["blocks"]]
        self.lines = {int(i, 16): line for _, i, line in record["blocks"]}
        self.number = {int(i, 16): n for n, i, _ in record["blocks"]}
        self.id_of = {n: int(i, 16) for n, i, _ in record["blocks"]}
        chosen = set(self.id_of)
        dominators = _pairs(enumerate([d] if d is not None else []
                                      for d in record["dominator"]))
        both = _pairs(enumerate([p] if p is not None else []
                                for p in record["postdominator"]), dominators)
        sancov = set(record["sancov"])
        # (blocks with a probe, block: blocks that ran if it did)
        self.schemes = {
            "sancov": (sancov, {}),
            "sancov-dominators": (sancov, dominators),
            "sancov-both": (sancov, both),
            "bci": (set(record["bci"]), _inverse(record["bci-from"])),
        }
        for own in ("flag", "counter", "flush-in"):
            if own in record:
                implied = {int(n) for n in record[own]}
                self.schemes[own] = (chosen - implied, _inverse(record[own]))
        self.known = {}

    def where(self, numbers):
        """Lines of blocks, for people."""
        return sorted(self.lines[self.id_of[n]] for n in numbers)

    def probes(self, scheme):
        """How many of the blocks that can have one."""
        return len(self.schemes[scheme][0] & set(self.id_of))

    def reported(self, scheme, ran):
        """Numbers of blocks; RAN: of those that did."""
        probes, tells = self.schemes[scheme]
        found = set(ran & probes)
        todo = list(found)
        while todo:
            for more in tells.get(todo.pop(), ()):
                if more not in found:
                    found.add(more)
                    todo.append(more)
        return found & self.id_of.keys()

    def wrong(self, scheme, ran):
        """(blocks that are reported and did not run, that ran and are not)"""
        key = scheme, ran
        if key not in self.known:
            reported = self.reported(scheme, ran)
            self.known[key] = reported - ran, ran - reported
        return self.known[key]


def _pairs(lists, more=None):
    found = collections.defaultdict(list, {k: list(v) for k, v in
                                           (more or {}).items()})
    for number, others in lists:
        found[number] += others
    return found


def _inverse(rules):
    found = collections.defaultdict(list)
    for block, witnesses in rules.items():
        for witness in witnesses:
            found[witness].append(int(block))
    return found


def read(folder):
    """{ID of a block: its function}. One that several objects have counts once;
    where IDs are shared otherwise, the function is left out: [names]."""
    owners, out = {}, set()
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as f:
            for line in f:
                function = Function(json.loads(line))
                old = owners.get(function.ids[0])
                if old and (old.ids != function.ids or
                            old.schemes != function.schemes):
                    out.add(old.name)
                if not old:
                    owners.update((i, function) for i in function.ids)
    return {i: f for i, f in owners.items() if f.name not in out}, sorted(out)


def windows(path):
    """(how it ended, IDs), of a file of cut/window.c."""
    with open(path, "rb") as f:
        while head := f.read(16):
            n, how = struct.unpack("<Q8s", head)
            yield how.rstrip(b"\0").decode(), struct.unpack(f"<{n}Q",
                                                            f.read(8 * n))


def record(program, words, into):
    """The windows of one run."""
    path = os.path.join(into, "windows")
    if os.path.exists(path):
        os.remove(path)
    studied.run([program, *words], env={**os.environ, "BENCH_WINDOWS": path})
    return list(windows(path))


def by_function(owners, ids, unknown=()):
    """{function: numbers of its blocks}; other IDs go to UNKNOWN, a list."""
    ran = collections.defaultdict(set)
    for i in ids:
        if i in owners:
            ran[owners[i]].add(owners[i].number[i])
        else:
            unknown.append(i)
    return {f: frozenset(numbers) for f, numbers in ran.items()}


def judge(owners, some):
    """Of windows: how many, pairs of window and block, and for each scheme how
    many pairs it reports that are not, and does not report that are."""
    result = {"windows": 0, "pairs": 0, "unknown": 0, "schemes": {}}
    examples = {}
    for how, ids in some:
        result["windows"] += 1
        unknown = []
        for function, numbers in by_function(owners, ids, unknown).items():
            result["pairs"] += len(numbers)
            for scheme in function.schemes:
                false, missed = function.wrong(scheme, numbers)
                count = result["schemes"].setdefault(
                    scheme, {"false": 0, "missed": 0, "windows": set()})
                count["false"] += len(false)
                count["missed"] += len(missed)
                if false or missed:
                    count["windows"].add(result["windows"])
                    examples.setdefault(scheme, []).append(
                        (function, false, missed))
        result["unknown"] += len(unknown)
    for count in result["schemes"].values():
        count["windows"] = len(count["windows"])
    return result, examples


def shares(owners):
    """Of all functions: blocks, probes by scheme, what was given up."""
    functions = set(owners.values())
    schemes = {s for f in functions for s in f.schemes}
    gave_up = collections.Counter(f.gave_up for f in functions if f.gave_up)
    return {"functions": len(functions),
            "blocks": sum(len(f.ids) for f in functions),
            "probes": {s: sum(f.probes(s) for f in functions if
                              s in f.schemes) for s in SCHEMES if s in schemes},
            "gave_up": dict(gave_up)}
