# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Run programs as tests of an index, without the commands for that.

spool.py INDEX NAME PROGRAM [ARGUMENT...]
"""
import json
import os
import subprocess
import sys
import time


def run(index, name, command, outcome=None, seconds=0.25):
    """Leaves the result beside @index (docs/index-format.md)."""
    uid = int.from_bytes(os.urandom(6), "little")
    entry = os.path.abspath(index) + ".new/%016x" % uid
    os.makedirs(entry)
    began = int(time.time() * 1e6)
    env = dict(os.environ, KCOV8_OUT=entry + "/%p.dump")
    status = subprocess.run(command, env=env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL).returncode
    result = {"name": name, "seconds": seconds, "began": began, "uid": uid,
              "outcome": outcome or ("FAIL" if status else "PASS")}
    with open(entry + ".tmp", "w") as f:
        json.dump(result, f)
    os.rename(entry + ".tmp", entry + ".json")
    open(index, "ab").close()
    return entry


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3:])
