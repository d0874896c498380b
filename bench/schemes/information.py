# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Information: which inputs a scheme tells apart, what it misses, how stable it is.

Every row runs the same corpus, which no scheme has selected, an input a window. The
truth is a build that counts every block and pair of blocks exactly.
"""
import functools

import compare
import corpus
import expected
import information_tables
import partitions
import recording
import stability
import stage
import windows

NAME, TITLE = "information", "What a scheme tells"
TARGETS = True
tables = information_tables.tables


def _record(context, target, row):
    """Of one row alone: the same input again, and beside other threads."""
    alone, size = windows.read(recording.record(context, target, row))
    noise, _ = windows.read(recording.record(context, target, row,
                                             threads=recording.THREADS))
    return {"map": size, "alone": stability.of(alone[0], alone[1:]),
            "threads": stability.of(alone[0], noise)}


def _truth(context, target, parents):
    found = {name: windows.read_truth(
                 recording.record(context, target, row) + ".more")
             for name, row in recording.truths(context).items()}
    return compare.Truth(found[expected.TRUTH][:len(parents)],
                         found[expected.TRUTH_EDGE][:len(parents)], parents)


def _of_truth(truth):
    """The truth's own lines, in the tables above those of schemes."""
    rows, parts = {}, {}
    for name, seen in (("blocks", truth.blocks), ("edges", truth.edges),
                       ("pairs", truth.pairs)):
        rows[name], parts[name] = compare.scheme(truth, seen)
    for name, part in (("first runs", truth.first), ("order", truth.path)):
        rows[name], parts[name] = compare.told(truth, part), part
        rows[name]["classes by"] = {r: partitions.classes(part)
                                    for r in compare.READINGS}
    return [{f"truth: {n}": v for n, v in some.items()}
            for some in (rows, parts)]


def _compare(context, target):
    inputs, parents = recording.inputs_of(context, target)
    truth = _truth(context, target, parents)
    rows, parts = _of_truth(truth)
    checks, missed = {}, {}
    for row in recording.rows(context):
        try:
            seen = windows.read(recording.record(context, target, row))[0][0]
        except stage.Lacking:
            continue  # said by the row's own step
        rows[row.name], parts[row.name] = compare.scheme(truth, seen)
        of = expected.truth_of(row)
        if of:
            missed[row.name] = compare.missed(truth.of(of), seen)
        differ = compare.differing(row, truth, seen)
        if differ is not None:
            checks[row.name] = differ
    return {
        "inputs": len(inputs), "seeds": parents.count(None),
        "digest": corpus.digest(inputs), "truth": truth.figures(),
        "rows": rows, "missed": missed, "checks": checks,
        "matrix": {a: {b: partitions.lost(parts[a], parts[b])
                       for b in parts} for a in parts},
        "wrapped": {"blocks": compare.wrapped(truth.blocks),
                    "pairs": compare.wrapped(truth.pairs)},
        "hashed": compare.hashed_maps(truth)}


def steps(context):
    targets = context.targets[:2] if context.quick else context.targets
    for target in targets:
        for row in [*recording.truths(context).values(),
                    *recording.rows(context)]:
            yield stage.Step((target.name, row.name), 3, functools.partial(
                _record, context, target, row))
    # After them: what they recorded is there.
    for target in targets:
        yield stage.Step((target.name, "compared"), 15, functools.partial(
            _compare, context, target))


def result(context, values):
    section = {"compared": {}, "stability": {}}
    for (target, what), value in values.items():
        if isinstance(value, stage.Lacking):
            continue
        if what == "compared":
            section["compared"][target] = value
        else:
            section["stability"].setdefault(target, {})[what] = value
    # Of schemes, not of the truth: for the plot.
    rows = [c["rows"] for c in section["compared"].values()]
    section["scores"] = {
        name: information_tables.mean(r[name]["parent"] and
                                      r[name]["parent"].value
                                      for r in rows if name in r)
        for name in information_tables.names(rows)
        if not name.startswith("truth: ")}
    return section
