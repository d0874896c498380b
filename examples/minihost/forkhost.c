/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * forkhost.c - the second half of minihost: processes that are the host's own
 *
 * Here a guest's process is a process of the host, its fork is fork(), and each
 * of its threads is one of the host's. So each process has a copy of kcov8 and
 * of its files; what they must know together is in memory that they share.
 * Prints the PCs of a parent, of its thread and of its child:
 *
 *   forkhost | kcov8 symbolize forkhost
 *
 * docs/integration.md quotes what stands between `doc:` marks.
 */
#define _GNU_SOURCE
#include <kcov8/kcov8.h>

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct kcov8_device *device;

/* ---- The device: a memfd is the guest's descriptor ---- */

/* doc: memory */
/* A page that says what state the file is in, then room for any buffer. */
#define HEAD 4096ul
#define BYTES (HEAD + KCOV8_MAX_WORDS * 8ul)

static int alloc_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  area->base = (char *)area->share + HEAD;
  return 0;
}

static void free_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  munmap(area->share, BYTES); /* this process has no use for the file now */
}

/*
 * This process' file behind @fd, which it opened or got in a message. A second
 * descriptor of one file is that file: its inode is its name everywhere.
 */
static struct kcov8_file *attach(int fd) {
  struct kcov8_open_how how = {.size = sizeof(how)};
  struct kcov8_file *file;
  struct stat st;
  if (fstat(fd, &st))
    return NULL;
  file = kcov8_file_find(device, st.st_ino);
  if (file)
    return file;
  how.cookie = st.st_ino;
  how.share = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (how.share == MAP_FAILED)
    return NULL;
  if (kcov8_open_with(device, &how, &file))
    munmap(how.share, BYTES);
  return file;
}
/* doc: end */

enum { N = 16 };
static struct kcov8_file *files[N]; /* by descriptor; fork copies it */

static struct kcov8_file *file_of(long fd) {
  return fd >= 0 && fd < N ? files[fd] : NULL;
}

static long sys_open(void) {
  const int fd = memfd_create("kcov", MFD_ALLOW_SEALING);
  if (fd >= 0 && fd < N && !ftruncate(fd, BYTES) &&
      !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
    files[fd] = attach(fd);
  if (file_of(fd))
    return fd;
  close(fd);
  return -ENODEV;
}

static long sys_close(long fd) {
  if (!file_of(fd))
    return -EBADF;
  kcov8_file_put(files[fd]);
  files[fd] = NULL;
  return close((int)fd);
}

/* ---- Tasks: a thread each ---- */

/* doc: fork */
static _Thread_local struct kcov8_task task;

static long sys_fork(void) {
  fflush(stdout); /* the child has a copy of what is not written yet */
  const pid_t child = fork();
  if (child == 0)
    kcov8_forked(device); /* before anything else: it traces nothing */
  return child;
}

static void *thread_main(void *program) {
  kcov8_task_set_current(&task); /* it had its creator's up to here */
  ((void (*)(void))program)();
  kcov8_task_exit(&task); /* on the thread itself: it owns the file */
  return NULL;
}

static long sys_thread(void (*program)(void)) {
  pthread_t thread;
  const int err = pthread_create(&thread, NULL, thread_main, (void *)program);
  return -(err ? err : pthread_join(thread, NULL));
}
/* doc: end */

static long sys_ioctl(long fd, uint64_t number, uint64_t argument) {
  if (!file_of(fd))
    return -EBADF;
  return kcov8_ioctl(file_of(fd), &task, number, argument);
}

/* doc: map */
/* The guest's own mapping is one of the memfd: it needs no reference. */
static long sys_mmap(uint64_t bytes, long fd) {
  struct kcov8_area area;
  const int err =
      file_of(fd) ? kcov8_mmap(file_of(fd), bytes, 0, &area) : -EBADF;
  if (err)
    return err;
  void *const at =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, HEAD);
  return at == MAP_FAILED ? -errno : (long)at;
}

/* What the host ran meanwhile for the guest's own instructions is no call's. */
#define CALL(what) (kcov8_syscall_enter(&task), to_guest(sys_##what))

static long to_guest(long result) {
  kcov8_syscall_return(&task);
  return result;
}
/* doc: end */

void kernel_sleep(void) { kcov8_task_flush(&task); }

/* ---- Guests ---- */

#define WORDS 512ul

static long fd; /* of the parent's file */
static volatile uint64_t *cover;

static volatile uint64_t *trace(long *opened) {
  *opened = CALL(open());
  if (*opened < 0 || CALL(ioctl(*opened, KCOV8_INIT_TRACE64, WORDS)))
    _exit(1);
  const long at = CALL(mmap(WORDS * 8, *opened));
  if (at < 0 || CALL(ioctl(*opened, KCOV8_ENABLE, KCOV8_TRACE_PC)))
    _exit(1);
  return (volatile uint64_t *)at;
}

static void print(const char *who, const volatile uint64_t *buffer) {
  printf("# %s\n", who);
  for (uint64_t i = 1; i <= buffer[0]; i++)
    printf("0x%llx\n", (unsigned long long)buffer[i]);
}

static void thread(void) {
  long own_fd;
  CALL(nap(1)); /* nobody traces this thread yet: not in its creator's buffer */
  volatile uint64_t *const own = trace(&own_fd);
  own[0] = 0;
  CALL(parse(""));
  print("thread", own);
  CALL(close(own_fd)); /* enabled: the task has it until it ends */
}

/* Its parent's file is taken; it has one of its own, then ends. */
static void child(void) {
  long own_fd;
  if (CALL(ioctl(fd, KCOV8_ENABLE, KCOV8_TRACE_PC)) != -EINVAL)
    _exit(2);
  volatile uint64_t *const own = trace(&own_fd);
  own[0] = 0;
  CALL(nap(2));
  print("child", own);
  fflush(stdout);
  kcov8_task_exit(&task);
  _exit(0);
}

/* Takes its parent's file when that is free, and is killed. */
static void victim(void) {
  if (CALL(ioctl(fd, KCOV8_ENABLE, KCOV8_TRACE_PC)))
    _exit(3);
  raise(SIGKILL);
}

static int wait_for(long pid) {
  int status;
  return waitpid((pid_t)pid, &status, 0) == pid ? status : -1;
}

static int guest(void) {
  cover = trace(&fd);
  cover[0] = 0;
  long pid = CALL(fork());
  if (pid == 0)
    child();
  if (wait_for(pid))
    return 1;
  cover[0] = 0;
  CALL(thread(thread));
  CALL(parse("42"));
  print("parent", cover);
  if (CALL(ioctl(fd, KCOV8_DISABLE, 0)))
    return 1;
  pid = CALL(fork());
  if (pid == 0)
    victim();
  if (wait_for(pid) != SIGKILL ||
      CALL(ioctl(fd, KCOV8_ENABLE, KCOV8_TRACE_PC))) /* free again */
    return 1;
  return CALL(close(fd)) != 0;
}

int main(void) {
  const struct kcov8_host host = {
      .size = sizeof(host),
      .alloc_area = alloc_area,
      .free_area = free_area,
  };
  if (kcov8_device_create(&host, &device))
    return 1;
  kcov8_task_set_current(&task);
  const int status = guest();
  kcov8_task_exit(&task);
  return kcov8_device_destroy(device) ? 1 : status;
}
