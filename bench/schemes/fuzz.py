# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""End to end: what one fuzzer finds with each scheme's feedback."""
import dataclasses
import functools
import itertools
import json
import os
import re
import shutil
import subprocess
import threading

from paths import HERE  # and where bench/probe is
import build
import rows as row_table
import engine
import fuzz_tables
import programs
import stage

NAME, TITLE = "fuzz", "End to end: what a fuzzer finds"
TARGETS = True
MAIN = os.path.join(HERE, "mains", "fuzz.c")
TRUTH = row_table.Row(
    name="truth", about="each block has a counter of its own",
    kcov8=("probe=counter", "no-prune"), plain_compiler="clang",
    runtime=(os.path.join(HERE, "adapters", "kcov8.c"),), folder="truth")
BASELINE = "8bit edge"  # libFuzzer's own
TRIALS, QUICK_TRIALS = 10, 3
# Executions of a trial: with them all of it takes a quarter of an hour.
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


def program(context, target, row):
    """Built once by this process."""
    with _lock:
        lock, found = _programs.setdefault(
            (context.work, target.name, row.folder), (threading.Lock(), []))
    with lock:
        if not found:
            try:
                found.append(programs.program(
                    context, target, row, MAIN,
                    link=[engine.library(context), *engine.LINK]))
            except SystemExit as e:  # a compiler that refuses a source
                raise stage.Lacking(build.reason(str(e)))
    return found[0]


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


def _files(folder):
    return [os.path.join(folder, n) for n in sorted(os.listdir(folder))]


def _fuzz(path, row, target, seed, runs, background, folder):
    """Executions up to each bug; the corpus is in FOLDER/corpus."""
    corpus = os.path.join(folder, "corpus")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(corpus)
    given = os.path.join(folder, "seeds")
    with open(given, "w", encoding="utf-8") as f:
        f.write(",".join(target.seeds))
    names = _write_lines(os.path.join(folder, "background"),
                         background) if background else "-"
    result = os.path.join(folder, "result.json")
    is_blind = not (row.flags or row.kcov8 or row.compile_env)
    more = [f"-runs={runs}", f"-seed={seed}", f"-max_len={target.max_len}",
            f"-seed_inputs=@{given}", f"-artifact_prefix={folder}/"]
    if target.dictionary:
        more.append(f"-dict={target.dictionary}")
    done = subprocess.run(
        [path, result, corpus, str(runs),
         str(len(target.seeds) if is_blind else 0), names, *engine.ARGUMENTS,
         *more, corpus], capture_output=True, text=True, errors="replace",
        cwd=folder, env=programs.environment(row))
    if done.returncode or not os.path.exists(result):
        raise stage.Lacking(f"the fuzzer stopped ({done.returncode}): "
                            f"{done.stderr.strip()[-300:]}")
    with open(result, encoding="utf-8") as f:
        value = json.load(f)
    value["features"] = int(re.findall(r" ft: (\d+)", done.stderr)[-1])
    return value


def trial(context, target, row, seed, runs, background=()):
    """One run of the fuzzer; what its corpus reaches, in truth."""
    path, truth = (program(context, target, r) for r in (row, TRUTH))
    folder = os.path.join(context.work, "fuzz", target.name, row.folder,
                          f"{runs}-{seed}{'-thread' if background else ''}")
    value = _fuzz(path, row, target, seed, runs, background, folder)
    found = [_files(os.path.join(folder, "corpus" + end))
             for end in (".1", ".2", "")]
    value["coverage"] = [_replay(truth, TRUTH, target.seeds + names,
                                 folder)["hit"] for names in found]
    value["corpus"] = len(found[-1])
    value["again"] = _replay(path, row, target.seeds + found[-1],
                             folder)["features"]
    shutil.rmtree(folder)
    return value


def _targets(context):
    """Those with bugs, and the user's own."""
    return [t for t in context.targets if t.bugs or
            os.path.dirname(t.file) != os.path.join(HERE, "targets")]


def steps(context):
    runs = QUICK_RUNS if context.quick else RUNS
    trials = QUICK_TRIALS if context.quick else TRIALS
    rows = context.adapted()
    names = {r.name for r in rows}
    for target in _targets(context):
        for row in (r for r in rows if SAME.get(r.name) not in names):
            for seed in range(1, trials + 1):
                yield stage.Step(
                    (target.name, row.name, str(seed)), .3 + runs / 40000,
                    functools.partial(trial, context, target, row, seed, runs))
    if context.quick:
        return
    yield from _thread_steps(context, [r for r in rows
                                       if r.name in THREAD_ROWS], trials)


def _thread_steps(context, rows, trials):
    """The second thread has every other of the inputs, the fuzzer the rest."""
    for target in _targets(context)[:THREAD_TARGETS]:
        background = target.seeds[1::2][:BACKGROUND]
        halved = dataclasses.replace(target, seeds=target.seeds[::2])
        for row, (name, inputs), seed in itertools.product(
                rows, (("alone", ()), ("beside", background)),
                range(1, trials + 1)):
            yield stage.Step(
                ("thread", target.name, row.name, name, str(seed)), 1.5,
                functools.partial(trial, context, halved, row, seed,
                                  THREAD_RUNS, inputs), alone=bool(inputs))


def result(context, values):
    """{"trials": {target: {row: [trial]}}, "threads": ...}"""
    found, threads = {}, {}
    for key, value in values.items():
        if isinstance(value, stage.Lacking):
            continue
        if key[0] == "thread":
            _, target, row, threaded, _ = key
            threads.setdefault(target, {}).setdefault(
                row, {}).setdefault(threaded, []).append(value)
        else:
            found.setdefault(key[0], {}).setdefault(key[1], []).append(value)
    return {"trials": found, "threads": threads, "quick": context.quick,
            "runs": QUICK_RUNS if context.quick else RUNS,
            "bugs": {t.name: t.bugs for t in _targets(context)}}


def tables(section):
    return fuzz_tables.all_tables(section, BASELINE)
