# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One release, two builds: at another level, by another LLVM."""
from collections import Counter

import judge


def _places(functions):
    return Counter((f.hash, b.place) for f in functions for b in f.blocks)


def compare(old, new):
    """Blocks of OLD and how many of their IDs NEW has; and of the blocks that
    both have: a place in a function, as often as the one with fewer has it."""
    found = {i for ids in judge.kcov8(new) for i in ids}
    kept = Counter()
    for f, ids in zip(old, judge.kcov8(old)):
        for b, i in zip(f.blocks, ids):
            kept[f.hash, b.place] += i in found
    ours, theirs = _places(old), _places(new)
    both = {p: min(n, theirs[p]) for p, n in ours.items()}
    return {"blocks": sum(ours.values()), "kept": sum(kept.values()),
            "both": sum(both.values()),
            "both_kept": sum(min(n, kept[p]) for p, n in both.items())}
