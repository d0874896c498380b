# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a row has to read out, by its flags: the truth it is of, and what its
probes make of the truth's counts."""
import os
import platform

from paths import HERE
import simulate

ADAPTERS = os.path.realpath(os.path.join(HERE, "adapters"))
TRUTH, TRUTH_EDGE = "truth", "truth edge"
# On x86 `counter` stays at 255; elsewhere it goes on at 1.
COUNTER = simulate.saturating if platform.machine() == "x86_64" \
    else simulate.never_zero
KCOV8_PROBES = {"counter": COUNTER, "unary": simulate.unary,
                "flag": simulate.flags, "wrapping": simulate.wrapping}


def _option(row, key, default):
    found = [o.partition("=")[2] for o in row.kcov8 if o.startswith(key + "=")]
    return found[-1] if found else default


def _sancov(row):
    found = set()
    for flag in row.flags:
        if flag.startswith("-fsanitize-coverage="):
            found |= set(flag.partition("=")[2].split(","))
    return found


def _adapter(row):
    return os.path.basename(row.adapter[0])


def truth_of(row):
    """Name of the truth that has this row's blocks, or None: another compiler's,
    another level's, a profile's, or units that an adapter of the user's makes up."""
    if os.path.dirname(os.path.realpath(row.adapter[0])) != ADAPTERS:
        return None
    if row.compiler != "clang" or row.opt != "-O2":
        return None
    if row.kcov8:
        if _option(row, "place", "late") == "early":
            return None
        return {"bb": TRUTH, "edge": TRUTH_EDGE}.get(
            _option(row, "level", "bb"))
    words = _sancov(row)
    if not words or "func" in words or _adapter(row) == "hashed.c":
        return None
    return TRUTH if "bb" in words else TRUTH_EDGE


def complete(row):
    """Whether it claims to report every block. LLVM's back end may copy a call of
    trace-pc: then one block has several PCs."""
    if row.kcov8:
        return "no-prune" in row.kcov8 or _adapter(row) == "kcov8-device.c"
    words = _sancov(row)
    return "no-prune" in words and "trace-pc" not in words


def values(row):
    """What to make of a window of its truth's blocks; None: not known."""
    if truth_of(row) is None or not complete(row):
        return None
    adapter = _adapter(row)
    if adapter == "kcov8-device.c":
        return simulate.flags
    if row.kcov8:
        return KCOV8_PROBES.get(_option(row, "probe", "flag"))
    if "inline-bool-flag" in _sancov(row):
        return simulate.flags
    return {"sancov.c": simulate.wrapping, "guard.c": simulate.wrapping,
            "truth.c": simulate.saturating}.get(adapter)


def hashed(row):
    """Whether it is AFL's first map, as simulate.hashed() makes it."""
    words = _sancov(row)
    return bool(row.adapter) and _adapter(row) == "hashed.c" and \
        {"bb", "no-prune"} <= words
