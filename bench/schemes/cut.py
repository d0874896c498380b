# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programs whose windows are cut by system calls, callbacks, exit(), longjmp():
built with every probe, run, and each scheme judged by what ran."""
import collections
import os

import closure
import studied
from paths import HERE, TOP
from studied import run

DRIVERS = os.path.join(HERE, "cut")
EXITS = 24  # runs that end inside of a callback
OWN = ("flag", "counter", "flush-in")
CORPUS = os.path.join(TOP, "test", "guests", "kcov-corpus.c")
# What kcov-corpus says of a call, and the table.
KINDS = {"returned": "system calls",
         "begun": "behind ENABLE, in its system call",
         "blocked": "system calls that still wait",
         "ended": "system calls that end the process"}
# Of ukernel: what its functions call of the runtime; and who reaches ENABLE by a
# pointer.
UKERNEL_FLUSHES_IN = ("kcov8_syscall_return", "kcov8_task_flush", "kcov8_ioctl",
                      "kcov8_task_exit", "kcov8_task_exec", "sys_ioctl")


def _library_windows(program, into):
    """{kind: windows}; the last of a run that ends inside is what is cut."""
    ended = []
    for number in range(1, EXITS + 1):
        ended += closure.record(program, ["exit", str(number)], into)[-1:]
    return {"calls of the library": closure.record(program, ["calls"], into),
            "cut in callbacks": closure.record(program, ["rows"], into),
            "ended by exit() in a callback": [w for w in ended if w[1]]}


def _call_windows(text, ids):
    """{kind: windows} of what kcov-corpus printed; IDS: of PCs."""
    kinds, now = collections.defaultdict(list), []
    for line in text.splitlines():
        if line.startswith("0x"):
            now.append(ids[int(line, 16)])
        elif line.startswith("call"):
            how, now = line.split()[2], []
            kinds[KINDS[how]].append((how, now))
    # A call that waits on Linux shows nothing.
    return {kind: windows for kind, windows in kinds.items()
            if any(w[1] for w in windows)}


def _ids_of_pcs(tool, image):
    return {int(pc, 16): int(i, 16) for i, pc, *_ in (
        line.split("\t") for line in run([tool, "list", image]).splitlines())}


def _judged(records, kinds, say):
    owners, left_out = closure.read(records)
    result = {**closure.shares(owners), "left out": left_out, "kinds": {}}
    for kind, windows in kinds.items():
        result["kinds"][kind], examples = closure.judge(owners, windows)
        for own in OWN:
            for said in sorted({f"{f.source}: {f.name}: false "
                                f"{f.where(false)}, missed {f.where(missed)}"
                                for f, false, missed in examples.get(own, ())}):
                say(f"{own}, {kind}: {said}")
    return result


class Targets:
    """SAY: told what kcov8 itself reports wrongly."""

    def __init__(self, builder, tool, into, sources, say):
        self.builder, self.tool, self.into = builder, tool, into
        self.sources, self.say = sources, say

    def _compared(self, folder, source, driver, windows, place=()):
        """What a program with all probes says, and what its pruned build itself
        reports. WINDOWS: {kind: windows} of a program."""
        plain = [*source.plain] if driver == "inputs" else []
        plain += [os.path.join(DRIVERS, n + ".c") for n in (driver, "window")]

        def made(sub, options, study):
            program = self.builder.program(
                os.path.join(folder, sub), source.sources, plain,
                [*source.flags, "-gline-tables-only"], source.link,
                [options, *place], study)
            return program, windows(program.path)

        full, kinds = made("full", "no-prune", True)
        result = _judged(full.records, kinds, self.say)
        _, built = made("pruned", "prune", False)
        for kind, some in kinds.items():
            same = len(some) == len(built[kind])
            result["kinds"][kind]["built differs"] = sum(
                set(a[1]) != set(b[1])
                for a, b in zip(some, built[kind])) if same else len(some)
        return result

    def library(self, name, early=False):
        """A library and a driver that calls it, cut/NAME.c."""
        folder = os.path.join(self.into, name + "-early" * early)
        return self._compared(
            folder, studied.workload(name, self.sources), name,
            lambda program: _library_windows(program, folder),
            ["place=early"] * early)

    def inputs(self, target, corpus):
        """A target of bench schemes; CORPUS: file that lists its inputs."""
        folder = os.path.join(self.into, target.name.replace(" ", "-") +
                              "-inputs")
        return self._compared(folder, target, "inputs", lambda program: {
            "inputs": closure.record(program, [corpus], folder)})

    def ukernel(self, attribution, programs):
        source = studied.workload("ukernel", self.sources)
        folder = os.path.join(self.into, "ukernel-" + attribution)
        os.makedirs(folder, exist_ok=True)
        guest = self.corpus(folder)
        full = self.builder.program(
            os.path.join(folder, "full"), source.sources,
            [p for p in source.plain if "drivers" not in p],
            [*source.flags, "-gline-tables-only"],
            [w for w in source.link if "wrap" not in w],
            ["no-prune", "attribution=" + attribution,
             *(f"filter=!fun:{f}" for f in source.leave_out)],
            flush_in=UKERNEL_FLUSHES_IN)
        text = run([full.path, guest, str(programs), "1", "calls"])
        return _judged(full.records, _call_windows(text, _ids_of_pcs(
            self.tool, full.path)), self.say)

    def corpus(self, folder):
        guest = os.path.join(folder, "kcov-corpus")
        run([self.builder.clang, "-O2", "-w", "-static", CORPUS, "-o", guest])
        return guest

    def linux(self, folder):
        """A kernel that linux-study has built and run."""
        with open(os.path.join(folder, "calls"), encoding="ascii") as f:
            text = f.read()
        return _judged(os.path.join(folder, "records"), _call_windows(
            text, _ids_of_pcs(self.tool, os.path.join(folder, "linux"))),
            self.say)
