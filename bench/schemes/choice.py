# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which rows and targets a run has."""
import glob
import os

from paths import HERE  # and where bench/probe is
import rows as row_table
import targets as target_files
import workloads as workload_files


# One of each kind; costs of more of them: ./dev bench probe.
FULL = (
    "none", "none again", "blind",
    "8bit edge", "8bit edge no-prune", "8bit bb", "8bit bb no-prune",
    "bool-flag bb no-prune", "guard, storing", "trace-pc on", "gcc trace-pc",
    "hashed map", "afl++ pcguard", "afl++ classic",
    "llvm source", "llvm source, one byte", "llvm ir-pgo",
    "llvm ir-pgo, blocks", "gcc gcov",
    "kcov8 flag func", "kcov8 flag", "kcov8 flag prune", "kcov8 unary",
    "kcov8 counter", "kcov8 wrapping", "kcov8 counter edge",
    "kcov8 flag prune, device", "kcov8 flag task",
    "kcov8 counter task order",
)
QUICK = ("none", "none again", "blind", "8bit edge", "8bit bb no-prune",
         "trace-pc on", "hashed map", "kcov8 flag", "kcov8 flag prune",
         "kcov8 flag prune, device", "kcov8 counter", "kcov8 flag task")
QUICK_TARGETS = ("bzip2", "cjson", "md4c")
# sqlite would take a quarter of an hour more; ./dev bench probe has it.
WORKLOADS = ("bzip2", "duktape", "ukernel")
QUICK_WORKLOADS = ("bzip2",)


def known(own, into):
    """{name: Row}"""
    here = sorted(glob.glob(os.path.join(HERE, "schemes", "*.toml")))
    return row_table.all_rows(own, into, here)


def rows(known_rows, args):
    """The rows of a run and what they are ratios to."""
    for name in args.row:
        if name not in known_rows:
            raise SystemExit(f"schemes: no row '{name}'; known: " +
                             "; ".join(known_rows))
    wanted = set(args.row) or set(QUICK if args.quick else FULL)
    wanted |= {r.name for r in known_rows.values() if r.own} | {row_table.NONE}
    wanted |= {known_rows[name].base for name in wanted}
    return [r for r in known_rows.values() if r.name in wanted]


def targets(known_files, args, into):
    for name in args.target:
        if name not in known_files:
            raise SystemExit(f"schemes: no target '{name}'; known: " +
                             ", ".join(known_files))
    wanted = set(args.target)
    if not wanted and not args.target_file:
        wanted = {n for n in known_files
                  if not args.quick or n in QUICK_TARGETS}
    return [target_files.read(path, into)
            for name, path in known_files.items()
            if name in wanted or path in args.target_file]


def workloads(args):
    """{name: file} of what costs are measured on."""
    known_files = workload_files.all_files(args.workload_file)
    wanted = QUICK_WORKLOADS if args.quick else WORKLOADS
    return {name: path for name, (path, _) in known_files.items()
            if path in args.workload_file or
            not args.workload_file and name in wanted}


def fetch(args, into):
    """The sources of all that a run with these arguments would use."""
    targets(target_files.all_files(args.target_file), args, into)
    for path in workloads(args).values():
        workload_files.read(path, into)
