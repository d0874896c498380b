# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kcov8_lit - each test of a lit suite becomes a test of a kcov8 index.

In lit.cfg.py:

    if "KCOV8_INDEX" in os.environ:
        import kcov8_lit
        kcov8_lit.enable(config, lit_config)

Then `KCOV8_INDEX=FILE lit ...`. A test has lit's name and result there, and what
its processes reached. A test that lit did not run (UNSUPPORTED, SKIPPED,
EXCLUDED) keeps the result that it had.

lit 14 to 23. lit runs tests in processes of its own; this replaces the function
that they call. So it does not matter which format a test has, or who sets it, and
the result is lit's last word: after retries, XFAIL and timeouts.
"""
import atexit
import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import time

import lit.worker

# In a worker that did not come by fork: before enable() replaced anything.
_lit_execute = lit.worker.execute
_indexes = {}  # those to gather, and by whose configuration
_random = random.SystemRandom()

NOT_RUN = ("UNSUPPORTED", "SKIPPED", "EXCLUDED")


def enable(config, lit_config, index=None):
    """Record the tests of `config` and of its lit.local.cfg files.

    index: the file; else KCOV8_INDEX, and without that nothing happens.
    """
    index = index or os.environ.get("KCOV8_INDEX")
    if not index:
        return
    if not _may_be(os.path.abspath(index)):
        _say("%s: not an index: nothing is recorded" % index)
        return
    # Copied with the configuration to those of lit.local.cfg, and to workers.
    config.kcov8_index = os.path.abspath(index)
    lit.worker.execute = execute
    if not _indexes:
        atexit.register(_gather, os.getpid())
    _indexes[config.kcov8_index] = lit_config


def execute(test):
    """In place of lit.worker.execute."""
    index = getattr(test.config, "kcov8_index", None)
    if not index:
        return _lit_execute(test)
    try:
        entry = _Entry(index, test.getFullName())
    except OSError as error:
        _say("%s: not recorded: %s" % (test.getFullName(), error))
        return _lit_execute(test)
    # The one is for formats that give a test its environment, the other for
    # those that leave it lit's own.
    with _Environment(test.config.environment, entry), \
         _Environment(os.environ, entry):
        done = _lit_execute(test)
    try:
        entry.end(done.result)
    except OSError as error:
        _say("%s: not recorded: %s" % (test.getFullName(), error))
    return done


def _may_be(index):
    """It is not there, empty, or begins as SQLite's files do."""
    if not os.path.exists(index):
        return True
    if not os.path.isfile(index):
        return False
    with open(index, "rb") as f:
        head = f.read(16)
    return head in (b"", b"SQLite format 3\0")


class _Environment:
    """Where processes write, and that they are in no other test."""

    def __init__(self, variables, entry):
        self.variables = variables
        self.out = entry.path.replace("%", "%%") + ".dump%a"

    def __enter__(self):
        self.before = {name: self.variables.get(name)
                       for name in ("KCOV8_OUT", "KCOV8_INDEX")}
        self.variables["KCOV8_OUT"] = self.out
        self.variables.pop("KCOV8_INDEX", None)

    def __exit__(self, *_):
        for name, value in self.before.items():
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value


class _Entry:
    """A running test: docs/index-format.md, "Results that wait"."""

    def __init__(self, index, name):
        new = index + ".new"
        self.path = os.path.join(new, "%016x" % _random.getrandbits(64))
        self.facts = {"name": name.encode("utf-8", "replace").decode(),
                      "began": int(time.time() * 1e6),
                      "uid": _random.getrandbits(53)}
        for last in [False] * 100 + [True]:
            try:
                os.makedirs(new, exist_ok=True)
                self._publish()
                break
            # Who gathers took the empty directory; makedirs() says that it exists
            # if that was while it looked.
            except (FileNotFoundError, FileExistsError):
                if last:
                    raise

    def _publish(self):
        """Written aside: it appears locked, as it is while the test runs."""
        f = os.open(self.path + ".tmp", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            fcntl.flock(f, fcntl.LOCK_EX)
            self._fill(f)
            os.rename(self.path + ".tmp", self.path + ".json")
        except OSError:
            os.unlink(self.path + ".tmp")
            os.close(f)
            raise
        self.file = f

    def _fill(self, f):
        """Over what is there, which is shorter."""
        os.pwrite(f, json.dumps(self.facts).encode() + b"\n", 0)

    def end(self, result):
        outcome = result.code.name
        if outcome in NOT_RUN and not os.path.exists(self.path + ".dump"):
            os.unlink(self.path + ".json")
        else:
            self.facts = dict(
                outcome=outcome, seconds=result.elapsed or 0.0, **self.facts)
            self._fill(self.file)
        os.close(self.file)


def _say(text):
    sys.stderr.write("kcov8_lit: %s\n" % text)


def _tool():
    """The kcov8 of this module's installation, or of its clone, or in PATH."""
    here = os.path.dirname(os.path.realpath(__file__))
    for beside in ("../build/bin/kcov8", "../../../bin/kcov8"):
        path = os.path.normpath(os.path.join(here, beside))
        if os.access(path, os.X_OK):
            return path
    return shutil.which("kcov8")


def _gather(pid):
    """At the end of lit; workers that were forked are not asked."""
    if os.getpid() != pid:
        return
    tool = _tool()
    for index in _indexes:
        # `kcov8 index INDEX -- lit ...` does it itself.
        if not os.path.isdir(index + ".new") or \
                os.environ.get("KCOV8_GATHERER") == index:
            continue
        if not tool:
            _say("no kcov8 in PATH: `kcov8 index %s` takes the results" % index)
            continue
        try:
            subprocess.call([tool, "index", index], stdout=subprocess.DEVNULL)
        except OSError as error:
            _say("%s: %s" % (tool, error))
