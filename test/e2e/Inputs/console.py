# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""console.py SOURCE-DIR BUILD-DIR DIR PAGE... - what pages show is what one sees

Runs the commands of each page's console blocks, in order, in a directory where
the page's paths lead to these sources and this build, and compares what they
print. Numbers may differ, since they change with the sources; words may not.
./dev itself, and what needs a build system, is left out.
"""
import os
import re
import subprocess
import sys

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = ("./dev ", "make ")


def steps(block):
    """(command, what it is to print), the latter a list of lines"""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif found[-1][0].endswith(("|", "\\")) and not found[-1][1]:
            found[-1][0] += "\n" + line
        else:
            found[-1][1].append(line)
    return found


def shape(line):
    line = re.sub(r"\b0x[0-9a-f]+", "PC", line)
    line = re.sub(r"\d+(\.\d+)?", "N", line)
    return re.sub(r"[ \t]+", " ", line).rstrip()


def check(page, directory, environment):
    with open(page, encoding="utf-8") as f:
        blocks = BLOCK.findall(f.read())
    n = 0
    for command, want in (s for b in blocks for s in steps(b)):
        if command.startswith(LEFT_OUT):
            continue
        ran = subprocess.run(["bash", "-c", command], cwd=directory, text=True,
                             env=environment, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
        got = ran.stdout.splitlines()
        if list(map(shape, got)) != list(map(shape, want)):
            sys.exit("%s: $ %s\nshows:\n%s\nprints:\n%s" %
                     (page, command, "\n".join(want), "\n".join(got)))
        n += 1
    return n


def main():
    source, build, top, pages = *sys.argv[1:4], sys.argv[4:]
    environment = dict(os.environ, PATH=os.path.join(build, "bin") + ":" +
                       os.environ["PATH"])
    total = 0
    for page in pages:
        directory = os.path.join(top, os.path.basename(page))
        os.mkdir(directory)
        os.symlink(build, os.path.join(directory, "build"))
        for name in ("bench", "examples", "test"):
            os.symlink(os.path.join(source, name),
                       os.path.join(directory, name))
        total += check(page, directory, environment)
    print("%d commands" % total)


if __name__ == "__main__":
    main()
