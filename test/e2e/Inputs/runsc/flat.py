# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""flat.py - as much of the FlatBuffers encoding as syzkaller's RPC needs

A schema is a list of (name, type) in the order of the table's fields. Types:
"u8", "u64", "i32", "i64", "str", "u8s", "u64s" (vectors), a schema (a table),
[schema] or ["str"] (a vector of them), ("struct", format) for one in place.
Absent fields are None, or 0 for numbers.
"""
import struct

NUMBERS = {"u8": "<B", "u64": "<Q", "i32": "<i", "i64": "<q"}
VECTORS = {"u8s": ("<B", 1), "u64s": ("<Q", 8)}


def inline(kind):
    """The struct format of a field as it stands in its table."""
    if isinstance(kind, tuple):
        return kind[1]
    return NUMBERS.get(kind, "<I") if isinstance(kind, str) else "<I"


def pad(out, size):
    out.extend(bytes(-len(out) % size))


def put_bytes(out, data, width=1):
    pad(out, 8)
    if width == 8:  # the elements are aligned, the length before them is not
        out.extend(bytes(4))
    at = len(out)
    out.extend(struct.pack("<I", len(data) // width) + data)
    return at


def put_vector(out, kind, values):
    pad(out, 4)
    at = len(out)
    out.extend(struct.pack("<I", len(values)) + bytes(4 * len(values)))
    for i, value in enumerate(values):
        slot = at + 4 + 4 * i
        struct.pack_into("<I", out, slot, put(out, kind, value) - slot)
    return at


def put(out, kind, value):
    """Appends what a field refers to; where it starts."""
    if kind == "str":
        at = put_bytes(out, value.encode())
        out.append(0)
        return at
    if isinstance(kind, str):
        fmt, width = VECTORS[kind]
        return put_bytes(out, b"".join(struct.pack(fmt, v) for v in value), width)
    if isinstance(kind, list) and not isinstance(kind[0], tuple):
        return put_vector(out, kind[0], value)
    return put_table(out, kind, value)


def put_table(out, schema, values):
    unknown = set(values) - {name for name, _ in schema}
    assert not unknown, unknown
    fields, size = [], 4
    for name, kind in schema:
        if values.get(name) is None:
            fields.append(0)
            continue
        width = struct.calcsize(inline(kind))
        align = min(width, 8)
        size += -size % align
        fields.append(size)
        size += width
    pad(out, 8)
    vtable = len(out)
    out.extend(struct.pack("<HH", 4 + 2 * len(fields), size))
    for field in fields:
        out.extend(struct.pack("<H", field))
    pad(out, 8)
    table = len(out)
    out.extend(struct.pack("<i", table - vtable) + bytes(size - 4))
    for (name, kind), field in zip(schema, fields):
        if not field:
            continue
        value, at = values[name], table + field
        if isinstance(kind, tuple):
            struct.pack_into(kind[1], out, at, *value)
        elif kind in ("u8", "u64", "i32", "i64"):
            struct.pack_into(NUMBERS[kind], out, at, value)
        else:
            struct.pack_into("<I", out, at, put(out, kind, value) - at)
    return table


def encode(schema, values):
    """A message: its length in front of it."""
    out = bytearray(4)
    struct.pack_into("<I", out, 0, put_table(out, schema, values))
    return struct.pack("<I", len(out)) + bytes(out)


def get(data, kind, at):
    """What the field at @at is or refers to."""
    if isinstance(kind, tuple):
        return struct.unpack_from(kind[1], data, at)
    if isinstance(kind, str) and kind in NUMBERS:
        return struct.unpack_from(NUMBERS[kind], data, at)[0]
    at += struct.unpack_from("<I", data, at)[0]
    if kind == "str" or isinstance(kind, str):
        count = struct.unpack_from("<I", data, at)[0]
        if kind == "str":
            return data[at + 4:at + 4 + count].decode(errors="replace")
        fmt, width = VECTORS[kind]
        return [struct.unpack_from(fmt, data, at + 4 + width * i)[0]
                for i in range(count)]
    if isinstance(kind, list) and not isinstance(kind[0], tuple):
        count = struct.unpack_from("<I", data, at)[0]
        return [get(data, kind[0], at + 4 + 4 * i) for i in range(count)]
    return get_table(data, kind, at)


def get_table(data, schema, table):
    vtable = table - struct.unpack_from("<i", data, table)[0]
    size = struct.unpack_from("<H", data, vtable)[0]
    values = {}
    for i, (name, kind) in enumerate(schema):
        field = 0
        if 4 + 2 * i < size:
            field = struct.unpack_from("<H", data, vtable + 4 + 2 * i)[0]
        if field:
            values[name] = get(data, kind, table + field)
        else:
            number = isinstance(kind, str) and kind in NUMBERS
            values[name] = 0 if number else None
    return values


def decode(schema, data):
    return get_table(data, schema, struct.unpack_from("<I", data, 0)[0])
