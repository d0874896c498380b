/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * random-calls.c - guest: makes random system calls
 *
 *   random-calls [SEED [ROUNDS]]
 *
 * Each round is a child that makes 300 calls with arguments that are like what
 * the calls want: descriptors, paths, pointers to structures, sizes, flags, and
 * some that are not. In ukernel only. Nothing is checked but that the kernel
 * lives and the rounds come to their end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "random.h"

enum { CALLS = 300, MEMORY = 1 << 20, HIGHEST_CALL = 452 };

static uint8_t *memory;

static uint64_t number(void) {
  switch (below(8)) {
  case 0:
    return 0;
  case 1:
    return below(8);
  case 2:
    return below(5000);
  case 3:
    return UINT64_C(1) << below(64);
  case 4:
    return (UINT64_C(1) << below(64)) - 1;
  case 5:
    return (uint64_t) - (int64_t)below(300);
  case 6:
    return 4096u * below(600);
  default:
    return next();
  }
}

static uint64_t place(void) {
  return (uintptr_t)memory +
         (below(4) ? 8 * below(MEMORY / 8) : MEMORY - below(64));
}

/* A path, put somewhere into memory. */
static uint64_t path(void) {
  static const char *const starts[] = {"/proc/self/cwd",
                                       "/proc/self/root",
                                       "/proc/self/exe",
                                       "/proc/self/fd/3",
                                       "/proc/self",
                                       "/proc",
                                       "/proc/1/fd",
                                       "/tmp",
                                       "/dev/null",
                                       "/dev/zero",
                                       "/dev/full",
                                       "/dev/pts",
                                       "/sys/kernel/debug/kcov",
                                       "/sys",
                                       "/etc/passwd",
                                       "/bin",
                                       "/",
                                       ".",
                                       "..",
                                       "a",
                                       "b",
                                       "c",
                                       "d/e",
                                       ""};
  static const char *const ends[] = {"",   "",   "/",    "/.",  "/..",
                                     "/a", "/b", "/c/d", "/a/", "//b"};
  char *at = (char *)memory + 4096 * below(MEMORY / 4096) + below(3000);
  snprintf(at, 200, "%s%s%s", starts[below(sizeof(starts) / sizeof(*starts))],
           ends[below(10)], ends[below(10)]);
  return (uintptr_t)at;
}

/* A structure of pointers and sizes: iovec, msghdr, cmsghdr with SCM_RIGHTS. */
static uint64_t vector(void) {
  uint64_t *at = (uint64_t *)(uintptr_t)((place() & ~7ull) - 256);
  if ((uint8_t *)at < memory)
    at = (uint64_t *)memory;
  for (int i = 0; i < 8; i++)
    at[i] = below(2) ? place() : below(3) ? below(3000) : number();
  if (below(3) == 0) {
    struct cmsghdr cmsg = {.cmsg_len = CMSG_LEN(4 * sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS};
    memcpy(at + 8, &cmsg, sizeof(cmsg));
    for (int i = 0; i < 4; i++)
      ((int *)(at + 10))[i] = (int)below(24);
    at[0] = 0; /* name */
    at[1] = 0;
    at[2] = (uintptr_t)(at + 16); /* one buffer */
    at[3] = 1;
    at[4] = (uintptr_t)(at + 8);
    at[5] = cmsg.cmsg_len;
    at[6] = 0;
    at[16] = (uintptr_t)(at + 20);
    at[17] = 1 + below(64);
  }
  return (uintptr_t)at;
}

static uint64_t argument(void) {
  switch (below(8)) {
  case 0:
  case 1:
    return below(24); /* a descriptor */
  case 2:
    return path();
  case 3:
    return vector();
  case 4:
  case 5:
    return place();
  case 6:
    return below(16) ? number() : (uint64_t)AT_FDCWD;
  default:
    return number();
  }
}

/* Calls that mostly end a round early come less often. */
static long which_call(void) {
  static const short often[] = {
      SYS_open,      SYS_openat,     SYS_read,         SYS_write,
      SYS_mmap,      SYS_mremap,     SYS_munmap,       SYS_mprotect,
      SYS_madvise,   SYS_dup2,       SYS_fcntl,        SYS_ioctl,
      SYS_rename,    SYS_link,       SYS_symlink,      SYS_mkdir,
      SYS_rmdir,     SYS_unlink,     SYS_sendmsg,      SYS_recvmsg,
      SYS_pipe2,     SYS_socketpair, SYS_poll,         SYS_brk,
      SYS_ftruncate, SYS_readv,      SYS_writev,       SYS_sendfile,
      SYS_chdir,     SYS_epoll_ctl,  SYS_clone,        SYS_fork,
      SYS_execve,    SYS_futex,      SYS_rt_sigaction, SYS_getdents64};
  long nr = below(2) ? often[below(sizeof(often) / sizeof(*often))]
                     : (long)below(HIGHEST_CALL);
  bool ends = nr == SYS_exit || nr == SYS_exit_group || nr == SYS_pause ||
              nr == SYS_rt_sigreturn || nr == SYS_rt_sigsuspend ||
              nr == SYS_kill || nr == SYS_execve || nr == SYS_munmap;
  return ends && below(8) ? SYS_getpid : nr;
}

static bool sends_signal(long nr) {
  return nr == SYS_kill || nr == SYS_tkill || nr == SYS_tgkill ||
         nr == SYS_rt_sigqueueinfo || nr == SYS_rt_tgsigqueueinfo;
}

static void on_alarm(int sig) { (void)sig; }

static void child(void) {
  const struct itimerval tick = {{0, 10000}, {0, 10000}};
  const struct sigaction action = {.sa_handler = on_alarm};
  char dir[64];
  int pair[2];
  snprintf(dir, sizeof(dir), "/tmp/calls-%d", getpid());
  if (mkdir(dir, 0755) || chdir(dir) || pipe(pair) ||
      socketpair(AF_UNIX, (int)(1 + below(2)), 0, pair) ||
      open("/sys/kernel/debug/kcov", O_RDWR) < 0 ||
      open("a", O_RDWR | O_CREAT, 0644) < 0)
    _exit(3);
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &tick, NULL);
  pid_t self = getpid(), parent = getppid();
  for (int i = 0; i < CALLS; i++) {
    uint64_t arg[6];
    for (int j = 0; j < 6; j++)
      arg[j] = argument();
    long nr = which_call();
    if (sends_signal(nr) && ((int)arg[0] <= 1 || (pid_t)arg[0] == parent ||
                             (pid_t)arg[1] == parent))
      arg[0] = arg[1] = (uint64_t)self; /* not those who wait for us */
    if (nr == SYS_brk && arg[0] > 0x10000)
      arg[0] = 0;
    syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    if (getpid() != self)
      _exit(0);
  }
  _exit(0);
}

static void wait_for(pid_t pid) {
  const struct timespec moment = {0, 1000000};
  int status;
  for (int i = 0; i < 500; i++) {
    if (waitpid(pid, &status, WNOHANG) == pid)
      return;
    nanosleep(&moment, NULL);
  }
  kill(-pid, SIGKILL);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
}

int main(int argc, char **argv) {
  struct utsname name;
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  long rounds = argc > 2 ? atol(argv[2]) : 20;
  if (uname(&name) || !strstr(name.release, "ukernel")) {
    fprintf(stderr, "random-calls: only in ukernel\n");
    return 1;
  }
  memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "mmap");
  require(dup2(open("/dev/null", O_RDONLY), 0) == 0, "/dev/null");
  for (long i = 0; i < rounds; i++) {
    state = seed * 1000003 + (uint64_t)i;
    for (size_t j = 0; j < MEMORY / 8; j += 1 + below(20))
      ((uint64_t *)memory)[j] = number();
    pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
      setpgid(0, 0);
      dup2(0, 1);
      dup2(0, 2);
      child();
    }
    wait_for(pid);
    while (waitpid(-1, NULL, WNOHANG) > 0)
      ;
  }
  printf("%ld rounds\n", rounds);
  return 0;
}
