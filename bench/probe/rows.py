# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The rows of the table: how the same source is instrumented."""
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    name: str
    build: str = ""  # rows with the same build share the program
    flags: tuple = ()  # for the instrumented sources
    options: tuple = ()  # of kcov8
    runtime: str = ""  # file in runtime/ to link
    trace: bool = False  # BENCH_TRACE=1: collection on
    compile_rounds: bool = False  # compile time is measured more than once
    peer: str = ""  # row that it is to be compared with

    def program(self):
        return self.build or self.name


def _sancov(name, kinds, **more):
    return Row(name, flags=("-fsanitize-coverage=" + kinds,),
               runtime="sancov.c", **more)


def _kcov8(name, *options, **more):
    return Row(name, options=options, **more)


PEER = "8bit bb no-prune"
NONE = "none"

ROWS = [
    Row(NONE, compile_rounds=True),
    Row("none again", build=NONE),
    _sancov("8bit edge", "edge,inline-8bit-counters"),
    _sancov("8bit edge no-prune", "edge,inline-8bit-counters,no-prune"),
    _sancov("8bit bb", "bb,inline-8bit-counters"),
    _sancov(PEER, "bb,inline-8bit-counters,no-prune", compile_rounds=True),
    _sancov("bool-flag bb no-prune", "bb,inline-bool-flag,no-prune"),
    Row("guard, empty", flags=("-fsanitize-coverage=edge,trace-pc-guard",),
        runtime="guard-empty.c"),
    Row("guard, storing", flags=("-fsanitize-coverage=edge,trace-pc-guard",),
        runtime="guard-store.c"),
    Row("trace-pc off", build="trace-pc",
        flags=("-fsanitize-coverage=trace-pc",), runtime="trace-pc.c"),
    Row("trace-pc on", build="trace-pc",
        flags=("-fsanitize-coverage=trace-pc",), runtime="trace-pc.c",
        trace=True),
]
for _probe in ("flag", "wrapping", "unary", "counter"):
    ROWS.append(_kcov8(f"kcov8 {_probe}", f"probe={_probe}", "no-prune",
                       compile_rounds=_probe in ("flag", "counter"),
                       peer=PEER))
    ROWS.append(_kcov8(f"kcov8 {_probe} prune", f"probe={_probe}", "prune",
                       compile_rounds=_probe in ("flag", "counter"),
                       peer=PEER))
# A window is a run of the program, or of a system call in ukernel.
for _probe in ("counter", "flag"):
    ROWS.append(_kcov8(f"kcov8 {_probe} prune flush-in", f"probe={_probe}",
                       "prune", "flush-in=kcov8_syscall_return", peer=PEER))
for _name, *_options in (
        ("counter task", "probe=counter", "attribution=task"),
        ("flag task", "probe=flag", "attribution=task"),
        ("flag task thread", "probe=flag", "attribution=task", "delta=thread"),
        ("counter task order", "probe=counter", "attribution=task",
         "trace-order"),
        ("counter summary", "probe=counter", "summary")):
    ROWS.append(_kcov8(f"kcov8 {_name}", *_options, "no-prune", peer=PEER))
ROWS.append(_kcov8("kcov8 flag task prune", "probe=flag", "attribution=task",
                   "prune", peer=PEER))
ROWS.append(_kcov8("kcov8 counter edge", "probe=counter", "no-prune",
                   "level=edge", peer="8bit edge no-prune"))
ROWS.append(_kcov8("kcov8 counter early", "probe=counter", "no-prune",
                   "place=early"))


def kcov8_flags(lib, options):
    """The command-line words that load the pass of LIB with OPTIONS."""
    pass_so = os.path.join(lib, "kcov8-pass.so")
    options_so = os.path.join(lib, "kcov8-options.so")
    return ([f"-fplugin={options_so}", f"-fplugin={pass_so}",
             f"-fpass-plugin={pass_so}"] +
            [f"-fplugin-arg-kcov8-{o}" for o in options])


def choose(names):
    """Rows whose names are given; all for an empty list."""
    known = {row.name: row for row in ROWS}
    for name in names:
        if name not in known:
            raise SystemExit(f"bench: no row '{name}'; known: " +
                             ", ".join(known))
    if not names:
        return ROWS
    return [r for r in ROWS if r.name == NONE or r.name in names]
