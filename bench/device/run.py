#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench device: a guest's system calls with kcov off and on (see --help)."""
import argparse
import os
import statistics
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

TASKS = (1, 2, 8)
GOAL = 1.5


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench device", description="A loop of getppid in ukernel, "
        "in 1, 2 and 8 tasks, kcov off and enabled in each, interleaved. What "
        "enabled costs more is a flush per call.")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--quick", action="store_true", help="3 short rounds")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="interleaved rounds (9)")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(ukernel, guest, rounds, calls):
    """cells[(tasks, enabled)]: nanoseconds per call, one per round."""
    cells = {(t, e): [] for t in TASKS for e in (0, 1)}
    for _ in range(rounds):
        for (tasks, enabled), times in cells.items():
            out = subprocess.run(
                [ukernel, guest, str(tasks), str(enabled), str(calls)],
                check=True, text=True, stdout=subprocess.PIPE).stdout.split()
            times.append(float(out[0]))
            if enabled and int(out[1]) == 0:
                raise SystemExit("bench: enabled, and nothing was covered")
    return cells


def text(result):
    lines = [f"{result['cores']} cores, {result['date']}, load "
             f"{result['load_before']:.1f} to {result['load_after']:.1f}",
             "getppid in ukernel: ns per call of all tasks together, medians",
             f"{'tasks':>5}  {'off':>7}  {'enabled':>7}  {'flush':>6}  "
             f"{'ratio':>5}  {'of minima':>9}  {'calls/s off':>11}  enabled"]
    ratio = {}
    for tasks in TASKS:
        off, on = (result["cells"][f"{tasks} {m}"] for m in ("off", "on"))
        a, b = statistics.median(off), statistics.median(on)
        ratio[tasks] = statistics.median(y / x for x, y in zip(off, on))
        lines.append(f"{tasks:5}  {a:7.0f}  {b:7.0f}  {b - a:6.0f}  "
                     f"{ratio[tasks]:5.2f}  {min(on) / min(off):9.2f}  "
                     f"{1e9 / a:11.0f}  {1e9 / b:7.0f}")
    met = "reached" if ratio[1] <= GOAL else \
        f"missed: {ratio[1]:.2f}, {100 * (ratio[1] / GOAL - 1):.0f} % over"
    lines.append(f"Goal: 1 task, enabled <= {GOAL} x off: {met}")
    return "\n".join(lines)


def main():
    args = arguments()
    into = os.path.join(args.build, "bench")
    os.makedirs(into, exist_ok=True)
    load = os.getloadavg()[0]
    cells = measure(os.path.join(args.build, "bin", "ukernel"),
                    common.calls_guest(args.build, into),
                    args.rounds or (3 if args.quick else 9),
                    20000 if args.quick else 400000)
    result = {
        "cores": os.cpu_count(), "date": time.strftime("%Y-%m-%d"),
        "load_before": load, "load_after": os.getloadavg()[0],
        "cells": {f"{t} {'on' if e else 'off'}": times
                  for (t, e), times in cells.items()}}
    if args.json:
        common.write_json(result, args.json)
    print(text(result))


if __name__ == "__main__":
    main()
