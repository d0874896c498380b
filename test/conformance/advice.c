/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * advice.c - madvise, mlock and other calls on a mapping of a buffer
 *
 * Fuzzers advise on everything that is mapped. What is thrown away of a kcov
 * mapping does not come back: nothing can fault its pages in.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <sys/wait.h>

#define WORDS (2 * PAGE_WORDS)
#define BYTES (2 * PAGE)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static const struct advice {
  const char *name;
  int advice;
} advices[] = {
    {"normal", MADV_NORMAL},
    {"random", MADV_RANDOM},
    {"sequential", MADV_SEQUENTIAL},
    {"willneed", MADV_WILLNEED},
    {"dontneed", MADV_DONTNEED},
    {"free", MADV_FREE},
    {"remove", MADV_REMOVE},
    {"dofork", MADV_DOFORK},
    {"wipeonfork", MADV_WIPEONFORK},
    {"populate-read", MADV_POPULATE_READ},
    {"populate-write", MADV_POPULATE_WRITE},
    {"unknown", 7777},
};

/* Is a word there, and the same as in the other mapping? */
static const char *state(volatile uint64_t *word, volatile uint64_t *other) {
  const char *touched = touch_read(word);
  if (touched[0] == 'S')
    return touched;
  *other = 0x1234;
  bool same = *word == 0x1234;
  *other = 0x5678;
  return same && *word == 0x5678 ? "live" : "separate";
}

/* On the first page of a mapping that another one aliases. */
static void advise(int prot, int flags) {
  const struct advice *row = case_arg();
  struct kcov kcov = kcov_new(WORDS);
  volatile uint64_t *area = mmap(NULL, BYTES, prot, flags, kcov.fd, 0);
  need(sys_map((void *)area), "mmap");
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  kcov_reset(&kcov);
  say_rc("result", sys(madvise((void *)area, PAGE, row->advice)));
  say("first-page", "%s", state(area + 500, kcov.area + 500));
  say("second-page", "%s", state(area + 1000, kcov.area + 1000));
  say("records", "%s", records(&kcov));
}

static void shared(void) { advise(PROT_READ | PROT_WRITE, MAP_SHARED); }
static void private(void) { advise(PROT_READ | PROT_WRITE, MAP_PRIVATE); }

/* Not even a detached page. */
static void private_dontneed(void) {
  int fd = kcov_sized(WORDS);
  volatile uint64_t *area =
      mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  need(sys_map((void *)area), "mmap");
  area[0] = 1;
  say_rc("result", sys(madvise((void *)area, BYTES, MADV_DONTNEED)));
  say("read", "%s", touch_read(area));
  say("store", "%s", touch_write(area, 1));
}

static void dontneed(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  const size_t bytes = BIG_WORDS * sizeof(uint64_t);
  struct agent agent;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  kcov.area[BIG_WORDS - 1] = 0xfeed;
  void *area = (void *)kcov.area;
  say_rc("result", sys(madvise(area, bytes, MADV_DONTNEED)));
  say("read", "%s", touch_read(kcov.area));
  say("store", "%s", touch_write(kcov.area, 0));
  /* Neither protection nor a call brings it back. */
  say_rc("mprotect", sys(mprotect(area, bytes, PROT_READ)));
  say_rc("mprotect-back", sys(mprotect(area, bytes, PROT_READ | PROT_WRITE)));
  say("after-mprotect", "%s", touch_read(kcov.area));
  int pipe_fds[2];
  need(sys(pipe(pipe_fds)), "pipe");
  say_rc("write-from", sys(write(pipe_fds[1], area, 8)));
  say_rc("write", sys(write(pipe_fds[1], "12345678", 8)));
  say_rc("read-into", sys(read(pipe_fds[0], area, 8)));
  say_rc("populate", sys(madvise(area, bytes, MADV_POPULATE_READ)));
  agent_process(&agent); /* in a child likewise */
  agent_end(&agent);
  some_calls();
  volatile uint64_t *second = kcov_map(kcov.fd, BIG_WORDS);
  say("data", "%s", second[BIG_WORDS - 1] == 0xfeed ? "kept" : "lost");
  say("went-on", "%s", grew(0, second[0]));
  kcov.area = mmap(area, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                   kcov.fd, 0);
  say_ok("mapped-again", sys_map((void *)kcov.area));
  say("records", "%s", records(&kcov));
}

static void dontneed_fork(void) {
  struct kcov kcov = kcov_new(WORDS);
  need(sys(madvise((void *)kcov.area, PAGE, MADV_DONTNEED)), "madvise");
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    say("child-first", "%s", touch_read(kcov.area));
    say("child-second", "%s", touch_read(kcov.area + PAGE_WORDS));
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

static void dontfork(void) {
  struct kcov kcov = kcov_new(WORDS);
  say_rc("result", sys(madvise((void *)kcov.area, PAGE, MADV_DONTFORK)));
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    say("child-first", "%s", touch_read(kcov.area));
    say("child-second", "%s", touch_read(kcov.area + PAGE_WORDS));
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  say("records", "%s", records(&kcov));
}

static void locked(void) {
  struct kcov kcov = kcov_new(WORDS);
  void *area = (void *)kcov.area;
  unsigned char vec[2] = {0, 0};
  say_rc("mlock", sys(mlock(area, BYTES)));
  say_rc("munlock", sys(munlock(area, BYTES)));
  say_rc("mlock-again", sys(mlock(area, PAGE)));
  say_rc("mincore", sys(mincore(area, BYTES, vec)));
  say("present", "%d %d", vec[0] & 1, vec[1] & 1);
  say_rc("msync-async", sys(msync(area, BYTES, MS_ASYNC)));
  say_rc("msync-sync", sys(msync(area, BYTES, MS_SYNC)));
  say_rc("msync-invalidate", sys(msync(area, BYTES, MS_INVALIDATE)));
  say_rc("dontneed-locked", sys(madvise(area, PAGE, MADV_DONTNEED)));
  say("touch", "%s", touch_read(kcov.area));
}

static const struct scenario scenarios[] = {
    {"advice/private-dontneed", private_dontneed,
     CHECKS("result", "read", "store")},
    {"advice/dontneed", dontneed,
     CHECKS("result", "read", "store", "mprotect", "mprotect-back",
            "after-mprotect", "write-from", "write", "read-into", "populate",
            "data", "went-on", "mapped-again", "records")},
    {"advice/dontneed-fork", dontneed_fork,
     CHECKS("child-first", "child-second")},
    {"advice/dontfork", dontfork,
     CHECKS("result", "child-first", "child-second", "records")},
    {"advice/locked", locked,
     CHECKS("mlock", "munlock", "mlock-again", "mincore", "present",
            "msync-async", "msync-sync", "msync-invalidate", "dontneed-locked",
            "touch")},
};

void add_advice_cases(void) {
  static const char *const checks[] = {"result", "first-page", "second-page",
                                       "records", NULL};
  static char titles[2][N_OF(advices)][48];
  for (size_t i = 0; i < N_OF(advices); i++) {
    for (size_t j = 0; j < 2; j++) {
      snprintf(titles[j][i], sizeof(titles[j][i]), "advice/%s/%s",
               j ? "private" : "shared", advices[i].name);
      add_case(titles[j][i], j ? private : shared, &advices[i], checks);
    }
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
