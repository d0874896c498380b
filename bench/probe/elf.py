# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes of what an instrumented object holds (ELF64, little endian)."""
import struct

SHF_ALLOC, SHF_EXECINSTR = 2, 4
SHT_SYMTAB, SHT_RELA = 2, 4
TABLES = ("__sancov_", "__kcov8_")


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


def _calls(data, sections, callee):
    """How many relocations name the symbol CALLEE."""
    total = 0
    for _, kind, _, _, offset, size, link, _, _, _ in sections:
        if kind != SHT_RELA:
            continue
        symbols = sections[link]
        strings = sections[symbols[6]][4]
        wanted = set()
        for i in range(symbols[5] // 24):
            name, = struct.unpack_from("<I", data, symbols[4] + 24 * i)
            end = data.index(b"\0", strings + name)
            if data[strings + name:end] == callee:
                wanted.add(i)
        for at in range(offset, offset + size, 24):
            info, = struct.unpack_from("<Q", data, at + 8)
            total += info >> 32 in wanted
    return total


def sizes(path):
    """text, tables: bytes; probes: how many. Of one object file."""
    with open(path, "rb") as f:
        data = f.read()
    sections = list(_sections(data))
    text = tables = probes = 0
    for name, _, flags, _, _, size, *_ in sections:
        if flags & SHF_EXECINSTR:
            text += size
        if flags & SHF_ALLOC and name.startswith(TABLES):
            tables += size
        # kcov8's arrays have up to 3 bytes that are no probe's.
        if name in ("__sancov_cntrs", "__sancov_bools", "__kcov8_cntrs"):
            probes += size
        elif name == "__sancov_guards":
            probes += size // 4
    if not probes:
        probes = _calls(data, sections, b"__sanitizer_cov_trace_pc")
    return {"text": text, "tables": tables, "probes": probes}
