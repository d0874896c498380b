/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * coverage.c - what the PCs of a call are, without looking at any one
 *
 * The first runs of a call warm up caches, so sets are taken afterwards; and a
 * real kernel has noise of its own, so the majority of several runs decides.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define RUNS 9
#define SET_MAX 4096

struct set {
  size_t n;
  uint64_t pc[SET_MAX];
};

static struct kcov enabled_object(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  return kcov;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* The distinct PCs of one call. */
static void take(const struct kcov *kcov, void call(void), struct set *set) {
  kcov_reset(kcov);
  call();
  size_t n = kcov_count(kcov), kept = 0;
  if (n > SET_MAX)
    n = SET_MAX;
  for (size_t i = 0; i < n; i++)
    set->pc[i] = kcov->area[1 + i];
  qsort(set->pc, n, sizeof(set->pc[0]), compare);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || set->pc[i] != set->pc[kept - 1])
      set->pc[kept++] = set->pc[i];
  set->n = kept;
}

static bool same_set(const struct set *a, const struct set *b) {
  return a->n == b->n && memcmp(a->pc, b->pc, a->n * sizeof(a->pc[0])) == 0;
}

static bool has(const struct set *set, uint64_t pc) {
  return bsearch(&pc, set->pc, set->n, sizeof(pc), compare) != NULL;
}

/* What every run had: noise is not in it. */
static void sure_set(const struct kcov *kcov, void call(void),
                     struct set *set) {
  static struct set run;
  call();
  take(kcov, call, set);
  for (int i = 1; i < RUNS; i++) {
    size_t kept = 0;
    take(kcov, call, &run);
    for (size_t j = 0; j < set->n; j++)
      if (has(&run, set->pc[j]))
        set->pc[kept++] = set->pc[j];
    set->n = kept;
  }
}

/* The set of most runs; false if there is none. */
static bool usual_set(const struct kcov *kcov, void call(void),
                      struct set *set) {
  static struct set runs[RUNS];
  for (int i = 0; i < 3; i++)
    call();
  for (int i = 0; i < RUNS; i++)
    take(kcov, call, &runs[i]);
  for (int i = 0; i < RUNS; i++) {
    int same = 0;
    for (int j = 0; j < RUNS; j++)
      same += same_set(&runs[i], &runs[j]);
    if (same > RUNS / 2) {
      *set = runs[i];
      return true;
    }
  }
  return false;
}

/* ---- Calls to look at ---------------------------------------------------- */

static void call_read(void) { syscall(SYS_read, -1, NULL, 0); }
static void call_getppid(void) { syscall(SYS_getppid); }
static void call_stat(void) {
  struct stat st;
  stat("/", &st);
}
static void call_open(void) {
  int fd = open("/dev/null", O_RDONLY);
  close(fd);
}
static void call_pipe(void) {
  int fds[2];
  if (pipe(fds) == 0) {
    close(fds[0]);
    close(fds[1]);
  }
}
static void call_mmap(void) {
  void *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(p, PAGE);
}

static const struct named_call {
  const char *name;
  void (*call)(void);
} calls[] = {
    {"read", call_read},
    {"getppid", call_getppid},
    {"stat", call_stat},
    {"open", call_open},
    /* Not always the same: mmap depends on what is mapped, and pipe wakes. */
    {"pipe", call_pipe},
    {"mmap", call_mmap},
};
#define N_REPEATABLE (N_OF(calls) - 2)

static void repeated(void) {
  static struct set first, second;
  const struct named_call *row = case_arg();
  struct kcov kcov = enabled_object();
  bool stable = usual_set(&kcov, row->call, &first);
  say("stable", "%s", stable ? "yes" : "no");
  say("pcs", "%s", stable && first.n ? "some" : "none");
  stable = usual_set(&kcov, row->call, &second);
  say("again", "%s", stable && same_set(&first, &second) ? "same" : "other");
  /* A second object sees the same. */
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  kcov = enabled_object();
  stable = usual_set(&kcov, row->call, &second);
  say("other-object", "%s",
      stable && same_set(&first, &second) ? "same" : "other");
}

/* Different calls have different sets. */
static void distinct(void) {
  static struct set sets[N_OF(calls)];
  struct kcov kcov = enabled_object();
  unsigned int same = 0;
  for (size_t i = 0; i < N_OF(calls); i++)
    usual_set(&kcov, calls[i].call, &sets[i]);
  for (size_t i = 0; i < N_OF(calls); i++)
    for (size_t j = 0; j < i; j++)
      same += same_set(&sets[i], &sets[j]);
  say(NULL, "%u pairs are the same", same);
}

/* A loop in the kernel: a trace has repeats, a set has not. */
static void repeats(void) {
  static uint64_t pcs[SET_MAX];
  struct kcov kcov = enabled_object();
  char buf[4096];
  int fd = (int)need(sys(open("/proc/self/maps", O_RDONLY)), "open");
  kcov_reset(&kcov);
  if (read(fd, buf, sizeof(buf)) <= 0)
    need(-EIO, "read");
  size_t n = kcov_count(&kcov), twice = 0;
  if (n > SET_MAX)
    n = SET_MAX;
  for (size_t i = 0; i < n; i++)
    pcs[i] = kcov.area[1 + i];
  qsort(pcs, n, sizeof(pcs[0]), compare);
  for (size_t i = 1; i < n; i++)
    twice += pcs[i] == pcs[i - 1];
  say(NULL, "%s", twice ? "repeats" : "no repeats");
}

/* ---- What is in and what is not ------------------------------------------ */

static void window(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  some_calls();
  say("before-enable", "%s", grew(0, kcov_count(&kcov)));
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  say("tail-of-enable", "%s", grew(0, kcov_count(&kcov)));
  kcov_reset(&kcov);
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  uint64_t count = kcov_count(&kcov);
  say("head-of-disable", "%s", grew(0, count));
  some_calls();
  say("after-disable", "%s", grew(count, kcov_count(&kcov)));
}

/* Calls that fail at once, and one that is not there. */
static void failing(void) {
  struct kcov kcov = enabled_object();
  kcov_reset(&kcov);
  syscall(SYS_read, -1, NULL, 0);
  say("bad-descriptor", "%s", grew(0, kcov_count(&kcov)));
  kcov_reset(&kcov);
  kcov_ioctl(kcov.fd, ENABLE, 0);
  say("failing-enable", "%s", grew(0, kcov_count(&kcov)));
  kcov_reset(&kcov);
  kcov_ioctl(kcov.fd, 0, 0);
  say("unknown-ioctl", "%s", grew(0, kcov_count(&kcov)));
}

static void page_fault(void) {
  struct kcov kcov = enabled_object();
  volatile char *fresh = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(sys_map((void *)fresh), "mmap");
  kcov_reset(&kcov);
  for (size_t i = 0; i < 16; i++)
    fresh[i * PAGE] = 1;
  say(NULL, "%s", grew(0, kcov_count(&kcov)));
}

/* ---- Others -------------------------------------------------------------- */

static long job_sockets(long n, long b, long c) {
  (void)b, (void)c;
  for (long i = 0; i < n; i++) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0) {
      close(sockets[0]);
      close(sockets[1]);
    }
  }
  return 0;
}

static void call_sockets(void) { job_sockets(1, 0, 0); }

static long job_nothing(long a, long b, long c) {
  (void)a, (void)b, (void)c;
  return 0;
}

static struct agent *pipe_partner;
static void call_pipe_io(void) { agent_do(pipe_partner, job_nothing, 0, 0, 0); }

/*
 * The owner sleeps in read() of a pipe; somebody else works with sockets. None
 * of the PCs that only sockets have may appear. (Others may: an emulation may
 * wake the owner up, who sleeps on.)
 */
static void others(void start(struct agent *)) {
  static struct set sockets, pipes;
  struct kcov kcov = enabled_object();
  struct agent owner, other;
  agent_thread(&owner);
  start(&other);
  pipe_partner = &other;
  size_t theirs = 0;
  sure_set(&kcov, call_sockets, &sockets);
  for (int i = 0; i < RUNS; i++) {
    size_t kept = 0;
    take(&kcov, call_pipe_io, &pipes);
    for (size_t j = 0; j < sockets.n; j++)
      if (!has(&pipes, sockets.pc[j]))
        sockets.pc[kept++] = sockets.pc[j];
    sockets.n = kept;
  }
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  say("can-tell", "%s", sockets.n ? "yes" : "no");

  kcov_reset(&kcov);
  need(agent_ioctl(&owner, kcov.fd, ENABLE, 0), "ENABLE");
  wait_still(&kcov);
  say("asleep", "%s", grew(0, kcov_count(&kcov)));
  agent_do(&other, job_sockets, 20, 0, 0);
  need(agent_do(&owner, job_nothing, 0, 0, 0), "job");
  wait_still(&kcov);
  for (uint64_t i = 1; i <= kcov_count(&kcov); i++)
    theirs += has(&sockets, kcov.area[i]);
  say("theirs", "%s", theirs ? "some" : "none");
  agent_end(&other);
  agent_end(&owner);
}

static void other_thread(void) { others(agent_thread); }
static void other_process(void) { others(agent_process); }

/* The owner loses nothing of its own while others are busy. */
static volatile bool stop_other;
static long job_busy(long a, long b, long c) {
  (void)a, (void)b, (void)c;
  while (!stop_other)
    job_sockets(1, 0, 0);
  return 0;
}

static void while_busy(void) {
  static struct set alone, beside;
  struct kcov kcov = enabled_object();
  struct agent other;
  size_t lost = 0;
  agent_thread(&other);
  sure_set(&kcov, call_read, &alone);
  agent_post(&other, job_busy, 0, 0, 0);
  pause_ms(20);
  for (int i = 0; i < 200; i++) {
    take(&kcov, call_read, &beside);
    for (size_t j = 0; j < alone.n; j++)
      lost += !has(&beside, alone.pc[j]);
  }
  stop_other = true;
  agent_wait(&other);
  say("pcs", "%s", alone.n ? "some" : "none");
  say("lost", "%s", lost ? "some" : "none");
  agent_end(&other);
}

/* What a call that has not returned did is visible. */
static void *blocked_main(void *arg) {
  void *const *args = arg;
  const struct kcov *kcov = args[0];
  const int *fds = args[1];
  char byte;
  need(kcov_ioctl(kcov->fd, ENABLE, 0), "ENABLE");
  kcov_reset(kcov);
  need(sys(read(fds[0], &byte, 1)), "read");
  return NULL;
}

static void blocked(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  int fds[2];
  pthread_t thread;
  void *args[] = {&kcov, fds};
  need(sys(pipe(fds)), "pipe");
  need(-pthread_create(&thread, NULL, blocked_main, args), "thread");
  for (int i = 0; i < 300 && kcov_count(&kcov) == 0; i++)
    pause_ms(10);
  say("count", "%s", grew(0, kcov_count(&kcov)));
  wait_still(&kcov);
  uint64_t before = kcov_count(&kcov);
  say_rc("write", sys(write(fds[1], "x", 1)));
  pthread_join(thread, NULL);
  say("rest", "%s", grew(before, kcov_count(&kcov)));
}

static const struct scenario scenarios[] = {
    {"coverage/distinct", distinct, NULL},
    {"coverage/repeats", repeats, NULL},
    {"coverage/window", window,
     CHECKS("before-enable", "tail-of-enable", "head-of-disable",
            "after-disable")},
    {"coverage/failing-calls", failing,
     CHECKS("bad-descriptor", "failing-enable", "unknown-ioctl")},
    {"coverage/page-fault", page_fault, NULL},
    {"coverage/other-thread", other_thread,
     CHECKS("can-tell", "asleep", "theirs")},
    {"coverage/other-process", other_process,
     CHECKS("can-tell", "asleep", "theirs")},
    {"coverage/beside-busy-thread", while_busy, CHECKS("pcs", "lost")},
    {"coverage/blocked", blocked, CHECKS("count", "write", "rest")},
};

void add_coverage_cases(void) {
  static const char *const checks[] = {"stable", "pcs", "again", "other-object",
                                       NULL};
  static char titles[N_REPEATABLE][40];
  for (size_t i = 0; i < N_REPEATABLE; i++) {
    snprintf(titles[i], sizeof(titles[i]), "coverage/call/%s", calls[i].name);
    add_case(titles[i], repeated, &calls[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
