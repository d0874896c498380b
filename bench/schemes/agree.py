#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""agree.py [--tool KCOV8] [--list] IMAGE PCS STOCK-IMAGE PCS

Do two builds of one program call the same lines covered? IMAGE was built with
kcov8's pass, STOCK-IMAGE with a scheme of a stock compiler that has a block for
each of the pass's; PCS is what a client read in each. Lines that only one of the
two calls covered are counted by the reason; --list names them all. Exit 1 if one
has no reason. The reasons: docs/providers.md.
"""
import argparse
import bisect
import json
import os
import re
import subprocess
import sys
from collections import defaultdict

TOOL = os.path.abspath(os.path.join(os.path.dirname(__file__),
                                    "..", "..", "build", "bin", "kcov8"))
INSIDE, CALL, LOST, SHARED, HEAD, ZERO, NONE = (
    "behind the first instruction of a block that ran in the stock build",
    "call of code that was inlined into a block that ran in the stock build",
    "no instruction of the stock build has the line",
    "of several blocks, some of which ran, with no instruction in these",
    "head of a function, first line of its first block in the stock build",
    "first line of a block that begins with code without a line",
    "no reason")
OF_PASS, OF_STOCK = (INSIDE, CALL, LOST, SHARED, NONE), (HEAD, ZERO, NONE)


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"agree: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Build:
    """
    lines:  {(path, line): count}, of the report
    blocks: [(pc, ran, block)], by PC
    """

    def __init__(self, tool, image, pcs):
        report = json.loads(run([tool, "report", "--format", "json", image,
                                 pcs]))
        listed = json.loads(run([tool, "list", "--format", "json", image]))
        ran = {b["pc"] for f in report["files"] for b in f["blocks"]
               if b["count"]}
        self.image = image
        self.lines = {(f["path"], line): count for f in report["files"]
                      for line, count, *_ in f["lines"]}
        self.blocks = sorted(((int(b["pc"], 16), b["pc"] in ran, b)
                              for b in listed["blocks"]),
                             key=lambda block: block[0])

    def ran_by_line(self):
        """{(path, line): {whether a block with the line ran}}"""
        found = defaultdict(set)
        for _, ran, block in self.blocks:
            for path, first, n in block["lines"]:
                for line in range(first, first + n):
                    found[path, line].add(ran)
        return found


def functions(image):
    """[(begin, end)] of the image's functions."""
    found = set()
    for line in run(["nm", "-S", "--defined-only", image]).splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tTwW":
            begin = int(words[0], 16)
            found.add((begin, begin + int(words[1], 16)))
    return sorted(found)


def extents(stock):
    """[(begin, end, ran)] of the code of each block: up to the next one."""
    ends, found = functions(stock.image), []
    begins = [begin for begin, _ in ends]
    pcs = [pc for pc, _, _ in stock.blocks]
    for i, (pc, ran, _) in enumerate(stock.blocks):
        at = bisect.bisect_right(begins, pc) - 1
        if at >= 0 and pc < ends[at][1]:
            found.append((pc, min(pcs[i + 1:i + 2] + [ends[at][1]]), ran))
    return found


def places(image, blocks):
    """{address: [(path, line)]}: of the code, and of calls around it."""
    asked = "".join(f"{at:#x}\n" for begin, end, _ in blocks
                    for at in range(begin, end))
    found, at = defaultdict(list), None
    for line in run(["addr2line", "-a", "-i", "-e", image],
                    input=asked).splitlines():
        if line.startswith("0x"):
            at = int(line, 16)
            continue
        path, _, number = re.sub(r" \(discriminator \d+\)$", "",
                                 line).rpartition(":")
        found[at].append((path, int(number) if number.isdigit() else 0))
    return found


class Code:
    """Lines of the stock build's instructions, by DWARF.

    inside, calls: of blocks that ran; anywhere: of all blocks
    lineless: addresses of blocks that begin with line 0
    """

    def __init__(self, stock, known):
        blocks = extents(stock)
        at = places(stock.image, blocks)
        self.lineless = {begin for begin, _, _ in blocks
                         if not at[begin] or not at[begin][0][1]}
        self.inside, self.calls, self.anywhere = set(), set(), set()
        self.known, self.spelling = known, {}
        for begin, end, ran in blocks:
            for address in range(begin, end):
                here = [self.spell(*place) for place in at[address]]
                self.anywhere.update(here)
                if ran:
                    self.inside.update(here[:1])
                    self.calls.update(here[1:])

    def spell(self, path, line):
        """addr2line's path as the reports have it."""
        if path not in self.spelling:
            self.spelling[path] = next(
                (k for k in self.known if path == k or path.endswith("/" + k)),
                path)
        return self.spelling[path], line


def compare(ours, stock):
    """{reason: [line]} of lines that only the pass's, only stock's build calls
    covered."""
    known = sorted({path for path, _ in ours.lines.keys() | stock.lines.keys()},
                   key=len, reverse=True)
    code, ran = Code(stock, known), ours.ran_by_line()
    heads = {tuple(b["lines"][0][:2]) for _, _, b in stock.blocks
             if b["lines"] and b["block"] == 0}
    of_pass = {reason: [] for reason in OF_PASS}
    of_stock = {reason: [] for reason in OF_STOCK}
    for line in sorted(ours.lines.keys() | stock.lines.keys()):
        if bool(ours.lines.get(line)) == bool(stock.lines.get(line)):
            continue
        if not ours.lines.get(line):
            head = line not in ours.lines and line in heads
            first = [pc for pc, has_run, b in stock.blocks if has_run and
                     b["lines"] and tuple(b["lines"][0][:2]) == line]
            of_stock[HEAD if head else ZERO if code.lineless.issuperset(first)
                     else NONE].append(line)
        else:
            of_pass[INSIDE if line in code.inside else
                    CALL if line in code.calls else
                    LOST if line not in code.anywhere else
                    SHARED if len(ran[line]) == 2 else NONE].append(line)
    return of_pass, of_stock


def show(title, found, all_lines):
    print(f"{sum(map(len, found.values()))} {title}")
    for reason, lines in found.items():
        print(f"  {len(lines)} {reason}")
        for path, line in lines if all_lines or reason == NONE else ():
            print(f"    {path}:{line}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--tool", default=TOOL)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("files", nargs=4)
    args = parser.parse_args()
    ours = Build(args.tool, *args.files[:2])
    stock = Build(args.tool, *args.files[2:])
    both = ours.lines.keys() & stock.lines.keys()
    same = sum(bool(ours.lines[n]) == bool(stock.lines[n]) for n in both)
    of_pass, of_stock = compare(ours, stock)
    for build, who in (ours, "kcov8"), (stock, "stock"):
        print(f"{who}: {sum(r for _, r, _ in build.blocks)} of "
              f"{len(build.blocks)} blocks, "
              f"{sum(map(bool, build.lines.values()))} of {len(build.lines)} "
              "lines")
    print(f"{same} of {len(both)} lines that both name agree")
    show("lines that only kcov8 calls covered", of_pass, args.list)
    show("lines that only the stock build calls covered", of_stock, args.list)
    sys.exit(bool(of_pass[NONE] or of_stock[NONE]))


if __name__ == "__main__":
    main()
