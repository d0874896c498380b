/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * port.c - port hooks: memory that is counted, a lock for one thread, vector
 * registers that are lent
 *
 * Memory is mapped for each request and unmapped, as the hosted port does when
 * there is much, so page faults are in the times.
 */
#include "bench.h"
#include "hosted/pages.h"

#include <immintrin.h>
#include <stdio.h>

size_t port_live_bytes, port_peak_bytes;

void *kcov8_port_alloc(size_t bytes) {
  void *const p = kcov8i_pages_map(bytes);
  if (!p)
    return NULL;
  port_live_bytes += bytes;
  if (port_live_bytes > port_peak_bytes)
    port_peak_bytes = port_live_bytes;
  return p;
}

void kcov8_port_free(void *p, size_t bytes) {
  port_live_bytes -= bytes;
  kcov8i_pages_unmap(p, bytes);
}

void kcov8_port_lock(void) {}
void kcov8_port_unlock(void) {}

void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  (void)level;
  fprintf(stderr, "kcov8: %s\n", message);
}

/* ---- Vector registers, as in a kernel ----------------------------------- */

bool port_lends;

#ifdef BENCH_LENDS
static _Alignas(64) uint8_t registers[16384];
static bool saved;

enum { ALL = -1 };

/* As kernel_fpu_begin() does: the thread's own are saved once. */
__attribute__((target("xsave"))) int kcov8_port_vector_begin(void) {
  if (!port_lends)
    return -1;
  if (!saved)
    _xsave64(registers, ALL);
  saved = true;
  return 0;
}

void kcov8_port_vector_end(void) {}

/* As on the way to user space. */
__attribute__((target("xsave"))) void port_vectors_back(void) {
  if (saved)
    _xrstor64(registers, ALL);
  saved = false;
}
#else
void port_vectors_back(void) {}
#endif
