/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * um_user.c - User Mode Linux: calls of the host
 *
 * The copies of counters are the host's pages: backed when written, and no
 * matter of the kernel's own page tables, so a probe never faults in a place
 * where the kernel could not take it.
 */
#include <asm/prctl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "um.h"

#define HWCAP2_FSGSBASE 2

int kcov8_um_has_wrgsbase(void) {
  return (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
}

void kcov8_um_set_gs(unsigned long base) {
  syscall(SYS_arch_prctl, ARCH_SET_GS, base);
}

int kcov8_um_map(void **at, unsigned long bytes) {
  void *const p = mmap(*at, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
                           (*at ? MAP_FIXED_NOREPLACE : 0),
                       -1, 0);

  if (p == MAP_FAILED)
    return -1;
  if (*at && p != *at) { /* a host before 4.17 takes the address for a hint */
    munmap(p, bytes);
    return -1;
  }
  *at = p;
  return 0;
}

void kcov8_um_unmap(void *at, unsigned long bytes) { munmap(at, bytes); }
