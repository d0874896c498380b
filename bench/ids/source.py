# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The truth: where functions of C sources are, and which lines of an old
release are which of the new one."""
import bisect
import difflib
import os
import re
from dataclasses import dataclass, field


@dataclass
class SourceFunction:
    name: str
    first: int  # lines, 1-based; the declaration's first
    last: int
    text: list = field(repr=False, default_factory=list)


TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def _blank(match):
    """Comments become spaces, strings x: lines and columns stay."""
    keep = " " if match.group().startswith("/") else "x"
    return re.sub(r"[^\n]", keep, match.group())


def _name(head):
    """Of a function whose declaration is HEAD, up to its brace; "" if it is
    none."""
    depth, end = 0, head.rfind(")")
    if end < 0 or "=" in head:
        return ""
    for i in range(end, -1, -1):
        depth += {")": 1, "(": -1}.get(head[i], 0)
        if not depth:
            break
    found = re.search(r"(\w+|\w+\s*\([^()]*\))\s*$", head[:i])
    name = re.sub(r"\s", "", found.group(1)) if found else ""
    return "" if name in ("if", "for", "while", "switch") else name


def functions(path):
    """SourceFunctions of a C file, in order: by matching braces. Of #if and
    #else, both parts count; each begins as deep as the #if stands."""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    lines = text.split("\n")
    found, depth, head, first, begin = [], 0, "", 0, 0
    saved, continued = [], False
    for number, line in enumerate(TOKEN.sub(_blank, text).split("\n"), 1):
        directive = continued or line.lstrip().startswith("#")
        if directive:
            word = re.match(r"\s*#\s*(\w+)", line)
            word = word.group(1) if word and not continued else ""
            continued = line.endswith("\\")
            if word in ("if", "ifdef", "ifndef"):
                saved.append(depth)
            elif word in ("else", "elif") and saved:
                depth = saved[-1]
            elif word == "endif" and saved:
                saved.pop()
            continue
        for c in line:
            if depth == 0:
                if c == ";" and ("(" not in head or "=" in head) or c == "}":
                    head = ""
                elif c == "{":
                    depth, begin = 1, first
                elif c == ";" and re.search(r"\)\s*$", head):
                    head = ""  # a prototype; K&R parameters go on
                else:
                    if not head.strip():
                        head, first = "", number
                    head += c
                continue
            depth += {"{": 1, "}": -1}.get(c, 0)
            if depth == 0:
                name = _name(head)
                if name:
                    found.append(SourceFunction(name, begin, number,
                                                lines[begin - 1:number]))
                head = ""
        head += "\n" if head else ""
    return found


def _unique(lines):
    seen = {}
    for i, line in enumerate(lines):
        seen[line] = -1 if line in seen else i
    return {line: i for line, i in seen.items() if i >= 0}


def _rising(pairs):
    """Longest part of PAIRS, sorted by the first, that rises in the second."""
    piles, tops, back = [], [], []
    for i, (_, b) in enumerate(pairs):
        at = bisect.bisect_left(tops, b)
        back.append(piles[at - 1] if at else -1)
        piles[at:at + 1] = [i]
        tops[at:at + 1] = [b]
    out, i = [], piles[-1] if piles else -1
    while i >= 0:
        out.append(pairs[i])
        i = back[i]
    return out[::-1]


def align(old, new, a=0, b=0):
    """Patience diff: {index in OLD: index in NEW}, plus A and B."""
    out = {}
    while old and new and old[0] == new[0]:
        out[a] = b
        old, new, a, b = old[1:], new[1:], a + 1, b + 1
    while old and new and old[-1] == new[-1]:
        out[a + len(old) - 1] = b + len(new) - 1
        old, new = old[:-1], new[:-1]
    if not old or not new:
        return out
    one, two = _unique(old), _unique(new)
    anchors = _rising([(i, two[line]) for line, i in one.items()
                       if line in two])
    if not anchors:
        if len(old) * len(new) < 1_000_000:
            for m in difflib.SequenceMatcher(None, old, new,
                                             False).get_matching_blocks():
                out.update((a + m.a + i, b + m.b + i) for i in range(m.size))
        return out
    before = (-1, -1)
    for i, j in [*anchors, (len(old), len(new))]:
        out.update(align(old[before[0] + 1:i], new[before[1] + 1:j],
                         a + before[0] + 1, b + before[1] + 1))
        if i < len(old):
            out[a + i] = b + j
        before = (i, j)
    return out


class Tree:
    """The functions of one release, by file."""

    def __init__(self, top):
        self.top, self.files = top, {}

    def file(self, name):
        if name not in self.files:
            path = os.path.join(self.top, name)
            self.files[name] = functions(path) if os.path.isfile(path) else []
        return self.files[name]

    def at(self, name, line):
        """(file, name, which of that name) and the function; None outside."""
        all_ = self.file(name)
        i = bisect.bisect_right([f.first for f in all_], line) - 1
        if i < 0 or all_[i].last < line:
            return None
        which = sum(f.name == all_[i].name for f in all_[:i])
        return (name, all_[i].name, which), all_[i]

    def get(self, key):
        same = [f for f in self.file(key[0]) if f.name == key[1]]
        return same[key[2]] if key[2] < len(same) else None


class Truth:
    """Which line of the old release is which of the new one."""

    def __init__(self, old_top, new_top):
        self.old, self.new = Tree(old_top), Tree(new_top)
        self.maps, self.places = {}, {}

    def _place(self, name, line):
        if (name, line) not in self.places:
            self.places[name, line] = self.old.at(name, line)
        return self.places[name, line]

    def _map(self, key, function):
        """(is it there, is its text unchanged, {old line: new line})."""
        if key not in self.maps:
            other = self.new.get(key)
            if not other:
                self.maps[key] = (False, False, {})
            else:
                lines = align([t.strip() for t in function.text],
                              [t.strip() for t in other.text])
                self.maps[key] = (
                    True, function.text == other.text,
                    {function.first + i: other.first + j
                     for i, j in lines.items()})
        return self.maps[key]

    def line(self, name, line):
        """(file, line) in the new release; None if it changed or went."""
        place = self._place(name, line)
        to = self._map(*place)[2].get(line) if place else None
        return (name, to) if to else None

    def state(self, name, line):
        """Of the function around it: None (not found in either), or whether
        its text is unchanged."""
        place = self._place(name, line)
        there, same, _ = self._map(*place) if place else (False,) * 3
        return same if there else None
