# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Overhead against information, a point for each scheme, as SVG by gnuplot."""
import math
import shutil
import subprocess

LEAST = 0.1  # % that the plot shows; a log scale has no 0
KEY = 0.034  # height of a line of the key, of the picture

SCRIPT = """\
set terminal svg size 1000,600 font 'sans,12' background rgb 'white'
set title 'What a scheme costs, and what it does not tell' noenhanced
set xlabel 'time, ratio to the plain program (log scale)'
set ylabel 'mutants on another path than their parent that look the same, % (log scale)'
set logscale xy
set grid
set key bottom left
set rmargin at screen 0.74
set xtics (1, 1.05, 1.1, 1.2, 1.3, 1.5, 2, 3, 4, 6, 10)
set ytics ({least}, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
set xrange [{left}:{right}]
set yrange [{low}:{high}]
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


def _labels(points, width, height):
    """Numbers, above one another where points are close, and a key of them.
    WIDTH, HEIGHT: of the plot, in natural logarithms."""
    placed, lines = [], []
    for number, (cost, same, name) in enumerate(points, 1):
        near = sum(math.log(cost / c) < 0.03 * width and
                   abs(math.log(same / s)) < 0.05 * height for c, s in placed)
        placed.append((cost, same))
        lines += [
            f'set label "{number}" at {cost}, {same} noenhanced left '
            f"offset 0.4,{0.5 + 0.8 * near:.1f} font 'sans,10'",
            f'set label "{number}" at screen 0.775, {0.93 - KEY * number:.3f} '
            "right font 'sans,10'",
            f'set label "{name}" at screen 0.785, {0.93 - KEY * number:.3f} '
            "noenhanced left font 'sans,10'"]
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
        return "\n".join(f"{x} {y}" for x, y in some)

    def same(told):
        return max(LEAST, 100 - told)
    shown = sorted((c, same(t), n) for c, t, n in points)
    costs, missed = zip(*[p[:2] for p in shown])
    left, right = min(costs) * 0.97, max(costs) * 1.1
    low, high = min(missed) * 0.6, max(missed) * 1.5
    done = subprocess.run(["gnuplot"], text=True, capture_output=True,
                          input=SCRIPT.format(
                              points=lines(p[:2] for p in shown),
                              line=lines((c, same(t))
                                         for c, t, _ in front(points)),
                              labels=_labels(shown, math.log(right / left),
                                             math.log(high / low)),
                              left=left, right=right, low=low, high=high,
                              least=LEAST))
    if done.returncode:
        return "<p>gnuplot failed, so no plot.</p>"
    return done.stdout[done.stdout.index("<svg"):]
