/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * elf.c - check an ELF file and map its segments
 *
 * The file is not trusted: each offset and size is checked against the file
 * before use. Static executables only, with a fixed address or static-pie.
 */
#include "process.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PIE_BASE 0x555555554000ull
#define MAX_SPAN (2ull << 30)
#define MAX_HEADERS 256u

static int bad(const char **why, const char *reason, int err) {
  *why = reason;
  return err;
}

static int check_header(const struct uk_image *image, Elf64_Ehdr *header,
                        const char **why) {
  if (image->bytes < SELFMAG || memcmp(image->data, ELFMAG, SELFMAG))
    return bad(why, "not an ELF file", -ENOEXEC);
  if (image->bytes < sizeof(*header))
    return bad(why, "truncated ELF header", -ENOEXEC);
  memcpy(header, image->data, sizeof(*header));
  if (header->e_ident[EI_DATA] != ELFDATA2LSB ||
      (header->e_machine != EM_X86_64 && header->e_machine != EM_386))
    return bad(why, "made for another machine, not x86-64", -ENOEXEC);
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64)
    return bad(why, "32-bit program; only 64-bit x86-64 runs", -ENOEXEC);
  if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
    return bad(why, "ELF file is not a program", -ENOEXEC);
  if (header->e_phentsize != sizeof(Elf64_Phdr) || !header->e_phnum ||
      header->e_phnum > MAX_HEADERS)
    return bad(why, "bad ELF program header table", -ENOEXEC);
  uint64_t table = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);
  if (header->e_phoff > image->bytes || table > image->bytes - header->e_phoff)
    return bad(why, "truncated ELF file (program headers)", -ENOEXEC);
  return 0;
}

static int check_segment(const struct uk_image *image, const Elf64_Phdr *header,
                         const char **why) {
  if (header->p_type == PT_INTERP)
    return bad(why, "dynamically linked; only static programs run", -ELIBBAD);
  if (header->p_type != PT_LOAD)
    return 0;
  if (header->p_filesz > header->p_memsz)
    return bad(why, "bad ELF segment size", -ENOEXEC);
  if (header->p_offset > image->bytes ||
      header->p_filesz > image->bytes - header->p_offset)
    return bad(why, "truncated ELF file (segment)", -ENOEXEC);
  if (header->p_vaddr > UK_TASK_SIZE / 2 ||
      header->p_memsz > UK_TASK_SIZE / 2 - header->p_vaddr ||
      (header->p_vaddr - header->p_offset) % UK_PAGE)
    return bad(why, "bad ELF segment address", -ENOEXEC);
  return 0;
}

static int segment_prot(uint32_t flags) {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
         (flags & PF_X ? PROT_EXEC : 0);
}

static uint64_t page_down(uint64_t addr) {
  return addr & ~(uint64_t)(UK_PAGE - 1);
}

static uint64_t page_up(uint64_t addr) { return page_down(addr + UK_PAGE - 1); }

/* Never written, and no other segment on its pages. */
static bool is_constant(const Elf64_Ehdr *elf, const Elf64_Phdr *all,
                        const Elf64_Phdr *header) {
  uint64_t start = page_down(header->p_vaddr);
  uint64_t end = page_up(header->p_vaddr + header->p_memsz);
  if ((header->p_flags & PF_W) || !header->p_memsz)
    return false;
  for (unsigned int i = 0; i < elf->e_phnum; i++)
    if (&all[i] != header && all[i].p_type == PT_LOAD &&
        page_down(all[i].p_vaddr) < end &&
        page_up(all[i].p_vaddr + all[i].p_memsz) > start)
      return false;
  return true;
}

static int map_constant(struct uk_mm *mm, const struct uk_image *image,
                        const Elf64_Phdr *header, struct uk_pages *whole,
                        uint64_t bias) {
  uint64_t start = page_down(header->p_vaddr);
  uint64_t end = page_up(header->p_vaddr + header->p_memsz);
  uk_pages_discount(whole, end - start);
  struct uk_pages *pages = uk_pages_new(end - start);
  if (!pages)
    return -ENOMEM;
  pages->constant = true;
  memcpy(pages->base + (header->p_vaddr - start),
         image->data + header->p_offset, header->p_filesz);
  struct uk_region region = {.start = bias + start,
                             .end = bias + end,
                             .prot = segment_prot(header->p_flags),
                             .may = PROT_READ | PROT_WRITE | PROT_EXEC,
                             .pages = pages};
  return mm_insert(mm, &region);
}

static int map_segment(struct uk_mm *mm, const struct uk_image *image,
                       const Elf64_Phdr *header, struct uk_pages *pages,
                       uint64_t low, uint64_t bias) {
  struct uk_region region = {.start = bias + page_down(header->p_vaddr),
                             .end = bias +
                                    page_up(header->p_vaddr + header->p_memsz),
                             .prot = segment_prot(header->p_flags),
                             .may = PROT_READ | PROT_WRITE | PROT_EXEC,
                             .pages = pages,
                             .skip = page_down(header->p_vaddr) - low};
  if (!header->p_memsz)
    return 0;
  memcpy(pages->base + (header->p_vaddr - low), image->data + header->p_offset,
         header->p_filesz);
  uk_pages_get(pages);
  return mm_insert(mm, &region);
}

/*
 * Where the header table is in memory. Not from PT_PHDR, which the file may
 * lack: the segment that holds the table's file offset.
 */
static uint64_t table_address(const Elf64_Ehdr *elf, const Elf64_Phdr *header) {
  for (unsigned int i = 0; i < elf->e_phnum; i++)
    if (header[i].p_type == PT_LOAD && elf->e_phoff >= header[i].p_offset &&
        elf->e_phoff - header[i].p_offset < header[i].p_filesz)
      return header[i].p_vaddr + (elf->e_phoff - header[i].p_offset);
  return 0;
}

int elf_load(struct uk_mm *mm, const struct uk_image *image,
             struct uk_loaded *loaded, const char **why) {
  Elf64_Ehdr elf;
  Elf64_Phdr header[MAX_HEADERS];
  uint64_t low = UINT64_MAX, high = 0;
  int err = check_header(image, &elf, why);
  if (err)
    return err;
  memcpy(header, image->data + elf.e_phoff, elf.e_phnum * sizeof(*header));
  for (unsigned int i = 0; i < elf.e_phnum; i++) {
    err = check_segment(image, &header[i], why);
    if (err)
      return err;
    if (header[i].p_type != PT_LOAD)
      continue;
    if (page_down(header[i].p_vaddr) < low)
      low = page_down(header[i].p_vaddr);
    if (page_up(header[i].p_vaddr + header[i].p_memsz) > high)
      high = page_up(header[i].p_vaddr + header[i].p_memsz);
  }
  if (low >= high)
    return bad(why, "ELF file without loadable segments", -ENOEXEC);
  uint64_t bias = elf.e_type == ET_DYN ? PIE_BASE - low : 0;
  if (high - low > MAX_SPAN || low + bias < UK_MMAP_MIN)
    return bad(why, "bad ELF segment address", -ENOEXEC);

  struct uk_pages *pages = uk_pages_new(high - low);
  if (!pages)
    return -ENOMEM;
  for (unsigned int i = 0; !err && i < elf.e_phnum; i++)
    if (header[i].p_type == PT_LOAD)
      err = is_constant(&elf, header, &header[i])
                ? map_constant(mm, image, &header[i], pages, bias)
                : map_segment(mm, image, &header[i], pages, low, bias);
  uk_pages_put(pages);
  uint64_t table = table_address(&elf, header);
  loaded->entry = elf.e_entry + bias;
  loaded->phdr = table ? table + bias : 0;
  loaded->phnum = elf.e_phnum;
  mm->brk_start = mm->brk = high + bias;
  return err;
}
