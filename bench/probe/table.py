# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From figures to tables. No measuring here: tested on canned figures."""
import math
import statistics

BASE = "none"
GOAL = {"time": 1.05, "instructions": 1.08, "text": 1.15}
LOOP_GOAL, LOOPS_GOAL = 1.2, 1.1


def geomean(values):
    values = list(values)
    if not values:
        return None
    return math.exp(sum(map(math.log, values)) / len(values))


def base_of(result, row):
    """The row that a row's figures are ratios to."""
    return next(r.get("base", BASE) for r in result["rows"]
                if r["name"] == row)


def time_ratios(result, workload, row, phase=None):
    """Per round: the row's time to that of its base in the same round."""
    phases = result["time"][workload]
    names = [phase] if phase else list(phases)
    if any(row not in phases[n] for n in names):
        return []
    own = [sum(t) for t in zip(*(phases[n][row] for n in names))]
    base = [sum(t) for t in zip(*(phases[n][base_of(result, row)]
                                  for n in names))]
    return [a / b for a, b in zip(own, base)]


def best_ratio(result, workload, row):
    """The row's fastest round to that of its base: less noise, no spread."""
    base = base_of(result, row)
    phases = result["time"][workload].values()
    if any(row not in p for p in phases):
        return None
    return (min(map(sum, zip(*(p[row] for p in phases)))) /
            min(map(sum, zip(*(p[base] for p in phases)))))


def median_spread(values):
    """Median, first and third quartile; None without values."""
    if not values:
        return None
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return statistics.median(values), low, high


def compile_ratio(result, workload, row):
    """Only of rows that were compiled as often as their base."""
    own = result["built"][workload][row]["compile"]
    base = result["built"][workload][base_of(result, row)]["compile"]
    if own == base or len(own) < len(base):
        return None
    return statistics.median(a / b for a, b in zip(own, base))


def summary(result, workload, row):
    """All figures of one row on one workload."""
    built = result["built"][workload][row]
    base = base_of(result, row)
    plain = result["built"][workload][base]
    instructions = result["instructions"][workload]
    time = median_spread(time_ratios(result, workload, row))
    return {
        "time": time and time[0], "low": time and time[1],
        "high": time and time[2],
        "best": best_ratio(result, workload, row),
        "instructions": instructions[row] / instructions[base]
        if row in instructions and base in instructions else None,
        "text": built["text"] / plain["text"],
        "tables": built["tables"] / built["probes"]
        if built["probes"] and built["tables"] is not None else None,
        "probes": built["probes"],
        "compile": compile_ratio(result, workload, row),
    }


def means(result, row):
    """Geometric means over the workloads; None where one has no figure.
    Of bytes per probe: all tables by all probes."""
    rows = [summary(result, w, row) for w in result["time"]]
    built = [result["built"][w][row] for w in result["time"]]
    probes, tables = (None if None in values else sum(values) for values in
                      ([b[n] for b in built] for n in ("probes", "tables")))
    out = {"probes": probes, "tables": tables / probes
           if probes and tables is not None else None}
    for name in ("time", "best", "instructions", "text", "compile"):
        values = [r[name] for r in rows]
        out[name] = None if None in values else geomean(values)
    return out


def misses(result, row):
    """The goals of issue 4 that a row misses, in words."""
    mean = means(result, row["name"])
    bad = [f"{name} {mean[name]:.3f} > {goal}" for name, goal in GOAL.items()
           if mean[name] and mean[name] > goal]
    peer = row["peer"]
    if peer and any(r["name"] == peer for r in result["rows"]):
        other = means(result, peer)
        for name in ("time", "compile"):
            if mean[name] and other[name] and mean[name] > other[name]:
                bad.append(f"{name} {mean[name]:.3f} > {other[name]:.3f}, "
                           f"{peer}")
    loops = loop_ratios(result, row["name"])
    bad += [f"loop {n} {v:.2f} > {LOOP_GOAL}" for n, v in loops.items()
            if v > LOOP_GOAL]
    if loops and geomean(loops.values()) > LOOPS_GOAL:
        bad.append(f"loops {geomean(loops.values()):.2f} > {LOOPS_GOAL}")
    return bad


def loop_ratios(result, row):
    """{phase: ratio} of ukernel's loops of system calls."""
    if "ukernel" not in result["time"]:
        return {}
    found = {p: median_spread(time_ratios(result, "ukernel", row, p))
             for p in result["time"]["ukernel"]}
    return {p: v[0] for p, v in found.items() if v}


def columns(lines):
    """Rows of cells, first column to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(lines[0]))]
    return "\n".join("  ".join(
        cell.ljust(w) if i == 0 else cell.rjust(w)
        for i, (cell, w) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def columns_left(lines):
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(lines[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths))
                     .rstrip() for line in lines)


def number(value, form="{:.3f}"):
    return "-" if value is None else form.format(value)


def workload_table(result, workload):
    seen = result.get("seen", {}).get(workload, {})
    lines = [["", "time", "quartiles", "best", "instr", "text", "bytes/probe",
              "probes", *["seen"] * bool(seen), "compile"]]
    for row in result["rows"]:
        s = summary(result, workload, row["name"])
        spread = "-" if s["time"] is None else f"{s['low']:.2f}-{s['high']:.2f}"
        lines.append([row["name"], number(s["time"]), spread,
                      number(s["best"]), number(s["instructions"]), number(s["text"]),
                      number(s["tables"], "{:.2f}"),
                      number(s["probes"], "{}"),
                      *[number(seen.get(row["name"]), "{}")] * bool(seen),
                      number(s["compile"])])
    return columns(lines)


def loop_table(result):
    phases = list(result["time"]["ukernel"])
    lines = [["", *phases, "mean"]]
    for row in result["rows"]:
        loops = loop_ratios(result, row["name"])
        lines.append([row["name"], *(number(loops.get(p), "{:.2f}")
                                     for p in phases),
                      number(geomean(loops.values()), "{:.2f}")])
    return columns(lines)


def mean_table(result):
    lines = [["", "time", "best", "instr", "text", "bytes/probe", "compile"],
             ["goal", "<= 1.05", "", "<= 1.08", "<= 1.15", "", "<= 8bit"]]
    for row in result["rows"]:
        m = means(result, row["name"])
        lines.append([row["name"]] + [
            number(m[n], "{:.2f}" if n == "tables" else "{:.3f}")
            for n in ("time", "best", "instructions", "text", "tables",
                      "compile")])
    return columns(lines)


def goal_lines(result):
    lines = []
    for row in result["rows"]:
        if row["goals"]:
            lines.append(f"{row['name']}: " +
                         ("; ".join(misses(result, row)) or "meets all"))
    return "\n".join(lines)


def micro_table(result):
    rows = sorted({r for _, r, _ in result["micro"]})
    names = list(dict.fromkeys(n for n, _, _ in result["micro"]))
    found = {(n, r): ns for n, r, ns in result["micro"]}
    lines = [["4-byte word used again after", *map(str, rows)]]
    for name in names:
        lines.append([name.replace("_", " ")] +
                     [number(found[name, r], "{:.2f}") for r in rows])
    return columns(lines)


def other_compilers(result):
    """What stands behind rows that are not the clang in the first line."""
    lines = [f"\n{c}: {said}"
             for c, said in result.get("compilers", {}).items()]
    bases = {r["name"]: r["base"] for r in result["rows"]
             if r.get("base", BASE) not in (BASE, r["name"])}
    lines += [f"\n{row}: ratio to {base}" for row, base in bases.items()]
    return "".join(lines)


def text(result):
    parts = [f"CPU {result['cpu']}, {result['cores']} cores; load "
             f"{result['load_before']:.1f} before, {result['load_after']:.1f} "
             f"after; clang {result['llvm']} -O2; {result['rounds']} rounds; "
             f"{result['date']}\n{result['command']}\n"
             "All but bytes per probe and probes are ratios to none; time: "
             "median of the rounds' ratios; best: fastest round to fastest."]
    if result.get("seen"):
        parts[0] += ("\nSeen: what the scheme reports of the shortened run, "
                     "in units of its own.")
    parts[0] += other_compilers(result)
    if result.get("left_out"):
        parts.append("Left out\n" + "\n".join(
            f"{name}: {reason}" for name, reason in
            result["left_out"].items()))
    if result["micro"]:
        parts.append("Nanoseconds per probe in straight-line code\n" +
                     micro_table(result))
    for workload in result["time"]:
        parts.append(f"{workload}\n" + workload_table(result, workload))
    if "ukernel" in result["time"]:
        parts.append("ukernel: time in the system call layer, per loop "
                     f"(goal: each <= {LOOP_GOAL}, mean <= {LOOPS_GOAL})\n" +
                     loop_table(result))
    parts.append("Geometric means over " + ", ".join(result["time"]) + "\n" +
                 mean_table(result))
    goals = goal_lines(result)
    if goals:
        parts.append("Goals missed\n" + goals)
    return "\n\n".join(parts)
