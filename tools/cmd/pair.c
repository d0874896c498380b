// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* pair.c - two images, and in which ways they were not compiled alike */
#include "cmd/pair.h"

#include <kcov8/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "image/load.h"

bool pair_load(struct pair *p, const char *from, const char *to) {
  *p = (struct pair){.to.elf.fd = -1};
  return image_load(&p->from, from) && image_require_blocks(&p->from) &&
         image_load(&p->to, to) && image_require_blocks(&p->to);
}

void pair_free(struct pair *p) {
  image_free(&p->from);
  image_free(&p->to);
}

/* ---- How they were compiled ---------------------------------------------- */

/* Words, each once, ", " between them; those of an image. */
static char *add_word(char *all, const char *word) {
  char *more =
      *all ? xasprintf("%s, %s", all, word) : xstrndup(word, strlen(word));
  free(all);
  return more;
}

/* "level bb, level edge" */
static char *levels_of(const struct image *img) {
  static const char *const names[] = {"func", "bb", "edge"};
  bool has[3] = {false}, early = false, late = false;
  char *all = xstrndup("", (size_t)0);
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    if (f->discarded || f->level >= 3)
      continue;
    has[f->level] = true;
    early |= (f->flags & KCOV8_FUNC_EARLY) != 0;
    late |= (f->flags & KCOV8_FUNC_EARLY) == 0;
  }
  for (int i = 0; i < 3; i++)
    if (has[i]) {
      char *word = xasprintf("level=%s", names[i]);
      all = add_word(all, word);
      free(word);
    }
  if (early)
    all = add_word(all, "place=early");
  return early && late ? add_word(all, "place=late") : all;
}

static int compare_numbers(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

/* "LLVM 14, LLVM 19", of all units; "" without any. */
static char *compilers_of(const struct image *img) {
  static const char word[] = "LLVM ";
  int *majors = xcalloc(img->map.n_units, sizeof(*majors)), last = 0;
  size_t n = 0;
  char *all = xstrndup("", (size_t)0);
  for (size_t i = 0; i < img->map.n_units; i++) {
    const struct map_string *s = &img->map.units[i].producer;
    char *producer = xstrndup(s->s, s->len);
    const char *at = strstr(producer, word);
    if (at && (majors[n] = atoi(at + sizeof(word) - 1)) > 0)
      n++;
    free(producer);
  }
  if (n)
    qsort(majors, n, sizeof(*majors), compare_numbers);
  for (size_t i = 0; i < n; last = majors[i++])
    if (majors[i] != last) {
      char *name = xasprintf("LLVM %d", majors[i]);
      all = add_word(all, name);
      free(name);
    }
  free(majors);
  return all;
}

static void tell_two(const struct pair *p, char *from, char *to,
                     const char *how, const char *meaning,
                     void (*tell)(void *ctx, const char *sentence), void *ctx) {
  if (*from && *to && strcmp(from, to) != 0) {
    char *sentence =
        xasprintf("%s was compiled %s %s, %s %s %s: %s", p->from.path, how,
                  from, p->to.path, how, to, meaning);
    tell(ctx, sentence);
    free(sentence);
  }
  free(from);
  free(to);
}

void pair_differences(const struct pair *p,
                      void (*tell)(void *ctx, const char *sentence),
                      void *ctx) {
  tell_two(p, levels_of(&p->from), levels_of(&p->to), "with",
           "the same source has other blocks in one than in the other", tell,
           ctx);
  tell_two(p, compilers_of(&p->from), compilers_of(&p->to), "by",
           "the same source is other code, and has some blocks in one alone",
           tell, ctx);
}

/* ---- Messages ------------------------------------------------------------ */

static void warn_sentence(void *ctx, const char *sentence) {
  (void)ctx;
  warn(NULL, "%s", sentence);
}

void pair_warn(const struct pair *p) {
  pair_differences(p, warn_sentence, NULL);
}

static void json_sentence(void *ctx, const char *sentence) {
  json_string(ctx, NULL, sentence);
}

static void json_image(struct jsonw *j, const char *key,
                       const struct image *img) {
  json_object(j, key);
  json_string(j, "path", img->path);
  json_hex(j, "digest", img->digest, 16);
  json_number(j, "functions", img->n_funcs);
  json_number(j, "blocks", img->n_blocks);
  json_end(j, '}');
}

void pair_json(struct jsonw *j, const struct pair *p) {
  json_image(j, "old", &p->from);
  json_image(j, "new", &p->to);
  json_array(j, "differences");
  pair_differences(p, json_sentence, j);
  json_end(j, ']');
}
