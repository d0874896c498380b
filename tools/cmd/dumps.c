// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* dumps.c - the file to which all processes of a test append */
#include "cmd/dumps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "base/tool.h"
#include "image/dump.h"
#include "image/load.h"
#include "report/blocks.h"

static bool made(int fd, const char *file) {
  if (fd < 0)
    return fail(file, "%s", strerror(errno));
  close(fd);
  return true;
}

char *dumps_make(void) {
  static const char end[] = ".dump";
  const char *top = getenv("TMPDIR");
  char *file = xasprintf("%s/kcov8-XXXXXX%s", top && *top ? top : "/tmp", end);
  if (made(mkostemps(file, sizeof(end) - 1, O_CLOEXEC), file))
    return file;
  free(file);
  return NULL;
}

bool dumps_make_at(const char *file) {
  return made(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666), file);
}

/* ---- Read ---------------------------------------------------------------- */

static void count_program(void *to, uint64_t pid, const char *path) {
  struct dumps *d = to;
  (void)pid;
  (void)path;
  d->n++;
}

static void add_image(void *to, const struct dump_image *image) {
  struct dumps *d = to;
  const char *name = *image->path ? image->path : "an image without a name";
  strtab_copy(&d->images, name, strlen(name));
}

static void keep_bytes(struct dumps *d, FILE *f, const char *name) {
  if (fseeko(f, 0, SEEK_END) != 0 || ftello(f) < 0) {
    warn(name, "%s", strerror(errno));
    return;
  }
  size_t n = (size_t)ftello(f);
  rewind(f);
  d->bytes = xcalloc(n, 1);
  d->size = fread(d->bytes, 1, n, f);
}

bool dumps_any(const char *file) {
  struct stat st;
  return stat(file, &st) == 0 && st.st_size != 0;
}

void dumps_read(struct dumps *d, const char *file) {
  static const struct dump_client client = {.program = count_program,
                                            .image = add_image};
  struct stat st;
  *d = (struct dumps){0};
  FILE *f = fopen(file, "re");
  if (!f) {
    warn(file, "%s", strerror(errno));
    return;
  }
  d->lost = fstat(fileno(f), &st) == 0 && st.st_mode & S_ISVTX;
  dumpfile_read(f, file, &client, d);
  keep_bytes(d, f, file);
  fclose(f);
}

void dumps_free(struct dumps *d) {
  free(d->bytes);
  strtab_free(&d->images);
  *d = (struct dumps){0};
}

bool dumps_write(const struct dumps *d, const char *path) {
  struct output out;
  if (!output_open(&out, path))
    return false;
  fwrite(d->bytes, 1, d->size, out.f);
  return output_close(&out, true);
}

/* ---- Tell ---------------------------------------------------------------- */

static void tell_image(const struct image *img, const struct dump *dump) {
  bool *reached = xcalloc(img->n_blocks, sizeof(*reached));
  size_t n = 0, all = 0;
  for (size_t i = 0; i < dump->n; i++)
    reached[dump->blocks[i].block] |= dump->blocks[i].count != 0;
  for (size_t i = 0; i < img->n_blocks; i++) {
    const struct block *b = &img->blocks[i];
    n += reached[i];
    all += reached[i] || (!block_removed(b) && !img->funcs[b->func].discarded);
  }
  warn(img->path, "%zu of %zu blocks reached", n, all);
  free(reached);
}

static void tell(const struct dumps *d, const char *path) {
  struct image img;
  struct dump dump = {0};
  if (*path != '/') { /* the process did not come to know its name */
    warn(NULL, "%s was reached: no summary", path);
    return;
  }
  FILE *f = fmemopen(d->bytes, d->size, "r");
  if (!f) {
    warn(path, "%s", strerror(errno));
    return;
  }
  if (image_load_any(&img, path) && image_require_blocks(&img) &&
      dump_read(&dump, f, path, &img) == DUMP_READ) {
    if (dump.n_images)
      tell_image(&img, &dump);
    else
      warn(path, "was built anew since it ran: no summary");
  }
  dump_free(&dump);
  image_free(&img);
  fclose(f);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void dumps_summary(const struct dumps *d) {
  if (d->lost)
    warn(NULL, "not all processes could write what they reached");
  if (!d->n) {
    if (!d->lost)
      warn(NULL, "no process wrote coverage: is what ran compiled with "
                 "kcov8-clang? (kcov8 stat PROGRAM)");
    return;
  }
  const char **names = xcalloc(d->images.n, sizeof(*names));
  for (size_t i = 0; i < d->images.n; i++)
    names[i] = d->images.strings[i];
  qsort(names, d->images.n, sizeof(*names), by_name);
  for (size_t i = 0; i < d->images.n; i++)
    tell(d, names[i]);
  warn(NULL, "%zu process%s", d->n, d->n == 1 ? "" : "es");
  free(names);
}
