# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Single trials of the fuzzers, in a folder with build/ and a target."""
import os
from argparse import Namespace

import choice
import common
import context as contexts
import fuzz
import targets

WORK = os.path.abspath("o/work")


class Trials:
    """Of one engine, with the target of a file."""

    def __init__(self, engine, file, rows):
        args = Namespace(row=rows, quick=True, target=[], target_file=[file])
        self.engine = fuzz.ENGINES[engine]
        self.target = targets.read(file, os.path.abspath("build/bench/schemes"))
        llvm = common.llvm("build")
        self.context = contexts.make("o", {llvm: "build"}, llvm, (
            True, [self.target], {}, choice.rows(choice.known([], WORK), args)),
            "", 2, print)
        self.rows = {r.name: r for r in self.context.adapted()}

    def one(self, row, seed, runs, background=()):
        """What became of it, and its corpus."""
        path = fuzz.program(self.context, self.target, self.rows[row],
                            self.engine)
        folder = os.path.join(WORK, "one")
        value = fuzz._fuzz(self.engine, path, self.rows[row], self.target,
                           seed, runs, background, folder)
        corpus = []
        for name in fuzz.found(self.engine, folder, ".3"):
            with open(name, "rb") as f:
                corpus.append(f.read())
        return value, corpus


def slow():
    """A target beside whose executions a second thread has time."""
    with open("tiny.toml", encoding="utf-8") as f:
        text = f.read()
    with open("slow.toml", "w", encoding="utf-8") as f:
        f.write(text.replace("harness.c", "slow.c").replace('"tiny"', '"slow"',
                                                            1))
    return "slow.toml"
