/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * insn.c - lengths of x86-64 instructions, and which are refused
 *
 * The engine ignores most lock prefixes; a CPU refuses them but before the
 * instructions of the SDM's volume 2, "LOCK", with a memory destination. Only
 * lengths are known here, by the opcode maps of the SDM's appendix A: what is
 * no instruction at all is for the engine to say.
 */
#include "insn.h"

#include <string.h>

enum { LONGEST = 15 };

struct insn {
  unsigned int map; /* 1, 2: 0F, 3: 0F 38, 4: 0F 3A */
  uint8_t opcode, modrm;
  bool lock, short_operand, short_address, wide, has_modrm, vex;
  size_t bytes; /* so far */
};

/* 1-byte opcodes, by 4 bits each: what follows, but see immediate(). */
static bool one_byte_has_modrm(uint8_t op) {
  if (op < 0x40)
    return (op & 7) < 4;
  return op == 0x62 || op == 0x63 || op == 0x69 || op == 0x6b ||
         (op >= 0x80 && op <= 0x8f) || op == 0xc0 || op == 0xc1 || op == 0xc6 ||
         op == 0xc7 || (op >= 0xd0 && op <= 0xd3) ||
         (op >= 0xd8 && op <= 0xdf) || op == 0xf6 || op == 0xf7 || op == 0xfe ||
         op == 0xff;
}

static bool two_byte_has_modrm(uint8_t op) {
  if (op >= 0x30 && op <= 0x37)
    return false;
  return !((op >= 0x04 && op <= 0x0c) || op == 0x0e || op == 0x77 ||
           (op >= 0x80 && op <= 0x8f) || (op >= 0xa0 && op <= 0xa2) ||
           (op >= 0xa8 && op <= 0xaa) || (op >= 0xc8 && op <= 0xcf));
}

static size_t one_byte_immediate(const struct insn *i) {
  uint8_t op = i->opcode;
  size_t full = i->short_operand && !i->wide ? 2 : 4;
  if (op < 0x40)
    return (op & 7) == 4 ? 1 : (op & 7) == 5 ? full : 0;
  if (op >= 0x70 && op <= 0x7f)
    return 1;
  if (op >= 0xb0 && op <= 0xbf)
    return op < 0xb8 ? 1 : i->wide ? 8 : full;
  if (op >= 0xa0 && op <= 0xa3)
    return i->short_address ? 4 : 8;
  if (op >= 0xe0 && op <= 0xe7)
    return 1;
  switch (op) {
  case 0x6a:
  case 0x6b:
  case 0x80:
  case 0x82:
  case 0x83:
  case 0xa8:
  case 0xc0:
  case 0xc1:
  case 0xc6:
  case 0xcd:
  case 0xeb:
    return 1;
  case 0xc2:
  case 0xca:
    return 2;
  case 0xc8:
    return 3;
  case 0x68:
  case 0x69:
  case 0x81:
  case 0xa9:
  case 0xc7:
  case 0xe8:
  case 0xe9:
    return full;
  case 0xf6:
    return (i->modrm & 0x30) == 0 ? 1 : 0;
  case 0xf7:
    return (i->modrm & 0x30) == 0 ? full : 0;
  }
  return 0;
}

static size_t two_byte_immediate(const struct insn *i) {
  uint8_t op = i->opcode;
  if (op >= 0x80 && op <= 0x8f)
    return i->short_operand && !i->wide ? 2 : 4;
  return op == 0x0f || (op >= 0x70 && op <= 0x73) || op == 0xa4 || op == 0xac ||
         op == 0xba || op == 0xc2 || (op >= 0xc4 && op <= 0xc6);
}

static size_t immediate(const struct insn *i) {
  return i->map == 1   ? one_byte_immediate(i)
         : i->map == 2 ? two_byte_immediate(i)
                       : i->map == 4;
}

/* What follows ModRM: a SIB byte and a displacement. */
static size_t address_bytes(const struct insn *i, const uint8_t *code,
                            size_t n) {
  unsigned int mod = i->modrm >> 6, rm = i->modrm & 7;
  if (mod == 3)
    return 0;
  size_t bytes = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
  if (rm != 4)
    return bytes;
  if (mod == 0 && i->bytes < n && (code[i->bytes] & 7) == 5)
    bytes = 4;
  return bytes + 1;
}

static bool take_prefix(struct insn *i, uint8_t byte) {
  switch (byte) {
  case 0xf0:
    i->lock = true;
    return true;
  case 0x66:
    i->short_operand = true;
    return true;
  case 0x67:
    i->short_address = true;
    return true;
  case 0x26:
  case 0x2e:
  case 0x36:
  case 0x3e:
  case 0x64:
  case 0x65:
  case 0xf2:
  case 0xf3:
    return true;
  }
  return false;
}

/* False: @n is too small. */
static bool decode(struct insn *i, const uint8_t *code, size_t n) {
  memset(i, 0, sizeof(*i));
  if (n > LONGEST)
    n = LONGEST;
  while (i->bytes < n && take_prefix(i, code[i->bytes]))
    i->bytes++;
  /* A REX prefix counts only as the last one. */
  if (i->bytes < n && (code[i->bytes] & 0xf0) == 0x40) {
    i->wide = code[i->bytes++] & 8;
    if (i->bytes < n && take_prefix(i, code[i->bytes])) {
      i->wide = false;
      while (i->bytes < n && take_prefix(i, code[i->bytes]))
        i->bytes++;
    }
  }
  if (i->bytes + 2 > n && (i->bytes == n || code[i->bytes] == 0x0f))
    return false;
  i->map = 1;
  if (code[i->bytes] == 0x0f) {
    i->map = 2;
    i->bytes++;
    if (code[i->bytes] == 0x38 || code[i->bytes] == 0x3a) {
      i->map = code[i->bytes] == 0x38 ? 3 : 4;
      i->bytes++;
    }
  } else if (code[i->bytes] == 0xc4 || code[i->bytes] == 0xc5) {
    size_t payload = code[i->bytes] == 0xc4 ? 2 : 1;
    if (i->bytes + 1 + payload >= n)
      return false;
    i->vex = true;
    i->map = payload == 1 ? 2 : 1 + (code[i->bytes + 1] & 0x1f);
    i->bytes += 1 + payload;
  }
  if (i->bytes >= n)
    return false;
  i->opcode = code[i->bytes++];
  i->has_modrm = i->map == 1   ? one_byte_has_modrm(i->opcode)
                 : i->map == 2 ? two_byte_has_modrm(i->opcode)
                               : true;
  if (i->has_modrm) {
    if (i->bytes >= n)
      return false;
    i->modrm = code[i->bytes++];
    i->bytes += address_bytes(i, code, n);
  }
  i->bytes += immediate(i);
  return i->bytes <= n;
}

static bool may_lock(const struct insn *i) {
  unsigned int reg = (i->modrm >> 3) & 7;
  if (i->vex || !i->has_modrm || i->modrm >= 0xc0 || i->map > 2)
    return false;
  if (i->map == 2) {
    switch (i->opcode) {
    case 0xab: /* BTS, BTR, CMPXCHG, BTC, XADD */
    case 0xb0:
    case 0xb1:
    case 0xb3:
    case 0xbb:
    case 0xc0:
    case 0xc1:
      return true;
    case 0xba: /* BTS, BTR, BTC */
      return reg >= 5;
    case 0xc7: /* CMPXCHG8B, CMPXCHG16B */
      return reg == 1;
    }
    return false;
  }
  if (i->opcode < 0x38) /* ADD, OR, ADC, SBB, AND, SUB, XOR to memory */
    return (i->opcode & 7) < 2;
  switch (i->opcode) {
  case 0x80: /* the same, but not CMP */
  case 0x81:
  case 0x83:
    return reg < 7;
  case 0x86: /* XCHG */
  case 0x87:
    return true;
  case 0xf6: /* NOT, NEG */
  case 0xf7:
    return reg == 2 || reg == 3;
  case 0xfe: /* INC, DEC */
  case 0xff:
    return reg < 2;
  }
  return false;
}

/* A far call or jump to what is in a register: the engine crashes, or worse. */
static bool is_far_to_register(const struct insn *i) {
  unsigned int reg = (i->modrm >> 3) & 7;
  return i->map == 1 && !i->vex && i->opcode == 0xff && i->modrm >= 0xc0 &&
         (reg == 3 || reg == 5);
}

static bool is_refused(const struct insn *i) {
  return (i->lock && !may_lock(i)) || is_far_to_register(i);
}

bool insn_is_refused(const uint8_t *code, size_t n) {
  struct insn insn;
  return decode(&insn, code, n) && is_refused(&insn);
}

bool insn_any_refused(const uint8_t *code, size_t n) {
  struct insn insn;
  for (; n && decode(&insn, code, n); n -= insn.bytes, code += insn.bytes)
    if (is_refused(&insn))
      return true;
  return false;
}
