# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a scheme has seen of a run, read out as its file says."""
import os
import subprocess

import files
import measure

# What programs add to in one run after the other.
KEPT = (".gcda", ".profraw")


def _clean(folder):
    for root, _, names in os.walk(folder):
        for name in names:
            if name.endswith(KEPT):
                os.remove(os.path.join(root, name))


def _words(builder, workload, row, seen):
    stands = {"program": builder.program(workload, row), "seen": seen,
              "llvm": str(builder.llvm),
              "kcov8": os.path.join(os.path.dirname(builder.lib), "bin",
                                    "kcov8")}
    for word in row.read:
        for name, value in stands.items():
            word = word.replace(f"{{{name}}}", value)
        yield word


def _units(builder, workload, row, guests, say):
    """What `read` prints, each line once; None if it fails."""
    folder, units = builder.folder(workload, row), set()
    seen = os.path.join(folder, "seen")
    _clean(folder)
    env = {"BENCH_SEEN": seen, **({"KCOV8_OUT": seen} if row.kcov8 else {})}
    for command, stdin in measure.commands(builder, workload, row,
                                           workload.short, guests):
        if os.path.exists(seen):
            os.remove(seen)
        measure.run(command, stdin, row, folder, f"{workload.name}, {row.name}", env)
        read = list(_words(builder, workload, row, seen))
        try:
            done = subprocess.run(read, cwd=folder, capture_output=True,
                                  text=True, errors="replace")
            error = done.stderr if done.returncode else ""
            if not done.stdout.strip() and not error:
                error = "nothing seen\n" + done.stderr
        except OSError as e:
            error = str(e)
        if error:
            error = error.strip()
            if row.own:
                files.wrong(row.file, "read", f"{row.name}: {error}")
            say(f"{workload.name}, {row.name}: not read out: {error}")
            return None
        units.update(line for line in done.stdout.splitlines() if line)
    return sorted(units)


def read_out(builder, workloads, rows, guests, say):
    """{workload: {row: how many units it saw}}, on the shortened input."""
    result = {}
    rows = [r for r in rows if r.read]
    for workload in workloads if rows else []:
        say(f"{workload.name}: what {len(rows)} rows see")
        counts = result.setdefault(workload.name, {})
        for row in rows:
            units = _units(builder, workload, row, guests, say)
            if units is not None:
                counts[row.name] = len(units)
    return result
