# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""libFuzzer as the compiler's package has it, for programs of any scheme.

Its callbacks get other names: adapters and probes have those of SanitizerCoverage,
and what libFuzzer sees shall come from adapters alone.
"""
import glob
import os
import platform
import re
import subprocess
import threading

from paths import HERE  # and where bench/probe is
import inputs
import stage

NAME, TABLE = "libFuzzer", "fuzz"
SOURCE = os.path.join(HERE, "mains", "engine-libfuzzer.c")
CORPUS = "corpus"
OLD, NEW = "__sanitizer_", "libfuzzer_"
# Equal for all schemes. Nothing but the scheme's bytes guides it, and no clock.
ARGUMENTS = ["-use_value_profile=0", "-use_cmp=0", "-use_counters=1",
             "-entropic=1", "-len_control=100", "-reduce_inputs=1", "-reload=0",
             "-rss_limit_mb=0", "-timeout=60", "-verbosity=1",
             "-print_final_stats=0"]

_lock = threading.Lock()


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise stage.Lacking(f"{command[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _archive(clang):
    folder = _run([clang, "-print-resource-dir"]).strip()
    names = [f"libclang_rt.fuzzer_no_main-{platform.machine()}.a",
             "libclang_rt.fuzzer_no_main.a"]
    for name in names:
        found = glob.glob(os.path.join(folder, "lib", "*", name))
        if found:
            return found[0]
    raise stage.Lacking(f"no libFuzzer of {clang} here (Debian: "
                        f"libclang-rt-{clang.rpartition('-')[2]}-dev)")


def _library(context):
    """Path of the library with the names changed."""
    made = os.path.join(context.work, f"libfuzzer-{context.llvm}.a")
    archive = _archive(f"clang-{context.llvm}")
    with _lock:
        stamp = inputs.Stamp(made, inputs.digest_of((archive, OLD, NEW)))
        if not stamp.valid():
            names = {line.split()[-1] for line in _run(
                ["nm", "--defined-only", archive]).splitlines()
                if f" {OLD}" in line}
            words = [f"--redefine-sym={n}={NEW}{n[len(OLD):]}"
                     for n in sorted(names)]
            _run(["objcopy", *words, archive, made])
            stamp.write([archive])
    return made


def lacking():
    """Whether the compiler has it is known when a program is linked."""
    return ""


def link(context):
    return [_library(context), "-lstdc++", "-lm"]


def seconds(runs):
    """Of a trial, about."""
    return .3 + runs / 40000


def is_found(_name):
    """Inputs that it was given are not in its corpus."""
    return True


def _reason(said):
    told = [*re.findall(r"bench: .*", said), *re.findall(r"ERROR: (.*)", said)]
    return told[0] if told else said.strip()[-300:]


def run(path, arguments, target, seed, folder, environment):
    """ARGUMENTS: those of mains/fuzz.c. Returns what libFuzzer says of the
    trial."""
    corpus = os.path.join(folder, CORPUS)
    os.mkdir(corpus)
    given = os.path.join(folder, "given")
    with open(given, "w", encoding="utf-8") as f:
        f.write(",".join(target.seeds))
    runs = arguments[2]
    more = [f"-runs={runs}", f"-seed={seed}", f"-max_len={target.max_len}",
            f"-seed_inputs=@{given}", f"-artifact_prefix={folder}/"]
    if target.dictionary:
        more.append(f"-dict={target.dictionary}")
    done = subprocess.run(
        [path, *arguments, *ARGUMENTS, *more, corpus], capture_output=True,
        text=True, errors="replace", cwd=folder, env=environment)
    if done.returncode or not os.path.exists(arguments[0]):
        raise stage.Lacking(f"the fuzzer stopped ({done.returncode}): "
                            f"{_reason(done.stderr)}")
    return {"features": int(re.findall(r" ft: (\d+)", done.stderr)[-1])}
