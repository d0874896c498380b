# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""End to end: what a fuzzer finds with each scheme's feedback."""
import dataclasses
import functools
import itertools
import json
import os
import shutil
import subprocess
import threading

from paths import HERE  # and where bench/probe is
import build
import rows as row_table
import afl
import fuzz_tables
import libfuzzer
import programs
import stage

NAME, TITLE = "fuzz", "End to end: what a fuzzer finds"
TARGETS = True
ENGINES = {e.NAME: e for e in (libfuzzer, afl)}
COMMANDS = (afl.COMMAND,)  # beside the compilers
MAIN = os.path.join(HERE, "mains", "fuzz.c")
TRUTH = row_table.Row(
    name="truth", about="each block has a counter of its own",
    kcov8=("probe=counter", "no-prune"), plain_compiler="clang",
    runtime=(os.path.join(HERE, "adapters", "kcov8.c"),), folder="truth")
# libFuzzer's own, and of what every LLVM has the one nearest to AFL++'s own:
# counts of edges.
BASELINE = "8bit edge"
TRIALS, QUICK_TRIALS = 10, 3
# Executions of a trial: with them all of it takes twenty minutes and more.
RUNS, QUICK_RUNS, THREAD_RUNS = 30000, 3000, 20000
# Rows that tell one thread what another row tells, which is there, too.
SAME = {"gcc trace-pc": "trace-pc on", "kcov8 flag task": "kcov8 flag",
        "kcov8 flag, device": "kcov8 flag prune, device",
        "kcov8 counter task order": "kcov8 counter"}
# That see all threads together, and those that see one.
THREAD_ROWS = ("8bit edge", "kcov8 flag", "kcov8 flag task", "trace-pc on")
THREAD_TARGETS = 2
BACKGROUND = 8  # inputs of the second thread, at most

_programs, _lock = {}, threading.Lock()


def program(context, target, row, engine):
    """Built once by this process."""
    with _lock:
        lock, made = _programs.setdefault(
            (context.work, target.name, row.folder, engine.NAME),
            (threading.Lock(), []))
    with lock:
        if not made:
            try:
                made.append(programs.program(
                    context, target, row, engine.SOURCE, [MAIN],
                    engine.link(context)))
            except SystemExit as e:  # a compiler that refuses a source
                raise stage.Lacking(build.reason(str(e)))
    return made[0]


def _write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(line + "\n" for line in lines)
    return path


def _replay(path, row, names, folder):
    """What the inputs NAMES reach in a program."""
    listed = _write_lines(os.path.join(folder, "list"), names)
    done = subprocess.run([path, "--replay", listed], capture_output=True,
                          text=True, env=programs.environment(row))
    if done.returncode:
        raise stage.Lacking(f"replay failed: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def _fuzz(engine, path, row, target, seed, runs, background, folder):
    """What became of a trial; corpora are in engine.CORPUS of FOLDER, with .1,
    .2 and .3 at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    result = os.path.join(folder, "result.json")
    is_blind = not (row.flags or row.kcov8 or row.compile_env)
    lists = [_write_lines(os.path.join(folder, name), some) if some else "-"
             for name, some in (("seeds", target.seeds if is_blind else ()),
                                ("background", background))]
    own = engine.run(path, [result, os.path.join(folder, engine.CORPUS),
                            str(runs), *lists], target, seed, folder,
                     programs.environment(row))
    with open(result, encoding="utf-8") as f:
        return {**json.load(f), **own}


def found(engine, folder, end):
    """Files of a corpus, but for those that the fuzzer was given."""
    corpus = os.path.join(folder, engine.CORPUS + end)
    return [os.path.join(corpus, n) for n in sorted(os.listdir(corpus))
            if engine.is_found(n)]


def trial(context, engine, target, row, seed, runs, background=()):
    """One run of the fuzzer; what its corpus reaches, in truth."""
    path, truth = (program(context, target, r, engine) for r in (row, TRUTH))
    folder = os.path.join(
        context.work, engine.TABLE, target.name, row.folder,
        f"{runs}-{seed}{'-thread' if background else ''}")
    value = _fuzz(engine, path, row, target, seed, runs, background, folder)
    parts = [found(engine, folder, end) for end in (".1", ".2", ".3")]
    value["coverage"] = [_replay(truth, TRUTH, target.seeds + names,
                                 folder)["hit"] for names in parts]
    value["corpus"] = len(parts[-1])
    if "features" in value:
        value["again"] = _replay(path, row, target.seeds + parts[-1],
                                 folder)["features"]
    shutil.rmtree(folder)
    return value


def _targets(context):
    """Those with bugs, and the user's own."""
    return [t for t in context.targets if t.bugs or
            os.path.dirname(t.file) != os.path.join(HERE, "targets")]


def _lacks(reason):
    raise stage.Lacking(reason)


def steps(context):
    for engine in ENGINES.values():
        reason = engine.lacking()
        if reason:
            yield stage.Step((engine.NAME,), .1, functools.partial(_lacks,
                                                                   reason))
        else:
            yield from _steps_of(context, engine)


def _steps_of(context, engine):
    runs = QUICK_RUNS if context.quick else RUNS
    trials = QUICK_TRIALS if context.quick else TRIALS
    rows = context.adapted()
    names = {r.name for r in rows}
    for target, row, seed in itertools.product(
            _targets(context), (r for r in rows
                                if SAME.get(r.name) not in names),
            range(1, trials + 1)):
        yield stage.Step(
            (engine.NAME, target.name, row.name, str(seed)),
            engine.seconds(runs), functools.partial(
                trial, context, engine, target, row, seed, runs))
    if not context.quick:
        yield from _thread_steps(context, engine, [
            r for r in rows if r.name in THREAD_ROWS], trials)


def _thread_steps(context, engine, rows, trials):
    """The second thread has every other of the inputs, the fuzzer the rest."""
    for target in _targets(context)[:THREAD_TARGETS]:
        background = target.seeds[1::2][:BACKGROUND]
        halved = dataclasses.replace(target, seeds=target.seeds[::2])
        for row, (name, inputs), seed in itertools.product(
                rows, (("alone", ()), ("beside", background)),
                range(1, trials + 1)):
            yield stage.Step(
                (engine.NAME, target.name, row.name, name, str(seed)),
                engine.seconds(THREAD_RUNS) * 2, functools.partial(
                    trial, context, engine, halved, row, seed, THREAD_RUNS,
                    inputs), alone=bool(inputs))


def result(context, values):
    """{"engines": {name: {"trials": {target: {row: [trial]}}, "threads": ...}}}"""
    engines = {name: {"trials": {}, "threads": {}} for name in ENGINES}
    for key, value in values.items():
        if isinstance(value, stage.Lacking):
            continue
        engine, target, row, *threaded, _ = key
        if threaded:
            engines[engine]["threads"].setdefault(target, {}).setdefault(
                row, {}).setdefault(threaded[0], []).append(value)
        else:
            engines[engine]["trials"].setdefault(target, {}).setdefault(
                row, []).append(value)
    return {"engines": engines, "quick": context.quick,
            "runs": QUICK_RUNS if context.quick else RUNS,
            "bugs": {t.name: t.bugs for t in _targets(context)}}


def tables(section):
    made = []
    for name, of in section["engines"].items():
        made += fuzz_tables.all_tables({**section, **of}, BASELINE, name,
                                       ENGINES[name].TABLE)
    return made
