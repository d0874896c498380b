# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ratios of times from interleaved rounds, with intervals.

A round runs every row once, so that a row and its base are paired by round. The
interval is a percentile bootstrap over rounds (Efron and Tibshirani 1993, 13.3): it
covers the noise within a run, not what differs from machine to machine.
"""
import numpy

import stage

RESAMPLES = 4000
SEED = 1  # the same data give the same interval


def _spread(samples, rounds):
    """(RESAMPLES, rounds) numbers of rounds, the same for all that is paired."""
    return numpy.random.default_rng(SEED + samples).integers(
        rounds, size=(RESAMPLES, rounds))


def _ratios(times, base, number):
    """Ratio of medians, and the same of each resample."""
    times, base = numpy.asarray(times, float), numpy.asarray(base, float)
    if times is base or numpy.array_equal(times, base):
        return 1.0, numpy.ones(RESAMPLES)
    at = _spread(number, len(times))
    return (numpy.median(times) / numpy.median(base),
            numpy.median(times[at], axis=1) / numpy.median(base[at], axis=1))


def _interval(value, resampled):
    low, high = numpy.percentile(resampled, (2.5, 97.5))
    # Few rounds: the ratio itself may lie outside.
    return stage.Interval(float(value), float(min(low, value)),
                          float(max(high, value)))


def ratio(times, base):
    """Interval of one ratio; TIMES and BASE: lists of equal length."""
    return _interval(*_ratios(times, base, 0))


def mean(pairs):
    """Interval of the geometric mean of ratios; PAIRS: (times, base) each."""
    all_ratios = [_ratios(t, b, i) for i, (t, b) in enumerate(pairs)]
    return _interval(
        numpy.exp(numpy.mean([numpy.log(v) for v, _ in all_ratios])),
        numpy.exp(numpy.mean([numpy.log(r) for _, r in all_ratios], axis=0)))
