// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * engine-libfuzzer.c - libFuzzer in the program itself
 *
 * It needs libFuzzer's library with other names of its callbacks, since
 * adapters and probes have those names, too. It counts executions itself
 * (-runs).
 */
#include "engine.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*one)(const uint8_t *, size_t));
void libfuzzer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);

static int one(const uint8_t *data, size_t size) {
  fuzz_one(data, size);
  return 0;
}

int engine_fuzz(struct scheme_map map, int argc, char **argv) {
  libfuzzer_cov_8bit_counters_init(map.bytes, map.bytes + map.size);
  atexit(fuzz_end); // libFuzzer ends by exit()
  return LLVMFuzzerRunDriver(&argc, &argv, one);
}
