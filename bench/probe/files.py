# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Workloads and schemes are TOML files (tomllib: Python 3.11, Debian 12).

Built-in ones are such files, too. What is wrong with a file is said by its name,
the key and the reason.
"""
import glob
import os
import re
import tempfile
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,.+=_-]*")
KINDS = {
    str: ("a string", lambda v: isinstance(v, str)),
    bool: ("true or false", lambda v: isinstance(v, bool)),
    int: ("a number above 0", lambda v: type(v) is int and v > 0),
    list: ("a list of strings", lambda v: isinstance(v, list) and
           all(isinstance(w, str) for w in v)),
    dict: ("a table of strings", lambda v: isinstance(v, dict) and
           all(isinstance(w, str) for w in v.values())),
}


def wrong(path, key, reason):
    key = f" '{key}':" if key else ""
    raise SystemExit(f"bench: {path}:{key} {reason}")


def load(path):
    try:
        with open(path, "rb") as f:
            return tomllib.load(f)
    except OSError as e:
        wrong(path, "", e.strerror)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        wrong(path, "", f"not TOML: {e}")


def built_in(folder):
    return sorted(glob.glob(os.path.join(HERE, folder, "*.toml")))


class Table:
    """The keys of one workload or scheme, checked."""

    def __init__(self, path, values, keys):
        self.path, self.values, self.keys = path, values, keys
        for key, value in values.items():
            if key not in keys:
                wrong(path, key, "no such key; keys: " + ", ".join(keys))
            what, fits = KINDS[keys[key]]
            if not fits(value):
                wrong(path, key, f"must be {what}")
        if not NAME.fullmatch(self.need("name")):
            wrong(path, "name", "letters, digits, spaces and ,.+=_- only")
        # What {WORD} stands for in strings.
        self.stands = {"here": os.path.dirname(os.path.abspath(path)),
                       "top": TOP}

    def wrong(self, key, reason):
        wrong(self.path, key, reason)

    def need(self, key):
        if key not in self.values:
            self.wrong(key, "is missing")
        return self.values[key]

    def get(self, key):
        kind = self.keys[key]
        return self.values.get(key, kind())

    def fill(self, key, word, later=()):
        """WORD with its {PLACEHOLDERS} filled in, but for those of LATER."""
        def value(match):
            name = match[1]
            if name in later:
                return match[0]
            if name not in self.stands:
                known = ", ".join(f"{{{n}}}" for n in (*self.stands, *later))
                self.wrong(key, f"{match[0]} stands for nothing; known: "
                           f"{known}")
            return self.stands[name]
        return re.sub(r"\{([a-z]+)\}", value, word)

    def words(self, key, later=()):
        return [self.fill(key, w, later) for w in self.get(key)]

    def path_of(self, key, word):
        return os.path.normpath(os.path.join(self.stands["here"],
                                             self.fill(key, word)))

    def paths(self, key):
        """Files, relative to the file that names them; with patterns."""
        found = []
        for word in self.get(key):
            pattern = self.path_of(key, word)
            some = sorted(glob.glob(pattern)) if "*" in word else [pattern]
            some = [p for p in some if os.path.isfile(p)]
            if not some:
                self.wrong(key, f"no file {pattern}")
            found += some
        return found

    def write_files(self, into):
        """The contents of `files`, as files in INTO: {files}."""
        self.stands["files"] = into
        for name, content in self.get("files").items():
            if os.path.basename(name) != name or name.startswith("."):
                self.wrong("files", f"'{name}' is no plain file name")
            os.makedirs(into, exist_ok=True)
            path = os.path.join(into, name)
            if not os.path.exists(path) or open(path).read() != content:
                # Whole at once: another step's compiler may read it.
                with tempfile.NamedTemporaryFile("w", dir=into,
                                                 delete=False) as f:
                    f.write(content)
                os.replace(f.name, path)


def unique(tables, path, name):
    if name in tables:
        wrong(path, "name", f"'{name}' is taken")
