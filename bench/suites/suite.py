# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A suite that is built three ways, and what its description says."""
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time

WAYS = ("plain", "kcov8", "llvm")


class Suite:
    """run, images, one: by way. lines, patch, sources: what is asked."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            facts = json.load(f)
        self.name = facts["name"]
        self.run = facts["run"]
        self.images = facts["images"]
        self.one = facts["one"]
        self.lines = facts["lines"]
        self.patch = facts["patch"]
        self.sources = facts["sources"]
        self.top = facts["top"]
        missing = [w for w in WAYS if w not in self.run]
        if missing:
            raise SystemExit(f"bench: {path}: run: no {', '.join(missing)}")


def timed(command, extra):
    """(wall, CPU) seconds of a shell command with all its children."""
    def cpu():
        r = resource.getrusage(resource.RUSAGE_CHILDREN)
        return r.ru_utime + r.ru_stime
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("KCOV8_OUT", "KCOV8_INDEX")}
    wall, used = time.perf_counter(), cpu()
    done = subprocess.run(["bash", "-c", command], env={**environment, **extra},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {command}: exit {done.returncode}\n"
                         + done.stdout[-2000:])
    return time.perf_counter() - wall, cpu() - used


class Rounds:
    """Interleaved runs; index and profiles of the last one are kept."""

    def __init__(self, suite, into):
        self.suite = suite
        self.index = os.path.join(into, suite.name + ".index")
        self.profiles = os.path.join(into, suite.name + ".profiles")
        self.times = {way: [] for way in WAYS}

    def fresh(self):
        for name in os.listdir(os.path.dirname(self.index)):
            if name.startswith(os.path.basename(self.index)):
                remove(os.path.join(os.path.dirname(self.index), name))
        remove(self.profiles)
        os.makedirs(self.profiles)

    def go(self):
        self.fresh()
        for way in WAYS:
            extra = {"plain": {}, "kcov8": {"KCOV8_INDEX": self.index},
                     "llvm": {"PROFILES": self.profiles}}[way]
            self.times[way].append(timed(self.suite.run[way], extra))


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


def instructions(command, extra):
    """(all, {function: inclusive}) of a process, by Callgrind. Of files with
    debug info Valgrind before 3.20 cannot read what clang 14 writes."""
    with tempfile.TemporaryDirectory() as into:
        out = os.path.join(into, "out")
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("KCOV8_")}
        subprocess.run(
            ["bash", "-c", "exec valgrind --tool=callgrind "
             f"--callgrind-out-file={out} {command}"],
            env={**environment, **extra}, check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        text = subprocess.run(
            ["callgrind_annotate", "--inclusive=yes", "--threshold=100", out],
            check=True, text=True, stdout=subprocess.PIPE).stdout
    functions = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0].replace(",", "").isdigit():
            name = line.split(":", 1)[-1].split(" [")[0].strip()
            functions.setdefault(name, int(words[0].replace(",", "")))
            if "PROGRAM TOTALS" in line:
                functions["all"] = int(words[0].replace(",", ""))
    return functions
