# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Overhead against information, a point for each scheme, as SVG by gnuplot."""
import math
import shutil
import subprocess

SCRIPT = """\
set terminal svg size 1000,560 font 'sans,12' background rgb 'white'
set title 'What a scheme costs, and what it tells' noenhanced
set xlabel 'time, ratio to the plain program (log scale)'
set ylabel 'mutants on another path than their parent that look different, %'
set logscale x
set grid
set key bottom right
set xtics (1, 1.05, 1.1, 1.2, 1.3, 1.5, 2, 3, 4, 6, 10)
set xrange [{left}:{right}]
$all << END
{points}
END
$line << END
{line}
END
{labels}
plot $line using 1:2 with steps lc rgb '#3b6ea5' lw 2 title 'Pareto line', \\
     $all using 1:2 with points pt 7 ps 0.7 lc rgb '#d98b3a' notitle
"""


def front(points):
    """Of (cost, told, name): those that no other beats in both."""
    kept = []
    for cost, told, name in sorted(points, key=lambda p: (p[0], -p[1])):
        if not kept or told > kept[-1][1]:
            kept.append((cost, told, name))
    return kept


def _labels(points):
    """Names above one another where points are close."""
    wide = math.log(max(p[0] for p in points) / min(p[0] for p in points))
    high = max(p[1] for p in points) - min(p[1] for p in points)
    placed, lines = [], []
    for cost, told, name in sorted(points):
        near = sum(math.log(cost / c) < 0.2 * wide and
                   abs(told - t) < 0.03 * high + 1e-9 for c, t in placed)
        placed.append((cost, told))
        lines.append(f'set label "{name}" at {cost}, {told} noenhanced left '
                     f"offset 0.7,{0.4 + 0.8 * near:.1f} font 'sans,10'")
    return "\n".join(lines)


def _points(sections):
    """Of schemes of which both are known."""
    if not {"costs", "information"} <= set(sections):
        return []
    costs = sections["costs"]["data"]
    costs = costs["rows"].get(costs["main"], {})
    told = sections["information"]["data"].get("scores", {})
    return [(costs[n]["time"]["value"], 100 * told[n], n) for n in costs
            if told.get(n) is not None]


def svg(sections):
    points = _points(sections)
    if len(points) < 2:
        return ""
    if not shutil.which("gnuplot"):
        return "<p>No gnuplot here, so no plot.</p>"

    def lines(some):
        return "\n".join(f'{x} {y} "{name}"' for x, y, name in some)
    costs = [p[0] for p in points]
    done = subprocess.run(["gnuplot"], text=True, capture_output=True,
                          input=SCRIPT.format(
                              points=lines(points), line=lines(front(points)),
                              labels=_labels(points),
                              left=min(costs) * 0.97, right=max(costs) * 1.35))
    if done.returncode:
        return "<p>gnuplot failed, so no plot.</p>"
    return done.stdout[done.stdout.index("<svg"):]
