/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * support.h - a fake port and hand-made images for the runtime's unit tests
 *
 * The port checks its own contract: locks are not recursive, a file's is the
 * last one that is taken, memory is allocated with the core's lock held and
 * freed with the size it was asked with.
 * A failed check ends the program, since it may be on any thread.
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device/device.h"
#include "image/pc.h"

#if defined(__has_feature)
#define UNDER_TSAN __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif

/* ---- Port ---- */

struct fake_port {
  long fail_alloc; /* this many succeed, then all fail; -1: all succeed */
  size_t n_allocs; /* calls */
  size_t live;     /* not freed yet */
  size_t live_bytes;
  size_t n_locks;
  size_t n_logs;
  char log[256];           /* last line */
  void (*on_lock)(void);   /* before the lock is taken */
  void (*on_unlock)(void); /* after it was released */
};

extern struct fake_port port;

/* What kcov8_port_current_task() returns on this thread. */
extern _Thread_local struct kcov8_task *current_task;

/* Fails the test unless the last logged line contains @text; forgets it. */
void expect_log(const char *text);

/* ---- Images ---- */

enum { MAX_FUNCS = 8 };

/*
 * One piece of memory, like a linked image: arrays, function records, keys,
 * marks, counters (last, so that what is read behind them is noticed).
 * Function i has blocks[i] blocks; block numbers go through all of them.
 */
struct image {
  struct kcov8_image desc;
  size_t n_blocks;
  uint8_t *counters;
  uint32_t *keys;
  struct kcov8_func *funcs;
  uint8_t **mark; /* by counter, NULL: has none */
  uint8_t *marks;
  struct kcov8_array *arrays;
  size_t bytes; /* of that piece */
};

/* IDs depend on @seed alone. @blocks ends with 0. */
struct image *image_make(uint64_t seed, const uint32_t *blocks);

/* One function of @n_blocks blocks. */
struct image *image_of(uint64_t seed, uint32_t n_blocks);

/*
 * Before it is registered: marks for the counters [bounds[0], bounds[1]),
 * [bounds[2], bounds[3]), ..., each an array of its own; @n bounds in all.
 */
void image_add_marks(struct image *image, const size_t *bounds, size_t n);

void image_free(struct image *image);

/* make + register */
struct image *image_load(uint64_t seed, uint32_t n_blocks);

/* unregister + free */
void image_unload(struct image *image);

uint64_t image_id(const struct image *image, size_t block);

/* The PC that the runtime gave to a block; 0 if the image has none. */
uint64_t image_pc(const struct image *image, size_t block);

/* The PC that the image alone would have. */
uint64_t image_own_pc(const struct image *image, size_t block);

/* As a `counter` probe does, with its mark if there are marks. */
void hit(struct image *image, size_t block);

bool all_clear(const struct image *image);

/* ---- Device ---- */

/* For struct kcov8_host: guests' memory is the program's own. */
int read_own_memory(void *ctx, struct kcov8_task *task, void *to, uint64_t from,
                    size_t bytes);

/* Words of 8 bytes, on hosts of 32 bits, too. */
struct kcov8_device *device_make(void);

/* open, INIT_TRACE(@words), and mmap into @words_out if given */
struct kcov8_file *file_make(struct kcov8_device *device, uint64_t words,
                             uint64_t **words_out);

/* A task with a file of its own. */
struct tracer {
  struct kcov8_task task;
  struct kcov8_file *file;
  uint64_t *words; /* its buffer */
};

void tracer_start(struct tracer *tracer, struct kcov8_device *device,
                  uint64_t words);

/* This thread works for it from then on. Returns what the ioctl does. */
int tracer_enable(struct tracer *tracer);

/* Must succeed. */
void tracer_disable(struct tracer *tracer);

/* Exits, enabled or not; its last reference to the file. */
void tracer_end(struct tracer *tracer);

/*
 * Buffer @w holds exactly these PCs in this order: pairs of image and block,
 * ended by NULL. Resets the count.
 */
void expect_pcs(uint64_t *w, ...);

/* What a harvest reports; note_block() is its callback, @ctx a struct
 * harvested. */
struct harvested {
  size_t n;
  uint64_t pc[16];
  unsigned hits[16];
};

void note_block(void *ctx, uint64_t pc, unsigned hits, uint64_t id, int moved);

/* Forgets all images and checks that no memory is left. cmocka teardown. */
int clean_up(void **state);
int start_up(void **state);

#endif /* TEST_SUPPORT_H */
