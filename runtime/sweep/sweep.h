/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * sweep.h - find and clear counters that are not zero
 *
 * sweep.c picks the implementation: words.c for any CPU, or a vector one
 * (x86.c, neon.c), which is a function that turns 64 bytes into 64 bits, and
 * the loop of lines.h. The memory-model argument, which binds every
 * implementation, is in collect/collect.c. Needs nothing of the other layers,
 * so that tests and benches can have it alone.
 *
 * Vector registers: used if the core is compiled for a CPU that has them. A
 * kernel that may not touch them compiles without (x86 -mno-sse or
 * -mgeneral-regs-only, ARM -mgeneral-regs-only), or with KCOV8_NO_VECTOR, and
 * gets words. If it may take them for a moment, it compiles x86.c or neon.c
 * with them and all the rest without and with KCOV8_VECTOR_APART, and its port
 * has kcov8_port_vector_begin() and kcov8_port_vector_end().
 */
#ifndef KCOV8_SWEEP_H
#define KCOV8_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(KCOV8_NO_VECTOR)
#elif defined(__x86_64__) && defined(__SSE2__)
#define KCOV8I_SWEEP_X86 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#define KCOV8I_SWEEP_NEON 1
#endif

#pragma GCC visibility push(hidden)

struct kcov8i_hit {
  uint32_t index; /* of the byte */
  uint32_t count; /* its value, 1-255 */
};

#define KCOV8I_BATCH 128 /* hits per sweep step; 1 KiB of stack */

/*
 * Vector registers that the port lends. From how many bytes on: there words
 * take 0.6 us longer, and to save and load registers 0.1 us (./dev bench
 * flush), more in a kernel. How many bytes at most until they are given back: 2
 * us from a cache and 10 from memory, in which a kernel does not switch tasks.
 */
enum { KCOV8I_LENT_MIN = 64 << 10, KCOV8I_LENT_PIECE = 128 << 10 };

/**
 * kcov8i_sweep() - find and clear non-zero bytes
 * @pos:  in: where to start; out: where to go on, @n at the end
 * @hits: KCOV8I_BATCH elements, filled in ascending order
 *
 * Return: number of hits; may be 0 before the end.
 * Context: one sweep of an array at a time; bytes may be written meanwhile.
 */
size_t kcov8i_sweep(uint8_t *bytes, size_t n, size_t *pos,
                    struct kcov8i_hit *hits);

/* ---- Implementations ---------------------------------------------------- */

typedef size_t kcov8i_sweep_fn(uint8_t *bytes, size_t n, size_t *pos,
                               struct kcov8i_hit *hits);

struct kcov8i_sweep_kind {
  const char *name;
  kcov8i_sweep_fn *sweep;
};

#define KCOV8I_SWEEP_KINDS 4

/* Those that this CPU can run, best last. Returns how many, at least 1. */
size_t kcov8i_sweep_kinds(struct kcov8i_sweep_kind *kinds);

/* words.c */
size_t kcov8i_sweep_words(uint8_t *bytes, size_t n, size_t *pos,
                          struct kcov8i_hit *hits);

/* x86.c or neon.c: fills in @kinds, those behind the words. */
size_t kcov8i_sweep_vector_kinds(struct kcov8i_sweep_kind *kinds);

#pragma GCC visibility pop

#endif /* KCOV8_SWEEP_H */
