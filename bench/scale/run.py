#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench scale: calls per second of tasks that trace side by side (--help)."""
import argparse
import os
import statistics
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402
import model

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
THREADS = (1, 2, 4, 8)
WAYS = ("off", "file", "one", "remote")
CPUS = (1, 2, 4, 8, 16, 32, 64)
WRAPPED = ("mutex_new", "mutex_lock", "mutex_unlock", "lock", "unlock")


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench scale", description="Traced calls per second of 1, 2, "
        "4 and 8 threads with a file each (attribution `task`): not traced, "
        "with a lock per file, with one lock for all; and as background work "
        "(KCOV_REMOTE_ENABLE). How long locks are held, and from that a model "
        "of up to 64 CPUs.")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--quick", action="store_true", help="3 short rounds")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="interleaved rounds (9)")
    parser.add_argument("--linux", metavar="DIR",
                        help="also in a kernel that `examples/linux/kernel "
                        "build` made, with the CPUs that it has")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    return parser.parse_args()


def compile_host(build, into):
    program = os.path.join(into, "scale")
    clang = f"clang-{common.llvm(build)}"
    include = "-I" + os.path.join(ROOT, "include")
    work = os.path.join(into, "scale-work.o")
    subprocess.run(
        [os.path.join(build, "bin", "kcov8-clang"), "--kcov8-attribution=task",
         "--kcov8-delta=gs", "--kcov8-probe=flag", "--kcov8-prune", "-O2", "-c",
         os.path.join(HERE, "work.c"), "-o", work], check=True)
    subprocess.run(
        [clang, "-std=gnu11", "-O2", "-pthread", include,
         os.path.join(HERE, "host.c"), work,
         *(f"-Wl,--wrap=kcov8_port_{name}" for name in WRAPPED),
         os.path.join(build, "lib", "libkcov8.a"), "-ldl", "-o", program],
        check=True)
    return program


def words(command):
    out = subprocess.run(command, check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return [float(w) for w in out.split()]


def hosted(program, rounds, calls):
    """cells[way, threads]: calls per second, one per round."""
    cells = {(w, t): [] for t in THREADS for w in WAYS}
    for _ in range(rounds):
        for (way, threads), rates in cells.items():
            rate, pcs = words([program, str(threads), str(calls), way])[:2]
            rates.append(rate)
            if (pcs > 0) != (way != "off"):
                raise SystemExit(f"bench: {way}: {pcs} PCs per call")
    return cells


def held(program, calls):
    names = ("call", "flush", "file", "core")
    return dict(zip(names, words([program, "1", str(calls), "hold"])[2:]))


def in_linux(build, directory, into, rounds, calls):
    """As hosted(): the guest of bench device, which prints ns per call."""
    guest = common.calls_guest(build, into)
    kernel = os.path.join(ROOT, "examples", "linux", "kernel")
    cells = {(w, t): [] for t in THREADS for w in ("off", "file")}
    for _ in range(rounds):
        for (way, threads), rates in cells.items():
            ns = words([kernel, "run", directory, guest, str(threads),
                        "1" if way == "file" else "0", str(calls)])[0]
            rates.append(1e9 / ns)
    return cells


def modelled(hold):
    """[(CPUs, calls per second with a lock per file, with one lock)]"""
    return [(n, model.rate(n, hold, one_lock=False),
             model.rate(n, hold, one_lock=True)) for n in CPUS]


def spread(values):
    return f"{statistics.median(values):9.0f} {min(values):9.0f} {max(values):9.0f}"


def table(title, cells, ways):
    lines = [title, f"{'':>15} {'threads':>7} {'median':>9} {'least':>9} "
             f"{'most':>9}  x of 1 thread"]
    for way in ways:
        one = statistics.median(cells[way, THREADS[0]])
        for threads in THREADS:
            rates = cells[way, threads]
            lines.append(f"{way:>15} {threads:7} {spread(rates)}  "
                         f"{statistics.median(rates) / one:.2f}")
    return lines


def text(result, cells, linux):
    lines = [f"{result['cpu']}, {result['cores']} cores, {result['date']}, load "
             f"{result['load_before']:.1f} to {result['load_after']:.1f}"]
    lines += table("calls per second of all threads; 30 calls between ENABLE "
                   "and DISABLE", cells, WAYS)
    h = result["hold"]
    lines += ["", f"Medians in ns: a call {h['call']:.0f}, its flush "
              f"{h['flush']:.0f}, of which the file's lock is held "
              f"{h['file']:.0f}; ENABLE and DISABLE of a program hold the "
              f"core's {h['core']:.0f}.", "",
              "Model of more CPUs, calls per second (x of 1):",
              f"{'CPUs':>5} {'lock per file':>20} {'one lock':>20}"]
    first = result["model"][0]
    for n, apart, one in result["model"]:
        lines.append(f"{n:5} {apart:13.0f} {apart / first[1]:5.1f}x "
                     f"{one:13.0f} {one / first[2]:5.1f}x")
    if linux:
        lines += [""] + table("getppid in Linux, calls per second", linux,
                              ("off", "file"))
    return "\n".join(lines)


def main():
    args = arguments()
    into = os.path.join(args.build, "bench")
    os.makedirs(into, exist_ok=True)
    load = os.getloadavg()[0]
    rounds = args.rounds or (3 if args.quick else 9)
    calls = 60000 if args.quick else 600000
    program = compile_host(args.build, into)
    cells = hosted(program, rounds, calls)
    hold = held(program, 60000)
    linux = args.linux and in_linux(args.build, args.linux, into,
                                    min(rounds, 3), 20000)
    result = {
        "cpu": common.cpu_model(), "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
        "load_before": load, "load_after": os.getloadavg()[0],
        "cells": {f"{w} {t}": r for (w, t), r in cells.items()},
        "hold": hold, "model": modelled(hold),
        "linux": {f"{w} {t}": r for (w, t), r in (linux or {}).items()}}
    if args.json:
        common.write_json(result, args.json)
    print(text(result, cells, linux))


if __name__ == "__main__":
    main()
