# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The rows of the table: how the same source is instrumented.

Read from schemes/*.toml and from files of the user's, by the same code. A file is
one row, or several: then its [[row]] tables override what stands above them.
"""
import os
import re
from dataclasses import dataclass, field, replace

import files

NONE = "none"
KEYS = {
    "name": str, "about": str,
    "compiler": str, "opt": str, "flags": list, "kcov8": list,
    "compile-env": dict, "plain-compiler": str, "leave-out": str,
    "link": list, "runtime": list, "adapter": list, "files": dict,
    "env": dict,
    "probes": str, "tables": list, "read": list,
    "base": str, "peer": str, "time-compiler": bool,
}
READ = ("program", "seen", "llvm", "kcov8")
PROBES = re.compile(r"(section|symbol) (\S+) ([1-9][0-9]*)|(calls) (\S+)")


@dataclass(frozen=True)
class Row:
    name: str
    file: str = ""  # that it is from
    own: bool = False  # the user's, not a built-in one
    about: str = ""
    compiler: str = "clang"  # the clang of the LLVM that is built for
    opt: str = "-O2"
    flags: tuple = ()  # for the instrumented sources
    kcov8: tuple = ()  # options of kcov8's pass
    compile_env: dict = field(default_factory=dict)
    plain_compiler: str = ""  # of sources without probes
    leave_out: str = ""  # word for functions that a workload leaves out
    link: tuple = ()
    runtime: tuple = ()  # sources, without probes
    adapter: tuple = ()  # in its place for bench schemes: its adapter.h
    env: dict = field(default_factory=dict)  # of the runs
    probes: tuple = ()  # how they are counted: elf.py
    tables: tuple = ()  # sections by the beginning of the name
    read: tuple = ()  # command that prints what was seen: seen.py
    base: str = NONE  # row that it is a ratio to
    peer: str = ""  # row that it is to be compared with
    time_compiler: bool = False  # more than once
    folder: str = ""  # of the programs; rows of one recipe share it

    def recipe(self):
        return repr((self.compiler, self.opt, self.flags, self.kcov8,
                     self.compile_env, self.plain_compiler, self.link,
                     self.runtime))


def _row(path, values, into, own):
    table = files.Table(path, values, KEYS)
    if "files" in values:
        slug = re.sub(r"\W+", "-", values["name"])
        table.write_files(os.path.join(into, "files", "scheme-" + slug))
    compiler = table.get("compiler") or "clang"
    opt = table.get("opt") or "-O2"
    if os.sep in compiler:
        compiler = table.path_of("compiler", compiler)
    if not re.fullmatch(r"-O\w*", opt):
        table.wrong("opt", f"'{opt}' is no level: -O0 ... -O3, -Os")
    probes = ()
    if "probes" in values:
        found = PROBES.fullmatch(values["probes"])
        if not found:
            table.wrong("probes", "must be 'section NAME BYTES', "
                        "'symbol BEGINNING BYTES' or 'calls FUNCTION'")
        probes = tuple(w for w in found.groups() if w)
    if compiler != "clang" and values.get("kcov8"):
        table.wrong("kcov8", "needs compiler = \"clang\"")
    return Row(
        values["name"], path, own, table.get("about"), compiler, opt,
        tuple(table.words("flags")), tuple(table.get("kcov8")),
        table.get("compile-env"), table.get("plain-compiler") or compiler,
        table.get("leave-out"), tuple(table.words("link")),
        tuple(table.paths("runtime")), tuple(table.paths("adapter")),
        table.get("env"), probes, tuple(table.get("tables")),
        tuple(table.words("read", READ)), table.get("base"), table.get("peer"),
        table.get("time-compiler"))


def read(path, into, own=True):
    """The rows of one file."""
    values = files.load(path)
    some = values.pop("row", None)
    if some is None:
        some = [{}]
    elif not isinstance(some, list) or not all(isinstance(r, dict)
                                               for r in some):
        files.wrong(path, "row", "must be [[row]] tables")
    elif "name" in values:
        files.wrong(path, "name", "belongs into each [[row]]")
    return [_row(path, {**values, **r}, into, own) for r in some]


def _with_bases(rows):
    """A row of another compiler or level is a ratio to that one's own plain
    program, which becomes a row, too."""
    known = {r.name: r for r in rows}
    out = []
    for row in rows:
        base = row.base or NONE
        if not row.base and row.name != NONE and \
                (row.compiler, row.opt) != ("clang", "-O2"):
            base = f"{NONE} {os.path.basename(row.compiler)}"
            if row.opt != "-O2":
                base += " " + row.opt
            if base not in known:
                known[base] = Row(base, row.file, row.own, "no probes",
                                  row.compiler, row.opt,
                                  plain_compiler=row.compiler)
                out.append(known[base])
            if row.name == base:
                base = NONE
        elif base not in known:
            files.wrong(row.file, "base", f"no row '{base}'")
        out.append(replace(row, base=base))
    return out


def all_rows(own_files, into, more=()):
    """{name: Row}: the built-in schemes, none first, those of the files MORE, then
    the user's."""
    rows = []
    for path in [*sorted(files.built_in("schemes"), key=lambda p:
                         os.path.basename(p) != "none.toml"), *more]:
        rows += read(path, into, own=False)
    for path in own_files:
        rows += read(path, into)
    known, folders = {}, {}
    for row in _with_bases(rows):
        files.unique(known, row.file, row.name)
        if row.peer and row.peer not in {r.name for r in rows}:
            files.wrong(row.file, "peer", f"no row '{row.peer}'")
        slug = re.sub(r"[^a-z0-9]+", "-", row.name.lower())
        slug = folders.setdefault(row.recipe(), slug)
        known[row.name] = replace(row, folder=slug)
    if len(set(folders.values())) < len(folders):
        raise SystemExit("bench: two rows' names differ in punctuation only")
    # What a program's time is compared with is compiled as often.
    for row in list(known.values()):
        if row.time_compiler and row.base != row.name:
            known[row.base] = replace(known[row.base], time_compiler=True)
    return known


def kcov8_flags(lib, options):
    """The command-line words that load the pass of LIB with OPTIONS."""
    pass_so = os.path.join(lib, "kcov8-pass.so")
    options_so = os.path.join(lib, "kcov8-options.so")
    return ([f"-fplugin={options_so}", f"-fplugin={pass_so}",
             f"-fpass-plugin={pass_so}"] +
            [f"-fplugin-arg-kcov8-{o}" for o in options])


def choose(known, names):
    """Rows that are named, and the user's; all if there are none of these."""
    for name in names:
        if name not in known:
            raise SystemExit(f"bench: no row '{name}'; known: " +
                             "; ".join(known))
    wanted = {r.name for r in known.values() if r.own} | set(names)
    if not wanted:
        wanted = set(known)
    wanted |= {known[name].base for name in wanted} | {NONE}
    return [r for r in known.values() if r.name in wanted]
