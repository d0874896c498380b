// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* dumpwrite.c - record by record, in pieces as long as the runtime's */
#include "image/dumpwrite.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

/* ---- Bytes --------------------------------------------------------------- */

void bytes_put(struct byte_buffer *to, const void *bytes, size_t n) {
  while (to->cap - to->n < n) {
    to->cap = to->cap ? to->cap * 2 : 256;
    to->bytes = xrealloc(to->bytes, to->cap, 1);
  }
  if (n)
    memcpy(to->bytes + to->n, bytes, n);
  to->n += n;
}

static void put_byte(struct byte_buffer *to, unsigned int byte) {
  bytes_put(to, &(uint8_t){(uint8_t)byte}, 1);
}

void bytes_put_uleb(struct byte_buffer *to, uint64_t v) {
  for (; v >= 0x80; v >>= 7)
    put_byte(to, (unsigned int)(v & 0x7f) | 0x80);
  put_byte(to, (unsigned int)v);
}

static void put_u64(struct byte_buffer *to, uint64_t v) {
  for (int shift = 0; shift < 64; shift += 8)
    put_byte(to, (unsigned int)(v >> shift & 0xff));
}

/* ---- Hits ---------------------------------------------------------------- */

enum { MORE = 15, LONGEST_RUN = 10 };

static void put_token(struct hit_encoder *e, uint64_t skipped,
                      unsigned int low) {
  if (e->room)
    e->room(e->ctx);
  put_byte(e->to, (skipped < MORE ? (unsigned int)skipped : MORE) << 4 | low);
  if (skipped >= MORE)
    bytes_put_uleb(e->to, skipped - MORE);
}

static void end_run(struct hit_encoder *e) {
  if (e->run)
    put_token(e, e->skipped, e->run - 1);
  e->run = 0;
}

static void put_one(struct hit_encoder *e, uint64_t index, uint32_t value) {
  uint64_t skipped = index - e->next;
  e->next = index + 1;
  if (value == 1 && !skipped && e->run && e->run < LONGEST_RUN) {
    e->run++;
    return;
  }
  end_run(e);
  if (value == 1) {
    e->skipped = skipped;
    e->run = 1;
  } else if (LONGEST_RUN + value - 2 < MORE) {
    put_token(e, skipped, LONGEST_RUN + value - 2);
  } else {
    put_token(e, skipped, MORE);
    put_byte(e->to, value);
  }
}

void hit_encode(struct hit_encoder *e, uint64_t first, uint64_t n,
                uint32_t value) {
  for (uint64_t i = 0; i < n; i++)
    put_one(e, first + i, value);
}

void hit_encode_end(struct hit_encoder *e) { end_run(e); }

/* ---- Records ------------------------------------------------------------- */

/* The runtime's records have room for a path, and 64 bytes more. */
enum { LONGEST = 16, FULL = PATH_MAX + 64 - LONGEST };

static void end_record(struct dump_writer *w, char type) {
  struct byte_buffer head = {0};
  put_byte(&head, (unsigned char)type);
  bytes_put_uleb(&head, w->record.n);
  fwrite(head.bytes, 1, head.n, w->f);
  fwrite(w->record.bytes, 1, w->record.n, w->f);
  free(head.bytes);
  w->record.n = 0;
}

static void fill(struct dump_writer *w, char type) {
  if (w->filling && (w->filling != type || w->record.n > FULL))
    end_record(w, w->filling);
  w->filling = type;
}

static void end_filling(struct dump_writer *w) {
  hit_encode_end(&w->hits);
  if (w->filling)
    end_record(w, w->filling);
  w->filling = 0;
}

static void hit_room(void *writer) { fill(writer, 'H'); }

void dump_write_begin(struct dump_writer *w, FILE *f, uint64_t pid,
                      const char *program) {
  static const uint8_t magic[] = {
      DUMP_FIRST_BYTE, 'k', 'c', 'o', 'v', '8', '\r', '\n', 1 /* version */};
  *w = (struct dump_writer){.f = f};
  fwrite(magic, 1, sizeof(magic), f);
  bytes_put_uleb(&w->record, pid);
  bytes_put(&w->record, program, strlen(program));
  end_record(w, 'P');
}

void dump_write_image(struct dump_writer *w, const struct dump_image *image) {
  end_filling(w);
  w->hits = (struct hit_encoder){.to = &w->record, .room = hit_room, .ctx = w};
  put_u64(&w->record, image->digest);
  bytes_put_uleb(&w->record, image->n_counters);
  bytes_put_uleb(&w->record, image->counted);
  bytes_put(&w->record, image->path, strlen(image->path));
  end_record(w, 'I');
}

void dump_write_run(struct dump_writer *w, uint64_t first, uint64_t n,
                    uint32_t value) {
  hit_encode(&w->hits, first, n, value);
}

void dump_write_moved(struct dump_writer *w, uint64_t pc, uint64_t id) {
  hit_encode_end(&w->hits);
  fill(w, 'M');
  put_u64(&w->record, pc);
  put_u64(&w->record, id);
}

void dump_write_end(struct dump_writer *w) {
  end_filling(w);
  end_record(w, 'E');
  free(w->record.bytes);
  w->record = (struct byte_buffer){0};
}
