#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""probe-sites.py OBJDUMP KCOV8 IMAGE - probes in the code against the list

Every instruction that touches the counter section must touch a byte that a
listed block owns, and every listed block that is not marked must be touched
by at least one. Prints what is wrong and exits 1.
"""
import json
import re
import subprocess
import sys

objdump, kcov8, image = sys.argv[1:]


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          text=True).stdout


sections = {}
for line in output(objdump, "-h", image).splitlines():
    word = line.split()
    if len(word) >= 4 and word[0].isdigit():
        sections[word[1]] = (int(word[3], 16), int(word[2], 16))
start, size = sections["__kcov8_cntrs"]

touched = set()
code = []  # (address, text)
for line in output(objdump, "-d", "--no-show-raw-insn", image).splitlines():
    match = re.match(r"\s*([0-9a-f]+):\s+(\S.*)", line)
    if match:
        code.append((int(match.group(1), 16), match.group(2)))
for n, (at, text) in enumerate(code):
    # AT&T operands: 0x1234(%rip) # 0xABCD <symbol>; no comment behind %gs:
    match = re.search(r"\(%rip\).*#\s*(?:0x)?([0-9a-f]+)", text)
    segment = re.search(r"%gs:(-?(?:0x)?[0-9a-f]+)\(%rip\)", text)
    if match:
        address = int(match.group(1), 16)
    elif segment:
        address = code[n + 1][0] + int(segment[1], 0)
    else:
        continue
    if start <= address < start + size:
        touched.add(address - start)

blocks = json.loads(output(kcov8, "list", "--format", "json", image))
blocks = blocks["blocks"] if isinstance(blocks, dict) else blocks
owned = {b["counter"]: b for b in blocks}
bad = 0
for offset in sorted(touched - set(owned)):
    print("a probe touches byte %d of the counters, which no block owns" % offset)
    bad = 1
for offset, block in sorted(owned.items()):
    if offset not in touched and not (block.get("removed") or block.get("discarded")):
        print("no probe for %s %s" % (block["id"], block["function"]))
        bad = 1
if len(owned) != len(blocks):
    print("two blocks share a counter")
    bad = 1
print("%d blocks, %d counters touched" % (len(blocks), len(touched)))
sys.exit(bad)
