#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench suites: test suites with an index, beside llvm-cov (see --help)."""
import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import common  # noqa: E402
import llvmcov  # noqa: E402
import suite  # noqa: E402

EPILOG = """
SUITE is a JSON file about a suite that has been built three ways with the same
flags: by clang (plain), by kcov8-clang (kcov8), by clang with
-fprofile-instr-generate -fcoverage-mapping (llvm). Its keys:
  name
  run     {way: shell command} runs all tests and exits with 0. kcov8's finds
          KCOV8_INDEX; llvm's has to leave $PROFILES/TEST/*.profraw for each
          test: bench/suites/per_test.py does that with lit
  images  {"llvm": [FILE...]}: the instrumented programs and libraries
  one     {way: shell command}: one process of the suite, of a binary without
          debug info
  lines   [FILE:LINE...]: asked of the index
  patch   a file: asked of the index
  sources [FILE...]: those that both are of
  top     the directory that paths in the index are below
"""


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench suites", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="What it costs to know what each test reaches, and to ask.")
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    parser.add_argument("--rounds", type=int, metavar="N", default=5,
                        help="interleaved rounds (5)")
    parser.add_argument("--keep", metavar="DIR",
                        help="leave index and profiles of the last round there")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    return parser.parse_args()


def sizes(index):
    """Bytes of the index, and of that part of it that grows with tests."""
    db = sqlite3.connect(index)
    tests, = db.execute("SELECT count(*) FROM test").fetchone()
    blobs, = db.execute("SELECT sum(length(bits)) FROM hits").fetchone()
    own, = db.execute(
        "SELECT sum(pgsize) FROM dbstat JOIN sqlite_schema USING(name)"
        " WHERE tbl_name IN ('test', 'hits')").fetchone()
    db.close()
    if not blobs:
        raise SystemExit(f"bench: no test of {index} has reached anything")
    return {"tests": tests, "hits_bytes": blobs, "tests_bytes": own,
            "index_bytes": os.path.getsize(index)}


def best_ms(command, times=9):
    took = []
    for _ in range(times):
        began = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        took.append(1e3 * (time.perf_counter() - began))
        if done.returncode not in (0, 1):
            raise SystemExit(f"bench: {' '.join(command)}: {done.stderr}")
    return {"ms": min(took), "answers": done.stdout.count("\n")}


def dump_costs(s):
    """Instructions that one process spends on being measured."""
    with tempfile.TemporaryDirectory() as into:
        out = {"KCOV8_OUT": os.path.join(into, "%p.dump")}
        raw = {"LLVM_PROFILE_FILE": os.path.join(into, "x.profraw")}
        plain = suite.instructions(s.one["plain"], {})["all"]
        off = suite.instructions(s.one["kcov8"], {})["all"]
        on = suite.instructions(s.one["kcov8"], out)["all"]
        llvm = suite.instructions(s.one["llvm"], raw)
        dump = [os.path.getsize(os.path.join(into, f))
                for f in os.listdir(into) if f.endswith(".dump")]
        profile = os.path.getsize(raw["LLVM_PROFILE_FILE"])
    writes = sum(llvm.get(f"__llvm_profile_{f}", 0)
                 for f in ("initialize", "write_file"))
    return {"plain": plain, "kcov8_probes": off - plain, "kcov8_dump": on - off,
            "llvm_probes": llvm["all"] - writes - plain, "llvm_dump": writes,
            "dump_bytes": sum(dump), "profraw_bytes": profile}


def measure(s, args, into):
    rounds = suite.Rounds(s, into)
    for _ in range(1 if args.quick else args.rounds):
        rounds.go()
    kcov8 = os.path.join(args.build, "bin", "kcov8")
    llvm = common.llvm(args.build)
    result = {"name": s.name, "times": rounds.times, "one": dump_costs(s),
              "index": sizes(rounds.index),
              "llvm": llvmcov.merge(rounds.profiles, llvm)}
    ask = [kcov8, "tests", rounds.index]
    result["lines"] = {w: best_ms(ask + [w]) for w in s.lines}
    result["patch"] = best_ms(ask + ["--patch", s.patch])
    result["llvm"]["ask_s"], _ = llvmcov.ask(
        rounds.profiles, s.images["llvm"], s.sources, llvm)
    return result


def kib(n):
    return f"{n / 1024:.1f} KiB"


def text(r):
    def spread(way, k):
        values = sorted(t[k] for t in r["times"][way])
        return (f"{values[0]:8.2f} {statistics.median(values):8.2f} "
                f"{values[-1]:8.2f}")

    def ratio(way, k, f):
        return f([t[k] for t in r["times"][way]]) / \
            f([t[k] for t in r["times"]["plain"]])
    one, index, llvm = r["one"], r["index"], r["llvm"]
    tests = index["tests"]
    lines = [
        f"{r['name']}: {tests} tests, {llvm['processes']} processes, "
        f"{len(r['times']['plain'])} interleaved rounds",
        f"{'seconds':16}{'min':>8} {'median':>8} {'max':>8}   x plain: "
        "of minima, of medians"]
    for way in suite.WAYS:
        for k, what in enumerate(("wall", "CPU")):
            lines.append(f"  {way + ' ' + what:14}{spread(way, k)}   "
                         f"{ratio(way, k, min):.3f}  "
                         f"{ratio(way, k, statistics.median):.3f}")
    lines += [
        f"  llvm-profdata, a merge per test: {llvm['merge_s']:.1f} s more",
        "instructions of one process (Callgrind), plain "
        f"{one['plain'] / 1e6:.2f} M",
        f"  kcov8 probes {one['kcov8_probes'] / 1e6:.2f} M, "
        f"dump {one['kcov8_dump'] / 1e6:.2f} M",
        f"  llvm  probes {one['llvm_probes'] / 1e6:.2f} M, "
        f"profile {one['llvm_dump'] / 1e6:.2f} M",
        "bytes",
        f"  kcov8 per test: hits {index['hits_bytes'] / tests:.0f}, in the "
        f"file {index['tests_bytes'] / tests:.0f}, with code "
        f"{index['index_bytes'] / tests:.0f} (file: "
        f"{kib(index['index_bytes'])}); a dump {one['dump_bytes']}",
        f"  llvm  per test: raw {kib(llvm['raw_bytes'] / tests)}, merged "
        f"{kib(llvm['merged_bytes'] / tests)}; a profile "
        f"{kib(one['profraw_bytes'])}",
        "to answer (min of 9)"]
    for where, took in r["lines"].items():
        lines.append(f"  kcov8 tests {where}: {took['ms']:.1f} ms, "
                     f"{took['answers']} tests")
    lines += [
        f"  kcov8 tests --patch: {r['patch']['ms']:.1f} ms, "
        f"{r['patch']['answers']} lines",
        f"  llvm-cov export of those files for each test, which answers "
        f"either: {llvm['ask_s']:.1f} s"]
    return "\n".join(lines)


def main():
    args = arguments()
    suites = [suite.Suite(path) for path in args.suites]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        into = args.keep or scratch
        os.makedirs(into, exist_ok=True)
        results = [measure(s, args, os.path.abspath(into)) for s in suites]
    if args.json:
        common.write_json({"suites": results, "cpu": common.cpu_model(),
                           "cores": os.cpu_count(),
                           "date": time.strftime("%Y-%m-%d"),
                           "load_before": load,
                           "load_after": os.getloadavg()[0]}, args.json)
    print(f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}, load "
          f"{load:.1f} to {os.getloadavg()[0]:.1f}")
    print("\n\n".join(map(text, results)))


if __name__ == "__main__":
    main()
