# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs that are measured, and where their source comes from.

Read from workloads/*.toml and from files of the user's, by the same code.
"""
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass

import common
import debian
import files

KEYS = {
    "name": str, "about": str, "npm": list, "debian": list,
    "files": dict,
    "sources": list, "plain": list, "driver": str, "guest": str,
    "directory": str, "build": str, "program": str,
    "flags": list, "link": list, "leave-out": list,
    "run": list, "short": list, "inputs": list,
    "times": str, "measure": str,
}
TIMES = {"process": "CPU time of the whole process",
         "printed": "lines `PHASE NUMBER` that the program prints"}
DRIVERS = os.path.join(files.HERE, "drivers")
LATER = ("guest", "input", "inputs")


@dataclass
class Workload:
    name: str
    file: str
    sources: list  # instrumented
    plain: list  # not instrumented: drivers, the CPU of ukernel
    guest: str  # source of a program that the command line names
    directory: str  # that `build` is run in, a copy of it
    build: str
    program: str  # that it makes
    flags: list
    link: list
    leave_out: list  # functions
    run: list  # arguments of the timed run
    short: list  # of the run under callgrind
    inputs: list
    times: str
    measure: str  # function whose instructions are counted; else all


def fetch(package, version, inner, into):
    """Unpack the folder INNER of an npm package below INTO, once."""
    target = os.path.join(into, f"{package}-{version}")
    if not os.path.isdir(target):
        with common.alone(into):
            if not os.path.isdir(target):
                _fetch(f"{package}@{version}", inner, into, target)
    return target


def _fetch(spec, inner, into, target):
    if not shutil.which("npm"):
        raise SystemExit(f"bench: no npm here, to fetch {spec}")
    done = subprocess.run(["npm", "pack", "--loglevel=error",
                           "--ignore-scripts", spec], cwd=into, text=True,
                          capture_output=True)
    if done.returncode:
        raise SystemExit(f"bench: npm pack {spec} failed:\n{done.stderr}")
    archive = os.path.join(into, done.stdout.split()[-1])
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            path = os.path.normpath(member.name)
            if not member.isfile() or not path.startswith(inner + "/"):
                continue
            out = os.path.join(part, os.path.relpath(path, inner))
            os.makedirs(os.path.dirname(out), exist_ok=True)
            with tar.extractfile(member) as data, open(out, "wb") as f:
                f.write(data.read())
    if not os.path.isdir(part):
        raise SystemExit(f"bench: {spec} has no folder {inner}")
    os.rename(part, target)
    os.remove(archive)


def fetch_packages(table, into):
    """What `npm` and `debian` name, unpacked below INTO: {source}; of
    Debian's packages each is also {PACKAGE}, its letters."""
    have = table.values
    if "npm" in have and "debian" in have:
        table.wrong("npm", "either 'npm' or 'debian'")
    if "npm" in have:
        if len(have["npm"]) != 3:
            table.wrong("npm", "must be [PACKAGE, VERSION, FOLDER]")
        table.stands["source"] = fetch(*have["npm"], into)
    if "debian" in have:
        if not have["debian"] or len(have["debian"]) % 3:
            table.wrong("debian", "must be [PACKAGE, VERSION, FOLDER, ...]")
        try:
            found = debian.fetch(have["debian"], into)
        except debian.Missing as e:
            table.wrong("debian", str(e))
        for package, folder in found.items():
            table.stands.setdefault("source", folder)
            table.stands.setdefault(re.sub("[^a-z]", "", package), folder)


def _check(table):
    """What of the keys goes together."""
    have = table.values
    if ("sources" in have) == ("build" in have):
        table.wrong("sources", "either 'sources' or 'build' is needed")
    if "build" in have:
        table.need("directory"), table.need("program")
        for key in ("plain", "driver", "guest", "leave-out"):
            if key in have:
                table.wrong(key, "goes with 'sources', not with 'build'")
    elif "directory" in have or "program" in have:
        table.wrong("build", "is missing")
    if have.get("times", "process") not in TIMES:
        table.wrong("times", "must be one of " + ", ".join(TIMES))
    if "driver" in have:
        for key in ("times", "measure", "inputs"):
            if key in have:
                table.wrong(key, "a driver's main() knows that by itself")
    words = have.get("run", []) + have.get("short", [])
    for word in re.findall(r"\{(inputs?|guest)\}", " ".join(words)):
        if {"input": "inputs"}.get(word, word) not in have:
            table.wrong("run", f"{{{word}}} needs the key "
                        f"'{word.rstrip('s')}{'s' * (word != 'guest')}'")


def names(path):
    """Name and what it is, without fetching anything."""
    table = files.Table(path, files.load(path), KEYS)
    return table.need("name"), table.get("about")


def read(path, into):
    """The workload of one file; sources are fetched and written below INTO."""
    table = files.Table(path, files.load(path), KEYS)
    _check(table)
    name = table.need("name")
    table.write_files(os.path.join(into, "files",
                                   "workload-" + re.sub(r"\W+", "-", name)))
    fetch_packages(table, os.path.join(into, "source"))
    plain = table.paths("plain")
    times, measure = table.get("times") or "process", table.get("measure")
    if "driver" in table.values:
        driver = table.path_of("driver", table.get("driver"))
        if not os.path.isfile(driver):
            table.wrong("driver", f"no file {driver}")
        plain += [driver, os.path.join(DRIVERS, "main.c")]
        times, measure = "printed", "bench_body"
    guest = directory = ""
    if "guest" in table.values:
        guest = table.path_of("guest", table.get("guest"))
        if not os.path.isfile(guest):
            table.wrong("guest", f"no file {guest}")
    if "directory" in table.values:
        directory = table.path_of("directory", table.get("directory"))
        if not os.path.isdir(directory):
            table.wrong("directory", f"no folder {directory}")
    run = table.words("run", LATER)
    return Workload(
        name, path, [s for s in table.paths("sources") if s not in plain],
        plain, guest, directory, table.get("build"), table.get("program"),
        table.words("flags"), table.words("link"), table.get("leave-out"),
        run, table.words("short", LATER) if "short" in table.values else run,
        table.paths("inputs"), times, measure)


def all_files(own):
    """{name: (file, about)} of built-in workloads and the user's."""
    known = {}
    for path in files.built_in("workloads") + own:
        name, about = names(path)
        files.unique(known, path, name)
        known[name] = path, about
    return known


def choose(known, names, own):
    """Files of the workloads that are named, and the user's; all if none."""
    for name in names:
        if name not in known:
            raise SystemExit(f"bench: no workload '{name}'; known: " +
                             ", ".join(known))
    return [path for name, (path, _) in known.items()
            if name in names or path in own or not (names or own)]
