# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Does `kcov8 tests' say of every line what reports of each test say?

truth.py DIRECTORY SEED KCOV8 COMPILER...

Writes a random program and a header, runs it as several tests, and asks for each
line of both. A report of one test's dumps is the truth.
"""
import json
import os
import random
import subprocess
import sys

import spool

N_TESTS = 9


def program(r):
    """A header with a function that is inlined, and a source."""
    header = ["static inline int twist(int x) {"]
    for i in range(r.randint(2, 4)):
        header += ["  if (x %% %d == %d)" % (i + 2, r.randint(0, 1)),
                   "    x = x * %d + 1;" % r.randint(2, 9)]
    header += ["  return x;", "}"]
    source = ["#include <stdlib.h>", '#include "twist.h"', ""]
    names = []
    for n in range(r.randint(3, 6)):
        static = r.choice(["", "static "])
        source += [static + "int f%d(int x, int y) {" % n, "  int sum = 0;"]
        for _ in range(r.randint(1, 5)):
            call = r.choice(names + ["twist"])
            args = "x" if call == "twist" else "x, y"
            source += r.choice([
                ["  if (x > %d && y < %d) {" % (r.randint(0, 40), r.randint(0, 40)),
                 "    sum += %s(%s);" % (call, args), "  } else", "    sum--;"],
                ["  for (int i = 0; i < x %% %d; i++)" % r.randint(1, 5),
                 "    sum += i ^ y;"],
                ["  switch (x & 3) {", "  case 0:", "    sum += 2;", "    break;",
                 "  case %d:" % r.randint(1, 3), "    sum = %s(%s);" % (call, args),
                 "  default:", "    y++;", "  }"],
            ])
        source += ["  return sum;", "}", ""]
        names.append("f%d" % n)
    source += ["int main(int argc, char **argv) {", "  int a = atoi(argv[1]);",
               "  int b = atoi(argv[2]);"]
    for name in names:
        source += ["  if (a %% %d == %d)" % (r.randint(2, 4), r.randint(0, 1)),
                   "    b ^= %s(a, b);" % name]
    source += ["  return b & 1;", "}"]
    return header, source


def lines_of(kcov8, image, entry):
    """(file, line) -> whether it ran, of one test."""
    out = subprocess.run([kcov8, "report", "--format", "lcov", image] +
                         [os.path.join(entry, name) for name in os.listdir(entry)],
                         check=True, capture_output=True, text=True).stdout
    lines, path = {}, None
    for line in out.splitlines():
        if line.startswith("SF:"):
            path = os.path.basename(line[3:])
        if line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            lines[path, int(number)] = count != "0"
    return lines


def main():
    directory, seed, kcov8, compiler = (sys.argv[1], int(sys.argv[2]),
                                        sys.argv[3], sys.argv[4:])
    os.makedirs(directory)
    os.chdir(directory)
    r = random.Random(seed)
    texts = dict(zip(("twist.h", "main.c"), program(r)))
    for name, text in texts.items():
        with open(name, "w") as f:
            f.write("\n".join(text) + "\n")
    subprocess.run(compiler + ["-g", "main.c", "-o", "main"], check=True)
    entries = {"test %d" % i: spool.run("index", "test %d" % i, [
        "./main", str(r.randint(0, 50)), str(r.randint(0, 50))])
               for i in range(N_TESTS)}
    truth = {name: lines_of(kcov8, "main", entry)
             for name, entry in entries.items()}
    n_asked = n_reached = 0
    for path, text in texts.items():
        for line in range(1, len(text) + 2):
            expected = {name for name in truth if truth[name].get((path, line))}
            is_code = any((path, line) in lines for lines in truth.values())
            p = subprocess.run([kcov8, "tests", "--json", "index",
                                "%s:%d" % (path, line)],
                               capture_output=True, text=True)
            got = {t["name"] for t in json.loads(p.stdout)["tests"]}
            says = ("" if got else "no test reaches it" if is_code else
                    "no code there")
            if got != expected or says not in p.stderr or bool(got) == bool(p.returncode):
                sys.exit("seed %d, %s:%d: %s, not %s\n%s" % (
                    seed, path, line, got, expected, p.stderr))
            n_asked += is_code
            n_reached += bool(got)
    print("%d lines with code, %d reached by some test" % (n_asked, n_reached))


main()
