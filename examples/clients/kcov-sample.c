/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-sample.c - trace one system call with kcov and print what it reached
 *
 * Needs nothing but libc: the same binary runs on Linux (as root, with
 * CONFIG_KCOV and debugfs mounted) and on every host that embeds kcov8.
 *
 *   kcov-sample [read|open|stat|pipe|getppid|mmap]
 *
 * One PC per line, in the buffer's order; `kcov8 symbolize` turns them into
 * lines. Exit status 0; 1 if a step failed; 2 for a usage error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As linux/kcov.h has them; restated since few systems install it. */
#define KCOV_PATH "/sys/kernel/debug/kcov"
#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_DISABLE _IO('c', 101)
#define KCOV_TRACE_PC 0

#define BUFFER_WORDS (64ul << 10) /* word 0 is the count */

static _Noreturn void fail(const char *step) {
  fprintf(stderr, "kcov-sample: %s: %s\n", step, strerror(errno));
  exit(1);
}

/* ---- The calls to choose from: by number, so that each is just one ---- */

static void call_read(void) { syscall(SYS_read, -1, NULL, 0); }
static void call_open(void) {
  syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
}
static void call_stat(void) {
  struct stat st;
  syscall(SYS_newfstatat, AT_FDCWD, "/", &st, 0);
}
static void call_pipe(void) {
  int fds[2];
  syscall(SYS_pipe2, fds, 0);
}
static void call_getppid(void) { syscall(SYS_getppid); }
static void call_mmap(void) {
  syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static const struct {
  const char *name;
  void (*run)(void);
} calls[] = {
    {"read", call_read}, {"open", call_open},       {"stat", call_stat},
    {"pipe", call_pipe}, {"getppid", call_getppid}, {"mmap", call_mmap},
};
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

static void (*find_call(const char *name))(void) {
  for (size_t i = 0; i < N_CALLS; i++)
    if (strcmp(calls[i].name, name) == 0)
      return calls[i].run;
  fprintf(stderr, "usage: kcov-sample [");
  for (size_t i = 0; i < N_CALLS; i++)
    fprintf(stderr, "%s%s", i ? "|" : "", calls[i].name);
  fprintf(stderr, "]\n");
  exit(2);
}

int main(int argc, char **argv) {
  void (*run)(void) = find_call(argc > 1 ? argv[1] : calls[0].name);

  int fd = open(KCOV_PATH, O_RDWR);
  if (fd < 0)
    fail(KCOV_PATH);
  if (ioctl(fd, KCOV_INIT_TRACE, BUFFER_WORDS))
    fail("KCOV_INIT_TRACE");
  uint64_t *cover = mmap(NULL, BUFFER_WORDS * sizeof(*cover),
                         PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (cover == MAP_FAILED)
    fail("mmap");

  if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
    fail("KCOV_ENABLE");
  /* What the ENABLE itself left behind is not ours. */
  __atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
  run();
  uint64_t n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
  if (n > BUFFER_WORDS - 1)
    n = BUFFER_WORDS - 1;
  for (uint64_t i = 0; i < n; i++)
    printf("0x%lx\n", (unsigned long)cover[i + 1]);

  if (ioctl(fd, KCOV_DISABLE, 0))
    fail("KCOV_DISABLE");
  if (munmap(cover, BUFFER_WORDS * sizeof(*cover)))
    fail("munmap");
  if (close(fd))
    fail("close");
  if (fflush(stdout) || ferror(stdout))
    fail("stdout");
  return 0;
}
