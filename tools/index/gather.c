// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* gather.c - some entries in a transaction; they are removed behind it */
#include "index/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"
#include "base/tool.h"
#include "index/spool.h"
#include "index/tests.h"

/* So many entries in a transaction: other writers wait that long. */
enum { BATCH = 128, STALE_S = 60 };

/**
 * struct gathering - one index_gather()
 * @batch: entries that are to be taken
 */
struct gathering {
  struct index *ix;
  const char *dir;
  struct gathered *out;
  struct spool_entry batch[BATCH];
  size_t n;
};

static bool put_entry(struct gathering *g, const struct spool_entry *e) {
  struct results results = {0};
  g->out->complete &= entry_results(e, &results);
  bool ok = test_put_results(g->ix,
                             &(struct test_run){.name = e->name,
                                                .outcome = e->outcome,
                                                .seconds = e->seconds,
                                                .began = e->began,
                                                .uid = e->uid},
                             &results, &g->out->complete);
  results_free(&results);
  return ok;
}

static bool put_batch(struct gathering *g) {
  bool ok = !g->n || index_begin(g->ix);
  for (size_t i = 0; ok && i < g->n; i++)
    ok = put_entry(g, &g->batch[i]);
  if (ok && g->n)
    ok = index_commit(g->ix);
  if (!ok)
    index_rollback(g->ix);
  for (size_t i = 0; i < g->n; i++) {
    if (ok)
      entry_remove(g->batch[i].path);
    entry_close(&g->batch[i]);
  }
  g->out->n_tests += ok ? g->n : 0;
  g->n = 0;
  return ok;
}

static bool put_all(struct gathering *g, const struct names *entries) {
  struct progress progress;
  bool ok = true;
  progress_begin(&progress, "gathering results", entries->n);
  for (size_t i = 0; ok && i < entries->n; i++) {
    struct spool_entry *e = &g->batch[g->n];
    enum entry_state state = entry_open(g->ix, e, g->dir, entries->names[i]);
    if (state == ENTRY_ENDED)
      g->n++;
    else
      entry_close(e);
    g->out->n_running += state == ENTRY_RUNNING;
    g->out->complete &= state != ENTRY_BAD && state != ENTRY_FAILED;
    if (g->n == BATCH)
      ok = put_batch(g);
    progress_at(&progress, i);
  }
  progress_end(&progress);
  return ok && put_batch(g);
}

/*
 * Dumps whose entry is gone. It is there before any process writes, so a
 * process wrote after its test had ended.
 * @end: of names: ".dump", or "" for directories
 */
static size_t drop_those(const char *dir, const char *end) {
  struct names names;
  size_t n = 0;
  names_list(&names, dir, end);
  for (size_t i = 0; i < names.n; i++) {
    char *path = xasprintf("%s/%s", dir, names.names[i]);
    char *json = xasprintf("%s.json", path), *bad = xasprintf("%s.bad", path);
    struct stat st;
    if ((*end || (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))) &&
        access(json, F_OK) < 0 && access(bad, F_OK) < 0) {
      struct names dumps;
      names_list(&dumps, path, ".dump");
      n += dumps.n + (*end != 0);
      names_free(&dumps);
      entry_remove_dumps(path);
    }
    free(path);
    free(json);
    free(bad);
  }
  names_free(&names);
  return n;
}

static void drop_late(struct gathering *g) {
  size_t n = drop_those(g->dir, ".dump") + drop_those(g->dir, "");
  if (n)
    warn(g->dir,
         n == 1 ? "%zu dump came after the end of its test: left out"
                : "%zu dumps came after the end of their tests: left out",
         n);
}

/* Of owners that died before their entry had its name, some time ago. */
static void drop_aside(const char *dir) {
  struct names asides;
  names_list(&asides, dir, ".tmp");
  for (size_t i = 0; i < asides.n; i++) {
    char *path = xasprintf("%s/%s.tmp", dir, asides.names[i]);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0 && time(NULL) - st.st_mtime > STALE_S &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
      unlink(path);
    if (fd >= 0)
      close(fd);
    free(path);
  }
  names_free(&asides);
}

/* False: another process gathers, and shall. */
static bool lock(int fd, bool wait) {
  int r;
  do
    r = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
  while (r < 0 && errno == EINTR);
  return r == 0 || errno != EWOULDBLOCK;
}

static bool gather(struct index *ix, const char *dir, struct gathered *out) {
  struct gathering *g = xcalloc(1, sizeof(*g));
  struct names entries;
  *g = (struct gathering){.ix = ix, .dir = dir, .out = out};
  names_list(&entries, dir, ".json");
  bool ok = put_all(g, &entries);
  if (ok) {
    drop_late(g);
    drop_aside(dir);
  }
  names_free(&entries);
  free(g);
  return ok;
}

bool index_gather(struct index *ix, bool wait, struct gathered *out) {
  char *dir = xasprintf("%s.new", ix->path);
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool ok = true;
  *out = (struct gathered){.complete = fd >= 0 || errno == ENOENT};
  if (!out->complete)
    warn(dir, "%s", strerror(errno));
  if (fd >= 0 && lock(fd, wait)) {
    ok = gather(ix, dir, out);
    rmdir(dir); /* if it is empty */
  }
  if (fd >= 0)
    close(fd);
  free(dir);
  return ok;
}

bool index_open_gathered(struct index *ix, const char *path,
                         struct gathered *out) {
  char *dir = xasprintf("%s.new", path);
  struct names entries;
  names_list(&entries, dir, ".json");
  /* Another gatherer may have removed the directory by now. */
  bool waiting = entries.n != 0,
       can = (access(dir, R_OK | W_OK | X_OK) == 0 || errno == ENOENT) &&
             (access(path, W_OK) == 0 || errno == ENOENT);
  *out = (struct gathered){.complete = !waiting || can};
  if (!out->complete)
    warn(dir, "cannot be written: the results there are left out");
  names_free(&entries);
  free(dir);
  return index_open(ix, path, waiting && can ? INDEX_WRITE : INDEX_READ) &&
         (!waiting || !can || index_gather(ix, true, out));
}
