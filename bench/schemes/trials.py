# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Statistics of two sets of trials, as evaluations of fuzzers are asked for them."""
import numpy
from scipy import stats

import stage

ALPHA = .05
RESAMPLES = 4000


def a12(ours, theirs):
    """Vargha and Delaney: the chance that one of OURS is above one of THEIRS,
    ties counted half."""
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    above = (ours[:, None] > theirs[None, :]).sum()
    equal = (ours[:, None] == theirs[None, :]).sum()
    return float((above + equal / 2) / (len(ours) * len(theirs)))


def mann_whitney(ours, theirs):
    """p, two-sided; exact without ties. 1 if all values are the same."""
    if len(set(ours) | set(theirs)) == 1:
        return 1.0
    return float(stats.mannwhitneyu(ours, theirs,
                                    alternative="two-sided").pvalue)


def fisher(found, of, theirs, of_theirs):
    """p that as many of both sets of trials find something."""
    return float(stats.fisher_exact([[found, of - found],
                                     [theirs, of_theirs - theirs]])[1])


def holm(p_values):
    """Adjusted for all comparisons of the list."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, largest = [0.] * len(p_values), 0.
    for rank, i in enumerate(order):
        largest = max(largest, min(1., p_values[i] * (len(order) - rank)))
        adjusted[i] = largest
    return adjusted


def _interval(value, samples):
    low, high = numpy.percentile(samples, [2.5, 97.5])
    return stage.Interval(float(value), float(low), float(high))


def median(values):
    """With a bootstrap interval of 95 %, always the same for the same values."""
    values = numpy.asarray(values, float)
    drawn = numpy.random.default_rng(1).choice(values, (RESAMPLES,
                                                        len(values)))
    return _interval(numpy.median(values), numpy.median(drawn, axis=1))


def mean_a12(pairs):
    """Of A12 over PAIRS of (ours, theirs), one for each target; its interval
    is of trials drawn again within each target."""
    random = numpy.random.default_rng(1)
    samples = []
    for ours, theirs in pairs:
        one = random.choice(numpy.asarray(ours), (RESAMPLES, len(ours), 1))
        two = random.choice(numpy.asarray(theirs), (RESAMPLES, 1,
                                                    len(theirs)))
        samples.append(((one > two) + (one == two) / 2).mean(axis=(1, 2)))
    return _interval(numpy.mean([a12(a, b) for a, b in pairs]),
                     numpy.mean(samples, axis=0))


def conclusion(effect, adjusted):
    """What a comparison shows, with more being better."""
    if adjusted >= ALPHA:
        return "no difference shown"
    return "more" if effect > .5 else "less"
