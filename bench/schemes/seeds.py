# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Seed inputs of a target: files of its package, or parts of them."""
import os
import re
import shutil

import inputs


def _parts(data, cut):
    if not cut:
        return [data]
    found = re.finditer(cut.encode(), data, re.DOTALL | re.MULTILINE)
    return [m["seed"] if "seed" in m.re.groupindex else m[0] for m in found]


def write(table, names, into):
    """Files below INTO, each with at most max-len bytes, without repeats.
    With `cut`, a regular expression: its matches in the files, or what (?P<seed>)
    of it matched. Of more than `most` evenly chosen ones are kept."""
    length, most = table.get("max-len") or 4096, table.get("most") or 100
    cut = table.get("cut")
    found = {}
    for name in names:
        with open(name, "rb") as f:
            for part in _parts(f.read(), cut):
                found.setdefault(part[:length])
    found = [part for part in found if part]
    if not found:
        table.wrong("seeds", "there is nothing in them")
    chosen = [found[i * len(found) // most] for i in range(most)] \
        if len(found) > most else found
    folder = os.path.join(into, "seeds", table.need("name") + "-" +
                          inputs.digest_of(chosen)[:10])
    paths = [os.path.join(folder, f"{i:03}") for i in range(len(chosen))]
    if not os.path.isdir(folder):
        shutil.rmtree(folder + ".part", ignore_errors=True)
        os.makedirs(folder + ".part")
        for path, part in zip(paths, chosen):
            with open(os.path.join(folder + ".part",
                                   os.path.basename(path)), "wb") as f:
                f.write(part)
        os.rename(folder + ".part", folder)
    return paths
