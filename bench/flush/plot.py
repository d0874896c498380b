# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The plot: time by size of image, hits clustered, 0.05 %."""
import os
import shutil
import subprocess

import table

METHODS = [("byte-loop", "byte loop", "#b04a3a"),
           ("words-of-8", "64-bit words", "#d98b3a"),
           ("memcpy", "memcpy", "#8aa65a"), ("memchr", "memchr", "#777777"),
           ("flush", "kcov8: whole flush", "#3b6ea5")]

SCRIPT = """\
set terminal svg size 760,480 font 'sans,11' background rgb 'white'
set output '{svg}'
set title 'One flush, 0.05 % of blocks hit, in functions ({cpu})' noenhanced
set logscale xy
set xlabel 'blocks in the image'
set ylabel 'microseconds'
set xtics ({ticks})
set grid
set key top left
set datafile separator tab
plot {curves}
"""


def draw(result, svg):
    """Path of the plot; None without gnuplot."""
    if not shutil.which("gnuplot"):
        return None
    data = os.path.splitext(svg)[0] + ".tsv"
    cells = [c for c in result["cells"]
             if c["layout"] == "clustered" and c["percent"] == 0.05]
    with open(data, "w", encoding="utf-8") as f:
        for c in cells:
            f.write("\t".join([str(c["blocks"]), *(
                str(c["median_ns"][m] / 1000) for m, _, _ in METHODS)]) + "\n")
    curves = ", ".join(
        f"'{data}' using 1:{i} with linespoints lw 2 lc rgb '{color}' "
        f"title '{name}'" for i, (_, name, color) in enumerate(METHODS, 2))
    ticks = ", ".join(f"'{table.size_name(c['blocks'])}' {c['blocks']}"
                      for c in cells)
    subprocess.run(["gnuplot"], text=True, check=True, input=SCRIPT.format(
        svg=svg, cpu=result["cpu"].replace("'", ""), ticks=ticks,
        curves=curves))
    return svg
