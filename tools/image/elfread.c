// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * elfread.c - ELF side of the tool, on libelf
 *
 * A table is the section of its name. Where a linker script has put the table
 * inside another section (kernels do), the symbols __start_NAME and
 * __stop_NAME say where, as they do for the runtime.
 *
 * A Linux kernel module is linked, but not located: sections get addresses of
 * our own here, and the function records are completed as a loader would.
 */
#include "image/elfread.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tool.h"

/* zlib's best is about 1032:1; more is a forged header, not a section. */
#define MAX_COMPRESSION 1100

const char *const table_names[N_TABLES] = {
    KCOV8_SECTION_COUNTERS,
    KCOV8_SECTION_KEYS,
    KCOV8_SECTION_FUNCS,
    KCOV8_SECTION_MAP,
};

/* Values of the __start_ and __stop_ symbols of one table. */
struct bounds {
  bool has[2];
  uint64_t at[2];
};

/* The file's size on success, so that offsets can be judged. */
static bool open_file(struct elf_file *f, uint64_t *size) {
  struct stat st;
  f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (f->fd < 0 || fstat(f->fd, &st) < 0)
    return fail(f->path, "%s", strerror(errno));
  if (S_ISDIR(st.st_mode))
    return fail(f->path, "is a directory, not an image");
  if (!S_ISREG(st.st_mode))
    return fail(f->path, "not a regular file");
  if (st.st_size == 0)
    return fail(f->path, "the file is empty");
  *size = (uint64_t)st.st_size;
  return true;
}

static bool is_archive(struct elf_file *f) {
  static const char thin[] = "!<thin>\n"; /* libelf does not know these */
  char magic[sizeof(thin) - 1];
  return elf_kind(f->elf) == ELF_K_AR ||
         (pread(f->fd, magic, sizeof(magic), 0) == sizeof(magic) &&
          memcmp(magic, thin, sizeof(magic)) == 0);
}

static bool is_module(struct elf_file *f) {
  size_t names;
  if (elf_getshdrstrndx(f->elf, &names) < 0)
    return false;
  for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn));) {
    GElf_Shdr sh;
    const char *name =
        gelf_getshdr(scn, &sh) ? elf_strptr(f->elf, names, sh.sh_name) : NULL;
    if (name && strcmp(name, ".gnu.linkonce.this_module") == 0)
      return true;
  }
  return false;
}

static bool check_kind(struct elf_file *f, uint64_t file_size) {
  if (is_archive(f))
    return fail(f->path, "is an archive: link it into an image first");
  if (elf_kind(f->elf) != ELF_K_ELF)
    return fail(f->path, "not an ELF file, or cut short");
  GElf_Ehdr eh;
  size_t n;
  if (!gelf_getehdr(f->elf, &eh))
    return fail(f->path, "bad ELF header: %s", elf_errmsg(-1));
  f->is_module = eh.e_type == ET_REL && is_module(f);
  if (eh.e_type == ET_REL && !f->is_module)
    return fail(f->path, "is an object file: link it into an image first");
  if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN && !f->is_module)
    return fail(f->path, "neither an executable nor a shared object");
  if (eh.e_shoff >= file_size ||
      (eh.e_shnum &&
       (uint64_t)eh.e_shnum * eh.e_shentsize > file_size - eh.e_shoff))
    return fail(f->path, "cut short: its section headers are missing");
  if (elf_getshdrnum(f->elf, &n) < 0 || elf_getshdrstrndx(f->elf, &n) < 0)
    return fail(f->path, "bad ELF file: %s", elf_errmsg(-1));
  f->is64 = gelf_getclass(f->elf) == ELFCLASS64;
  f->big_endian = eh.e_ident[EI_DATA] == ELFDATA2MSB;
  f->machine_type = eh.e_type == ET_EXEC ? "executable"
                    : f->is_module       ? "kernel module"
                                         : "PIE or shared object";
  return true;
}

static bool read_table(struct elf_file *f, enum table which, Elf_Scn *scn,
                       const GElf_Shdr *header, uint64_t file_size) {
  const char *name = table_names[which];
  struct table_data *t = &f->tables[which];
  GElf_Shdr sh = *header;
  if (t->present)
    return fail(f->path, "two sections '%s': not the result of a final link",
                name);
  t->present = true;
  t->section = elf_ndxscn(scn);
  t->addr = sh.sh_addr;
  t->size = sh.sh_size;
  if (sh.sh_type == SHT_NOBITS || sh.sh_size == 0)
    return true;
  if (sh.sh_offset > file_size || sh.sh_size > file_size - sh.sh_offset)
    return fail(f->path, "cut short: section '%s' ends after the file", name);
  if (sh.sh_flags & SHF_COMPRESSED) {
    GElf_Chdr ch;
    if (!gelf_getchdr(scn, &ch) || ch.ch_type != ELFCOMPRESS_ZLIB ||
        ch.ch_size / MAX_COMPRESSION > sh.sh_size ||
        elf_compress(scn, 0, 0) < 0)
      return fail(f->path,
                  "cannot uncompress section '%s' (objcopy "
                  "--decompress-debug-sections may help)",
                  name);
  }
  Elf_Data *data = elf_rawdata(scn, NULL);
  if (!data || !data->d_buf)
    return fail(f->path, "cannot read section '%s': %s", name, elf_errmsg(-1));
  t->data = data->d_buf;
  t->size = data->d_size;
  return true;
}

static void note_symbol(struct elf_file *f, struct bounds *bounds,
                        const GElf_Sym *sym, const char *name) {
  if (GELF_ST_TYPE(sym->st_info) == STT_FUNC ||
      GELF_ST_TYPE(sym->st_info) == STT_GNU_IFUNC) {
    if (sym->st_shndx == SHN_UNDEF)
      return;
    f->func_names = vec_push(f->func_names, &f->n_func_names,
                             &f->cap_func_names, sizeof(*f->func_names));
    f->func_names[f->n_func_names - 1] = name;
    f->has_local_funcs |= GELF_ST_BIND(sym->st_info) == STB_LOCAL;
    return;
  }
  int end = strncmp(name, "__stop_", 7) == 0;
  if (!end && strncmp(name, "__start_", 8) != 0)
    return;
  for (int i = 0; i < N_TABLES; i++)
    if (strcmp(name + (end ? 7 : 8), table_names[i]) == 0) {
      bounds[i].has[end] = true;
      bounds[i].at[end] = sym->st_value;
    }
}

/* A damaged symbol table costs the judgement about discarded functions only. */
static void read_symbols(struct elf_file *f, Elf_Scn *scn, const GElf_Shdr *sh,
                         struct bounds *bounds) {
  Elf_Data *data = elf_getdata(scn, NULL);
  if (!data || !data->d_buf || sh->sh_entsize == 0)
    return;
  size_t n = data->d_size / sh->sh_entsize;
  for (size_t i = 0; i < n && i <= INT32_MAX; i++) {
    GElf_Sym sym;
    if (!gelf_getsym(data, (int)i, &sym))
      return;
    const char *name = elf_strptr(f->elf, sh->sh_link, sym.st_name);
    if (name)
      note_symbol(f, bounds, &sym, name);
  }
}

/* A table inside another section, found by its symbols. */
static bool table_from_symbols(struct elf_file *f, enum table which,
                               const struct bounds *b, uint64_t file_size) {
  struct table_data *t = &f->tables[which];
  if (t->present || !b->has[0] || !b->has[1] || b->at[1] <= b->at[0])
    return true;
  uint64_t size = b->at[1] - b->at[0];
  Elf_Scn *scn = NULL;
  while ((scn = elf_nextscn(f->elf, scn))) {
    GElf_Shdr sh;
    if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) ||
        b->at[0] < sh.sh_addr || b->at[0] - sh.sh_addr > sh.sh_size ||
        size > sh.sh_size - (b->at[0] - sh.sh_addr))
      continue;
    uint64_t skip = b->at[0] - sh.sh_addr;
    *t = (struct table_data){true, 0, b->at[0], size, NULL};
    if (sh.sh_type == SHT_NOBITS)
      return true;
    if (sh.sh_offset > file_size || sh.sh_size > file_size - sh.sh_offset)
      return fail(f->path, "cut short: table '%s' ends after the file",
                  table_names[which]);
    Elf_Data *data = elf_rawdata(scn, NULL);
    if (!data || !data->d_buf || data->d_size < skip + size)
      return fail(f->path, "cannot read table '%s'", table_names[which]);
    t->data = (const uint8_t *)data->d_buf + skip;
    return true;
  }
  return fail(f->path, "symbols of '%s' point outside every section",
              table_names[which]);
}

/* ---- Modules ---- */

/* Tables one behind the other, so that distances fit in 32 bits. */
static void place_tables(struct elf_file *f) {
  uint64_t next = 4096;
  for (int i = 0; i < N_TABLES; i++) {
    f->tables[i].addr = next;
    next += (f->tables[i].size + 15) / 16 * 16;
  }
}

/* Completes one field of a function record: all of them are self-relative. */
static bool relocate_field(struct elf_file *f, Elf_Data *symbols,
                           const GElf_Rela *r) {
  const struct table_data *funcs = &f->tables[TABLE_FUNCS];
  GElf_Sym sym;
  if (!gelf_getsym(symbols, (int)GELF_R_SYM(r->r_info), &sym) ||
      funcs->size < 4 || r->r_offset > funcs->size - 4)
    return fail(f->path, "bad relocation in %s", KCOV8_SECTION_FUNCS);
  for (int i = 0; i < N_TABLES; i++) {
    const struct table_data *t = &f->tables[i];
    if (!t->present || sym.st_shndx != t->section)
      continue;
    uint64_t distance = t->addr + sym.st_value + (uint64_t)r->r_addend -
                        (funcs->addr + r->r_offset);
    for (int byte = 0; byte < 4; byte++)
      f->records[r->r_offset + (f->big_endian ? 3 - byte : byte)] =
          (uint8_t)(distance >> 8 * byte);
    return true;
  }
  return fail(f->path, "a relocation in %s leads out of the tables",
              KCOV8_SECTION_FUNCS);
}

static bool relocate_section(struct elf_file *f, Elf_Scn *scn,
                             const GElf_Shdr *sh) {
  Elf_Scn *symtab = elf_getscn(f->elf, sh->sh_link);
  Elf_Data *symbols = symtab ? elf_getdata(symtab, NULL) : NULL;
  Elf_Data *entries = elf_getdata(scn, NULL);
  if (!symbols || !entries || sh->sh_entsize == 0)
    return fail(f->path, "cannot read the relocations of %s",
                KCOV8_SECTION_FUNCS);
  for (size_t i = 0; i < entries->d_size / sh->sh_entsize; i++) {
    GElf_Rela r;
    if (!gelf_getrela(entries, (int)i, &r))
      return fail(f->path, "bad relocation in %s", KCOV8_SECTION_FUNCS);
    if (!relocate_field(f, symbols, &r))
      return false;
  }
  return true;
}

static bool locate_module(struct elf_file *f) {
  struct table_data *funcs = &f->tables[TABLE_FUNCS];
  place_tables(f);
  if (!funcs->data)
    return true;
  f->records = xcalloc(funcs->size, 1);
  memcpy(f->records, funcs->data, funcs->size);
  funcs->data = f->records;
  for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn));) {
    GElf_Shdr sh;
    if (!gelf_getshdr(scn, &sh))
      return fail(f->path, "bad section header: %s", elf_errmsg(-1));
    if (sh.sh_type == SHT_RELA && sh.sh_info == funcs->section &&
        !relocate_section(f, scn, &sh))
      return false;
  }
  return true;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool elf_open(struct elf_file *f, const char *path) {
  *f = (struct elf_file){.path = path, .fd = -1};
  uint64_t file_size = 0;
  if (!open_file(f, &file_size))
    return false;
  elf_version(EV_CURRENT);
  f->elf = elf_begin(f->fd, ELF_C_READ, NULL);
  if (!f->elf)
    return fail(path, "cannot read: %s", elf_errmsg(-1));
  if (!check_kind(f, file_size))
    return false;

  struct bounds bounds[N_TABLES] = {0};
  size_t names;
  elf_getshdrstrndx(f->elf, &names);
  Elf_Scn *scn = NULL;
  while ((scn = elf_nextscn(f->elf, scn))) {
    GElf_Shdr sh;
    if (!gelf_getshdr(scn, &sh))
      return fail(path, "bad section header: %s", elf_errmsg(-1));
    if (sh.sh_type == SHT_SYMTAB && sh.sh_offset <= file_size &&
        sh.sh_size <= file_size - sh.sh_offset)
      read_symbols(f, scn, &sh, bounds);
    const char *name = elf_strptr(f->elf, names, sh.sh_name);
    if (!name)
      return fail(path, "bad section name: %s", elf_errmsg(-1));
    for (int i = 0; i < N_TABLES; i++)
      if (strcmp(name, table_names[i]) == 0 &&
          !read_table(f, (enum table)i, scn, &sh, file_size))
        return false;
  }
  for (int i = 0; i < N_TABLES; i++)
    if (!f->is_module &&
        !table_from_symbols(f, (enum table)i, &bounds[i], file_size))
      return false;
  if (f->is_module && !locate_module(f))
    return false;
  if (f->n_func_names)
    qsort(f->func_names, f->n_func_names, sizeof(*f->func_names),
          compare_names);
  return true;
}

void elf_close(struct elf_file *f) {
  free(f->func_names);
  free(f->records);
  elf_end(f->elf);
  if (f->fd >= 0)
    close(f->fd);
}
