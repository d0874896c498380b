// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * pctable.c - SanitizerCoverage's pc-table: pairs of address and flags
 *
 * In position-independent images the addresses are in relocations: as addends
 * (RELA; relative, or of a symbol that could be interposed), or in place (REL
 * and RELR).
 */
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/tool.h"
#include "image/points.h"
#include "runtime/image/record.h"

#define FLAG_ENTRY 1

/* Arrays that go with the table, and bytes of them to an entry. */
static const struct {
  const char *section;
  unsigned int step;
  enum kcov8_probe probe;
} arrays[] = {
    {"__sancov_cntrs", 1, KCOV8_PROBE_WRAPPING},
    {"__sancov_bools", 1, KCOV8_PROBE_FLAG},
    {"__sancov_guards", 4, KCOV8_PROBE_COUNTER}, /* the runtime's callback */
};

static Elf_Scn *find_section(const struct image *img, const char *wanted,
                             GElf_Shdr *sh) {
  Elf *elf = img->elf.elf;
  size_t names;
  if (elf_getshdrstrndx(elf, &names) < 0)
    return NULL;
  for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
    const char *name =
        gelf_getshdr(scn, sh) ? elf_strptr(elf, names, sh->sh_name) : NULL;
    if (name && strcmp(name, wanted) == 0)
      return scn;
  }
  return NULL;
}

/* The table as words of 64 bits. */
struct words {
  uint64_t address; /* of the first */
  uint64_t *all;
  size_t n;
  unsigned int bytes; /* of one in the image */
};

static bool read_words(const struct image *img, Elf_Scn *scn,
                       const GElf_Shdr *sh, struct words *w) {
  Elf_Data *data = elf_rawdata(scn, NULL);
  w->bytes = img->elf.is64 ? 8 : 4;
  if (sh->sh_type == SHT_NOBITS || !data || !data->d_buf)
    return fail(img->path, "section __sancov_pcs has no contents (a debug file "
                           "split off by objcopy --only-keep-debug?)");
  if (data->d_size % ((size_t)2 * w->bytes))
    return fail(img->path, "size of __sancov_pcs is no multiple of an entry");
  w->address = sh->sh_addr;
  w->n = data->d_size / w->bytes;
  w->all = xcalloc(w->n, sizeof(*w->all));
  for (size_t i = 0; i < w->n; i++) {
    const uint8_t *p = (const uint8_t *)data->d_buf + i * w->bytes;
    w->all[i] = img->elf.is64 ? read_u64(p, img->elf.big_endian)
                              : read_u32(p, img->elf.big_endian);
  }
  return true;
}

static void relocate(const struct image *img, const GElf_Shdr *sh,
                     Elf_Data *data, Elf_Data *symbols, struct words *w) {
  const size_t n = sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
  for (size_t i = 0; i < n && i <= INT32_MAX; i++) {
    GElf_Rela r;
    GElf_Sym sym = {0};
    if (!gelf_getrela(data, (int)i, &r))
      return;
    const uint64_t at = r.r_offset - w->address;
    if (at / w->bytes >= w->n || at % w->bytes)
      continue;
    if (GELF_R_SYM(r.r_info) &&
        (!symbols || !gelf_getsym(symbols, (int)GELF_R_SYM(r.r_info), &sym)))
      continue;
    w->all[at / w->bytes] = sym.st_value + (uint64_t)r.r_addend;
    if (!img->elf.is64)
      w->all[at / w->bytes] &= UINT32_MAX;
  }
}

static void relocate_all(const struct image *img, struct words *w) {
  Elf *elf = img->elf.elf;
  for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
    GElf_Shdr sh;
    if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_RELA ||
        !(sh.sh_flags & SHF_ALLOC))
      continue;
    Elf_Scn *names = elf_getscn(elf, sh.sh_link);
    Elf_Data *data = elf_getdata(scn, NULL);
    if (data)
      relocate(img, &sh, data, names ? elf_getdata(names, NULL) : NULL, w);
  }
}

void points_push(struct points *p, struct point point) {
  p->all = vec_push(p->all, &p->n, &p->cap, sizeof(*p->all));
  p->all[p->n - 1] = point;
}

static void make_points(const struct words *w, unsigned int step,
                        struct points *p) {
  p->counter_bytes = w->n / 2 * step;
  p->digest = kcov8i_fingerprint_start(p->counter_bytes);
  for (size_t i = 0; i < w->n / 2; i++) {
    const uint64_t pc = w->all[2 * i], flags = w->all[2 * i + 1];
    p->digest = kcov8i_fingerprint_add(p->digest, pc, flags, NULL, 0);
    points_push(p, (struct point){.pc = pc,
                                  .at = pc,
                                  .counter = i * step,
                                  .entry = flags & FLAG_ENTRY});
  }
}

bool pctable_is_there(const struct image *img) {
  GElf_Shdr sh;
  return find_section(img, "__sancov_pcs", &sh);
}

bool pctable_read(const struct image *img, struct points *p, bool *found) {
  GElf_Shdr sh, array;
  struct words w = {0};
  size_t i = 0;
  *found = false;
  while (i < sizeof(arrays) / sizeof(arrays[0]) &&
         !find_section(img, arrays[i].section, &array))
    i++;
  Elf_Scn *scn = find_section(img, "__sancov_pcs", &sh);
  if (!scn || i == sizeof(arrays) / sizeof(arrays[0]))
    return true;
  *found = true;
  if (!read_words(img, scn, &sh, &w))
    return false;
  if (w.n / 2 * arrays[i].step != array.sh_size) {
    free(w.all);
    return fail(img->path,
                "%" PRIu64 " entries in %s, %zu in __sancov_pcs: the linker "
                "dropped some of one (ld.bfd with --gc-sections; "
                "-z start-stop-gc or ld.lld)",
                array.sh_size / arrays[i].step, arrays[i].section, w.n / 2);
  }
  p->probe = arrays[i].probe;
  relocate_all(img, &w);
  make_points(&w, arrays[i].step, p);
  free(w.all);
  return true;
}
