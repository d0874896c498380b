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

# Whose versions can change a figure.
PACKAGES = ("libc6", "valgrind", "python3", "python3-scipy", "gnuplot-nox",
            "gcc-12", "afl++")


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


def _packages(llvm):
    found = {}
    if shutil.which("dpkg-query"):
        for name in (*PACKAGES, f"clang-{llvm}"):
            version = _said("dpkg-query", "-W", "-f=${Version}", name)
            if version:
                found[name] = version
    return found


def of(context, command, load_before):
    compilers = sorted({context.builder.compiler(r.compiler)
                        for r in context.rows})
    commit = _said("git", "rev-parse", "HEAD")
    if commit and _said("git", "status", "--porcelain"):
        commit += ", changed"
    return {
        "date": time.strftime("%Y-%m-%d"), "command": command,
        "commit": commit, "llvm": context.llvm,
        "cpu": common.cpu_model(), "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") *
                            os.sysconf("SC_PAGE_SIZE") / 2**30),
        "kernel": platform.release(), "system": _system(),
        "load_before": load_before, "load_after": load(),
        "compilers": {c: inputs.compiler(c)[1].partition("\n")[0]
                      for c in compilers if shutil.which(c)},
        "packages": _packages(context.llvm),
        "targets": {t.name: t.about for t in context.targets},
    }
