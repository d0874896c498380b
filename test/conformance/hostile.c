/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hostile.c - word 0 and the buffer as an attacker leaves them
 *
 * The kernel may trust its own size only. What a call does to the buffer is
 * told apart by filling it with a pattern first; guard pages on both sides
 * make a wrong size crash here. (A store outside the kernel's own buffer
 * cannot be seen from user space: it would bring the kernel down.)
 */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define WORDS PAGE_WORDS
#define PATTERN 0x3c3c3c3c3c3c3c3cull

static const struct value {
  const char *name;
  uint64_t word0;
} values[] = {
    {"0", 0},
    {"1", 1},
    {"n-3", WORDS - 3},
    {"n-2", WORDS - 2},
    {"n-1", WORDS - 1},
    {"n", WORDS},
    {"n+1", WORDS + 1},
    {"2n", 2 * WORDS},
    {"2^31-1", (1ull << 31) - 1},
    {"2^31", 1ull << 31},
    {"2^32-1", (1ull << 32) - 1},
    {"2^32", 1ull << 32},
    {"2^32+1", (1ull << 32) + 1},
    {"2^59", 1ull << 59},
    {"2^60-1", (1ull << 60) - 1},
    {"2^61-2", (1ull << 61) - 2},
    {"2^61-1", (1ull << 61) - 1},
    {"2^61", 1ull << 61},
    {"2^63-1", (1ull << 63) - 1},
    {"2^63", 1ull << 63},
    {"2^64-n", 0 - (uint64_t)WORDS},
    {"2^64-2", ~0ull - 1},
    {"2^64-1", ~0ull},
};

static struct kcov guarded(void) {
  struct kcov kcov = {.fd = kcov_sized(WORDS), .words = WORDS};
  char *hole =
      mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(sys_map(hole), "mmap");
  kcov.area = mmap(hole + PAGE, PAGE, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_FIXED, kcov.fd, 0);
  need(sys_map((void *)kcov.area), "mmap");
  return kcov;
}

static void word_0(void) {
  const struct value *value = case_arg();
  struct kcov kcov = guarded();
  uint64_t before = value->word0, words = 0;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  for (size_t i = 1; i < WORDS; i++)
    kcov.area[i] = PATTERN;
  kcov.area[0] = before;
  for (int i = 0; i < 5; i++) /* few: the buffer shall not get full by itself */
    syscall(SYS_read, -1, NULL, 0);
  uint64_t after = kcov_count(&kcov);
  bool below = true;
  for (size_t i = 1; i < WORDS; i++) {
    bool written = kcov.area[i] != PATTERN;
    words += written;
    below &= !written || i > before;
  }
  say("word-0", "%s",
      after == before      ? "unchanged"
      : after == WORDS - 1 ? "full"
      : after < WORDS      ? "grew"
                           : "garbage");
  say("words", "%s", words > 2 ? "many" : words == 2 ? "2" : words ? "1" : "0");
  say("old-entries", "%s", below ? "kept" : "overwritten");
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  say("after-reset", "%s", records(&kcov));
}

/* Set while nothing runs, found at ENABLE. */
static void before_enable(void) {
  struct kcov kcov = guarded();
  kcov.area[0] = ~0ull - 1;
  say_rc("enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  some_calls();
  say("word-0", "%s", kcov.area[0] == ~0ull - 1 ? "unchanged" : "changed");
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("enable-again", kcov_ioctl(kcov.fd, ENABLE, 0));
  say("after-reset", "%s", records(&kcov));
}

/* Between the calls of a full buffer. */
static void sequence(void) {
  struct kcov kcov = guarded();
  unsigned int recovered = 0;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  for (size_t i = 0; i < N_OF(values); i++) {
    kcov.area[0] = values[i].word0;
    syscall(SYS_read, -1, NULL, 0);
    kcov_reset(&kcov);
    syscall(SYS_read, -1, NULL, 0);
    uint64_t count = kcov_count(&kcov);
    recovered += count > 0 && count < WORDS;
  }
  say(NULL, "%s", recovered == N_OF(values) ? "always recovered" : "lost");
}

/* ---- Other threads that write -------------------------------------------- */

static volatile bool stop_scribbling;

static long job_scribble(long area, long words, long word_0_only) {
  volatile uint64_t *word = (volatile uint64_t *)area;
  uint64_t x = 88172645463325252ull;
  while (!stop_scribbling) {
    for (long i = 0; i < (word_0_only ? 1 : words); i++) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      word[i] = x % 3 ? x : x % (unsigned long)(2 * words);
    }
  }
  return 0;
}

static void scribbled(bool process, bool word_0_only) {
  struct kcov kcov = guarded();
  struct agent agent;
  if (process)
    agent_process(&agent);
  else
    agent_thread(&agent);
  agent_post(&agent, job_scribble, (long)kcov.area, WORDS, word_0_only);
  unsigned int ok = 0;
  for (int round = 0; round < 20; round++) {
    ok += kcov_ioctl(kcov.fd, ENABLE, 0) == 0;
    for (int i = 0; i < 5; i++)
      some_calls();
    ok += kcov_ioctl(kcov.fd, DISABLE, 0) == 0;
  }
  say("calls-that-worked", "%u", ok);
  stop_scribbling = true;
  if (process) {
    agent_kill(&agent, 9);
  } else {
    agent_wait(&agent);
    agent_end(&agent);
  }
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  say("after-reset", "%s", records(&kcov));
}

static void by_thread(void) { scribbled(false, false); }
static void by_thread_word_0(void) { scribbled(false, true); }
static void by_process(void) { scribbled(true, false); }

/* ---- An argument that changes while it is read --------------------------- */

static long job_flip(long address, long b, long c) {
  volatile uint32_t *n = (volatile uint32_t *)address;
  (void)b, (void)c;
  for (uint32_t i = 0; !stop_scribbling; i++)
    *n = i % 2 ? 1 : MAX_HANDLES;
  return 0;
}

/* Either the argument was one that is good, or it is refused. */
static void flipped(void) {
  static struct {
    uint32_t trace_mode, area_size, num_handles, padding;
    uint64_t common_handle, handles[MAX_HANDLES];
  } arg = {.area_size = WORDS, .num_handles = 1};
  struct agent agent;
  unsigned int bad = 0;
  int fd = kcov_sized(WORDS);
  for (unsigned int i = 0; i < MAX_HANDLES; i++)
    arg.handles[i] = USB_HANDLE(i);
  agent_thread(&agent);
  agent_post(&agent, job_flip, (long)&arg.num_handles, 0, 0);
  for (int i = 0; i < 3000; i++) {
    long rc = kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)&arg);
    bad += rc != 0 && rc != -EINVAL;
    bad += kcov_ioctl(fd, DISABLE, 0) != (rc ? -EINVAL : 0);
  }
  stop_scribbling = true;
  agent_wait(&agent);
  agent_end(&agent);
  arg.num_handles = MAX_HANDLES;
  say("other-results", "%u", bad);
  say_rc("all-free", kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)&arg));
}

static const struct scenario scenarios[] = {
    {"hostile/before-enable", before_enable,
     CHECKS("enable", "word-0", "disable", "enable-again", "after-reset")},
    {"hostile/sequence", sequence, NULL},
    {"hostile/thread", by_thread, CHECKS("calls-that-worked", "after-reset")},
    {"hostile/thread-word-0", by_thread_word_0,
     CHECKS("calls-that-worked", "after-reset")},
    {"hostile/process", by_process, CHECKS("calls-that-worked", "after-reset")},
    {"hostile/remote-argument", flipped, CHECKS("other-results", "all-free")},
};

void add_hostile_cases(void) {
  static const char *const checks[] = {"word-0",  "words",  "old-entries",
                                       "disable", "enable", "after-reset",
                                       NULL};
  static char titles[N_OF(values)][40];
  for (size_t i = 0; i < N_OF(values); i++) {
    snprintf(titles[i], sizeof(titles[i]), "hostile/word-0/%s", values[i].name);
    add_case(titles[i], word_0, &values[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
