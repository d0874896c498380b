/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mounts.h - for guest tests of mounts: steps that have a namespace of mounts
 * and a tmpfs of their own each
 *
 * For root, or in a user namespace (unshare -rm). Print the same on Linux and
 * in ukernel.
 */
#ifndef GUESTS_MOUNTS_H
#define GUESTS_MOUNTS_H

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* That tmpfs: the working directory of each step. */
static char top[64];

static inline int make(const char *path) {
  int fd = open(path, O_CREAT | O_RDWR, 0644);
  return fd < 0 ? fd : close(fd);
}

static inline int is_there(const char *path) { return access(path, F_OK) == 0; }

static inline int tmpfs(const char *where, const char *options) {
  return mount("test", where, "tmpfs", 0, options);
}

static inline int bind(const char *from, const char *to, unsigned long more) {
  return mount(from, to, NULL, MS_BIND | more, NULL);
}

struct step {
  const char *what;
  void (*step)(void);
};

/* Each step has a namespace and a tmpfs of its own. */
static inline int run(void (*step)(void)) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    require(unshare(CLONE_NEWNS) == 0, "unshare");
    require(tmpfs(top, NULL) == 0 && chdir(top) == 0, "a tmpfs");
    step();
    fflush(stdout);
    _exit(failures != 0);
  }
  return waitpid(child, &status, 0) == child && status == 0;
}

static inline int run_all(const struct step *steps, size_t n) {
  require(unshare(CLONE_NEWNS) == 0, "unshare");
  require(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private");
  strcpy(top, "/tmp/mounts-XXXXXX");
  require(mkdtemp(top) != NULL, "mkdtemp");
  int bad = 0;
  for (size_t i = 0; i < n; i++) {
    int ok = run(steps[i].step);
    printf("%s: %s\n", steps[i].what, ok ? "ok" : "FAILED");
    bad |= !ok;
  }
  struct stat st;
  CHECK(stat(top, &st) == 0 && rmdir(top) == 0);
  return bad || failures;
}

#define RUN_ALL(steps) run_all(steps, sizeof(steps) / sizeof((steps)[0]))

#endif /* GUESTS_MOUNTS_H */
