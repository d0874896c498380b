/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * compare-lines.h - what /sys/kernel/debug/compare compares
 *
 * The same source lines in ukernel (examples/ukernel/compare.c) and in the
 * Linux that it is compared with (linux-compare.c), so that KCOV_TRACE_CMP has
 * to give the same records. Clients include it for the layout and the
 * constants. The includer has uint8_t and so on.
 *
 * Effects are stores to volatile memory: nothing to fold or merge.
 */
#ifndef COMPARE_LINES_H
#define COMPARE_LINES_H

#define COMPARE_PATH "/sys/kernel/debug/compare"

/* What a client writes there. */
struct compare_args {
  uint64_t wide, left, right;
  uint32_t word, choice;
  uint16_t half;
  uint8_t byte, byte_choice, pad[4];
};

#define COMPARE_BYTE 0xa5
#define COMPARE_HALF 0xb1e5
#define COMPARE_WORD 0xc0de1234u
#define COMPARE_WIDE 0xfeedface12345678ull
#define COMPARE_BOUND 0x70000001
#define COMPARE_CHOICE_1 0x7fff0001u
#define COMPARE_CHOICE_2 0x11112222u
#define COMPARE_CHOICE_3 0x99990000u
#define COMPARE_SMALL_1 0x61
#define COMPARE_SMALL_2 0xf1
#define COMPARE_SMALL_3 0x33

static inline uint32_t compare_lines(const struct compare_args *in) {
  volatile uint32_t hits = 0;
  if (in->byte == COMPARE_BYTE)
    hits = hits + 1;
  if (COMPARE_HALF == in->half)
    hits = hits + 2;
  if (in->word != COMPARE_WORD)
    hits = hits + 4;
  if (in->wide == COMPARE_WIDE)
    hits = hits + 8;
  if ((int32_t)in->word < COMPARE_BOUND)
    hits = hits + 16;
  if (in->left == in->right)
    hits = hits + 32;
  switch (in->choice) {
  case COMPARE_CHOICE_2:
    hits = hits + 64;
    break;
  case COMPARE_CHOICE_3:
    hits = hits * 3;
    break;
  case COMPARE_CHOICE_1:
    hits = hits / 5;
    break;
  default:
    break;
  }
  switch (in->byte_choice) {
  case COMPARE_SMALL_1:
    hits = hits + 128;
    break;
  case COMPARE_SMALL_2:
    hits = hits * 7;
    break;
  case COMPARE_SMALL_3:
    hits = hits / 9;
    break;
  default:
    hits = hits + 1;
    break;
  }
  return hits;
}

#endif /* COMPARE_LINES_H */
