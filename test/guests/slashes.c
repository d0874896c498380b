/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * slashes.c - guest test: each call that takes a path, with paths that end in
 * a link, of /proc (one that jumps) or an ordinary one, and in slashes
 *
 * Plain libc: runs on Linux and in ukernel with the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static char dir[] = "/tmp/uk-slashes-XXXXXX";

static long do_open(const char *path, int flags) {
  int fd = open(path, flags, 0644);
  if (fd >= 0)
    close(fd);
  return fd < 0 ? -1 : 0;
}

/* Where chdir() and chroot() lead is of no interest: come back. */
static long do_chdir(const char *path) {
  int back = open(".", O_RDONLY);
  long result = chdir(path);
  if (fchdir(back))
    result = -2;
  close(back);
  return result;
}

static long do_exec(const char *path) {
  char *const nothing[] = {NULL};
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    execve(path, (char *const[]){"slashes", "child", NULL}, nothing);
    _exit(errno);
  }
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return WIFEXITED(status) && errno == 0 ? 0 : -1;
}

static long do_readlink(const char *path) {
  char buf[256];
  return readlink(path, buf, sizeof(buf)) < 0 ? -1 : 0;
}

static long do_connect(const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
  long result = connect(fd, (struct sockaddr *)&name, sizeof(name));
  int reason = errno;
  close(fd);
  errno = reason;
  return result;
}

enum { N_CALLS = 32, N_CHANGING = 18 };
static const char *const call_name[N_CALLS] = {
    "rmdir",     "unlink",      "mkdir",    "mknod",    "symlink",
    "link to",   "link",        "link -L",  "rename",   "rename to",
    "noreplace", "rename both", "open",     "nofollow", "directory",
    "creat",     "excl",        "trunc",    "path",     "tmpfile",
    "stat",      "lstat",       "statfs",   "access",   "readlink",
    "chdir",     "exec",        "truncate", "lchown",   "connect",
    "at empty",  "new in it"};

static long make_call(int which, const char *path) {
  char inside[128];
  struct stat st;
  struct statfs fs;
  switch (which) {
  case 0:
    return rmdir(path);
  case 1:
    return unlink(path);
  case 2:
    return mkdir(path, 0755);
  case 3:
    return mknod(path, S_IFREG | 0644, 0);
  case 4:
    return symlink("x", path);
  case 5:
    return link("file", path);
  case 6:
    return link(path, "file");
  case 7:
    return linkat(AT_FDCWD, path, AT_FDCWD, "file", AT_SYMLINK_FOLLOW);
  case 8:
    return rename(path, "new");
  case 9:
    return rename("other", path);
  case 10:
    return renameat2(AT_FDCWD, "other", AT_FDCWD, path, RENAME_NOREPLACE);
  case 11:
    return rename(path, path);
  case 12:
    return do_open(path, O_RDONLY);
  case 13:
    return do_open(path, O_RDONLY | O_NOFOLLOW);
  case 14:
    return do_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  case 15:
    return do_open(path, O_RDONLY | O_CREAT);
  case 16:
    return do_open(path, O_RDONLY | O_CREAT | O_EXCL);
  case 17:
    return do_open(path, O_RDWR | O_TRUNC | O_NOFOLLOW);
  case 18:
    return do_open(path, O_PATH | O_NOFOLLOW);
  case 19:
    return do_open(path, O_WRONLY | O_TMPFILE);
  case 20:
    return stat(path, &st);
  case 21:
    return lstat(path, &st);
  case 22:
    return statfs(path, &fs);
  case 23:
    return access(path, F_OK);
  case 24:
    return do_readlink(path);
  case 25:
    return do_chdir(path);
  case 26:
    return do_exec(path);
  case 27:
    return truncate(path, -1);
  case 28:
    return lchown(path, (uid_t)-1, (gid_t)-1);
  case 29:
    return do_connect(path);
  case 30:
    return fstatat(AT_FDCWD, path, &st, AT_EMPTY_PATH);
  default:
    snprintf(inside, sizeof(inside), "%s/no/new", path);
    return mkdir(inside, 0755);
  }
}

/*
 * What /proc itself allows differs: Linux says EPERM to rmdir of a link there,
 * EXDEV to rename, and lets its owner be set; files without a name may not be
 * made everywhere.
 */
static bool is_own_affair(const char *path, const char *call) {
  static const char *const calls[] = {"rmdir", "rename", "rename both",
                                      "tmpfile", "lchown"};
  if (strncmp(path, "/proc", 5) != 0)
    return false;
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
    if (strcmp(call, calls[i]) == 0)
      return true;
  return false;
}

static bool is_outside(const char *path) {
  return strncmp(path, "/proc/self/root/", 16) == 0 && strchr("x.", path[16]);
}

/* A directory of its own for each call that may change what is there. */
static void enter_world(const char *place) {
  static unsigned int count;
  char name[16];
  snprintf(name, sizeof(name), "%u", count++);
  CHECK(chdir(dir) == 0 && mkdir(name, 0755) == 0 && chdir(name) == 0);
  CHECK(mkdir("sub", 0755) == 0);
  CHECK(mknod("file", S_IFREG | 0644, 0) == 0);
  CHECK(mknod("other", S_IFREG | 0644, 0) == 0);
  if (strncmp(place, "to-", 3) == 0)
    CHECK(symlink(strcmp(place, "to-slash") == 0  ? "sub/"
                  : strcmp(place, "to-self") == 0 ? "to-self"
                                                  : place + 3,
                  place) == 0);
}

static void one_path(const char *place, const char *path) {
  printf("%s:", path);
  for (int which = 0; which < N_CALLS; which++) {
    if (which < N_CHANGING)
      enter_world(place);
    errno = 0;
    long result = make_call(which, path);
    printf(" %s=%s", call_name[which],
           is_own_affair(path, call_name[which]) ? "-"
           : result < 0                          ? strerrorname_np(errno)
                                                 : "0");
  }
  printf("\n");
  fflush(stdout);
}

static void one_place(const char *place) {
  static const char *const ends[] = {"", "/", "/.", "/..", "/x"};
  for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
    char path[128];
    snprintf(path, sizeof(path), "%s%s", place, ends[i]);
    if (!is_outside(path)) /* on Linux they would do something */
      one_path(place, path);
  }
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *at) {
  (void)st, (void)type, (void)at;
  return remove(path);
}

/* 100 a pipe, 101 a file, 102 a removed directory, 103 a link, 104 a name. */
static void open_some(void) {
  int ends[2];
  enter_world("to-sub");
  CHECK(pipe(ends) == 0 && dup2(ends[0], 100) == 100);
  CHECK(dup2(open("file", O_RDONLY), 101) == 101);
  CHECK(mkdir("gone", 0755) == 0);
  CHECK(dup2(open("gone", O_RDONLY), 102) == 102 && rmdir("gone") == 0);
  CHECK(dup2(open("to-sub", O_PATH | O_NOFOLLOW), 103) == 103);
  CHECK(dup2(open("sub", O_PATH), 104) == 104);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1)
    return 0; /* the program that do_exec() ran */
  if (!mkdtemp(dir)) {
    perror("mkdtemp");
    return 1;
  }
  open_some();
  static const char *const places[] = {"/proc/self/cwd",
                                       "/proc/self/root",
                                       "/proc/self/exe",
                                       "/proc/self/fd/100",
                                       "/proc/self/fd/101",
                                       "/proc/self/fd/102",
                                       "/proc/self/fd/103",
                                       "/proc/self/fd/104",
                                       "to-sub",
                                       "to-none",
                                       "to-file",
                                       "to-slash",
                                       "to-self",
                                       "sub",
                                       "file"};
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
    one_place(places[i]);
  /* Of these the kernel of Linux decides more; here: no more than an errno. */
  for (int which = 0; which < N_CALLS; which++) {
    enter_world("");
    CHECK(make_call(which, "/proc/self/fd/999/") == -1);
  }
  CHECK(chdir("/") == 0 &&
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
  return failures != 0;
}
