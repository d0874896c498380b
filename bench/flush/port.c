/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * port.c - port hooks: memory that is counted, a lock for one thread
 *
 * Memory is mapped for each request and unmapped, so page faults are in the
 * times, as in a host that starts.
 */
#include "bench.h"

#include <stdio.h>
#include <sys/mman.h>

size_t port_live_bytes, port_peak_bytes;

void *kcov8_port_alloc(size_t bytes) {
  void *const p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return NULL;
  port_live_bytes += bytes;
  if (port_live_bytes > port_peak_bytes)
    port_peak_bytes = port_live_bytes;
  return p;
}

void kcov8_port_free(void *p, size_t bytes) {
  port_live_bytes -= bytes;
  munmap(p, bytes);
}

void kcov8_port_lock(void) {}
void kcov8_port_unlock(void) {}

void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  (void)level;
  fprintf(stderr, "kcov8: %s\n", message);
}
