// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * spool.c - who has an entry, and what it says
 *
 * U.json appears locked, under that name for the first time or for the second,
 * and its owner keeps the lock until the test has ended. So a file that is not
 * locked, and still has its name, has no owner any more.
 */
#include "index/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tool.h"
#include "index/sql.h"

enum { MAX_ENTRY = 1 << 20 }; /* bytes of JSON */

/* ---- Names --------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_list(struct names *names, const char *dir, const char *end) {
  DIR *d = opendir(dir);
  struct dirent *e;
  *names = (struct names){0};
  while (d && (e = readdir(d))) {
    size_t n = strlen(e->d_name), m = strlen(end);
    if (e->d_name[0] == '.' || n <= m || strcmp(e->d_name + n - m, end) != 0)
      continue;
    names->names =
        vec_push(names->names, &names->n, &names->cap, sizeof(*names->names));
    names->names[names->n - 1] = xstrndup(e->d_name, n - m);
  }
  if (d)
    closedir(d);
  if (names->n)
    qsort(names->names, names->n, sizeof(*names->names), compare_names);
}

void names_free(struct names *names) {
  for (size_t i = 0; i < names->n; i++)
    free(names->names[i]);
  free(names->names);
  *names = (struct names){0};
}

/* ---- An entry ------------------------------------------------------------ */

/* False if it is none. */
static bool parse(struct index *ix, struct spool_entry *e, const char *json) {
  static const char fields[] =
      "SELECT json_extract(j, '$.name'), json_extract(j, '$.outcome'),"
      " ifnull(json_extract(j, '$.seconds'), -1), json_extract(j, '$.began'),"
      " json_extract(j, '$.uid') FROM (SELECT ? AS j)"
      " WHERE CASE WHEN json_valid(j) THEN json_type(j, '$.name') = 'text'"
      " AND json_type(j, '$.began') = 'integer'"
      " AND json_type(j, '$.uid') = 'integer'"
      " AND ifnull(json_type(j, '$.outcome'), 'null') IN ('text', 'null')"
      " AND ifnull(json_type(j, '$.seconds'), 'null')"
      " IN ('integer', 'real', 'null') END";
  bool found = false;
  struct rows rows = sql_query(ix, fields, "t", json);
  while (sql_next(&rows)) {
    const char *name = sql_text(&rows, 0), *outcome = sql_text(&rows, 1);
    e->name = printable(xstrndup(name, strlen(name)));
    if (!sql_is_null(&rows, 1))
      e->outcome = printable(xstrndup(outcome, strlen(outcome)));
    e->seconds = sql_real(&rows, 2);
    e->began = sql_int(&rows, 3);
    e->uid = sql_int(&rows, 4);
    found = true;
  }
  return sql_end(&rows) && found;
}

static char *read_json(int fd) {
  char *text = xcalloc(MAX_ENTRY, 1);
  size_t n = 0;
  for (ssize_t got; n < MAX_ENTRY - 1; n += (size_t)got)
    if ((got = pread(fd, text + n, MAX_ENTRY - 1 - n, (off_t)n)) <= 0)
      break;
  return xrealloc(text, n + 1, 1);
}

/* Network file systems lock only what may be written. */
static int open_json(const char *path) {
  const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int fd = open(path, O_RDWR | flags);
  return fd < 0 && (errno == EACCES || errno == EROFS)
             ? open(path, O_RDONLY | flags)
             : fd;
}

/* Whether @path still is the open file @fd. */
static bool has_name(int fd, const char *path) {
  struct stat st, at;
  return fstat(fd, &st) == 0 && stat(path, &at) == 0 &&
         st.st_dev == at.st_dev && st.st_ino == at.st_ino;
}

static enum entry_state put_aside(const struct spool_entry *e,
                                  const char *json) {
  char *bad = xasprintf("%s.bad", e->path);
  if (rename(json, bad) == 0)
    warn(bad, "not a result of a test, and so not in the index");
  else
    warn(json, "not a result of a test: %s", strerror(errno));
  free(bad);
  return ENTRY_BAD;
}

static bool look(struct index *ix, struct spool_entry *e, int fd) {
  char *text = read_json(fd);
  free(e->name);
  free(e->outcome);
  e->name = e->outcome = NULL;
  bool good = parse(ix, e, text);
  free(text);
  return good;
}

/*
 * Its owner writes the outcome over it, so without the lock it may be torn.
 * ENTRY_RUNNING also if it has been replaced meanwhile: look again.
 */
static enum entry_state judge(struct index *ix, struct spool_entry *e, int fd,
                              const char *json, bool *again) {
  *again = false;
  if (look(ix, e, fd) && e->outcome)
    return ENTRY_ENDED;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0)
    return ENTRY_RUNNING;
  *again = !has_name(fd, json);
  if (*again)
    return ENTRY_RUNNING;
  if (!look(ix, e, fd))
    return put_aside(e, json);
  if (!e->outcome)
    e->outcome = xstrndup("KILLED", 6);
  return ENTRY_ENDED;
}

enum entry_state entry_open(struct index *ix, struct spool_entry *e,
                            const char *dir, const char *u) {
  enum entry_state state = ENTRY_RUNNING;
  bool again = true;
  *e = (struct spool_entry){.path = xasprintf("%s/%s", dir, u)};
  char *json = xasprintf("%s.json", e->path);
  while (again) {
    int fd = open_json(json);
    if (fd < 0) {
      state = errno == ENOENT ? ENTRY_GONE : ENTRY_FAILED;
      if (state == ENTRY_FAILED)
        warn(json, "%s", strerror(errno));
      break;
    }
    state = judge(ix, e, fd, json, &again);
    close(fd);
  }
  free(json);
  return state;
}

void entry_close(struct spool_entry *e) {
  free(e->path);
  free(e->name);
  free(e->outcome);
  *e = (struct spool_entry){0};
}

static bool is_a(const char *path, mode_t type) {
  struct stat st;
  return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static bool read_dump(struct results *results, const char *path) {
  bool regular = is_a(path, S_IFREG) || fail(path, "not a regular file");
  FILE *f = regular ? dumpfile_open(path) : NULL;
  bool ok = f && results_read(results, f, path) == DUMP_READ;
  if (f)
    fclose(f);
  return ok;
}

bool entry_results(const struct spool_entry *e, struct results *results) {
  struct names dumps;
  struct stat st;
  char *all = xasprintf("%s.dump", e->path);
  bool ok = lstat(all, &st) < 0 || read_dump(results, all);
  free(all);
  names_list(&dumps, e->path, ".dump");
  for (size_t i = 0; i < dumps.n; i++) {
    char *path = xasprintf("%s/%s.dump", e->path, dumps.names[i]);
    ok &= read_dump(results, path);
    free(path);
  }
  names_free(&dumps);
  return ok;
}

/* What cannot be removed stays, and is found again by who gathers next. */
void entry_remove_dumps(const char *path) {
  struct names files;
  char *all = xasprintf("%s.dump", path);
  unlink(all);
  free(all);
  if (!is_a(path, S_IFDIR)) { /* what a link leads to is not ours */
    unlink(path);
    return;
  }
  names_list(&files, path, "");
  for (size_t i = 0; i < files.n; i++) {
    char *file = xasprintf("%s/%s", path, files.names[i]);
    unlink(file);
    free(file);
  }
  rmdir(path);
  names_free(&files);
}

void entry_remove(const char *path) {
  char *json = xasprintf("%s.json", path), *tmp = xasprintf("%s.tmp", path);
  entry_remove_dumps(path);
  unlink(tmp);
  unlink(json);
  free(json);
  free(tmp);
}
