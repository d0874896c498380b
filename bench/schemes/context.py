# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What all stages of one run share."""
import os
import re
import threading
from dataclasses import dataclass, field, replace

from paths import TOP
import build
import stage

_lock = threading.Lock()


@dataclass
class Context:
    out: str  # folder of the results
    build: str  # of kcov8
    llvm: int
    quick: bool
    targets: list
    workloads: dict  # {name: file}, of bench/probe's form, for the costs
    rows: list  # those that were asked for
    sources: str = ""  # folder of what was fetched
    builds: dict = field(default_factory=dict)  # {llvm: its folder of kcov8}
    builder: build.Builder = None
    say: object = None
    lacking: dict = field(default_factory=dict)  # {row: reason}
    top: str = TOP  # kcov8's sources

    @property
    def work(self):
        """Programs and inputs: kept, made again if what they are of changed."""
        return os.path.join(self.out, "work")

    def adapted(self):
        """Rows with an adapter, which takes the place of their runtime."""
        return [replace(r, runtime=r.adapter,
                        folder=re.sub(r"[^a-z0-9]+", "-", r.name.lower()))
                for r in self.rows if r.adapter]

    def compilers(self):
        """Commands of all rows."""
        return sorted({self.builder.compiler(r.compiler) for r in self.rows})

    def check(self, row):
        """Raise Lacking if a row's compiler or flags are not to be had here."""
        with _lock:
            if row.name not in self.lacking:
                said = self.builder.lacking(row)
                self.lacking[row.name] = build.reason(said) if said else ""
        if self.lacking[row.name]:
            raise stage.Lacking(self.lacking[row.name])


def make(out, builds, llvm, chosen, sources, jobs, say):
    """CHOSEN: (quick, targets, workloads, rows)."""
    builds = {n: os.path.abspath(b) for n, b in builds.items()}
    context = Context(os.path.abspath(out), builds[llvm], llvm, *chosen,
                      sources=sources, builds=builds, say=say)
    os.makedirs(context.work, exist_ok=True)
    context.builder = build.Builder(context.work, os.path.join(
        context.build, "lib"), llvm, jobs, reuse=True)
    return context
