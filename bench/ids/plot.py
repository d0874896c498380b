# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The plot: unchanged lines of changed functions, what is right."""
import os
import shutil
import subprocess

import table

COLORS = ["#3b6ea5", "#8aa65a", "#d98b3a", "#777777", "#b04a3a", "#c9b04a",
          "#8a6ea5"]

SCRIPT = """\
set terminal svg size {width},480 font 'sans,11' background rgb 'white'
set output '{svg}'
set title 'Unchanged lines of changed functions: names found again, rightly'
set style data histogram
set style histogram clustered gap 1
set style fill solid
set yrange [0:100]
set ylabel 'percent of blocks'
set xtics rotate by -25 noenhanced
set grid y
set key outside right noenhanced
set datafile separator tab
plot {curves}
"""


def draw(result, svg):
    """Path of the plot; None without gnuplot."""
    if not shutil.which("gnuplot"):
        return None
    data = os.path.splitext(svg)[0] + ".tsv"
    with open(data, "w", encoding="utf-8") as f:
        for pair in result["pairs"]:
            if not pair["schemes"]["kcov8"].get("B"):
                continue
            f.write("\t".join([pair["name"], *(
                f"{table.shares(pair['schemes'][s]['B'])[1]:.2f}"
                for s in result["schemes"])]) + "\n")
    curves = ", ".join(
        f"'{data}' using {n}:xtic(1) title '{scheme}' lc rgb '{color}'"
        for n, (scheme, color) in enumerate(zip(result["schemes"], COLORS), 2))
    subprocess.run(["gnuplot"], text=True, check=True,
                   input=SCRIPT.format(svg=svg, curves=curves,
                                       width=300 + 90 * len(result["pairs"])))
    return svg
