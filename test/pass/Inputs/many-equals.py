# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""many-equals.py DIRECTORY COMPILER [FLAG...] - one case more

Compiles a switch of 24 cases that all use one macro, and the same with a case
more in the line of the seventh. Prints how many keys mean a block of another
line then, and how many are gone.
"""
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(__file__))
from elfobj import Elf


def source(more):
    text = ("int get(void), put(int), sum(int);\n"
            "#define STEP(x) do { if (get() > 0) put(x); else sum(x); } while (0)\n"
            "int run(int op) {\n  switch (op) {\n")
    for case in range(24):
        if more and case == 7:
            text += "  case 100: STEP(op); STEP(op + 100); break;"
        text += f"  case {case}: STEP(op); STEP(op + {case + 1}); break;\n"
    return text + "  }\n  return op;\n}\n"


def lines(directory, compiler, more):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "many.c"), "w") as f:
        f.write(source(more))
    subprocess.run([*compiler, "-c", "many.c", "-o", "many.o"], cwd=directory,
                   check=True)
    elf = Elf(os.path.join(directory, "many.o"))
    return {b.key: b.range[0] for e in elf.map_entries() if e.kind == 1
            for b in e.blocks}


def main():
    directory, *compiler = sys.argv[1:]
    old, new = (lines(directory, compiler, more) for more in (False, True))
    other = sum(key in new and new[key] != line for key, line in old.items())
    print(f"{other} on other lines, {sum(key not in new for key in old)} gone")


main()
