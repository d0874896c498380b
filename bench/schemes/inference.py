# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Soundness of pruning: what schemes conclude of blocks without a probe.

The same optimised code for all: a program with every probe (no-prune) says what
ran in each window, kcov8-study.so where each scheme has its probes and what it
concludes from them.
"""
import functools
import os

import closure
import cut
import recording
import stage
import studied
import wrong

NAME, TITLE = "inference", "Soundness of pruning"
TARGETS = True
EARLY = ", before the optimiser"
LIBRARIES = {"bzip2": 8, "duktape": 30, "sqlite": 45}  # seconds
COLUMNS = ("sancov", "sancov-dominators", "sancov-both", "bci", "flag",
           "flush-in")


def _targets(context):
    """Of the oldest LLVM here that has what it takes."""
    reason = "no kcov8-study.so: it is of LLVM 19 and later"
    for llvm, build in sorted(context.builds.items()):
        builder = studied.Builder(os.path.join(build, "lib"), llvm)
        lacking = builder.lacking()
        if not lacking:
            return cut.Targets(builder, os.path.join(build, "bin", "kcov8"),
                               os.path.join(context.work, NAME),
                               context.sources, context.say)
        reason = lacking if llvm >= 19 else reason
    raise stage.Lacking(reason)


def _library(context, name, early):
    return _targets(context).library(name, early)


def _inputs(context, target):
    return _targets(context).inputs(target,
                                    recording.corpus_list(context, target))


def _ukernel(context, attribution):
    return _targets(context).ukernel(attribution, 150)


def _linux(context):
    targets = _targets(context)
    folder = os.path.join(targets.into, "linux")
    if not os.path.exists(os.path.join(folder, "calls")):
        raise stage.Lacking(
            "takes a kernel build: bench/schemes/linux-study BUILD OUT, and again")
    return targets.linux(folder)


def _small(context):
    targets = _targets(context)
    return {name: wrong.judge(targets.builder, name, os.path.join(
        targets.into, "wrong")) for name in wrong.names()}


def steps(context):
    yield stage.Step(("small programs",), 8, functools.partial(_small, context))
    for name, weight in LIBRARIES.items():
        if name not in context.workloads:
            continue
        yield stage.Step((name,), weight, functools.partial(
            _library, context, name, False))
        if not context.quick:
            yield stage.Step((name + EARLY,), weight, functools.partial(
                _library, context, name, True))
    for target in context.targets:
        if target.name not in LIBRARIES:
            yield stage.Step((target.name,), 15, functools.partial(
                _inputs, context, target))
    if context.quick or "ukernel" not in context.workloads:
        return
    for attribution in ("process", "task"):
        yield stage.Step(("ukernel, attribution " + attribution,), 20,
                         functools.partial(_ukernel, context, attribution))
    yield stage.Step(("Linux",), 5, functools.partial(_linux, context))


def result(context, values):
    found = {key[0]: value for key, value in values.items()
             if not isinstance(value, stage.Lacking)}
    return {"small": found.pop("small programs", {}), "targets": found}


def _probes(targets):
    rows = []
    for name, of in targets.items():
        rows.append([name, of["blocks"], *(
            of["probes"][s] / of["blocks"] if s in of["probes"] else None
            for s in ("sancov", "bci", "flag", "counter", "flush-in")), ", ".join(
                f"{n} {why}" for why, n in of["gave_up"].items())])
    return stage.Table(
        "inference-probes", "Probes that each rule keeps, a share of the blocks",
        ["program", "blocks", "sancov", "BlockCoverageInference", "kcov8 flag",
         "kcov8 counter", "kcov8 flag, flush-in", "BCI keeps all of"], rows,
        "The same blocks of the same code. sancov: the rule of bb, pruned. The last "
        "column: functions of which BlockCoverageInference leaves out no probe. "
        "flush-in: where it applies, in kernels.")


def _wrong(targets):
    rows = []
    for name, of in targets.items():
        for kind, found in of["kinds"].items():
            cells = []
            for scheme in COLUMNS:
                count = found["schemes"].get(scheme)
                if scheme != "sancov":
                    cells.append(count and count["false"])
                cells.append(count and count["missed"])
                if scheme == "bci":
                    cells.append(count and count["windows"])
            rows.append([name, kind, found["windows"], found["pairs"], *cells,
                         found.get("built differs")])
    names = [closure.SCHEMES[s] for s in COLUMNS]
    return stage.Table(
        "inference", "Pairs of a window and a block that are reported wrongly",
        ["program", "windows", "n", "pairs that ran", f"{names[0]}: missed", *(
            f"{n}: {what}" for n in names[1:] for what in
            ("false", "missed", "windows")[:3 if n == names[3] else 2]),
         "windows of a pruned build that differ"], rows,
        "False: reported, and did not run in the window. Missed: ran, and is not "
        "reported. sancov reports blocks with a probe alone; dominators are added "
        "as tools do that have the graph. Windows: in which something of it is "
        "wrong. The last column: kcov8's own build with "
        "prune, run the same way.")


def _programs(small):
    rows = []
    for name, found in small.items():
        for number, window in enumerate(found["windows"], 1):
            cells = []
            for scheme in COLUMNS:
                said = window.get(scheme, {"false": [], "missed": []})
                cells.append("; ".join(
                    f"{k} {wrong.lines_of(v)}" for k, v in said.items() if v))
            rows.append([found["about"], number, wrong.lines_of(window["ran"]),
                         *cells])
    return stage.Table(
        "inference-programs", "A small program for each way in which it goes wrong",
        ["bench/schemes/wrong", "window", "lines that ran",
         *(closure.SCHEMES[s] for s in COLUMNS)], rows,
        "Blocks by the line they begin on; empty: nothing is wrong.")


def tables(section):
    return [_probes(section["targets"]), _wrong(section["targets"]),
            _programs(section["small"])]
