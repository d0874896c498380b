# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds a target as a row says, with the row's adapter and one of mains/.

Objects are shared by all mains, and kept while what they are made of is the same.
"""
import os
import subprocess
import threading
from collections import defaultdict

from paths import HERE  # and where bench/probe is
import inputs
import stage

FLAGS = ["-std=gnu11", "-I" + os.path.join(HERE, "adapters"),
         "-I" + os.path.join(HERE, "..", "..", "include")]

_locks = defaultdict(threading.Lock)  # by folder


def _run(command, folder, row, environment):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          errors="replace", env=environment)
    if done.returncode:
        raise stage.Lacking(f"{row.name}: {' '.join(command[:2])} ... failed: "
                            f"{(done.stdout + done.stderr).strip()[-600:]}")


def program(context, target, row, main, more=(), link=()):
    """Path of the program. ROW is one of context.adapted(). MORE: C sources that
    are compiled as the main is; LINK: words at the end of the link line.

    Raises stage.Lacking if the row cannot be had here, or does not build.
    """
    context.check(row)
    builder = context.builder
    folder = builder.folder(target, row)
    with _locks[folder]:
        os.makedirs(folder, exist_ok=True)
        builder.write_lists(target)
        stamps = builder.instrumented(target, row)
        stamps += builder.plain(row, target.flags, target.plain, folder)
        stamps += builder.plain(row, FLAGS, [*row.runtime, main, *more],
                                folder)
        out = os.path.join(folder, os.path.splitext(os.path.basename(
            main))[0])
        words = [*row.link, *builder.library(row), *target.link, *link,
                 "-lpthread"]
        command = [builder.compiler(row.compiler), "-o", out,
                   *(s.made for s in stamps), *words]
        stamp = inputs.Stamp(out, inputs.digest_of(command))
        if not stamp.valid():
            _run(command, folder, row, builder.environment(row))
            stamp.write([s.made for s in stamps] + inputs.named_files(words))
    return out


def environment(row, **more):
    """Of a run of the row's program."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("BENCH_", "KCOV8_"))}
    return {**env, **row.env, "LLVM_PROFILE_FILE": os.devnull, **more}
