#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench schemes: what coverage schemes cost, and what they tell (see --help)."""
import argparse
import fcntl
import importlib
import os
import shlex
import sys
import time

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import choice  # noqa: E402
import context as contexts  # noqa: E402
import common  # noqa: E402
import environment  # noqa: E402
import page  # noqa: E402
import runner  # noqa: E402
import state  # noqa: E402
import targets as target_files  # noqa: E402

STAGES = ("costs", "execution", "information", "inference", "fuzz")


def say(text):
    print(f"schemes: {text}", file=sys.stderr, flush=True)


def number(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench schemes", description="Coverage schemes on equal "
        "terms: what each costs and what it tells, on the same programs and "
        "inputs, in one run. Writes index.html, result.json and a CSV file per "
        "table. Goes on where it was stopped.")
    parser.add_argument("--out", metavar="DIR", help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="few programs, "
                        "rows and repeats: to see that it works, not to "
                        "conclude from (5 minutes; else an hour)")
    for name, what in (("stage", "part of the page"), ("target", "program"),
                       ("row", "scheme")):
        parser.add_argument(f"--{name}", action="append", default=[],
                            metavar="NAME", help=f"only this {what}; may be "
                            "repeated")
    parser.add_argument("--target-file", action="append", default=[],
                        metavar="FILE", help="a target of yours (TOML; "
                        "docs/schemes.md); alone if no --target is given")
    parser.add_argument("--workload-file", action="append", default=[],
                        metavar="FILE", help="a program of yours to measure "
                        "costs on, in place of the bench's (docs/research.md)")
    parser.add_argument("--scheme-file", action="append", default=[],
                        metavar="FILE", help="a scheme of yours, beside the "
                        "others")
    parser.add_argument("--list", action="store_true", help="names of stages, "
                        "targets and rows; measure nothing")
    parser.add_argument("--fetch", action="store_true", help="fetch the sources "
                        "of targets and programs, for a run without network")
    parser.add_argument("--jobs", type=number, default=min(2, os.cpu_count()),
                        metavar="N", help="what is not timed runs side by "
                        "side (2)")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    parser.add_argument("--also", action="append", default=[],
                        metavar="BUILD", help="build folder for another LLVM, "
                        "whose costs are measured, too; may be repeated")
    args = parser.parse_args()
    for stage in args.stage:
        if stage not in STAGES:
            parser.error(f"no stage '{stage}'; there is: {', '.join(STAGES)}")
    if not args.out and not args.list and not args.fetch:
        parser.error("--out DIR is needed")
    return args


def show_names(known_targets, known_rows):
    print("Stages\n  " + "\n  ".join(STAGES) + "\n\nTargets\n  " +
          "\n  ".join(known_targets) + "\n\nRows (* those of a run without "
          "--row)")
    for name, row in known_rows.items():
        mark = "*" if name in choice.FULL else " "
        print(f"{mark} {name:32} {row.about}".rstrip())


def locked(work, out):
    """A file that is locked while it is open: one run at a time uses the folder."""
    try:
        os.makedirs(work, exist_ok=True)
        file = open(os.path.join(work, "lock"), "w", encoding="ascii")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"schemes: {out}: another run is at work in it")
    except OSError as e:
        raise SystemExit(f"schemes: {out}: {e.strerror}")
    return file


def say_left_out(sections):
    """A line for each stage; the page has all of it."""
    for name, section in sections.items():
        for first, why in list(section["left_out"].items())[:1]:
            say(f"{name}: left out: {len(section['left_out'])}, the first "
                f"{first}: {' '.join(why.split())}")


def say_without_adapter(rows, stages):
    for row in rows:
        if row.own and not row.adapter and any(s.TARGETS for s in stages):
            say(f"{row.name}: has no 'adapter', so it is in no stage but costs")


def main():
    args = arguments()
    began = time.time()
    if args.list:
        rows = choice.known(args.scheme_file, os.path.join(args.build,
                                                           "bench"))
        return show_names(target_files.all_files(args.target_file), rows)
    sources = os.path.join(os.path.abspath(args.build), "bench", "schemes")
    if args.fetch:
        choice.fetch(args, sources)
        return None
    out = os.path.abspath(args.out)
    work = os.path.join(out, "work")
    lock = locked(work, args.out)
    llvm = common.llvm(args.build)
    rows = choice.rows(choice.known(args.scheme_file, work), args)
    stages = [importlib.import_module(n) for n in STAGES
              if not args.stage or n in args.stage]
    say_without_adapter(rows, stages)
    targets = []
    if any(s.TARGETS for s in stages):
        say("sources")
        targets = choice.targets(target_files.all_files(args.target_file),
                                 args, sources)
    builds = {common.llvm(b): b for b in [*args.also, args.build]}
    context = contexts.make(out, builds, llvm, (
        args.quick, targets, choice.workloads(args), rows), sources,
        args.jobs, say)
    store = state.Store(out, {s.NAME: state.fingerprint(context, s)
                              for s in stages}, say)
    before = environment.load()
    sections = runner.run(stages, context, store, args.jobs)
    command = shlex.join(["./dev", "bench", "schemes", *[
        w for w in sys.argv[1:] if w not in ("--build", args.build) and
        not w.startswith("--also=")], "--llvm", str(llvm)])
    result = {"environment": environment.of(context, command, before),
              "seconds": store.seconds, "wall": round(time.time() - began),
              "quick": args.quick, "sections": sections}
    page.write(result, out)
    lock.close()
    say_left_out(sections)
    say(f"page: {os.path.join(args.out, 'index.html')}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        sys.exit(130)
