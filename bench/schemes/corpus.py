# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A corpus that no scheme has selected: seeds, and mutants of them.

The same on every machine: mutants come from a generator with a fixed seed, and no
run of the program decides which are kept.
"""
import hashlib
import os

MASK = (1 << 64) - 1
EDGES = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)  # bytes at which comparisons turn


class Random:
    """splitmix64; Python does not promise what its own makes of a seed."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    def below(self, n):
        return self.next() % n if n > 0 else 0


def _piece(random, data):
    start = random.below(len(data))
    return start, start + 1 + random.below(min(32, len(data) - start))


def _flip(random, data, _):
    data[random.below(len(data))] ^= 1 << random.below(8)


def _set(random, data, _):
    data[random.below(len(data))] = EDGES[random.below(len(EDGES))]


def _change(random, data, _):
    data[random.below(len(data))] = random.below(256)


def _truncate(random, data, _):
    del data[1 + random.below(len(data)):]


def _delete(random, data, _):
    start, end = _piece(random, data)
    if end - start < len(data):
        del data[start:end]


def _repeat(random, data, _):
    start, end = _piece(random, data)
    data[start:start] = bytes(data[start:end]) * (1 + random.below(4))


def _splice(random, data, others):
    other = others[random.below(len(others))]
    at = random.below(len(data))
    data[at:] = other[random.below(len(other)):]


OPERATIONS = (_flip, _set, _change, _flip, _set, _change, _truncate, _delete,
              _repeat, _splice)


def make(seeds, count, max_len):
    """COUNT different inputs, seeds first, and of each the number of the one that
    it was made from (None: a seed). A mutant is 1 to 4 operations away from a seed
    or an earlier mutant, as a fuzzer's are."""
    random = Random(20)
    found = dict.fromkeys(bytes(s[:max_len]) for s in seeds if s)
    inputs = list(found)
    for _ in range(100 * count):  # a few tiny seeds have few mutants
        if len(inputs) >= count:
            break
        parent = random.below(len(inputs))
        data = bytearray(inputs[parent])
        for _ in range(1 + random.below(4)):
            OPERATIONS[random.below(len(OPERATIONS))](random, data, inputs)
            data = data or bytearray(1)
        data = bytes(data[:max_len])
        if data not in found:
            found[data] = parent
            inputs.append(data)
    return inputs, [found[i] for i in inputs]


def write(inputs, folder):
    """The inputs as files of FOLDER; the path of the list that names them."""
    os.makedirs(folder, exist_ok=True)
    paths = []
    for number, data in enumerate(inputs):
        paths.append(os.path.join(folder, f"{number:04}"))
        with open(paths[-1], "wb") as f:
            f.write(data)
    path = os.path.join(folder, "list")
    with open(path + ".part", "w") as f:
        f.writelines(p + "\n" for p in paths)
    os.replace(path + ".part", path)
    return path


def digest(inputs):
    """So that a reader can tell that two corpora are the same."""
    whole = hashlib.sha256()
    for data in inputs:
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()[:16]
