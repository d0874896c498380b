# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What steps found, on disk, so that a run goes on where it was stopped."""
import glob
import json
import os
import re
import shutil

from paths import HERE, PROBE
import inputs
import stage as stages_of

PARTS = ("kcov8", "compiler", "bench", "rows", "programs")
# They make no figure.
NO_PART = ("again.py", "environment.py", "page.py", "pareto.py", "run.py",
           "runner.py")


def _digest_of_files(paths):
    return inputs.digest_of([(os.path.basename(p), inputs.digest(p))
                             for p in sorted(paths)])


def fingerprint(context, stage):
    """{what: digest} of all that a value of the stage depends on."""
    here = [p for folder in (HERE, PROBE) for kind in ("*.py", "*/*.[ch]", "*/*.toml")
            for p in glob.glob(os.path.join(folder, kind))
            if os.path.basename(p) not in NO_PART]
    lib = [os.path.join(context.build, "lib", n) for n in
           ("kcov8-pass.so", "kcov8-study.so", "kcov8-options.so",
            "libkcov8.a")]
    compilers = context.compilers()
    return dict(zip(PARTS, (
        _digest_of_files(lib),
        inputs.digest_of([inputs.compiler(c) for c in compilers]
                         if all(map(shutil.which, compilers)) else compilers)
        + "".join(inputs.digest(shutil.which(c) or c)
                  for c in getattr(stage, "COMMANDS", ())),
        _digest_of_files(here),
        inputs.digest_of([(r.name, r.recipe(), r.adapter, inputs.digest(r.file))
                          for r in context.rows] + [context.quick]),
        _digest_of_files([p for t in context.targets for p in (
            t.file, *t.sources, *t.plain, *t.seeds)] if stage.TARGETS
            else context.workloads.values()))))


class Store:
    """Values by stage and key. One process at a time uses it."""

    def __init__(self, out, prints, say):
        """PRINTS: {stage: its fingerprint}"""
        self.folder = os.path.join(out, "state")
        self.seconds = {}
        for stage, new in prints.items():
            self._begin(stage, new, say)

    def _begin(self, stage, new, say):
        folder = os.path.join(self.folder, stage)
        path = os.path.join(folder, "fingerprint.json")
        try:
            with open(path, encoding="utf-8") as f:
                old = json.load(f)
        except (OSError, ValueError):
            old = None
        if old == new:
            return
        if old is not None:
            changed = [p for p in PARTS if old.get(p) != new[p]]
            say(f"{stage}: begun anew, as these changed: {', '.join(changed)}")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self._write(path, new)

    @staticmethod
    def _write(path, value):
        with open(path + ".part", "w", encoding="utf-8") as f:
            f.write(stages_of.dumps(value))
        os.replace(path + ".part", path)

    def _path(self, stage, key):
        slug = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(key))[:80]
        return os.path.join(self.folder, stage, f"{slug}-"
                            f"{inputs.digest_of(key)[:10]}.json")

    def has(self, stage, key):
        return os.path.exists(self._path(stage, key))

    def get(self, stage, key):
        with open(self._path(stage, key), encoding="utf-8") as f:
            stored = stages_of.loads(f.read())
        self._spent(stage, stored["seconds"])
        return stored["value"]

    def put(self, stage, key, value, seconds):
        self._write(self._path(stage, key), {"key": key, "seconds": seconds,
                                             "value": value})

    def _spent(self, stage, seconds):
        self.seconds[stage] = self.seconds.get(stage, 0) + seconds
