# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which old blocks are found again in a new build, and whether rightly."""
from collections import defaultdict

import image

# A1: the text of the function, and of all that it inlines, is unchanged.
# A: the function's own is. B: the function changed, this block's lines did not.
CLASSES = ["A1", "A", "B"]


def kcov8(functions):
    return [[image.block_id(f.hash, b.key) for b in f.blocks]
            for f in functions]


def ordinal(functions):
    return [[(f.hash, i) for i in range(len(f.blocks))] for f in functions]


def triple(functions):
    """gVisor's: numbers of file, function in it, block in that."""
    out, files = [], {}
    for f in functions:
        number, count = files.get(f.file, (len(files), 0))
        files[f.file] = (number, count + 1)
        out.append([(number, count, i) for i in range(len(f.blocks))])
    return out


def place(functions):
    """File, line, column."""
    return [[b.place or (f.hash, i) for i, b in enumerate(f.blocks)]
            for f in functions]


def guard(functions):
    """One number after the other, as guards are given them."""
    out, n = [], 0
    for f in functions:
        out.append(list(range(n, n + len(f.blocks))))
        n += len(f.blocks)
    return out


def address(functions):
    """Of the probe in the program's text, as kcov has it."""
    return [[(f.hash, i) if b.address is None else b.address
             for i, b in enumerate(f.blocks)] for f in functions]


SCHEMES = {"kcov8": kcov8, "ordinal": ordinal, "triple": triple,
           "line": place, "guard": guard, "address": address}


class Pair:
    """Old and new blocks of a pair with their classes; schemes come after."""

    def __init__(self, truth, old, new):
        self.old, self.new = old, new
        self.classes = []  # per old function and block
        self.moved = []  # likewise: lines in the new release
        self.bounds = []  # likewise: do just these lines form a block there?
        new_sets = {b.lines for f in new for b in f.blocks if b.lines}
        for f in old:
            own = truth.state(f.file, f.line)
            all_same = own and all(
                truth.state(*line) for b in f.blocks for line in b.lines)
            rows = ([], [], [])
            for b in f.blocks:
                to = [truth.line(*line) for line in b.lines]
                whole = bool(to) and None not in to
                to = frozenset(t for t in to if t)
                rows[0].append(None if own is None or not to else
                               "A1" if all_same else "A" if own else
                               "B" if whole else None)
                rows[1].append(to)
                rows[2].append(whole and to in new_sets)
            self.classes.append(rows[0])
            self.moved.append(rows[1])
            self.bounds.append(rows[2])

    def judge(self, old_ids, new_ids, losses=None, chosen=None):
        """{class: [blocks, present, on aligned lines, false, bound]}; class
        A has A1 in it, `all` everything. CHOSEN: only these blocks."""
        found = {}
        for f, ids in zip(self.new, new_ids):
            for b, i in zip(f.blocks, ids):
                found.setdefault(i, b)
        out = defaultdict(lambda: [0] * 5)
        for n, ids in enumerate(old_ids):
            for m, i in enumerate(ids):
                if chosen and not chosen[n][m]:
                    continue
                class_, to = self.classes[n][m], self.moved[n][m]
                b = found.get(i)
                right = bool(b and to & b.lines)
                wrong = bool(b and to and b.lines and not right)
                for c in {"A1": ("A1", "A", "all"), "A": ("A", "all"),
                          "B": ("B", "all"), None: ("all",)}[class_]:
                    row = out[c]
                    for k, x in enumerate((True, b, right, wrong,
                                           self.bounds[n][m])):
                        row[k] += bool(x)
                if losses is not None and class_ and not b:
                    losses.append((class_, n, m))
        return dict(out)
