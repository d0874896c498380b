// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* dumps.c - a directory into which processes write, all to one file */
#include "cmd/dumps.h"

#include <dirent.h>
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

char *dumps_make(void) {
  const char *top = getenv("TMPDIR");
  char *dir = xasprintf("%s/kcov8-XXXXXX", top && *top ? top : "/tmp");
  if (mkdtemp(dir))
    return dir;
  warn(dir, "%s", strerror(errno));
  free(dir);
  return NULL;
}

void dumps_remove(const char *dir) {
  enum { TRIES = 100 }; /* a process may just be writing its last one */
  for (int i = 0; i < TRIES && rmdir(dir) != 0 && errno != ENOENT; i++) {
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d)))
      if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
        unlinkat(dirfd(d), e->d_name, 0);
    if (d)
      closedir(d);
  }
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

static char *file_in(const char *dir) {
  return xasprintf("%s/" DUMPS_FILE ".dump", dir);
}

void dumps_expect(const char *dir) {
  char *name = file_in(dir);
  mkdir(dir, 0777);
  int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd >= 0)
    close(fd);
  free(name);
}

bool dumps_any(const char *dir) {
  char *name = file_in(dir);
  struct stat st;
  bool any = stat(name, &st) == 0 && st.st_size != 0;
  free(name);
  return any;
}

void dumps_read(struct dumps *d, const char *dir) {
  static const struct dump_client client = {.program = count_program,
                                            .image = add_image};
  char *name = file_in(dir);
  struct stat st;
  *d = (struct dumps){0};
  FILE *f = fopen(name, "re");
  if (f) {
    d->lost = fstat(fileno(f), &st) == 0 && st.st_mode & S_ISVTX;
    dumpfile_read(f, name, &client, d);
    keep_bytes(d, f, name);
    fclose(f);
  } else if (errno != ENOENT) {
    warn(name, "%s", strerror(errno));
  }
  free(name);
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
  if (image_load(&img, path) && image_require_blocks(&img) &&
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
