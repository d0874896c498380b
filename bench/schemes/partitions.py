# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which inputs a scheme tells apart: the classes of equal signatures.

A partition is an array: of each window the number of its class. Pairs of inputs
are counted by the sizes of classes, not one by one.
"""
import numpy

import stage

# AFL's classes of counts: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more.
BUCKETS = numpy.array([1, 2, 3, 4, 8, 16, 32, 128], dtype=numpy.uint64)


def bucket(values):
    return numpy.searchsorted(BUCKETS, values, side="right")


READINGS = {
    "set": lambda values: numpy.ones(len(values), dtype=numpy.int64),
    "buckets": bucket,
    "values": lambda values: values,
}


def of_keys(keys):
    numbers = {}
    return numpy.array([numbers.setdefault(k, len(numbers)) for k in keys])


def of_windows(windows, reading):
    read = READINGS[reading]
    return of_keys((w.units.tobytes(), read(w.values).tobytes())
                   for w in windows)


def classes(partition):
    return int(partition.max()) + 1


def bits(partition):
    """Entropy of the classes: what the report of an input tells of it."""
    shares = numpy.bincount(partition) / len(partition)
    return float(-(shares * numpy.log2(shares)).sum()) + 0.0  # not -0


def _pairs_within(partition):
    sizes = numpy.bincount(partition).astype(numpy.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _others_within(partition):
    """Of each input, how many others are in its class."""
    return numpy.bincount(partition)[partition] - 1


def pairs(partition):
    """All pairs of inputs."""
    return len(partition) * (len(partition) - 1) // 2


def both(this, other):
    """The partition that tells apart what one of the two does."""
    return of_keys(zip(this.tolist(), other.tolist()))


def told_apart(partition):
    return pairs(partition) - _pairs_within(partition)


def lost(this, other):
    """Pairs that THIS tells apart and OTHER does not."""
    return _pairs_within(other) - _pairs_within(both(this, other))


def _share(number, per_input):
    """NUMBER of pairs as a share of all, with its 95 % interval for other inputs
    of this kind: a U-statistic of order 2, by Hoeffding's first term."""
    n = len(per_input)
    if n < 2:
        return stage.Interval(0.0, 0.0, 0.0)
    share = number / (n * (n - 1) / 2)
    half = 1.96 * 2 * float(numpy.std(per_input / (n - 1), ddof=1)) / n ** .5
    return stage.Interval(share, max(0.0, share - half),
                          min(1.0, share + half))


def share_told_apart(partition):
    return _share(told_apart(partition),
                  len(partition) - 1 - _others_within(partition))


def proportion(number, of):
    """A share and its 95 % interval (Wilson 1927)."""
    z, share = 1.96, number / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * (
        share * (1 - share) / of + z * z / (4 * of * of)) ** .5
    return stage.Interval(share, min(share, middle - half),
                          max(share, middle + half))


def codes(windows, reading):
    """Of each window the numbers, from 0, of its units with what is read of
    them, "set" or "buckets"; how many there are in all."""
    ends = numpy.cumsum([len(w.units) for w in windows])
    units = numpy.concatenate([w.units for w in windows])
    values = numpy.concatenate([READINGS[reading](w.values) for w in windows])
    _, places = numpy.unique(units, return_inverse=True)
    different, numbers = numpy.unique(places * 16 + values.astype(int),
                                      return_inverse=True)
    return numpy.split(numbers, ends[:-1]), len(different)


def select(coded, order):
    """Numbers of the inputs that a fuzzer keeps, which takes them in this ORDER:
    those with a unit, or a class of counts of one, that none before them had."""
    windows, different = coded
    seen, kept = numpy.zeros(different, dtype=bool), []
    for number in order:
        if not seen[windows[number]].all():
            kept.append(number)
            seen[windows[number]] = True
    return kept


def covered(coded, numbers):
    """Share of all that the windows have that some of them have."""
    windows, different = coded
    seen = numpy.zeros(different, dtype=bool)
    for number in numbers:
        seen[windows[number]] = True
    return int(seen.sum()) / different if different else 1.0


def union(windows):
    """Units that any of the windows has."""
    return numpy.unique(numpy.concatenate([w.units for w in windows]))
