# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""llvm-cov's nearest way to the same answers: a profile per test, and an export
of each of them."""
import os
import subprocess
import time


def tool(name, llvm):
    return f"{name}-{llvm}"


def merge(profiles, llvm):
    """PROFILES/TEST/*.profraw to PROFILES/TEST.profdata: (seconds, processes,
    bytes of raw profiles, bytes of merged ones, tests)."""
    raw = merged = processes = 0
    took = 0.0
    tests = sorted(t for t in os.listdir(profiles)
                   if os.path.isdir(os.path.join(profiles, t)))
    for test in tests:
        inside = os.path.join(profiles, test)
        files = [os.path.join(inside, f) for f in os.listdir(inside)]
        files = [f for f in files if os.path.getsize(f)]
        out = os.path.join(profiles, test + ".profdata")
        processes += len(files)
        raw += sum(map(os.path.getsize, files))
        if not files:
            continue
        began = time.perf_counter()
        subprocess.run([tool("llvm-profdata", llvm), "merge", "-sparse",
                        "-o", out, *files], check=True)
        took += time.perf_counter() - began
        merged += os.path.getsize(out)
    return {"merge_s": took, "processes": processes, "raw_bytes": raw,
            "merged_bytes": merged, "tests": len(tests)}


def lines(profile, images, sources, llvm):
    """{(file, line): count} of one test."""
    objects = [images[0]] + [f"--object={i}" for i in images[1:]]
    text = subprocess.run(
        [tool("llvm-cov", llvm), "export", "--format=lcov", "--skip-functions",
         "--skip-expansions", f"--instr-profile={profile}", *objects, *sources],
        check=True, text=True, stdout=subprocess.PIPE).stdout
    found, file = {}, ""
    for line in text.splitlines():
        if line.startswith("SF:"):
            file = os.path.normpath(line[3:])
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            found[file, int(number)] = int(count)
    return found


def all_tests(profiles):
    """(test, profile) of each, in order."""
    return [(f[:-len(".profdata")], os.path.join(profiles, f))
            for f in sorted(os.listdir(profiles)) if f.endswith(".profdata")]


def ask(profiles, images, sources, llvm):
    """Seconds to export @sources of every test, and what it says."""
    began = time.perf_counter()
    said = {test: lines(profile, images, sources, llvm)
            for test, profile in all_tests(profiles)}
    return time.perf_counter() - began, said
