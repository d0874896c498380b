# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the benches share."""
import contextlib
import fcntl
import json
import os
import platform
import subprocess


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def write_json(result, path):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")


@contextlib.contextmanager
def alone(folder):
    """Of all threads, and of all runs, one at a time is in here with FOLDER."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def calls_guest(build, into):
    """The program of bench/device/guest.c, static, for ukernel and Linux."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    guest = os.path.join(into, "device-guest")
    subprocess.run([f"clang-{llvm(build)}", "-std=gnu11", "-O2",
                    "-static", "-pthread", "-I" + os.path.join(root, "include"),
                    os.path.join(root, "bench", "device", "guest.c"),
                    "-o", guest], check=True)
    return guest


def llvm(build):
    """The LLVM, a number, that a build directory is for."""
    with open(os.path.join(build, "llvm"), encoding="ascii") as f:
        return int(f.read())
