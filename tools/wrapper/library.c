/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * library.c - libkcov8-library.a: for shared libraries that may have no
 * undefined symbols (-z defs)
 *
 * The runtime is the program's, and a library never has a copy. What a library
 * calls of it is here, hidden, and goes on to the program's symbol of the same
 * name, which is looked up when the library is loaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <kcov8/abi.h>
#include <kcov8/kcov8.h>
#include <stdbool.h>
#include <stdio.h>

__attribute__((used)) static const char version[] =
    KCOV8_VERSION_TAG KCOV8_VERSION;

static struct {
  void (*add)(struct kcov8_image *);
  void (*drop)(struct kcov8_image *);
  const uint32_t *on;
  void (*compare)(const uint8_t *, uint32_t, uint64_t, uint64_t);
  void (*choose)(const uint8_t *, uint64_t, const uint64_t *);
  void (*first_in)(uint8_t *, void *);
} of_program;

static void *find(const char *name) { return dlsym(RTLD_DEFAULT, name); }

static void complain(const void *image) {
  Dl_info info;
  if (!dladdr(image, &info) || !info.dli_fname)
    info.dli_fname = "a library";
  fprintf(stderr, "kcov8: %s: no coverage, the program has no kcov8 runtime\n",
          info.dli_fname);
}

#if defined(__x86_64__)
/* Called with all registers live: goes there, or back. */
void (*kcov8_first_of_program)(const uint8_t *)
    __attribute__((visibility("hidden")));
__asm__(".text\n"
        ".globl " KCOV8_FIRST_SYMBOL "\n"
        ".hidden " KCOV8_FIRST_SYMBOL "\n"
        ".type " KCOV8_FIRST_SYMBOL ", @function\n" KCOV8_FIRST_SYMBOL ":\n"
        "cmpq $0, kcov8_first_of_program(%rip)\n"
        "je 1f\n"
        "jmpq *kcov8_first_of_program(%rip)\n"
        "1: ret\n"
        ".size " KCOV8_FIRST_SYMBOL ", . - " KCOV8_FIRST_SYMBOL "\n");
#endif

void __kcov8_image_register(struct kcov8_image *image) {
  *(void **)&of_program.drop = find(KCOV8_UNREGISTER_SYMBOL);
  *(void **)&of_program.compare = find(KCOV8_CMP_SYMBOL);
  *(void **)&of_program.choose = find(KCOV8_SWITCH_SYMBOL);
  *(void **)&of_program.first_in = find(KCOV8_FIRST_IN_SYMBOL);
  of_program.on = find(KCOV8_CMP_GATE_SYMBOL);
  *(void **)&of_program.add = find(KCOV8_REGISTER_SYMBOL);
#if defined(__x86_64__)
  *(void **)&kcov8_first_of_program = find(KCOV8_FIRST_SYMBOL);
#endif
  if (of_program.add)
    of_program.add(image);
  else
    complain(image);
}

void __kcov8_image_unregister(struct kcov8_image *image) {
  if (of_program.drop)
    of_program.drop(image);
}

/* Always on here; the program's says whether. */
uint32_t __kcov8_cmp_on = 1;

static bool is_on(void) {
  return of_program.on && __atomic_load_n(of_program.on, __ATOMIC_RELAXED);
}

void __kcov8_trace_cmp(const uint8_t *counter, uint32_t type, uint64_t arg1,
                       uint64_t arg2) {
  if (is_on() && of_program.compare)
    of_program.compare(counter, type, arg1, arg2);
}

void __kcov8_trace_switch(const uint8_t *counter, uint64_t value,
                          const uint64_t *cases) {
  if (is_on() && of_program.choose)
    of_program.choose(counter, value, cases);
}

void __kcov8_first_in(uint8_t *counter, void *list);

void __kcov8_first_in(uint8_t *counter, void *list) {
  if (of_program.first_in)
    of_program.first_in(counter, list);
}
