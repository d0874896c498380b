# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes of what an instrumented object holds (ELF64, little endian)."""
import struct

SHF_ALLOC, SHF_EXECINSTR = 2, 4
SHT_SYMTAB, SHT_RELA = 2, 4


def _sections(data):
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a little-endian ELF64 file")
    offset, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    rows = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size)
            for i in range(count)]
    strings = rows[names][4]
    for r in rows:
        end = data.index(b"\0", strings + r[0])
        yield (data[strings + r[0]:end].decode(),) + r[1:]


def _symbols(data, sections, table):
    """Name and size of each symbol of a symbol table."""
    strings = sections[table[6]][4]
    for at in range(table[4], table[4] + table[5], 24):
        name, = struct.unpack_from("<I", data, at)
        size, = struct.unpack_from("<Q", data, at + 16)
        end = data.index(b"\0", strings + name)
        yield data[strings + name:end].decode(errors="replace"), size


def _calls(data, sections, callee):
    """How many relocations name the symbol CALLEE."""
    total = 0
    for _, kind, _, _, offset, size, link, _, _, _ in sections:
        if kind != SHT_RELA:
            continue
        wanted = {i for i, (name, _) in enumerate(
            _symbols(data, sections, sections[link])) if name == callee}
        for at in range(offset, offset + size, 24):
            info, = struct.unpack_from("<Q", data, at + 8)
            total += info >> 32 in wanted
    return total


def _probes(data, sections, how):
    kind, name, *size = how
    if kind == "calls":
        return _calls(data, sections, name)
    if kind == "section":
        found = sum(s[5] for s in sections if s[0] == name)
    else:
        found = sum(size for s in sections if s[1] == SHT_SYMTAB
                    for symbol, size in _symbols(data, sections, s)
                    if symbol.startswith(name))
    return found // int(size[0])


def sizes(path, probes, tables):
    """text, tables: bytes; probes: how many; None: the scheme does not say.
    PROBES: a Row's; TABLES: beginnings of names of sections."""
    with open(path, "rb") as f:
        data = f.read()
    sections = list(_sections(data))
    alloc = [(s[0], s[2], s[5]) for s in sections if s[2] & SHF_ALLOC]
    return {
        "text": sum(size for _, flags, size in alloc
                    if flags & SHF_EXECINSTR),
        "tables": sum(size for name, _, size in alloc
                      if name.startswith(tables)) if tables else None,
        "probes": _probes(data, sections, probes) if probes else None,
    }
