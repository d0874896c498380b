/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * signals.c - guest test: handlers, masks, stacks, faults, waiting, SA_RESTART
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t seen, seen_code;
static volatile double scratch;
static void *volatile seen_addr;
static volatile uintptr_t seen_sp;
static sigjmp_buf jump;

static void count(int sig) {
  seen += sig;
  scratch *= 3.0; /* the interrupted code's floating point must survive */
}

static void note(int sig, siginfo_t *info, void *context) {
  int here;
  (void)context;
  seen = sig;
  seen_code = info->si_code;
  seen_addr = info->si_addr;
  seen_sp = (uintptr_t)&here;
}

static void leap(int sig, siginfo_t *info, void *context) {
  note(sig, info, context);
  siglongjmp(jump, 1);
}

static void install(int sig, void (*fn)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_flags = SA_SIGINFO | flags};
  action.sa_sigaction = fn;
  sigaction(sig, &action, NULL);
}

static void basic(void) {
  double a = 1.5, b = 2.25;
  signal(SIGUSR1, count);
  raise(SIGUSR1);
  check(seen == SIGUSR1, "raise");
  kill(getpid(), SIGUSR1);
  check(seen == 2 * SIGUSR1, "kill");
  scratch = a * b;
  kill(getpid(), SIGUSR1);
  check(a * b == 3.375 && scratch == 3.375 * 3, "floating point");
  signal(SIGUSR1, SIG_IGN);
  raise(SIGUSR1);
  check(seen == 3 * SIGUSR1, "ignore");
}

static void masks(void) {
  sigset_t set, old;
  siginfo_t info;
  const struct timespec soon = {0, 1000000}, late = {5, 0};
  seen = 0;
  install(SIGUSR2, note, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR2);
  check(seen == 0, "blocked");
  sigpending(&set);
  check(sigismember(&set, SIGUSR2), "pending");
  sigsuspend(&old);
  check(seen == SIGUSR2 && seen_code == SI_TKILL, "sigsuspend");
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  check(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN,
        "sigtimedwait, none");
  sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 77});
  check(sigtimedwait(&set, &info, &late) == SIGUSR2 &&
            info.si_value.sival_int == 77,
        "sigtimedwait, queued");
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < 3; i++)
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
  int order = 0;
  for (int i = 0; i < 3; i++)
    order =
        order * 10 +
        (sigwaitinfo(&set, &info) == SIGRTMIN ? info.si_value.sival_int : 9);
  check(order == 12, "real-time signals keep their order");
  sigprocmask(SIG_SETMASK, &old, NULL);
}

static void alt_stack(void) {
  static char stack[65536];
  stack_t alt = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;
  check(sigaltstack(&alt, NULL) == 0, "sigaltstack");
  install(SIGUSR1, note, SA_ONSTACK);
  raise(SIGUSR1);
  check(seen_sp > (uintptr_t)stack && seen_sp < (uintptr_t)stack + 65536,
        "handler on the alternate stack");
  sigaltstack(NULL, &old);
  check(old.ss_sp == stack && !(old.ss_flags & SS_ONSTACK), "and back");
}

static int fault_and_return(volatile int *where) {
  if (sigsetjmp(jump, 1))
    return 1;
  *where = 1;
  return 0;
}

static volatile int zero;
static int divide(void) {
  if (sigsetjmp(jump, 1))
    return 1;
  return 5 / zero;
}

static int undefined(void) {
  if (sigsetjmp(jump, 1))
    return 1;
  __asm__ volatile("ud2");
  return 0;
}

static int privileged(void) {
  if (sigsetjmp(jump, 1))
    return 1;
  __asm__ volatile("hlt");
  return 0;
}

static int jump_to(void *where) {
  if (sigsetjmp(jump, 1))
    return 1;
  ((void (*)(void))where)();
  return 0;
}

static char *guarded;
static void unprotect(int sig, siginfo_t *info, void *context) {
  note(sig, info, context);
  mprotect(guarded, 4096, PROT_READ | PROT_WRITE);
}

static void skip(int sig, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  note(sig, info, context);
  uc->uc_mcontext.gregs[REG_RIP] += 2; /* over UD2 */
  uc->uc_mcontext.gregs[REG_RAX] = 42;
}

static void overflow(volatile char *p) {
  volatile char frame[4096];
  frame[0] = p[0];
  if (!zero) /* as long as there is stack */
    overflow(frame);
  frame[1] = p[0];
}

static void faults(void) {
  long result;
  install(SIGSEGV, leap, 0);
  install(SIGFPE, leap, 0);
  install(SIGILL, leap, 0);
  check(fault_and_return((int *)64) && seen == SIGSEGV &&
            seen_addr == (void *)64 && seen_code == SEGV_MAPERR,
        "write to nowhere");
  char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(fault_and_return((int *)page) && seen_code == SEGV_ACCERR &&
            seen_addr == page,
        "write to read-only memory");
  for (int i = 0; i < 4; i++)
    if (!divide() || seen != SIGFPE || seen_code != FPE_INTDIV)
      check(0, "division by zero");
  check(1, "division by zero, four times");
  check(undefined() && seen == SIGILL, "undefined instruction");
  check(privileged() && seen == SIGSEGV, "privileged instruction");
  check(jump_to(page) && seen == SIGSEGV && seen_addr == page,
        "jump into data");
  check(jump_to((void *)0x123456) && seen_addr == (void *)0x123456,
        "jump to nowhere");
  check(jump_to(NULL) && seen == SIGSEGV && seen_addr == NULL, "jump to 0");

  guarded = page;
  install(SIGSEGV, unprotect, 0);
  volatile char *bytes = page;
  bytes[7]++;
  bytes[8] += 2;
  check(bytes[7] == 1 && bytes[8] == 2 && seen_addr == page + 7,
        "handler repairs, access is made again");

  install(SIGILL, skip, 0);
  __asm__ volatile("xor %%eax, %%eax\n ud2" : "=a"(result)::"memory");
  check(result == 42, "handler changes registers");

  install(SIGSEGV, leap, SA_ONSTACK);
  if (!sigsetjmp(jump, 1)) {
    char first[1] = {0};
    overflow(first);
  }
  check(seen == SIGSEGV, "stack overflow");
  signal(SIGSEGV, SIG_DFL);
}

static void nothing(int sig) { (void)sig; }

static void restarting(void) {
  int fd[2];
  char c = 0;
  struct sigaction action = {.sa_handler = nothing};
  check(pipe(fd) == 0, "pipe");
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {.it_value = {0, 20000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  check(read(fd[0], &c, 1) == -1 && errno == EINTR, "read is interrupted");
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  pid_t child = fork();
  if (child == 0) {
    usleep(60000);
    _exit(write(fd[1], "x", 1) == 1 ? 0 : 1);
  }
  setitimer(ITIMER_REAL, &soon, NULL);
  check(read(fd[0], &c, 1) == 1 && c == 'x', "read is restarted");
  waitpid(child, NULL, 0);
  struct timespec second = {1, 0}, rest;
  setitimer(ITIMER_REAL, &soon, NULL);
  check(nanosleep(&second, &rest) == -1 && errno == EINTR && rest.tv_sec == 0,
        "nanosleep is interrupted");
}

static int status_of(void (*fn)(void)) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    fn();
    _exit(0);
  }
  waitpid(child, &status, 0);
  return status;
}

static volatile int *volatile nowhere = (volatile int *)8;
static void die_segv(void) { *nowhere = 1; }
static void (*volatile nothing_there)(void);
static void die_null(void) { nothing_there(); }
static void die_abort(void) { abort(); }
static void die_pipe(void) {
  int fd[2];
  if (pipe(fd) == 0) {
    close(fd[0]);
    if (write(fd[1], "x", 1) < 0)
      _exit(1);
  }
}
static void bad_stack(void) {
  install(SIGUSR1, note, 0);
  __asm__ volatile("mov $0x1000, %%rsp\n mov $39, %%eax\n syscall\n"
                   "mov %%eax, %%edi\n mov $10, %%esi\n mov $62, %%eax\n"
                   "syscall\n ud2" ::
                       : "rax", "rdi", "rsi", "memory");
}

static void deaths(void) {
  int status = status_of(die_segv);
  check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "dies of SIGSEGV");
  status = status_of(die_null);
  check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
        "dies of a call of NULL");
  status = status_of(die_abort);
  check(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "dies of SIGABRT");
  status = status_of(die_pipe);
  check(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "dies of SIGPIPE");
  status = status_of(bad_stack);
  check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
        "no stack for a handler");
}

static pthread_t target;
static void *waits(void *arg) {
  while (seen != SIGUSR2)
    usleep(1000);
  *(int *)arg = pthread_equal(pthread_self(), target);
  return NULL;
}

static void to_threads(void) {
  int same = 0;
  seen = 0;
  install(SIGUSR2, note, 0);
  pthread_create(&target, NULL, waits, &same);
  pthread_kill(target, SIGUSR2);
  pthread_join(target, NULL);
  check(seen == SIGUSR2 && same, "pthread_kill");
}

int main(void) {
  basic();
  masks();
  alt_stack();
  faults();
  restarting();
  deaths();
  to_threads();
  puts("signals: done");
  return 0;
}
