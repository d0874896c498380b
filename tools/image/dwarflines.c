// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * dwarflines.c - line tables and subprograms, read by libdw
 *
 * libdw is loaded when it is needed: with the three libraries that it needs it
 * would take an eighth of the time of `kcov8 run true`, for nothing.
 *
 * Paths are spelled as the pass does it (docs/options.md, "Paths"): relative to
 * the compiler's working directory if they share its first directory. Where
 * -ffile-prefix-map=/TOP=. made that directory relative, ./build, names that
 * were absolute begin as it does: they are relative to the same place. Others
 * are still relative to that directory.
 */
#include "image/dwarflines.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "base/tool.h"

/* ---- libdw --------------------------------------------------------------- */

#define LIBRARY "libdw.so.1"

#define FUNCTIONS(F)                                                           \
  F(dwarf_begin_elf)                                                           \
  F(dwarf_end)                                                                 \
  F(dwarf_nextcu)                                                              \
  F(dwarf_offdie)                                                              \
  F(dwarf_attr)                                                                \
  F(dwarf_formstring)                                                          \
  F(dwarf_getsrclines)                                                         \
  F(dwarf_onesrcline)                                                          \
  F(dwarf_lineaddr)                                                            \
  F(dwarf_lineno)                                                              \
  F(dwarf_linecol)                                                             \
  F(dwarf_lineendsequence)                                                     \
  F(dwarf_linesrc)                                                             \
  F(dwarf_getfuncs)                                                            \
  F(dwarf_entrypc)                                                             \
  F(dwarf_decl_line)                                                           \
  F(dwarf_decl_file)

#define MEMBER(name) __typeof__(name) *(name);
static struct { FUNCTIONS(MEMBER) } dw;

/* Return: NULL, or why not. It stays. */
static const char *load_libdw(void) {
  void *library = dlopen(LIBRARY, RTLD_LAZY);
#define LOAD(name) dw.name = library ? dlsym(library, #name) : NULL;
  FUNCTIONS(LOAD)
#define LACKS(name) || !dw.name
  return false FUNCTIONS(LACKS) ? dlerror() : NULL;
}

/* ---- Paths --------------------------------------------------------------- */

/* Without `.`, `..` (but at the beginning) and `//`; to be freed. */
static char *normalise(const char *path) {
  const bool absolute = *path == '/';
  char *out = xcalloc(strlen(path) + 2, 1);
  size_t n = 0, first = 0; /* what no `..` takes back */
  if (absolute)
    out[n++] = '/';
  first = n;
  while (*path) {
    const size_t len = strcspn(path, "/");
    const bool up = len == 2 && memcmp(path, "..", 2) == 0;
    if (up && n > first) {
      while (n > first && out[n - 1] != '/')
        n--;
      n -= n > first;
    } else if (len && !(len == 1 && *path == '.') && !(up && absolute)) {
      if (n && out[n - 1] != '/')
        out[n++] = '/';
      memcpy(out + n, path, len);
      n += len;
      first = up ? n : first;
    }
    path += len + (path[len] == '/');
  }
  out[n] = 0;
  return out;
}

/* Length of what both begin with, up to a slash. */
static size_t common(const char *a, const char *b) {
  size_t n = 0;
  for (size_t i = 0;; i++) {
    const bool ends = (!a[i] || a[i] == '/') && (!b[i] || b[i] == '/');
    if (ends)
      n = i;
    if (!a[i] || a[i] != b[i])
      return n;
  }
}

static char *relative_to(const char *directory, const char *path) {
  const size_t n = common(directory, path);
  if (n < 2) /* not even the first directory */
    return xstrndup(path, strlen(path));
  char *out = xstrndup(path + n + (path[n] == '/'),
                       strlen(path + n + (path[n] == '/')));
  for (const char *p = directory + n; *p; p++)
    if (*p == '/') {
      char *more = xasprintf("../%s", out);
      free(out);
      out = more;
    }
  return out;
}

/* Have two relative paths the same first part? */
static bool same_beginning(const char *a, const char *b) {
  const size_t n = strcspn(b, "/");
  return strcspn(a, "/") == n && memcmp(a, b, n) == 0;
}

/* @path as libdw gives it: behind @directory, or not, unless it is absolute. */
static uint32_t add_path(struct image *img, const char *directory,
                         const char *path) {
  if (!path)
    return strtab_add(&img->files, "?", 1);
  const size_t n = directory ? strlen(directory) : 0;
  if (n && strncmp(path, directory, n) == 0 && path[n] == '/')
    path += n + 1;
  const bool whole = !n || *path == '/' ||
                     (*directory != '/' && same_beginning(path, directory));
  char *joined = xasprintf("%s/%s", whole ? "." : directory, path);
  char *plain = normalise(*path == '/' ? path : joined);
  char *base = normalise(n ? directory : "");
  char *out = *plain == '/' && *base == '/' ? relative_to(base, plain)
                                            : xstrndup(plain, strlen(plain));
  const char *name = *out ? out : "?";
  const uint32_t file = strtab_add(&img->files, name, strlen(name));
  free(joined);
  free(plain);
  free(base);
  free(out);
  return file;
}

/* ---- Reading ------------------------------------------------------------- */

/* One compilation unit. The last path is that of the next line, mostly. */
struct unit {
  struct dwarf_lines *d;
  struct image *img;
  const char *directory;
  const char *last;
  uint32_t file;
};

static uint32_t file_of(struct unit *u, const char *path) {
  if (!u->last || !path || strcmp(path, u->last) != 0) {
    u->file = add_path(u->img, u->directory, path);
    u->last = path;
  }
  return u->file;
}

static void add_rows(struct unit *u, Dwarf_Die *die) {
  struct dwarf_lines *d = u->d;
  Dwarf_Lines *lines;
  size_t n;
  if (dw.dwarf_getsrclines(die, &lines, &n) != 0)
    return;
  for (size_t i = 0; i < n; i++) {
    Dwarf_Line *line = dw.dwarf_onesrcline(lines, i);
    struct line_row row = {.number = (uint32_t)d->n_rows};
    Dwarf_Addr address;
    int number, column;
    if (dw.dwarf_lineaddr(line, &address) || dw.dwarf_lineno(line, &number) ||
        dw.dwarf_linecol(line, &column) ||
        dw.dwarf_lineendsequence(line, &row.end))
      continue;
    row.address = address;
    row.line = number > 0 ? (uint32_t)number : 0;
    row.column = column > 0 ? (uint32_t)column : 0;
    row.file = row.end ? 0 : file_of(u, dw.dwarf_linesrc(line, NULL, NULL));
    d->rows = vec_push(d->rows, &d->n_rows, &d->cap_rows, sizeof(*d->rows));
    d->rows[d->n_rows - 1] = row;
  }
}

static int add_func(Dwarf_Die *die, void *arg) {
  struct unit *u = arg;
  struct dwarf_lines *d = u->d;
  Dwarf_Addr address;
  int line = 0;
  if (dw.dwarf_entrypc(die, &address) || dw.dwarf_decl_line(die, &line))
    return DWARF_CB_OK;
  d->funcs = vec_push(d->funcs, &d->n_funcs, &d->cap_funcs, sizeof(*d->funcs));
  d->funcs[d->n_funcs - 1] =
      (struct line_func){address, file_of(u, dw.dwarf_decl_file(die)),
                         line > 0 ? (uint32_t)line : 0};
  return DWARF_CB_OK;
}

/* Of one address the last row counts; an end comes first. */
static int compare_rows(const void *a, const void *b) {
  const struct line_row *x = a, *y = b;
  if (x->address != y->address)
    return x->address < y->address ? -1 : 1;
  if (x->end != y->end)
    return x->end ? -1 : 1;
  return (x->number > y->number) - (x->number < y->number);
}

static int compare_funcs(const void *a, const void *b) {
  const struct line_func *x = a, *y = b;
  return (x->address > y->address) - (x->address < y->address);
}

static void read_unit(struct unit *u, Dwarf_Die *die) {
  Dwarf_Attribute attribute;
  u->directory =
      dw.dwarf_formstring(dw.dwarf_attr(die, DW_AT_comp_dir, &attribute));
  u->last = NULL;
  add_rows(u, die);
  dw.dwarf_getfuncs(die, add_func, u, 0);
}

void dwarf_lines_read(struct dwarf_lines *d, struct image *img) {
  struct unit u = {.d = d, .img = img};
  *d = (struct dwarf_lines){0};
  const char *why = load_libdw();
  if (why) {
    warn(img->path, "no lines, for want of libdw: %s", why);
    return;
  }
  Dwarf *dwarf = dw.dwarf_begin_elf(img->elf.elf, DWARF_C_READ, NULL);
  Dwarf_Off next = 0, at;
  size_t header;
  while (dwarf &&
         !dw.dwarf_nextcu(dwarf, at = next, &next, &header, NULL, NULL, NULL)) {
    Dwarf_Die die;
    if (dw.dwarf_offdie(dwarf, at + header, &die))
      read_unit(&u, &die);
  }
  dw.dwarf_end(dwarf);
  if (!d->n_rows)
    warn(img->path, "no debug information (compile with -g): no lines");
  if (d->n_rows)
    qsort(d->rows, d->n_rows, sizeof(*d->rows), compare_rows);
  if (d->n_funcs)
    qsort(d->funcs, d->n_funcs, sizeof(*d->funcs), compare_funcs);
}

void dwarf_lines_free(struct dwarf_lines *d) {
  free(d->rows);
  free(d->funcs);
}

/* ---- Asking -------------------------------------------------------------- */

static bool row_at_or_below(const void *element, const void *key) {
  return ((const struct line_row *)element)->address <= *(const uint64_t *)key;
}

static bool func_below(const void *element, const void *key) {
  return ((const struct line_func *)element)->address < *(const uint64_t *)key;
}

const struct line_row *dwarf_line_at(const struct dwarf_lines *d,
                                     uint64_t address, uint64_t end) {
  size_t i = lower_bound(d->rows, d->n_rows, sizeof(*d->rows), row_at_or_below,
                         &address);
  for (i -= i != 0; i < d->n_rows && d->rows[i].address < end; i++)
    if (d->rows[i].end) {
      return NULL;
    } else if (d->rows[i].line) {
      return &d->rows[i];
    }
  return NULL;
}

const struct line_func *dwarf_func_at(const struct dwarf_lines *d,
                                      uint64_t address) {
  size_t i = lower_bound(d->funcs, d->n_funcs, sizeof(*d->funcs), func_below,
                         &address);
  return i < d->n_funcs && d->funcs[i].address == address ? &d->funcs[i] : NULL;
}
