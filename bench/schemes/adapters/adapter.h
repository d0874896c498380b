// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * adapter.h - what any scheme saw of one execution, as bytes
 *
 * Each scheme that is compared has one adapter: these functions, for programs
 * of that scheme. A main (mains/) uses them, so that fuzzers and benches treat
 * all schemes alike.
 *
 * All are called on one thread, the one whose execution is looked at, and never
 * while the target runs on it. Other threads may run the target meanwhile.
 */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Units that a scheme tells apart, a byte each. 0: not hit. */
struct scheme_map {
  uint8_t *bytes;
  size_t size;
};

/*
 * Once, after constructors, before the first execution. The memory stays the
 * same for the life of the process.
 */
struct scheme_map scheme_map(void);

/* Before an execution: all that was seen is forgotten, and all bytes are 0. */
void scheme_reset(void);

/* After an execution: the bytes say what was seen since the last reset. */
void scheme_collect(void);

/*
 * What a unit is, if its number is not the same in each run of the program
 * (numbers in the order in which code first ran): its PC. Else the number
 * itself.
 */
uint64_t scheme_unit(size_t number);

/* It ends the program. */
_Noreturn static inline void scheme_die(const char *what) {
  fprintf(stderr, "bench: adapter: %s\n", what);
  exit(1);
}

/* The map, for mains: one without a byte can say nothing. */
static inline struct scheme_map scheme_map_checked(void) {
  const struct scheme_map map = scheme_map();
  if (!map.bytes || !map.size)
    scheme_die("scheme_map() has no bytes");
  return map;
}

#endif
