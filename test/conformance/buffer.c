/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * buffer.c - the count, a full buffer, resets by word 0 and by ioctl
 */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define SMALL PAGE_WORDS

static struct kcov enabled_object(size_t words) {
  struct kcov kcov = kcov_new(words);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  return kcov;
}

static long disable(const struct kcov *kcov) {
  return kcov_ioctl(kcov->fd, DISABLE, 0);
}

static void fill(const struct kcov *kcov) {
  for (int i = 0; i < 5000 && kcov_count(kcov) < kcov->words - 1; i++)
    some_calls();
}

/* The largest size: there may be no memory, but the size is right. */
static void largest(void) {
  long rc = kcov_ioctl(kcov_open(), INIT_TRACE, (1ul << 28) - 1);
  say(NULL, "%s", rc == 0 || rc == -ENOMEM ? "0 or ENOMEM" : rc_text(rc));
}

/* ---- The count ----------------------------------------------------------- */

static void count_rules(void) {
  struct kcov kcov = enabled_object(BIG_WORDS);
  kcov_reset(&kcov);
  syscall(SYS_read, -1, NULL, 0);
  uint64_t count = kcov_count(&kcov), holes = 0, behind = 0;
  say("read", "%s",
      count == 0                 ? "0"
      : count < kcov.words / 100 ? "few"
                                 : "many");
  for (uint64_t i = 1; i <= count; i++)
    holes += kcov.area[i] == 0;
  for (uint64_t i = 1; i <= 100; i++) {
    uint64_t before = kcov_count(&kcov);
    syscall(SYS_read, -1, NULL, 0);
    behind += kcov_count(&kcov) <= before;
  }
  say("empty-slots", "%lu", (unsigned long)holes);
  say("calls-that-added-nothing", "%lu", (unsigned long)behind);
}

/* What is behind the count stays as it was. */
static void behind(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  for (size_t i = 0; i < kcov.words; i++)
    kcov.area[i] = i ? 0x7777 : 0;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  some_calls();
  uint64_t count = kcov_count(&kcov), changed = 0, same = 0;
  for (uint64_t i = count + 1; i < kcov.words; i++)
    changed += kcov.area[i] != 0x7777;
  for (uint64_t i = 1; i <= count; i++)
    same += kcov.area[i] == 0x7777;
  say("behind-count", "%s", changed ? "changed" : "same");
  say("up-to-count", "%s", same ? "holes" : "written");
}

/* ---- A full buffer ------------------------------------------------------- */

static void full(void) {
  struct kcov kcov = enabled_object(SMALL);
  fill(&kcov);
  say("count", "%lu", (unsigned long)kcov_count(&kcov));
  some_calls();
  say("more-calls", "%lu", (unsigned long)kcov_count(&kcov));
  uint64_t last = kcov.area[SMALL - 1];
  some_calls();
  say("last-entry", "%s", kcov.area[SMALL - 1] == last ? "same" : "changed");
  kcov_reset(&kcov);
  some_calls();
  say("after-reset", "%s", grew(0, kcov_count(&kcov)));
  fill(&kcov);
  say("full-again", "%lu", (unsigned long)kcov_count(&kcov));
  say_rc("disable", disable(&kcov));
  say("after-disable", "%lu", (unsigned long)kcov_count(&kcov));
  say_rc("enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  some_calls();
  say("after-enable", "%lu", (unsigned long)kcov_count(&kcov));
}

/* The size in words is what counts, not pages. */
static void sizes(void) {
  static const size_t words[] = {512, 1024, 4096};
  static const char *const checks[] = {"512", "1024", "4096"};
  for (size_t i = 0; i < N_OF(words); i++) {
    struct kcov kcov = enabled_object(words[i]);
    fill(&kcov);
    say(checks[i], "%lu", (unsigned long)kcov_count(&kcov));
    disable(&kcov);
  }
}

/* Sizes that cannot be mapped: nothing to see, nothing breaks. */
static void unmappable(void) {
  static const size_t words[] = {2, 3, 511, 513};
  static const char *const checks[] = {"2", "3", "511", "513"};
  for (size_t i = 0; i < N_OF(words); i++) {
    int fd = kcov_sized(words[i]);
    long rc = kcov_ioctl(fd, ENABLE, 0);
    for (int j = 0; j < 20; j++)
      some_calls();
    say(checks[i], "%s, %s", rc_text(rc), rc_text(kcov_ioctl(fd, DISABLE, 0)));
  }
}

/* Never above the capacity, as seen by another thread meanwhile. */
static volatile bool stop_watching;

static long job_watch(long area, long capacity, long c) {
  volatile uint64_t *count = (volatile uint64_t *)area;
  long above = 0;
  (void)c;
  while (!stop_watching)
    above += *count > (uint64_t)capacity;
  return above;
}

static void watched(void) {
  struct kcov kcov = kcov_new(SMALL);
  struct agent agent;
  agent_thread(&agent);
  agent_post(&agent, job_watch, (long)kcov.area, SMALL - 1, 0);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  for (int i = 0; i < 20; i++) {
    fill(&kcov);
    kcov_reset(&kcov);
  }
  stop_watching = true;
  say(NULL, "%ld times above", agent_wait(&agent));
}

/* ---- Resets -------------------------------------------------------------- */

static void resets(void) {
  struct kcov kcov = enabled_object(BIG_WORDS);
  unsigned int ok = 0;
  for (int i = 0; i < 200; i++) {
    kcov_reset(&kcov);
    syscall(SYS_getppid);
    ok += kcov_count(&kcov) > 0;
  }
  say("reset-and-call", "%u", ok);
  kcov_reset(&kcov);
  say("right-after", "%lu", (unsigned long)kcov_count(&kcov));
  some_calls();
  need(disable(&kcov), "DISABLE");
  kcov_reset(&kcov);
  some_calls();
  say("while-disabled", "%lu", (unsigned long)kcov_count(&kcov));
  kcov.area[0] = 77;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  some_calls();
  say("from-77", "%s", grew(77, kcov_count(&kcov)));
  say("below-77", "%s", kcov.area[5] ? "kept" : "lost");
}

/* KCOV_RESET_TRACE, where there is one. */
static void reset_ioctl(void) {
  struct kcov kcov = {.fd = kcov_sized(BIG_WORDS), .words = BIG_WORDS};
  struct agent agent;
  agent_thread(&agent);
  kcov.area = mmap(NULL, BIG_WORDS * 8, PROT_READ, MAP_SHARED, kcov.fd, 0);
  need(sys_map((void *)kcov.area), "mmap");
  say_rc("idle", kcov_ioctl(kcov.fd, RESET_TRACE, 0));
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  for (int i = 0; i < 10; i++)
    some_calls();
  uint64_t before = kcov_count(&kcov);
  say_rc("argument", kcov_ioctl(kcov.fd, RESET_TRACE, 1));
  say_rc("by-other", agent_ioctl(&agent, kcov.fd, RESET_TRACE, 0));
  say_rc("by-owner", kcov_ioctl(kcov.fd, RESET_TRACE, 0));
  say("count", "%s", kcov_count(&kcov) < before / 2 ? "small" : "unchanged");
  before = kcov_count(&kcov);
  some_calls();
  say("records", "%s", grew(before, kcov_count(&kcov)));
  say_rc("disable", disable(&kcov));
  say_rc("after-disable", kcov_ioctl(kcov.fd, RESET_TRACE, 0));
  agent_end(&agent);
}

/* ---- ENABLE and DISABLE over and over ------------------------------------ */

static void thousand(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  unsigned int ok = 0, shrank = 0;
  uint64_t last = 0;
  for (int i = 0; i < 1000; i++) {
    ok += kcov_ioctl(kcov.fd, ENABLE, 0) == 0;
    syscall(SYS_getppid);
    ok += disable(&kcov) == 0;
    shrank += kcov_count(&kcov) < last;
    last = kcov_count(&kcov);
  }
  say("calls-that-worked", "%u", ok);
  say("count", "%s", shrank ? "shrank" : grew(999, last));
  uint64_t before = last;
  for (int i = 0; i < 10; i++)
    syscall(SYS_getppid);
  say("while-disabled", "%s", grew(before, kcov_count(&kcov)));
}

static void kept(void) {
  struct kcov kcov = enabled_object(BIG_WORDS);
  some_calls();
  need(disable(&kcov), "DISABLE");
  uint64_t count = kcov_count(&kcov), first = kcov.area[1];
  uint64_t last = kcov.area[count];
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  some_calls();
  say("count", "%s", grew(count, kcov_count(&kcov)));
  say("first", "%s", kcov.area[1] == first ? "kept" : "changed");
  say("last", "%s", kcov.area[count] == last ? "kept" : "changed");
}

/* A mode that fails leaves the object usable. */
static void bad_modes(void) {
  static const unsigned long modes[] = {1, 2, 255, 256, 1ul << 32, ~0ul};
  static const char *const checks[] = {"1", "2", "255", "256", "2^32", "-1"};
  struct kcov kcov = kcov_new(SMALL);
  for (size_t i = 0; i < N_OF(modes); i++)
    say_rc(checks[i], kcov_ioctl(kcov.fd, ENABLE, modes[i]));
  say_rc("0", kcov_ioctl(kcov.fd, ENABLE, 0));
  say("records", "%s", records(&kcov));
}

static const struct scenario scenarios[] = {
    {"buffer/largest", largest, NULL},
    {"buffer/count", count_rules,
     CHECKS("read", "empty-slots", "calls-that-added-nothing")},
    {"buffer/behind-count", behind, CHECKS("behind-count", "up-to-count")},
    {"buffer/full", full,
     CHECKS("count", "more-calls", "last-entry", "after-reset", "full-again",
            "disable", "after-disable", "enable", "after-enable")},
    {"buffer/full-sizes", sizes, CHECKS("512", "1024", "4096")},
    {"buffer/unmappable", unmappable, CHECKS("2", "3", "511", "513")},
    {"buffer/full-watched", watched, NULL},
    {"buffer/reset", resets,
     CHECKS("reset-and-call", "right-after", "while-disabled", "from-77",
            "below-77")},
    {"buffer/reset-ioctl", reset_ioctl,
     CHECKS("idle", "argument", "by-other", "by-owner", "count", "records",
            "disable", "after-disable")},
    {"buffer/1000-times", thousand,
     CHECKS("calls-that-worked", "count", "while-disabled")},
    {"buffer/kept", kept, CHECKS("count", "first", "last")},
    {"buffer/bad-modes", bad_modes,
     CHECKS("1", "2", "255", "256", "2^32", "-1", "0", "records")},
};

void add_buffer_cases(void) { add_scenarios(scenarios, N_OF(scenarios)); }
