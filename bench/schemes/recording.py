# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files of what each row saw of each input of a target's corpus, in work/information.

Made when they are missing, or when what they are made of has changed.
"""
import os
import signal
import subprocess
import threading
from collections import defaultdict
from dataclasses import replace

from paths import HERE
import corpus
import inputs
import programs
import rows as row_table
import stage

MAINS = os.path.join(HERE, "mains")
TRUTH = os.path.join(HERE, "truth", "truth.toml")
REPEATS = 3
THREADS = 3  # the one that is looked at, and two beside it
LIMIT = 600  # seconds

_locks = defaultdict(threading.Lock)


def truths(context):
    """{name: Row} of what schemes are compared with."""
    return {r.name: replace(r, runtime=r.adapter,
                            folder=r.name.replace(" ", "-"))
            for r in row_table.read(TRUTH, context.work, own=False)}


def rows(context):
    """Rows that see something, one of each recipe."""
    found = {}
    for row in context.adapted():
        if row.flags or row.kcov8 or row.compile_env:
            found.setdefault((row.recipe(), row.adapter), row)
    return list(found.values())


def _folder(context, target):
    path = os.path.join(context.work, "information",
                        target.name.replace(" ", "-"))
    os.makedirs(path, exist_ok=True)
    return path


def inputs_of(context, target):
    """The corpus, and of each input the number of its parent."""
    seeds = []
    for path in target.seeds:
        with open(path, "rb") as f:
            seeds.append(f.read(target.max_len))
    return corpus.make(seeds, 120 if context.quick else 500, target.max_len)


def corpus_list(context, target):
    """Path of the list of a target's inputs."""
    folder = _folder(context, target)
    with _locks[folder]:
        made, _ = inputs_of(context, target)
        digest = corpus.digest(made)
        path = os.path.join(folder, "corpus-" + digest)
        if not os.path.exists(os.path.join(path, "list")):
            corpus.write(made, path)
    return os.path.join(path, "list")


def run(row, command):
    """One of mains/, which ended well."""
    what = f"{row.name}: {os.path.basename(command[0])}"
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              errors="replace", timeout=LIMIT,
                              env=programs.environment(row))
    except subprocess.TimeoutExpired:
        raise stage.Lacking(f"{what} took more than {LIMIT} s")
    if done.returncode:
        code = done.returncode
        raise stage.Lacking(
            f"{what} ended with {code if code > 0 else signal.Signals(-code).name}"
            f": {done.stderr.strip()[-300:]}".removesuffix(": "))
    return done


def _replay(row, program, words, out):
    run(row, [program, *words, out + ".part"])
    os.replace(out + ".part", out)


def record(context, target, row, threads=1, repeats=REPEATS):
    """Path of what replay writes; with a truth, beside it, .more."""
    program = programs.program(context, target, row,
                               os.path.join(MAINS, "replay.c"))
    inputs_list = corpus_list(context, target)
    out = os.path.join(_folder(context, target),
                       f"{row.folder}-{threads}x{repeats}")
    words = ["--threads", str(threads), "--repeat", str(repeats)]
    if row.file == TRUTH:
        words += ["--more", out + ".more"]
    with _locks[out]:
        stamp = inputs.Stamp(out, inputs.digest_of((words, inputs_list)))
        if not stamp.valid():
            _replay(row, program, [*words, inputs_list], out)
            stamp.write([program])
    return out
