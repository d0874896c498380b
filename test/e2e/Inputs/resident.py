# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""resident.py UKERNEL KCOV-TRACE - what a large cover buffer costs unused

Runs busybox's cat under kcov-trace in UKERNEL, once with a buffer of 64Ki
words and once with 16Mi (128 MiB). After cat has passed on one line, it waits:
VmRSS of UKERNEL is read then. Exit 1 if the large buffer's is 1 MiB or more
above the small one's.
"""
import re
import subprocess
import sys


def resident_kib(words):
    command = [sys.argv[1], sys.argv[2], "--words", str(words), "/bin/busybox",
               "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        p.stdin.write(b"x\n")
        p.stdin.flush()
        line = p.stdout.readline()
        with open("/proc/%d/status" % p.pid) as status:
            kib = int(re.search(r"VmRSS:\s*(\d+) kB", status.read()).group(1))
        out, err = p.communicate()
    pcs = [pc for pc in err.split(b"\n") if pc.startswith(b"0x")]
    if line != b"x\n" or out or p.returncode or not pcs:
        sys.exit("resident.py: %s: exit %d, %r" % (command, p.returncode, err))
    return kib


small, large = resident_kib(64 << 10), resident_kib(16 << 20)
print("VmRSS: %d KiB with 64Ki words, %d KiB with 16Mi" % (small, large))
sys.exit(large - small >= 1024)
