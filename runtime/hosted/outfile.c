/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * outfile.c - where a dump goes
 *
 * Directories that are not there are made. A regular file is written aside and
 * appears when it is whole. Aside is a file without a name (O_TMPFILE), so that
 * a kill leaves nothing behind, or, where the file system or a missing /proc
 * does not allow that, one with a random name: process IDs are not unique among
 * containers. If the directory lets
 * nobody make files, or nobody replace this one (a file mounted by itself), it
 * is written in place.
 *
 * What is not regular (pipes, devices, terminals) is written to as it is. So is
 * an open file of this process that has a name in /dev/fd or /dev/stdout: at
 * its offset, as the program itself would.
 *
 * Appending locks the file meanwhile. A kill may leave a part of a dump there,
 * which readers skip.
 *
 * Called where a signal may have come at any moment: no heap, no stdio.
 */
#define _GNU_SOURCE
#include "hosted/hosted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

enum { MAX_LINKS = 40 }; /* as many as Linux follows */

/* ---- Names --------------------------------------------------------------- */

/* Of @name, without its last part; "." if it has no other. */
static void directory_of(char *dir, const char *name) {
  const char *const slash = strrchr(name, '/');
  const size_t len = slash ? (size_t)(slash - name) : 0;
  memcpy(dir, name, len);
  dir[len] = 0;
  if (!len)
    kcov8i_copy_name(dir, slash ? "/" : ".");
}

/* Links in /proc lead to what no name leads to. */
static bool in_proc(const char *name) {
  char dir[PATH_MAX];
  struct statfs fs;
  directory_of(dir, name);
  return statfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* The file that the symbolic link @name stands for, which need not exist. */
static int resolve(char *name) {
  char to[PATH_MAX], all[2 * PATH_MAX];
  struct stat st;
  for (int i = 0; lstat(name, &st) == 0 && S_ISLNK(st.st_mode); i++) {
    if (i == MAX_LINKS)
      return ELOOP;
    if (in_proc(name))
      return 0;
    const ssize_t n = readlink(name, to, sizeof(to) - 1);
    if (n < 0)
      return errno;
    to[n] = 0;
    const char *const slash = strrchr(name, '/');
    const int ahead = *to != '/' && slash ? (int)(slash + 1 - name) : 0;
    snprintf(all, sizeof(all), "%.*s%s", ahead, name, to);
    if (strlen(all) >= PATH_MAX)
      return ENAMETOOLONG;
    kcov8i_copy_name(name, all);
  }
  return 0;
}

/* Of /dev/fd/N, which of our files it is; -1: of another process, or no such.
 */
static int own_fd(const char *name) {
  char dir[PATH_MAX], *end;
  struct stat of_name, ours;
  directory_of(dir, name);
  const char *const number = strrchr(name, '/') + 1;
  const long n = strtol(number, &end, 10);
  if (!*number || *end || n < 0 || n > INT_MAX || stat(dir, &of_name) ||
      stat("/proc/self/fd", &ours) || of_name.st_dev != ours.st_dev ||
      of_name.st_ino != ours.st_ino)
    return -1;
  return (int)n;
}

/* ---- Opening ------------------------------------------------------------- */

static int copy(int from, int to) {
  char buffer[4096];
  ssize_t n;
  while ((n = read(from, buffer, sizeof(buffer))) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    for (ssize_t at = 0, done; at < n; at += done) {
      done = write(to, buffer + at, (size_t)(n - at));
      if (done < 0 && errno == EINTR)
        done = 0;
      if (done < 0)
        return errno;
    }
    if (n < 0)
      return errno;
  }
  return 0;
}

static int copy_from(const char *name, int to) {
  const int from = open(name, O_RDONLY | O_CLOEXEC);
  const int err = from < 0 ? errno : copy(from, to);
  if (from >= 0)
    close(from);
  return err;
}

/* A name in the directory of @name that nobody has. */
static void make_temporary(char *temporary, const char *name) {
  char dir[PATH_MAX];
  uint32_t random = 0;
  directory_of(dir, name);
  if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
    random = (uint32_t)(uintptr_t)&random ^ (uint32_t)getpid();
  if (snprintf(temporary, PATH_MAX, "%s/.kcov8-%08x", dir, random) >= PATH_MAX)
    temporary[0] = 0;
}

/* Those directories of @name that are not there. */
static void make_directories(const char *name) {
  char dir[PATH_MAX];
  directory_of(dir, name);
  for (char *p = dir + 1; *p; p++)
    if (*p == '/') {
      *p = 0;
      mkdir(dir, 0777);
      *p = '/';
    }
  mkdir(dir, 0777); /* what fails shows when the file is made */
}

static int open_aside(struct kcov8i_out *out) {
  char dir[PATH_MAX];
  directory_of(dir, out->name);
  out->temporary[0] = 0;
  out->fd = access("/proc/self/fd", X_OK)
                ? -1
                : open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  for (int i = 0; out->fd < 0 && i < 100; i++) {
    make_temporary(out->temporary, out->name);
    out->fd = open(out->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (out->fd < 0 && errno != EEXIST)
      return errno;
  }
  out->aside = true;
  return out->fd < 0 ? EEXIST : 0;
}

static int open_in_place(struct kcov8i_out *out, int flags) {
  out->fd = open(out->name, O_WRONLY | O_NOCTTY | O_CLOEXEC | flags);
  return out->fd < 0 ? errno : 0;
}

static int open_regular(struct kcov8i_out *out, const struct stat *old,
                        bool carry) {
  /* Who took away the right to write wants to keep it. */
  if (old && faccessat(AT_FDCWD, out->name, W_OK, AT_EACCESS))
    return errno;
  int err = open_aside(out);
  if (err == ENOENT) {
    make_directories(out->name);
    err = open_aside(out);
  }
  if (err && old)
    return open_in_place(out, carry ? O_APPEND : O_TRUNC);
  if (err || !old)
    return err;
  /* A file with the wrong mode is still what was asked for. */
  (void)!fchmod(out->fd, old->st_mode & 0777);
  return carry ? copy_from(out->name, out->fd) : 0;
}

static int open_out(struct kcov8i_out *out, bool carry) {
  struct stat st;
  const int err = resolve(out->name);
  if (err)
    return err;
  if (lstat(out->name, &st) == 0 && S_ISLNK(st.st_mode)) {
    const int fd = own_fd(out->name);
    if (fd < 0)
      return open_in_place(out, O_APPEND);
    out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return out->fd < 0 ? errno : 0;
  }
  const bool exists = stat(out->name, &st) == 0;
  if (exists && !S_ISREG(st.st_mode))
    return open_in_place(out, 0);
  return open_regular(out, exists ? &st : NULL, carry);
}

static void begin(struct kcov8i_out *out, const char *name) {
  out->fd = -1;
  out->err = 0;
  out->start = -1;
  out->n = 0;
  out->aside = false;
  out->temporary[0] = 0;
  kcov8i_copy_name(out->name, name);
}

int kcov8i_out_open(struct kcov8i_out *out, const char *name, bool carry) {
  begin(out, name);
  out->err = open_out(out, carry);
  return out->err;
}

int kcov8i_out_append(struct kcov8i_out *out, const char *name) {
  const int flags = O_APPEND | O_CREAT | O_WRONLY | O_NOCTTY | O_CLOEXEC;
  struct stat st;
  begin(out, name);
  out->fd = open(name, flags, 0666);
  if (out->fd < 0 && errno == ENOENT) {
    make_directories(name);
    out->fd = open(name, flags, 0666);
  }
  if (out->fd < 0)
    return out->err = errno;
  if (fstat(out->fd, &st) || !S_ISREG(st.st_mode))
    return 0;
  /* Where there are no locks, a dump that fits the buffer is in one piece. */
  while (flock(out->fd, LOCK_EX) && errno == EINTR)
    ;
  out->start = lseek(out->fd, 0, SEEK_END);
  return 0;
}

bool kcov8i_out_take_back(struct kcov8i_out *out) {
  struct stat st;
  if (out->fd < 0 || out->start < 0)
    return false;
  (void)!ftruncate(out->fd, (off_t)out->start);
  if (fstat(out->fd, &st))
    return false;
  /* A bit that means nothing else for a file, and needs no room on a disk. */
  if (!(st.st_mode & S_ISVTX))
    (void)!fchmod(out->fd, (st.st_mode & 0777) | S_ISVTX);
  return st.st_mode & S_ISVTX;
}

/* ---- Writing ------------------------------------------------------------- */

int kcov8i_out_flush(struct kcov8i_out *out) {
  for (size_t at = 0; at < out->n && !out->err;) {
    const ssize_t n = write(out->fd, out->buffer + at, out->n - at);
    if (n >= 0)
      at += (size_t)n;
    else if (errno != EINTR)
      out->err = errno;
  }
  out->n = 0;
  return out->err;
}

void kcov8i_out_bytes(struct kcov8i_out *out, const void *bytes, size_t n) {
  for (const char *p = bytes; n;) {
    const size_t room = sizeof(out->buffer) - out->n;
    const size_t now = n < room ? n : room;
    memcpy(out->buffer + out->n, p, now);
    out->n += now;
    p += now;
    n -= now;
    if (n)
      kcov8i_out_flush(out);
  }
}

/* ---- Becoming visible ---------------------------------------------------- */

/* A name for what has none, or another one. */
static int link_to(const struct kcov8i_out *out, const char *name) {
  char fd[32];
  const char *from = out->temporary;
  if (!*from) {
    snprintf(fd, sizeof(fd), "/proc/self/fd/%d", out->fd);
    from = fd;
  }
  return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? errno : 0;
}

static int publish_new(struct kcov8i_out *out, const char *name) {
  struct stat st;
  const int err = link_to(out, name);
  if (!err || err == EEXIST || !out->temporary[0])
    return err;
  /* No hard links here. */
  if (lstat(name, &st) == 0)
    return EEXIST;
  if (rename(out->temporary, name))
    return errno;
  out->temporary[0] = 0;
  return 0;
}

static int give_name(struct kcov8i_out *out) {
  char name[PATH_MAX];
  int err = EEXIST;
  for (int i = 0; err == EEXIST && i < 100; i++) {
    make_temporary(name, out->name);
    err = link_to(out, name);
  }
  if (!err)
    kcov8i_copy_name(out->temporary, name);
  return err;
}

static int overwrite(struct kcov8i_out *out, const char *name) {
  const int to = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (to < 0)
    return errno;
  int err = lseek(out->fd, 0, SEEK_SET) < 0 ? errno : copy(out->fd, to);
  if (close(to) && !err)
    err = errno;
  return err;
}

int kcov8i_out_publish(struct kcov8i_out *out, const char *name, bool replace) {
  if (!out->aside)
    return 0;
  if (!replace)
    return publish_new(out, name);
  const int err = out->temporary[0] ? 0 : give_name(out);
  if (err)
    return err;
  if (rename(out->temporary, name))
    return errno == EBUSY ? overwrite(out, name) : errno;
  out->temporary[0] = 0;
  return 0;
}

void kcov8i_out_close(struct kcov8i_out *out) {
  if (out->fd >= 0 && out->start >= 0)
    flock(out->fd, LOCK_UN); /* a child may have got the file, too */
  if (out->fd >= 0)
    close(out->fd);
  if (out->temporary[0])
    unlink(out->temporary);
  out->fd = -1;
  out->temporary[0] = 0;
}

bool kcov8i_out_ends_in(const char *name, const char *last, size_t n) {
  char tail[256];
  struct stat st;
  if (!n || n > sizeof(tail) || stat(name, &st) || !S_ISREG(st.st_mode) ||
      st.st_size < (off_t)n)
    return false;
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  const ssize_t got = pread(fd, tail, n, st.st_size - (off_t)n);
  close(fd);
  return got == (ssize_t)n && memcmp(tail, last, n) == 0;
}
