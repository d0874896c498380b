# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""each-lit.py SUITE OTHER... - what each lit there is makes of the suite.

lit is LIT, with each way to start workers, and those of Debian's LLVMs. TESTS_IN
prints an index. All must say the same; prints it once, and exits with 1 if one says
something else. A googletest program is a test for each of its tests up to LLVM 14,
and for each shard since: one line, without names and hits.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

suite = sys.argv[1]
lits = {os.environ["LIT"]: [sys.executable, os.environ["LIT"]]}
for path in glob.glob("/usr/lib/llvm-*/build/utils/lit/lit.py") + \
        glob.glob("/usr/lib/llvm-*/bin/lit"):
    lits[path] = ["/usr/bin/python3", path]
expected = None
for name, lit in sorted(lits.items()):
    starts = ("fork", "forkserver", "spawn") if name == os.environ["LIT"] else ("fork",)
    for start in starts:
        shutil.rmtree("state", ignore_errors=True)
        os.mkdir("state")
        environment = dict(os.environ, STATE=os.path.abspath("state"),
                           START_METHOD=start, KCOV8_INDEX="state/index")
        done = subprocess.run(lit + ["-j3", suite], env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        listed = subprocess.run([sys.executable, os.environ["TESTS_IN"], "state/index"],
                                text=True, stdout=subprocess.PIPE).stdout
        listed = re.sub(r"( [+-]) \S+:\S+ (.* gtest/).*", r"\1 \2", listed)
        listed = re.sub(r"^(.* gtest/\n)\1*", r"\1", listed, flags=re.M)
        if os.path.exists("state/index.new") or "kcov8" in done.stdout:
            listed += "left over: %s\n" % done.stdout
        if expected is None:
            expected = listed
            print(listed, end="")
        if listed != expected:
            print("%s with %s:\n%s\n%s" % (name, start, listed, done.stdout))
            sys.exit(1)
