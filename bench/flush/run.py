#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench flush: what a flush costs, beside other ways (see --help)."""
import argparse
import os
import shutil
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402
import plot
import table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SOURCES = ["flush.c", "image.c", "peers.c", "port.c"]


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench flush", description="Time of a sweep and of a whole "
        "flush (sweep, PCs, buffer), of memchr, memcpy, 64-bit words and a "
        "byte loop on the same counters in the same run; time and memory of "
        "the preparation of an image. Medians, in microseconds.")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--svg", metavar="FILE",
                        help="the plot (BUILD/bench/flush.svg)")
    parser.add_argument("--quick", action="store_true",
                        help="up to 1 Mi blocks, fewer rounds")
    parser.add_argument("--size", type=int, action="append", metavar="BLOCKS",
                        help="only this one; may be repeated")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    return parser.parse_args()


def compile_program(build, into, name, *flags):
    program = os.path.join(into, name)
    subprocess.run(
        [f"clang-{common.llvm(build)}", "-std=gnu11", "-O2", "-g", *flags,
         "-Wall", "-Wextra",
         "-I" + os.path.join(ROOT, "include"),
         "-I" + os.path.join(ROOT, "runtime"),
         *(os.path.join(HERE, s) for s in SOURCES),
         os.path.join(ROOT, "runtime", "hosted", "pages.c"),
         os.path.join(build, "lib", "libkcov8-core.a"), "-o", program],
        check=True)
    return program


def measure(program, *words):
    """Lines of flush.c, on one CPU, as lists of words."""
    command = [program, *map(str, words)]
    if shutil.which("taskset"):
        command = ["taskset", "-c", str(os.cpu_count() - 1), *command]
    out = subprocess.run(command, check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return [line.split() for line in out.splitlines()]


def main():
    args = arguments()
    into = os.path.join(args.build, "bench")
    os.makedirs(into, exist_ok=True)
    program = compile_program(args.build, into, "flush")
    kernel = compile_program(args.build, into, "flush-kernel", "-DBENCH_LENDS")
    sizes = args.size or [n << 10 for n in
                          ((64, 256, 1024) if args.quick else
                           (64, 256, 1024, 1536, 4096, 16384))]
    lines = []
    load = os.getloadavg()[0]
    for size in sizes:
        print(f"bench: {size} blocks", flush=True)
        milliseconds = 30 if args.quick else 300
        lines += measure(program, size, milliseconds)
        for how in table.WAYS:
            lines += measure(program if how in ("full", "summary") else kernel,
                             size, milliseconds, how)
    result = table.collect(lines)
    result.update({
        "cpu": common.cpu_model(), "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
        "load_before": load, "load_after": os.getloadavg()[0]})
    if args.json:
        common.write_json(result, args.json)
    print(table.text(result))
    svg = plot.draw(result, args.svg or os.path.join(into, "flush.svg"))
    print(f"plot: {svg}" if svg else "no plot: no gnuplot (gnuplot-nox)")


if __name__ == "__main__":
    main()
