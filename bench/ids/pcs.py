# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PCs of a set of IDs (docs/ids.md), and how many move."""
import random

SLOTS = 133169152


def slots(ids):
    """{ID: slot}, for distinct IDs."""
    out, last = {}, -1
    for i in sorted(ids):
        last = max((i >> 32) * SLOTS >> 32, last + 1)
        out[i] = last
    top = SLOTS
    for i in reversed(list(out)):
        if out[i] < top:
            break
        top -= 1
        out[i] = top
    return out


def moved(old, new):
    """Of IDs that both have: (how many, how many at another PC)."""
    a, b = slots(set(old)), slots(set(new))
    both = [i for i in a if i in b]
    return len(both), sum(a[i] != b[i] for i in both)


def growing(blocks, added):
    """Random IDs of BLOCKS blocks, and of a part ADDED more."""
    draw = random.Random(1)
    old = [draw.getrandbits(64) for _ in range(blocks)]
    return moved(old, old + [draw.getrandbits(64)
                             for _ in range(int(blocks * added))])
