// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * calls.c - callbacks that get their caller's address: blocks are their calls
 *
 * Found as syzkaller finds them in a vmlinux: code is searched for call
 * instructions with the callback's address. Bytes that only look like one would
 * need that very distance, of 32 bits.
 */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/tool.h"
#include "image/points.h"
#include "runtime/image/record.h"

static const char *const callbacks[] = {"__sanitizer_cov_trace_pc",
                                        "__sanitizer_cov_trace_pc_guard"};
enum { N_CALLBACKS = sizeof(callbacks) / sizeof(callbacks[0]) };

/* Addresses of those that the image has; 0: it has not. */
struct targets {
  uint64_t at[N_CALLBACKS];
};

static void note_symbol(const GElf_Sym *sym, const char *name,
                        struct targets *t) {
  for (size_t i = 0; name && i < N_CALLBACKS; i++)
    if (sym->st_shndx != SHN_UNDEF && strcmp(name, callbacks[i]) == 0)
      t->at[i] = sym->st_value;
}

static bool find_targets(const struct image *img, struct targets *t) {
  Elf *elf = img->elf.elf;
  *t = (struct targets){0};
  for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
    GElf_Shdr sh;
    GElf_Sym sym;
    Elf_Data *data = gelf_getshdr(scn, &sh) && (sh.sh_type == SHT_SYMTAB ||
                                                sh.sh_type == SHT_DYNSYM)
                         ? elf_getdata(scn, NULL)
                         : NULL;
    for (int i = 0; data && gelf_getsym(data, i, &sym); i++)
      note_symbol(&sym, elf_strptr(elf, sh.sh_link, sym.st_name), t);
  }
  return t->at[0] || t->at[1];
}

/* The segment of code that has the callbacks. */
struct code {
  const uint8_t *bytes;
  uint64_t address, size;
};

static bool find_code(const struct image *img, const struct targets *t,
                      struct code *code) {
  Elf *elf = img->elf.elf;
  const uint64_t wanted = t->at[0] ? t->at[0] : t->at[1];
  size_t n, file_size = 0;
  const char *file = elf_rawfile(elf, &file_size);
  if (elf_getphdrnum(elf, &n) < 0 || !file)
    return false;
  for (size_t i = 0; i < n; i++) {
    GElf_Phdr ph;
    if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_LOAD ||
        !(ph.p_flags & PF_X) || wanted < ph.p_vaddr ||
        wanted - ph.p_vaddr >= ph.p_filesz)
      continue;
    if (ph.p_offset > file_size || ph.p_filesz > file_size - ph.p_offset)
      return fail(img->path, "cut short: its code ends after the file");
    *code = (struct code){(const uint8_t *)file + ph.p_offset, ph.p_vaddr,
                          ph.p_filesz};
    return true;
  }
  return fail(img->path, "%s lies in no segment of code", callbacks[0]);
}

static bool is_target(const struct targets *t, uint64_t target) {
  for (size_t i = 0; i < N_CALLBACKS; i++)
    if (t->at[i] && target == t->at[i])
      return true;
  return false;
}

/* The call at [@begin, @end), in bytes from the beginning of the code. */
static void add_call(const struct code *code, uint64_t begin, uint64_t end,
                     struct points *p) {
  points_push(p, (struct point){.pc = code->address + end,
                                .at = code->address + begin,
                                .counter = end});
}

/* Return: how many jumps there are instead of calls. */
static size_t search_x86_64(const struct targets *t, const struct code *code,
                            struct points *p) {
  enum { CALL = 0xe8, JUMP = 0xe9, BYTES = 5 };
  size_t n_jumps = 0;
  for (uint64_t i = 0; i + BYTES <= code->size; i++) {
    const uint8_t opcode = code->bytes[i];
    if (opcode != CALL && opcode != JUMP)
      continue;
    const uint64_t end = i + BYTES;
    const int32_t distance = (int32_t)read_u32(code->bytes + i + 1, false);
    if (!is_target(t, code->address + end + (uint64_t)(int64_t)distance))
      continue;
    if (opcode == CALL)
      add_call(code, i, end, p);
    else
      n_jumps++;
  }
  return n_jumps;
}

static size_t search_aarch64(const struct targets *t, const struct code *code,
                             struct points *p) {
  const uint32_t opcode = 0xfc000000, bl = 0x94000000, b = 0x14000000;
  size_t n_jumps = 0;
  for (uint64_t i = 0; i + 4 <= code->size; i += 4) {
    const uint32_t word = read_u32(code->bytes + i, false);
    if ((word & opcode) != bl && (word & opcode) != b)
      continue;
    /* 26 bits of words, signed */
    const int32_t distance = (int32_t)(word << 6) >> 4;
    if (!is_target(t, code->address + i + (uint64_t)(int64_t)distance))
      continue;
    if ((word & opcode) == bl)
      add_call(code, i, i + 4, p);
    else
      n_jumps++;
  }
  return n_jumps;
}

/* As the runtime's: of all words of the code. */
static uint64_t digest_of(const struct code *code) {
  const uint64_t skip = (4 - code->address % 4) % 4;
  const uint64_t n = code->size > skip ? (code->size - skip) / 4 : 0;
  uint32_t *words = xcalloc(n, sizeof(*words));
  for (uint64_t i = 0; i < n; i++)
    words[i] = read_u32(code->bytes + skip + 4 * i, false);
  const uint64_t h =
      kcov8i_digest(kcov8i_digest_start(code->size, 0, 0), words, n);
  free(words);
  return h;
}

bool calls_read(const struct image *img, struct points *p, bool *found) {
  struct targets t;
  struct code code = {0};
  GElf_Ehdr eh;
  *found = gelf_getehdr(img->elf.elf, &eh) && find_targets(img, &t);
  if (!*found)
    return true;
  if (eh.e_machine != EM_X86_64 && eh.e_machine != EM_AARCH64)
    return fail(img->path, "has code with trace-pc, whose calls are found on "
                           "x86-64 and AArch64 only");
  if (!find_code(img, &t, &code))
    return false;
  const size_t n_jumps = eh.e_machine == EM_X86_64
                             ? search_x86_64(&t, &code, p)
                             : search_aarch64(&t, &code, p);
  if (n_jumps)
    warn(img->path,
         "%zu blocks jump to their callback, and have their caller's address "
         "instead of their own: compile with -fno-optimize-sibling-calls",
         n_jumps);
  p->digest = digest_of(&code);
  p->counter_bytes = code.size;
  p->probe = KCOV8_PROBE_COUNTER; /* the runtime's */
  return true;
}
