# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Targets: programs that take inputs, as libFuzzer calls them.

A file of targets/, or of the user's, in the form of bench/probe's workloads, with
a harness in place of a driver.
"""
import glob
import os
import re
from dataclasses import dataclass, field

from paths import HERE  # and where bench/probe is
import files
import workloads

KEYS = {
    "name": str, "about": str, "npm": list, "debian": list, "files": dict,
    "sources": list, "plain": list, "flags": list, "link": list,
    "harness": str, "seeds": list, "max-len": int,
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
    leave_out: list = field(default_factory=list)  # as a workload has
    build: str = ""


def read(path, into):
    """The target of one file; sources are fetched below INTO."""
    table = files.Table(path, files.load(path), KEYS)
    name = table.need("name")
    table.write_files(os.path.join(into, "files",
                                   "target-" + re.sub(r"\W+", "-", name)))
    workloads.fetch_packages(table, os.path.join(into, "source"))
    for key in ("sources", "harness", "seeds"):
        table.need(key)
    harness = table.path_of("harness", table.get("harness"))
    if not os.path.isfile(harness):
        table.wrong("harness", f"no file {harness}")
    return Target(name, path, table.get("about"), table.paths("sources"),
                  [*table.paths("plain"), harness], table.words("flags"),
                  table.words("link"), table.paths("seeds"),
                  table.get("max-len") or 4096)


def all_files(own):
    """{name: file} of built-in targets and the user's."""
    known = {}
    for path in sorted(glob.glob(os.path.join(HERE, "targets",
                                              "*.toml"))) + own:
        name = files.Table(path, files.load(path), KEYS).need("name")
        files.unique(known, path, name)
        known[name] = path
    return known
