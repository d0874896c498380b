/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * container.c - which processes belong to a container
 *
 * A file is locked from its creation on, and its process is written into it
 * under the lock. So a file that can be locked is left over, and one that
 * cannot is of a process that lives.
 */
#define _GNU_SOURCE
#include "runsc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 10000 /* for a killed kernel to be gone */

static char *dir_of(const char *state, const char *name) {
  if (!*name || *name == '.' || strchr(name, '/'))
    fail(name, "is no name of a container");
  return text("%s/%s", state, name);
}

static void make_state(const char *state) {
  /* As runsc: with all that lead to it. */
  char *path = text("%s", state);
  for (char *at = path + 1; (at = strchr(at, '/')); at++) {
    *at = '\0';
    if (mkdir(path, 0777) && errno != EEXIST)
      fail_errno(path);
    *at = '/';
  }
  if (mkdir(path, 0777) && errno != EEXIST)
    fail_errno(path);
  free(path);
}

/* Our own number in @path, locked until this process ends, exec or not. False:
 * another process has it. */
static bool sign(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT, 0666);
  if (fd < 0)
    fail_errno(path);
  if (flock(fd, LOCK_EX | LOCK_NB)) {
    if (errno != EWOULDBLOCK)
      fail_errno(path);
    close(fd);
    return false;
  }
  if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0) {
    int err = errno;
    unlink(path);
    errno = err;
    fail_errno(path);
  }
  return true;
}

/* The live process that signed @path, or 0. */
static int signer(const char *path) {
  char number[16] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  bool live = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
  if (live && read(fd, number, sizeof(number) - 1) <= 0)
    number[0] = '\0';
  close(fd);
  return live ? atoi(number) : 0;
}

void container_each(const char *state, const char *name,
                    void (*fn)(int pid, bool is_run, void *arg), void *arg) {
  char *dir_path = dir_of(state, name), *path = text("%s/run", dir_path);
  DIR *dir = opendir(dir_path);
  struct dirent *entry;
  int pid = signer(path);
  if (pid > 0)
    fn(pid, true, arg);
  free(path);
  while (dir && (entry = readdir(dir))) {
    if (strncmp(entry->d_name, "exec.", 5) != 0)
      continue;
    path = text("%s/%s", dir_path, entry->d_name);
    pid = signer(path);
    if (pid > 0)
      fn(pid, false, arg);
    free(path);
  }
  if (dir)
    closedir(dir);
  free(dir_path);
}

bool container_runs(const char *state, const char *name) {
  char *dir = dir_of(state, name), *path = text("%s/run", dir);
  bool runs = signer(path) > 0;
  free(path);
  free(dir);
  return runs;
}

void container_make(const char *state, const char *name, const char *bundle) {
  char *dir = dir_of(state, name), *real = realpath(bundle, NULL);
  if (!real)
    fail_errno(bundle);
  make_state(state);
  if (mkdir(dir, 0777) && errno != EEXIST)
    fail_errno(dir);
  char *path = text("%s/run", dir), *link = text("%s/bundle", dir);
  if (!sign(path))
    fail(name, "runs already");
  if ((unlink(link) && errno != ENOENT) || symlink(real, link)) {
    int err = errno;
    unlink(path);
    rmdir(dir);
    errno = err;
    fail_errno(link);
  }
  free(link);
  free(path);
  free(real);
  free(dir);
}

void container_join(const char *state, const char *name) {
  char *dir = dir_of(state, name);
  char *path = text("%s/exec.%d", dir, (int)getpid());
  /* A group of its own, so that a kernel of several processes ends at once. */
  setpgid(0, 0);
  sign(path);
  free(path);
  free(dir);
}

char *container_bundle(const char *state, const char *name) {
  char *dir = dir_of(state, name), *link = text("%s/bundle", dir);
  char *bundle = realpath(link, NULL);
  if (!bundle)
    fail_errno(link);
  free(link);
  free(dir);
  return bundle;
}

static void kill_it(int pid, bool is_run, void *arg) {
  int *n = arg;
  if (pid == (int)getpid())
    return;
  if (kill(is_run ? pid : -pid, SIGKILL) == 0)
    ++*n;
}

static void remove_files(const char *dir_path) {
  DIR *dir = opendir(dir_path);
  struct dirent *entry;
  while (dir && (entry = readdir(dir)))
    unlinkat(dirfd(dir), entry->d_name, 0); /* "." and "..": EISDIR */
  if (dir)
    closedir(dir);
  rmdir(dir_path);
}

void container_delete(const char *state, const char *name) {
  char *dir = dir_of(state, name);
  for (int waited = 0;; waited += 10) {
    int n = 0;
    container_each(state, name, kill_it, &n);
    if (!n)
      break;
    if (waited == WAIT_MS)
      fail(name, "a process of it does not end");
    usleep(10 * 1000);
  }
  remove_files(dir);
  free(dir);
}
