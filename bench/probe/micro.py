# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The straight-line microbench: does this CPU punish adjacent counters?"""
import os
import platform
import subprocess

from files import HERE


def run(into, clang, say):
    """[[probe, rows, ns]]; empty where the CPU is not an x86-64."""
    if platform.machine() != "x86_64":
        say("microbench: x86-64 only, left out")
        return []
    say("microbench")
    program = os.path.join(into, "micro")
    source = os.path.join(HERE, "runtime", "micro.c")
    subprocess.run([clang, "-O2", source, "-o", program], check=True)
    text = subprocess.run([program], check=True, text=True,
                          capture_output=True).stdout
    return [[name, int(rows), float(ns)]
            for name, rows, ns in map(str.split, text.splitlines())]
