# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The plot: loops inside the kernel, relative to a plain one."""
import os
import shutil
import subprocess

import table

SCRIPT = """\
set terminal svg size 760,420 font 'sans,11' background rgb 'white'
set output '{svg}'
set title 'Loops inside Linux 6.12 (User Mode Linux), x plain' noenhanced
set style data histograms
set style histogram clustered gap 1
set style fill solid
set yrange [0:*]
set grid y
set key top right
set datafile separator tab
plot 1 with lines lc rgb 'black' notitle, {bars}
"""


def draw(result, svg):
    """Path of the plot; None without gnuplot."""
    if not shutil.which("gnuplot"):
        return None
    data = os.path.splitext(svg)[0] + ".tsv"
    columns = [c for c in result["cells"] if c != "plain"]
    ratios = {c: table.ratios(result, c) for c in columns}
    with open(data, "w", encoding="utf-8") as f:
        for what in table.LOOPS:
            f.write("\t".join([what, *(f"{ratios[c][what]:.3f}"
                                       for c in columns)]) + "\n")
    bars = ", ".join(f"'{data}' using {i}:xtic(1) title '{c}'"
                     for i, c in enumerate(columns, 2))
    subprocess.run(["gnuplot"], text=True, check=True,
                   input=SCRIPT.format(svg=svg, bars=bars))
    return svg
