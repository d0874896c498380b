#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""together.py KCOV8 INDEX DUMP - many at once make, fill and read one index

None of them may fail: who finds the index in use waits.
"""
import subprocess
import sys
import threading

from entry import leave

kcov8, index, dump = sys.argv[1:]
new = index + ".new"
N_WRITERS, EACH = 6, 12
bad = []


def go(*words):
    done = subprocess.run([kcov8, "index", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        bad.append((words, done.stdout))


def write(number):
    for i in range(EACH):
        name = "w%d.%d" % (number, i)
        if i % 2:
            go("--name", name, index, dump)
        else:
            leave(new, "%016x" % (number * EACH + i), {"name": name, "began": 5, "uid": 1}, [dump],
                  outcome="PASS")
            go(index)


threads = [threading.Thread(target=write, args=(i,)) for i in range(N_WRITERS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
for words, text in bad:
    print(*words, ":", text)
print("done" if not bad else "failed")
