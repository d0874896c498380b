# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From the lines of flush.c to figures, tables and goals. No measuring."""
import statistics

SWEEP_GOAL, LOOP_GOAL, GOAL_SIZE = 1.1, 25, 1 << 20
PREPARE_GOAL_MS, BYTES_GOAL = 30, 13
SUMMARY_GOAL, SUMMARY_GOAL_US = 2, 2
# Of a flush after 500 blocks ran (flush.c).
WAYS = ["full", "full-words", "full-lent", "summary", "summary-words"]


def collect(lines):
    """cells: one per size, layout and density, with nanoseconds by method."""
    cells, images, touched = {}, {}, {}
    for words in lines:
        size = int(words[1])
        image = images.setdefault(size, {"blocks": size, "prepare_ns": []})
        if words[0] == "prepare":
            image["prepare_ns"].append(int(words[2]))
        elif words[0] == "memory":
            image["resident"], image["peak"], image["tables"] = map(
                int, words[2:5])
        elif words[0] == "time":
            layout, density = words[2], int(words[3]) / 1000
            cell = cells.setdefault((size, layout, density), {
                "blocks": size, "layout": layout, "percent": density,
                "median_ns": {}, "min_ns": {}})
            cell["median_ns"][words[4]] = int(words[5])
            cell["min_ns"][words[4]] = int(words[6])
        elif words[0] == "touched":
            touched.setdefault(size, {"blocks": size})[words[2]] = {
                "median_ns": int(words[3]), "min_ns": int(words[4])}
    return {"cells": list(cells.values()), "images": list(images.values()),
            "touched": list(touched.values())}


def best_sweep(cell):
    """The one that a flush uses: the last."""
    return [m for m in cell["median_ns"] if m.startswith("sweep-")][-1]


def size_name(blocks):
    for unit, name in ((1 << 20, "Mi"), (1 << 10, "Ki")):
        if blocks >= unit and blocks * 2 % unit == 0:
            return f"{blocks / unit:g} {name}"
    return str(blocks)


def micro(ns):
    value = ns / 1000
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def grid(header, rows):
    widths = [max(len(r[i]) for r in [header, *rows])
              for i in range(len(header))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(r, widths)).rstrip()
                     for r in [header, *rows])


def ratios(cell):
    """Sweep to memchr, byte loop to sweep: of medians."""
    t = cell["median_ns"]
    sweep = t[best_sweep(cell)] or 1
    return sweep / (t["memchr"] or 1), t["byte-loop"] / sweep


def times(result):
    methods = list(result["cells"][0]["median_ns"])
    rows = []
    for cell in result["cells"]:
        to_memchr, to_loop = ratios(cell)
        rows.append([size_name(cell["blocks"]), cell["layout"],
                     f"{cell['percent']:g} %",
                     *(micro(cell["median_ns"][m]) for m in methods),
                     f"{to_memchr:.2f}", f"{to_loop:.1f}"])
    return grid(["blocks", "layout", "hit", *methods, "sweep/memchr",
                 "loop/sweep"], rows)


def images(result):
    rows = []
    for image in result["images"]:
        both = image["resident"] + image["tables"]
        rows.append([size_name(image["blocks"]),
                     f"{statistics.median(image['prepare_ns']) / 1e6:.1f}",
                     f"{min(image['prepare_ns']) / 1e6:.1f}",
                     *(f"{b / image['blocks']:.2f}" for b in (
                         image["tables"], image["resident"], both,
                         image["peak"]))])
    return grid(["blocks", "ready ms", "min", "table B/block", "runtime",
                 "both", "peak of runtime"], rows)


def touched(result):
    rows = [[size_name(t["blocks"]), *(micro(t[how][kind]) for how in WAYS
                                       for kind in ("median_ns", "min_ns"))]
            for t in result["touched"]]
    return grid(["blocks", *(name for how in WAYS for name in (how, "min"))],
                rows)


def missed_summary(result):
    by_size = {t["blocks"]: t["summary"]["median_ns"]
               for t in result["touched"]}
    small, large = by_size.get(64 << 10), by_size.get(4 << 20)
    if not small or not large:
        return []
    out = []
    if large > SUMMARY_GOAL * small:
        out.append(f"summary, 500 blocks: at 4 Mi {large / small:.1f} x "
                   f"the time at 64 Ki, goal {SUMMARY_GOAL}")
    if large > SUMMARY_GOAL_US * 1000:
        out.append(f"summary, 500 blocks: {large / 1000:.1f} us at 4 Mi, "
                   f"goal {SUMMARY_GOAL_US}")
    return out


def missed(result):
    """One line for each goal that was not reached."""
    out = missed_summary(result)
    for cell in result["cells"]:
        if cell["blocks"] > GOAL_SIZE:
            continue
        where = (f"{size_name(cell['blocks'])} {cell['layout']} "
                 f"{cell['percent']:g} %")
        to_memchr, to_loop = ratios(cell)
        if to_memchr > SWEEP_GOAL:
            out.append(f"{where}: sweep {to_memchr:.2f} x memchr, "
                       f"goal {SWEEP_GOAL}")
        if to_loop < LOOP_GOAL:
            out.append(f"{where}: {to_loop:.1f} x as fast as the byte loop, "
                       f"goal {LOOP_GOAL}")
    for image in result["images"]:
        if image["blocks"] == GOAL_SIZE:
            ready = statistics.median(image["prepare_ns"]) / 1e6
            if ready > PREPARE_GOAL_MS:
                out.append(f"1 Mi blocks ready in {ready:.1f} ms, "
                           f"goal {PREPARE_GOAL_MS}")
            both = (image["resident"] + image["tables"]) / GOAL_SIZE
            if both > BYTES_GOAL:
                out.append(f"1 Mi blocks: {both:.2f} bytes per block, "
                           f"goal {BYTES_GOAL}")
    return out


def text(result):
    parts = [f"{result['cpu']}, {result['cores']} cores, {result['date']}, "
             f"load {result['load_before']:.1f} to {result['load_after']:.1f}",
             "", "Microseconds, medians. sweep-*: counters to indices; flush: "
             "all of a syscall's return.", times(result), "",
             "Images: from the first open to ready, and memory.",
             images(result), "",
             "A flush after 500 blocks, in functions, ran; without and with "
             "option summary. As in a kernel: words,", "or vector registers "
             "that are saved before and loaded behind.", touched(result), ""]
    lines = missed(result)
    parts.append(f"Goals up to 1 Mi blocks: sweep <= {SWEEP_GOAL} x memchr, "
                 f">= {LOOP_GOAL} x as fast as the byte loop; 1 Mi blocks "
                 f"ready in <= {PREPARE_GOAL_MS} ms, <= {BYTES_GOAL} bytes "
                 f"each. Summary: 4 Mi <= {SUMMARY_GOAL} x 64 Ki and <= "
                 f"{SUMMARY_GOAL_US} us.")
    parts.append(f"{len(lines)} missed:" if lines else "All reached.")
    parts += ["  " + line for line in lines]
    return "\n".join(parts)
