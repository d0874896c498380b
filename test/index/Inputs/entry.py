#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""entry.py INDEX.new U NAME [OPTION...] [DUMP...] - leave a result, as a harness does

--outcome O --seconds S   without the former its owner is dead
--began US --uid N
--hold COMMAND            run COMMAND while the entry is locked
"""
import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys


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
    args = parser.parse_args()
    base = os.path.join(args.dir, args.u)
    facts = {"name": args.name, "began": args.began, "uid": args.uid}
    if args.outcome:
        facts["outcome"] = args.outcome
    if args.seconds is not None:
        facts["seconds"] = args.seconds
    os.makedirs(args.dir, exist_ok=True)
    with open(base + ".tmp", "w", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        json.dump(facts, f)
        f.flush()
        os.rename(base + ".tmp", base + ".json")
        for i, dump in enumerate(args.dumps):
            os.makedirs(base, exist_ok=True)
            shutil.copy(dump, os.path.join(base, "%d.dump" % i))
        if args.hold:
            sys.exit(subprocess.call(args.hold, shell=True))


main()
