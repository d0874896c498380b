/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * client.h - what the kcov clients share: a buffer, a set of PCs, failing
 *
 * Nothing here belongs to kcov8: these are Linux's numbers and rules, and the
 * programs run there too. kcov-sample.c shows the calls in one piece.
 */
#ifndef KCOV_CLIENT_H
#define KCOV_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* As linux/kcov.h has them; restated since few systems install it. */
#define KCOV_PATH "/sys/kernel/debug/kcov"
#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_DISABLE _IO('c', 101)
#define KCOV_TRACE_PC 0

/* Linux's limit, and what keeps a buffer mappable: whole pages. */
#define KCOV_MAX_WORDS 268435455ul
#define KCOV_PAGE_WORDS 512ul

/* ---- Failing: `PROGRAM: STEP: REASON`, exit 1 ---------------------------- */

_Noreturn void fail(const char *step); /* the reason is errno's */
_Noreturn void fail_because(const char *step, const char *reason);
_Noreturn void usage_error(const char *what, const char *reason); /* exit 2 */
/* A number on the command line; a usage error unless it is in the range. */
unsigned long parse_number(const char *option, const char *text,
                           unsigned long min, unsigned long max);
void flush_stdout(void); /* before a normal end: what was lost is a failure */

/* ---- Buffers ---------------------------------------------------------- */

/**
 * struct kcov - one open of the device, sized and mapped
 * @cover: word 0 is the count N, words 1 to N are PCs
 * @words: size of @cover
 */
struct kcov {
  int fd;
  uint64_t *cover;
  uint64_t words;
};

/* All of these fail (above) rather than return an error. */
void kcov_open(struct kcov *kcov, uint64_t words);
void kcov_close(struct kcov *kcov);
void kcov_enable(struct kcov *kcov); /* the calling thread's calls */
void kcov_disable(struct kcov *kcov);
void kcov_reset(struct kcov *kcov);
uint64_t kcov_count(const struct kcov *kcov); /* < @words, checked */

/* ---- Sets of PCs ------------------------------------------------------ */

/**
 * struct pcset - open addressing; 0 is no PC and marks a free slot
 * @room: number of slots, a power of two
 */
struct pcset {
  uint64_t *slot;
  size_t room, count;
};

void pcset_init(struct pcset *set);
void pcset_free(struct pcset *set);
void pcset_clear(struct pcset *set);
int pcset_has(const struct pcset *set, uint64_t pc);
int pcset_add(struct pcset *set, uint64_t pc); /* 1 if it was not there */
/* All PCs of a buffer that holds @count; how many were not there. */
size_t pcset_add_cover(struct pcset *set, const struct kcov *kcov,
                       uint64_t count);

#endif /* KCOV_CLIENT_H */
