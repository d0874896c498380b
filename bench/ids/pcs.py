# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PCs of a set of IDs (docs/ids.md), and how many move."""
import random

SLOTS = 133169152


def slots(ids):
    """{ID: slot}, for distinct IDs."""
    out, last = {}, -1
    for i in sorted(ids):
        last = max(min(i >> 37, SLOTS - 1), last + 1)
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


def shares(blocks, draw=random.Random(1), mean=8, first=1):
    """The MiB of each of BLOCKS blocks, of random functions of MEAN blocks, the
    first one of FIRST."""
    out, size = [], first
    while len(out) < blocks:
        out += [draw.randrange(2032)] * min(size, blocks - len(out))
        size = 1 + int(draw.expovariate(1 / mean))
    return out


def growing(blocks, added, first=1):
    """Of these, and of a part ADDED more in functions that are there: one is
    chosen the more often the larger it is. New functions move as many."""
    draw = random.Random(1)
    of = shares(blocks, draw, first=first)
    old = [share << 53 | draw.getrandbits(53) for share in of]
    return moved(old, old + [draw.choice(of) << 53 | draw.getrandbits(53)
                             for _ in range(int(blocks * added))])
