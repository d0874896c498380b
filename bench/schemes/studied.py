# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programs with all probes, and records of their functions (closure.py)."""
import concurrent.futures
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass

from paths import PROBE, TOP
import inputs
import workloads


@dataclass
class Program:
    path: str
    records: str  # folder; empty without the study plugin


class Failed(Exception):
    pass


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        raise Failed(f"{shlex.join(command)}: exit {done.returncode}\n"
                     f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def workload(name, into):
    return workloads.read(os.path.join(PROBE, "workloads", name + ".toml"),
                          into)


class Builder:
    """LIB: kcov8's, of the LLVM whose clang compiles."""

    def __init__(self, lib, llvm):
        self.lib, self.clang = lib, f"clang-{llvm}"

    def plugin(self, study):
        return os.path.join(self.lib, "kcov8-study.so" if study else
                            "kcov8-pass.so")

    def lacking(self):
        """Why no study can be had here; empty if it can."""
        if not os.path.exists(self.plugin(True)):
            return "no kcov8-study.so: an LLVM >= 19 has what it needs"
        if not shutil.which(self.clang):
            return f"no {self.clang} here"
        return ""

    def _compile(self, source, obj, flags, env):
        run([self.clang, "-O2", "-w", *flags, "-MD", "-MF", obj + ".d", "-c",
             source, "-o", obj], env={**os.environ, **env})

    def program(self, folder, sources, plain=(), flags=(), link=(),
                options=("no-prune",), study=True, flush_in=()):
        """SOURCES with probes and PLAIN without. Kept in FOLDER."""
        plugin = self.plugin(study)
        probes = [f"-fplugin={os.path.join(self.lib, 'kcov8-options.so')}",
                  f"-fplugin={plugin}", f"-fpass-plugin={plugin}",
                  *(f"-fplugin-arg-kcov8-{o}" for o in options)]
        made = Program(os.path.join(folder, "program"),
                       os.path.join(folder, "records") if study else "")
        stamp = inputs.Stamp(made.path, inputs.digest_of(
            (inputs.compiler(self.clang), inputs.digest(plugin),
             inputs.digest(os.path.join(self.lib, "libkcov8.a")), sources,
             plain, flags, link, probes, flush_in)))
        if stamp.valid():
            return made
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(made.records or folder)
        env = {"KCOV8_STUDY": made.records,
               "KCOV8_STUDY_FLUSH_IN": " ".join(flush_in)} if study else {}
        jobs, objects = [], []
        for some, extra in ((sources, probes), (plain, [])):
            for source in some:
                objects.append(os.path.join(folder, f"{len(objects)}.o"))
                jobs.append((source, objects[-1],
                             [*flags, *extra, f"-I{TOP}/include"], env))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: self._compile(*job), jobs))
        run([self.clang, *objects, os.path.join(self.lib, "libkcov8.a"), *link,
             "-lm", "-lpthread", "-o", made.path])
        stamp.write([name for obj in objects
                     for name in inputs.depfile(obj + ".d")])
        for obj in objects:
            os.remove(obj)
        return made
