# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kills.py SEED - suites that are killed at random moments, whole or one process.

What had been reported as done before is in the index, with all that it reached;
the index is good, nothing waits beside it, and the next run goes on with it.
KCOV8, CALC, LIT, SUITE, TESTS_IN: paths.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

draw = random.Random(int(sys.argv[1]))
kcov8, calc, suite = (os.environ[n] for n in ("KCOV8", "CALC", "SUITE"))
runs = ("for n in 1 2 3 4 5 6 7 8; do %s run -n run-$n %s add $n 1 > out || exit 1;"
        "echo done run-$n; done" % (kcov8, calc))
lit = [sys.executable, os.environ["LIT"], "-a", "-j2", suite]


def tests(index):
    out = subprocess.run([sys.executable, os.environ["TESTS_IN"], index], text=True,
                         check=True, stdout=subprocess.PIPE).stdout
    return {name: (outcome, hits) for outcome, _, hits, name in
            (line.split(" ", 3) for line in out.splitlines())}


def descendants(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            below = [int(word) for word in f.read().split()]
    except OSError:
        return []
    return below + [p for child in below for p in descendants(child)]


def start(command, index):
    shutil.rmtree("state", ignore_errors=True)
    os.mkdir("state")
    environment = dict(os.environ, KCOV8_INDEX=index, PYTHONUNBUFFERED="1",
                       STATE=os.path.abspath("state"))
    return subprocess.Popen(command, env=environment, start_new_session=True,
                            stdout=open("said", "w"), stderr=subprocess.STDOUT)


def run(command, index, kill, seconds):
    p = start(command, index)
    time.sleep(draw.uniform(0.0, seconds))
    kill(p)
    p.wait()
    try:  # those that the one left behind
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    with open("said") as f:
        return re.findall("^(?:done|PASS:) (.+?)(?: \\(.*)?$", f.read(), re.M)


def kill_all(p):
    os.killpg(p.pid, signal.SIGKILL)


def kill_one(p):
    below = descendants(p.pid)
    try:
        os.kill(draw.choice(below or [p.pid]), signal.SIGKILL)
    except ProcessLookupError:
        pass
    if below and p.args[0] != kcov8:
        time.sleep(draw.uniform(0.0, 0.2))  # lit waits for ever for a lost worker
        kill_all(p)


expected, seconds = {}, {}  # how long each takes here
for command in (lit, [kcov8, "index", "whole", "--", "sh", "-c", runs]):
    began = time.monotonic()
    start(command, os.path.abspath("whole")).wait()
    seconds[command[0]] = time.monotonic() - began
    expected.update(tests("whole"))
print("%d tests" % len(expected))

def waiting(index):
    return os.listdir(index + ".new") if os.path.exists(index + ".new") else []


seen = 0
for round in range(20):
    index = os.path.abspath("index-%d" % round)
    command = draw.choice((lit, [kcov8, "index", index, "--", "sh", "-c", runs]))
    done = run(command, index, draw.choice((kill_all, kill_one)), seconds[command[0]])
    seen += len(done)
    # Killed before anything began: there is nothing to take.
    if done or any(n.endswith(".json") for n in waiting(index)) or os.path.exists(index):
        for last in [False] * 200 + [True]:
            subprocess.run([kcov8, "index", index], check=True, stdout=subprocess.DEVNULL)
            left = waiting(index)
            if all(name.endswith(".tmp") for name in left):  # that goes in a minute
                break
            assert not last, left
            time.sleep(0.05)  # a killed one is not dead yet
        found = tests(index)
        for name in done:
            assert found.get(name) == expected[name], (round, name, found.get(name), expected[name])
        for name, (outcome, hits) in found.items():
            assert outcome == "KILLED" or name not in expected or \
                (outcome, hits) == expected[name] or outcome != "PASS", (round, name)
    start(command, index).wait()
    found = tests(index)
    for name, result in expected.items():
        if name in found:
            assert found[name] == result, (round, name, found[name], result)
    shutil.rmtree(index, ignore_errors=True)
print("%d were done before a kill" % seen)
assert seen
