// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * kcov-module FILE.ko - a module (examples/linux/module) that is loaded and
 * unloaded while this task traces: prints PCs as `STEP 0xPC`
 *
 * STEP: load, use, unload; each is traced by itself, three times over. Another
 * process uses the module meanwhile, so its blocks are there for nobody, too.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_DISABLE _IO('c', 101)
#define WORDS (1ul << 16)
#define DEBUG "/sys/kernel/debug/"

static uint64_t *cover;

static void print(const char *step) {
  const uint64_t n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
  require(n > 0 && n < WORDS, "coverage");
  for (uint64_t i = 1; i <= n; i++)
    printf("%s 0x%llx\n", step, (unsigned long long)cover[i]);
}

static void start(void) { __atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED); }

/* Sets and gets, as the module's file has it; the answer for 27 is 111. */
static long use(void) {
  char text[32] = "";
  const int to = open(DEBUG "kcov8-sample", O_WRONLY);
  if (to < 0)
    return -1; /* not loaded */
  const int wrong = write(to, "27", 2) != 2;
  close(to);
  const int from = open(DEBUG "kcov8-sample", O_RDONLY);
  if (wrong || from < 0 || read(from, text, sizeof(text) - 1) <= 0)
    return -2;
  close(from);
  return atol(text);
}

static pid_t use_elsewhere(void) {
  const pid_t pid = fork();
  if (pid)
    return pid;
  for (;;)
    use();
}

int main(int argc, char **argv) {
  require(argc == 2, "usage: kcov-module FILE.ko");
  const int fd = open(DEBUG "kcov", O_RDWR);
  require(fd >= 0, DEBUG "kcov");
  const int file = open(argv[1], O_RDONLY | O_CLOEXEC);
  require(file >= 0, argv[1]);
  require(!ioctl(fd, KCOV_INIT_TRACE, WORDS), "KCOV_INIT_TRACE");
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  const pid_t other = use_elsewhere();
  require(other > 0, "fork");
  require(!ioctl(fd, KCOV_ENABLE, 0), "KCOV_ENABLE");
  for (int i = 0; i < 3; i++) {
    start();
    require(!syscall(SYS_finit_module, file, "", 0), "finit_module");
    print("load");
    start();
    require(use() == 111, "use");
    print("use");
    usleep(20000); /* the other one's turn */
    start();
    for (int tries = 0; syscall(SYS_delete_module, "kcov8_sample", O_NONBLOCK);
         tries++) {
      require(tries < 1000, "delete_module");
      usleep(1000); /* the other one has it open, on a CPU that may be slow */
    }
    print("unload");
  }
  kill(other, SIGKILL);
  waitpid(other, NULL, 0);
  require(!ioctl(fd, KCOV_DISABLE, 0), "KCOV_DISABLE");
  return fflush(stdout) != 0;
}
