# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a scheme would have seen, made from the truth.

Beside the builds for two reasons: what they read out is checked against it, and
some questions need many builds (hashed maps with other random numbers).
"""
import numpy

from corpus import Random
from windows import Window

CELLS = 1 << 16  # places of AFL's first map


def _kept(window, values):
    return Window(window.units[values > 0], values[values > 0])


def wrapping(window):
    """8-bit counters: a multiple of 256 hits is no hit."""
    return _kept(window, window.values % numpy.uint64(256))


def never_zero(window):
    """AFL++'s counters: from 255 to 1."""
    one = numpy.uint64(1)
    return Window(window.units,
                  (window.values - one) % numpy.uint64(255) + one)


def unary(window):
    """kcov8's `unary`: the N lowest bits are set, of 8."""
    bits = numpy.minimum(window.values, numpy.uint64(8))
    return Window(window.units, (numpy.uint64(1) << bits) - numpy.uint64(1))


def flags(window):
    return Window(window.units, numpy.ones_like(window.values))


def saturating(window):
    return Window(window.units,
                  numpy.minimum(window.values, numpy.uint64(255)))


def block_numbers(seed, blocks, places=CELLS):
    """Random numbers as adapters/hashed.c draws them; of block 0, the start, 0."""
    random = Random(seed)
    return numpy.array([0] + [random.next() % places for _ in range(blocks)],
                       dtype=numpy.uint64)


def cells(pairs, numbers):
    """The place in AFL's map of each pair of blocks."""
    low = numpy.uint64(0xFFFFFFFF)
    before, this = pairs >> numpy.uint64(32), pairs & low
    return numbers[this] ^ (numbers[before] >> numpy.uint64(1))


def hashed(pairs, numbers):
    """AFL's first map after a window: pairs of one place add up."""
    places, at = numpy.unique(cells(pairs.units, numbers),
                              return_inverse=True)
    counts = numpy.zeros(len(places), dtype=numpy.uint64)
    numpy.add.at(counts, at, pairs.values)
    return wrapping(Window(places, counts))
