# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a workload as a row says; sizes and CPU time of the compiler."""
import concurrent.futures
import hashlib
import json
import os
import re
import resource
import subprocess
import sys

import elf
import rows as row_table
from workloads import HERE


class Builder:
    def __init__(self, into, lib, llvm, jobs, reuse):
        self.into, self.lib, self.clang = into, lib, f"clang-{llvm}"
        self.jobs, self.reuse = jobs, reuse

    def folder(self, workload, row):
        name = re.sub(r"[^a-z0-9]+", "-", row.program())
        return os.path.join(self.into, "obj", workload.name, name)

    def program(self, workload, row):
        return os.path.join(self.folder(workload, row), workload.name)

    def _run(self, command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bench: failed: {' '.join(command)}\n{done.stderr}")

    def _compile(self, source, flags, obj):
        self._run([self.clang, "-O2", *flags, "-c", source, "-o", obj])

    def _probe_flags(self, workload, row):
        flags = list(row.flags)
        if row.options:
            options = list(row.options)
            if workload.filter_task_main:
                options.append("filter=!fun:task_main")
            flags += row_table.kcov8_flags(self.lib, options)
        elif flags and workload.filter_task_main:
            path = os.path.join(HERE, "drivers", "ukernel.ignore")
            flags.append(f"-fsanitize-coverage-ignorelist={path}")
        return flags

    def _instrumented(self, workload, row, folder):
        flags = workload.flags + self._probe_flags(workload, row)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        objects = []
        for source in workload.sources:
            obj = os.path.join(folder, os.path.basename(source) + ".o")
            self._compile(source, flags, obj)
            objects.append(obj)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        return objects, spent

    def _link(self, workload, row, folder, objects):
        plain = list(workload.plain)
        if row.runtime:
            plain.append(os.path.join(HERE, "runtime", row.runtime))
        for source in plain:
            obj = os.path.join(folder, "plain-" + os.path.basename(source) +
                               ".o")
            drivers = f"-I{HERE}/drivers"
            self._compile(source, workload.flags + [drivers], obj)
            objects = objects + [obj]
        archive = os.path.join(self.lib, "libkcov8.a")
        self._run([self.clang, "-o", self.program(workload, row), *objects,
                   archive, *workload.libs, "-lpthread"])

    def _key(self, workload, row):
        files = workload.sources + workload.plain + [
            os.path.join(self.lib, n) for n in ("kcov8-pass.so", "libkcov8.a")]
        if row.runtime:
            files.append(os.path.join(HERE, "runtime", row.runtime))
        key = hashlib.sha256(repr((self.clang, workload.flags, workload.libs,
                                   self._probe_flags(workload, row))).encode())
        for path in files:
            with open(path, "rb") as f:
                key.update(f.read())
        return key.hexdigest()

    def build(self, workload, row):
        """Sizes, and user seconds of the compilation."""
        folder = self.folder(workload, row)
        os.makedirs(folder, exist_ok=True)
        stamp = os.path.join(folder, "built.json")
        key = self._key(workload, row)
        if self.reuse and os.path.exists(stamp):
            with open(stamp) as f:
                built = json.load(f)
            if built["key"] == key:
                return built
        objects, spent = self._instrumented(workload, row, folder)
        total = {"text": 0, "tables": 0, "probes": 0}
        for obj in objects:
            for name, value in elf.sizes(obj).items():
                total[name] += value
        self._link(workload, row, folder, objects)
        built = {"key": key, "compile": [spent], **total}
        with open(stamp, "w") as f:
            json.dump(built, f)
        return built

    def compile_again(self, workload, row, built):
        folder = os.path.join(self.folder(workload, row), "again")
        os.makedirs(folder, exist_ok=True)
        built["compile"].append(self._instrumented(workload, row, folder)[1])
        with open(os.path.join(self.folder(workload, row), "built.json"),
                  "w") as f:
            json.dump(built, f)


def _worker(builder, workload, row):
    return builder.build(workload, row)


def _again(builder, workload, row, built):
    builder.compile_again(workload, row, built)
    return built


def build_all(builder, workloads, rows, rounds, say):
    """{workload: {row: built}}; rows in turn, so that drift hits all alike."""
    programs = list({row.program(): row for row in rows[::-1]}.values())[::-1]
    result = {w.name: {} for w in workloads}
    # Processes: the compiler's CPU time is counted per process.
    with concurrent.futures.ProcessPoolExecutor(builder.jobs) as pool:
        for workload in workloads:
            say(f"{workload.name}: compiling {len(programs)} times")
            built = pool.map(_worker, [builder] * len(programs),
                             [workload] * len(programs), programs)
            result[workload.name] = {r.program(): b
                                     for r, b in zip(programs, built)}
        for number in range(1, rounds):
            say(f"compile time, round {number + 1} of {rounds}")
            jobs = [(w, r) for w in workloads for r in programs
                    if r.compile_rounds and
                    len(result[w.name][r.program()]["compile"]) <= number]
            futures = [(w, r, pool.submit(_again, builder, w, r,
                                          result[w.name][r.program()]))
                       for w, r in jobs]
            for w, r, future in futures:
                result[w.name][r.program()] = future.result()
    return {name: {row.name: built[row.program()] for row in rows}
            for name, built in result.items()}
