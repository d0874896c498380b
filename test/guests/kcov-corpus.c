/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A corpus, as a fuzzer has one: small programs of system calls, each traced.
 *
 *   kcov-corpus [PROGRAMS [SEED [calls]]]   (300, 1)
 *
 * A program is a child that makes a few descriptors and then calls with
 * arguments like those that the calls want. The seed alone says which, so the
 * same programs can run in another kernel. Prints `program N`, then the PCs
 * that it reached, ascending, one per line.
 *
 * With `calls`, these of each system call, behind `call NUMBER HOW`: it
 * `returned`. The program makes one more that does not: it exits, kills itself,
 * waits and is killed, or gets a signal for an access (call 0): it `ended`;
 * what had been reached while it waited: `blocked`. The first is `begun`: what
 * ran behind ENABLE.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "random.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define WORDS (1ul << 18)
#define MEMORY ((uint8_t *)0x20000000) /* where syzkaller has it, too */
#define MEMORY_SIZE (1ul << 20)
#define MOST_CALLS 32 /* of a program, and the end */

/*
 * Arguments, a letter each: f descriptor, p path, b place in memory, l length,
 * n small number, g flags, t timespec, k clock, s signal, o offset, i process,
 * z zero, a socket address, y its length, v iovec, e epoll_event, w futex word,
 * c AT_FDCWD.
 */
struct call {
  short number;
  const char *arguments;
};

#define C(name, arguments)                                                     \
  { SYS_##name, arguments }

static const struct call makers[] = {
    C(open, "pgn"),        C(openat, "cpgn"),       C(pipe2, "bg"),
    C(socketpair, "dnzb"), C(socket, "dnz"),        C(eventfd2, "ng"),
    C(epoll_create1, "z"), C(timerfd_create, "kz"), C(memfd_create, "pn"),
    C(signalfd4, "mbhz"),  C(mmap, "zlnrmz"),       C(mkdir, "pn"),
    C(inotify_init1, "z"), C(creat, "pn"),          C(timer_create, "kzb"),
    C(userfaultfd, "z")};
static const struct call users[] = {
    /* files */
    C(read, "fbl"), C(write, "fbl"), C(pread64, "fblo"), C(pwrite64, "fblo"),
    C(readv, "fvn"), C(writev, "fvn"), C(lseek, "fon"), C(close, "f"),
    C(fstat, "fb"), C(stat, "pb"), C(lstat, "pb"), C(statx, "cpnlb"),
    C(statfs, "pb"), C(fstatfs, "fb"), C(access, "pn"), C(chmod, "pn"),
    C(fchmod, "fn"), C(chown, "pnn"), C(utimensat, "cptz"), C(ftruncate, "fo"),
    C(truncate, "po"), C(fallocate, "fnoo"), C(fsync, "f"),
    C(fadvise64, "foon"), C(link, "pp"), C(symlink, "pp"), C(readlink, "pbl"),
    C(rename, "pp"), C(renameat2, "cpcpn"), C(unlink, "p"), C(rmdir, "p"),
    C(mknod, "pxz"), C(getdents64, "fbl"), C(fchdir, "f"), C(chdir, "p"),
    C(getcwd, "bl"), C(getxattr, "pbbl"), C(setxattr, "pbbl"),
    C(listxattr, "pbl"), C(flock, "fn"), C(fcntl, "fnn"), C(fcntl, "fnb"),
    C(ioctl, "fqb"), C(dup, "f"), C(dup2, "ff"), C(sendfile, "ffzl"),
    C(copy_file_range, "fzfzl"), C(splice, "fzfzln"), C(tee, "ffln"),
    C(vmsplice, "fvnn"),
    /* waiting, sockets */
    C(poll, "unz"), C(select, "nbbbt"), C(epoll_ctl, "fnfe"),
    C(epoll_wait, "fbnz"), C(timerfd_settime, "fnbz"), C(timerfd_gettime, "fb"),
    C(bind, "fay"), C(connect, "fay"), C(listen, "fn"), C(accept4, "fzzg"),
    C(sendto, "fblhay"), C(recvfrom, "fblhzz"), C(getsockname, "fbb"),
    C(getsockopt, "fjnbb"), C(setsockopt, "fjnby"), C(shutdown, "fn"),
    /* memory */
    C(mmap, "zlnmfz"), C(mmap, "blnrmz"), C(munmap, "bl"), C(mprotect, "bln"),
    C(madvise, "bln"), C(mremap, "blln"), C(msync, "bln"), C(mincore, "blb"),
    C(mlock, "bl"), C(munlock, "bl"), C(brk, "b"),
    /* tasks, time */
    C(futex, "wnnt"), C(rt_sigaction, "sbbh"), C(rt_sigprocmask, "nbbh"),
    C(rt_sigpending, "bh"), C(sigaltstack, "bb"), C(tgkill, "iis"),
    C(setpgid, "in"), C(getpgid, "i"), C(setsid, ""), C(getpriority, "nn"),
    C(setpriority, "nin"), C(sched_setaffinity, "ihb"),
    C(sched_getaffinity, "ilb"), C(sched_setscheduler, "inb"), C(prctl, "nbnz"),
    C(prlimit64, "inzb"), C(getrusage, "nb"), C(times, "b"), C(uname, "b"),
    C(sysinfo, "b"), C(personality, "n"), C(getgroups, "nb"),
    C(setresuid, "nnn"), C(capget, "bb"), C(getrandom, "bln"),
    C(nanosleep, "tz"), C(clock_nanosleep, "knt"), C(clock_gettime, "kb"),
    C(timer_settime, "nnbb"), C(timer_gettime, "nb"), C(timer_delete, "n"),
    C(getitimer, "nb"), C(wait4, "mbnb"), C(mount, "ppbzz"), C(umask, "n"),
    C(sync, ""), C(membarrier, "nz"), C(close_range, "nnn"), C(getpid, ""),
    C(fork, "")};

#define N(array) (sizeof(array) / sizeof(*(array)))

static uint8_t *place(size_t bytes) {
  return MEMORY + 8 * below((MEMORY_SIZE - bytes) / 8);
}

static long path(void) {
  static const char *const paths[] = {"a",
                                      "b",
                                      "c",
                                      "d/e",
                                      "d",
                                      ".",
                                      "..",
                                      "/proc/self/status",
                                      "/proc/stat",
                                      "/proc/self/maps",
                                      "/proc/self/fd",
                                      "/dev/null",
                                      "/dev/zero",
                                      "/tmp",
                                      "none/none",
                                      "/sys/kernel",
                                      "",
                                      "/proc/self/cwd/a",
                                      "/dev/shm",
                                      "/proc/meminfo"};
  const char *const text = paths[below(N(paths))];
  return (long)strcpy((char *)place(64), text);
}

static long vector(void) {
  uint64_t *const at = (uint64_t *)(void *)place(64);
  for (int i = 0; i < 8; i += 2) {
    at[i] = (uintptr_t)place(4096);
    at[i + 1] = below(4096);
  }
  return (long)at;
}

static long address(void) {
  struct sockaddr_un *const at = (void *)place(sizeof(*at));
  at->sun_family = AF_UNIX;
  memset(at->sun_path, 0, sizeof(at->sun_path));
  strcpy(at->sun_path + below(2), below(2) ? "s" : "t");
  return (long)at;
}

static long moment(void) {
  struct timespec *const at = (void *)place(sizeof(*at));
  *at = (struct timespec){0, below(2000000)};
  return (long)at;
}

static long argument(char kind) {
  static const short requests[] = {0x5401, 0x5421, 0x541b, 0x5413, 0x5451};
  switch (kind) {
  case 'f': /* 4 and up: the program's */
    return below(12) ? 4 + below(6) : (long)below(40) - 1;
  case 'p':
    return path();
  case 'b':
    return below(16) ? (long)place(16384) : 0;
  case 'l':
    return below(4) ? below(200) : 4096l * below(5);
  case 'n':
    return below(8) ? below(8) : 1l << below(31);
  case 'g':
    return (below(2)   ? O_RDWR | O_CREAT
            : below(2) ? O_DIRECTORY
                       : 0) |
           O_NONBLOCK;
  case 't':
    return moment();
  case 'k':
    return below(4) ? CLOCK_MONOTONIC : below(12);
  case 's':
    return below(2) ? SIGUSR1 : SIGUSR2;
  case 'o':
    return below(8) ? below(10000) : -1l;
  case 'i':
    return below(2) ? getpid() : 0;
  case 'a':
    return address();
  case 'y':
    return 3 + below(8);
  case 'v':
    return vector();
  case 'e':
  case 'u':
  case 'w':
    *(uint64_t *)(void *)place(8) = 0;
    return (long)place(4096);
  case 'c':
    return AT_FDCWD;
  case 'd':
    return below(16) ? AF_UNIX : below(40);
  case 'h':
    return below(8) ? (below(2) ? 8 : MSG_DONTWAIT) : below(64);
  case 'j':
    return SOL_SOCKET;
  case 'm':
    return -1;
  case 'q':
    return requests[below(N(requests))];
  case 'r':
    return MAP_ANONYMOUS | (below(2) ? MAP_PRIVATE : MAP_SHARED);
  case 'x':
    return below(2) ? S_IFIFO | 0644 : below(12);
  default:
    return 0;
  }
}

/* Where in the buffer a program's calls are; its parent reads it. */
static struct note {
  long number;
  uint64_t from, to; /* 0: it did not return */
} * notes;
static volatile uint64_t *cover;

static void one_of(const struct call *calls, unsigned int n) {
  const struct call call = calls[below(n)];
  const pid_t self = getpid();
  long a[6] = {0};
  for (int i = 0; call.arguments[i]; i++)
    a[i] = argument(call.arguments[i]);
  struct note *const note = notes++;
  *note = (struct note){call.number, cover[0], 0};
  syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  const uint64_t to = cover[0];
  if (getpid() != self)
    _exit(0);
  note->to = to;
}

static void on_signal(int number) { (void)number; }

/* Does not return. */
static void last_call(unsigned int n) {
  static int *volatile nowhere;
  const struct itimerval never = {0};
  const struct timespec later = {1000, 0};
  int pipes[2];
  const struct call ends[] = {{SYS_exit_group, 0}, {SYS_kill, 0},
                              {SYS_pause, 0},      {0, 0},
                              {SYS_read, 0},       {SYS_clock_nanosleep, 0},
                              {SYS_poll, 0}};
  require(pipe(pipes) == 0, "pipe");
  struct pollfd poll = {.fd = pipes[0], .events = POLLIN};
  const long arguments[][4] = {{0},
                               {getpid(), SIGKILL},
                               {0},
                               {0},
                               {pipes[0], (long)place(8), 8},
                               {CLOCK_MONOTONIC, 0, (long)&later, 0},
                               {(long)&poll, 1, -1}};
  setitimer(ITIMER_REAL, &never, NULL);
  n %= N(ends);
  *notes++ = (struct note){ends[n].number, cover[0], 0};
  if (!ends[n].number)
    *nowhere = 1;
  const long *const a = arguments[n];
  syscall(ends[n].number, a[0], a[1], a[2], a[3]);
}

static void program(int fd, unsigned int n, bool calls) {
  const struct itimerval tick = {{0, 50000}, {0, 50000}};
  struct sigaction action = {.sa_handler = on_signal};
  char dir[32];
  snprintf(dir, sizeof(dir), "/tmp/%u", n);
  require(mkdir(dir, 0755) == 0 && chdir(dir) == 0, dir);
  sigaction(SIGALRM, &action, NULL); /* no call waits for ever */
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  setitimer(ITIMER_REAL, &tick, NULL);
  require(ioctl(fd, ENABLE, 0) == 0, "ENABLE");
  for (unsigned int i = 3 + below(4); i; i--)
    one_of(makers, N(makers));
  for (unsigned int i = 4 + below(16); i; i--)
    one_of(users, N(users));
  if (calls)
    last_call(n);
  ioctl(fd, DISABLE, 0);
  _exit(0);
}

/* How far the buffer was when the program had to be killed, else 0. */
static uint64_t wait_for(pid_t pid) {
  const struct timespec moment = {0, 1000000};
  for (int i = 0; i < 100; i++) {
    if (waitpid(pid, NULL, WNOHANG) == pid)
      return 0;
    nanosleep(&moment, NULL);
  }
  const uint64_t reached = cover[0];
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  return reached;
}

static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void print(uint64_t from, uint64_t to) {
  static uint64_t pcs[WORDS];
  const uint64_t count = to - from;
  require(to < WORDS - 1, "the buffer was too small");
  for (uint64_t i = 0; i < count; i++)
    pcs[i] = cover[1 + from + i];
  qsort(pcs, count, sizeof(*pcs), by_value);
  for (uint64_t i = 0; i < count; i++)
    if (i == 0 || pcs[i] != pcs[i - 1])
      printf("0x%llx\n", (unsigned long long)pcs[i]);
}

static void print_call(long number, const char *how, uint64_t from,
                       uint64_t to) {
  printf("call %ld %s\n", number, how);
  print(from, to);
}

static void print_calls(uint64_t reached) {
  print_call(SYS_ioctl, "begun", 0, notes->from);
  for (const struct note *note = notes; note->number >= 0; note++) {
    if (note->to) {
      print_call(note->number, "returned", note->from, note->to);
      continue;
    }
    if (reached)
      print_call(note->number, "blocked", note->from, reached);
    print_call(note->number, "ended", note->from, cover[0]);
  }
}

int main(int argc, char **argv) {
  const unsigned int programs = argc > 1 ? (unsigned int)atoi(argv[1]) : 300;
  const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
  const int fd = open("/sys/kernel/debug/kcov", O_RDWR); /* 3 */
  require(fd >= 0 && ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  const bool calls = argc > 3 && strcmp(argv[3], "calls") == 0;
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  notes = mmap(NULL, MOST_CALLS * sizeof(*notes), PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(notes != MAP_FAILED, "mmap");
  for (unsigned int i = 0; i < programs; i++) {
    cover[0] = 0;
    for (int note = 0; note < MOST_CALLS; note++)
      notes[note].number = -1;
    fflush(stdout);
    const pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
      require(mmap(MEMORY, MEMORY_SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MEMORY,
              "mmap");
      state = seed * 1000003 + i;
      const int null = open("/dev/null", O_RDWR);
      dup2(null, 1);
      dup2(null, 2);
      close(null);
      program(fd, i, calls);
    }
    const uint64_t reached = wait_for(pid);
    printf("program %u\n", i);
    if (calls)
      print_calls(reached);
    else
      print(0, cover[0]);
  }
  return 0;
}
