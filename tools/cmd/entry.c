// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* entry.c - a running test among the new results of an index */
#include "cmd/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/tool.h"
#include "index/tests.h"

/* Over what is there, which is shorter: needs no room on a full disk. */
static bool fill(const struct entry *e, const char *outcome, double seconds) {
  char *text = NULL;
  size_t size;
  struct jsonw j = {.f = open_memstream(&text, &size)};
  if (!j.f)
    return false;
  json_object(&j, NULL);
  if (outcome) {
    json_string(&j, "outcome", outcome);
    json_real(&j, "seconds", seconds);
  }
  json_number(&j, "began", (uint64_t)e->began);
  json_number(&j, "uid", (uint64_t)e->uid);
  json_string(&j, "name", e->name);
  json_end(&j, '}');
  errno = ENOSPC; /* if a part is written */
  bool ok = fclose(j.f) == 0 && pwrite(e->fd, text, size, 0) == (ssize_t)size;
  free(text);
  return ok;
}

/* Written aside: it appears locked. */
static bool publish(struct entry *e) {
  char *json = xasprintf("%s.json", e->path);
  char *temporary = xasprintf("%s.tmp", e->path);
  e->fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  bool ok = e->fd >= 0 && flock(e->fd, LOCK_EX) == 0 && fill(e, NULL, 0) &&
            rename(temporary, json) == 0;
  int error = errno;
  if (e->fd >= 0 && !ok) {
    unlink(temporary);
    close(e->fd);
    e->fd = -1;
  }
  free(json);
  free(temporary);
  errno = error;
  return ok;
}

bool entry_begin(struct entry *e, const char *index, const char *name) {
  uint64_t number = (uint64_t)random_uid() << 11 ^ (uint64_t)random_uid();
  *e = (struct entry){
      .path = xasprintf("%s.new/%016" PRIx64, index, number),
      .name = name,
      .fd = -1,
      .began = microseconds_now(),
      .uid = random_uid(),
  };
  char *dir = xasprintf("%s.new", index);
  bool ok = false;
  /* Who gathers may take away an empty directory. */
  for (int i = 0; !ok && i < 100; i++) {
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
      break;
    ok = publish(e);
    if (!ok && errno != ENOENT)
      break;
  }
  if (!ok) {
    warn(dir, "%s", strerror(errno));
    entry_drop(e);
  }
  free(dir);
  return ok;
}

static void forget(struct entry *e) {
  if (e->fd >= 0)
    close(e->fd);
  free(e->path);
  *e = (struct entry){.fd = -1};
}

bool entry_end(struct entry *e, const char *outcome, double seconds) {
  bool ok = fill(e, outcome, seconds) ||
            fail(e->path, "%s: the test counts as killed", strerror(errno));
  forget(e);
  return ok;
}

void entry_drop(struct entry *e) {
  if (e->fd >= 0) {
    char *json = xasprintf("%s.json", e->path);
    unlink(json);
    free(json);
  }
  forget(e);
}
