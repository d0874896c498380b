# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables of information.py."""
import statistics

import stage

READINGS = {"set": "sets", "buckets": "buckets", "values": "values"}


def mean(values):
    values = [v for v in values if v is not None]
    return statistics.fmean(values) if values else None


def names(parts):
    """Of rows, in the order in which they come first."""
    return list(dict.fromkeys(n for part in parts for n in part))


def _share(part, whole):
    return part / whole if whole else None


def _overview(section):
    compared = section["compared"]
    rows = []
    for name in names(c["rows"] for c in compared.values()):
        some = [(c, c["rows"][name], section["stability"][t].get(name))
                for t, c in compared.items() if name in c["rows"]]
        missed = [c["missed"].get(name) for c, _, _ in some]
        rows.append([
            name, len(some),
            *(mean(_share(r[what], c["rows"]["truth: order"][what])
                   for c, r, _ in some) for what in ("classes", "bits")),
            mean(r["parent"] and r["parent"].value for _, r, _ in some),
            mean(_share(r["lost"], c["truth"]["told"]) for c, r, _ in some),
            mean(r.get("kept") for _, r, _ in some),
            mean(r.get("pairs kept") for _, r, _ in some),
            mean(m and _share(m["missed"], m["ran"]) for m in missed),
            mean(s and s["alone"]["same"] for _, _, s in some),
            mean(s and s["threads"]["same"] for _, _, s in some)])
    return stage.Table(
        "information", "What a scheme tells, mean of the targets",
        ["scheme", "targets", "classes", "bits", "mutants told",
         "pairs lost", "kept", "pairs kept", "blocks missed", "stable", "stable, threads"], rows,
        "As a fuzzer reads it: units, with counts in AFL's buckets. Classes: of "
        "inputs that look different, a share of the classes of different paths; "
        "bits: the entropy of the classes, likewise. "
        "Mutants told: of those that run another path than the input they "
        "were made from, the share that looks different. Pairs lost: of all pairs "
        "of inputs with different paths, the share that looks equal. Kept: inputs "
        "that bring something new, if they come in turn (mean of 10 orders); "
        "pairs kept: the share of all pairs of blocks that these reach. Blocks missed: "
        "of those that ran in a window, the share that is not in its report. Stable: "
        "windows that are the same again, alone and beside two threads.",
        {"classes": "high", "bits": "high", "mutants told": "high",
         "pairs lost": "low",
         "pairs kept": "high", "blocks missed": "low", "stable": "high",
         "stable, threads": "high"})


def _of_target(name, compared):
    truth = compared["truth"]
    rows = [[row, f.get("units"),
             *(f["classes by"].get(r) for r in READINGS),
             f["bits"], f["share"], f["lost"],
             f["lost counts"],
             f["lost sets"], f["parent"],
             f.get("kept"), f.get("pairs kept")]
            for row, f in compared["rows"].items()]
    return stage.Table(
        f"information-{name}", f"{name}: classes of inputs",
        ["scheme", "units", *(f"classes by {t}" for t in READINGS.values()),
         "bits", "pairs told apart", "lost of order", "lost of counts",
         "lost of sets",
         "mutants told", "kept", "pairs kept"], rows,
        f"{compared['inputs']} inputs, {compared['seeds']} of them seeds "
        f"(digest {compared['digest']}); {truth['blocks']} blocks, "
        f"{truth['pairs']} pairs of blocks, {truth['events']} blocks run in "
        f"the median window; {truth['told']} pairs of inputs run different paths. "
        "Lost of X: pairs of inputs that the exact X tells apart and the scheme, "
        "by buckets, does not. Intervals: for other inputs of the kind.",
        {"bits": "high", "pairs told apart": "high", "lost of order": "low",
         "lost of counts": "low", "lost of sets": "low"})


def _groups(matrix):
    """{row: those that tell apart just the same, itself too}"""
    groups = {}
    for name in matrix:
        like = next((g for g in groups
                     if not matrix[g][name] and not matrix[name][g]), name)
        groups.setdefault(like, []).append(name)
    return groups


def _matrix(name, compared):
    matrix = compared["matrix"]
    groups = _groups(matrix)
    same = "; ".join(" = ".join(g) for g in groups.values() if len(g) > 1)
    return stage.Table(
        f"information-{name}-pairs", f"{name}: who tells apart what",
        ["tells apart, but not …", *groups],
        [[a, *(matrix[a][b] for b in groups)] for a in groups],
        "Pairs of inputs that the row tells apart and the column does not, by "
        "buckets. A scheme that hides hits may tell apart by that. " +
        (f"The same in all: {same}." if same else ""))


def _missed(section):
    rows = []
    for target, compared in section["compared"].items():
        for name, m in compared["missed"].items():
            rows.append([target, name, m["ran"], m["missed"],
                         _share(m["missed"], m["ran"]), m["windows"],
                         m["of"], m["more"]])
    return stage.Table(
        "missed", "Blocks that ran and are not in the report",
        ["target", "scheme", "ran", "missed", "share", "windows with some",
         "windows", "reported twice"], rows,
        "(Window, block) pairs, against a build with a probe in every block of the "
        "same level. Pruned SanitizerCoverage leaves to others to conclude "
        "what it does not report. Reported twice: more units than blocks ran, "
        "as LLVM's back end copies calls.", {"share": "low"})


def _wrapped(section):
    rows = [[target, what, w["ran"], w["hidden"], _share(w["hidden"], w["ran"]),
             w["windows"], w["of"], w["units"]]
            for target, compared in section["compared"].items()
            for what, w in compared["wrapped"].items()]
    return stage.Table(
        "wrapped", "Hits that 8-bit counters hide",
        ["target", "of", "ran", "hidden", "share", "windows with some",
         "windows", "units ever hidden"], rows,
        "Counters that wrap round read 0 after 256 hits, and each multiple: "
        "SanitizerCoverage's, and AFL's map (pairs).", {"share": "low"})


def _hashed(section):
    rows = [[target, int(places), c["truth"]["pairs"],
             h["shared"], h["inputs lost"],
             c["hashed"]["exact"], h["pairs kept"]]
            for target, c in section["compared"].items()
            for places, h in c["hashed"]["maps"].items()]
    return stage.Table(
        "hashed", "Collisions of AFL's first map",
        ["target", "places", "pairs of blocks", "shared",
         "pairs of inputs lost", "pairs kept, exact", "pairs kept, hashed"],
        rows,
        "Made from the exact pairs of blocks, with 20 draws of random numbers: mean, "
        "least and greatest. AFL has 64 Ki places; fewer stand for a program that is "
        "larger by as much. Shared: pairs of blocks whose place another "
        "has. Lost: pairs of inputs that exact pairs of blocks tell apart, by "
        "buckets, and the map does not.")


def _stability(section):
    rows = [[target, name, f["map"], f["alone"]["same"], f["threads"]["same"],
             f["threads"]["same set"], f["threads"]["invented"],
             f["threads"]["lost"]]
            for target, some in section["stability"].items()
            for name, f in some.items()]
    return stage.Table(
        "stability", "The same input again",
        ["target", "scheme", "map, bytes", "same", "same, threads",
         "same set, threads", "invented", "lost"], rows,
        "Windows that say the same of an input as in the first run: alone, and while "
        "two other threads run other inputs. Invented: units of others, in shares "
        "of what ran; lost: units that ran and are missing.",
        {"same": "high", "same, threads": "high", "invented": "low",
         "lost": "low"})


def _checks(section):
    rows = [[target, name, compared["inputs"], differ]
            for target, compared in section["compared"].items()
            for name, differ in compared["checks"].items()]
    return stage.Table(
        "checks", "What rows read out, against the truth",
        ["target", "scheme", "windows", "not as computed"], rows,
        "Windows in which a row's values are not those that the truth's counts "
        "give with its probes.", {"not as computed": "low"})


def tables(section):
    if not section["compared"]:
        return
    yield _overview(section)
    for name, compared in section["compared"].items():
        yield _of_target(name, compared)
        yield _matrix(name, compared)
    yield _missed(section)
    yield _wrapped(section)
    yield _hashed(section)
    yield _stability(section)
    yield _checks(section)
