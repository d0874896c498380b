// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* code.c - between struct image and the tables image, function, place, file */
#include "index/code.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/search.h"
#include "base/tool.h"
#include "image/load.h"
#include "image/records.h"
#include "index/codec.h"
#include "index/sql.h"

/* ---- Into the index ------------------------------------------------------ */

/**
 * struct adder - an image on its way into an index
 * @files: by number in img->files, its row; 0: not asked for yet
 * @code:  of the function at hand, without and with its list of files
 */
struct adder {
  struct index *ix;
  const struct image *img;
  int64_t *files;
  struct byte_buffer code, whole;
};

static bool file_row(struct adder *a, uint32_t file, int64_t *row) {
  const char *path = a->img->files.strings[file];
  if (!a->files[file] &&
      (!sql_get(a->ix, &a->files[file], "SELECT id FROM file WHERE path = ?",
                "t", path) ||
       (!a->files[file] &&
        !sql_get(a->ix, &a->files[file],
                 "INSERT INTO file(path) VALUES(?) RETURNING id", "t", path))))
    return false;
  *row = a->files[file];
  return true;
}

static uint64_t sum_string(uint64_t sum, const char *s) {
  return kcov8_hash_bytes(sum, s, strlen(s) + 1);
}

/* Of everything but rows: the same in every index. */
static uint64_t sum_func(const struct adder *a, const struct func *f,
                         const struct lines *files, size_t n_files) {
  uint64_t sum = sum_string(kcov8_mix64(f->hash ^ f->n_blocks), f->name);
  sum = kcov8_mix64(sum ^ f->line);
  for (size_t i = 0; i < n_files; i++)
    sum = sum_string(sum, a->img->files.strings[files[i].file]);
  return kcov8_mix64(kcov8_hash_bytes(sum, a->code.bytes, a->code.n));
}

static bool add_places(struct adder *a, const struct lines *files,
                       size_t n_files, int64_t func) {
  for (size_t i = 0; i < n_files; i++)
    if (files[i].first &&
        !sql_run(a->ix,
                 "INSERT INTO place(file, function, first, last)"
                 " VALUES(?, ?, ?, ?)",
                 "iiii", a->files[files[i].file], func, (int64_t)files[i].first,
                 (int64_t)files[i].last))
      return false;
  return true;
}

static bool add_new_func(struct adder *a, const struct func *f, uint64_t sum,
                         const struct lines *files, size_t n_files,
                         int64_t *row) {
  a->whole.n = 0;
  bytes_put_uleb(&a->whole, n_files);
  for (size_t i = 0; i < n_files; i++) {
    int64_t file;
    if (!file_row(a, files[i].file, &file))
      return false;
    bytes_put_uleb(&a->whole, (uint64_t)file);
  }
  bytes_put(&a->whole, a->code.bytes, a->code.n);
  return sql_get(a->ix, row,
                 "INSERT INTO function(sum, hash, name, display, file, line,"
                 " n_blocks, code) VALUES(?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                 "iittiiib", (int64_t)sum, (int64_t)f->hash, f->name,
                 strcmp(f->display, f->name) == 0 ? "" : f->display,
                 a->files[f->file], (int64_t)f->line, (int64_t)f->n_blocks,
                 (const void *)a->whole.bytes, a->whole.n) &&
         add_places(a, files, n_files, *row);
}

static bool add_func(struct adder *a, const struct func *f, int64_t *row) {
  struct lines *files;
  size_t n_files;
  a->code.n = 0;
  encode_func(&a->code, a->img, f, &files, &n_files);
  uint64_t sum = sum_func(a, f, files, n_files);
  *row = 0;
  bool ok = sql_get(a->ix, row, "SELECT id FROM function WHERE sum = ?", "i",
                    (int64_t)sum) &&
            (*row || add_new_func(a, f, sum, files, n_files, row));
  free(files);
  return ok;
}

/* Where the functions are, in table order. */
static bool add_funcs(struct adder *a, struct byte_buffer *placed) {
  struct placed last = {0};
  for (size_t i = 0; i < a->img->n_funcs; i++) {
    const struct func *f = &a->img->funcs[i];
    struct placed p = {.array = f->array,
                       .first = f->first,
                       .rows = f->rows,
                       .discarded = f->discarded};
    if (!add_func(a, f, &p.row))
      return false;
    encode_placed(placed, &last, &p);
    last = p;
  }
  return true;
}

static uint64_t n_counters_of(const struct image *img) {
  return img->elf.tables[TABLE_COUNTERS].size;
}

/* @row: 0 if there is none; @known: whether its functions are there */
static bool find_image(struct index *ix, const struct image *img, int64_t *row,
                       bool *known) {
  struct rows rows =
      sql_query(ix,
                "SELECT id, functions IS NOT NULL FROM image"
                " WHERE digest = ? AND n_counters = ?",
                "ii", (int64_t)img->digest, (int64_t)n_counters_of(img));
  *row = 0;
  *known = false;
  while (sql_next(&rows)) {
    *row = sql_int(&rows, 0);
    *known = sql_int(&rows, 1);
  }
  return sql_end(&rows);
}

/* @functions: NULL: not known */
static bool put_image(struct index *ix, const struct image *img, int64_t added,
                      const struct byte_buffer *functions, int64_t *row) {
  if (!functions)
    return sql_get(ix, row,
                   "INSERT INTO image(digest, n_counters, path, added)"
                   " VALUES(?, ?, ?, ?) RETURNING id",
                   "iiti", (int64_t)img->digest, (int64_t)n_counters_of(img),
                   img->path, added);
  return sql_get(ix, row,
                 "INSERT INTO image(digest, n_counters, path, added, functions)"
                 " VALUES(?1, ?2, ?3, ?4, ?5)"
                 " ON CONFLICT(digest, n_counters) DO UPDATE SET path = ?3,"
                 " functions = ?5"
                 " RETURNING id",
                 "iitib", (int64_t)img->digest, (int64_t)n_counters_of(img),
                 img->path, added, (const void *)functions->bytes,
                 functions->n);
}

static bool add_image(struct index *ix, const struct image *img, int64_t added,
                      int64_t *row) {
  struct adder a = {.ix = ix, .img = img};
  struct byte_buffer placed = {0};
  bool known;
  if (!find_image(ix, img, row, &known))
    return false;
  if (known || (*row && !img->has_map))
    return true;
  if (!img->has_map)
    return put_image(ix, img, added, NULL, row);
  a.files = xcalloc(img->files.n, sizeof(*a.files));
  bool ok = add_funcs(&a, &placed) && put_image(ix, img, added, &placed, row);
  free(a.files);
  free(a.code.bytes);
  free(a.whole.bytes);
  free(placed.bytes);
  return ok;
}

bool index_add_image(struct index *ix, const struct image *img, int64_t *row) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return add_image(ix, img, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
                   row);
}

/* ---- Out of the index ---------------------------------------------------- */

/**
 * struct loader - an image on its way out
 * @keys:  of all functions; @key_at says where each one's begin
 */
struct loader {
  struct index *ix;
  struct code_image *code;
  uint32_t *keys;
  size_t n_keys, cap_keys, cap_funcs;
  size_t *key_at, n_key_at, cap_key_at;
};

static bool damaged(struct index *ix) {
  return fail(ix->path, "the functions in it are damaged");
}

/* Number of a file in image.files, by its row. */
static bool load_file(struct loader *l, int64_t row, uint32_t *number) {
  struct strtab *files = &l->code->img.files;
  bool found = false;
  struct rows rows =
      sql_query(l->ix, "SELECT path FROM file WHERE id = ?", "i", row);
  while (sql_next(&rows)) {
    const char *path = sql_text(&rows, 0);
    *number = strtab_add(files, path, strlen(path));
    found = true;
  }
  return sql_end(&rows) && (found || damaged(l->ix));
}

static bool load_code(struct loader *l, struct func *f, struct span in) {
  uint32_t n_files = span_upto(&in, (uint32_t)(in.end - in.p));
  uint32_t *files = xcalloc(n_files, sizeof(*files));
  bool ok = !in.bad || damaged(l->ix);
  for (uint32_t i = 0; i < n_files && ok; i++)
    ok = load_file(l, (int64_t)span_uleb(&in), &files[i]);
  if (ok && (in.bad || !decode_func(&in, &l->code->img, f, files, n_files,
                                    &l->keys, &l->n_keys, &l->cap_keys)))
    ok = damaged(l->ix);
  free(files);
  return ok;
}

static const char *load_name(struct image *img, const struct rows *rows,
                             int column) {
  const char *name = sql_text(rows, column);
  return strtab_copy(&img->names, name, strlen(name));
}

static struct span column_bytes(const struct rows *rows, int column) {
  size_t n;
  const uint8_t *p = sql_bytes(rows, column, &n);
  return (struct span){p, p ? p + n : p, false};
}

static bool load_row(struct loader *l, const struct rows *rows,
                     const struct placed *p) {
  struct image *img = &l->code->img;
  if (img->n_funcs == l->cap_funcs) {
    l->cap_funcs = l->cap_funcs ? l->cap_funcs * 2 : 64;
    img->funcs = xrealloc(img->funcs, l->cap_funcs, sizeof(*img->funcs));
    l->code->rows = xrealloc(l->code->rows, l->cap_funcs, sizeof(int64_t));
  }
  struct func *f = &img->funcs[img->n_funcs];
  l->key_at =
      vec_push(l->key_at, &l->n_key_at, &l->cap_key_at, sizeof(*l->key_at));
  l->key_at[l->n_key_at - 1] = l->n_keys;
  l->code->rows[img->n_funcs++] = p->row;
  *f = (struct func){
      .hash = (uint64_t)sql_int(rows, 0),
      .name = load_name(img, rows, 1),
      .display = load_name(img, rows, 2),
      .line = (uint32_t)sql_int(rows, 3),
      .unit = NO_UNIT,
      .n_blocks = (uint32_t)sql_int(rows, 4),
      .array = p->array,
      .first = p->first,
      .rows = p->rows,
      .join = JOIN_EXACT,
      .discarded = p->discarded,
  };
  if (!*f->display)
    f->display = f->name;
  return load_code(l, f, column_bytes(rows, 5));
}

static bool load_func(struct loader *l, const struct placed *p) {
  bool ok = true, found = false;
  struct rows rows =
      sql_query(l->ix,
                "SELECT hash, name, display, line, n_blocks, code"
                " FROM function WHERE id = ?",
                "i", p->row);
  while (ok && sql_next(&rows)) {
    found = true;
    ok = load_row(l, &rows, p);
  }
  return sql_end(&rows) && ok && (found || damaged(l->ix));
}

static bool is_below(const void *element, const void *row) {
  return *(const int64_t *)element < *(const int64_t *)row;
}

static bool is_wanted(const int64_t *wanted, size_t n, int64_t row) {
  size_t at = lower_bound(wanted, n, sizeof(*wanted), is_below, &row);
  return at < n && wanted[at] == row;
}

static bool load_funcs(struct loader *l, struct span in, const int64_t *wanted,
                       size_t n_wanted) {
  struct placed p = {0};
  while (decode_placed(&in, &p))
    if ((!wanted || is_wanted(wanted, n_wanted, p.row)) && !load_func(l, &p))
      return false;
  return !in.bad || damaged(l->ix);
}

/* Pointers, now that nothing moves any more. */
static void set_keys(struct loader *l) {
  struct image *img = &l->code->img;
  img->keys = l->keys;
  img->n_keys = l->n_keys;
  for (size_t i = 0; i < l->n_key_at && img->keys; i++)
    img->funcs[i].keys = img->keys + l->key_at[i];
}

static bool load_image(struct loader *l, const struct rows *rows,
                       const int64_t *wanted, size_t n_wanted) {
  struct image *img = &l->code->img;
  img->digest = (uint64_t)sql_int(rows, 0);
  img->elf.tables[TABLE_COUNTERS].size = (uint64_t)sql_int(rows, 1);
  img->path = load_name(img, rows, 2);
  img->has_map = true;
  l->code->added = sql_int(rows, 3);
  return load_funcs(l, column_bytes(rows, 4), wanted, n_wanted);
}

bool code_load(struct code_image *code, struct index *ix, int64_t image,
               const int64_t *wanted, size_t n_wanted) {
  *code = (struct code_image){0};
  code->img.elf.fd = -1;
  struct loader l = {.ix = ix, .code = code};
  bool ok = true, found = false;
  struct rows rows =
      sql_query(ix,
                "SELECT digest, n_counters, path, added, functions FROM image"
                " WHERE id = ?",
                "i", image);
  while (ok && sql_next(&rows)) {
    found = true;
    ok = load_image(&l, &rows, wanted, n_wanted);
  }
  ok = sql_end(&rows) && ok && (found || damaged(ix));
  set_keys(&l);
  free(l.key_at);
  if (ok && !wanted && code->img.n_blocks)
    records_assign_pcs(&code->img);
  return ok;
}

void code_free(struct code_image *code) {
  image_free(&code->img);
  free(code->rows);
}

/* ---- From one index to another ------------------------------------------- */

bool index_copy_image(struct index *to, struct index *from, int64_t from_row,
                      int64_t *row) {
  struct code_image code;
  const struct image *img = &code.img;
  bool known, ok = code_load(&code, from, from_row, NULL, 0) &&
                   find_image(to, img, row, &known);
  if (ok && img->n_funcs)
    ok = add_image(to, img, code.added, row);
  else if (ok && !*row)
    ok = put_image(to, img, code.added, NULL, row);
  code_free(&code);
  return ok;
}
