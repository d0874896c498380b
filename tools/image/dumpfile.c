// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * dumpfile.c - record by record
 *
 * A dump is taken whole or not at all: the first time through it nobody is
 * told. Whatever a byte says, it is checked first.
 */
#include "image/dumpfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/tool.h"

static const uint8_t magic[] = {
    DUMP_FIRST_BYTE, 'k', 'c', 'o', 'v', '8', '\r', '\n'};
enum { VERSION = 1, COUNTED = 1 };

/* Unread bytes; once @bad they are not to be trusted. */
struct bytes {
  const uint8_t *p, *end;
  bool bad;
};

/**
 * struct reader - a file being read
 * @image: one has been named
 * @next:  index behind its last hit
 */
struct reader {
  const struct dump_client *client;
  void *to;
  bool image;
  uint64_t n_counters, next;
};

/* Dumps of a file. */
struct found {
  size_t n, n_bad;
};

/* ---- Bytes --------------------------------------------------------------- */

static uint64_t take_uleb(struct bytes *b) {
  uint64_t v = 0;
  for (unsigned int shift = 0; b->p != b->end; shift += 7) {
    uint64_t low = *b->p & 0x7f;
    if (shift >= 64 || low << shift >> shift != low)
      break;
    v |= low << shift;
    if (!(*b->p++ & 0x80))
      return v;
  }
  b->bad = true;
  b->p = b->end;
  return 0;
}

static struct bytes take_bytes(struct bytes *b, uint64_t n) {
  struct bytes part = {b->p, b->p, b->bad};
  if (n > (uint64_t)(b->end - b->p)) {
    b->bad = part.bad = true;
    return part;
  }
  b->p += n;
  part.end = b->p;
  return part;
}

static uint64_t take_u64(struct bytes *b) {
  struct bytes part = take_bytes(b, 8);
  return part.bad ? 0 : read_u64(part.p, false);
}

static char *take_name(struct bytes *b) {
  char *name = xstrndup((const char *)b->p, (size_t)(b->end - b->p));
  b->p = b->end;
  return name;
}

char *printable(char *s) {
  for (char *c = s; *c; c++)
    if ((unsigned char)*c < ' ')
      *c = '?';
  return s;
}

/* ---- Records ------------------------------------------------------------- */

bool dump_hits(const uint8_t *bytes, size_t size, uint64_t n_counters,
               uint64_t *next,
               void (*run)(void *to, uint64_t first, uint64_t n,
                           uint32_t value),
               void *to) {
  enum { MORE = 15, LONGEST_RUN = 10 };
  struct bytes b = {bytes, size ? bytes + size : bytes, *next > n_counters};
  while (!b.bad && b.p != b.end) {
    uint8_t token = *b.p++;
    uint64_t skipped = token >> 4, n = 1;
    uint32_t low = token & 15, value = 1;
    if (skipped == MORE)
      skipped = add_saturating(skipped, take_uleb(&b));
    if (low < LONGEST_RUN) {
      n = low + 1;
    } else if (low < MORE) {
      value = low - LONGEST_RUN + 2;
    } else {
      struct bytes byte = take_bytes(&b, 1);
      value = byte.bad ? 0 : *byte.p;
    }
    b.bad |= skipped > n_counters - *next || n > n_counters - *next - skipped ||
             !value;
    if (b.bad)
      break;
    *next += skipped;
    if (run)
      run(to, *next, n, value);
    *next += n;
  }
  return !b.bad;
}

static void read_program(struct reader *r, struct bytes *b) {
  uint64_t pid = take_uleb(b);
  char *path = take_name(b);
  if (r->client->program)
    r->client->program(r->to, pid, path);
  free(path);
}

static void end_image(struct reader *r) {
  if (r->image && r->client->image_end)
    r->client->image_end(r->to);
  r->image = false;
}

static void read_image(struct reader *r, struct bytes *b) {
  end_image(r);
  uint64_t digest = take_u64(b);
  r->n_counters = take_uleb(b);
  uint64_t flags = take_uleb(b);
  b->bad |= flags > COUNTED;
  if (b->bad)
    return;
  char *path = take_name(b);
  r->image = true;
  r->next = 0;
  if (r->client->image)
    r->client->image(r->to, &(struct dump_image){digest, r->n_counters,
                                                 flags == COUNTED, path});
  free(path);
}

static void read_hits(struct reader *r, struct bytes *b) {
  b->bad |=
      !r->image || !dump_hits(b->p, (size_t)(b->end - b->p), r->n_counters,
                              &r->next, r->client->run, r->to);
}

static void read_moved(struct reader *r, struct bytes *b) {
  b->bad |= !r->image;
  while (!b->bad && b->p != b->end) {
    uint64_t pc = take_u64(b), id = take_u64(b);
    if (r->client->moved && !b->bad)
      r->client->moved(r->to, pc, id);
  }
}

/* False: that was the last one, or it is bad. */
static bool read_record(struct reader *r, struct bytes *all) {
  struct bytes type = take_bytes(all, 1);
  uint64_t size = take_uleb(all);
  struct bytes b = take_bytes(all, size);
  if (type.bad || b.bad)
    return false;
  switch (*type.p) {
  case 'P':
    read_program(r, &b);
    break;
  case 'I':
    read_image(r, &b);
    break;
  case 'H':
    read_hits(r, &b);
    break;
  case 'M':
    read_moved(r, &b);
    break;
  case 'X': /* the process goes on as another program */
    break;
  case 'E':
    end_image(r);
    return false;
  default:
    b.bad = true;
  }
  all->bad |= b.bad;
  return !b.bad;
}

static bool begins_here(const struct bytes *all) {
  return (size_t)(all->end - all->p) > sizeof(magic) &&
         memcmp(all->p, magic, sizeof(magic)) == 0;
}

static void read_dump(struct reader *r, struct bytes *all) {
  if (begins_here(all))
    all->p += sizeof(magic) + 1;
  else
    all->bad = true;
  while (!all->bad && read_record(r, all))
    ;
}

/* Behind a dump that has no end, as its writer was killed, may be others. */
static void skip_to_next(struct bytes *all) {
  while (++all->p != all->end && !begins_here(all))
    ;
}

/* False: it is of another version; message given. */
static bool read_dumps(struct bytes all, const char *name,
                       const struct dump_client *client, void *to,
                       struct found *found) {
  static const struct dump_client nobody = {0};
  while (all.p != all.end) {
    if (begins_here(&all) && all.p[sizeof(magic)] != VERSION)
      return fail(name,
                  "is a dump of version %d, this kcov8 knows %d: use the "
                  "kcov8 of the runtime that wrote it",
                  all.p[sizeof(magic)], VERSION);
    struct bytes one = all;
    read_dump(&(struct reader){.client = &nobody}, &one);
    found->n++;
    if (one.bad) {
      found->n_bad++;
      skip_to_next(&all);
      continue;
    }
    read_dump(&(struct reader){.client = client, .to = to}, &all);
  }
  return true;
}

/* ---- Files --------------------------------------------------------------- */

static uint8_t *read_all(FILE *f, size_t *n) {
  size_t cap = 1 << 16;
  uint8_t *data = xcalloc(cap, 1);
  *n = 0;
  for (size_t got; (got = fread(data + *n, 1, cap - *n, f)) != 0;) {
    *n += got;
    if (*n == cap)
      data = xrealloc(data, cap *= 2, 1);
  }
  return data;
}

static void say_bad(const char *name, const struct found *found) {
  if (found->n == 1)
    warn(name, "the dump is damaged, or cut short");
  else
    warn(name, "%zu of %zu dumps are damaged, or cut short: left out",
         found->n_bad, found->n);
}

enum dump_result dumpfile_read(FILE *f, const char *name,
                               const struct dump_client *client, void *to) {
  size_t n;
  uint8_t *data = read_all(f, &n);
  struct found found = {0};
  enum dump_result result = DUMP_READ;
  if (ferror(f)) {
    warn(name, "%s", strerror(errno));
    result = DUMP_FAILED;
  } else if (!read_dumps((struct bytes){data, data + n, false}, name, client,
                         to, &found)) {
    result = DUMP_BAD;
  } else if (found.n_bad) {
    result = DUMP_BAD;
    say_bad(name, &found);
  }
  free(data);
  return result;
}

FILE *dumpfile_open(const char *path) {
  struct stat st;
  FILE *f = fopen(path, "re");
  if (f && fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
    fclose(f);
    f = NULL;
    errno = EISDIR;
  }
  if (!f)
    warn(path, "%s", strerror(errno));
  return f;
}
