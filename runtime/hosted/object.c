/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * object.c - kcov8_port_object(): the loader knows
 *
 * dlopen() is a weak reference: a static program has none, and needs none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#include "hosted/hosted.h"

#pragma GCC visibility push(default)
#include <kcov8/port.h>
#pragma GCC visibility pop

#pragma weak dlopen

const char kcov8i_object_linked = 1;

struct search {
  uintptr_t address;
  struct kcov8_object *object;
  const char *name;
};

static int look(struct dl_phdr_info *info, size_t size, void *ctx) {
  struct search *const s = ctx;
  struct kcov8_object o = {.begin = UINTPTR_MAX, .bias = info->dlpi_addr};
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *const h = &info->dlpi_phdr[i];
    const uintptr_t begin = info->dlpi_addr + h->p_vaddr;
    const uintptr_t end = begin + h->p_memsz;
    if (h->p_type != PT_LOAD)
      continue;
    o.begin = begin < o.begin ? begin : o.begin;
    o.end = end > o.end ? end : o.end;
    if (h->p_flags & PF_X && s->address >= begin && s->address < end) {
      o.code_begin = begin;
      o.code_end = begin + h->p_filesz;
    }
  }
  if (s->address < o.begin || s->address >= o.end)
    return 0;
  *s->object = o;
  s->name = info->dlpi_name;
  return 1;
}

int kcov8_port_object(const void *address, struct kcov8_object *object) {
  struct search s = {(uintptr_t)address, object, NULL};
  if (!dl_iterate_phdr(look, &s))
    return -1;
  if (s.name && *s.name && dlopen)
    dlopen(s.name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  return 0;
}
