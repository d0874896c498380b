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
import measure
import micro
import plot
import rows as row_table
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
        "tables and compile time as ratios to no instrumentation, in one run.")
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
                        choices=list(workloads.ALL), help="only this one; "
                        "may be repeated")
    parser.add_argument("--row", action="append", default=[], metavar="NAME",
                        help="only this row beside none; may be repeated")
    parser.add_argument("--reuse", action="store_true",
                        help="keep programs whose sources, compiler and flags "
                        "are those of the last run, and their compile times")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    parser.add_argument("--only-build", action="store_true",
                        help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    args = arguments()
    rounds = args.rounds or (3 if args.quick else 9)
    compile_rounds = args.compile_rounds or (1 if args.quick else 3)
    into = os.path.join(args.build, "bench", "probe")
    llvm = common.llvm(args.build)
    os.makedirs(into, exist_ok=True)
    rows = row_table.choose(args.row)
    say("sources")
    chosen = [workloads.ALL[name](os.path.join(into, "source"))
              for name in args.workload or workloads.ALL]
    builder = build.Builder(into, os.path.join(args.build, "lib"), llvm,
                            args.jobs, args.reuse)
    result = {
        "cpu": common.cpu_model(), "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"), "llvm": llvm,
        "command": shlex.join(["./dev", "bench", "probe", *words(sys.argv)]),
        "rounds": rounds, "load_before": os.getloadavg()[0],
    }
    built = build.build_all(builder, chosen, rows, compile_rounds, say)
    if args.only_build:
        return
    result["micro"] = micro.run(into, f"clang-{llvm}", say)
    guest = measure.build_guest(into, builder)
    result["instructions"] = measure.instructions(builder, chosen, rows, guest,
                                                  into, say)
    result["time"] = measure.times(builder, chosen, rows, guest, rounds, say)
    result["built"] = built
    result["load_after"] = os.getloadavg()[0]
    result["rows"] = [{"name": r.name, "peer": r.peer,
                       "goals": bool(r.options)} for r in rows]
    if args.json:
        common.write_json(result, args.json)
    print(table.text(result))
    svg = plot.draw(result, os.path.join(args.build, "bench"), say)
    if svg:
        print(f"plot: {svg}")


if __name__ == "__main__":
    main()
