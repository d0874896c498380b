#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""again.py DIR DIR - do two runs of bench schemes say the same?

For each column of numbers: rows that both runs have; how many are equal or, with
intervals, overlap; Kendall's tau of the two rankings (1: the same order); and the
rows that differ. Exit 1 if intervals of a row do not overlap: one of twenty is to
be expected to miss its true value, so read which.
"""
import argparse
import json
import os
import sys

import scipy.stats


def tables(folder):
    """{table: {row: {column: cell}}}, rows by their words."""
    try:
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as f:
            sections = json.load(f)["sections"]
    except (OSError, ValueError, KeyError, TypeError) as e:
        sys.exit(f"again: {folder}: no result of bench schemes: {e}")
    found = {}
    for section in sections.values():
        for table in section["tables"]:
            rows = found.setdefault(table["name"], {})
            for cells in table["rows"]:
                named = dict(zip(table["columns"], cells))
                words = [c for c in cells if isinstance(c, str)]
                rows[", ".join(words)] = named
    return found


def value(cell):
    return cell["value"] if isinstance(cell, dict) else cell


def agree(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a["low"] <= b["high"] and b["low"] <= a["high"]
    return value(a) == value(b)


def is_number(cell):
    return isinstance(cell, (dict, int, float)) and not isinstance(cell, bool)


def columns(first, second):
    """(column, [(row, cell, cell)]) of a table's numbers."""
    names = dict.fromkeys(c for row in first.values() for c in row)
    for column in names:
        pairs = [(row, first[row].get(column), second[row].get(column))
                 for row in first if row in second]
        pairs = [p for p in pairs if is_number(p[1]) and is_number(p[2])]
        if pairs:
            yield column, pairs


def tau(pairs):
    if len({value(a) for _, a, _ in pairs}) < 2 or \
            len({value(b) for _, _, b in pairs}) < 2:
        return None
    return scipy.stats.kendalltau([value(a) for _, a, _ in pairs],
                                  [value(b) for _, _, b in pairs]).statistic


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[2], prog="again.py",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dirs", metavar="DIR", nargs=2)
    first, second = map(tables, parser.parse_args().dirs)
    apart = False
    print("table\tcolumn\trows\tagree\ttau")
    for name in first:
        for column, pairs in columns(first[name], second.get(name, {})):
            differ = [p for p in pairs if not agree(p[1], p[2])]
            rank = tau(pairs)
            print(f"{name}\t{column}\t{len(pairs)}\t{len(pairs) - len(differ)}\t"
                  + ("-" if rank is None else f"{rank:.2f}"))
            for row, a, b in differ:
                if isinstance(a, dict):
                    apart = True
                    print(f"  {row}: {value(a):.3f} [{a['low']:.3f}, "
                          f"{a['high']:.3f}], {value(b):.3f} [{b['low']:.3f}, "
                          f"{b['high']:.3f}]")
    return apart


if __name__ == "__main__":
    sys.exit(main())
