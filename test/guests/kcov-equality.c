/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Two kcovs in one kernel: the kernel's own and kcov8 both trace this task
 * while it makes system calls, one by one, so that each call is seen by both.
 * For a kernel of `examples/linux/kernel build --kind both`; who compares is
 * examples/linux/equality.
 *
 *   kcov-equality [ROUNDS]   all calls ROUNDS times (1), after once to warm up
 *
 * Prints for each call its name and result, then lines `kcov PC COUNT` and
 * `kcov8 PC COUNT`: how often each PC ran, at most 255 times.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define SET_COUNTS _IO('c', 202) /* kcov8's own, docs/kcov-device.md */
#define WORDS (1ul << 19)
#define KCOV "/sys/kernel/debug/kcov"
#define KCOV8 "/sys/kernel/debug/kcov8"

/* ---- The two devices ----------------------------------------------------- */

static volatile uint64_t *kcov, *kcov8;
static bool quiet;

static volatile uint64_t *trace(const char *path, unsigned long how,
                                void *arg) {
  const int fd = open(path, O_RDWR);
  const bool counts = strcmp(path, KCOV8) == 0;
  require(fd >= 0, path);
  require(ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  require(!counts || ioctl(fd, SET_COUNTS, 1) == 0, "SET_COUNTS");
  volatile uint64_t *const cover =
      mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  for (size_t i = 0; i < WORDS; i += 512)
    cover[i] = 0; /* no faults later */
  require(ioctl(fd, how, arg) == 0, "ENABLE");
  return cover;
}

static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void print_trace(uint64_t n) {
  static uint64_t pcs[WORDS];
  require(n < WORDS - 1, "the buffer was too small");
  for (uint64_t i = 0; i < n; i++)
    pcs[i] = kcov[1 + i];
  qsort(pcs, n, sizeof(*pcs), by_value);
  for (uint64_t i = 0, count; i < n; i += count) {
    for (count = 1; i + count < n && pcs[i + count] == pcs[i];)
      count++;
    printf("kcov 0x%llx %llu\n", (unsigned long long)pcs[i],
           (unsigned long long)(count < 255 ? count : 255));
  }
}

/* ---- One call ------------------------------------------------------------ */

static long raw(long number, const long *a) {
  long result;
  register long r10 __asm__("r10") = a[3];
  register long r8 __asm__("r8") = a[4];
  register long r9 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10),
                     "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

static void print_call(const char *name, long result, uint64_t n, uint64_t n8) {
  if (quiet)
    return;
  printf("call %s %s\n", name,
         result < 0 ? strerrorname_np((int)-result) : "0");
  require(n8 < WORDS / 2, "kcov8's buffer was too small");
  for (uint64_t i = 0; i < n8; i++)
    printf("kcov8 0x%llx %llu\n", (unsigned long long)kcov8[1 + 2 * i],
           (unsigned long long)kcov8[2 + 2 * i]);
  print_trace(n);
}

static long call(const char *name, long number, const long *a) {
  kcov[0] = kcov8[0] = 0;
  const long result = raw(number, a);
  const uint64_t n = kcov[0], n8 = kcov8[0];

  if (number == SYS_clone && result == 0)
    raw(SYS_exit_group, (long[6]){0}); /* the child: traced by nobody */
  print_call(name, result, n, n8);
  return result;
}

/* Six more zeros, of which call() takes what is missing. */
#define NAMED(name, number, ...)                                               \
  call(name, number, (long[12]){__VA_ARGS__ __VA_OPT__(, ) 0, 0, 0, 0, 0, 0})
#define DO(name, ...) NAMED(#name, SYS_##name, __VA_ARGS__)
#define P(pointer) ((long)(pointer))

/* ---- The calls ----------------------------------------------------------- */

static char buffer[1 << 16];

static void files(void) {
  struct stat st;
  struct statx stx;
  struct statfs sfs;
  struct iovec iov[2] = {{buffer, 10}, {buffer + 100, 20}};
  const struct timespec times[2] = {{1, 2}, {3, 4}};

  DO(mkdir, P("/tmp/d"), 0755);
  DO(chdir, P("/tmp/d"));
  DO(getcwd, P(buffer), sizeof(buffer));
  const int fd =
      (int)NAMED("open O_CREAT", SYS_open, P("f"), O_RDWR | O_CREAT, 0644);
  DO(write, fd, P("hello, kernel"), 13);
  DO(pwrite64, fd, P("HELLO"), 5, 4000);
  DO(lseek, fd, 1, SEEK_SET);
  DO(read, fd, P(buffer), 8192);
  DO(pread64, fd, P(buffer), 100, 10);
  DO(readv, fd, P(iov), 2);
  DO(writev, fd, P(iov), 2);
  DO(fstat, fd, P(&st));
  DO(stat, P("f"), P(&st));
  DO(lstat, P("f"), P(&st));
  DO(newfstatat, AT_FDCWD, P("/tmp/d/f"), P(&st), 0);
  DO(statx, AT_FDCWD, P("f"), 0, STATX_ALL, P(&stx));
  DO(statfs, P("/tmp"), P(&sfs));
  DO(fstatfs, fd, P(&sfs));
  DO(access, P("f"), R_OK);
  DO(faccessat, AT_FDCWD, P("none"), R_OK);
  DO(chmod, P("f"), 0600);
  DO(fchmod, fd, 0640);
  DO(chown, P("f"), 1, 2);
  DO(utimensat, AT_FDCWD, P("f"), P(times), 0);
  DO(ftruncate, fd, 9000);
  DO(truncate, P("f"), 5000);
  DO(fallocate, fd, 0, 0, 20000);
  DO(fsync, fd);
  DO(fdatasync, fd);
  DO(fadvise64, fd, 0, 4096, POSIX_FADV_WILLNEED);
  DO(link, P("f"), P("g"));
  DO(symlink, P("f"), P("s"));
  DO(readlink, P("s"), P(buffer), sizeof(buffer));
  NAMED("open by symlink", SYS_open, P("s"), O_RDONLY | O_PATH);
  close(fd + 1);
  DO(rename, P("g"), P("h"));
  NAMED("rename over", SYS_rename, P("h"), P("s"));
  DO(mknod, P("n"), S_IFIFO | 0644);
  const int dir = open(".", O_RDONLY | O_DIRECTORY);
  DO(getdents64, dir, P(buffer), sizeof(buffer));
  DO(fchdir, dir);
  close(dir);
  DO(getxattr, P("f"), P("user.x"), P(buffer), 10);
  DO(umask, 022);
  DO(flock, fd, LOCK_EX);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
  NAMED("fcntl F_SETLK", SYS_fcntl, fd, F_SETLK, P(&lock));
  NAMED("fcntl F_GETLK", SYS_fcntl, fd, F_GETLK, P(&lock));
  lock.l_type = F_UNLCK;
  NAMED("fcntl unlock", SYS_fcntl, fd, F_SETLK, P(&lock));
  NAMED("fcntl F_OFD_SETLK", SYS_fcntl, fd, F_OFD_SETLK, P(&lock));
  NAMED("fcntl F_GETFL", SYS_fcntl, fd, F_GETFL);
  const int dupped = (int)NAMED("fcntl F_DUPFD", SYS_fcntl, fd, F_DUPFD, 50);
  DO(dup3, fd, dupped, O_CLOEXEC);
  DO(dup2, fd, 51);
  close(51);
  close(dupped);
  const int other = (int)DO(dup, fd);
  DO(close, other);
  const int target = open("t", O_RDWR | O_CREAT | O_TRUNC, 0644);
  DO(sendfile, target, fd, 0, 3000);
  lseek(fd, 0, SEEK_SET);
  DO(copy_file_range, fd, 0, target, 0, 2000);
  NAMED("ioctl FIONREAD", SYS_ioctl, fd, FIONREAD, P(buffer));
  close(target);
  const int status =
      (int)NAMED("open in proc", SYS_open, P("/proc/self/status"), O_RDONLY);
  NAMED("read of proc", SYS_read, status, P(buffer), sizeof(buffer));
  NAMED("close of proc", SYS_close, status);
  NAMED("readlink in proc", SYS_readlink, P("/proc/self/exe"), P(buffer), 100);
  const int stats = open("/proc/stat", O_RDONLY);
  NAMED("read of /proc/stat", SYS_read, stats, P(buffer), sizeof(buffer));
  close(stats);
  close(fd);
  NAMED("unlink of symlink", SYS_unlink, P("s"));
  DO(unlink, P("f"));
  unlink("n");
  unlink("t");
  NAMED("chdir /", SYS_chdir, P("/"));
  DO(rmdir, P("/tmp/d"));
  NAMED("mount tmpfs", SYS_mount, P("x"), P("/tmp"), P("tmpfs"));
  DO(umount2, P("/tmp"), 0);
  DO(sync);
}

static void memory(void) {
  const size_t bytes = 1 << 20;
  unsigned char present[256];
  char *const p = (char *)DO(mmap, 0, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NAMED("pipe into a fresh page (fault)", SYS_pipe, P(p));
  close(((int *)(void *)p)[0]);
  close(((int *)(void *)p)[1]);
  DO(mincore, P(p), bytes, P(present));
  DO(madvise, P(p), bytes, MADV_DONTNEED);
  DO(mprotect, P(p), 8192, PROT_READ);
  DO(mlock, P(p) + 8192, 8192);
  DO(munlock, P(p) + 8192, 8192);
  DO(msync, P(p), bytes, MS_SYNC);
  const size_t half = bytes / 2;
  char *const q =
      (char *)DO(mremap, P(p) + half, half, 2 * bytes, MREMAP_MAYMOVE);
  DO(munmap, P(q), 2 * bytes);
  munmap(p, half);
  const long end = DO(brk, 0);
  NAMED("brk up", SYS_brk, end + 65536);
  NAMED("brk down", SYS_brk, end);
  const int fd = (int)DO(memfd_create, P("m"), 0);
  require(ftruncate(fd, 8192) == 0, "ftruncate");
  char *const m = (char *)NAMED("mmap of a file", SYS_mmap, 0, 8192,
                                PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NAMED("getcwd into a file's page (fault)", SYS_getcwd, P(m), 4096);
  munmap(m, 8192);
  close(fd);
}

static void sockets(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0both"};
  const long length = sizeof(sa_family_t) + 5;
  socklen_t size;
  int pair[2], value = 1;
  struct iovec iov = {buffer, 64};
  struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
  const int listener = (int)DO(socket, AF_UNIX, SOCK_STREAM);
  DO(bind, listener, P(&address), length);
  DO(listen, listener, 5);
  const int client = socket(AF_UNIX, SOCK_STREAM, 0);
  DO(connect, client, P(&address), length);
  const int server = (int)DO(accept4, listener, 0, 0, SOCK_CLOEXEC);
  DO(sendto, client, P(buffer), 100);
  DO(recvfrom, server, P(buffer), 100);
  DO(sendmsg, server, P(&message), 0);
  DO(recvmsg, client, P(&message), 0);
  NAMED("recvfrom of nothing", SYS_recvfrom, client, P(buffer), 10,
        MSG_DONTWAIT);
  size = sizeof(address);
  DO(getsockname, client, P(&address), P(&size));
  size = sizeof(address);
  DO(getpeername, client, P(&address), P(&size));
  DO(setsockopt, client, SOL_SOCKET, SO_SNDBUF, P(&value), sizeof(value));
  size = sizeof(value);
  DO(getsockopt, client, SOL_SOCKET, SO_ERROR, P(&value), P(&size));
  DO(shutdown, client, SHUT_RDWR);
  NAMED("close of a socket", SYS_close, client);
  close(server);
  close(listener);
  DO(socketpair, AF_UNIX, SOCK_DGRAM, 0, P(pair));
  NAMED("sendto of a datagram", SYS_sendto, pair[0], P(buffer), 500);
  NAMED("recvfrom of a datagram", SYS_recvfrom, pair[1], P(buffer), 500);
  close(pair[0]);
  close(pair[1]);
  NAMED("socket of no family", SYS_socket, 12345, SOCK_STREAM);
}

static void on_signal(int number) { (void)number; }

static void processes(void) {
  struct rlimit limit;
  struct rusage usage;
  struct utsname names;
  struct sysinfo info;
  struct tms tms;
  cpu_set_t cpus;
  siginfo_t sig;
  sigset_t set;
  int word = 0, status;
  const struct timespec soon = {0, 2000000};

  DO(getpid);
  DO(getppid);
  DO(gettid);
  DO(getuid);
  DO(getgroups, 0);
  DO(setpgid);
  DO(getpgid, 0);
  DO(getsid, 0);
  DO(setuid, 0);
  DO(getpriority, PRIO_PROCESS, 0);
  DO(setpriority, PRIO_PROCESS, 0, 0);
  DO(sched_yield);
  DO(sched_getaffinity, 0, sizeof(cpus), P(&cpus));
  DO(prctl, PR_SET_NAME, P("both"));
  DO(prlimit64, 0, RLIMIT_NOFILE, 0, P(&limit));
  DO(getrusage, RUSAGE_SELF, P(&usage));
  DO(times, P(&tms));
  DO(uname, P(&names));
  DO(sysinfo, P(&info));
  DO(personality, 0xffffffff);
  const long child = DO(clone, SIGCHLD);
  DO(wait4, child, P(&status), 0, P(&usage));
  NAMED("wait4 of nobody", SYS_wait4, -1, P(&status), WNOHANG);
  NAMED("kill 0", SYS_kill, getpid(), 0);
  DO(futex, P(&word), FUTEX_WAKE, 1);
  NAMED("futex wait, timeout", SYS_futex, P(&word), FUTEX_WAIT, 0, P(&soon));
  NAMED("rt_sigaction", SYS_rt_sigaction, SIGUSR2, 0, P(buffer), 8);
  signal(SIGUSR1, on_signal);
  NAMED("kill with a handler", SYS_kill, getpid(), SIGUSR1);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  DO(rt_sigprocmask, SIG_BLOCK, P(&set), 0, 8);
  DO(tgkill, getpid(), getpid(), SIGUSR2);
  DO(rt_sigpending, P(buffer), 8);
  DO(rt_sigtimedwait, P(&set), P(&sig), 0, 8);
}

static void waiting(void) {
  int pipes[2];
  struct epoll_event event = {.events = EPOLLIN};
  struct timespec ts, soon = {0, 2000000}, zero = {0};
  struct itimerspec spec = {.it_value = {100, 0}};
  struct itimerval old;
  sigset_t set;
  timer_t timer;
  fd_set fds;
  uint64_t value = 3;

  DO(pipe2, P(pipes), 0);
  NAMED("write to a pipe", SYS_write, pipes[1], P("x"), 1);
  struct pollfd poll = {.fd = pipes[0], .events = POLLIN};
  DO(poll, P(&poll), 1, 0);
  DO(ppoll, P(&poll), 1, P(&zero), 0, 8);
  FD_ZERO(&fds);
  FD_SET(pipes[0], &fds);
  DO(select, pipes[0] + 1, P(&fds), 0, 0, P(&zero));
  const int epoll = (int)DO(epoll_create1, 0);
  NAMED("epoll_ctl add", SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, pipes[0],
        P(&event));
  NAMED("epoll_ctl mod", SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, pipes[0],
        P(&event));
  DO(epoll_wait, epoll, P(&event), 1, 0);
  NAMED("epoll_ctl del", SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, pipes[0]);
  NAMED("epoll_wait, timeout", SYS_epoll_wait, epoll, P(&event), 1, 3);
  NAMED("close of an epoll", SYS_close, epoll);
  NAMED("read from a pipe", SYS_read, pipes[0], P(buffer), 10);
  write(pipes[1], buffer, 5000);
  int others[2];
  require(pipe(others) == 0, "pipe");
  DO(tee, pipes[0], others[1], 4096, 0);
  DO(splice, pipes[0], 0, others[1], 0, 900, 0);
  NAMED("close of a pipe", SYS_close, pipes[0]);
  close(pipes[1]);
  close(others[0]);
  close(others[1]);

  const int event_fd = (int)DO(eventfd2, 5, 0);
  NAMED("write to an eventfd", SYS_write, event_fd, P(&value), 8);
  NAMED("read from an eventfd", SYS_read, event_fd, P(&value), 8);
  close(event_fd);
  const int timer_fd = (int)DO(timerfd_create, CLOCK_MONOTONIC, 0);
  DO(timerfd_settime, timer_fd, 0, P(&spec), 0);
  DO(timerfd_gettime, timer_fd, P(&spec));
  spec.it_value = (struct timespec){0, 2000000};
  timerfd_settime(timer_fd, 0, &spec, NULL);
  NAMED("read from a timerfd, waits", SYS_read, timer_fd, P(&value), 8);
  close(timer_fd);
  sigemptyset(&set);
  const int signal_fd = (int)DO(signalfd4, -1, P(&set), 8, 0);
  close(signal_fd);
  DO(nanosleep, P(&soon), 0);
  DO(clock_nanosleep, CLOCK_MONOTONIC, 0, P(&soon), 0);
  DO(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, P(&ts));
  DO(clock_getres, CLOCK_MONOTONIC, P(&ts));
  DO(timer_create, CLOCK_MONOTONIC, 0, P(&timer));
  const long id = *(int *)(void *)&timer;
  DO(timer_settime, id, 0, P(&spec), 0);
  DO(timer_gettime, id, P(&spec));
  DO(timer_delete, id);
  DO(getitimer, ITIMER_REAL, P(&old));
  DO(setitimer, ITIMER_REAL, P(&old), 0);
  DO(getrandom, P(buffer), 64, 0);
}

/* ---- Work for a handle (examples/linux/module/kcov8-remote.c) --------- */

static void remote_work(int fd, const char *where) {
  kcov[0] = kcov8[0] = 0;
  const long result = dprintf(fd, "%s 7", where);
  for (int i = 0; i < 100 && !(kcov[0] && kcov8[0]); i++)
    usleep(10000); /* a softirq's is delivered later */
  usleep(10000);
  print_call(where, result < 0 ? -errno : 0, kcov[0], kcov8[0]);
}

/* By a process of its own: a task has one file at a time enabled. */
static void remote(int rounds) {
  int status = -1;
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    struct {
      uint32_t trace_mode, area_size, num_handles, padding;
      uint64_t common_handle;
    } arg = {0, 4096, 0, 0, 7};
    const int fd = open("/sys/kernel/debug/kcov8-remote", O_WRONLY);
    require(fd >= 0, "/sys/kernel/debug/kcov8-remote");
    kcov8 = trace(KCOV8, _IOC(_IOC_WRITE, 'c', 102, sizeof(arg)), &arg);
    kcov = trace(KCOV, _IOC(_IOC_WRITE, 'c', 102, sizeof(arg)), &arg);
    for (int round = 0; round <= rounds; round++) {
      quiet = round == 0;
      remote_work(fd, "work");
      remote_work(fd, "softirq");
    }
    exit(0);
  }
  waitpid(pid, &status, 0);
  require(pid > 0 && status == 0, "remote");
}

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 1;

  setvbuf(stdout, malloc(1 << 20), _IOFBF, 1 << 20);
  kcov8 = trace(KCOV8, ENABLE, NULL);
  kcov = trace(KCOV, ENABLE, NULL);
  for (int round = 0; round <= rounds; round++) {
    quiet = round == 0;
    files();
    memory();
    sockets();
    processes();
    waiting();
    if (round == rounds)
      remote(rounds);
  }
  return 0;
}
