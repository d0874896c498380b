#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench linux: what probes cost a Linux kernel (see --help)."""
import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402
import plot
import table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KERNEL = os.path.join(ROOT, "examples", "linux", "kernel")


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench linux", description="Linux 6.12 (User Mode Linux): "
        "plain, with its own kcov, with clang's 8-bit counters, with kcov8. "
        "Loops inside the kernel, system calls, size, build time. Kernels are "
        "built once, minutes each; the rounds boot them in turn.")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--svg", metavar="FILE",
                        help="plot of the loops (BUILD/bench/linux.svg)")
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="boots of each kernel (9)")
    parser.add_argument("--kinds", metavar="KIND,...",
                        default=",".join(table.KINDS),
                        help="plain and others (%(default)s)")
    parser.add_argument("--config", metavar="FILE",
                        help="kernels with these options, too, as of `kernel "
                        "build` (examples/linux/large.config: half a million "
                        "blocks, a quarter of an hour for each of --kinds)")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.config = args.config and os.path.abspath(args.config)
    args.kinds = args.kinds.split(",")
    for kind in args.kinds:
        if kind not in table.KINDS:
            parser.error(f"--kinds: '{kind}' is none of {', '.join(table.KINDS)}")
    if "plain" not in args.kinds:
        parser.error("--kinds: plain has to be there, to compare with")
    return args


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def build_kernel(build, kind, config):
    """Directory of the kernel; build.json in it has what building took."""
    name = os.path.splitext(os.path.basename(config))[0] if config else ""
    into = os.path.join(build, "bench", "linux", name, kind)
    took = os.path.join(into, "build.json")
    os.makedirs(into, exist_ok=True)
    before, start, stamp = cpu_seconds(), time.time(), os.path.join(into, "stamp")
    subprocess.run([KERNEL, "build", "--kind", kind, "--kcov8", build, "--add",
                    os.path.join(HERE, "linux-bench.c"),
                    *(["--config", config] if config else []), into], check=True)
    if os.path.getmtime(stamp) >= start - 1:
        with open(took, "w", encoding="utf-8") as f:
            json.dump({"wall": time.time() - start,
                       "cpu": cpu_seconds() - before}, f)
    with open(took, encoding="utf-8") as f:
        return into, json.load(f)


def driver_code(image):
    """Bytes of kcov8's own objects: they lie in one piece."""
    out = subprocess.run(["nm", "-S", "--defined-only", image], check=True,
                         text=True, stdout=subprocess.PIPE).stdout
    ours = [(int(at, 16), int(size, 16)) for at, size in
            re.findall(r"^(\w+) (\w+) [tT] (?:__)?kcov8", out, re.MULTILINE)]
    return max(map(sum, ours)) - min(ours)[0] if ours else 0


def blocks(build, image):
    """All, and those without a probe."""
    told = subprocess.run([os.path.join(build, "bin", "kcov8"), "stat", "--json",
                           image], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if told.returncode:
        return 0, 0
    found = json.loads(told.stdout)
    return found["blocks"], found["blocks_without_probe"]


def sizes(build, image):
    """Bytes of code, of kcov8's read-only tables, of counters; its blocks; bytes
    of a task that traces: counters, marks, a bit per block without a probe."""
    found = {"code": 0, "driver": driver_code(image), "tables": 0, "counters": 0}
    found["blocks"], implied = blocks(build, image)
    found["task"] = implied // 8
    out = subprocess.run(["size", "-A", image], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    for line in out.splitlines():
        words = line.split()
        if len(words) < 3 or words[2] == "0":
            continue
        if re.fullmatch(r"\.(text|init\.text|exit\.text)", words[0]):
            found["code"] += int(words[1])
        elif words[0] in ("__kcov8_keys", "__kcov8_funcs"):
            found["tables"] += int(words[1])
        elif words[0] in ("__kcov8_cntrs", "__sancov_cntrs"):
            found["counters"] += int(words[1])
        if words[0] in ("__kcov8_cntrs", "__kcov8_marks"):
            found["task"] += int(words[1])
    return found


def compile_static(build, into, name):
    program = os.path.join(into, "linux-" + name)
    subprocess.run([f"clang-{common.llvm(build)}", "-std=gnu11", "-O2", "-static",
                    os.path.join(HERE, name + ".c"), "-o", program], check=True)
    return program


def host_switch(program):
    """Nanoseconds: between processes without and with a base of gs; to set it."""
    out = subprocess.run([program], check=True, text=True,
                         stdout=subprocess.PIPE).stdout.split()
    return dict(zip(("zero", "some", "set"), map(float, out)))


def measure(kernels, columns, guest, rounds):
    """cells[column][what]: nanoseconds, one per boot. On one CPU: a system call
    of User Mode Linux is a switch between two processes of the host, which takes
    three times as long from CPU to CPU, and as the host likes."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cells = {c: {} for c in columns}
    for round_ in range(rounds):
        print(f"bench: round {round_ + 1} of {rounds}", file=sys.stderr)
        for column in columns:
            kind, state = table.COLUMNS[column]
            out = subprocess.run([KERNEL, "run", kernels[kind], guest, state],
                                 check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
            for line in out.splitlines():
                what, ns = line.split()
                cells[column].setdefault(what, []).append(float(ns))
    return cells


def main():
    args = arguments()
    args.build = os.path.abspath(args.build)
    into = os.path.join(args.build, "bench")
    os.makedirs(into, exist_ok=True)
    kernels, builds = {}, {}
    for kind in args.kinds:
        kernels[kind], builds[kind] = build_kernel(args.build, kind, args.config)
    columns = [c for c, (kind, _) in table.COLUMNS.items() if kind in kernels]
    load = os.getloadavg()[0]
    cells = measure(kernels, columns, compile_static(args.build, into, "guest"),
                    args.rounds or (3 if args.quick else 9))
    result = {
        "cores": os.cpu_count(), "date": time.strftime("%Y-%m-%d"),
        "cpu": common.cpu_model(),
        "load_before": load, "load_after": os.getloadavg()[0],
        "host_switch": host_switch(compile_static(args.build, into, "gs")),
        "builds": builds,
        "sizes": {k: sizes(args.build, os.path.join(d, "linux"))
                  for k, d in kernels.items()},
        "cells": cells}
    if args.json:
        common.write_json(result, args.json)
    print(table.text(result))
    svg = plot.draw(result, args.svg or os.path.join(into, "linux.svg"))
    print(f"plot: {svg}" if svg else "no plot: no gnuplot (gnuplot-nox)")


if __name__ == "__main__":
    main()
