# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One small program for each way in which conclusions go wrong: wrong/*.c."""
import glob
import os

import closure
from paths import HERE

FOLDER = os.path.join(HERE, "wrong")
# Nothing else of them ends a window, is what flush-in is told.
FLUSHES_IN = ("cut", "again")


def names():
    found = glob.glob(os.path.join(FOLDER, "*.c*"))
    return sorted(os.path.splitext(os.path.basename(p))[0] for p in found
                  if not p.endswith("main.c"))


def _about(path):
    with open(path, encoding="utf-8") as f:
        return f.read().splitlines()[2].removeprefix("// ")


def judge(builder, name, into):
    """{"about", "gave up", "windows": [{"ran": lines, scheme: {"false", "missed"}}]}"""
    source = glob.glob(os.path.join(FOLDER, name + ".c*"))[0]
    folder = os.path.join(into, name)
    program = builder.program(
        folder, [source], [os.path.join(FOLDER, "main.c"),
                           os.path.join(HERE, "cut", "window.c")],
        ["-g"], ["-lstdc++"], flush_in=FLUSHES_IN)
    owners, _ = closure.read(program.records)
    result = {"about": _about(source), "windows": [],
              "gave up": {f.name: f.gave_up for f in owners.values()
                          if f.gave_up}}
    for _, ids in closure.record(program.path, [], folder):
        window = {"ran": []}
        for function, ran in closure.by_function(owners, ids).items():
            window["ran"] += function.where(ran)
            for scheme in function.schemes:
                wrong = window.setdefault(scheme, {"false": [], "missed": []})
                false, missed = function.wrong(scheme, ran)
                wrong["false"] += function.where(false)
                wrong["missed"] += function.where(missed)
        result["windows"].append(window)
    return result


def text(name, found):
    """For people and for the test: who is wrong in each window."""
    lines = [f"{name}: {found['about']}"]
    for function, why in sorted(found["gave up"].items()):
        lines.append(f"  bci keeps all of {function}: {why}")
    for number, window in enumerate(found["windows"], 1):
        lines.append(f"  {number} ran {lines_of(window['ran'])}")
        for scheme in closure.SCHEMES:
            said = [f"{k} {lines_of(v)}"
                    for k, v in window.get(scheme, {}).items() if v]
            if said:
                lines.append(f"    {scheme}: {', '.join(said)}")
    return "\n".join(lines)


def lines_of(lines):
    return " ".join(map(str, sorted(lines)))
