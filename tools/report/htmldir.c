// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * htmldir.c - a folder is replaced whole
 *
 * What is there is looked at first: a folder that holds anything but files of a
 * report is nobody's to delete. Whoever opens the report meanwhile sees the old
 * one or the new one: they change places.
 */
#include "report/htmldir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tool.h"

/* Directories of a report, the innermost first; "" is the report itself. */
static const char *const directories[] = {"data/f", "data/t", "data", ""};
#define N_DIRECTORIES (sizeof(directories) / sizeof(directories[0]))

/* Files of "" and of data; those of the others are NUMBER.js. */
static const char *const files[] = {"index.html", "report.css", "report.js",
                                    HTML_MARKER,  "index.js",   "functions.js",
                                    "tests.js"};
#define N_FILES (sizeof(files) / sizeof(files[0]))

static bool is_numbered(const char *name) {
  size_t digits = strspn(name, "0123456789");
  return digits && strcmp(name + digits, ".js") == 0;
}

static bool is_ours(const char *directory, const char *name) {
  if (strlen(directory) > 4) /* below data */
    return is_numbered(name);
  for (size_t i = 0; i < N_FILES; i++)
    if (strcmp(name, files[i]) == 0)
      return true;
  return strcmp(name, *directory ? "f" : "data") == 0 ||
         (*directory && strcmp(name, "t") == 0);
}

/* Calls @use for each name in each directory of a report, while it is true. */
static bool walk(const char *root,
                 bool (*use)(const char *directory, const char *name,
                             const char *path)) {
  bool ok = true;
  for (size_t i = 0; ok && i < N_DIRECTORIES; i++) {
    char *path = xasprintf("%s/%s", root, directories[i]);
    DIR *d = opendir(path);
    for (struct dirent *e; ok && d && (e = readdir(d)) != NULL;) {
      if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
        continue;
      char *entry = xasprintf("%s/%s", path, e->d_name);
      ok = use(directories[i], e->d_name, entry);
      free(entry);
    }
    if (d)
      closedir(d);
    free(path);
  }
  return ok;
}

static bool check_entry(const char *directory, const char *name,
                        const char *path) {
  return is_ours(directory, name) ||
         fail(path, "is not of a report: move it away, or choose another "
                    "directory");
}

static bool remove_file(const char *directory, const char *name,
                        const char *path) {
  if (is_ours(directory, name))
    unlink(path); /* a directory stays, and goes when it is empty */
  return true;
}

static void remove_report(const char *root) {
  walk(root, remove_file);
  for (size_t i = 0; i < N_DIRECTORIES; i++) {
    char *path = xasprintf("%s/%s", root, directories[i]);
    rmdir(path);
    free(path);
  }
}

static bool is_empty(const char *path) {
  DIR *d = opendir(path);
  size_t n = 0;
  while (d && readdir(d) && n < 3) /* . and .. */
    n++;
  if (d)
    closedir(d);
  return d && n < 3;
}

/* Whether what is at @path may go. */
static bool check_target(const char *path) {
  struct stat st;
  if (stat(path, &st) < 0)
    return fail(path, "%s", strerror(errno));
  if (!S_ISDIR(st.st_mode))
    return fail(path, "%s", strerror(ENOTDIR));
  if (is_empty(path))
    return true;
  char *marker = xasprintf("%s/" HTML_MARKER, path);
  bool report = access(marker, F_OK) == 0;
  free(marker);
  if (!report)
    return fail(path, "is neither new, nor empty, nor a report of kcov8: "
                      "choose another directory");
  return walk(path, check_entry);
}

/* "DIR/.NAME.XXXXXX" */
static char *name_aside(const char *target) {
  const char *slash = strrchr(target, '/');
  int len = slash ? (int)(slash - target) + 1 : 0;
  return xasprintf("%.*s.%s.XXXXXX", len, target, target + len);
}

static void make_parents(const char *path) {
  for (const char *p = path; (p = strchr(p + 1, '/')) != NULL;) {
    char *parent = xstrndup(path, (size_t)(p - path));
    mkdir(parent, 0777); /* what fails here fails again, with a message */
    free(parent);
  }
}

bool html_dir_open(struct html_dir *dir, const char *path) {
  struct stat st;
  *dir = (struct html_dir){.replaces = lstat(path, &st) == 0};
  dir->target =
      dir->replaces ? realpath(path, NULL) : xstrndup(path, strlen(path));
  if (!dir->target)
    return fail(path, "%s", strerror(errno));
  for (size_t len = strlen(dir->target);
       len > 1 && dir->target[len - 1] == '/';)
    dir->target[--len] = 0;
  if (dir->replaces && !check_target(dir->target))
    return false;
  make_parents(dir->target);
  char *aside = name_aside(dir->target);
  if (!mkdtemp(aside)) {
    fail(path, "cannot make a directory beside it: %s", strerror(errno));
    free(aside);
    return false;
  }
  dir->aside = aside;
  mode_t mask = umask(0);
  umask(mask);
  bool ok = chmod(aside, 0777 & ~mask) == 0;
  for (size_t i = N_DIRECTORIES - 1; ok && i-- > 0;) {
    char *sub = xasprintf("%s/%s", aside, directories[i]);
    ok = mkdir(sub, 0777) == 0;
    free(sub);
  }
  return ok || fail(path, "%s", strerror(errno));
}

FILE *html_dir_create(const struct html_dir *dir, const char *name) {
  char *path = xasprintf("%s/%s", dir->aside, name);
  FILE *f = fopen(path, "we");
  if (!f)
    fail(path, "%s", strerror(errno));
  free(path);
  return f;
}

bool html_dir_finish(const struct html_dir *dir, FILE *f, const char *name) {
  errno = 0;
  bool ok = fflush(f) == 0 && !ferror(f);
  ok = fclose(f) == 0 && ok;
  if (ok)
    return true;
  char *path = xasprintf("%s/%s", dir->aside, name);
  fail(path, "%s", errno ? strerror(errno) : "write error");
  free(path);
  return false;
}

/* Where file systems cannot exchange, there is a moment without a report. */
static bool put_in_place(struct html_dir *dir) {
  if (rename(dir->aside, dir->target) == 0)
    return true;
  if (!dir->replaces)
    return false;
  if (renameat2(AT_FDCWD, dir->aside, AT_FDCWD, dir->target, RENAME_EXCHANGE) ==
      0)
    return true; /* what is aside now is the old one */
  char *old = xasprintf("%s.old", dir->aside);
  bool ok = rename(dir->target, old) == 0;
  if (ok && rename(dir->aside, dir->target) < 0) {
    int error = errno;
    ok = false;
    rename(old, dir->target);
    errno = error;
  } else if (ok) {
    remove_report(old);
  }
  free(old);
  return ok;
}

bool html_dir_close(struct html_dir *dir, bool ok) {
  if (ok && !put_in_place(dir))
    ok = fail(dir->target, "%s", strerror(errno));
  if (dir->aside)
    remove_report(dir->aside);
  free(dir->target);
  free(dir->aside);
  return ok;
}
