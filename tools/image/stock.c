// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * stock.c - from probes, symbols and lines to functions and blocks
 *
 * A block has one line, that of its first instruction that has any: where it
 * ends cannot be told from a table that lacks blocks (sancov prunes by
 * default). A function is a FUNC symbol; code without one is named by its
 * address.
 */
#include "image/stock.h"

#include <gelf.h>
#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "base/tool.h"
#include "image/dwarflines.h"
#include "image/join.h"
#include "image/points.h"

/* ---- Symbols ------------------------------------------------------------- */

struct symbol {
  uint64_t address, size;
  const char *name;
  int rank; /* of several at one address: global, weak, local */
};

struct symbols {
  struct symbol *all;
  size_t n, cap;
};

static void add_symbol(struct symbols *s, const GElf_Sym *sym,
                       const char *name) {
  const int type = GELF_ST_TYPE(sym->st_info);
  const int bind = GELF_ST_BIND(sym->st_info);
  if ((type != STT_FUNC && type != STT_GNU_IFUNC) ||
      sym->st_shndx == SHN_UNDEF || !name)
    return;
  s->all = vec_push(s->all, &s->n, &s->cap, sizeof(*s->all));
  s->all[s->n - 1] = (struct symbol){sym->st_value, sym->st_size, name,
                                     bind == STB_GLOBAL ? 0
                                     : bind == STB_WEAK ? 1
                                                        : 2};
}

static int compare_symbols(const void *a, const void *b) {
  const struct symbol *x = a, *y = b;
  if (x->address != y->address)
    return x->address < y->address ? -1 : 1;
  return x->rank != y->rank ? x->rank - y->rank : strcmp(x->name, y->name);
}

/* One for each address. The dynamic ones, if there are no others. */
static void read_symbols(const struct image *img, struct symbols *s) {
  Elf *elf = img->elf.elf;
  static const uint32_t kinds[] = {SHT_SYMTAB, SHT_DYNSYM};
  for (int k = 0; k < 2 && !s->n; k++)
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
      GElf_Shdr sh;
      GElf_Sym sym;
      Elf_Data *data = gelf_getshdr(scn, &sh) && sh.sh_type == kinds[k]
                           ? elf_getdata(scn, NULL)
                           : NULL;
      for (int i = 0; data && gelf_getsym(data, i, &sym); i++)
        add_symbol(s, &sym, elf_strptr(elf, sh.sh_link, sym.st_name));
    }
  size_t n = 0;
  if (s->n)
    qsort(s->all, s->n, sizeof(*s->all), compare_symbols);
  for (size_t i = 0; i < s->n; i++)
    if (!n || s->all[n - 1].address != s->all[i].address)
      s->all[n++] = s->all[i];
  s->n = n;
}

static bool symbol_at_or_below(const void *element, const void *key) {
  return ((const struct symbol *)element)->address <= *(const uint64_t *)key;
}

static const struct symbol *symbol_of(const struct symbols *s, uint64_t at) {
  size_t i =
      lower_bound(s->all, s->n, sizeof(*s->all), symbol_at_or_below, &at);
  const struct symbol *found = i ? &s->all[i - 1] : NULL;
  return found && (!found->size || at - found->address < found->size) ? found
                                                                      : NULL;
}

/* ---- Functions ----------------------------------------------------------- */

static void name_func(struct image *img, struct func *f,
                      const struct symbol *symbol, uint64_t address) {
  char *name = symbol ? xstrndup(symbol->name, strlen(symbol->name))
                      : xasprintf("0x%" PRIx64, address);
  f->name = strtab_copy(&img->names, name, strlen(name));
  f->display = join_demangle(img, f->name);
  free(name);
}

/* A new one begins with the point @p. */
static struct func *begin_func(struct image *img, const struct dwarf_lines *d,
                               const struct symbol *symbol,
                               const struct point *p) {
  const uint64_t address = symbol ? symbol->address : p->at;
  const struct line_func *decl = dwarf_func_at(d, address);
  struct func *f = &img->funcs[img->n_funcs++];
  *f = (struct func){
      .hash = address,
      .line = decl ? decl->line : 0,
      .unit = NO_UNIT,
      .level = UINT8_MAX, /* unknown */
      .keys = img->keys + img->n_blocks,
      .first_block = (uint32_t)img->n_blocks,
      .join = JOIN_EXACT,
      .file = decl ? decl->file : strtab_add(&img->files, "?", 1),
  };
  name_func(img, f, symbol, address);
  return f;
}

static void add_block(struct image *img, struct func *f,
                      const struct dwarf_lines *d, const struct point *p,
                      uint64_t end) {
  const struct line_row *row = p->erased ? NULL : dwarf_line_at(d, p->at, end);
  struct block *b = &img->blocks[img->n_blocks++];
  *b = (struct block){
      .id = p->pc,
      .pc = p->pc,
      .counter = p->counter,
      .number = f->n_blocks,
      .func = (uint32_t)(f - img->funcs),
      .file = row ? row->file : f->file,
      .flags = p->entry ? KCOV8_BLOCK_ENTRY : 0,
  };
  img->keys[b - img->blocks] = (uint32_t)(p->pc - f->hash);
  f->n_blocks++;
  if (!row)
    return;
  b->l0 = b->l1 = row->line;
  b->c0 = row->column;
  b->c1 = row->column + 1;
  b->run = (uint32_t)img->n_runs;
  b->n_runs = 1;
  img->runs =
      vec_push(img->runs, &img->n_runs, &img->cap_runs, sizeof(*img->runs));
  img->runs[img->n_runs - 1] = (struct run){row->file, row->line, 1};
  if (strcmp(img->files.strings[f->file], "?") == 0)
    f->file = row->file; /* code without a declaration, in a source */
}

/*
 * LLVM puts the labels of such blocks behind the function, where another may
 * begin. In the table blocks follow their function.
 */
static void find_erased(struct points *p, const struct symbols *s) {
  uint64_t end = 0;
  for (size_t i = 0; i < p->n; i++) {
    struct point *point = &p->all[i];
    if (end && point->at == end && !point->entry) {
      point->erased = true;
      point->at--;
    }
    const struct symbol *symbol = symbol_of(s, point->at);
    end = symbol && symbol->size ? symbol->address + symbol->size : 0;
  }
}

static int compare_points(const void *a, const void *b) {
  const struct point *x = a, *y = b;
  if (x->pc != y->pc)
    return x->pc < y->pc ? -1 : 1;
  if (x->at != y->at)
    return x->at < y->at ? -1 : 1;
  return (x->counter > y->counter) - (x->counter < y->counter);
}

static void make_blocks(struct image *img, const struct points *p,
                        const struct symbols *s, const struct dwarf_lines *d) {
  const struct symbol *of = NULL;
  struct func *f = NULL;
  img->blocks = xcalloc(p->n, sizeof(*img->blocks));
  img->keys = xcalloc(p->n, sizeof(*img->keys));
  img->funcs = xcalloc(p->n, sizeof(*img->funcs));
  img->by_pc = xcalloc(p->n, sizeof(*img->by_pc));
  for (size_t i = 0; i < p->n; i++) {
    const struct point *point = &p->all[i];
    const struct symbol *symbol = symbol_of(s, point->at);
    uint64_t end = i + 1 < p->n ? p->all[i + 1].at : UINT64_MAX;
    if (symbol && symbol->size && end > symbol->address + symbol->size)
      end = symbol->address + symbol->size;
    if (!f || symbol != of || (!symbol && point->entry))
      f = begin_func(img, d, symbol, point);
    of = symbol;
    img->by_pc[i] = (uint32_t)i;
    add_block(img, f, d, point, end);
  }
  img->n_keys = img->n_blocks;
}

bool stock_read(struct image *img, bool *found) {
  struct points p = {0};
  struct symbols s = {0};
  struct dwarf_lines d;
  if (!pctable_read(img, &p, found) || (!*found && !calls_read(img, &p, found)))
    return false;
  if (!*found)
    return true;
  read_symbols(img, &s);
  find_erased(&p, &s);
  if (p.n)
    qsort(p.all, p.n, sizeof(*p.all), compare_points);
  dwarf_lines_read(&d, img);
  make_blocks(img, &p, &s, &d);
  for (size_t i = 0; i < img->n_funcs; i++)
    img->funcs[i].probe = (uint8_t)p.probe;
  img->is_stock = true;
  img->digest = img->fingerprint = p.digest;
  img->elf.tables[TABLE_COUNTERS].size = p.counter_bytes;
  dwarf_lines_free(&d);
  free(s.all);
  free(p.all);
  return true;
}
