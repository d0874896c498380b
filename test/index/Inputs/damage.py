#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""damage.py KCOV8 INDEX - 60 damaged copies: read, written and merged, or refused

Bytes changed, in pages and in the blobs alone; exit status 0 or 1, never a signal.
"""
import os
import random
import shutil
import sqlite3
import subprocess
import sys

kcov8, index = sys.argv[1:]
bad = index + ".bad"
random.seed(8)
statuses = {0: 0, 1: 0}


def flip(data):
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        if data:
            data[random.randrange(len(data))] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
    return bytes(data)


def damage(turn):
    shutil.copy(index, bad)
    if turn % 2:
        with open(bad, "r+b") as f:
            page = random.randrange(os.path.getsize(bad) // 4096) * 4096
            f.seek(page)
            data = flip(f.read(4096)[:random.choice((100, 4096))])
            f.seek(page)
            f.write(data)
        return
    db = sqlite3.connect(bad)
    for table, column in ("hits", "bits"), ("image", "functions"), ("function", "code"):
        for row, blob in db.execute("SELECT rowid, %s FROM %s" % (column, table)).fetchall():
            if blob and random.random() < 0.5:
                db.execute("UPDATE %s SET %s = ? WHERE rowid = ?" % (table, column), (flip(blob), row))
    db.commit()
    db.close()


for turn in range(60):
    damage(turn)
    for words in (["index", bad], ["merge", "-o", bad + ".out", index, bad], ["index", bad, "prog"]):
        for name in (bad + ".out", bad + ".out-wal", bad + ".out-shm", bad + "-wal", bad + "-shm"):
            if os.path.exists(name):
                os.unlink(name)
        done = subprocess.run([kcov8, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode in statuses, (turn, words, done.returncode, done.stderr)
        assert done.returncode == 0 or done.stderr.startswith("kcov8: "), done.stderr
        statuses[done.returncode] += 1
print("read or refused" if min(statuses.values()) > 10 else statuses)
