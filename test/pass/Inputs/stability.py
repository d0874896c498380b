# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""stability.py DIRECTORY COMPILER [FLAG...] - which IDs survive an edit

Compiles Inputs/machine.c and edited copies of it under the same name, and
compares the block IDs of each function. An edit names the functions that it
may change (the one it is made in and those that inline it) and how many of
their IDs may go at -O0: those of the blocks it touches. With the optimiser, how
many blocks an edit touches hangs on the LLVM: a third of those functions' IDs
may go (12 of 48 are the most that was seen with LLVM 14 to 22), and of all IDs
one in a hundred by -g. No other function may lose or gain one. Prints a line per edit and level; exit 1 if one
goes too far.
"""
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(__file__))
from elfobj import Elf, block_id, checksum

SOURCE = open(os.path.join(os.path.dirname(__file__), "machine.c")).read()


def swap(old, new, count=1):
    def edit(text):
        if text.count(old) < 1:
            raise SystemExit(f"edit: {old!r} is gone")
        return text.replace(old, new, count)
    return edit


def comment(text):
    return "// one\n\n\n" + text.replace("{\n", "{ /* more */\n\n", 40)


# name, edit, functions that may change (the edited one first), IDs that may
# go from them together at -O0
EDITS = [
    ("comments and lines", comment, [], 0),
    ("renamed local", lambda t: t.replace("value", "amount").replace("->amount", "->value").replace("long amount;", "long value;", 1), [], 0),
    ("debug info", "-g", [], 0),
    ("assertion text", swap("ASSERT(t->n_slots)", "ASSERT((t->n_slots))"), [], 0),
    ("log text", swap("too many errors", "far too many errors, giving up"), [], 0),
    ("new function in front", swap("/* ---- Tokenizer", "int extra(int a) { return a > 3 ? table_drop(NULL, \"x\") : a; }\n/* ---- Tokenizer"), [], 0),
    ("new function in the middle", swap("/* ---- Evaluator", "int extra(int a) { return a > 3 ? table_drop(NULL, \"x\") : a; }\n/* ---- Evaluator"), [], 0),
    ("new function at the end", lambda t: t + "int extra(int a) { return a > 3 ? table_drop(NULL, \"x\") : a; }\n", [], 0),
    ("new static function, unused", swap("/* ---- Tokenizer", "__attribute__((unused)) static int extra(int a) { return a > 3 ? a : 7; }\n/* ---- Tokenizer"), [], 0),
    ("call in a loop body", swap("struct entry *next = e->next;", "struct entry *next = e->next;\n      log_number(\"moving\", e->value);"), ["table_grow", "table_set", "run", "step"], 1),
    ("counter bumped in a branch", swap("      *at = e->next;\n", "      *at = e->next;\n      t->n_slots |= 0;\n      e->value++;\n"), ["table_drop"], 1),
    ("statement at the entry", swap("  struct token *t = &r->token;\n", "  struct token *t = &r->token;\n  r->errors |= 0x100;\n"), ["next_token"], 0),
    ("new early return", swap("  unsigned h = hash_name(name);\n  if (!t->n_slots)\n    return NULL;", "  if (!name)\n    return NULL;\n  unsigned h = hash_name(name);\n  if (!t->n_slots)\n    return NULL;"), ["table_find", "table_set", "atom", "run", "step"], 2),
    ("new case", swap("  case '=':", "  case '%':\n    log_text(\"percent\");\n    return t->kind = BAD;\n  case '=':"), ["next_token"], 1),
    ("new state", swap("  case CLOSING:", "  case (enum state)9:\n    log_text(\"nine\");\n    return 9;\n  case CLOSING:"), ["step"], 1),
    ("error path logs", swap("  if (!e)\n    return -12;", "  if (!e) {\n    log_text(\"no entry\");\n    return -12;\n  }"), ["table_set", "run", "step"], 1),
    ("condition changed", swap("if (r.errors > 10)", "if (r.errors > 20)"), ["run"], 3),
    ("condition gets a term", swap("while (r->token.kind == PLUS ||", "while (r->errors < 5 && r->token.kind == PLUS ||"), ["sum", "atom", "product", "run"], 2),
    ("branch removed", swap("    if (e == FIN)\n      c->state = CLOSING;\n", ""), ["step"], 3),
    ("two statements swapped", swap("  e->hash = hash_name(name);\n  e->value = value;\n  ASSERT", "  e->value = value;\n  e->hash = hash_name(name);\n  ASSERT"), ["table_set"], 1),
]


def ids(directory, compiler, flags, text):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "machine.c"), "w") as f:
        f.write(text)
    subprocess.run([*compiler, *flags, "-w", "-c", "machine.c", "-o", "machine.o"],
                   cwd=directory, check=True)
    elf = Elf(os.path.join(directory, "machine.o"))
    names = {(e.hash, e.checksum): e.name for e in elf.map_entries() if e.kind == 1}
    return {names[f.hash, checksum(f.keys)]: {block_id(f.hash, k) for k in f.keys}
            for f in elf.functions()}


def main():
    directory, *command = sys.argv[1:]
    compiler = command
    bad = 0
    for level in ("-O0", "-O2"):
        base = ids(directory, compiler, [level], SOURCE)
        total = sum(map(len, base.values()))
        lost_all = 0
        for name, edit, functions, at_o0 in EDITS:
            now = ids(directory, compiler, [level] + ([edit] if edit == "-g" else []),
                      SOURCE if edit == "-g" else edit(SOURCE))
            lost = {f: len(base[f] - now.get(f, set())) for f in base}
            new = {f: len(now[f] - base.get(f, set())) for f in now if f != "extra"}
            where = {f for f in base if lost[f]} | {f for f in new if new[f]}
            n = sum(lost.values())
            lost_all += n
            named = sum(len(base.get(f, ())) for f in functions)
            allowed = at_o0 if level == "-O0" else named // 3
            if edit == "-g" and level != "-O0":
                # LLVM gives some empty blocks that it makes the location of
                # what follows, which may be a variable's.
                allowed, functions = total // 100, where
            wrong = n > allowed or not where <= set(functions)
            bad |= wrong
            print(f"{level} {name}: {n} of {named if functions else total} IDs lost, "
                  f"{sum(new.values())} new"
                  f"{' in ' + ' '.join(sorted(where)) if where else ''}"
                  f"{f'  TOO FAR (allowed {allowed})' if wrong else ''}")
        print(f"{level} all edits: {lost_all} lost, {total} blocks")
    sys.exit(bad)


main()
