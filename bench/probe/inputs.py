# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a program was made from: --reuse keeps it while all of that is the same.

Sources and headers are known from the compiler's depfiles. Not seen: a new header
that hides one further down the include path, and libraries of the system.
"""
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess


@functools.lru_cache(maxsize=None)
def digest(path):
    """Of the contents; they are taken to stay as they are during a run."""
    try:
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    except OSError:
        return "none"


def digest_of(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()


@functools.lru_cache(maxsize=None)
def compiler(program):
    """What a compiler says of itself, and its file: a script has no version."""
    path = shutil.which(program)
    said = subprocess.run([program, "--version"], capture_output=True,
                          text=True).stdout
    return path, said, digest(os.path.realpath(path))


def named_files(words):
    """Files in a command line, as in -fpass-plugin=FILE: plugins, lists."""
    ends = {w for word in words for w in (word, word.partition("=")[2])}
    return sorted(w for w in ends if os.path.isfile(w))


def depfile(path):
    """What the rules of a depfile (-MD) depend on."""
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        text = f.read().replace("\\\n", " ")
    found = set()
    for rule in text.splitlines():
        _, _, names = rule.partition(": ")
        found.update(re.sub(r"\\([ #])", r"\1", n).replace("$$", "$")
                     for n in re.findall(r"(?:\\.|[^\s\\])+", names))
    return sorted(found)


def tree(folder):
    """Of all files of a folder."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != ".git")
        found += [(os.path.relpath(os.path.join(root, n), folder),
                   digest(os.path.join(root, n))) for n in sorted(names)]
    return digest_of(found)


class Stamp:
    """Beside what was made: the key of how, and its inputs with digests."""

    def __init__(self, made, key):
        self.made, self.path, self.key = made, made + ".stamp", key
        self.values = {}

    def valid(self):
        if not os.path.exists(self.made) or not os.path.exists(self.path):
            return False
        with open(self.path, encoding="utf-8") as f:
            self.values = json.load(f)
        return self.values["key"] == self.key and all(
            digest(name) == was for name, was in self.values["inputs"].items())

    def write(self, names, **values):
        self.values = {"key": self.key, **values,
                       "inputs": {n: digest(n) for n in names}}
        self.save()

    def save(self):
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump(self.values, f)
