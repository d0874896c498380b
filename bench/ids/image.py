# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a release and reads its blocks from .kcov8.map (docs/abi.md)."""
import hashlib
import os
import re
import struct
import subprocess
from dataclasses import dataclass, field

MASK = (1 << 64) - 1


@dataclass
class Block:
    key: int
    place: tuple  # file, first line, first column; None without lines
    lines: frozenset  # of (file, line)
    address: int = None  # in the text of the release; None: not found


@dataclass
class Function:
    hash: int
    name: str
    file: str
    line: int
    blocks: list = field(default_factory=list)


def _mix64(x):
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & MASK
    x = (x ^ x >> 27) * 0x94d049bb133111eb & MASK
    return x ^ x >> 31


def block_id(hash_, key):
    mixed = _mix64(hash_ + (key + 1) * 0x9e3779b97f4a7c15 & MASK)
    return ((hash_ >> 32) * 2032 >> 32) << 53 | mixed >> 11


def uleb(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


class _Reader:
    def __init__(self, data, at):
        self.data, self.at = data, at

    def uleb(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def word(self, form):
        value, = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self):
        size = self.uleb()
        self.at += size
        return self.data[self.at - size:self.at].decode("utf-8", "replace")


def _function(r):
    hash_ = r.word("Q")
    r.word("I")  # checksum
    n_blocks, line, name = r.uleb(), r.uleb(), r.text()
    files = [r.text() for _ in range(r.uleb())]
    function = Function(hash_, name, files[0], line)
    for _ in range(n_blocks):
        key = r.word("I")
        _, file, l0, c0, _, _ = (r.uleb() for _ in range(6))
        lines = set()
        for _ in range(r.uleb()):
            where, first, count = r.uleb(), r.uleb(), r.uleb()
            lines.update((files[where], first + i) for i in range(count))
        place = (files[file], l0, c0) if l0 else None
        function.blocks.append(Block(key, place, frozenset(lines)))
    return function


def parse_map(data):
    """Functions in the bytes of a .kcov8.map section."""
    out, at = [], 0
    while at + 12 <= len(data):
        magic, size, _, kind = struct.unpack_from("<IIHH", data, at)
        if not magic:
            at += 4
            continue
        if magic != 0x4d38564b:
            raise SystemExit("bench: .kcov8.map cannot be read")
        if kind == 1:
            out.append(_function(_Reader(data, at + 12)))
        at += size
    return out


def _probes(path, blocks):
    """Size of .text, {number of a block: where .text sets its counter first}:
    movb, of which one byte follows the address, as x86-64 has it."""
    with open(path, encoding="ascii") as f:
        text = f.read()
    sizes = {name: int(size, 16) for name, size in re.findall(
        r"^ +\d+ (\S+) +(\w+) ", text, re.MULTILINE)}
    rows = -(-blocks // 4)  # docs/abi.md: "Counters are spread"
    part = text.partition("RECORDS FOR [.text]")[2].partition("\n\n")[0]
    out = {}
    for at, sign, addend in re.findall(
            r"^(\w+) +R_X86_64_PC32 +__kcov8_cntrs([-+]?)(\w*)$", part,
            re.MULTILINE):
        counter = int(sign + (addend or "0"), 16) + 5
        out.setdefault(counter % 4 * rows + counter // 4, int(at, 16))
    return sizes.get(".text", 0), out


class Compiler:
    """Compiles with the plugins of one build directory. Maps are kept, and
    made anew if plugins or flags changed."""

    def __init__(self, build, llvm, into):
        self.llvm, self.into = llvm, into
        lib = os.path.abspath(os.path.join(build, "lib"))
        self.options, self.pass_ = (os.path.join(lib, n) for n in (
            "kcov8-options.so", "kcov8-pass.so"))
        self.digest = hashlib.sha256()
        for name in sorted(os.listdir(lib)):
            if name.startswith(("kcov8-pass", "kcov8-options")):
                with open(os.path.join(lib, name), "rb") as f:
                    self.digest.update(f.read())

    def _folder(self, release, flags):
        key = self.digest.copy()
        key.update(repr((self.llvm, flags, release.project)).encode())
        return os.path.join(self.into, release.name, key.hexdigest()[:16])

    def _compile(self, release, top, source, flags, obj):
        command = [f"clang-{self.llvm}", "-g", "-w", *flags,
                   *release.project.flags, f"-fplugin={self.options}",
                   f"-fplugin={self.pass_}", f"-fpass-plugin={self.pass_}",
                   "-fplugin-arg-kcov8-no-prune", "-c", source, "-o", obj]
        done = subprocess.run(command, cwd=top, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"bench: {release.name}: failed: "
                             f"{' '.join(command)}\n{done.stderr}")
        self._take_map(obj)

    def _take_map(self, obj):
        """Leave OBJ.map, and no OBJ."""
        subprocess.run([f"llvm-objcopy-{self.llvm}", "-O", "binary",
                        "--only-section=.kcov8.map",
                        "--set-section-flags=.kcov8.map=alloc", obj,
                        obj + ".map"], check=True, capture_output=True)
        with open(obj + ".text", "w", encoding="ascii") as f:
            subprocess.run([f"llvm-objdump-{self.llvm}", "-rh", obj],
                           check=True, stdout=f)
        os.remove(obj)

    def functions(self, release, top, flags=("-O2",)):
        """Of all sources of a release, in the order of the sources."""
        folder = os.path.abspath(self._folder(release, flags))
        names = [(s, os.path.join(folder, s.replace("/", "_") + ".o"))
                 for s in release.sources(top)]
        if not os.path.isdir(folder):
            part = folder + ".part"
            os.makedirs(part, exist_ok=True)
            for source, obj in names:
                self._compile(release, top, source, flags,
                              os.path.join(part, os.path.basename(obj)))
            os.rename(part, folder)
        out, base = [], 0
        for _, obj in names:
            with open(obj + ".map", "rb") as f:
                found = parse_map(f.read())
            blocks = [b for f in found for b in f.blocks]
            size, probes = _probes(obj + ".text", len(blocks))
            for i, b in enumerate(blocks):
                b.address = base + probes[i] if i in probes else None
            base += -(-size // 16) * 16
            out += found
        return out
