// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* dumps.c - a directory into which processes write, one file each */
#include "cmd/dumps.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void add_images(struct dumps *d, const struct dump *dump) {
  for (size_t i = 0; i < dump->others.n; i++)
    strtab_copy(&d->images, dump->others.strings[i],
                strlen(dump->others.strings[i]));
}

static bool append(struct dumps *d, FILE *f, const char *name) {
  if (fseeko(f, 0, SEEK_END) != 0 || ftello(f) < 0)
    return fail(name, "%s", strerror(errno));
  size_t n = (size_t)ftello(f);
  rewind(f);
  d->bytes = xrealloc(d->bytes, d->size + n, 1);
  if (fread(d->bytes + d->size, 1, n, f) != n)
    return fail(name, "it changes while it is read");
  d->size += n;
  return true;
}

static void read_one(struct dumps *d, const char *name) {
  struct image none = {0}; /* all images are others */
  struct dump dump;
  FILE *f = fopen(name, "re");
  if (!f) {
    warn(name, "%s", strerror(errno));
    return;
  }
  if (dump_read(&dump, f, name, &none) == DUMP_READ && append(d, f, name)) {
    add_images(d, &dump);
    d->n_files++;
  }
  dump_free(&dump);
  free(none.by_counter);
  fclose(f);
}

static int is_dump(const struct dirent *e) {
  size_t n = strlen(e->d_name);
  return e->d_name[0] != '.' && n > 5 &&
         strcmp(e->d_name + n - 5, ".dump") == 0;
}

void dumps_read(struct dumps *d, const char *dir) {
  struct dirent **names;
  *d = (struct dumps){0};
  int n = scandir(dir, &names, is_dump, alphasort);
  if (n < 0 && errno != ENOENT)
    warn(dir, "%s", strerror(errno));
  for (int i = 0; i < n; i++) {
    char *name = xasprintf("%s/%s", dir, names[i]->d_name);
    read_one(d, name);
    free(name);
    free(names[i]);
  }
  if (n >= 0)
    free(names);
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
  if (!d->n_files) {
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
  warn(NULL, "%zu process%s", d->n_files, d->n_files == 1 ? "" : "es");
  free(names);
}
