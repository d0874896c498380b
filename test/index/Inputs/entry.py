#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""entry.py INDEX.new U NAME [OPTION...] [DUMP...] - leave a result, as a harness does

--outcome O --seconds S   without the former its owner is dead
--began US --uid N
--hold COMMAND            run COMMAND while the test runs
"""
import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys


def publish(base, facts):
    """U.json, locked as long as what is returned is open."""
    f = open(base + ".tmp", "w", encoding="utf-8")
    try:
        fcntl.flock(f, fcntl.LOCK_EX)
        json.dump(facts, f)
        f.flush()
        os.rename(base + ".tmp", base + ".json")
    except OSError:
        f.close()
        raise
    return f


def leave(new, u, facts, dumps, during=lambda: None, **end):
    base = os.path.join(new, u)
    while True:
        try:
            os.makedirs(new, exist_ok=True)
            lock = publish(base, facts)
            break
        except (FileNotFoundError, FileExistsError):
            pass  # who gathers took the empty directory, see kcov8_lit.py
    for i, dump in enumerate(dumps):
        os.makedirs(base, exist_ok=True)
        shutil.copy(dump, os.path.join(base, "%d.dump" % i))
    during()
    if end:
        publish(base, {**facts, **end}).close()
    lock.close()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("dir")
    parser.add_argument("u")
    parser.add_argument("name")
    parser.add_argument("dumps", nargs="*")
    parser.add_argument("--outcome")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--began", type=int, default=1700000000000000)
    parser.add_argument("--uid", type=int, default=7)
    parser.add_argument("--hold")
    args = parser.parse_intermixed_args()
    end = {"outcome": args.outcome} if args.outcome else {}
    if args.seconds is not None:
        end["seconds"] = args.seconds
    status = []
    leave(args.dir, args.u, {"name": args.name, "began": args.began, "uid": args.uid}, args.dumps,
          lambda: args.hold and status.append(subprocess.call(args.hold, shell=True)), **end)
    sys.exit(any(status))


if __name__ == "__main__":
    main()
