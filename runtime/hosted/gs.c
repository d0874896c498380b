/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * gs.c - attribution `task` through the base of gs: pages at given addresses
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_FIXED_NOREPLACE */
#endif
#include "hosted/hosted.h"

const char kcov8i_gs_linked;

#if defined(__linux__) && defined(__x86_64__)
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC visibility push(default)
#include <kcov8/port.h>
#pragma GCC visibility pop

/* ---- Pages --------------------------------------------------------------- */

/* By system call: sanitizers end programs that map where they do not expect it.
 */
int kcov8_port_map(void **at, size_t bytes) {
  const int saved = errno;
  const int fixed = *at ? MAP_FIXED_NOREPLACE : 0;
  const long p =
      syscall(SYS_mmap, *at, bytes, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0L);
  const bool mapped = p != -1;
  const bool there = mapped && (!*at || p == (long)(intptr_t)*at);
  if (mapped && !there) /* before Linux 4.17 the address is a hint */
    syscall(SYS_munmap, p, bytes);
  else if (mapped)
    *at = (void *)p;
  errno = saved;
  return there ? 0 : -1;
}

void kcov8_port_unmap(void *at, size_t bytes) {
  const int saved = errno;
  syscall(SYS_munmap, at, bytes);
  errno = saved;
}

/* ---- Distances ----------------------------------------------------------- */

/*
 * Libraries lie one below the other, and so will those that come. Above them is
 * nothing but the stack, and the end of user space. How much room that is, is
 * drawn at random: 16 GiB to 1 TiB; 128 MiB without randomization, as under a
 * debugger. Programs have their heap above them, and then tens of TiB of
 * nothing. So copies lie above their images, in the room that there is: at 1/2
 * of it, 1/4, 3/4, 1/8 and so on, of a power of two, so that a bit more or less
 * of it changes nothing. The further apart these distances, the more libraries
 * have room at all of them.
 */
enum { PARTS = 4096, PARTS_BITS = 12 };

#define USER_END (INT64_C(1) << 47)
#define TIB (INT64_C(1) << 40)
#define GIB16 (INT64_C(1) << 34)
#define MIB512 (INT64_C(1) << 29)

static int64_t power_of_two_below(int64_t n) {
  return INT64_C(1) << (63 - __builtin_clzll((uint64_t)n));
}

/* Where the next library might be. */
static int64_t next_place(void) {
  enum { BYTES = 4096 };
  void *at = NULL;
  if (kcov8_port_map(&at, BYTES))
    return 0;
  kcov8_port_unmap(at, BYTES);
  return (int64_t)(intptr_t)at;
}

static int64_t reversed(unsigned int n) {
  int64_t r = 0;
  for (int bit = 0; bit < PARTS_BITS; bit++)
    r |= (int64_t)(n >> bit & 1) << (PARTS_BITS - 1 - bit);
  return r;
}

static intptr_t part_of_room(unsigned int n) {
  static int64_t place, room;
  if (n == 1) {
    place = next_place();
    room = power_of_two_below(USER_END - place);
  }
  /* Neither the stack as it grows, nor libraries that lie further down. */
  const int64_t around = room / 32 < MIB512 ? room / 32 : MIB512;
  const int64_t distance = room / PARTS * reversed(n);
  const int64_t to_stack = (int64_t)getauxval(AT_RANDOM) - (place + distance);
  return distance + (to_stack > -around && to_stack < around ? 2 * around : 0);
}

/*
 * Where the heap has taken all that, more is above it: for a program alone. If
 * there are libraries, too, there may be no such distance in common. Down there
 * is more room, but a negative base can only be set where that takes no system
 * call, and debuggers cannot set it.
 */
intptr_t kcov8_port_distance(unsigned int n) {
  enum { STEPS = 100, MOST = 64 };
  if (n < PARTS - 1)
    return part_of_room(n + 1);
  n -= PARTS - 1;
  if (n < STEPS)
    return GIB16 * (n + 1);
  n -= STEPS;
  return kcov8i_has_fsgsbase() && n < MOST ? -TIB * (n + 1) : 0;
}
#endif
