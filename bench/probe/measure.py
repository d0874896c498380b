# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the programs: CPU time in interleaved rounds, instructions once."""
import concurrent.futures
import os
import re
import subprocess
import sys

from rows import NONE
from workloads import HERE


def build_guest(into, builder):
    guest = os.path.join(into, "guest")
    source = os.path.join(HERE, "drivers", "guest.c")
    subprocess.run([builder.clang, "-O2", "-w", "-static", source, "-o",
                    guest], check=True)
    return guest


def _environment(row):
    env = {k: v for k, v in os.environ.items()
           if k not in ("KCOV8_OUT", "KCOV8_OPTIONS", "BENCH_TRACE")}
    if row.trace:
        env["BENCH_TRACE"] = "1"
    return env


def _command(builder, workload, row, words, guest):
    return [builder.program(workload, row)] + [
        guest if w == "GUEST" else w for w in words]


def _phases(text, what):
    """{phase: time} and the checksum, from lines `NAME NUMBER`."""
    found = {}
    for line in text.splitlines():
        name, _, number = line.partition(" ")
        if re.fullmatch(r"\d+", number):
            found[name] = int(number)
    checksum = found.pop("sum", 0)
    if not found:
        sys.exit(f"bench: {what} printed no times:\n{text}")
    return found, checksum


def _run(command, row, what):
    done = subprocess.run(command, env=_environment(row), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"bench: {what}: exit {done.returncode}\n{done.stdout}")
    return _phases(done.stdout, what)


def times(builder, workloads, rows, guest, rounds, say):
    """{workload: {phase: {row: [time of each round]}}}"""
    result = {}
    for workload in workloads:
        phases = result.setdefault(workload.name, {})
        checksum = None
        for number in range(-1, rounds):  # the first warms up
            say(f"{workload.name}: time, round {number + 1} of {rounds}")
            shift = number % len(rows)
            for row in rows[shift:] + rows[:shift]:
                command = _command(builder, workload, row, workload.run, guest)
                what = f"{workload.name}, {row.name}"
                found, this = _run(command, row, what)
                if checksum not in (None, this):
                    sys.exit(f"bench: {what}: another result than before")
                checksum = this
                if number < 0:
                    continue
                for phase, value in found.items():
                    if phase != "idle":
                        phases.setdefault(phase, {}).setdefault(
                            row.name, []).append(value)
    return result


def _callgrind(builder, workload, row, guest, into):
    out = os.path.join(into, "callgrind.out." +
                       re.sub(r"\W+", "-", f"{workload.name}-{row.name}"))
    inside = "syscall_dispatch" if "GUEST" in workload.run else "bench_body"
    command = ["valgrind", "--tool=callgrind", f"--toggle-collect={inside}",
               f"--callgrind-out-file={out}",
               *_command(builder, workload, row, workload.short, guest)]
    done = subprocess.run(command, env=_environment(row), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = re.search(r"Collected : (\d+)", done.stdout)
    if done.returncode or not found or int(found[1]) == 0:
        sys.exit(f"bench: {' '.join(command)}: exit {done.returncode}\n"
                 f"{done.stdout}")
    os.remove(out)
    return int(found[1])


def instructions(builder, workloads, rows, guest, into, say):
    """{workload: {row: instructions}}, on the shortened input."""
    result = {}
    rows = [r for r in rows if r.build != NONE]  # the same program again
    with concurrent.futures.ThreadPoolExecutor(builder.jobs) as pool:
        for workload in workloads:
            say(f"{workload.name}: instructions of {len(rows)} rows")
            futures = {row.name: pool.submit(_callgrind, builder, workload,
                                             row, guest, into)
                       for row in rows}
            result[workload.name] = {n: f.result() for n, f in futures.items()}
    return result
