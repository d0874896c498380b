# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench-ids.py BUILD FOLDER: what bench/ids finds in FOLDER/{old,new}."""
import os
import platform
import sys

import common
import image
import judge
import pairs
import pcs
import remap
import source
import table

build, top = sys.argv[1:]
project = pairs.Project("machine", "*.c")
compiler = image.Compiler(build, common.llvm(build), top + "/maps")
old, new = (compiler.functions(pairs.Release(project, v, ""),
                               os.path.join(top, v), ("-O0",)) for v in
            ("old", "new"))
truth = source.Truth(top + "/old", top + "/new")
pair = judge.Pair(truth, old, new)
found = [[b.address for b in f.blocks] for f in new]
print("addresses, each function's together:",
      platform.machine() != "x86_64" or None not in sum(found, []) and
      all(max(a) < min(b) for a, b in zip(sorted(found), sorted(found)[1:])))
changed = [k for k, (_, same, _) in truth.maps.items() if not same]
assert len(old) == len(new)
print(f"functions: {len(truth.old.files['m.c'])} and as many, "
      f"{len(changed)} changed")
figures = pair.judge(judge.kcov8(old), judge.kcov8(new))
print("A: present, right: {0:.1f} {1:.1f}".format(
    *table.shares(figures["A"])))
n, present, *_ = figures["B"]
print("all of the changed function but its line:", n == present > 0)
print("aligned:", sorted(source.align(list("abcd"), list("axbd")).items()))
with open(top + "/scan.c", "w", encoding="ascii") as f:
    f.write('int proto(int);\nstruct s { int a; };\nint plain(void) {\n'
            '  return \'}\'; /* } */\n}\n'
            'int old(a)\n  int a;\n{\n#if A\n  if (a) {\n#else\n  {\n#endif\n'
            '  }\n}\nstatic int PREFIX(x)(int y) { return "}"[y]; }\n'
            'int v[] = {1};\nint after(void) { return 0; }\n')
print("names:", [f.name for f in source.functions(top + "/scan.c")])
a, b = 5 << 32, (5 << 32) + 1  # one slot
print("{}, {} moved; {}, {} moved".format(*pcs.moved([b], [b, 9 << 40]),
                                          *pcs.moved([b, 1], [a, b, 1])))
print("slots:", list(pcs.slots([0, 1, 2**64 - 2, 2**64 - 1]).values()))
print(table.text({
    "llvm": 0, "cpu": "", "date": "", "schemes": ["kcov8"], "builds": [],
    "pcs": (10, 0), "pairs": [{"name": "p", "use": "test", "schemes": {
        "kcov8": {"B": [200, 180, 176, 4, 190]}}}]}))
releases = [pairs.Release(project, v, "") for v in ("old", "new")]
found = remap.pair(remap.Images(build, common.llvm(build), top), truth,
                   releases, [os.path.join(top, v) for v in ("old", "new")])
for variant, tiers in found.items():
    rows = [tiers[t] for t in remap.TIERS if t in tiers]
    print(f"{variant}: {max(tiers, key=lambda t: tiers[t]['blocks'])}",
          sum(r.get("right", 0) for r in rows) > 50,
          sum(r.get("wrong", 0) for r in rows))
print(remap.text({"pairs": [{"name": "p", "use": "test", "remap": {
    "as it is": {"exact": {"blocks": 10, "right": 6, "wrong": 2, "unclear": 2,
                           "bound": 7},
                 "block": {"blocks": 3, "bound": 1}}}}]}))
