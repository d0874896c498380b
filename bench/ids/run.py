#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench ids: how many block IDs survive (see --help)."""
import argparse
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402
import builds
import fetch
import image
import images
import judge
import pairs
import pcs
import plot
import remap
import source
import table

LEVELS = [("-O2", "-g0"), ("-O0",), ("-O1",), ("-O3",), ("-Os",)]
START = time.monotonic()


def say(text):
    seconds = int(time.monotonic() - START)
    print(f"bench: {seconds // 60:3}:{seconds % 60:02} {text}",
          file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench ids", description="Pairs of real releases: which "
        "block IDs of the old one the new one has, on the right lines and on "
        "wrong ones, beside other ways to name a block. Levels and LLVMs. PCs "
        "that move.")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--svg", metavar="FILE",
                        help="the plot (BUILD/bench/ids.svg)")
    parser.add_argument("--quick", action="store_true",
                        help="tuning pairs, no levels")
    parser.add_argument("--use", choices=["tuning", "test"],
                        help="only these pairs")
    parser.add_argument("--remap", action="store_true",
                        help="and what `kcov8 remap` makes of each pair")
    parser.add_argument("--before", metavar="BUILD", help="a build directory "
                        "of an older kcov8, to put beside")
    parser.add_argument("--other", metavar="BUILD", action="append",
                        default=[], help="a build directory for another LLVM, "
                        "to compare with; may be repeated")
    parser.add_argument("--release", metavar="NAME-VERSION=FOLDER",
                        action="append", default=[], help="the sources of a "
                        "release, instead of getting them; may be repeated")
    two = parser.add_argument_group(
        "two images", "instead of pairs of releases: two builds of a program "
        "of yours, linked; how much of the old one the new one has")
    two.add_argument("--images", metavar=("OLD", "NEW"), nargs=2)
    two.add_argument("--sources", metavar=("OLD", "NEW"), nargs=2,
                     help="their sources, where the compiler ran (or what "
                     "prefix-map= had): what is unchanged, what is false, beside "
                     "other ways to name a block")
    two.add_argument("--pcs", metavar="FOLDER", help="of PC files, one for each "
                     "program of a corpus, recorded in OLD")
    two.add_argument("--again", metavar="FOLDER", help="the same programs, "
                     "recorded in NEW: are kept blocks reached again?")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.images and (args.sources or args.pcs or args.again):
        parser.error("--sources, --pcs and --again are for --images")
    if args.again and not args.pcs:
        parser.error("--again needs --pcs")
    for release in args.release:
        if not os.path.isdir(release.partition("=")[2]):
            parser.error(f"--release {release}: no such folder")
    return args


class Bench:
    def __init__(self, args):
        self.args = args
        self.into = os.path.join(args.build, "bench", "ids")
        os.makedirs(self.into, exist_ok=True)
        self.apt = fetch.Apt(os.path.join(self.into, "apt"))
        self.given = dict(r.split("=", 1) for r in args.release)
        self.llvm = common.llvm(args.build)
        self.compiler = self.compiler_of(args.build)

    def compiler_of(self, build):
        return image.Compiler(build, common.llvm(build),
                              os.path.join(self.into, "maps"))

    def top(self, release):
        if release.name in self.given:
            release.prepare(self.given[release.name])
            return os.path.abspath(self.given[release.name])
        return os.path.abspath(fetch.fetch(release, self.into, self.apt))

    def pair(self, pair):
        say(pair.name)
        truth = source.Truth(self.top(pair.old), self.top(pair.new))
        out = {}
        for name, compiler in self.compilers().items():
            old, new = (compiler.functions(r, self.top(r))
                        for r in (pair.old, pair.new))
            judged = judge.Pair(truth, old, new)
            schemes = judge.SCHEMES if name == "kcov8" else {
                name: judge.kcov8}
            for scheme, ids in schemes.items():
                out[scheme] = judged.judge(ids(old), ids(new))
            if name == "kcov8":
                flat = [[i for f in judge.kcov8(x) for i in f]
                        for x in (old, new)]
                both, moved = pcs.moved(*flat)
        result = {"name": pair.name, "use": pair.use, "schemes": out,
                  "kept_ids": both, "moved_pcs": moved}
        if self.args.remap:
            releases = (pair.old, pair.new)
            result["remap"] = remap.pair(
                remap.Images(self.args.build, self.llvm, self.into), truth,
                releases, [self.top(r) for r in releases])
        return result

    def compilers(self):
        out = {"kcov8": self.compiler}
        if self.args.before:
            out["before"] = self.compiler_of(self.args.before)
        return out

    def builds(self, release):
        top, out = self.top(release), []
        base = self.compiler.functions(release, top)
        others = [(f"LLVM {common.llvm(b)}", self.compiler_of(b), ("-O2",))
                  for b in self.args.other]
        for name, compiler, flags in [
                (" ".join(f), self.compiler, f) for f in LEVELS] + others:
            say(f"{release.name} {name}")
            if flags == ("-O2", "-g0"):  # no places: compare with itself
                new = compiler.functions(release, top, flags)
                ids = {i for f in judge.kcov8(new) for i in f}
                flat = [i for f in judge.kcov8(base) for i in f]
                kept = sum(i in ids for i in flat)
                figures = {"blocks": len(flat), "kept": kept,
                           "both": len(flat), "both_kept": kept}
            else:
                figures = builds.compare(base, compiler.functions(
                    release, top, flags))
            out.append({"release": release.name, "build": name, **figures})
        return out


def main():
    args = arguments()
    if args.images:
        result = images.compare(args.build, args.images, args.sources,
                                args.pcs, args.again)
        if args.json:
            common.write_json(result, args.json)
        print(table.images(result))
        if "remap" in result:
            print("\n" + remap.grid({"image": result["remap"]}))
        return
    bench = Bench(args)
    use = args.use or ("tuning" if args.quick else None)
    chosen = [p for p in pairs.PAIRS if use in (None, p.use)]
    result = {"llvm": bench.llvm, "date": time.strftime("%Y-%m-%d"),
              "cpu": common.cpu_model(),
              "schemes": ["kcov8", *(["before"] if args.before else []),
                          *(s for s in judge.SCHEMES if s != "kcov8")],
              "pairs": [bench.pair(p) for p in chosen], "builds": [],
              "pcs": pcs.growing(1 << 20, 0.01)}
    if not args.quick:
        for release in dict.fromkeys(p.new for p in chosen):
            if release.project is not pairs.SQLITE:  # minutes for each level
                result["builds"] += bench.builds(release)
    if args.json:
        common.write_json(result, args.json)
    print(table.text(result))
    if args.remap:
        print("\n" + remap.text(result))
    svg = plot.draw(result, args.svg or
                    os.path.join(args.build, "bench", "ids.svg"))
    print(f"plot: {svg}" if svg else "no plot: no gnuplot (gnuplot-nox)")


if __name__ == "__main__":
    main()
