// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * pieces.c - columns of blocks become pieces of text
 *
 * A range ends where its last operation begins, and a branch stands at the
 * beginning of its condition: so ranges end early, and reach back over what is
 * not theirs. A character belongs to the smallest range around it; what is in
 * none (a bracket, a semicolon) to what stands before it. Between two smaller
 * ones inside it, a range has nothing.
 */
#include "report/pieces.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

/* Nobody reads such a line; one colour will do. */
enum { MAX_LINE = 4096, MAX_PARTS = 256 };

#define NO_PLACE UINT32_MAX

/**
 * struct place - where a part is on the line
 * @end: as its columns say; @to: with the rest of its last operation
 * @size: of the whole range, in lines and columns
 */
struct place {
  uint32_t from, end, to, part;
  uint64_t size;
};

/* The characters from @from on belong to the same place. */
struct owned {
  uint32_t from, place;
};

static bool is_word(char c) {
  return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_operator(char c) { return c && strchr("&|=<>!+*/%^-", c); }

/* Behind the bracket that closes the one @at; @at if there is none. */
static uint32_t skip_brackets(const char *text, uint32_t len, uint32_t at) {
  int depth = 0;
  for (uint32_t i = at; i < len; i++) {
    depth += text[i] == '(' || text[i] == '[';
    depth -= text[i] == ')' || text[i] == ']';
    if (!depth)
      return i + 1;
  }
  return at;
}

/* The last operation is a word, a call, an index, "&&". */
static uint32_t end_of_word(const char *text, uint32_t len, uint32_t at) {
  while (at && at < len && is_word(text[at]) && is_word(text[at - 1]))
    at++;
  while (at && at < len && is_operator(text[at]) && is_operator(text[at - 1]))
    at++;
  while (at < len && text[at] == ']')
    at++;
  while (at < len && (text[at] == '(' || text[at] == '[')) {
    uint32_t behind = skip_brackets(text, len, at);
    if (behind == at)
      break;
    at = behind;
  }
  return at;
}

static uint32_t offset(uint32_t column, uint32_t len) {
  return column - 1 < len ? column - 1 : len;
}

static struct place make_place(const struct part *part, uint32_t number,
                               const char *text, uint32_t len,
                               uint32_t indent) {
  struct place p = {.from = indent, .end = len};
  if (part->l0 == number && part->c0)
    p.from = offset(part->c0, len);
  if (part->l1 == number && part->c1)
    p.end = offset(part->c1, len);
  p.to = end_of_word(text, len, p.end);
  if (p.to <= p.from)
    p.to = p.from + 1 < len ? p.from + 1 : len;
  p.size = (uint64_t)(part->l1 - part->l0) << 32 | part->c1;
  return p;
}

static int compare_places(const void *a, const void *b) {
  const struct place *x = a, *y = b;
  if (x->to - x->from != y->to - y->from)
    return x->to - x->from > y->to - y->from ? -1 : 1;
  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  return (x->part > y->part) - (x->part < y->part);
}

/* Larger places first, smaller ones over them. Return: how many runs. */
static size_t paint(const struct place *places, size_t n, uint32_t len,
                    uint32_t indent, struct owned *runs) {
  uint32_t owner[MAX_LINE];
  size_t n_runs = 0;
  for (uint32_t i = 0; i < len; i++)
    owner[i] = NO_PLACE;
  for (uint32_t p = 0; p < n; p++)
    for (uint32_t i = places[p].from; i < places[p].to; i++)
      owner[i] = p;
  for (uint32_t i = indent; i < len; i++)
    if (owner[i] != NO_PLACE && (!n_runs || runs[n_runs - 1].place != owner[i]))
      runs[n_runs++] = (struct owned){i, owner[i]};
  if (n_runs)
    runs[0].from = indent;
  return n_runs;
}

static void join_runs(struct pieces *out, const struct place *places,
                      const struct owned *runs, size_t n, const char *text,
                      uint32_t len) {
  out->all = xcalloc(n, sizeof(*out->all));
  for (size_t i = 0; i < n; i++) {
    const struct place *own = &places[runs[i].place];
    uint32_t from = runs[i].from, end = i + 1 < n ? runs[i + 1].from : len;
    /* It goes on behind a smaller one, and another follows inside it. */
    if (i && from != own->from && i + 1 < n &&
        places[runs[i + 1].place].end <= own->end)
      continue;
    while (i && from < end && text[from] == ' ')
      from++;
    if (from == end)
      continue;
    if (out->n && out->all[out->n - 1].part == own->part)
      continue;
    out->all[out->n++] = (struct piece){from, own->part};
  }
}

void pieces_make(struct pieces *pieces, const struct parts *parts,
                 const struct line_parts *of, size_t index, uint32_t number,
                 const char *text, size_t size) {
  struct place places[MAX_PARTS];
  const uint32_t len = (uint32_t)size;
  uint32_t indent = 0;
  size_t n = 0;
  *pieces = (struct pieces){0};
  if (size > MAX_LINE || of->first[index + 1] - of->first[index] > MAX_PARTS)
    return;
  while (indent < len && (text[indent] == ' ' || text[indent] == '\t'))
    indent++;
  for (size_t i = of->first[index]; indent < len && i < of->first[index + 1];
       i++) {
    const struct part *part = &parts->parts[of->parts[i]];
    if (!part->l0)
      continue;
    places[n] = make_place(part, number, text, len, indent);
    places[n++].part = of->parts[i];
  }
  if (n < 2)
    return;
  struct owned *runs = xcalloc(len, sizeof(*runs));
  qsort(places, n, sizeof(*places), compare_places);
  join_runs(pieces, places, runs, paint(places, n, len, indent, runs), text,
            len);
  free(runs);
}

void pieces_free(struct pieces *pieces) { free(pieces->all); }
