# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""killed.py COMMAND... - kill it once its compiler has written `pid`: both end."""
import os
import signal
import subprocess
import sys
import time

command = subprocess.Popen(sys.argv[1:])
while not os.path.exists("pid"):
    if command.poll() is not None:
        sys.exit("it ended by itself")
    time.sleep(0.01)
with open("pid") as f:
    compiler = int(f.read())
command.kill()
command.wait()


def lives():
    try:
        with open("/proc/%d/stat" % compiler) as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


for _ in range(1000):
    if not lives():
        sys.exit(0)
    time.sleep(0.01)
os.kill(compiler, signal.SIGKILL)
sys.exit("its compiler lives on")
