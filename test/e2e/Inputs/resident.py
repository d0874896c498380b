# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""resident.py KIB COMMAND... -- COMMAND... - how much more memory one holds

Runs both. Each gets a line, and writes one, behind which it waits: its VmRSS is
read then. Exit 1 if the second one's is KIB or more above the first one's, or
if one fails.
"""
import re
import subprocess
import sys


def resident_kib(command):
    with subprocess.Popen(command, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as p:
        p.stdin.write(b"x\n")
        p.stdin.flush()
        line = p.stdout.readline()
        with open("/proc/%d/status" % p.pid) as status:
            kib = int(re.search(r"VmRSS:\s*(\d+) kB", status.read()).group(1))
        p.communicate(b"x\n")
    if not line or p.returncode:
        sys.exit("resident.py: %s: exit %d, %r" % (command, p.returncode, line))
    return kib


most, args = int(sys.argv[1]), sys.argv[2:]
split = args.index("--")
first, second = resident_kib(args[:split]), resident_kib(args[split + 1:])
print("VmRSS: %d KiB, %d KiB" % (first, second))
sys.exit(second - first >= most)
