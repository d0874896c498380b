# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From figures to tables and goals. No measuring."""
import statistics

KINDS = ("plain", "kcov8", "kcov", "sancov-all", "sancov")
# Column: kind of kernel, is kcov enabled in the task?
COLUMNS = {
    "plain": ("plain", "off"), "kcov off": ("kcov", "off"),
    "kcov on": ("kcov", "on"), "sancov": ("sancov", "off"),
    "sancov all": ("sancov-all", "off"), "kcov8 off": ("kcov8", "off"),
    "kcov8 on": ("kcov8", "on")}
LOOPS = ("path", "open", "shmem", "pipe", "snprintf")
LOOP_GOAL, MEAN_GOAL, CODE_GOAL = 1.2, 1.1, 19
# Of a call, by the number of blocks: up to so many, nanoseconds.
CALL_GOALS = ((200000, 1000), (float("inf"), 3000))


def ratios(result, column):
    """What of a loop: the fastest of all boots, to plain's. Slow ones are the
    host's: whole boots take twice as long, in every column."""
    cells = result["cells"]
    return {w: min(cells[column][w]) / min(cells["plain"][w]) for w in LOOPS}


def grid(header, rows):
    widths = [max(len(r[i]) for r in [header, *rows])
              for i in range(len(header))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(r, widths)).rstrip()
                     for r in [header, *rows])


def times(result, name, middle):
    cells, rows = result["cells"], []
    columns = list(cells)
    for what in cells["plain"]:
        plain = middle(cells["plain"][what])
        row = [what]
        for column in columns:
            ns = middle(cells[column][what])
            row.append(f"{ns:.0f}" if column == "plain"
                       else f"{ns:.0f} ({ns / plain:.2f})")
        rows.append(row)
    return grid([f"ns, {name} (x plain)", *columns], rows)


def sizes(result):
    plain, rows = result["sizes"]["plain"]["code"], []
    for kind, s in result["sizes"].items():
        build = result["builds"][kind]
        rows.append([kind, str(s["code"]), f"{100 * (s['code'] / plain - 1):+.1f} %",
                     str(s["driver"]), str(s["tables"]), str(s["counters"]),
                     str(s["blocks"] or ""), str(s["task"] or ""),
                     f"{build['wall']:.0f}", f"{build['cpu']:.0f}"])
    return grid(["kernel", "code, bytes", "x plain", "of it kcov8", "tables",
                 "counters", "blocks", "a task", "build, s", "CPU s"], rows)


def goal(name, value, limit, unit="", digits=2):
    met = "reached" if value <= limit else "MISSED"
    return f"Goal: {name} <= {limit}{unit}: {value:.{digits}f}{unit}, {met}"


def call_goal(result):
    blocks = result["sizes"].get("kcov8", {}).get("blocks", 0)
    return next(ns for most, ns in CALL_GOALS if blocks <= most)


def device(result):
    """What the device itself takes, medians."""
    cells = {c: result["cells"][c] for c in ("kcov on", "kcov8 on")
             if c in result["cells"]}
    rows = [[what.removeprefix("kcov:"),
             *(f"{statistics.median(cells[c][what]):.0f}" for c in cells)]
            for what in next(iter(cells.values()), {})
            if what.startswith("kcov:")]
    return grid(["the device, medians", *cells], rows)


def call_costs(cells, what):
    """Quartiles over the rounds: a boot now and then is 4 % faster than all
    others of its kernel, which is as much as what is asked for here."""
    calls = 1 + what.count("+")  # of a row with several, each may cost as much
    return statistics.quantiles(
        [(ours - theirs) / calls for ours, theirs in
         zip(cells["kcov8 on"][what], cells["kcov on"][what])], n=4)


def goals(result):
    lines = []
    for column in ("kcov8 off", "kcov8 on"):
        if column not in result["cells"]:
            continue
        found = ratios(result, column)
        for what, ratio in found.items():
            lines.append(goal(f"loop {what}, {column}, x plain", ratio, LOOP_GOAL))
        lines.append(goal(f"mean of loops, {column}",
                          statistics.mean(found.values()), MEAN_GOAL))
    if {"kcov on", "kcov8 on"} <= set(result["cells"]):
        for what in result["cells"]["plain"]:
            if what not in LOOPS:
                quartiles = call_costs(result["cells"], what)
                lines.append(goal(f"{what}: kcov8 on - kcov on, per call, median",
                                  quartiles[1], call_goal(result), " ns", 0) +
                             f" (quartiles {quartiles[0]:.0f}, {quartiles[2]:.0f})")
    if "kcov8" in result["sizes"]:
        ours, plain = result["sizes"]["kcov8"], result["sizes"]["plain"]["code"]
        for what, code in (("code with kcov8", ours["code"]),
                           ("of it probes", ours["code"] - ours["driver"])):
            lines.append(goal(f"{what}, more than plain",
                              100 * (code / plain - 1), CODE_GOAL, " %", 1))
    return "\n".join(lines)


def host_switch(result):
    s = result["host_switch"]
    return ("The host: from one process to another and back "
            f"{s['zero']:.0f} ns, {s['some']:.0f} with a base of gs in one (as a "
            f"task that traces with kcov8 has), {s['set']:.0f} to set it")


def text(result):
    return "\n\n".join([
        f"{result['cpu']}, {result['cores']} cores, {result['date']}, load "
        f"{result['load_before']:.1f} to {result['load_after']:.1f}; loops run "
        "inside the kernel, the rest are system calls of User Mode Linux",
        times(result, "fastest boots", min),
        times(result, "medians", statistics.median), device(result), sizes(result),
        host_switch(result),
        goals(result)])
