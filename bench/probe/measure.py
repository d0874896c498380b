# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the programs: CPU time in interleaved rounds, instructions once."""
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import tempfile

# What a user may have set must not change what is measured.
DROPPED = ("KCOV8_OUT", "KCOV8_OPTIONS", "BENCH_TRACE", "LLVM_PROFILE_FILE",
           "GCOV_PREFIX", "BENCH_SEEN")


def build_guests(into, builder, workloads):
    """{source: program}, without probes, static."""
    guests = {}
    for source in {w.guest for w in workloads} - {""}:
        guest = guests[source] = os.path.join(
            into, os.path.splitext(os.path.basename(source))[0])
        subprocess.run([builder.compiler("clang"), "-O2", "-w", "-static",
                        source, "-o", guest], check=True)
    return guests


def _environment(row):
    env = {k: v for k, v in os.environ.items() if k not in DROPPED}
    return {**env, **row.env}


def commands(builder, workload, row, words, guests):
    """(command, standard input): one, or one for each input."""
    program = [builder.program(workload, row)]
    one = not workload.inputs or "{inputs}" in words
    named = any("{input}" in w for w in words)
    for path in [""] if one else workload.inputs:
        command = program + [
            filled for w in words for filled in
            (workload.inputs if w == "{inputs}" else
             [w.replace("{input}", path).replace(
                 "{guest}", guests.get(workload.guest, ""))])]
        yield command, os.devnull if one or named else path


def _phases(text, what):
    """{phase: time} and the checksum, from lines `NAME NUMBER`."""
    found = {}
    for line in text.splitlines():
        name, _, number = line.partition(" ")
        if re.fullmatch(r"\d+", number):
            found[name] = int(number)
    checksum = found.pop("sum", 0)
    if not found:
        sys.exit(f"bench: {what} printed no times:\n{text}")
    return found, checksum


def run(command, stdin, row, folder, what, more=None):
    """Output, standard output alone, nanoseconds of CPU time."""
    with open(stdin, "rb") as given, tempfile.TemporaryFile() as out, \
            tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=folder,
                                   env={**_environment(row), **(more or {})},
                                   stdin=given, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in out, err:
            file.seek(0)
            texts.append(file.read())
    text = b"".join(texts).decode(errors="replace")
    if process.returncode:
        sys.exit(f"bench: {what}: exit {process.returncode}\n{text}")
    return text, texts[0], round((used.ru_utime + used.ru_stime) * 1e9)


def _measured(builder, workload, row, words, guests, what):
    """{phase: time} and a checksum of the results."""
    folder = builder.folder(workload, row)
    todo = commands(builder, workload, row, words, guests)
    if workload.times == "printed":
        text, _, _ = run(*next(todo), row, folder, what)
        return _phases(text, what)
    total, result = 0, hashlib.sha256()
    for command, stdin in todo:
        _, output, took = run(command, stdin, row, folder, what)
        result.update(output)
        total += took
    return {"all": total}, result.hexdigest()


def times(builder, workloads, rows, guests, rounds, say):
    """{workload: {phase: {row: [time of each round]}}}"""
    result = {}
    for workload in workloads:
        phases = result.setdefault(workload.name, {})
        checksum = None
        for number in range(-1, rounds):  # the first warms up
            say(f"{workload.name}: time, round {number + 1} of {rounds}")
            shift = number % len(rows)
            for row in rows[shift:] + rows[:shift]:
                what = f"{workload.name}, {row.name}"
                found, this = _measured(builder, workload, row, workload.run,
                                        guests, what)
                if checksum not in (None, this):
                    sys.exit(f"bench: {what}: another result than before")
                checksum = this
                if number < 0:
                    continue
                for phase, value in found.items():
                    if phase != "idle":
                        phases.setdefault(phase, {}).setdefault(
                            row.name, []).append(value)
    return result


def _callgrind(builder, workload, row, guests, into):
    out = os.path.join(into, "callgrind.out." +
                       re.sub(r"\W+", "-", f"{workload.name}-{row.name}"))
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    if workload.measure:
        tool.append(f"--toggle-collect={workload.measure}")
    total = 0
    for words, stdin in commands(builder, workload, row, workload.short,
                                 guests):
        command = tool + words
        with open(stdin, "rb") as given:
            done = subprocess.run(command, env=_environment(row), text=True,
                                  cwd=builder.folder(workload, row),
                                  stdin=given, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, errors="replace")
        if re.search(r"^valgrind: .* Assertion", done.stdout, re.MULTILINE):
            return None  # its own fault: 3.19 with llvm's profiles
        found = re.search(r"Collected : (\d+)", done.stdout)
        if done.returncode or not found:
            sys.exit(f"bench: {' '.join(command)}: exit {done.returncode}\n"
                     f"{done.stdout}")
        os.remove(out)
        if int(found[1]) == 0:
            return None  # it does not read the symbols of each program
        total += int(found[1])
    return total


def instructions(builder, workloads, rows, guests, into, say):
    """{workload: {row: instructions}}, on the shortened input."""
    result = {}
    # Not the same program again: callgrind counts the same.
    rows = list({(r.folder, str(r.env)): r for r in rows[::-1]}.values())[::-1]
    with concurrent.futures.ThreadPoolExecutor(builder.jobs) as pool:
        for workload in workloads:
            say(f"{workload.name}: instructions of {len(rows)} rows")
            futures = {row.name: pool.submit(_callgrind, builder, workload,
                                             row, guests, into)
                       for row in rows}
            counts = {n: f.result() for n, f in futures.items()}
            lacking = [n for n, count in counts.items() if count is None]
            if len(lacking) == len(rows) and workload.measure:
                sys.exit(f"bench: {workload.file}: 'measure': valgrind sees no "
                         f"call of {workload.measure}")
            for name in lacking:
                say(f"{workload.name}, {name}: no instructions: valgrind "
                    "itself fails")
                del counts[name]
            result[workload.name] = counts
    return result
