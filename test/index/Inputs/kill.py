#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kill.py KCOV8 DIR DUMP - kill who gathers, at 20 moments

Results come in all the time. After each kill, every one that had been left is in
the index or still waits, and the index is good; in the end each is there once, with
all that it reached.
"""
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

from entry import leave

kcov8, where, dump = sys.argv[1:]
index = os.path.join(where, "i")
new = index + ".new"
random.seed(17)
KILLS, EACH = 20, 40


def inside():
    """Names in the index; an index that is not there yet has none."""
    if not os.path.exists(index):
        return set()
    db = sqlite3.connect(index)
    check = db.execute("PRAGMA integrity_check").fetchall()
    assert check == [("ok",)], check
    try:
        found = [row[0] for row in db.execute("SELECT name FROM test")]
        whole = db.execute("SELECT count(*) FROM test WHERE NOT EXISTS"
                           " (SELECT * FROM hits WHERE test = id)").fetchone()
    except sqlite3.OperationalError as error:  # killed ahead of the first commit
        assert "no such table" in str(error), error
        return set()
    finally:
        db.close()
    assert whole == (0,), "a test without what it reached"
    return set(found)


def waiting():
    names = os.listdir(new) if os.path.isdir(new) else []
    return {"t%d" % int(n[:16], 16) for n in names if n.endswith(".json")}


def main():
    n = killed = 0
    longest = 0.2  # seconds; found out below
    while killed < KILLS:
        for _ in range(EACH):
            leave(new, "%016x" % n, {"name": "t%d" % n, "began": 5, "uid": n}, [dump, dump],
                  outcome="PASS")
            n += 1
        process = subprocess.Popen([kcov8, "index", index], stdout=subprocess.DEVNULL)
        time.sleep(random.random() * longest)
        if process.poll() is None:
            killed += 1
        else:
            longest *= 0.8
        process.send_signal(signal.SIGKILL)
        process.wait()
        there = waiting() | inside()  # in this order: what is taken is in the index first
        assert len(there) == n, "%d of %d" % (len(there), n)
    subprocess.run([kcov8, "index", index], check=True, stdout=subprocess.DEVNULL)
    assert len(inside()) == n and not os.path.exists(new)
    print("all there")


main()
