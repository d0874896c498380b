/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * tools.c - objects, agents and small helpers for the cases
 */
#define _GNU_SOURCE
#include "harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* ---- Objects ------------------------------------------------------------- */

int kcov_open(void) { return (int)need(sys(open(KCOV_PATH, O_RDWR)), "open"); }

int kcov_sized(size_t words) {
  int fd = kcov_open();
  need(kcov_ioctl(fd, INIT_TRACE, words), "INIT_TRACE");
  return fd;
}

void *kcov_map(int fd, size_t words) {
  void *area = mmap(NULL, words * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);
  need(sys_map(area), "mmap");
  return area;
}

struct kcov kcov_new(size_t words) {
  struct kcov kcov = {.fd = kcov_sized(words), .words = words};
  kcov.area = kcov_map(kcov.fd, words);
  return kcov;
}

long kcov_ioctl(int fd, unsigned long cmd, unsigned long arg) {
  return sys(ioctl(fd, cmd, arg));
}

uint64_t kcov_count(const struct kcov *kcov) {
  return __atomic_load_n(&kcov->area[0], __ATOMIC_ACQUIRE);
}

void kcov_reset(const struct kcov *kcov) {
  __atomic_store_n(&kcov->area[0], 0, __ATOMIC_RELEASE);
}

const char *grew(uint64_t before, uint64_t after) {
  return after > before ? "grew" : after < before ? "shrank" : "same";
}

void some_calls(void) {
  for (int i = 0; i < 20; i++) {
    syscall(SYS_read, -1, NULL, 0);
    syscall(SYS_getppid);
  }
}

const char *records(const struct kcov *kcov) {
  kcov_reset(kcov); /* a full buffer records nothing */
  some_calls();
  return grew(0, kcov_count(kcov));
}

void pause_ms(unsigned int ms) {
  struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
  while (nanosleep(&time, &time) == -1 && errno == EINTR)
    ;
}

void wait_still(const struct kcov *kcov) {
  uint64_t last = kcov_count(kcov);
  for (unsigned int still = 0; still < 20; still++) {
    pause_ms(10);
    uint64_t count = kcov_count(kcov);
    if (count != last)
      still = 0;
    last = count;
  }
}

/* ---- Memory that may not be there ---------------------------------------- */

static sigjmp_buf touched;

static void on_fault(int sig) { siglongjmp(touched, sig); }

static const char *touch(volatile uint64_t *word, const uint64_t *value) {
  struct sigaction action = {.sa_handler = on_fault}, bus, segv;
  sigaction(SIGBUS, &action, &bus);
  sigaction(SIGSEGV, &action, &segv);
  int sig = sigsetjmp(touched, 1);
  if (sig == 0) {
    if (value)
      *word = *value;
    else
      (void)*word;
  }
  sigaction(SIGBUS, &bus, NULL);
  sigaction(SIGSEGV, &segv, NULL);
  return sig == SIGBUS ? "SIGBUS" : sig == SIGSEGV ? "SIGSEGV" : "ok";
}

const char *touch_read(volatile uint64_t *word) { return touch(word, NULL); }

const char *touch_write(volatile uint64_t *word, uint64_t value) {
  return touch(word, &value);
}

/* ---- Agents -------------------------------------------------------------- */

struct job {
  job_fn *fn; /* NULL: the end. The same address in every process. */
  long a, b, c;
};

static void agent_loop(struct agent *agent) {
  struct job job;
  while (read(agent->to[0], &job, sizeof(job)) == sizeof(job) && job.fn) {
    long result = job.fn(job.a, job.b, job.c);
    if (write(agent->from[1], &result, sizeof(result)) != sizeof(result))
      break;
  }
}

static void *agent_main(void *arg) {
  agent_loop(arg);
  return NULL;
}

static void agent_pipes(struct agent *agent) {
  memset(agent, 0, sizeof(*agent));
  need(sys(pipe2(agent->to, O_CLOEXEC)), "pipe");
  need(sys(pipe2(agent->from, O_CLOEXEC)), "pipe");
}

void agent_thread(struct agent *agent) {
  agent_pipes(agent);
  need(-pthread_create(&agent->thread, NULL, agent_main, agent), "thread");
}

void agent_process(struct agent *agent) {
  agent_pipes(agent);
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    agent_loop(agent);
    _exit(0);
  }
  agent->pid = pid;
  close(agent->from[1]); /* so that its death is an end of file, not a hang */
  agent->from[1] = -1;
}

void agent_post(struct agent *agent, job_fn *fn, long a, long b, long c) {
  struct job job = {fn, a, b, c};
  if (write(agent->to[1], &job, sizeof(job)) != sizeof(job))
    need(-EIO, "agent");
}

long agent_wait(struct agent *agent) {
  long result;
  if (read(agent->from[0], &result, sizeof(result)) != sizeof(result))
    need(-EIO, "answer of an agent");
  return result;
}

long agent_do(struct agent *agent, job_fn *fn, long a, long b, long c) {
  agent_post(agent, fn, a, b, c);
  return agent_wait(agent);
}

static long job_ioctl(long fd, long cmd, long arg) {
  return kcov_ioctl((int)fd, (unsigned long)cmd, (unsigned long)arg);
}

long agent_ioctl(struct agent *agent, int fd, unsigned long cmd,
                 unsigned long arg) {
  return agent_do(agent, job_ioctl, fd, (long)cmd, (long)arg);
}

void agent_post_ioctl(struct agent *agent, int fd, unsigned long cmd,
                      unsigned long arg) {
  agent_post(agent, job_ioctl, fd, (long)cmd, (long)arg);
}

static int agent_gone(struct agent *agent) {
  int status = 0;
  if (agent->pid)
    need(sys(waitpid(agent->pid, &status, 0)), "waitpid");
  else
    pthread_join(agent->thread, NULL);
  for (int i = 0; i < 2; i++) {
    close(agent->to[i]);
    close(agent->from[i]);
  }
  return status;
}

int agent_end(struct agent *agent) {
  agent_post(agent, NULL, 0, 0, 0);
  return agent_gone(agent);
}

int agent_kill(struct agent *agent, int sig) {
  need(sys(kill(agent->pid, sig)), "kill");
  return agent_gone(agent);
}
