# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What rows tell about one corpus, beside the truth. No programs are run here."""
import numpy

import expected
import partitions
import simulate
import stage
from corpus import Random

ORDERS = 10  # in which inputs come to a fuzzer
MAPS = 20  # hashed maps, each with its own random numbers
PLACES = (1 << 16, 1 << 13, 1 << 10)  # of maps
READINGS = tuple(partitions.READINGS)


class Truth:
    """Of one target: windows of blocks, of pairs, and partitions. EDGE is of the
    build with split critical edges: its order is the finest there is, as two edges
    may lead from one block to another."""

    def __init__(self, truth, edge, parents):
        self.blocks = [t.blocks for t in truth]
        self.pairs = [t.pairs for t in truth]
        self.edges = [t.blocks for t in edge]
        self.path = partitions.of_keys((t.path, t.events) for t in edge)
        self.first = partitions.of_keys(t.first for t in truth)
        self.counts = partitions.of_windows(self.blocks, "values")
        self.sets = partitions.of_windows(self.blocks, "set")
        self.pair_codes = partitions.codes(self.pairs, "set")
        self.mutants = numpy.array([i for i, p in enumerate(parents)
                                    if p is not None], dtype=int)
        self.parents = numpy.array([p for p in parents if p is not None],
                                   dtype=int)
        self.orders = _orders(len(self.blocks))

    def of(self, name):
        """Windows of the blocks of a truth, by its name in truth.toml."""
        return {expected.TRUTH: self.blocks,
                expected.TRUTH_EDGE: self.edges}[name]

    def figures(self):
        return {"blocks": len(partitions.union(self.blocks)),
                "pairs": len(partitions.union(self.pairs)),
                "events": int(numpy.median([w.values.sum()
                                            for w in self.blocks])),
                "told": partitions.told_apart(self.path)}


def _orders(count):
    random, found = Random(7), [list(range(count))]
    while len(found) < ORDERS:
        order = list(range(count))
        for i in range(count - 1, 0, -1):
            j = random.below(i + 1)
            order[i], order[j] = order[j], order[i]
        found.append(order)
    return found


def _from_parent(truth, partition):
    """Of the mutants whose path is not their parent's, the share told apart."""
    differs = truth.path[truth.mutants] != truth.path[truth.parents]
    told = partition[truth.mutants] != partition[truth.parents]
    return partitions.proportion(int(told[differs].sum()),
                                 int(differs.sum())) if differs.any() else None


def _selection(truth, windows):
    """What a fuzzer would keep, by buckets: mean of several orders."""
    coded = partitions.codes(windows, "buckets")
    kept = [partitions.select(coded, order) for order in truth.orders]
    return {"kept": float(numpy.mean([len(k) for k in kept])),
            "pairs kept": float(numpy.mean(
                [partitions.covered(truth.pair_codes, k) for k in kept]))}


def told(truth, partition):
    """What a partition tells apart, and what it does not."""
    return {"classes": partitions.classes(partition),
            "bits": partitions.bits(partition),
            "share": partitions.share_told_apart(partition),
            "lost": partitions.lost(truth.path, partition),
            "lost counts": partitions.lost(truth.counts, partition),
            "lost sets": partitions.lost(truth.sets, partition),
            "parent": _from_parent(truth, partition)}


def scheme(truth, windows):
    """Figures of one scheme, and its partition by buckets."""
    parts = {r: partitions.of_windows(windows, r) for r in READINGS}
    return {**told(truth, parts["buckets"]),
            "classes by": {r: partitions.classes(p)
                           for r, p in parts.items()},
            "units": len(partitions.union(windows)),
            **_selection(truth, windows)}, parts["buckets"]


def missed(blocks, windows):
    """Blocks that ran in a window, and of those the number that is not reported:
    by numbers of units, as a scheme's units are some of the blocks."""
    ran = numpy.array([len(w.units) for w in blocks])
    seen = numpy.array([len(w.units) for w in windows])
    return {"ran": int(ran.sum()), "missed": int(numpy.maximum(
                ran - seen, 0).sum()),
            "windows": int((seen < ran).sum()), "of": len(ran),
            "more": int(numpy.maximum(seen - ran, 0).sum())}


def wrapped(windows):
    """What 8-bit counters that wrap round do not report."""
    hidden = [w.units[w.values % 256 == 0] for w in windows]
    return {"ran": sum(len(w.units) for w in windows),
            "hidden": sum(map(len, hidden)),
            "windows": sum(len(h) > 0 for h in hidden), "of": len(windows),
            "units": len(numpy.unique(numpy.concatenate(hidden)))}


def differing(row, truth, windows):
    """Windows in which a row does not read out what it must by the truth; None
    if that is not known. Places differ, so values are compared as a bag."""
    make = expected.values(row)
    if expected.hashed(row):
        numbers = simulate.block_numbers(1, _most(truth))
        wanted = [simulate.hashed(w, numbers) for w in truth.pairs]
    elif make:
        wanted = [make(w) for w in truth.of(expected.truth_of(row))]
    else:
        return None
    return sum(not numpy.array_equal(numpy.sort(w.values),
                                     numpy.sort(g.values))
               for w, g in zip(wanted, windows))


def _most(truth):
    return int(max((w.units.max() for w in truth.blocks if len(w.units)),
                   default=0)) + 1


def _spread(values):
    """Mean, least and greatest."""
    return stage.Interval(float(numpy.mean(values)), float(min(values)),
                          float(max(values)))


def _hashed_maps(truth, exact, places):
    pairs = partitions.union(truth.pairs)
    found = {"shared": [], "inputs lost": [], "pairs kept": []}
    for seed in range(1, MAPS + 1):
        numbers = simulate.block_numbers(seed, _most(truth), places)
        windows = [simulate.hashed(w, numbers) for w in truth.pairs]
        found["shared"].append(
            len(pairs) - len(numpy.unique(simulate.cells(pairs, numbers))))
        found["inputs lost"].append(partitions.lost(
            exact, partitions.of_windows(windows, "buckets")))
        coded = partitions.codes(windows, "buckets")
        found["pairs kept"].append(partitions.covered(
            truth.pair_codes, partitions.select(coded, truth.orders[0])))
    return {k: _spread(v) for k, v in found.items()}


def hashed_maps(truth):
    """AFL's first map, and smaller ones, for programs that are larger against
    64 KiB; MAPS sets of random numbers each, beside exact pairs."""
    exact = partitions.of_windows(truth.pairs, "buckets")
    coded = partitions.codes(truth.pairs, "buckets")
    return {"exact": partitions.covered(truth.pair_codes, partitions.select(
                coded, truth.orders[0])),
            "maps": {str(p): _hashed_maps(truth, exact, p) for p in PLACES}}
