#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kill-merge.py KCOV8 SHOW IN IN... - kill `merge` at 20 moments

After each, OUT is as it was before or as it is in the end; then it gets there.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

kcov8, show, *shards = sys.argv[1:]
random.seed(4)


def content(name):
    return subprocess.run([sys.executable, show, name], check=True, capture_output=True, text=True).stdout


def main():
    before = content(shards[0])
    subprocess.run([kcov8, "merge", "-o", "want", *shards], check=True)
    want = content("want")
    killed, longest = 0, 0.2
    while killed < 20:
        for end in "", "-wal", "-shm":
            if os.path.exists("out" + end):
                os.unlink("out" + end)
        shutil.copy(shards[0], "out")
        process = subprocess.Popen([kcov8, "merge", "-o", "out", *shards])
        time.sleep(random.random() * longest)
        if process.poll() is None:
            killed += 1
        else:
            longest *= 0.8
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert content("out") in (before, want)
        subprocess.run([kcov8, "merge", "-o", "out", *shards], check=True)
        assert content("out") == want
    print("all or nothing")


main()
