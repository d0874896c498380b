# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tests-in.py INDEX - its tests, a line each, by name: OUTCOME TIMED HITS NAME.

TIMED is + if it is known how long the test took. HITS is what it reached: image
and hits in hexadecimal, or `-`.
"""
import os
import sqlite3
import sys

assert os.path.exists(sys.argv[1])
db = sqlite3.connect(sys.argv[1])
assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
for row, name, outcome, seconds in db.execute(
        "SELECT id, name, outcome, seconds FROM test ORDER BY name"):
    hits = ["%s:%s" % (os.path.basename(path), bits.hex()) for path, bits in db.execute(
        "SELECT path, bits FROM hits JOIN image ON image = id WHERE test = ?"
        " ORDER BY path", (row,))]
    timed = "+" if seconds is not None and seconds >= 0 else "-"
    print(outcome, timed, ",".join(hits) or "-", name)
