# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`kcov8 remap` from one release to the next, against the truth: every block of
the old one as a PC."""
import glob
import json
import os
import subprocess
from collections import Counter, defaultdict

import image
import judge
import table

# What is done to the new release. Moved: no function has its hash, as if all
# files were renamed. Renamed: nor its name. Half: that, and each second object is
# not there; whatever is found for its functions is wrong. No release is so hard.
VARIANTS = ["as it is", "no -g", "moved", "renamed", "half"]
TIERS = ["same", "exact", "moved", "renamed", "lines", "order"]
REASONS = ["block", "function"]  # that is gone


class Images(image.Compiler):
    """Links an image of each release."""

    def __init__(self, build, llvm, into):
        super().__init__(build, llvm, os.path.join(into, "images"))
        self.tool = os.path.abspath(os.path.join(build, "bin", "kcov8"))

    def _take_map(self, obj):
        kept = obj + ".kept"
        os.link(obj, kept)
        super()._take_map(obj)
        os.rename(kept, obj)

    def image(self, release, top, flags=("-O2",), step=1):
        """(functions, path of the image); each STEP-th object is in it"""
        functions = self.functions(release, top, flags)
        folder = os.path.abspath(self._folder(release, flags))
        path = os.path.join(folder, f"{release.name}.{step}")
        if not os.path.exists(path):
            objects = sorted(glob.glob(os.path.join(folder, "*.o")))[::step]
            for obj in objects:  # a weak symbol need not be there
                subprocess.run(["objcopy", "--weaken", obj], check=True)
            subprocess.run(["ld", "-e", "0", "-o", path, *objects], check=True,
                           capture_output=True)
        return functions, path

    def renamed(self, path):
        """The image, with its functions' names the other way round."""
        data, at = self._section(path), 0
        while at + 12 <= len(data):
            size = int.from_bytes(data[at + 4:at + 8], "little") or 4
            if int.from_bytes(data[at + 10:at + 12], "little") == 1:
                name = image.parse_map(data[at:at + size])[0].name.encode()
                text = image.uleb(len(name)) + name
                place = data.index(text, at, at + size) + len(text) - len(name)
                data[place:place + len(name)] = name[::-1]
            at += size
        with open(path + ".map", "wb") as f:
            f.write(data)
        subprocess.run([f"llvm-objcopy-{self.llvm}", "--strip-all-gnu",
                        "--update-section",
                        f".kcov8.map={path}.map", path, path + ".renamed"],
                       check=True)
        return path + ".renamed"

    def _section(self, path):
        subprocess.run([f"llvm-objcopy-{self.llvm}", "--dump-section",
                        f".kcov8.map={path}.map", path, os.devnull],
                       check=True)
        with open(path + ".map", "rb") as f:
            return bytearray(f.read())

    def blocks(self, path):
        """{ID: PC} of all blocks that can run."""
        done = subprocess.run([self.tool, "list", "--json", path], check=True,
                              capture_output=True, text=True)
        return {int(b["id"], 16): int(b["pc"], 16)
                for b in json.loads(done.stdout)["blocks"]
                if not b.get("removed")}

    def remap(self, old, new, pcs):
        """What the tool says of each PC."""
        done = subprocess.run([self.tool, "remap", "--json", "--tier", "order",
                               old, new, "-"], check=True, text=True,
                              capture_output=True,
                              input="".join(f"{pc:#x}\n" for pc in pcs))
        return json.loads(done.stdout)["lists"][0]["pcs"]


def _by_pc(images, functions, path):
    """{PC: (function, block)}. Of an ID that several have, the first counts.
    PATH may be an image without -g, whose IDs are the same."""
    pcs, out = images.blocks(path), {}
    for n, ids in enumerate(judge.kcov8(functions)):
        for m, i in enumerate(ids):
            if i in pcs:
                out.setdefault(pcs[i], (n, m))
    return out


def measure(images, judged, old, new, functions):
    """{tier or reason: {"right", "wrong", "unclear", "whole", "bound"}} of the
    blocks of OLD. Unclear: the truth does not know its lines. Whole: right, and
    on all lines and no others. Bound: just its lines form a block in NEW."""
    was = _by_pc(images, judged.old, old)
    now = _by_pc(images, functions, new)
    out = defaultdict(Counter)
    for entry in images.remap(old, new, was):
        n, m = was[int(entry["pc"], 16)]
        to = judged.moved[n][m]
        row = out[entry.get("tier") or entry["dropped"]]
        row["blocks"] += 1
        row["bound"] += judged.bounds[n][m]
        if "dropped" in entry:
            continue
        found = now.get(int(entry["new_pc"], 16))
        lines = functions[found[0]].blocks[found[1]].lines if found else ()
        row["unclear" if not to or not lines else
            "right" if to & lines else "wrong"] += 1
        row["whole"] += to == lines and bool(to)
    return {k: dict(v) for k, v in out.items()}


def pair(images, truth, releases, tops):
    """Figures of a pair, by variant."""
    def build(number, *flags, step=1):
        return images.image(releases[number], tops[number], ("-O2", *flags),
                            step)

    (old, old_path), (new, new_path) = build(0), build(1)
    unit = "-fplugin-arg-kcov8-unit=other"
    other, other_path = build(1, unit)
    judged = judge.Pair(truth, old, new)
    paths = [(old_path, new_path, new),
             (build(0, "-g0")[1], build(1, "-g0")[1], new),
             (old_path, other_path, other),
             (old_path, images.renamed(other_path), other)]
    if len(releases[1].sources(tops[1])) > 1:
        half = build(1, unit, step=2)[1]
        paths.append((old_path, images.renamed(half), other))
    return {name: measure(images, judged, *p)
            for name, p in zip(VARIANTS, paths)}


def _add(rows, more):
    for name, counts in more.items():
        rows.setdefault(name, Counter()).update(counts)


def text(result):
    """A table for each use: a variant's tiers, then what was dropped."""
    parts = []
    for use in ("tuning", "test"):
        sums = {v: {} for v in VARIANTS}
        some = [p for p in result["pairs"] if p["use"] == use and "remap" in p]
        for p in some:
            for variant, rows in p["remap"].items():
                _add(sums[variant], rows)
        if some:
            parts += [f"remap, {use} pairs together", grid(sums)]
            parts += [line for p in some if len(some) > 1
                      for line in (f"remap, {p['name']}", grid(p["remap"]))]
    return "\n".join(parts)


def grid(figures):
    out = [["new release", "tier", "blocks", "right", "wrong", "unclear",
            "right %", "bound"]]
    for variant, rows in figures.items():
        label = variant
        for name in TIERS + REASONS:
            row = Counter(rows.get(name, {}))
            if not row:
                continue
            right, wrong = row["right"], row["wrong"]
            judged = [right, wrong, row["unclear"],
                      f"{table.percent(right, right + wrong):.1f}"]
            if name in REASONS:
                judged, name = [""] * 4, f"({name} gone)"
            out.append([label, name, str(row["blocks"]),
                        *map(str, judged), str(row["bound"])])
            label = ""
    return table.grid(out)
