# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs that are measured, and where their source comes from."""
import glob
import os
import subprocess
import tarfile
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


@dataclass
class Workload:
    name: str
    sources: list  # instrumented
    plain: list  # not instrumented: drivers, the CPU of ukernel
    flags: list
    libs: list
    run: list  # arguments of the timed run
    short: list  # of the run under callgrind
    filter_task_main: bool = False


def fetch(package, version, inner, into):
    """Unpack the folder INNER of an npm package below INTO, once."""
    target = os.path.join(into, f"{package}-{version}")
    if os.path.isdir(target):
        return target
    os.makedirs(into, exist_ok=True)
    spec = f"{package}@{version}"
    done = subprocess.run(["npm", "pack", "--silent", "--ignore-scripts",
                           spec], cwd=into, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"bench: npm pack {spec} failed:\n{done.stderr}")
    archive = os.path.join(into, done.stdout.split()[-1])
    part = target + ".part"
    with tarfile.open(archive) as tar:
        for member in tar:
            path = os.path.normpath(member.name)
            if not member.isfile() or not path.startswith(inner + "/"):
                continue
            out = os.path.join(part, os.path.relpath(path, inner))
            os.makedirs(os.path.dirname(out), exist_ok=True)
            with tar.extractfile(member) as data, open(out, "wb") as f:
                f.write(data.read())
    if not os.path.isdir(part):
        raise SystemExit(f"bench: {spec} has no folder {inner}")
    os.rename(part, target)
    os.remove(archive)
    return target


def driver(name):
    return os.path.join(HERE, "drivers", name)


def library(name, source, files, flags, libs, run, short):
    return Workload(name, [os.path.join(source, f) for f in files],
                    [driver(name + ".c"), driver("main.c")],
                    ["-w", f"-I{source}", *flags], libs, run, short)


def sqlite(into):
    # Packed with it: the amalgamation, as sqlite.org publishes it.
    source = fetch("better-sqlite3", "12.11.1", "package/deps/sqlite3", into)
    return library("sqlite", source, ["sqlite3.c"],
                   ["-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION",
                    "-DSQLITE_DEFAULT_MEMSTATUS=0"], ["-lm"], ["24"], ["1"])


def duktape(into):
    source = fetch("duktape", "0.3.0", "package/lib/duktape/src", into)
    return library("duktape", source, ["duktape.c"], [], ["-lm"],
                   ["12"], ["1"])


def bzip2(into):
    source = fetch("node-bzip2", "1.0.2", "package/lib/bzip2", into)
    with open(os.path.join(source, "bz_version.h"), "w") as f:
        f.write('#define BZ_VERSION "1.1.0"\n')  # the build system's part
    files = ["blocksort.c", "bzlib.c", "compress.c", "crctable.c",
             "decompress.c", "huffman.c", "randtable.c"]
    return library("bzip2", source, files, [], [], ["4"], ["1"])


def ukernel(into):
    """The system call layer of examples/ukernel; the guest is ours."""
    here = os.path.join(TOP, "examples", "ukernel")
    names = sorted(os.path.basename(f) for f in glob.glob(here + "/*.c"))
    outside = ("cpu.c", "sched.c", "main.c")  # as in its kcov8.ignore
    flags = ["-std=gnu11", f"-I{TOP}/include", f"-I{here}",
             f"-I{TOP}/test/conformance"]  # compare-lines.h
    return Workload(
        "ukernel", [os.path.join(here, n) for n in names if n not in outside],
        [os.path.join(here, n) for n in outside] + [driver("ukernel.c")],
        flags, ["-Wl,--wrap=syscall_dispatch,--wrap=uk_wakeup", "-lunicorn"],
        ["GUEST", "80"], ["GUEST", "1"], filter_task_main=True)


ALL = {"sqlite": sqlite, "duktape": duktape, "bzip2": bzip2,
       "ukernel": ukernel}
