/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * encode.c - the bytes of a dump (docs/dump-format.md)
 *
 * Called where a signal may have come at any moment: no heap, no stdio.
 */
#include "hosted/hosted.h"

#include <unistd.h>

#include "registry.h"

static const unsigned char magic[] = {0x89, 'k',  'c',  'o', 'v',
                                      '8',  '\r', '\n', 1 /* version */};

/* One record on its way. Names are the longest; hits come in pieces. */
static struct {
  size_t n;
  uint8_t bytes[PATH_MAX + 64];
} record;

static struct kcov8i_out *to;

static void put_byte(unsigned int byte) {
  record.bytes[record.n++] = (uint8_t)byte;
}

static size_t make_uleb(uint8_t *at, uint64_t v) {
  size_t n = 0;
  for (; v >= 0x80; v >>= 7)
    at[n++] = (uint8_t)(v | 0x80);
  at[n++] = (uint8_t)v;
  return n;
}

static void put_uleb(uint64_t v) {
  record.n += make_uleb(record.bytes + record.n, v);
}

static void put_u64(uint64_t v) {
  for (int shift = 0; shift < 64; shift += 8)
    put_byte((unsigned int)(v >> shift & 0xff));
}

static void put_name(const char *name) {
  const size_t n = strnlen(name, PATH_MAX);
  memcpy(record.bytes + record.n, name, n);
  record.n += n;
}

static void end_record(char type) {
  uint8_t head[16] = {(uint8_t)type};
  kcov8i_out_bytes(to, head, 1 + make_uleb(head + 1, record.n));
  kcov8i_out_bytes(to, record.bytes, record.n);
  record.n = 0;
}

/* ---- Images -------------------------------------------------------------- */

/* Room for the longest hit and the longest pair of 64 bits. */
enum { LONGEST = 16, FULL = sizeof(record.bytes) - LONGEST };

/* The record that is being filled. */
static char filling;

static void fill(char type) {
  if (filling && (filling != type || record.n > FULL))
    end_record(filling);
  filling = type;
}

/*
 * A hit is half a byte of how many counters were skipped, and half a byte of
 * what it holds. Most hold 1, and lie side by side: these go together.
 */
enum { MORE = 15, LONGEST_RUN = 10 };

static struct {
  uint64_t next; /* index behind the last hit */
  uint64_t skipped;
  unsigned int n; /* 0: no run */
} run;

static void put_token(uint64_t skipped, unsigned int low) {
  fill('H');
  put_byte((skipped < MORE ? (unsigned int)skipped : MORE) << 4 | low);
  if (skipped >= MORE)
    put_uleb(skipped - MORE);
}

static void end_run(void) {
  if (run.n)
    put_token(run.skipped, run.n - 1);
  run.n = 0;
}

static void put_hits(const struct kcov8i_hit *hits, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const uint64_t skipped = hits[i].index - run.next;
    const uint32_t value = hits[i].count;
    run.next = (uint64_t)hits[i].index + 1;
    if (value == 1 && !skipped && run.n && run.n < LONGEST_RUN) {
      run.n++;
      continue;
    }
    end_run();
    if (value == 1) {
      run.skipped = skipped;
      run.n = 1;
    } else if (LONGEST_RUN + value - 2 < MORE) {
      put_token(skipped, LONGEST_RUN + value - 2);
    } else {
      put_token(skipped, MORE);
      put_byte(value);
    }
  }
}

static void end_filling(void) {
  end_run();
  if (filling)
    end_record(filling);
  filling = 0;
}

static void put_image(const struct kcov8i_dump_image *image) {
  end_filling();
  run.next = 0;
  put_u64(image->digest);
  put_uleb(image->n_counters);
  put_uleb(image->counted);
  put_name(image->name);
  end_record('I');
}

static void put_moved(uint64_t pc, uint64_t id) {
  end_run();
  fill('M');
  put_u64(pc);
  put_u64(id);
}

/* ---- A dump -------------------------------------------------------------- */

int kcov8i_encode(struct kcov8i_out *out, const char *program) {
  static const struct kcov8i_dump_to images = {put_image, put_hits, put_moved};
  to = out;
  record.n = 0;
  filling = 0;
  run.n = 0;
  kcov8i_out_bytes(out, magic, sizeof(magic));
  put_uleb((uint64_t)getpid());
  put_name(program);
  end_record('P');
  const int err = kcov8i_dump(&images);
  end_filling();
  return err;
}

void kcov8i_encode_end(struct kcov8i_out *out, const char *mark) {
  to = out;
  if (*mark) {
    put_name(mark);
    end_record('X');
  }
  end_record('E');
}

size_t kcov8i_encode_tail(char *tail, size_t size, const char *mark) {
  const size_t n = strlen(mark);
  enum { END = 2 }; /* E, and that it is empty */
  if (!n || n + END > size)
    return 0;
  memcpy(tail, mark, n + 1);
  tail[n] = 'E';
  tail[n + 1] = 0;
  return n + END;
}
