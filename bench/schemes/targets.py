# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Targets: programs that take inputs, as libFuzzer calls them.

A file of targets/, or of the user's, in the form of bench/probe's workloads, with
a harness in place of a driver, seed inputs, and bugs that are planted.
"""
import glob
import os
import re
from dataclasses import dataclass, field

from paths import HERE  # and where bench/probe is
import files
import plant
import seeds
import workloads

KEYS = {
    "name": str, "about": str, "npm": list, "debian": list, "files": dict,
    "sources": list, "plain": list, "flags": list, "link": list,
    "harness": str, "seeds": list, "cut": str, "most": int, "max-len": int,
    "dictionary": str,
}


@dataclass
class Target:
    name: str
    file: str
    about: str
    sources: list  # with probes
    plain: list  # without: the harness is one
    flags: list
    link: list
    seeds: list  # files
    max_len: int  # of an input, bytes
    bugs: list  # planted: what each is about
    dictionary: str  # file of libFuzzer's form, or ""
    leave_out: list = field(default_factory=list)  # as a workload has
    build: str = ""


def _table(path):
    """The keys of one file, and its bugs."""
    values = files.load(path)
    bugs = values.pop("bug", [])
    plant.check(path, bugs)
    return files.Table(path, values, KEYS), bugs


def _file(table, key):
    if not table.get(key):
        return ""
    path = table.path_of(key, table.get(key))
    if not os.path.isfile(path):
        table.wrong(key, f"no file {path}")
    return path


def read(path, into):
    """The target of one file; sources are fetched below INTO."""
    table, bugs = _table(path)
    name = table.need("name")
    table.write_files(os.path.join(into, "files",
                                   "target-" + re.sub(r"\W+", "-", name)))
    workloads.fetch_packages(table, os.path.join(into, "source"))
    for key in ("sources", "harness", "seeds"):
        table.need(key)
    plain, flags = [], []
    if bugs:
        if "source" not in table.stands:
            table.wrong("bug", "needs a package: 'npm' or 'debian'")
        plant.plant(table, bugs, into)
        plain, flags = [os.path.join(plant.MAINS, "bug.c")], plant.FLAGS
    return Target(name, path, table.get("about"), table.paths("sources"),
                  [*table.paths("plain"), _file(table, "harness"), *plain],
                  [*table.words("flags"), *flags], table.words("link"),
                  seeds.write(table, table.paths("seeds"), into),
                  table.get("max-len") or 4096, [b["about"] for b in bugs],
                  _file(table, "dictionary"))


def all_files(own):
    """{name: file} of built-in targets and the user's."""
    known = {}
    for path in sorted(glob.glob(os.path.join(HERE, "targets",
                                              "*.toml"))) + own:
        name = _table(path)[0].need("name")
        files.unique(known, path, name)
        known[name] = path
    return known
