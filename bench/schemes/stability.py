# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Is what a scheme says of an input the same each time?"""
import numpy

import partitions


def _same(window, other):
    return numpy.array_equal(window.units, other.units) and numpy.array_equal(
        partitions.bucket(window.values), partitions.bucket(other.values))


def of(first, repeats):
    """REPEATS against the windows of the FIRST run: the share that is the same by
    buckets, and by units alone; units too many and too few, in shares of what ran."""
    pairs = [(a, b) for repeat in repeats for a, b in zip(first, repeat)]
    ran = sum(len(a.units) for a, _ in pairs)
    return {
        "same": sum(_same(a, b) for a, b in pairs) / len(pairs),
        "same set": sum(numpy.array_equal(a.units, b.units)
                        for a, b in pairs) / len(pairs),
        "invented": sum(len(numpy.setdiff1d(b.units, a.units))
                        for a, b in pairs) / max(ran, 1),
        "lost": sum(len(numpy.setdiff1d(a.units, b.units))
                    for a, b in pairs) / max(ran, 1)}
