/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dumpwrite.h - the bytes of a dump (docs/dump-format.md)
 *
 * The same that runtime/hosted/encode.c makes of the same.
 */
#ifndef KCOV8_DUMPWRITE_H
#define KCOV8_DUMPWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "image/dumpfile.h"

/* A growing array of bytes; all zero is an empty one. */
struct byte_buffer {
  uint8_t *bytes;
  size_t n, cap;
};

void bytes_put(struct byte_buffer *to, const void *bytes, size_t n);
void bytes_put_uleb(struct byte_buffer *to, uint64_t v);

/**
 * struct hit_encoder - counters to hits
 * @next: index behind the last counter
 * @skipped, @run: so many that hold 1, behind so many that hold 0, are still to
 *        be written
 * @room: NULL, or called ahead of each hit
 */
struct hit_encoder {
  struct byte_buffer *to;
  uint64_t next, skipped;
  unsigned int run;
  void (*room)(void *ctx);
  void *ctx;
};

/* @n counters from @first on hold @value. Ascending. */
void hit_encode(struct hit_encoder *e, uint64_t first, uint64_t n,
                uint32_t value);
void hit_encode_end(struct hit_encoder *e);

/* A dump being written; begin, then for each image: image, runs, moved. */
struct dump_writer {
  FILE *f;
  struct byte_buffer record;
  char filling; /* type of the record, 0 if there is none */
  struct hit_encoder hits;
};

void dump_write_begin(struct dump_writer *w, FILE *f, uint64_t pid,
                      const char *program);
void dump_write_image(struct dump_writer *w, const struct dump_image *image);
void dump_write_run(struct dump_writer *w, uint64_t first, uint64_t n,
                    uint32_t value);
void dump_write_moved(struct dump_writer *w, uint64_t pc, uint64_t id);
void dump_write_end(struct dump_writer *w);

#endif /* KCOV8_DUMPWRITE_H */
