# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small ELF reader and the kcov8 tables in it (layouts: kcov8/abi.h).

Reads objects and linked images, 32 and 64 bits, both byte orders. It shares
no code with the pass or the tool: what it reads is what the ABI says.
"""
import struct

MASK = (1 << 64) - 1
SEED = 0xcbf29ce484222325
MAGIC = 0x4d38564b
ENTRY, REMOVED, EDGE = 1, 2, 4


def mix64(x):
    x ^= x >> 30
    x = x * 0xbf58476d1ce4e5b9 & MASK
    x ^= x >> 27
    x = x * 0x94d049bb133111eb & MASK
    return x ^ x >> 31


def hash_function(name, path, unit=""):
    h = SEED
    for c in "\0".join((name, path, unit)).encode():
        h = (h ^ c) * 0x100000001b3 & MASK
    return mix64(h)


def block_id(function_hash, key):
    mixed = mix64(function_hash + (key + 1) * 0x9e3779b97f4a7c15 & MASK)
    return ((function_hash >> 32) * 2032 >> 32) << 53 | mixed >> 11


def checksum(keys):
    h = SEED
    for k in keys:
        h = mix64(h ^ k)
    return h & 0xffffffff


PRUNED = 2  # flag of a function record


class Section:
    pass


class Elf:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = data = f.read()
        if data[:4] != b"\x7fELF":
            raise SystemExit(f"{path}: not ELF")
        self.wide = data[4] == 2
        self.order = "<" if data[5] == 1 else ">"
        header = self.unpack("HHIQQQIHHHHHH" if self.wide else
                             "HHIIIIIHHHHHH", 16)
        self.type, self.machine = header[0], header[1]
        offset, size, count, names = header[5], *header[10:13]
        form = "IIQQQQIIQQ" if self.wide else "IIIIIIIIII"
        self.sections = []
        for i in range(count):
            s = Section()
            (s.nameoff, s.type, s.flags, s.addr, s.offset, s.size, s.link,
             s.info, s.align, s.entsize) = self.unpack(form, offset + i * size)
            s.index = i
            s.bytes = b"" if s.type == 8 else \
                data[s.offset:s.offset + s.size]
            s.relocs = {}
            self.sections.append(s)
        for s in self.sections:
            s.name = self.string(self.sections[names], s.nameoff)
        self.symbols = []
        for s in self.sections:
            if s.type == 2:
                self.read_symbols(s)
        for s in self.sections:
            if s.type in (4, 9):
                self.read_relocs(s)

    def unpack(self, form, offset, data=None):
        return struct.unpack_from(self.order + form,
                                  self.data if data is None else data, offset)

    @staticmethod
    def string(table, offset):
        return table.bytes[offset:table.bytes.index(b"\0", offset)].decode()

    def read_symbols(self, s):
        form = "IBBHQQ" if self.wide else "IIIBBH"
        for at in range(0, s.size, struct.calcsize("=" + form)):
            f = self.unpack(form, at, s.bytes)
            name, info, other, shndx, value, size = f if self.wide else \
                (f[0], f[3], f[4], f[5], f[1], f[2])
            self.symbols.append((self.string(self.sections[s.link], name),
                                 shndx, value, size, info))

    def read_relocs(self, s):
        """relocs of a section: offset -> [(type, symbol, addend)]."""
        target = self.sections[s.info]
        form = ("Q" if self.wide else "I") * 2 + \
            (("q" if self.wide else "i") if s.type == 4 else "")
        for at in range(0, s.size, struct.calcsize("=" + form)):
            f = self.unpack(form, at, s.bytes)
            shift = 32 if self.wide else 8
            kind = f[1] & ((1 << shift) - 1)
            if s.type == 4:
                addend = f[2]
            else:  # in place; ours are 32-bit words
                addend = self.unpack("i", f[0], target.bytes)[0]
            target.relocs.setdefault(f[0], []).append(
                (kind, self.symbols[f[1] >> shift], addend))

    def named(self, name):
        return [s for s in self.sections if s.name == name]

    def field(self, section, offset):
        """Where a 32-bit self-relative field leads: section, offset in it."""
        if self.type == 1:
            found = section.relocs.get(offset, [])
            if not found:
                raise SystemExit(f"no relocation at {section.name}+{offset}")
            _, symbol, addend = found[0]
            # riscv: an addition, and a subtraction of something near here
            near = [offset - s[2] - a for _, s, a in found[1:]]
            return self.sections[symbol[1]], symbol[2] + addend + sum(near)
        address = section.addr + offset + \
            self.unpack("i", offset, section.bytes)[0]
        for s in self.sections:
            if s.flags & 2 and s.addr <= address < s.addr + s.size:
                return s, address - s.addr
        raise SystemExit(f"{section.name}+{offset} leads nowhere")

    def functions(self):
        """Records of __kcov8_funcs."""
        for s in self.named("__kcov8_funcs"):
            if s.size % 32:
                raise SystemExit("__kcov8_funcs: size is no multiple of 32")
            for at in range(0, s.size, 32):
                f = Section()
                f.hash, _, _, f.n, f.abi, f.probe, f.level, f.flags, \
                    f.first, f.rows = self.unpack("QiiIBBBBII", at, s.bytes)
                f.section = s
                f.array = self.field(s, at + 8)
                keys, start = self.field(s, at + 12)
                f.code, = self.unpack("I", start - 4, keys.bytes)
                f.keys = list(self.unpack(f"{f.n}I", start, keys.bytes))
                f.rules = []  # (witness, implied)
                if f.flags & PRUNED:
                    start += 4 * f.n
                    n, = self.unpack("I", start, keys.bytes)
                    f.rules = [(r >> 16, r & 0xffff) for r in
                               self.unpack(f"{n}I", start + 4, keys.bytes)]
                counters = f.rules[0][1] if f.rules else f.n
                f.counters = [
                    f.array[1] + (n % f.rows * 4 + n // f.rows if f.rows else n)
                    for n in range(f.first, f.first + counters)]
                yield f

    def map_entries(self):
        for s in self.named(".kcov8.map"):
            if s.flags & 2:
                raise SystemExit(".kcov8.map is allocated")
            at = 0
            while at < s.size:
                if self.unpack("I", at, s.bytes)[0] == 0:
                    at += 4
                    continue
                entry = MapEntry(self, s.bytes, at)
                at += entry.size
                yield entry


class MapEntry:
    def __init__(self, elf, data, start):
        self.elf, self.data, self.at = elf, data, start
        magic, self.size, self.abi, self.kind = \
            self.fixed("I"), self.fixed("I"), self.fixed("H"), self.fixed("H")
        if magic != MAGIC or self.size % 4 or self.abi != 4:
            raise SystemExit(f"bad map entry at {start}")
        if self.kind == 1:
            self.function()
        elif self.kind == 2:
            self.unit()
        if not start + self.size - 4 < self.at <= start + self.size:
            raise SystemExit(f"map entry at {start}: size {self.size}, "
                             f"read {self.at - start}")

    def fixed(self, form):
        x, = self.elf.unpack(form, self.at, self.data)
        self.at += struct.calcsize(form)
        return x

    def uleb(self):
        x = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            x |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return x

    def str(self):
        n = self.uleb()
        self.at += n
        return self.data[self.at - n:self.at].decode()

    def function(self):
        self.hash, self.checksum = self.fixed("Q"), self.fixed("I")
        n, self.line, self.name = self.uleb(), self.uleb(), self.str()
        self.files = [self.str() for _ in range(self.uleb())]
        self.blocks = []
        for _ in range(n):
            b = Section()
            b.key, b.flags = self.fixed("I"), self.uleb()
            b.file = self.files[self.uleb()]
            b.range = tuple(self.uleb() for _ in range(4))
            b.runs = [(self.files[self.uleb()], self.uleb(), self.uleb())
                      for _ in range(self.uleb())]
            self.blocks.append(b)

    def unit(self):
        self.source, self.producer, self.options = \
            self.str(), self.str(), self.str()
        self.rules = [(self.str(), self.str(), self.uleb())
                      for _ in range(self.uleb())]
