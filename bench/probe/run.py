#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench probe: what a probe costs, beside its peers (see --help)."""
import argparse
import os
import shlex
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402
import build
import inputs
import measure
import micro
import plot
import rows as row_table
import seen
import table
import workloads


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def words(argv):
    """What the user typed: without `--build DIR`, which ./dev adds."""
    return argv[3:] if argv[1:2] == ["--build"] else argv[1:]


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench probe", description="Real programs, compiled "
        "without and with probes of many kinds: time, instructions, text, "
        "tables and compile time as ratios to no instrumentation, in one run; "
        "and how much each kind sees.")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--quick", action="store_true",
                        help="3 rounds, compile time from one compilation")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="interleaved rounds of the timed runs (9)")
    parser.add_argument("--compile-rounds", type=int, metavar="N",
                        help="compilations that are timed, of none, sancov's "
                        "complete mode, counter and flag (3)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count()),
                        metavar="N", help="compilations and callgrind runs "
                        "side by side (2); timed runs are alone")
    parser.add_argument("--workload", action="append", default=[],
                        metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--row", action="append", default=[], metavar="NAME",
                        help="only this row beside none; may be repeated")
    parser.add_argument("--workload-file", action="append", default=[],
                        metavar="FILE", help="a program of yours (TOML; "
                        "docs/research.md); alone if no --workload is given")
    parser.add_argument("--scheme-file", action="append", default=[],
                        metavar="FILE", help="a scheme of yours, one row or "
                        "several; alone beside none if no --row is given")
    parser.add_argument("--list", action="store_true", help="names of "
                        "workloads and rows, those of your files too; "
                        "measure nothing")
    parser.add_argument("--reuse", action="store_true",
                        help="keep what was made from the same sources, "
                        "headers, compiler, flags, plugin and runtime in the "
                        "last run, and its compile time")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    parser.add_argument("--only-build", action="store_true",
                        help=argparse.SUPPRESS)
    return parser.parse_args()


def list_names(known_workloads, known_rows):
    print("Workloads")
    lines = [[name, about] for name, (_, about) in known_workloads.items()]
    print(table.columns_left(lines))
    print("\nRows")
    print(table.columns_left([[r.name, r.compiler, r.opt, r.about or " ".join(
        [*r.kcov8, *r.flags])] for r in known_rows.values()]))


def without_lacking(rows, builder):
    """Rows that can be had here, and why others cannot."""
    left_out = {}
    for row in rows:
        said = builder.lacking(row)
        if not said:
            continue
        if row.own and not said.endswith(" here"):
            raise SystemExit(f"bench: {row.file}: {row.name}: "
                             f"{said.strip()}")
        reason = build.reason(said)
        say(f"left out: {row.name}: {reason}")
        left_out[row.name] = reason
    kept = [r for r in rows if r.name not in left_out]
    for row in kept:
        if row.base in left_out:
            raise SystemExit(f"bench: {row.name}: its base is left out: "
                             f"{row.base}: {left_out[row.base]}")
    if all(r.name == r.base for r in kept) and left_out:
        raise SystemExit("bench: no row is left")
    return kept, left_out


def main():
    args = arguments()
    rounds = args.rounds or (3 if args.quick else 9)
    compile_rounds = args.compile_rounds or (1 if args.quick else 3)
    into = os.path.abspath(os.path.join(args.build, "bench", "probe"))
    llvm = common.llvm(args.build)
    os.makedirs(into, exist_ok=True)
    known_workloads = workloads.all_files(args.workload_file)
    known_rows = row_table.all_rows(args.scheme_file, into)
    if args.list:
        return list_names(known_workloads, known_rows)
    paths = workloads.choose(known_workloads, args.workload,
                             args.workload_file)
    rows = row_table.choose(known_rows, args.row)
    builder = build.Builder(into, os.path.abspath(os.path.join(
        args.build, "lib")), llvm, args.jobs, args.reuse)
    rows, left_out = without_lacking(rows, builder)
    say("sources")
    chosen = [workloads.read(path, into) for path in paths]
    result = {
        "cpu": common.cpu_model(), "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"), "llvm": llvm,
        "command": shlex.join(["./dev", "bench", "probe", *words(sys.argv)]),
        "rounds": rounds, "load_before": os.getloadavg()[0],
        "left_out": left_out,
        "compilers": {c: inputs.compiler(c)[1].partition("\n")[0]
                      for c in dict.fromkeys(r.compiler for r in rows)
                      if c != "clang"},
    }
    built = build.build_all(builder, chosen, rows, compile_rounds, say)
    if args.only_build:
        return
    # A program of the user's is not about single instructions.
    result["micro"] = [] if args.workload_file else micro.run(
        into, f"clang-{llvm}", say)
    guests = measure.build_guests(into, builder, chosen)
    result["instructions"] = measure.instructions(builder, chosen, rows,
                                                  guests, into, say)
    result["seen"] = seen.read_out(builder, chosen, rows, guests, say)
    result["time"] = measure.times(builder, chosen, rows, guests, rounds, say)
    result["built"] = built
    result["load_after"] = os.getloadavg()[0]
    result["rows"] = [{"name": r.name, "base": r.base, "peer": r.peer,
                       "goals": bool(r.kcov8) and not r.own and
                       not args.workload_file} for r in rows]
    if args.json:
        common.write_json(result, args.json)
    print(table.text(result))
    svg = plot.draw(result, os.path.join(args.build, "bench"), say)
    if svg:
        print(f"plot: {svg}")


if __name__ == "__main__":
    main()
