/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * names.c - functions and lines of our own code, for the report of a crash
 *
 * libc knows no names of static functions. So this reads the image's symbol
 * table and line tables, mapped from the file, with no memory of its own.
 * Functions that were inlined are a part of the one that they are in; their
 * lines are their own. Line tables of DWARF's versions 4 and 5 are read;
 * without them there are names only.
 */
#define _GNU_SOURCE
#include "crash.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A part of the file. */
struct part {
  const uint8_t *at, *end;
};

static struct part file, symbols, strings, lines, line_strings, debug_strings;
static uintptr_t bias, code_end; /* of our image */
static char name[512];           /* of the last file found */

/* ---- The file ---------------------------------------------------------- */

static bool inside(uint64_t offset, uint64_t bytes) {
  uint64_t all = (uint64_t)(file.end - file.at);
  return offset <= all && bytes <= all - offset;
}

static struct part section(const Elf64_Shdr *header) {
  struct part none = {NULL, NULL};
  if (header->sh_type == SHT_NOBITS || (header->sh_flags & SHF_COMPRESSED) ||
      !inside(header->sh_offset, header->sh_size))
    return none;
  const uint8_t *at = file.at + header->sh_offset;
  return (struct part){at, at + header->sh_size};
}

static void find_sections(void) {
  const Elf64_Ehdr *head = (const void *)file.at;
  if (!inside(0, sizeof(*head)) ||
      !inside(head->e_shoff, head->e_shnum * sizeof(Elf64_Shdr)) ||
      head->e_shstrndx >= head->e_shnum)
    return;
  const Elf64_Shdr *headers = (const void *)(file.at + head->e_shoff);
  struct part names = section(&headers[head->e_shstrndx]);
  for (size_t i = 0; i < head->e_shnum; i++) {
    const Elf64_Shdr *header = &headers[i];
    if (header->sh_name >= (uint64_t)(names.end - names.at))
      continue;
    const char *is = (const char *)names.at + header->sh_name;
    if (header->sh_type == SHT_SYMTAB && header->sh_link < head->e_shnum) {
      symbols = section(header);
      strings = section(&headers[header->sh_link]);
    } else if (!strcmp(is, ".debug_line")) {
      lines = section(header);
    } else if (!strcmp(is, ".debug_line_str")) {
      line_strings = section(header);
    } else if (!strcmp(is, ".debug_str")) {
      debug_strings = section(header);
    }
  }
}

/* The first one is the program itself. */
static int first_image(struct dl_phdr_info *info, size_t size, void *ctx) {
  (void)size;
  (void)ctx;
  bias = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type == PT_LOAD && (part->p_flags & PF_X))
      code_end = bias + part->p_vaddr + part->p_memsz;
  }
  return 1;
}

void names_open(void) {
  struct stat stat;
  dl_iterate_phdr(first_image, NULL);
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  if (!fstat(fd, &stat)) {
    size_t bytes = (size_t)stat.st_size;
    void *at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) {
      file = (struct part){at, (const uint8_t *)at + bytes};
      find_sections();
    }
  }
  close(fd);
}

/* ---- Functions --------------------------------------------------------- */

static void find_function(uint64_t addr, struct uk_place *place) {
  const Elf64_Sym *symbol = (const void *)symbols.at;
  size_t n = (size_t)(symbols.end - symbols.at) / sizeof(*symbol);
  for (; n-- > 0; symbol++) {
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || addr < symbol->st_value ||
        addr - symbol->st_value >= symbol->st_size ||
        symbol->st_name >= (uint64_t)(strings.end - strings.at))
      continue;
    const char *is = (const char *)strings.at + symbol->st_name;
    if (!place->function || *is == '_') /* sanitizers give theirs two names */
      place->function = is;
    place->offset = addr - symbol->st_value;
    place->size = symbol->st_size;
  }
}

/* ---- Lines ------------------------------------------------------------- */

/* 0 beyond the end. */
static uint64_t fixed(struct part *part, size_t bytes) {
  uint64_t value = 0;
  if ((size_t)(part->end - part->at) < bytes) {
    part->at = part->end;
    return 0;
  }
  memcpy(&value, part->at, bytes < 8 ? bytes : 8);
  part->at += bytes;
  return value;
}

static uint64_t uleb(struct part *part) {
  uint64_t value = 0, byte;
  unsigned int shift = 0;
  do {
    byte = fixed(part, 1);
    value |= shift < 64 ? (byte & 0x7f) << shift : 0;
    shift += 7;
  } while (byte & 0x80);
  return value;
}

static int64_t sleb(struct part *part) {
  const uint8_t *start = part->at;
  uint64_t value = uleb(part);
  size_t bits = 7 * (size_t)(part->at - start);
  if (bits > 0 && bits < 64 && (part->at[-1] & 0x40))
    value |= UINT64_MAX << bits;
  return (int64_t)value;
}

static const char *string(struct part *part) {
  const char *start = (const char *)part->at;
  while (fixed(part, 1))
    ;
  return start;
}

static const char *text_at(const struct part *part, uint64_t offset) {
  return offset < (uint64_t)(part->end - part->at)
             ? (const char *)part->at + offset
             : "";
}

/* One entry of a table of folders or files. */
struct entry {
  const char *path;
  uint64_t dir;
};

#define MAX_FORMAT 8

struct format {
  size_t n;
  uint64_t type[MAX_FORMAT], form[MAX_FORMAT];
};

static bool read_format(struct part *unit, struct format *format) {
  format->n = fixed(unit, 1);
  if (format->n > MAX_FORMAT)
    return false;
  for (size_t i = 0; i < format->n; i++) {
    format->type[i] = uleb(unit);
    format->form[i] = uleb(unit);
  }
  return true;
}

static bool read_entry(struct part *unit, const struct format *format,
                       struct entry *entry) {
  *entry = (struct entry){"", 0};
  for (size_t i = 0; i < format->n; i++) {
    const char *path = "";
    uint64_t value = 0;
    switch (format->form[i]) {
    case 0x08: /* DW_FORM_string */
      path = string(unit);
      break;
    case 0x0e: /* DW_FORM_strp */
      path = text_at(&debug_strings, fixed(unit, 4));
      break;
    case 0x1f: /* DW_FORM_line_strp */
      path = text_at(&line_strings, fixed(unit, 4));
      break;
    case 0x0b: /* DW_FORM_data1 */
      value = fixed(unit, 1);
      break;
    case 0x05: /* DW_FORM_data2 */
      value = fixed(unit, 2);
      break;
    case 0x0f: /* DW_FORM_udata */
      value = uleb(unit);
      break;
    case 0x1e: /* DW_FORM_data16: a checksum */
      fixed(unit, 16);
      break;
    default:
      return false;
    }
    if (format->type[i] == 1) /* DW_LNCT_path */
      entry->path = path;
    else if (format->type[i] == 2) /* DW_LNCT_directory_index */
      entry->dir = value;
  }
  return true;
}

/* Reads a whole table; @entry: number @wanted of it. */
static bool read_table(struct part *unit, uint64_t wanted,
                       struct entry *entry) {
  struct format format;
  struct entry one;
  if (!read_format(unit, &format))
    return false;
  for (uint64_t i = 0, n = uleb(unit); i < n && unit->at < unit->end; i++) {
    if (!read_entry(unit, &format, &one))
      return false;
    if (i == wanted)
      *entry = one;
  }
  return true;
}

/* Version 5: folders and files say what they consist of. */
static bool find_path5(struct part *unit, uint64_t file_number,
                       struct entry *path, struct entry *dir) {
  struct part tables = *unit;
  return read_table(&tables, 0, dir) &&
         read_table(&tables, file_number, path) &&
         read_table(unit, path->dir, dir);
}

/* Version 4: numbers from 1; folder 0 is the one that was compiled in. */
static bool find_path4(struct part *unit, uint64_t file_number,
                       struct entry *path, struct entry *dir) {
  struct part dirs = *unit;
  while (*string(unit))
    ;
  for (uint64_t i = 1; unit->at < unit->end; i++) {
    path->path = string(unit);
    path->dir = uleb(unit);
    uleb(unit); /* time */
    uleb(unit); /* size */
    if (i == file_number)
      break;
  }
  for (uint64_t i = 1; i <= path->dir; i++)
    dir->path = string(&dirs);
  return true;
}

/* Without the folder of all sources, which this file's own name tells. */
static void set_name(const char *dir, const char *path) {
  static const char here[] = __FILE__, tail[] = "examples/ukernel/names.c";
  size_t root = sizeof(here) > sizeof(tail) ? sizeof(here) - sizeof(tail) : 0;
  size_t n = 0;
  const char *part[] = {path[0] == '/' ? "" : dir, path};
  for (int i = 0; i < 2; i++) {
    size_t bytes = strnlen(part[i], sizeof(name) - 2 - n);
    memcpy(name + n, part[i], bytes);
    n += bytes;
    if (i == 0 && n > 0)
      name[n++] = '/';
  }
  name[n] = 0;
  if (n > root && !memcmp(name, here, root))
    memmove(name, name + root, n - root + 1);
}

struct row {
  uint64_t addr, file, line;
  bool any;
};

/* Whether @addr lies between the row before and the one that comes now. */
static bool row_add(struct row *before, const struct row *now, uint64_t addr) {
  if (before->any && addr >= before->addr && addr < now->addr)
    return true;
  uint64_t line = now->line ? now->line : before->line; /* 0: of no line */
  *before = *now;
  before->line = line;
  before->any = true;
  return false;
}

/* Of @unit, behind its header. True: @row is what @addr belongs to. */
static bool run(struct part *unit, const uint8_t *operands, unsigned int first,
                int base, unsigned int range, unsigned int step, uint64_t addr,
                struct row *row) {
  static const struct row start = {0, 1, 1, false};
  struct row now = start;
  *row = start;
  while (unit->at < unit->end) {
    unsigned int op = (unsigned int)fixed(unit, 1);
    bool out = op >= first || op == 1;
    if (op >= first) {
      now.addr += (op - first) / range * step;
      now.line += (uint64_t)(base + (int)((op - first) % range));
    } else if (op == 2) {
      now.addr += uleb(unit) * step;
    } else if (op == 3) {
      now.line += (uint64_t)sleb(unit);
    } else if (op == 4) {
      now.file = uleb(unit);
    } else if (op == 8) {
      now.addr += (255 - first) / range * step;
    } else if (op == 9) {
      now.addr += fixed(unit, 2);
    } else if (op == 0) {
      uint64_t bytes = uleb(unit);
      struct part part = *unit;
      fixed(unit, bytes);
      uint64_t kind = fixed(&part, 1);
      if (kind == 2) /* DW_LNE_set_address */
        now.addr = fixed(&part, 8);
      if (kind == 1) { /* DW_LNE_end_sequence */
        if (row_add(row, &now, addr))
          return true;
        *row = now = start;
      }
    } else {
      for (unsigned int n = operands[op - 1]; op != 1 && n > 0; n--)
        uleb(unit);
    }
    if (out && row_add(row, &now, addr))
      return true;
  }
  return false;
}

static bool search_unit(struct part unit, uint64_t addr,
                        struct uk_place *place) {
  struct row row;
  struct entry path = {"", 0}, dir = path;
  uint64_t version = fixed(&unit, 2);
  if (version != 4 && version != 5)
    return false;
  if (version == 5)
    fixed(&unit, 2); /* sizes of addresses and segment selectors */
  uint64_t header = fixed(&unit, 4);
  if (header > (uint64_t)(unit.end - unit.at))
    return false;
  struct part program = {unit.at + header, unit.end};
  unit.end = program.at;
  unsigned int step = (unsigned int)fixed(&unit, 1);
  fixed(&unit, 2); /* operations per instruction; default of is_stmt */
  int base = (int8_t)fixed(&unit, 1);
  unsigned int range = (unsigned int)fixed(&unit, 1);
  unsigned int first = (unsigned int)fixed(&unit, 1);
  const uint8_t *operands = unit.at;
  if (!range || !first)
    return false;
  fixed(&unit, first - 1);
  if (!run(&program, operands, first, base, range, step, addr, &row))
    return false;
  if (version == 5 ? !find_path5(&unit, row.file, &path, &dir)
                   : !find_path4(&unit, row.file, &path, &dir))
    return false;
  set_name(dir.path, path.path);
  place->file = name;
  place->line = (unsigned int)row.line;
  return true;
}

static void find_line(uint64_t addr, struct uk_place *place) {
  struct part all = lines;
  while (all.at < all.end) {
    uint64_t bytes = fixed(&all, 4);
    if (bytes > (uint64_t)(all.end - all.at)) /* also: 64-bit DWARF */
      return;
    if (search_unit((struct part){all.at, all.at + bytes}, addr, place))
      return;
    all.at += bytes;
  }
}

/* ------------------------------------------------------------------------ */

void names_find(uintptr_t addr, struct uk_place *place) {
  Dl_info info;
  memset(place, 0, sizeof(*place));
  place->own = addr >= bias && addr < code_end;
  if (place->own) {
    find_function(addr - bias, place);
    find_line(addr - bias, place);
  } else if (dladdr((void *)addr, &info)) {
    const char *slash = strrchr(info.dli_fname, '/');
    place->file = slash ? slash + 1 : info.dli_fname;
    place->function = info.dli_sname;
    place->offset = addr - (uintptr_t)info.dli_saddr;
  }
}
