/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * client.c - what the kcov clients share
 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Failing ---------------------------------------------------------- */

static _Noreturn void die(int status, const char *step, const char *reason) {
  fflush(stdout); /* what came before comes first */
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, step, reason);
  exit(status);
}

void fail(const char *step) { die(1, step, strerror(errno)); }

void fail_because(const char *step, const char *reason) {
  die(1, step, reason);
}

void usage_error(const char *what, const char *reason) { die(2, what, reason); }

unsigned long parse_number(const char *option, const char *text,
                           unsigned long min, unsigned long max) {
  char *end, reason[80];
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (*text >= '0' && *text <= '9' && !*end && !errno && value >= min &&
      value <= max)
    return value;
  snprintf(reason, sizeof(reason), "takes a number from %lu to %lu", min, max);
  usage_error(option, reason);
}

void flush_stdout(void) {
  if (fflush(stdout) || ferror(stdout))
    fail("stdout");
}

/* ---- Buffers ---------------------------------------------------------- */

void kcov_open(struct kcov *kcov, uint64_t words) {
  kcov->words = words;
  kcov->fd = open(KCOV_PATH, O_RDWR | O_CLOEXEC);
  if (kcov->fd < 0)
    fail(KCOV_PATH);
  if (ioctl(kcov->fd, KCOV_INIT_TRACE, words))
    fail("KCOV_INIT_TRACE");
  kcov->cover = mmap(NULL, words * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                     MAP_SHARED, kcov->fd, 0);
  if (kcov->cover == MAP_FAILED)
    fail("mmap of the cover buffer");
}

void kcov_close(struct kcov *kcov) {
  if (munmap(kcov->cover, kcov->words * sizeof(uint64_t)))
    fail("munmap of the cover buffer");
  if (close(kcov->fd))
    fail("close of the kcov file");
}

void kcov_enable(struct kcov *kcov) {
  if (ioctl(kcov->fd, KCOV_ENABLE, KCOV_TRACE_PC))
    fail("KCOV_ENABLE");
}

void kcov_disable(struct kcov *kcov) {
  if (ioctl(kcov->fd, KCOV_DISABLE, 0))
    fail("KCOV_DISABLE");
}

void kcov_reset(struct kcov *kcov) {
  __atomic_store_n(&kcov->cover[0], 0, __ATOMIC_RELAXED);
}

uint64_t kcov_count(const struct kcov *kcov) {
  uint64_t count = __atomic_load_n(&kcov->cover[0], __ATOMIC_ACQUIRE);
  if (count >= kcov->words)
    fail_because("cover buffer", "the count is not below the number of words");
  return count;
}

/* ---- Sets of PCs ------------------------------------------------------ */

#define FIRST_ROOM 16384u /* seldom grows: growing may call the kernel */

static void set_alloc(struct pcset *set, size_t room) {
  set->slot = calloc(room, sizeof(*set->slot));
  set->room = room;
  set->count = 0;
  if (!set->slot)
    fail("set of PCs");
}

void pcset_init(struct pcset *set) { set_alloc(set, FIRST_ROOM); }

void pcset_free(struct pcset *set) { free(set->slot); }

void pcset_clear(struct pcset *set) {
  memset(set->slot, 0, set->room * sizeof(*set->slot));
  set->count = 0;
}

/* Where @pc is, or belongs. */
static size_t find(const struct pcset *set, uint64_t pc) {
  size_t at = (pc * 0x9e3779b97f4a7c15u >> 32) & (set->room - 1);
  while (set->slot[at] && set->slot[at] != pc)
    at = (at + 1) & (set->room - 1);
  return at;
}

int pcset_has(const struct pcset *set, uint64_t pc) {
  return set->slot[find(set, pc)] == pc;
}

static void grow(struct pcset *set) {
  struct pcset old = *set;
  set_alloc(set, 2 * old.room);
  for (size_t i = 0; i < old.room; i++)
    if (old.slot[i])
      pcset_add(set, old.slot[i]);
  free(old.slot);
}

int pcset_add(struct pcset *set, uint64_t pc) {
  size_t at = find(set, pc);
  if (!pc || set->slot[at] == pc)
    return 0;
  set->slot[at] = pc;
  if (++set->count > set->room / 2)
    grow(set);
  return 1;
}

size_t pcset_add_cover(struct pcset *set, const struct kcov *kcov,
                       uint64_t count) {
  size_t added = 0;
  for (uint64_t i = 1; i <= count; i++)
    added += (size_t)pcset_add(set, kcov->cover[i]);
  return added;
}
