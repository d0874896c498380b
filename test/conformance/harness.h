/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * harness.h - what the conformance cases have in common
 *
 * A case runs in a process of its own, may crash and may hang. It declares its
 * checks beforehand and fills in one result each; main.c prints all of them in
 * the declared order, whatever became of the process. So transcripts of two
 * kernels can be compared line by line.
 *
 * Results of system calls are kept as the value or the negative errno.
 */
#ifndef CONFORMANCE_HARNESS_H
#define CONFORMANCE_HARNESS_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* ---- The interface under test, restated: few systems install kcov.h ------ */

#define KCOV_PATH "/sys/kernel/debug/kcov"
#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define REMOTE_ENABLE _IOW('c', 102, struct remote_arg)
#define UNIQUE_ENABLE _IOW('c', 103, unsigned long) /* a proposal */
#define RESET_TRACE _IO('c', 104)                   /* a proposal */

#define MAX_HANDLES 256u
#define USB_HANDLE(instance) ((1ull << 56) | (instance))
struct remote_arg {
  uint32_t trace_mode;
  uint32_t area_size; /* words */
  uint32_t num_handles;
  uint32_t padding;
  uint64_t common_handle;
  uint64_t handles[];
};

#define PAGE 4096ul
#define PAGE_WORDS (PAGE / sizeof(uint64_t))
#define BIG_WORDS (64ul << 10) /* no case here fills it unintentionally */

/* ---- Cases (main.c) ------------------------------------------------------ */

typedef void case_fn(void);

struct scenario {
  const char *name;
  case_fn *run;
  const char *const *checks; /* NULL: one line, under the case's own name */
};
#define CHECKS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* @arg: what case_arg() gives to @run. */
void add_case(const char *name, case_fn *run, const void *arg,
              const char *const *checks);
void add_scenarios(const struct scenario *scenarios, size_t n);
const void *case_arg(void);

/* One per topic. */
void add_state_cases(void);
void add_remote_cases(void);
void add_both_cases(void);
void add_descriptor_cases(void);
void add_file_cases(void);
void add_mapping_cases(void);
void add_advice_cases(void);
void add_buffer_cases(void);
void add_hostile_cases(void);
void add_task_cases(void);
void add_exit_cases(void);
void add_exec_cases(void);
void add_coverage_cases(void);
void add_comparison_cases(void);

/* What the program does if it is run again by a case (exec_image()). */
#define AFTER_EXEC "--after-exec"
int after_exec(int argc, char **argv);
int state_after_exec(int argc, char **argv);

/* ---- Results (main.c) ---------------------------------------------------- */

/* The result of one check; @check is NULL in a case without a list. */
void say(const char *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void say_rc(const char *check, long rc); /* "0", "7", "-1 EINVAL" */
/* "0", "-1 EINVAL": for descriptors, addresses, pids */
void say_ok(const char *check, long rc);
const char *rc_text(long rc);
/* If a step that is not under test fails, the case ends there. */
long need(long rc, const char *step);

/* ---- System calls, threads and processes (tools.c) ----------------------- */

static inline long sys(long rc) { return rc == -1 ? -errno : rc; }
static inline long sys_map(const void *p) {
  return p == MAP_FAILED ? -errno : 0;
}

struct kcov {
  int fd;
  size_t words;
  volatile uint64_t *area;
};
int kcov_open(void);
/* A fresh object, sized; and mapped. */
int kcov_sized(size_t words);
struct kcov kcov_new(size_t words);
void *kcov_map(int fd, size_t words);
long kcov_ioctl(int fd, unsigned long cmd, unsigned long arg);
uint64_t kcov_count(const struct kcov *kcov);
void kcov_reset(const struct kcov *kcov);
const char *grew(uint64_t before, uint64_t after);
/* Whether system calls made here are recorded there: "grew" or "same". */
const char *records(const struct kcov *kcov);
void some_calls(void);
void pause_ms(unsigned int ms);
/* Until nothing has been added for a while: its owner sleeps. */
void wait_still(const struct kcov *kcov);

/* Touches memory: "ok", "SIGBUS" or "SIGSEGV". */
const char *touch_read(volatile uint64_t *word);
const char *touch_write(volatile uint64_t *word, uint64_t value);

/*
 * An agent is another thread or process that does jobs when asked and sleeps
 * in read() between them.
 */
typedef long job_fn(long a, long b, long c);
struct agent {
  pid_t pid; /* 0: a thread */
  pthread_t thread;
  int to[2], from[2];
};
void agent_thread(struct agent *agent);
void agent_process(struct agent *agent);
long agent_do(struct agent *agent, job_fn *fn, long a, long b, long c);
long agent_ioctl(struct agent *agent, int fd, unsigned long cmd,
                 unsigned long arg);
void agent_post(struct agent *agent, job_fn *fn, long a, long b, long c);
void agent_post_ioctl(struct agent *agent, int fd, unsigned long cmd,
                      unsigned long arg);
long agent_wait(struct agent *agent); /* for what was posted */
/* Returns when the agent is gone; a process' wait status. */
int agent_end(struct agent *agent);
int agent_kill(struct agent *agent, int sig);

#endif /* CONFORMANCE_HARNESS_H */
