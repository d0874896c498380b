// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * output.c - written aside, then renamed to what the name stands for
 *
 * Aside is a file without a name, where there can be such, so that a kill
 * leaves nothing. What is no regular file, and an open file under its name in
 * /dev/fd, is written to as it is; a regular one, too, if its directory is
 * closed. The runtime does the same (runtime/hosted/outfile.c).
 */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/tool.h"

enum { MAX_LINKS = 40 }; /* as many as Linux follows */

/* The mode the file would have had if it had been opened for writing. */
static void set_mode(int fd, const struct stat *old) {
  mode_t mask = umask(0);
  umask(mask);
  /* A file with the wrong mode is still the report that was asked for. */
  if (fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask) < 0)
    return;
}

static char *directory_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash)
    return xstrndup(".", 1);
  return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Links in /proc lead to what no name leads to. */
static bool in_proc(const char *path) {
  struct statfs fs;
  char *dir = directory_of(path);
  bool yes = statfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
  free(dir);
  return yes;
}

/* What the symbolic link @path stands for, there or not; @path if it is none.
 */
static char *resolve(const char *path) {
  char *name = xstrndup(path, strlen(path)), to[PATH_MAX];
  struct stat st;
  for (int i = 0; i < MAX_LINKS && lstat(name, &st) == 0 &&
                  S_ISLNK(st.st_mode) && !in_proc(name);
       i++) {
    ssize_t len = readlink(name, to, sizeof(to));
    char *dir = directory_of(name);
    char *next = len > 0 && to[0] == '/'
                     ? xstrndup(to, (size_t)len)
                     : xasprintf("%s/%.*s", dir, len < 0 ? 0 : (int)len, to);
    free(dir);
    free(name);
    name = next;
  }
  return name;
}

/* An open file of this process (/dev/fd/N, /dev/stdout), at its offset. */
static int open_magic(const char *path) {
  char *dir = directory_of(path), *end;
  const char *slash = strrchr(path, '/');
  struct stat of_path, ours;
  long fd = strtol(slash ? slash + 1 : path, &end, 10);
  bool own = !*end && fd >= 0 && fd <= INT_MAX && stat(dir, &of_path) == 0 &&
             stat("/proc/self/fd", &ours) == 0 &&
             of_path.st_dev == ours.st_dev && of_path.st_ino == ours.st_ino;
  free(dir);
  return own ? fcntl((int)fd, F_DUPFD_CLOEXEC, 0)
             : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

static int open_aside(struct output *out) {
  char *dir = directory_of(out->target);
  int fd = access("/proc/self/fd", X_OK) == 0
               ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
               : -1;
  free(dir);
  if (fd >= 0)
    return fd;
  out->temporary = xasprintf("%s.XXXXXX", out->target);
  fd = mkostemp(out->temporary, O_CLOEXEC);
  if (fd < 0) {
    free(out->temporary);
    out->temporary = NULL;
  }
  return fd;
}

static int open_target(struct output *out, const char *path) {
  char *target = resolve(path);
  struct stat st, link;
  bool exists = stat(target, &st) == 0;
  int fd;
  if (lstat(target, &link) == 0 && S_ISLNK(link.st_mode)) {
    if (!in_proc(target)) {
      free(target);
      errno = ELOOP;
      return -1;
    }
    fd = open_magic(target);
  } else if (exists && !S_ISREG(st.st_mode)) { /* a pipe or a device */
    fd = open(target, O_WRONLY | O_CLOEXEC);
  } else if (exists && faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) < 0) {
    fd = -1; /* who took away the right to write wants to keep it */
  } else {
    out->target = target;
    fd = open_aside(out);
    if (fd >= 0) {
      set_mode(fd, exists ? &st : NULL);
      return fd;
    }
    out->target = NULL;
    if (exists)
      fd = open(target, O_WRONLY | O_TRUNC | O_CLOEXEC);
  }
  int err = errno;
  free(target);
  errno = err;
  return fd;
}

bool output_open(struct output *out, const char *path) {
  *out = (struct output){.f = stdout, .name = "stdout"};
  if (!path || strcmp(path, "-") == 0)
    return true;
  out->name = path;
  int fd = open_target(out, path);
  out->f = fd < 0 ? NULL : fdopen(fd, "w");
  return out->f || fail(path, "%s", strerror(errno));
}

/* A name for a file that has none; false with errno. */
static bool give_name(struct output *out) {
  char *fd = xasprintf("/proc/self/fd/%d", fileno(out->f));
  bool linked = false;
  for (int i = 0; i < 100 && !linked; i++) {
    char *name = xasprintf("%s.%ld-%d", out->target, (long)getpid(), i);
    linked = linkat(AT_FDCWD, fd, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
    if (linked)
      out->temporary = name;
    else
      free(name);
    if (!linked && errno != EEXIST)
      break;
  }
  free(fd);
  return linked;
}

bool output_close(struct output *out, bool ok) {
  errno = 0;
  bool written = fflush(out->f) == 0 && !ferror(out->f);
  if (ok && written && out->target && !out->temporary)
    written = give_name(out);
  if (out->f != stdout)
    written = fclose(out->f) == 0 && written;
  if (ok && !written)
    ok = fail(out->name, "%s", errno ? strerror(errno) : "write error");
  if (ok && out->target && rename(out->temporary, out->target) < 0)
    ok = fail(out->name, "%s", strerror(errno));
  if (!ok && out->temporary)
    unlink(out->temporary);
  free(out->target);
  free(out->temporary);
  return ok;
}

bool output_wants_color(const struct output *out) {
  const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
  return isatty(fileno(out->f)) && (!no || !*no) && term &&
         strcmp(term, "dumb") != 0;
}
