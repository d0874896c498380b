/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * stack.c - a new program's stack: arguments, environment, auxiliary vector
 */
#define _GNU_SOURCE
#include "process.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define STACK_TOP 0x7ffffffff000ull
#define STACK_BYTES (8ull << 20)
#define MAX_STRINGS (2u << 20)

int strings_add(struct uk_strings *strings, const char *item) {
  strings->bytes += strlen(item) + 1 + sizeof(char *);
  if (strings->bytes > MAX_STRINGS)
    return -E2BIG;
  if (strings->count == strings->room) {
    size_t room = strings->room ? 2 * strings->room : 16;
    char **grown = realloc(strings->item, room * sizeof(char *));
    if (!grown)
      return -ENOMEM;
    strings->item = grown;
    strings->room = room;
  }
  char *copy = strdup(item);
  if (!copy)
    return -ENOMEM;
  strings->item[strings->count++] = copy;
  return 0;
}

void strings_free(struct uk_strings *strings) {
  for (size_t i = 0; i < strings->count; i++)
    free(strings->item[i]);
  free(strings->item);
  memset(strings, 0, sizeof(*strings));
}

struct builder {
  struct uk_mm *mm;
  uint64_t at; /* what is above is in use */
  int err;
};

static uint64_t push(struct builder *builder, const void *data, size_t bytes) {
  builder->at -= bytes;
  if (!builder->err)
    builder->err = mm_write(builder->mm, builder->at, data, bytes);
  return builder->at;
}

static void push_all(struct builder *builder, const struct uk_strings *strings,
                     uint64_t *addr) {
  for (size_t i = strings->count; i-- > 0;)
    addr[i] = push(builder, strings->item[i], strlen(strings->item[i]) + 1);
  addr[strings->count] = 0;
}

int stack_build(struct uk_mm *mm, const struct uk_loaded *loaded,
                const char *path, const struct uk_proc *proc,
                const struct uk_strings *argv, const struct uk_strings *envp,
                uint64_t *rsp) {
  struct builder builder = {.mm = mm, .at = STACK_TOP - 8};
  if (argv->bytes + envp->bytes > MAX_STRINGS)
    return -E2BIG;
  int err = mm_map_private(mm, STACK_TOP - STACK_BYTES, STACK_BYTES,
                           PROT_READ | PROT_WRITE, "[stack]");
  if (err)
    return err;
  size_t n = argv->count + envp->count + 3;
  uint64_t *table = calloc(n, sizeof(*table));
  if (!table)
    return -ENOMEM;
  uint8_t bytes[16];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
    memset(bytes, 0x5a, sizeof(bytes));
  uint64_t name = push(&builder, path, strlen(path) + 1);
  uint64_t platform = push(&builder, "x86_64", 7);
  uint64_t random = push(&builder, bytes, sizeof(bytes));
  table[0] = argv->count;
  push_all(&builder, envp, table + 2 + argv->count);
  push_all(&builder, argv, table + 1);
  const uint64_t aux[][2] = {
      {AT_PHDR, loaded->phdr},
      {AT_PHENT, sizeof(Elf64_Phdr)},
      {AT_PHNUM, loaded->phnum},
      {AT_PAGESZ, UK_PAGE},
      {AT_BASE, 0},
      {AT_FLAGS, 0},
      {AT_ENTRY, loaded->entry},
      {AT_UID, proc->ids[0]},
      {AT_EUID, proc->ids[1]},
      {AT_GID, proc->ids[4]},
      {AT_EGID, proc->ids[5]},
      {AT_SECURE, 0},
      {AT_CLKTCK, 100},
      {AT_HWCAP, 0x07088100}, /* CPUID 1 EDX of the emulated CPU */
      {AT_RANDOM, random},
      {AT_EXECFN, name},
      {AT_PLATFORM, platform},
      {AT_NULL, 0},
  };
  /* RSP is a multiple of 16 at the entry. */
  builder.at &= ~15ull;
  if (n % 2)
    builder.at -= 8;
  push(&builder, aux, sizeof(aux));
  *rsp = push(&builder, table, n * sizeof(*table));
  free(table);
  return builder.err ? -E2BIG : 0;
}
