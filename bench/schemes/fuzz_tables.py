# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables of the stage fuzz, from the trials of each target and row.

A figure is a function of a trial; more of it is better.
"""
import math

import stage
import trials

PARTS = ("1/4", "1/2", "all")
TWINS = ("8bit edge", "guard, storing")
# What an engine says of noise: (column, its good end, figure of a trial, about).
NOISE = {
    "libFuzzer": (
        "features not seen again, %", "low",
        lambda t: max(0, 100 - 100 * t["again"] / t["features"]),
        "Features: what libFuzzer took for news. “Not seen again”: the corpus "
        "does not show them to the scheme without the second thread."),
    "AFL++": (
        "stability, %", "high", lambda t: t["stability"],
        "“Stability”: bytes that are the same each time that AFL++ runs an "
        "input again, as it says itself."),
}


def comparisons(by_target, baseline, figure):
    """{(target, row): (A12, p, adjusted p)} of rows beside the baseline."""
    found = {}
    for target, by_row in by_target.items():
        if baseline not in by_row:
            continue
        theirs = [figure(t) for t in by_row[baseline]]
        for row, some in by_row.items():
            if row != baseline:
                ours = [figure(t) for t in some]
                found[target, row] = (trials.a12(ours, theirs),
                                      trials.mann_whitney(ours, theirs))
    adjusted = trials.holm([p for _, p in found.values()])
    return {key: (*value, q) for (key, value), q in zip(found.items(),
                                                        adjusted)}


def _cells(comparison):
    if not comparison:
        return [None, None, None, ""]
    effect, p, adjusted = comparison
    return [effect, p, adjusted, trials.conclusion(effect, adjusted)]


COMPARED = ["A12", "p", "p (Holm)", "conclusion"]


def reached(trial):
    return trial["coverage"][-1]


def soon(budget, bugs):
    """Share of the budget that was left when a bug was found, mean over the
    target's bugs: 0 for one that was not."""
    def figure(trial):
        return sum(1 - min(at, budget) / budget
                   for at in trial["bugs"].values()) / bugs
    return figure


def coverage(by_target, baseline):
    compared = comparisons(by_target, baseline, reached)
    rows = []
    for target, by_row in by_target.items():
        for row, some in by_row.items():
            rows.append([
                target, row, len(some), some[0]["executions"],
                *(trials.median([t["coverage"][i] for t in some])
                  for i in range(len(PARTS))),
                trials.median([t["corpus"] for t in some]),
                *_cells(compared.get((target, row)))])
    return stage.Table(
        "fuzz-coverage", "Blocks that the corpus reaches",
        ["target", "scheme", "trials", "executions",
         *(f"blocks, {p} of the executions" for p in PARTS), "corpus",
         *COMPARED], rows,
        "Blocks of a build in which each has a counter of its own, reached by "
        "seeds and corpus: medians and their bootstrap intervals. A12 is the "
        f"chance that a trial beats one of “{baseline}”; p is Mann-Whitney's, "
        f"two-sided, by Holm's method for all {len(compared)} comparisons.",
        {"blocks, all of the executions": "high", "A12": "high"})


def bug_times(by_target, baseline, budget, bugs):
    rows, compared = [], {}
    for target, by_row in by_target.items():
        if bugs[target]:
            compared.update(comparisons({target: by_row}, baseline,
                                        soon(budget, len(bugs[target]))))
    adjusted = trials.holm([p for _, p, _ in compared.values()])
    compared = {k: (e, p, q) for (k, (e, p, _)), q in zip(compared.items(),
                                                          adjusted)}
    for target, by_row in by_target.items():
        if not bugs[target]:
            continue
        figure = soon(budget, len(bugs[target]))
        for row, some in by_row.items():
            rows.append([
                target, row, len(some), len(some) * len(bugs[target]),
                sum(len(t["bugs"]) for t in some),
                trials.median([figure(t) for t in some]),
                *_cells(compared.get((target, row)))])
    return stage.Table(
        "fuzz-bugs", "Planted bugs: how many, how soon",
        ["target", "scheme", "trials", "bugs × trials", "found",
         "budget left", *COMPARED], rows,
        "“Budget left”: of the executions, when a bug was found; 0 if it was "
        "not; mean over a target's bugs, then the median of the trials. Tests "
        "are of that figure, as for the blocks.",
        {"found": "high", "budget left": "high", "A12": "high"})


def each_bug(by_target, baseline, bugs):
    """How many trials found it, and Fisher's test beside the baseline."""
    shown = list(dict.fromkeys(r for by_row in by_target.values()
                               for r in by_row))
    rows, p_values = [], []
    for target, by_row in by_target.items():
        for number, about in enumerate(bugs[target], 1):
            found = {r: sum(str(number) in t["bugs"] for t in some)
                     for r, some in by_row.items()}
            if baseline in by_row:
                p_values += [(len(rows), r, trials.fisher(
                    found[r], len(by_row[r]), found[baseline],
                    len(by_row[baseline]))) for r in by_row if r != baseline]
            rows.append([target, about, *(found.get(r) for r in shown), ""])
    adjusted = trials.holm([p for _, _, p in p_values])
    for (at, row, _), q in zip(p_values, adjusted):
        if q < trials.ALPHA:
            rows[at][-1] += f"{', ' if rows[at][-1] else ''}{row}: p {q:.3f}"
    for row in rows:
        row[-1] = row[-1] or "no difference shown"
    return stage.Table(
        "fuzz-each-bug", "Trials that found each bug",
        ["target", "bug", *shown, "conclusion"], rows,
        f"Fisher's exact test beside “{baseline}”, by Holm's method for all "
        f"{len(p_values)} comparisons.")


def _geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def summary(by_target, baseline, budget, bugs):
    by_target = {t: r for t, r in by_target.items() if baseline in r}
    rows = []
    compared = comparisons(by_target, baseline, reached)
    shown = list(dict.fromkeys(r for by_row in by_target.values()
                               for r in by_row))
    for row in shown:
        of = {t: r for t, r in by_target.items() if row in r}
        if len(of) < len(by_target):
            continue  # left out somewhere: no mean over the same targets
        ratio = _geometric([
            trials.median([reached(t) for t in r[row]]).value /
            trials.median([reached(t) for t in r[baseline]]).value
            for r in of.values()])
        said = [trials.conclusion(compared[t, row][0], compared[t, row][2])
                for t in of if (t, row) in compared]
        pairs = [([reached(t) for t in r[row]],
                  [reached(t) for t in r[baseline]]) for r in of.values()]
        bug_pairs = []
        for target, r in of.items():
            if bugs[target]:
                figure = soon(budget, len(bugs[target]))
                bug_pairs.append(([figure(t) for t in r[row]],
                                  [figure(t) for t in r[baseline]]))
        is_other = row != baseline
        rows.append([
            row, ratio, trials.mean_a12(pairs) if is_other else None,
            *([said.count(w) for w in ("more", "less", "no difference shown")]
              if is_other else [None] * 3),
            sum(len(t["bugs"]) for r in of.values() for t in r[row]),
            trials.mean_a12(bug_pairs) if is_other and bug_pairs else None])
    total = sum(len(bugs[t]) * len(r[baseline]) for t, r in by_target.items())
    return stage.Table(
        "fuzz", f"Beside “{baseline}”, over all targets",
        ["scheme", "blocks, ratio", "A12 of blocks", "targets: more", "less",
         "no difference shown", f"bugs found, of {total}", "A12 of bugs"],
        rows, f"Each trial has {budget} executions; all schemes drive the same "
        "fuzzer. A12: mean over targets; its interval is a bootstrap over "
        "trials. If it has 0.5 in it, nothing is shown.",
        {"blocks, ratio": "high", "A12 of blocks": "high",
         "A12 of bugs": "high"})


def threads(by_target, engine):
    """BY_TARGET: {target: {row: {"alone" or "beside": [trial]}}}"""
    rows = []
    column, good, noise, about = NOISE[engine]
    for target, by_row in by_target.items():
        compared = {}
        for name, sets in by_row.items():
            if len(sets) == 2:
                ours, theirs = ([reached(t) for t in sets[s]]
                                for s in ("beside", "alone"))
                compared[name] = (trials.a12(ours, theirs),
                                  trials.mann_whitney(ours, theirs))
        adjusted = dict(zip(compared, trials.holm(
            [p for _, p in compared.values()])))
        for name, sets in by_row.items():
            for which, some in sets.items():
                is_beside = which == "beside"
                rows.append([
                    target, name, "yes" if is_beside else "no", len(some),
                    trials.median([reached(t) for t in some]),
                    trials.median([t["corpus"] for t in some]),
                    trials.median([noise(t) for t in some]),
                    sum(a == b for a, b in zip(sets["alone"], some))
                    if is_beside and "alone" in sets else None,
                    *_cells((*compared[name], adjusted[name])
                            if is_beside and name in compared else None)])
    return stage.Table(
        "fuzz-threads", "With a second thread that runs the library, too",
        ["target", "scheme", "second thread", "trials", "blocks", "corpus",
         column, "trials unchanged", *COMPARED], rows,
        f"{about} “Unchanged”: all figures are those without the thread. A12 "
        "and p compare the blocks with those of the same scheme without the "
        "thread.",
        {"blocks": "high", column: good, "A12": "high"})


def equal_trials(by_target, names):
    """A sentence on two rows that tell the same: so must be their trials."""
    pairs = [(a, b) for by_row in by_target.values()
             if all(n in by_row for n in names)
             for a, b in zip(*(by_row[n] for n in names))]
    if not pairs:
        return ""
    same = sum(a == b for a, b in pairs)
    return (f" A check: “{names[0]}” and “{names[1]}” tell the same, and "
            f"{same} of their {len(pairs)} trials are equal in all figures.")


def all_tables(section, baseline, engine, name):
    """Of one engine; their names begin with NAME."""
    of, bugs = section["trials"], section["bugs"]
    if not of:
        return []
    runs = section["runs"]
    made = [summary(of, baseline, runs, bugs), coverage(of, baseline),
            bug_times(of, baseline, runs, bugs),
            each_bug(of, baseline, bugs)]
    if section["threads"]:
        made.append(threads(section["threads"], engine))
    made[0].about += equal_trials(of, TWINS)
    if section["quick"]:
        made[0].about += (" A quick run: so few and so short trials show "
                          "that it works, and nothing else.")
    for table in made:
        table.name = name + table.name.removeprefix("fuzz")
        table.title = f"{engine}: {table.title[0].lower()}{table.title[1:]}"
    return [t for t in made if t.rows]
