# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""generate.py SEED: a C program with odd control flow, to standard output.

Branches depend on a mixed state, loops and recursion on `fuel`, so every run
ends. point() and elsewhere() are the only calls that leave the unit.
"""
import random
import sys


class Program:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.count = self.random.randint(4, 9)
        self.lines = []
        self.labels = 0

    def put(self, depth, text):
        self.lines.append("  " * depth + text)

    def mix(self):
        return (f"x = (x ^ {self.random.getrandbits(16)}u) * "
                f"{self.random.getrandbits(15) * 2 + 1}u + (x >> "
                f"{self.random.randint(3, 17)})")

    def condition(self):
        return f"x % {self.random.randint(2, 7)}u == 0"

    def call(self, depth, me):
        kind = self.random.random()
        if kind < 0.45:
            self.put(depth, self.random.choice(["point();", "elsewhere();"]))
        elif kind < 0.85 and me + 1 < self.count:
            self.put(depth, f"x += f{self.random.randint(me + 1, self.count - 1)}(x);")
        else:
            self.put(depth, f"if (fuel) x ^= f{self.random.randint(0, me)}(x);")

    def statement(self, depth, me, room, in_loop):
        r = self.random
        kinds = ["mix", "mix", "store", "if", "ifelse", "ifelse", "switch",
                 "loop", "dowhile", "call", "call", "leaf", "goto", "return"]
        if in_loop:
            kinds += ["break", "continue"]
        kind = r.choice(kinds if room > 0 else ["mix", "store", "call"])
        if kind == "mix":
            self.put(depth, self.mix() + ";")
        elif kind == "store":
            self.put(depth, f"cells[x % 64u] += {r.randint(1, 9)}u;")
        elif kind == "leaf":
            self.put(depth, f"x += leaf{r.randint(0, 2)}(x);")
        elif kind == "call":
            self.call(depth, me)
        elif kind == "return":
            self.put(depth, f"if ({self.condition()}) return x;")
        elif kind in ("break", "continue"):
            self.put(depth, f"if ({self.condition()}) {kind};")
        elif kind == "goto":
            self.labels += 1
            label = f"l{self.labels}"
            self.put(depth, f"if ({self.condition()}) goto {label};")
            self.block(depth, me, room - 1, in_loop)
            self.put(depth, f"{label}:;")
        elif kind in ("if", "ifelse"):
            self.put(depth, f"if ({self.condition()}) {{")
            self.block(depth + 1, me, room - 1, in_loop)
            if kind == "ifelse":
                self.put(depth, "} else {")
                self.block(depth + 1, me, room - 1, in_loop)
            self.put(depth, "}")
        elif kind == "switch":
            self.put(depth, f"switch (x % {r.randint(3, 6)}u) {{")
            for case in range(r.randint(2, 4)):
                self.put(depth, f"case {case}:")
                self.block(depth + 1, me, room - 1, False)
                if r.random() < 0.7:
                    self.put(depth + 1, "break;")
            if r.random() < 0.5:
                self.put(depth, "default:")
                self.block(depth + 1, me, room - 1, False)
            self.put(depth, "}")
        elif kind == "loop":
            name = f"i{depth}"
            bound = r.choice(["4", "x % 5u", "x & 3u", "9"])
            self.put(depth, f"for (unsigned {name} = {bound}; {name} && fuel; "
                     f"{name}--, fuel -= fuel != 0) {{")
            self.block(depth + 1, me, room - 1, True)
            self.put(depth, "}")
        else:
            self.put(depth, "do {")
            self.block(depth + 1, me, room - 1, True)
            self.put(depth, f"}} while (fuel && fuel-- && {self.condition()});")

    def block(self, depth, me, room, in_loop):
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth, me, room, in_loop)

    def text(self):
        self.put(0, "unsigned fuel, cells[64];")
        self.put(0, "void point(void);")
        self.put(0, "void elsewhere(void);")
        for i in range(3):  # no call in them, so looked through
            self.put(0, f"static unsigned leaf{i}(unsigned x) {{")
            self.put(1, f"for (unsigned i = 0; i < x % {i + 2}u; i++)")
            self.put(2, f"if ({self.condition()}) {self.mix()};")
            self.put(1, "return x;")
            self.put(0, "}")
            if self.random.random() < 0.5:
                self.lines[-5] = "__attribute__((noinline)) " + self.lines[-5]
        for i in range(self.count):
            self.put(0, f"static unsigned f{i}(unsigned x);")
        for i in range(self.count):
            if self.random.random() < 0.5:
                self.put(0, "__attribute__((noinline))")
            self.put(0, f"static unsigned f{i}(unsigned x) {{")
            self.put(1, "if (!fuel) return x;")
            self.put(1, "fuel--;")
            for _ in range(self.random.randint(2, 5)):
                self.statement(1, i, 3, False)
            self.put(1, "return x;")
            self.put(0, "}")
        self.put(0, "unsigned program(unsigned x) { return f0(x); }")
        return "\n".join(self.lines) + "\n"


sys.stdout.write(Program(int(sys.argv[1])).text())
