# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""AFL++ as the distribution has it, fed as mains/engine-afl.c says."""
import os
import re
import shutil
import subprocess

from paths import HERE  # and where bench/probe is
import stage

NAME, TABLE = "AFL++", "fuzz-afl"
COMMAND = "afl-fuzz"
SOURCE = os.path.join(HERE, "mains", "engine-afl.c")
CORPUS = os.path.join("out", "default", "queue")
# Of one execution, in milliseconds. It is what afl-fuzz takes for the speed of all
# inputs if it has a seed; with more it would try less of each.
TIMEOUT = 10000
# What the program says is heard (DEBUG_CHILD). The rest: nothing shown, no advice,
# no other CPU. For a name that it does not know afl-fuzz sleeps two seconds.
ENVIRONMENT = {"AFL_DEBUG_CHILD": "1", "AFL_NO_UI": "1",
               "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1",
               "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1"}


def lacking():
    """Why it cannot be had here, or nothing."""
    return "" if shutil.which(COMMAND) else f"no {COMMAND} here (Debian: afl++)"


def link(_context):
    return []


def seconds(runs):
    """Of a trial, about."""
    return .2 + runs / 50000


def is_found(name):
    """Is a file of the corpus one that it found? Inputs that it was given are
    there, too."""
    return ",orig:" not in name


def _reason(said):
    """Without its colours, which it has for files, too."""
    said = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\(.)|[\x0e\x0f]|\)B", "", said)
    told = [*re.findall(r"bench: .*", said),
            *re.findall(r"(?:ABORT|ERROR) : (.*)", said)]
    return told[0] if told else said.strip()[-300:]


def run(path, arguments, target, seed, folder, environment):
    """ARGUMENTS: those of mains/fuzz.c. Returns what AFL++ says of the trial."""
    given = os.path.join(folder, "in")
    os.mkdir(given)
    for name in target.seeds:
        shutil.copy(name, given)
    command = [COMMAND, "-i", given, "-o", os.path.join(folder, "out"),
               "-s", str(seed), "-t", str(TIMEOUT), "-m", "none",
               "-G", str(target.max_len)]
    if target.dictionary:
        command += ["-x", target.dictionary]
    environment = {k: v for k, v in environment.items()
                   if not k.startswith(("AFL_", "__AFL_"))}
    done = subprocess.run(
        [*command, "--", path, *arguments], capture_output=True, text=True,
        errors="replace", cwd=folder, env={**environment, **ENVIRONMENT},
        stdin=subprocess.DEVNULL)
    if done.returncode or not os.path.exists(arguments[0]):
        raise stage.Lacking(f"afl-fuzz stopped ({done.returncode}): "
                            f"{_reason(done.stdout + done.stderr)}")
    with open(os.path.join(folder, "out", "default", "fuzzer_stats"),
              encoding="utf-8") as f:
        stable = re.search(r"^stability *: ([0-9.]+)%", f.read(), re.MULTILINE)
    return {"stability": float(stable[1])}
