# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""code-hash.py DIRECTORY COMPILER [FLAG...] - whose code hash an edit changes

Compiles Inputs/code.c and edited copies of it. An edit names the functions of
which the code is another: their hashes change, and no other's. Prints a line
per edit and level; exit 1 if one is wrong.
"""
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(__file__))
from elfobj import Elf, checksum

SOURCE = open(os.path.join(os.path.dirname(__file__), "code.c")).read()

# name, old, new, functions (of -O2, where clamp() is inlined)
EDITS = [
    ("nothing", "", "", ""),
    ("lines", "static const int", "\n/* more */\n\nstatic const int", ""),
    ("local", "int calm(int x) {", "int calm(int y) { int x = y;", ""),
    ("new function", "int table(", "int extra(int x) { return x; }\nint table(", ""),
    ("arithmetic", "x * 3", "x * 5", "calm"),
    ("predicate", "x > limit", "x >= limit", "bound"),
    ("type", "bound(int x)", "bound(unsigned x)", "bound"),
    ("argument", "100%\", 5", "100%\", 6", "bound"),
    ("text", "100%", "101%", "bound"),
    ("callee", "note(\"too", "warn(\"too", "bound"),
    ("number of a float", "2.5f", "2.25f", "floating"),
    ("table", "{3, 1, 4}", "{3, 2, 4}", "table"),
    ("what a variable begins with", "limit = 7", "limit = 8", "bound setter"),
    ("inlined", "10 : x", "11 : x", "inlines"),
]


def codes(directory, compiler, flags, text):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "code.c"), "w") as f:
        f.write(text)
    subprocess.run([*compiler, *flags, "-w", "-c",
                    os.path.join(os.path.abspath(directory), "code.c"),
                    "-o", os.path.join(directory, "code.o")], check=True)
    elf = Elf(os.path.join(directory, "code.o"))
    names = {(e.hash, e.checksum): e.name for e in elf.map_entries() if e.kind == 1}
    return {names[f.hash, checksum(f.keys)]: f.code for f in elf.functions()}


def main():
    directory, *compiler = sys.argv[1:]
    bad = False
    for flags in ["-O2", "-g"], ["-O2"], ["-O0", "-g"]:
        base = codes(directory + "/a", compiler, flags, SOURCE)
        assert 0 not in base.values(), base
        for name, old, new, functions in EDITS:
            if "-g" not in flags and name == "lines":
                continue  # no line to compare with
            want = set(functions.split())
            if "-O0" in flags and name == "inlined":
                want = {"clamp"}
            if "-O0" in flags and name == "local":
                want = {"calm"}
            assert old in SOURCE, old
            now = codes(directory + "/b/c", compiler, flags,
                        SOURCE.replace(old, new, 1))
            changed = {f for f in base if now.get(f) != base[f]}
            print(*flags, name + ":", *sorted(changed) or ["none"],
                  "" if changed == want else "WRONG")
            bad |= changed != want
    sys.exit(bad)


main()
