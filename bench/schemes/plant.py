# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Plants the bugs of a target's file into a copy of its sources."""
import os
import shutil

from paths import HERE  # and where bench/probe is
import files
import inputs

MAINS = os.path.join(HERE, "mains")
FLAGS = ["-include", os.path.join(MAINS, "bug.h")]
KEYS = ("file", "after", "if", "about")
MOST = 16  # mains/bug.h


def check(path, bugs):
    """BUGS: the [[bug]] tables of a target's file."""
    if not isinstance(bugs, list) or len(bugs) >= MOST:
        files.wrong(path, "bug", f"must be [[bug]] tables, below {MOST}")
    for bug in bugs:
        if not isinstance(bug, dict) or set(bug) != set(KEYS) or \
                not all(isinstance(v, str) for v in bug.values()):
            files.wrong(path, "bug", "needs " + ", ".join(KEYS))


def _planted(table, top, bugs):
    """{file: text}"""
    texts = {}
    for number, bug in enumerate(bugs, 1):
        name = os.path.join(top, bug["file"])
        if name not in texts:
            try:
                with open(name, encoding="utf-8", errors="surrogateescape") as f:
                    texts[name] = f.read()
            except OSError as e:
                table.wrong("bug", f"{name}: {e.strerror}")
        found = texts[name].count(bug["after"])
        if found != 1:
            table.wrong("bug", f"'{bug['after']}' is {found} times in "
                        f"{bug['file']}, not once")
        # On the same line: those of the rest stay.
        texts[name] = texts[name].replace(
            bug["after"], f"{bug['after']} BENCH_BUG({number}, {bug['if']});")
    return texts


def plant(table, bugs, into):
    """Make {source} of TABLE a copy below INTO that has the bugs."""
    top = table.stands["source"]
    copy = os.path.join(into, "planted", os.path.basename(top) + "-" +
                        inputs.digest_of((top, bugs))[:10])
    if not os.path.isdir(copy):
        texts = _planted(table, top, bugs)
        shutil.rmtree(copy + ".part", ignore_errors=True)
        shutil.copytree(top, copy + ".part", copy_function=os.link)
        for name, text in texts.items():
            path = os.path.join(copy + ".part", os.path.relpath(name, top))
            os.remove(path)  # a link to the original
            with open(path, "w", encoding="utf-8",
                      errors="surrogateescape") as f:
                f.write(text)
        os.rename(copy + ".part", copy)
    for name, folder in table.stands.items():
        if folder == top:
            table.stands[name] = copy
