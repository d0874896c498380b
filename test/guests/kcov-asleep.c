/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-asleep.c - guest test: a task that sleeps does not run
 *
 * The parent blocks in one system call after the other, with kcov on. A child
 * meanwhile does other things with other objects: not one PC may come to the
 * parent's buffer. Then the child ends the sleep. Prints a line for each call.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define WORDS 65536ul
#define ROUNDS 20

static volatile uint64_t *cover;
static uint32_t *word; /* shared, for the futex */
static int in[2], full[2], event, sockets[2], epoll, inner;
static char bytes[65536];

static void nothing(int sig) { (void)sig; }

static void rest(long ms) {
  struct timespec time = {0, ms * 1000000};
  nanosleep(&time, NULL);
}

static long futex(int operation, uint32_t value) {
  return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

/* ---- The parent's calls, each till the child does the other half --------- */

static int worker, status = -1;

static int sleep_wait(void) { return waitpid(worker, &status, 0) != worker; }
static int sleep_waitid(void) {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
}
static int sleep_read(void) { return read(in[0], bytes, 1) != 1; }
static int sleep_write(void) { return write(full[1], bytes, 1) != 1; }
static int sleep_event(void) {
  uint64_t value;
  return read(event, &value, sizeof(value)) != sizeof(value);
}
static int sleep_socket(void) { return recv(sockets[0], bytes, 1, 0) != 1; }
static int sleep_poll(void) {
  struct pollfd set[] = {{in[0], POLLIN, 0}, {event, POLLIN, 0}};
  return poll(set, 2, -1) != 1 || read(in[0], bytes, 1) != 1;
}
static int sleep_epoll(void) {
  struct epoll_event found;
  return epoll_wait(epoll, &found, 1, -1) != 1 || read(in[0], bytes, 1) != 1;
}
static int sleep_futex(void) { return futex(FUTEX_WAIT, 0) != 0; }
static int sleep_signal(void) { return pause() != -1; }
static int sleep_sigwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  return sigtimedwait(&set, NULL, &(struct timespec){1000, 0}) != SIGUSR2;
}

static void wake_nothing(void) {}
static void wake_read(void) { CHECK(write(in[1], "x", 1) == 1); }
static void wake_write(void) {
  CHECK(read(full[0], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
}
static void wake_event(void) { CHECK(eventfd_write(event, 1) == 0); }
static void wake_socket(void) { CHECK(send(sockets[1], "x", 1, 0) == 1); }
static void wake_futex(void) { CHECK(futex(FUTEX_WAKE, 1) == 1); }
static void wake_signal(void) { kill(getppid(), SIGUSR1); }
static void wake_sigwait(void) { kill(getppid(), SIGUSR2); }

static const struct {
  const char *name;
  int (*sleep)(void);
  void (*wake)(void);
} calls[] = {
    {"wait4", sleep_wait, wake_nothing},
    {"waitid", sleep_waitid, wake_nothing},
    {"read of a pipe", sleep_read, wake_read},
    {"write to a pipe", sleep_write, wake_write},
    {"read of an eventfd", sleep_event, wake_event},
    {"recv", sleep_socket, wake_socket},
    {"poll", sleep_poll, wake_read},
    {"epoll_wait, nested", sleep_epoll, wake_read},
    {"futex", sleep_futex, wake_futex},
    {"pause", sleep_signal, wake_signal},
    {"sigtimedwait", sleep_sigwait, wake_sigwait},
};

/* ---- What the child does meanwhile --------------------------------------- */

static void work(void) {
  int pipes[2], pair[2], number = eventfd(0, 0);
  uint64_t value;
  CHECK(pipe(pipes) == 0 && number >= 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  signal(SIGUSR1, nothing);
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(write(pipes[1], bytes, 9) == 9 && read(pipes[0], bytes, 9) == 9);
    CHECK(send(pair[0], bytes, 9, 0) == 9 && recv(pair[1], bytes, 9, 0) == 9);
    CHECK(eventfd_write(number, 1) == 0 && eventfd_read(number, &value) == 0);
    raise(SIGUSR1);
    uint32_t other = 0;
    syscall(SYS_futex, &other, FUTEX_WAKE, 1, NULL, NULL, 0);
    pid_t child = fork();
    if (child == 0)
      _exit(0);
    CHECK(waitpid(child, NULL, 0) == child);
  }
}

static int meanwhile(void (*wake)(void)) {
  while (cover[0] == 0)
    rest(1);
  rest(50); /* Linux writes as it goes; here it is there when it sleeps */
  const uint64_t before = cover[0];
  work();
  const uint64_t after = cover[0];
  if (before != after)
    printf("FAIL: %llu PCs, then %llu\n", (unsigned long long)before,
           (unsigned long long)after);
  fflush(stdout);
  wake();
  return before != after || failures;
}

int main(void) {
  int kcov = open("/sys/kernel/debug/kcov", O_RDWR);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGUSR1, nothing);
  word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
              -1, 0);
  require(kcov >= 0 && ioctl(kcov, INIT_TRACE, WORDS) == 0, "kcov");
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
  require(cover != MAP_FAILED && word != MAP_FAILED, "mmap");
  event = eventfd(0, 0);
  epoll = epoll_create1(0);
  inner = epoll_create1(0);
  require(pipe(in) == 0 && pipe(full) == 0 && event >= 0 && epoll >= 0 &&
              inner >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0,
          "files");
  struct epoll_event wanted = {.events = EPOLLIN};
  require(epoll_ctl(inner, EPOLL_CTL_ADD, in[0], &wanted) == 0 &&
              epoll_ctl(epoll, EPOLL_CTL_ADD, inner, &wanted) == 0 &&
              epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) == 0,
          "epoll_ctl");
  require(write(full[1], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes),
          "a pipe filled");
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
    cover[0] = 0;
    fflush(stdout);
    worker = fork();
    require(worker >= 0, "fork");
    if (worker == 0)
      _exit(meanwhile(calls[i].wake));
    require(ioctl(kcov, ENABLE, 0) == 0, "ENABLE");
    cover[0] = 0;
    int wrong = calls[i].sleep();
    require(ioctl(kcov, DISABLE, 0) == 0, "DISABLE");
    if (calls[i].sleep != sleep_wait)
      require(waitpid(worker, &status, 0) == worker, "waitpid");
    check(!wrong && status == 0, calls[i].name);
  }
  return 0;
}
