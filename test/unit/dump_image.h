/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dump_image.h - what the pass would emit, by hand, in the real sections: one
 * function of BLOCKS blocks, with keys 0, 1, 2, ...
 *
 * DUMP_HASH is the function's hash, DUMP_FLAGS its flags. Included once per
 * executable or library.
 */
#include <kcov8/kcov8.h>

#define BLOCKS 32
#ifndef DUMP_FLAGS
#define DUMP_FLAGS 0
#endif
#define STRING_(x) #x
#define STRING(x) STRING_(x)

KCOV8_IMAGE_DECLARE;
extern uint8_t dump_counters[BLOCKS] __attribute__((visibility("hidden")));
static struct kcov8_image dump_image = KCOV8_IMAGE_INIT;

#ifdef DUMP_HASH
__asm__(
    ".pushsection __kcov8_cntrs,\"aw\",@progbits\n"
    ".globl dump_counters\n.hidden dump_counters\n"
    "dump_counters: .zero " STRING(
        BLOCKS) "\n"
                ".popsection\n"
                ".pushsection __kcov8_keys,\"a\",@progbits\n.balign 4\n"
                ".long 1\n1: .set key, 0\n.rept " STRING(
                    BLOCKS) "\n"
                            ".long key\n.set key, key + 1\n.endr\n"
                            ".popsection\n"
                            ".pushsection "
                            "__kcov8_funcs,\"a\",@progbits\n.balign 8\n"
                            ".quad " STRING(
                                DUMP_HASH) "\n"
                                           ".long dump_counters - .\n"
                                           ".long 1b - .\n"
                                           ".long " STRING(
                                               BLOCKS) "\n"
                                                       ".byte " STRING(KCOV8_ABI_VERSION) ", 0, 1, " STRING(
                                                           DUMP_FLAGS) "\n."
                                                                       "long "
                                                                       "0, 0\n"
                                                                       ".popsec"
                                                                       "tion"
                                                                       "\n");
#else
uint8_t dump_counters[BLOCKS]; /* an image without tables */
#endif

__attribute__((constructor)) static void load(void) {
  __kcov8_image_register(&dump_image);
}

__attribute__((destructor)) static void unload(void) {
  __kcov8_image_unregister(&dump_image);
}

static inline void run(unsigned int block) { dump_counters[block]++; }
