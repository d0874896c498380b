# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""build/bench/probe.svg: mean time and instructions of every row."""
import os
import shutil
import subprocess

import table

SCRIPT = """\
set terminal svg size 900,560 font 'sans,11' background rgb 'white'
set output '{svg}'
set title 'Cost of probes: {title}' noenhanced
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set xtics rotate by -50 noenhanced
set ylabel 'ratio to no instrumentation'
set yrange [0.8:{top}]
set grid ytics
set key top left
set datafile separator tab
plot '{data}' using 2:xtic(1) title 'time' lc rgb '#3b6ea5', \\
     '' using 3 title 'instructions' lc rgb '#d98b3a', \\
     '' using 4 title 'text' lc rgb '#8aa65a', \\
     1.05 title 'goal for time' with lines lc rgb '#555555' dt 2
"""


def draw(result, into, say):
    """Path of the plot; None without gnuplot."""
    if not shutil.which("gnuplot"):
        say("no gnuplot: no plot (Debian: gnuplot-nox)")
        return None
    data, svg = (os.path.join(into, "probe." + e) for e in ("tsv", "svg"))
    top = 1.2
    with open(data, "w") as f:
        for row in result["rows"]:
            m = table.means(result, row["name"])
            cells = [m[n] for n in ("time", "instructions", "text")]
            top = max([top, *(c for c in cells if c)])
            f.write("\t".join([row["name"], *(table.number(c)
                                              for c in cells)]) + "\n")
    title = f"{', '.join(result['time'])} ({result['cpu']})"
    done = subprocess.run(["gnuplot"], text=True, capture_output=True,
                          input=SCRIPT.format(svg=svg, data=data,
                                              title=title.replace("'", ""),
                                              top=round(top * 1.05, 2)))
    if done.returncode:
        say(f"gnuplot failed: {done.stderr}")
        return None
    return svg
