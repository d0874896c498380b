/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * engine.h - what fuzz.c and a fuzzer's engine are to each other
 *
 * A program has one engine: engine-libfuzzer.c or engine-afl.c.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "adapter.h"

/* The engine. MAP has what the scheme saw of the last execution; ARGV[1] and
 * more are the engine's own. Its value is the program's. */
int engine_fuzz(struct scheme_map map, int argc, char **argv);

/* One execution, which counts. The map says afterwards what was seen. */
void fuzz_one(const uint8_t *data, size_t size);

/* Executions that are left of the budget. */
uint64_t fuzz_left(void);

/* After the last execution, once: corpus and bugs are the result. */
void fuzz_end(void);

#endif
