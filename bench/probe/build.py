# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a workload as a row says; sizes and CPU time of the compiler."""
import collections
import concurrent.futures
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys

import elf
import inputs
import rows as row_table
from files import TOP
from workloads import DRIVERS

RUNTIME_FLAGS = ["-I" + os.path.join(TOP, *folder) for folder in (
    ("bench", "probe", "runtime"),  # seen.h
    ("bench", "schemes", "adapters"), ("include",))]


def _children():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


class Builder:
    def __init__(self, into, lib, llvm, jobs, reuse):
        self.into, self.lib, self.llvm = into, lib, llvm
        self.jobs, self.reuse = jobs, reuse

    def folder(self, workload, row):
        return os.path.join(self.into, "obj", workload.name, row.folder)

    def program(self, workload, row):
        folder = self.folder(workload, row)
        if workload.build:
            return os.path.join(folder, "tree", workload.program)
        return os.path.join(folder, workload.name.replace(" ", "-"))

    def compiler(self, name):
        return f"clang-{self.llvm}" if name == "clang" else name

    def environment(self, row):
        clang = shutil.which(self.compiler("clang")) or ""
        return {**os.environ, **{n: v.replace("{clang}", clang)
                                 for n, v in row.compile_env.items()}}

    def _run(self, command, row, folder, **more):
        done = subprocess.run(command, capture_output=True, text=True,
                              cwd=folder, env=self.environment(row), **more)
        if done.returncode:
            sys.exit(f"bench: {row.name}: failed: {shlex.join(command)}\n"
                     f"{done.stdout}{done.stderr}")

    def probe_flags(self, workload, row):
        flags, out = list(row.flags), workload.leave_out if workload else []
        if row.kcov8:
            options = list(row.kcov8) + [f"filter=!fun:{f}" for f in out]
            flags += row_table.kcov8_flags(self.lib, options)
        elif row.leave_out and out:
            path = os.path.join(self.into, "files",
                                workload.name + ".leave-out")
            flags.append(row.leave_out.replace("{list}", path))
        return flags

    def write_lists(self, workload):
        os.makedirs(os.path.join(self.into, "files"), exist_ok=True)
        path = os.path.join(self.into, "files", workload.name + ".leave-out")
        with open(path, "w") as f:
            f.writelines(f"fun:{name}\n" for name in workload.leave_out)

    def _object(self, row, compiler, flags, source, obj):
        """Stamp of an object; `compile` in it: seconds, one for each time."""
        command = [self.compiler(compiler), row.opt, *flags, "-c", source]
        stamp = inputs.Stamp(obj, inputs.digest_of(
            (command, inputs.compiler(command[0]),
             sorted(row.compile_env.items()))))
        if not (self.reuse and stamp.valid()):
            spent = self._compile(row, command, obj)
            stamp.write(inputs.depfile(obj + ".d") +
                        inputs.named_files(command), compile=[spent])
        return stamp

    def _compile(self, row, command, obj):
        os.makedirs(os.path.dirname(obj), exist_ok=True)
        before = _children()
        self._run([*command, "-o", obj, "-MD", "-MF", obj + ".d"], row,
                  os.path.dirname(obj))
        return _children() - before

    def _objects(self, workload, row):
        """Arguments of _object() for each instrumented source."""
        flags = workload.flags + self.probe_flags(workload, row)
        often = collections.Counter(map(os.path.basename, workload.sources))
        for source in workload.sources:
            name = os.path.basename(source)
            if often[name] > 1:
                name = inputs.digest_of(source)[:8] + "-" + name
            yield (row, row.compiler, flags, source,
                   os.path.join(self.folder(workload, row), name + ".o"))

    def instrumented(self, workload, row):
        """Stamps of the objects that have probes."""
        return [self._object(*a) for a in self._objects(workload, row)]

    def plain(self, row, flags, sources, folder):
        """Stamps of objects without."""
        return [self._object(row, row.plain_compiler, flags, source,
                             os.path.join(folder, "plain-" + os.path.basename(
                                 source) + ".o")) for source in sources]

    def library(self, row):
        """kcov8's, on the link line: it serves stock schemes, too. Not with a
        wrapper of a compiler (AFL++'s), which adds a runtime of its own behind."""
        wrapped = row.compiler != row.plain_compiler
        return [] if wrapped else [os.path.join(self.lib, "libkcov8.a")]

    def _link(self, workload, row, objects):
        program = self.program(workload, row)
        last = [*row.link, *self.library(row), *workload.link, "-lpthread"]
        command = [self.compiler(row.compiler), "-o", program, *objects, *last]
        stamp = inputs.Stamp(program, inputs.digest_of(
            (command, inputs.compiler(command[0]),
             sorted(row.compile_env.items()))))
        if not (self.reuse and stamp.valid()):
            self._run(command, row, os.path.dirname(program))
            stamp.write(objects + inputs.named_files(last))

    def _sizes(self, path, row):
        try:
            return elf.sizes(path, row.probes, row.tables)
        except ValueError as e:  # such as -flto
            sys.exit(f"bench: {row.file}: {row.name}: {path}: {e}")

    def _from_sources(self, workload, row):
        stamps = self.instrumented(workload, row)
        total = collections.Counter()
        for stamp in stamps:
            for name, value in self._sizes(stamp.made, row).items():
                total[name] = None if value is None else total[name] + value
        stamps += self.plain(row, workload.flags + [f"-I{DRIVERS}"],
                              workload.plain, self.folder(workload, row))
        stamps += self.plain(row, RUNTIME_FLAGS, row.runtime,
                              self.folder(workload, row))
        self._link(workload, row, [s.made for s in stamps])
        times = [s.values["compile"] for s in stamps[:len(workload.sources)]]
        return {"compile": [sum(t) for t in zip(*times)], **total}

    def _build_command(self, workload, row, runtime):
        """Run the build command in a copy of the folder; user seconds."""
        work = os.path.join(self.folder(workload, row), "tree")
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(workload.directory, work, symlinks=True,
                        ignore=shutil.ignore_patterns(".git"))
        flags = [row.opt, *workload.flags, *self.probe_flags(None, row), "-MD"]
        libs = [*runtime, *row.link, *self.library(row), *workload.link,
                "-lpthread"]
        variables = {"CC": self.compiler(row.compiler),
                     "CFLAGS": shlex.join(flags), "LIBS": shlex.join(libs)}
        before = _children()
        self._run(["env", *(f"{n}={v}" for n, v in variables.items()),
                   "sh", "-ec", workload.build], row, work)
        return _children() - before

    def _from_build(self, workload, row):
        folder, program = self.folder(workload, row), self.program(workload,
                                                                   row)
        runtime = self.plain(row, RUNTIME_FLAGS, row.runtime, folder)
        words = [*self.probe_flags(None, row), *row.link]
        stamp = inputs.Stamp(program, inputs.digest_of(
            (row.recipe(), workload.build, workload.flags, workload.link,
             words, inputs.compiler(self.compiler(row.compiler)),
             inputs.tree(workload.directory),
             [inputs.digest(r.made) for r in runtime])))
        if not (self.reuse and stamp.valid()):
            spent = self._build_command(workload, row,
                                        [r.made for r in runtime])
            if not os.path.isfile(program):
                sys.exit(f"bench: {workload.file}: 'program': the build made "
                         f"no {workload.program}")
            # Headers outside the folder; those inside are in the key.
            found = [p for root, _, names in os.walk(os.path.join(folder,
                                                                  "tree"))
                     for n in names if n.endswith(".d")
                     for p in inputs.depfile(os.path.join(root, n))
                     if os.path.isabs(p)]
            stamp.write(found + inputs.named_files(words) +
                        self.library(row), compile=[spent])
        return {"compile": stamp.values["compile"],
                **self._sizes(program, row)}

    def build(self, workload, row):
        """Sizes, and user seconds of the compilations."""
        os.makedirs(self.folder(workload, row), exist_ok=True)
        if workload.build:
            return self._from_build(workload, row)
        return self._from_sources(workload, row)

    def compile_again(self, workload, row, built, number):
        """One more compilation, of what has not been compiled NUMBER times."""
        for arguments in self._objects(workload, row):
            stamp = self._object_as_it_is(arguments)
            if len(stamp.values["compile"]) < number:
                _, compiler, flags, source, obj = arguments
                again = os.path.join(os.path.dirname(obj), "again",
                                     os.path.basename(obj))
                stamp.values["compile"].append(self._compile(
                    row, [self.compiler(compiler), row.opt, *flags, "-c",
                          source], again))
                stamp.save()
        built["compile"] = [sum(t) for t in zip(*(
            self._object_as_it_is(a).values["compile"]
            for a in self._objects(workload, row)))]

    def _object_as_it_is(self, arguments):
        stamp = inputs.Stamp(arguments[-1], "")
        stamp.valid()
        return stamp

    def lacking(self, row):
        """Why a row cannot be had here, by a tiny program; "" if it can."""
        for compiler in (row.compiler, row.plain_compiler):
            if not shutil.which(self.compiler(compiler)):
                return f"no {self.compiler(compiler)} here"
        if row.kcov8 or not (row.flags or row.compile_env or row.link):
            return ""
        folder = os.path.join(self.into, "try", row.folder)
        os.makedirs(folder, exist_ok=True)
        source = os.path.join(folder, "try.c")
        with open(source, "w") as f:
            f.write("int main(void) { return 0; }\n")
        steps = [[self.compiler(row.compiler), row.opt, *row.flags, "-c",
                  source, "-o", "try.o"]]
        plain = [f"plain-{i}.o" for i in range(len(row.runtime))]
        for runtime, obj in zip(row.runtime, plain):
            steps.append([self.compiler(row.plain_compiler), row.opt,
                          *RUNTIME_FLAGS, "-c", runtime, "-o", obj])
        steps.append([self.compiler(row.compiler), "try.o", *plain, *row.link,
                      "-lpthread", "-o", "try"])
        for command in steps:
            done = subprocess.run(command, cwd=folder, capture_output=True,
                                  text=True, env=self.environment(row))
            if done.returncode:
                return done.stdout + done.stderr or "it says nothing"
        return ""


def reason(text):
    """The line that says it best."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines
            if re.search(r"error:|Unknown|undefined|cannot", line)]
    return (told or lines)[0]


def _worker(builder, workload, row):
    return builder.build(workload, row)


def _again(builder, workload, row, built, number):
    builder.compile_again(workload, row, built, number)
    return built


def build_all(builder, workloads, rows, rounds, say):
    """{workload: {row: built}}; rows in turn, so that drift hits all alike."""
    programs = list({row.folder: row for row in rows[::-1]}.values())[::-1]
    result = {w.name: {} for w in workloads}
    # Processes: the compiler's CPU time is counted per process.
    with concurrent.futures.ProcessPoolExecutor(builder.jobs) as pool:
        for workload in workloads:
            say(f"{workload.name}: compiling {len(programs)} times")
            builder.write_lists(workload)
            built = pool.map(_worker, [builder] * len(programs),
                             [workload] * len(programs), programs)
            result[workload.name] = {r.folder: b
                                     for r, b in zip(programs, built)}
        for number in range(2, rounds + 1):
            say(f"compile time, round {number} of {rounds}")
            jobs = [(w, r) for w in workloads for r in programs
                    if r.time_compiler and not w.build and
                    len(result[w.name][r.folder]["compile"]) < number]
            futures = [(w, r, pool.submit(_again, builder, w, r,
                                          result[w.name][r.folder], number))
                       for w, r in jobs]
            for w, r, future in futures:
                result[w.name][r.folder] = future.result()
    return {name: {row.name: built[row.folder] for row in rows}
            for name, built in result.items()}
