# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a whole execution costs: with its window, its process, and other threads.

Rows run in turn, round after round, so that drift hits all alike; a row is a ratio to
the same program without probes, by the same compiler.
"""
import functools
import os
import statistics
import subprocess
import threading
from dataclasses import replace

from paths import HERE
import programs
import ratios
import recording
import rows as row_table
import stage
import trials

NAME, TITLE = "execution", "What an execution costs"
TARGETS = True
THREADS = 4
INPUTS = 50  # of the corpus
BLIND = os.path.join(HERE, "schemes", "blind.toml")
LAUNCH = os.path.join(HERE, "mains", "launch.c")
SECONDS = 0.05  # of one measurement of the base, at least

_lock = threading.Lock()


def _base(context, row):
    """The row without probes that this one is a ratio to."""
    blind = row_table.read(BLIND, context.work, own=False)[0]
    plain = {r.name: r for r in context.rows}.get(row.base, blind)
    folder = "-".join(["blind", os.path.basename(plain.compiler), plain.opt])
    return replace(blind, runtime=blind.adapter, compiler=plain.compiler,
                   plain_compiler=plain.compiler, opt=plain.opt,
                   folder=folder.lower())


def _program(context, target, row, main):
    return programs.program(context, target, row,
                            os.path.join(recording.MAINS, main))


def _build(context, target, row):
    """The row's programs and its base's: before anything is timed. Each runs once,
    so that one that fails is left out by itself."""
    some = _inputs(context, target, INPUTS)
    for one in (_base(context, row), row):
        replay, timed = (_program(context, target, one, m)
                         for m in ("replay.c", "time.c"))
        _run(one, [replay, some, os.devnull])
        _run(one, [timed, "--threads", str(THREADS), some, "1"],
             "bare", "window")
    return {}


def _inputs(context, target, count):
    """A list of some inputs, spread over the corpus."""
    path = recording.corpus_list(context, target)
    with open(path, encoding="utf-8") as f:
        lines = f.readlines()
    some = f"{path}-{count}"
    with _lock:  # steps of several rows read it
        with open(some + ".part", "w", encoding="utf-8") as f:
            f.writelines(lines[::max(1, len(lines) // count)][:count])
        os.replace(some + ".part", some)
    return some


def _run(row, command, *wanted):
    """{first word: numbers} of the lines that a program prints."""
    done = recording.run(row, command)
    found = {}
    for words in map(str.split, done.stdout.splitlines()):
        if words and all(w.isdecimal() for w in words[1:]):
            found[words[0]] = [int(w) for w in words[1:]]
    if not set(wanted) <= set(found):  # it ran less than all of it
        raise stage.Lacking(f"{row.name}: {os.path.basename(command[0])}: the "
                            "harness ended the program")
    return found


class _Bench:
    """One target, all rows."""

    def __init__(self, context, target):
        self.context, self.target = context, target
        self.rows, self.base = {}, {}
        for row in recording.rows(context):
            try:
                _build(context, target, row)
            except stage.Lacking:
                continue  # said by the row's own step
            base = _base(context, row)
            self.rows[row.name], self.rows[base.folder] = row, base
            self.base[row.name] = base.folder
        self.many = _inputs(context, target, INPUTS)
        self.one = _inputs(context, target, 1)
        self.launch = os.path.join(context.work, "launch")
        subprocess.run([context.builder.compiler("clang"), "-O2", LAUNCH, "-o",
                        self.launch], check=True)

    def measure(self, row, passes, launches):
        """{way: ns of CPU time per execution}, also wall time and memory"""
        program = _program(self.context, self.target, row, "time.c")
        alone = _run(row, [program, self.many, str(passes)])
        crowd = _run(row, [program, "--threads", str(THREADS), self.many,
                           str(max(1, passes // 2))])
        replay = _program(self.context, self.target, row, "replay.c")
        process = _run(row, [self.launch, str(launches), replay, self.one,
                             os.devnull])
        return {"bare": alone["bare"][2] / alone["bare"][0],
                "window": alone["window"][2] / alone["window"][0],
                "threads": crowd["window"][2] / crowd["window"][0],
                "process": process["process"][2] / process["process"][0],
                "map": alone["map"][0], "peak": alone["peak"][0]}

    def passes(self):
        row = next(r for n, r in self.rows.items() if n not in self.base)
        program = _program(self.context, self.target, row, "time.c")
        _, wall, _ = _run(row, [program, self.many, "1"])["bare"]
        return max(2, int(SECONDS * 1e9 / max(wall, 1)))


def _time(context, target, rounds):
    bench = _Bench(context, target)
    if not bench.rows:
        raise stage.Lacking("no row can be built")
    passes = 2 if context.quick else bench.passes()
    times = {name: [] for name in bench.rows}
    for _ in range(rounds):
        for name, row in bench.rows.items():
            times[name].append(bench.measure(
                row, passes, 10 if context.quick else 40))
    return {"times": times, "base": bench.base}


def steps(context):
    some = context.targets[:1 if context.quick else 2]
    rows = recording.rows(context)
    rounds = 5 if context.quick else 9
    for target in some:
        for row in rows:
            yield stage.Step((target.name, row.name), 2, functools.partial(
                _build, context, target, row))
    for target in some:
        yield stage.Step((target.name, "timed"), .5 * rounds * len(rows),
                         functools.partial(_time, context, target, rounds),
                         alone=True)


def _figures(times, base):
    def each(some, way):
        return [t[way] for t in some]

    def against(way, of):
        return ratios.ratio(each(times, way), each(base, of))
    return {
        "bare": against("bare", "bare"), "window": against("window", "bare"),
        "threads": against("threads", "threads"),
        "process": against("process", "process"),
        "around": trials.median([t["window"] - t["bare"] for t in times]),
        "rate": 1e9 / statistics.median(each(times, "window")),
        "map": times[0]["map"],
        "peak": max(each(times, "peak")) - min(each(base, "peak"))}


def result(context, values):
    return {target: {name: _figures(value["times"][name],
                                    value["times"][base])
                     for name, base in value["base"].items()}
            for (target, what), value in values.items()
            if what == "timed" and not isinstance(value, stage.Lacking)}


def tables(section):
    for target, rows in section.items():
        yield stage.Table(
            f"execution-{target}", f"{target}: an execution",
            ["scheme", "bare", "window", "window, 4 threads", "process",
             "around, ns", "executions per CPU second", "map, bytes", "memory, KiB"],
            [[name, *(f[k] for k in (
                "bare", "window", "threads", "process")),
              f["around"], f["rate"], f["map"], f["peak"]]
             for name, f in rows.items()],
            "CPU time as a ratio to the same program without probes, by the same "
            "compiler; intervals by bootstrap over rounds. Bare: the harness "
            "alone, with what collects by thread (trace-pc, kcov8's device) "
            "turned off. Window: with reset and read-out, against bare; where PCs are "
            "read out, with the table that makes bytes of them. 4 "
            "threads: the same beside three threads that run other inputs, against "
            "the base in the same place. Process: a program from its exec to "
            "its end, for one input. Around: nanoseconds of reset and read-out, which "
            "is window less bare: none, where 0 is in the interval. Memory: "
            "the peak, less the base's.",
            {"bare": "low", "window": "low", "window, 4 threads": "low",
             "process": "low", "around, ns": "low", "executions per CPU second": "high",
             "map, bytes": "low", "memory, KiB": "low"})
