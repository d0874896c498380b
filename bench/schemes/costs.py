# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Costs: bench/probe's measurements of the rows, with intervals."""
import functools
import math
import os

import build
import measure
import ratios
import stage
import workloads

NAME, TITLE = "costs", "What a probe costs"
TARGETS = False
# For each row: build, callgrind, both for one core; a round.
SECONDS = {"bzip2": (2, 4, .6), "duktape": (10, 8, .8), "ukernel": (10, 10, 1)}
UNKNOWN = 5, 5, 1

# Beside other LLVMs' own plain programs.
VERSION_ROWS = ("none", "8bit edge", "8bit bb no-prune", "trace-pc on",
                "llvm source, one byte", "llvm ir-pgo, blocks", "kcov8 flag",
                "kcov8 flag prune", "kcov8 counter")
VERSION_WORKLOADS = ("bzip2", "duktape")


def distinct(rows):
    """Rows that differ in what is measured; "none again" is there for noise."""
    seen, kept = set(), []
    for row in rows:
        recipe = row.recipe()
        if recipe not in seen or row.name == "none again":
            kept.append(row)
        seen.add(recipe)
    return kept


class _Bench:
    """The rows of one LLVM."""

    def __init__(self, context, llvm, rows):
        self.context, self.llvm = context, llvm
        into = os.path.join(context.work, f"costs-{llvm}")
        os.makedirs(into, exist_ok=True)
        self.builder = build.Builder(
            into, os.path.join(context.builds[llvm], "lib"), llvm,
            context.builder.jobs, reuse=True)
        self.rows = rows

    @functools.cached_property
    def reasons(self):
        """{row: why it cannot be had}"""
        said = {r.name: self.builder.lacking(r) for r in self.rows}
        return {n: build.reason(s) for n, s in said.items() if s}

    def _possible(self):
        return [r for r in self.rows if r.name not in self.reasons and
                r.base not in self.reasons]

    def _prepared(self, name, compile_rounds=1):
        workload = workloads.read(self.context.workloads[name],
                                  self.context.sources)
        rows = self._possible()
        built = build.build_all(self.builder, [workload], rows,
                                compile_rounds, lambda text: None)
        guests = measure.build_guests(self.builder.into, self.builder,
                                      [workload])
        return workload, rows, guests, built[name]

    def build(self, name):
        built = self._prepared(name, 1 if self.context.quick else 3)[3]
        return {"built": built, "left_out": self.reasons}

    def instructions(self, name):
        workload, rows, guests, _ = self._prepared(name)
        return measure.instructions(self.builder, [workload], rows, guests,
                                    self.builder.into, self.context.say)[name]

    def time(self, name, rounds):
        workload, rows, guests, _ = self._prepared(name)
        return measure.times(self.builder, [workload], rows, guests, rounds,
                             lambda text: None)[name]


def _steps(bench, names, rounds):
    llvm, n = f"LLVM {bench.llvm}", len(bench.rows)
    for name in names:
        built, counted, timed = SECONDS.get(name, UNKNOWN)
        yield stage.Step((llvm, name, "build"), n * built / 2,
                         functools.partial(bench.build, name), alone=True)
        yield stage.Step((llvm, name, "instructions"), n * counted / 2,
                         functools.partial(bench.instructions, name),
                         alone=True)
        yield stage.Step((llvm, name, "time"), n * timed * (rounds + 1),
                         functools.partial(bench.time, name, rounds),
                         alone=True)


def steps(context):
    rounds = 5 if context.quick else 9
    rows = distinct(context.rows)
    found = list(_steps(_Bench(context, context.llvm, rows),
                        context.workloads, rounds))
    rows = [r for r in rows if r.name in VERSION_ROWS]
    names = [n for n in VERSION_WORKLOADS if n in context.workloads]
    for llvm in sorted(set(context.builds) - {context.llvm}):
        if not context.quick:
            found += _steps(_Bench(context, llvm, rows), names, rounds)
    return found


def _pairs(times, row, names):
    """(times, those of the base) for each phase of each program."""
    return [(phase[row.name], phase[row.base]) for name in names
            for phase in times[name].values()
            if row.name in phase and row.base in phase]


def _geometric(values):
    """None if one is missing: rows are compared on the same programs."""
    return math.exp(sum(map(math.log, values)) / len(values)) \
        if values and all(values) else None


def _of(row, values, llvm, names):
    """All figures of a row; ratios are to its base."""
    part = {k: {n: values[llvm, n, k] for n in names}
            for k in ("build", "instructions", "time")}
    built = {n: part["build"][n]["built"] for n in names}
    names = [n for n in names if row.name in built[n] and row.base in built[n]]
    if not names:
        return None
    each = {n: ratios.mean(_pairs(part["time"], row, [n])) for n in names}
    counts = [(part["instructions"][n].get(row.name),
               part["instructions"][n].get(row.base)) for n in names]
    own, base = ([built[n][r] for n in names] for r in (row.name, row.base))
    probes = [b["probes"] for b in own]
    tables = sum(b["tables"] or 0 for b in own)
    return {
        "time": ratios.mean(_pairs(part["time"], row, names)),
        "each": each,
        "instructions": _geometric([a and b and a / b for a, b in counts]),
        "text": _geometric([a["text"] / b["text"]
                            for a, b in zip(own, base)]),
        "probes": sum(probes) if all(probes) else None,
        "bytes": tables / sum(probes) if all(probes) and tables else None,
        "compile": _geometric([
            min(b["compile"]) and min(a["compile"]) / min(b["compile"])
            for a, b in zip(own, base)])}


def result(context, values):
    found = {"rows": {}, "left_out": {}}
    rows = distinct(context.rows)
    lacking = {k[:2] for k, v in values.items()
               if isinstance(v, stage.Lacking)}
    for llvm in sorted({k[0] for k in values}):
        names = list(dict.fromkeys(k[1] for k in values if k[0] == llvm and
                                   k[:2] not in lacking))
        for row in rows:
            figures = _of(row, values, llvm, names)
            if figures and row.name != row.base:
                found["rows"].setdefault(llvm, {})[row.name] = figures
        for name in names:
            for row, why in values[llvm, name, "build"]["left_out"].items():
                found["left_out"][f"{row} ({llvm})"] = why
    found["main"] = f"LLVM {context.llvm}"
    return found


def tables(section):
    main = section["rows"].get(section["main"])
    if not main:
        return  # the plain program alone, or nothing that can be had here
    names = list(next(iter(main.values()))["each"])
    better = {c: "low" for c in ("time", "instructions", "text", "bytes/probe",
                                 "compile time", *names)}
    yield stage.Table(
        "costs", "Ratios to the plain program of the same compiler",
        ["scheme", "time", *names, "instructions", "text", "probes",
         "bytes/probe", "compile time"],
        [[name, r["time"], *(r["each"].get(n) for n in names),
          r["instructions"], r["text"], r["probes"], r["bytes"], r["compile"]]
         for name, r in main.items()],
        f"{section['main']}. Time is CPU time in interleaved rounds, its "
        "interval a bootstrap over rounds; instructions are callgrind's; text, "
        "and bytes of tables per probe, are the objects'. Means are geometric. "
        "“none again” shows what noise there is.", better)
    others = {k: v for k, v in section["rows"].items() if k != section["main"]}
    if others:
        every = {section["main"]: main, **others}
        shown = list(dict.fromkeys(n for r in others.values() for n in r))
        yield stage.Table(
            "costs-llvm", "The same with other LLVMs",
            ["scheme", *(f"{llvm}: {what}" for llvm in every
                         for what in ("time", "instructions"))],
            [[name, *(value for rows in every.values() for value in (
                (rows[name]["time"], rows[name]["instructions"])
                if name in rows else (None, None)))] for name in shown],
            f"{', '.join(VERSION_WORKLOADS)}; for {section['main']} all "
            "programs of the table above.")
