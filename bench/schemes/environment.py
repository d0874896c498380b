# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where and with what a run was made."""
import os
import platform
import shutil
import subprocess
import time

from paths import HERE
import common
import inputs

PINNED = os.path.join(HERE, "container", "packages.txt")


def load():
    return os.getloadavg()[0]


def _said(*command):
    done = subprocess.run(command, capture_output=True, text=True,
                          cwd=HERE)
    return done.stdout.strip() if done.returncode == 0 else ""


def _system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()


def _pinned():
    with open(PINNED, encoding="ascii") as f:
        return dict(line.strip().split("=", 1) for line in f
                    if not line.startswith("#"))


def _packages():
    """Versions of what the container has, and which of them are others here."""
    if not shutil.which("dpkg-query"):
        return {}, "unknown: no dpkg here"
    pinned = _pinned()
    # It fails if one is not installed, and still tells the others.
    said = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${Version}\n",
                           *pinned], capture_output=True, text=True).stdout
    found = dict(line.split(" ") for line in said.splitlines()
                 if not line.endswith(" "))
    others = [n for n, v in pinned.items() if found.get(n) != v]
    return found, "those of the container" if not others else \
        "other than the container's: " + ", ".join(others)


def of(context, command, load_before):
    commit = _said("git", "rev-parse", "HEAD")
    if commit and _said("git", "status", "--porcelain"):
        commit += ", changed"
    packages, compared = _packages()
    return {
        "date": time.strftime("%Y-%m-%d"), "command": command,
        "commit": commit, "llvm": context.llvm,
        "cpu": common.cpu_model(), "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") *
                            os.sysconf("SC_PAGE_SIZE") / 2**30),
        "kernel": platform.release(), "system": _system(),
        "load_before": load_before, "load_after": load(),
        "compilers": {c: inputs.compiler(c)[1].partition("\n")[0]
                      for c in context.compilers() if shutil.which(c)},
        "packages": packages, "package_versions": compared,
        "targets": {t.name: t.about for t in context.targets},
    }
