#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""truth.py [--draw N] [--seed S] [--some] --build BUILD SUITE DIR: does the
index name the tests that llvm-cov names?

DIR is what `./dev bench suites --keep DIR` left. N lines are drawn from those
that llvm-cov has counts for; with --some from those that some tests reach and
others do not. Prints the lines for which the two sets of tests differ: of kcov8
it has more, fewer, others or none, or kcov8 has no code there (a declaration, a
brace, what the optimizer moved to another line or removed)."""
import argparse
import collections
import json
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import common  # noqa: E402
import llvmcov  # noqa: E402
import suite  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draw", type=int, default=200)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--some", action="store_true")
    parser.add_argument("--build", required=True)
    parser.add_argument("suite")
    parser.add_argument("dir")
    return parser.parse_args()


def named(kcov8, index, where):
    """The tests by the names of their directories, and what else is said."""
    done = subprocess.run([kcov8, "tests", "--json", index, where], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode > 1:
        raise SystemExit(f"bench: {where}: {done.stderr}")
    return {t["name"].split(" :: ", 1)[-1].replace("/", "+")
            for t in json.loads(done.stdout)["tests"]}, done.stderr.strip()


def reached_by(said, line):
    return {test for test, lines in said.items() if lines.get(line)}


def draw(said, args):
    every = sorted(set().union(*said.values()))
    if args.some:
        every = [line for line in every
                 if 0 < sum(bool(s.get(line)) for s in said.values())
                 < len(said)]
    return random.Random(args.seed).sample(every, min(args.draw, len(every)))


def source(line):
    with open(line[0], encoding="utf-8", errors="replace") as f:
        return f.read().splitlines()[line[1] - 1].strip()


def main():
    args = arguments()
    s = suite.Suite(args.suite)
    base = os.path.join(args.dir, s.name)
    kcov8 = os.path.join(args.build, "bin", "kcov8")
    _, said = llvmcov.ask(base + ".profiles", s.images["llvm"], [],
                          common.llvm(args.build))
    kinds = collections.Counter()
    for line in draw(said, args):
        where = f"{os.path.relpath(line[0], s.top)}:{line[1]}"
        ours, why = named(kcov8, base + ".index", where)
        theirs = reached_by(said, line)
        if ours == theirs:
            kind = "equal"
        elif ours:
            kind = "more" if ours > theirs else \
                "fewer" if ours < theirs else "other"
        else:
            missing = "no code there" in why or "no such file" in why
            kind = "no code" if missing else "none"
        kinds[kind] += 1
        if kind != "equal":
            print(f"{kind}: {where}: kcov8 {len(ours)}, llvm-cov {len(theirs)}: "
                  + source(line))
    print(", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))


if __name__ == "__main__":
    main()
