/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * log.c - one-line messages without a libc
 *
 * A message is built on the stack of whoever refuses something; what does not
 * fit in its buffer is cut. Needs no lock of its own.
 */
#include "base/base.h"

void kcov8i_msg_str(struct kcov8i_msg *m, const char *s) {
  while (*s && m->len < sizeof(m->text) - 1)
    m->text[m->len++] = *s++;
  m->text[m->len] = 0;
}

static void digits(struct kcov8i_msg *m, uint64_t v, unsigned int base) {
  char text[21];
  size_t at = sizeof(text) - 1;
  text[at] = 0;
  do {
    text[--at] = "0123456789abcdef"[v % base];
    v /= base;
  } while (v);
  kcov8i_msg_str(m, text + at);
}

void kcov8i_msg_dec(struct kcov8i_msg *m, uint64_t v) { digits(m, v, 10); }

void kcov8i_msg_hex(struct kcov8i_msg *m, uint64_t v) {
  kcov8i_msg_str(m, "0x");
  digits(m, v, 16);
}

void kcov8i_msg_log(struct kcov8i_msg *m, enum kcov8_log_level level) {
  kcov8_port_log(level, m->text);
}
