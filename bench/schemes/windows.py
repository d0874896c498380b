# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What mains/replay.c wrote: for each window the units that were seen."""
from dataclasses import dataclass

import numpy

MAGIC = 0x3157384B


@dataclass
class Window:
    units: numpy.ndarray  # uint64, ascending
    values: numpy.ndarray  # of each unit, > 0


@dataclass
class Truth:
    """A window of truth/truth.c."""
    blocks: Window
    pairs: Window  # unit: the block in front << 32 | the block, from 1; 0: start
    path: int  # hash of the order
    events: int
    first: int  # hash of the order of first runs


def _window(units, values):
    order = numpy.argsort(units, kind="stable")
    return Window(units[order], values[order])


def read(path):
    """[[Window of each input] of each repeat], bytes of the map."""
    words = numpy.fromfile(path, dtype=numpy.uint32)
    if len(words) < 4 or words[0] != MAGIC:
        raise ValueError(f"{path}: not written by replay")
    size, inputs, repeats = (int(w) for w in words[1:4])
    at, found = 4, []
    for _ in range(inputs * repeats):
        count = int(words[at])
        found.append(words[at + 1:at + 1 + count])
        at += 1 + count
    names = words[at:].copy().view(numpy.uint64)
    windows = [_window(names[w >> 8], (w & 255).astype(numpy.uint64))
               for w in found]
    return [windows[r * inputs:(r + 1) * inputs] for r in range(repeats)], size


def read_truth(path):
    """[Truth of each window]."""
    words = numpy.fromfile(path, dtype=numpy.uint64)
    at, found = 0, []
    while at < len(words):
        blocks, pairs, way, events, first, _ = (
            int(w) for w in words[at:at + 6])
        at += 6
        parts = []
        for count in blocks, pairs:
            table = words[at:at + 2 * count].reshape(count, 2)
            parts.append(_window(table[:, 0], table[:, 1]))
            at += 2 * count
        found.append(Truth(*parts, way, events, first))
    return found
