// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* output.c - write to a temporary beside the target, then rename */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tool.h"

/* The mode the file would have had if it had been opened for writing. */
static void set_mode(int fd, const struct stat *old) {
  mode_t mask = umask(0);
  umask(mask);
  /* A file with the wrong mode is still the report that was asked for. */
  if (fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask) < 0)
    return;
}

bool output_open(struct output *out, const char *path) {
  *out = (struct output){.f = stdout, .name = "stdout"};
  if (!path || strcmp(path, "-") == 0)
    return true;
  out->name = path;
  struct stat st;
  bool exists = stat(path, &st) == 0;
  if (exists && S_ISDIR(st.st_mode)) {
    out->f = NULL;
    return fail(path, "%s", strerror(EISDIR));
  }
  if (exists && !S_ISREG(st.st_mode)) { /* a pipe or a device */
    out->f = fopen(path, "we");
    return out->f || fail(path, "%s", strerror(errno));
  }
  /* Through symbolic links: they stay. */
  char *real = exists ? realpath(path, NULL) : NULL;
  out->target = real ? real : xstrndup(path, strlen(path));
  out->temporary = xasprintf("%s.XXXXXX", out->target);
  int fd = mkostemp(out->temporary, O_CLOEXEC);
  out->f = fd < 0 ? NULL : fdopen(fd, "w");
  if (!out->f) {
    fail(path, "%s", strerror(errno));
    free(out->target);
    free(out->temporary);
    return false;
  }
  set_mode(fd, exists ? &st : NULL);
  return true;
}

bool output_close(struct output *out, bool ok) {
  errno = 0;
  bool written = !ferror(out->f);
  if (out->f == stdout)
    written = fflush(stdout) == 0 && written;
  else
    written = fclose(out->f) == 0 && written;
  if (ok && !written)
    ok = fail(out->name, "%s", errno ? strerror(errno) : "write error");
  if (!out->temporary)
    return ok;
  if (ok && rename(out->temporary, out->target) < 0)
    ok = fail(out->name, "%s", strerror(errno));
  if (!ok)
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
