# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From figures to tables and goals. No measuring."""
A1_GOAL, A_GOAL, B_GOAL, OF_BOUND, FALSE_GOAL = 99.5, 97, 85, 0.95, 1
BUILD_GOAL, MOVED_GOAL = 95, 0.01


def percent(part, whole):
    return 100 * part / whole if whole else 100.0


def shares(row):
    """[blocks, present, right, false, bound] in percent of the blocks."""
    return [percent(x, row[0]) for x in row[1:]]


def grid(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(
        [c.ljust(w) for c, w in zip(r[:2], widths)] +
        [c.rjust(w) for c, w in zip(r[2:], widths[2:])]).rstrip()
                     for r in rows)


def pairs(result):
    schemes = result["schemes"]
    rows = [["pair", "class", "blocks", "present", *schemes, "bound"]]
    for pair in result["pairs"]:
        for class_ in ("A1", "A", "B", "all"):
            cells = {s: pair["schemes"][s].get(class_) for s in schemes}
            if not cells["kcov8"] or not cells["kcov8"][0]:
                continue
            present, _, _, bound = shares(cells["kcov8"])
            rows.append([pair["name"] if len(rows) == 1 or
                         rows[-1][1] == "all" else "", class_,
                         str(cells["kcov8"][0]), f"{present:.1f}",
                         *("{1:.1f}/{2:.1f}".format(*shares(cells[s]))
                           for s in schemes), f"{bound:.1f}"])
        if rows[-1][1] != "all":
            continue
    return grid(rows)


def _of(part, whole):
    return f"{part} of {whole} ({percent(part, whole):.2f} %)"


def _schemes(title, schemes):
    rows = [[title, "blocks", *schemes]]
    for class_ in ("A1", "A", "B", "all"):
        cells = {s: rows_.get(class_) for s, rows_ in schemes.items()}
        if cells["kcov8"]:
            rows.append([class_, str(cells["kcov8"][0]), *(
                "{1:.2f}/{2:.2f}".format(*shares(c)) for c in cells.values())])
    return grid(rows)


def _tiers(corpus):
    """What `kcov8 remap` makes of the PCs."""
    again = "again" in corpus
    rows = [["remap", "blocks", "PCs", *(["reached again"] if again else [])]]
    for tier, row in corpus["tiers"].items():
        carried = tier not in ("block", "function")
        rows.append([tier if carried else f"({tier} gone)", str(row["blocks"]),
                     str(row["pcs"]), *(
                         [_of(row["again"], row["pcs"]) if carried else ""]
                         if again else [])])
    lines = [grid(rows)]
    if again:
        reached = sum(row["again"] for row in corpus["tiers"].values())
        lines.append(f"That is {_of(reached, corpus['again'])} of what the "
                     "programs reach.")
    return "\n".join(lines)


def images(result):
    """Of two images, and a corpus."""
    parts = ["The new image has the IDs of "
             f"{_of(result['kept'], result['blocks'])} blocks."]
    corpus = result.get("corpus")
    if corpus:
        parts += [
            f"Corpus: {corpus['programs']} programs; of their blocks, it has "
            f"{_of(corpus['kept_blocks'], corpus['blocks'])},",
            f"of their PCs {_of(corpus['kept_pcs'], corpus['pcs'])}. A program "
            f"keeps {corpus['median']:.2f} % (median),",
            f"at least {corpus['lowest']:.2f} %; {corpus['whole']} keep all."]
        parts += ["", _tiers(corpus)]
    for title, key in (("image", "schemes"), ("corpus", "reached")):
        if key in result:
            parts += ["", _schemes(title, result[key])]
    if "schemes" in result:
        parts += ["", "Percent whose name is there: on the lines that it should "
                  "be on / on others."]
    return "\n".join(parts)


def builds(result):
    rows = [["release", "against -O2", "blocks", "kept", "both have",
             "of those"]]
    for b in result["builds"]:
        rows.append([b["release"], b["build"], str(b["blocks"]),
                     f"{percent(b['kept'], b['blocks']):.1f}", str(b["both"]),
                     f"{percent(b['both_kept'], b['both']):.1f}"])
    return grid(rows)


def missed(result):
    """One line for each goal that was not reached, of the test pairs."""
    out = []
    for pair in result["pairs"]:
        if pair["use"] != "test":
            continue
        for class_, goal in (("A1", A1_GOAL), ("A", A_GOAL), ("B", B_GOAL)):
            row = pair["schemes"]["kcov8"].get(class_)
            if not row or not row[0]:
                continue
            present, _, wrong, bound = shares(row)
            if class_ == "B":
                goal = min(goal, OF_BOUND * bound)
            if present < goal:
                out.append(f"{pair['name']} {class_}: {present:.1f} % "
                           f"present, goal {goal:.1f}")
            if wrong > FALSE_GOAL:
                out.append(f"{pair['name']} {class_}: {wrong:.1f} % false, "
                           f"goal {FALSE_GOAL}")
    for b in result["builds"]:
        share = percent(b["both_kept"], b["both"])
        if share < BUILD_GOAL and b["build"] != "-O0":
            out.append(f"{b['release']} {b['build']}: {share:.1f} % of the "
                       f"blocks that both have, goal {BUILD_GOAL}")
    n, moved = result["pcs"]
    if percent(moved, n) > MOVED_GOAL:
        out.append(f"PCs: {percent(moved, n):.4f} % moved, goal {MOVED_GOAL}")
    return out


def text(result):
    parts = [f"LLVM {result['llvm']}, -O2 -g, {result['cpu']}, "
             f"{result['date']}", ""]
    for use in ("tuning", "test"):
        some = {**result, "pairs": [p for p in result["pairs"]
                                    if p["use"] == use]}
        if some["pairs"]:
            parts += [f"{use.capitalize()} pairs: percent of old blocks whose "
                      "name is there: on the lines that it should be on / on "
                      "others.", pairs(some), ""]
    parts += ["Classes: A1 the text of the function and of all that it inlines "
              "is unchanged; A its", "own text is; B the function changed, the "
              "block's lines did not. Bound: the block's", "very lines form a "
              "block in the new build, too.", ""]
    if result["builds"]:
        parts += ["One release, two builds: percent of IDs.", builds(result),
                  ""]
    n, moved = result["pcs"]
    parts.append(f"PCs: of {n} blocks, {moved} ({percent(moved, n):.4f} %) "
                 "move when 1 % is added.")
    lines = missed(result)
    parts.append(f"Goals, test pairs: A1 {A1_GOAL} %, A {A_GOAL} %, B "
                 f"{B_GOAL} % or {OF_BOUND} of the bound, false "
                 f"{FALSE_GOAL} %; builds {BUILD_GOAL} %.")
    parts.append(f"{len(lines)} missed:" if lines else "All reached."
                 if any(p["use"] == "test" for p in result["pairs"])
                 else "No test pair was measured.")
    parts += ["  " + line for line in lines]
    return "\n".join(parts)
