# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compare.py KCOV8-CLANG DIR PROGRAMS [FIRST [OPTION]]

Generates PROGRAMS programs, compiles each without and with OPTION (`prune`,
`prune flush-in=point`, or `summary`) in several ways, runs both with the same
flushes, and compares every window: the sets of blocks always, counts where they
can be compared (both saturate or wrap at 255; unary ones at 8).
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, "..", "..", "..", "..", "include")
COUNTER, FLAG, UNARY = (f"--kcov8-probe={p}"
                        for p in ("counter", "flag", "unary"))
WAYS = [["-O2", COUNTER], ["-O2", FLAG], ["-O1", COUNTER], ["-O2", UNARY],
        ["-O2", FLAG, "--kcov8-level=edge"],
        ["-O0", COUNTER, "--kcov8-level=edge"], ["-Os", FLAG],
        ["-O2", COUNTER, "--kcov8-place=early"],
        ["-O2", FLAG, "--kcov8-place=early"]]
RUNS = [("60", "0", "0"), ("60", "120", "0"), ("60", "60", "30"),
        ("40", "500", "100"), ("40", "0", "80")]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    if "not usable" in done.stderr:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def windows(text):
    found = []
    for line in text.splitlines():
        if line.startswith("flush"):
            pairs = [p.split(":") for p in line.split(":", 1)[1].split()]
            if len({p for p, _ in pairs}) != len(pairs):
                sys.exit(f"a block twice in {line}")
            found.append({p: int(n) for p, n in pairs})
        else:
            found.append(line)
    return found


def counts_agree(way, a, b):
    if FLAG in way:
        return True
    if UNARY in way:
        return min(a, 8) == min(b, 8)
    return b >= 255 or a == b


def same(full, pruned, way):
    if len(full) != len(pruned):
        return False
    for a, b in zip(full, pruned):
        if isinstance(a, str) or isinstance(b, str):
            if a != b:
                return False
        elif a.keys() != b.keys():
            return False
        elif not all(counts_agree(way, a[p], b[p]) for p in b):
            return False
    return True


def probes(kcov8, path):
    out = run([kcov8, "stat", path])
    numbers = dict(line.split(": ", 1) for line in out.splitlines()
                   if ": " in line)
    return int(numbers["blocks"]), int(numbers["blocks without a probe"])


def main():
    clang, folder, programs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    option = sys.argv[5] if len(sys.argv) > 5 else "prune"
    ways = WAYS
    if option == "summary":
        ways = [w for w in WAYS if "--kcov8-place=early" not in w]
        ways += [["-O2", COUNTER, "--kcov8-prune"],
                 ["-O2", COUNTER, "-ffunction-sections"]]
    kcov8 = os.path.join(os.path.dirname(clang), "kcov8")
    os.makedirs(folder, exist_ok=True)
    harness = os.path.join(folder, "harness.o")
    run([clang, "--kcov8-filter=!src:*", "-O1", f"-I{INCLUDE}", "-c",
         os.path.join(HERE, "harness.c"), "-o", harness])
    flushes = differences = blocks = implied = 0
    for seed in range(first, first + programs):
        source = os.path.join(folder, f"p{seed}.c")
        with open(source, "w") as f:
            f.write(run([sys.executable, os.path.join(HERE, "generate.py"),
                         str(seed)]))
        for number, way in enumerate(ways):
            made = []
            extras = [[], [f"--kcov8-{o}" for o in option.split()]]
            if "--kcov8-prune" not in way:
                extras[0].append("--kcov8-no-prune")
                if option == "summary":
                    extras[1].append("--kcov8-no-prune")
            for extra in extras:
                made.append(os.path.join(folder, f"p{seed}-{len(made)}"))
                run([clang, *way, *extra, "-w", source, harness, "-o",
                     made[-1]])
            if run([kcov8, "list", made[0]]) != run([kcov8, "list", made[1]]):
                sys.exit(f"{source} {way}: the lists differ")
            all_blocks, without = probes(kcov8, made[1])
            blocks += all_blocks
            implied += without
            for runs in RUNS:
                arguments = [*runs, str(seed * 8 + number)]
                full, pruned = (windows(run([m, *arguments])) for m in made)
                flushes += sum(isinstance(w, dict) for w in full)
                if not same(full, pruned, way):
                    differences += 1
                    print(f"differs: {source} {' '.join(way)} "
                          f"{' '.join(arguments)}")
            for path in made:
                os.remove(path)
    print(f"{programs} programs, {len(ways)} ways each, {blocks} blocks, "
          f"{implied} without a probe, {flushes} flushes compared, "
          f"{differences} runs differ")
    sys.exit(differences != 0)


main()
