// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * inputs.c - a list is read once, then asked about each image
 *
 * A dump tells itself which images it is of. A PC does not: where several
 * images have it, nobody knows whose block ran, so it is not counted.
 */
#include "report/inputs.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/load.h"
#include "image/lookup.h"

void inputs_push(struct inputs *in, struct image *img,
                 struct code_image *code) {
  in->images = xrealloc(in->images, in->n_images + 1, sizeof(*in->images));
  in->codes = xrealloc(in->codes, in->n_images + 1, sizeof(void *));
  in->codes[in->n_images] = code;
  in->images[in->n_images++] = (struct cov_image){
      .img = img,
      .counts = xcalloc(img->n_blocks, sizeof(struct cov_count)),
  };
  if (in->reach)
    reach_add_image(in->reach, img);
}

bool inputs_add_image(struct inputs *in, const char *path) {
  struct image *img = xcalloc(1, sizeof(*img));
  bool ok = image_load_any(img, path) && image_require_blocks(img);
  if (ok) {
    inputs_push(in, img, NULL);
  } else {
    image_free(img);
    free(img);
  }
  return ok;
}

void inputs_free(struct inputs *in) {
  for (size_t i = 0; i < in->n_images; i++) {
    filter_free(&in->images[i].filter);
    free(in->images[i].counts);
    if (in->codes[i]) {
      code_free(in->codes[i]);
      free(in->codes[i]);
      continue;
    }
    image_free(in->images[i].img);
    free(in->images[i].img);
  }
  free(in->images);
  free(in->codes);
  strtab_free(&in->others);
}

const char *inputs_name(const struct inputs *in) {
  return in->n_images == 1 ? in->images[0].img->path : NULL;
}

bool inputs_wants(const struct inputs *in, const char *name) {
  for (size_t i = 0; i < in->n_globs; i++)
    if (fnmatch(in->globs[i], name, 0) == 0)
      return true;
  return in->n_globs == 0;
}

void inputs_merge_tests(struct inputs *in) {
  warn(NULL, "more than %d tests: the pages do not tell them apart", REACH_MAX);
  in->reach = NULL;
}

void inputs_count(struct inputs *in, size_t image, size_t b, uint64_t count) {
  struct cov_image *to = &in->images[image];
  count_add(&to->counts[b], &to->img->funcs[to->img->blocks[b].func], count);
  if (in->reach && count)
    reach_add(in->reach, image, b);
}

static void add_hits(struct inputs *in, size_t image, const struct block *b,
                     uint64_t count) {
  inputs_count(in, image, (size_t)(b - in->images[image].img->blocks), count);
}

/* ---- Text ---- */

/**
 * struct pcs - a PC file, read whole: a note about a moved PC holds for all of
 * it, wherever it stands
 * @moves: by image
 */
struct pcs {
  struct pcfile_entry *all;
  size_t n, cap;
  struct moves *moves;
};

static enum pcfile_result read_pcs(const struct inputs *in, struct pcfile *list,
                                   struct pcs *pcs) {
  struct pcfile_entry e;
  enum pcfile_result r;
  while ((r = pcfile_next(list, &e)) == PCFILE_PC || r == PCFILE_MOVED) {
    for (size_t i = 0; r == PCFILE_MOVED && i < in->n_images; i++)
      moves_add(&pcs->moves[i], in->images[i].img, &e);
    if (r == PCFILE_MOVED)
      continue;
    pcs->all = vec_push(pcs->all, &pcs->n, &pcs->cap, sizeof(e));
    pcs->all[pcs->n - 1] = e;
  }
  return r;
}

/* PCs that cannot be counted, and the first of them. */
struct odd_pcs {
  size_t n;
  uint64_t first;
};

static void add_odd(struct odd_pcs *odd, uint64_t pc) {
  if (odd->n++ == 0)
    odd->first = pc;
}

static void count_pcs(struct inputs *in, const char *name, struct pcs *pcs) {
  struct odd_pcs unknown = {0}, unclear = {0};
  for (size_t i = 0; i < pcs->n; i++) {
    const struct block *found = NULL;
    size_t of = 0, n = 0;
    for (size_t m = 0; m < in->n_images; m++) {
      const struct block *b =
          image_find_entry(in->images[m].img, &pcs->moves[m], &pcs->all[i]);
      if (!b)
        continue;
      found = b;
      of = m;
      n++;
    }
    if (n == 1)
      add_hits(in, of, found, pcs->all[i].count);
    else
      add_odd(n ? &unclear : &unknown, pcs->all[i].pc);
  }
  const char *image = inputs_name(in);
  if (unknown.n)
    warn(name, "%zu PC%s not in %s (first 0x%" PRIx64 ")", unknown.n,
         unknown.n == 1 ? " is" : "s are", image ? image : "any of the images",
         unknown.first);
  if (unclear.n)
    warn(name,
         "%zu PC%s in several of the images (first 0x%" PRIx64 "): not "
         "counted; give the image that the list is of, alone",
         unclear.n, unclear.n == 1 ? " is" : "s are", unclear.first);
  in->unknown |= unknown.n || unclear.n;
}

static enum pcfile_result add_text(struct inputs *in, struct pcfile *list) {
  struct pcs pcs = {.moves = xcalloc(in->n_images, sizeof(*pcs.moves))};
  enum pcfile_result r = read_pcs(in, list, &pcs);
  if (r == PCFILE_END)
    count_pcs(in, list->name, &pcs);
  for (size_t i = 0; i < in->n_images; i++)
    moves_free(&pcs.moves[i]);
  free(pcs.moves);
  free(pcs.all);
  return r;
}

/* ---- Dumps ---- */

static bool has(const struct strtab *names, const char *name) {
  for (size_t i = 0; i < names->n; i++)
    if (strcmp(names->strings[i], name) == 0)
      return true;
  return false;
}

/* Left out is what is another image to each of ours: the others of all. */
static void keep_common(struct strtab *common, const struct strtab *more,
                        bool first) {
  struct strtab kept = {0};
  for (size_t i = 0; i < more->n; i++)
    if (first || has(common, more->strings[i]))
      strtab_copy(&kept, more->strings[i], strlen(more->strings[i]));
  strtab_free(common);
  *common = kept;
}

static enum pcfile_result add_dump_of(struct inputs *in, size_t image,
                                      struct pcfile *list) {
  enum pcfile_result r;
  struct pcfile_entry e;
  while ((r = pcfile_next(list, &e)) == PCFILE_PC || r == PCFILE_MOVED)
    if (r == PCFILE_PC)
      add_hits(in, image, e.block, e.count);
  return r;
}

/* A list, read whole, so that each image can be asked about it. */
struct list_bytes {
  const char *name;
  char *data;
  size_t n;
};

static void open_bytes(struct pcfile *p, const struct list_bytes *list,
                       const struct inputs *in, size_t image) {
  FILE *f = fmemopen(list->data, list->n, "r");
  if (!f) { /* only without memory */
    fail(list->name, "%s", strerror(errno));
    exit(EXIT_FAILED);
  }
  pcfile_begin(p, f, list->name, in->images[image].img);
  p->silent = in->n_images > 1;
}

static enum pcfile_result add_dump(struct inputs *in,
                                   const struct list_bytes *list) {
  struct strtab others = {0};
  enum pcfile_result r = PCFILE_END;
  bool ours = false, bad = false;
  for (size_t i = 0; i < in->n_images && r != PCFILE_FAILED; i++) {
    struct pcfile p;
    open_bytes(&p, list, in, i);
    r = add_dump_of(in, i, &p);
    keep_common(&others, &p.dump.others, i == 0);
    ours |= p.dump.n_images != 0;
    bad |= p.result == DUMP_BAD;
    pcfile_close(&p);
  }
  if (r != PCFILE_FAILED) {
    r = ours && !bad ? PCFILE_END : bad && !ours ? PCFILE_BAD : PCFILE_OTHER;
    if (!ours && !bad && in->n_images > 1)
      warn(list->name, "of none of the images, but of %s%s: left out",
           others.n ? others.strings[0] : "no image",
           others.n > 1 ? " and others" : "");
    for (size_t i = 0; ours && i < others.n; i++)
      strtab_copy(&in->others, others.strings[i], strlen(others.strings[i]));
  }
  strtab_free(&others);
  return r;
}

void inputs_tell_others(const struct inputs *in) {
  char *names = NULL;
  for (size_t i = 0; i < in->others.n; i++) {
    char *more = xasprintf("%s%s%s", names ? names : "", names ? ", " : "",
                           in->others.strings[i]);
    free(names);
    names = more;
  }
  if (names)
    warn(inputs_name(in), "the dumps have other images, too, left out: %s",
         names);
  free(names);
}

/* ---- Any list ---- */

static bool read_bytes(struct list_bytes *list, const char *path) {
  const bool is_stdin = strcmp(path, "-") == 0;
  FILE *f = is_stdin ? stdin : fopen(path, "re");
  *list = (struct list_bytes){.name = is_stdin ? "stdin" : path};
  if (!f)
    return fail(list->name, "%s", strerror(errno));
  size_t cap = 0;
  do {
    if (list->n == cap)
      list->data = xrealloc(list->data, cap = cap ? 2 * cap : 1 << 16, 1);
    list->n += fread(list->data + list->n, 1, cap - list->n, f);
  } while (!feof(f) && !ferror(f));
  bool ok = !ferror(f) || fail(list->name, "%s", strerror(errno));
  if (!is_stdin)
    fclose(f);
  return ok;
}

enum exit_code inputs_add_list(struct inputs *in, const char *path) {
  struct list_bytes list;
  struct pcfile p;
  enum pcfile_result r = PCFILE_FAILED;
  const char *test = strcmp(path, "-") == 0 ? "stdin" : file_name(path);
  if (!inputs_wants(in, test))
    return EXIT_DONE;
  in->n_tests++;
  if (read_bytes(&list, path)) {
    if (in->reach)
      reach_begin(in->reach, test, "", -1);
    if (list.n && (uint8_t)list.data[0] == DUMP_FIRST_BYTE) {
      r = add_dump(in, &list);
    } else {
      open_bytes(&p, &list, in, 0);
      r = add_text(in, &p);
      pcfile_close(&p);
    }
  }
  free(list.data);
  in->unknown |= r == PCFILE_OTHER;
  return r == PCFILE_END || r == PCFILE_OTHER ? EXIT_DONE
         : r == PCFILE_BAD                    ? EXIT_USAGE
                                              : EXIT_FAILED;
}
