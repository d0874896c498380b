// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * lists.c - a list is read whole: a note about a moved PC holds for all of it
 */
#include "cmd/lists.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/tool.h"
#include "image/lookup.h"

void carrier_make(struct carrier *c, struct pair *pair,
                  const struct match *match, enum tier last) {
  *c = (struct carrier){
      .pair = pair,
      .match = match,
      .last = last,
      .number = xcalloc(pair->from.n_blocks, sizeof(*c->number)),
      .seen = xcalloc(pair->from.n_blocks, sizeof(*c->seen)),
  };
}

void carrier_free(struct carrier *c) {
  free(c->number);
  free(c->seen);
}

/* ---- Reading ------------------------------------------------------------- */

struct entries {
  struct pcfile_entry *v;
  size_t n, cap;
};

static enum pcfile_result read_all(struct pcfile *file, struct image *img,
                                   struct entries *all, struct moves *moves) {
  struct pcfile_entry e;
  enum pcfile_result r;
  while ((r = pcfile_next(file, &e)) == PCFILE_PC || r == PCFILE_MOVED)
    if (r == PCFILE_MOVED) {
      moves_add(moves, img, &e);
    } else {
      all->v = vec_push(all->v, &all->n, &all->cap, sizeof(e));
      all->v[all->n - 1] = e;
    }
  return r;
}

static enum fate fate_of(const struct carrier *c, uint32_t block) {
  const struct match *m = c->match;
  if (m->blocks[block] != NO_MATCH)
    return m->tiers[block] <= c->last ? FATE_CARRIED : FATE_NO_TIER;
  return m->funcs[c->pair->from.blocks[block].func] != NO_MATCH
             ? FATE_NO_BLOCK
             : FATE_NO_FUNCTION;
}

enum fate carrier_see(struct carrier *c, uint32_t block) {
  enum fate fate = fate_of(c, block);
  if (c->seen[block])
    return fate;
  c->seen[block] = true;
  c->n_fates[fate]++;
  if (fate == FATE_CARRIED)
    c->n_tiers[c->match->tiers[block]]++;
  return fate;
}

static struct list_pc *push(struct list *list, uint64_t pc, uint32_t block,
                            enum fate fate) {
  list->pcs = vec_push(list->pcs, &list->n, &list->cap, sizeof(*list->pcs));
  list->pcs[list->n - 1] = (struct list_pc){
      .pc = pc, .block = block, .to = NO_MATCH, .fate = (uint8_t)fate};
  return &list->pcs[list->n - 1];
}

static void take(struct carrier *c, struct list *list,
                 const struct pcfile_entry *e, const struct block *b) {
  uint32_t block = b ? (uint32_t)(b - c->pair->from.blocks) : NO_MATCH;
  struct list_pc *pc;
  if (!b) {
    pc = push(list, e->pc, block, FATE_UNKNOWN);
    c->n_fates[FATE_UNKNOWN]++;
  } else if (c->number[block]) {
    pc = &list->pcs[c->number[block] - 1];
  } else {
    pc = push(list, e->pc, block, carrier_see(c, block));
    c->number[block] = (uint32_t)list->n;
    if (pc->fate == FATE_CARRIED)
      pc->to = c->match->blocks[block];
  }
  pc->count = add_saturating(pc->count, e->count);
  pc->counted |= e->counted;
}

int carrier_add(struct carrier *c, struct list *list, const char *path,
                bool *partly) {
  struct pcfile file;
  struct entries all = {0};
  struct moves moves = {0};
  struct image *img = &c->pair->from;
  size_t n_unknown = 0;
  uint64_t first = 0;
  *partly = false;
  if (!pcfile_open(&file, path, img))
    return EXIT_FAILED;
  enum pcfile_result r = read_all(&file, img, &all, &moves);
  for (size_t i = 0; i < list->n; i++)
    if (list->pcs[i].block != NO_MATCH)
      c->number[list->pcs[i].block] = (uint32_t)i + 1;
  for (size_t i = 0; i < all.n && (r == PCFILE_END || r == PCFILE_OTHER); i++) {
    const struct block *b = image_find_entry(img, &moves, &all.v[i]);
    if (!b && n_unknown++ == 0)
      first = all.v[i].pc;
    take(c, list, &all.v[i], b);
  }
  for (size_t i = 0; i < list->n; i++)
    if (list->pcs[i].block != NO_MATCH)
      c->number[list->pcs[i].block] = 0;
  if (n_unknown)
    warn(file.name, "%zu PC%s not in %s (first 0x%" PRIx64 ")", n_unknown,
         n_unknown == 1 ? " is" : "s are", img->path, first);
  free(all.v);
  moves_free(&moves);
  pcfile_close(&file);
  *partly = r == PCFILE_OTHER || (r == PCFILE_END && n_unknown);
  return r == PCFILE_BAD                 ? EXIT_USAGE
         : r == PCFILE_FAILED || *partly ? EXIT_FAILED
                                         : EXIT_DONE;
}

void list_free(struct list *list) {
  free(list->pcs);
  *list = (struct list){0};
}

/* ---- Writing ------------------------------------------------------------- */

void list_write(const struct list *list, const struct carrier *c, FILE *f) {
  const struct image *to = &c->pair->to;
  fprintf(f, "# kcov8 PCs of %s, carried from %s\n# image 0x%" PRIx64 " %s\n",
          list->name, c->pair->from.path, to->digest, to->path);
  for (size_t i = 0; i < list->n; i++) {
    const struct list_pc *pc = &list->pcs[i];
    if (pc->fate != FATE_CARRIED)
      continue;
    fprintf(f, "0x%" PRIx64, to->blocks[pc->to].pc);
    if (pc->counted || pc->count != 1)
      fprintf(f, " %" PRIu64, pc->count);
    fputc('\n', f);
  }
}

static const char *const fate_words[N_FATES] = {
    [FATE_NO_BLOCK] = "block",
    [FATE_NO_FUNCTION] = "function",
    [FATE_NO_TIER] = "tier",
    [FATE_UNKNOWN] = "unknown",
};

void list_json(const struct list *list, const struct carrier *c,
               struct jsonw *j) {
  json_object(j, NULL);
  json_string(j, "list", list->name);
  json_array(j, "pcs");
  for (size_t i = 0; i < list->n; i++) {
    const struct list_pc *pc = &list->pcs[i];
    json_object(j, NULL);
    json_hex(j, "pc", pc->pc, 16);
    json_number(j, "count", pc->count);
    if (pc->fate == FATE_CARRIED) {
      const struct tier_info *tier = &tiers[c->match->tiers[pc->block]];
      json_hex(j, "new_pc", c->pair->to.blocks[pc->to].pc, 16);
      json_string(j, "tier", tier->name);
      json_real(j, "confidence", tier->confidence);
    } else {
      json_string(j, "dropped", fate_words[pc->fate]);
    }
    json_end(j, '}');
  }
  json_end(j, ']');
  json_end(j, '}');
}

/* "@text, @n @what"; @text is freed. */
static char *add_part(char *text, size_t n, const char *what) {
  if (!n)
    return text;
  char *more = xasprintf("%s%s%zu %s", text, *text ? ", " : "", n, what);
  free(text);
  return more;
}

void carrier_tell(const struct carrier *c) {
  static const char *const reasons[N_FATES] = {
      [FATE_NO_BLOCK] = "whose block is gone",
      [FATE_NO_FUNCTION] = "whose function is gone",
      [FATE_NO_TIER] = "of a tier that is not used",
  };
  size_t n_carried = c->n_fates[FATE_CARRIED], n_dropped = 0;
  char *carried = xstrndup("", (size_t)0), *dropped = xstrndup("", (size_t)0);
  for (int i = 0; i < N_TIERS; i++)
    carried = add_part(carried, c->n_tiers[i], tiers[i].name);
  for (int i = FATE_CARRIED + 1; i < FATE_UNKNOWN; i++) {
    dropped = add_part(dropped, c->n_fates[i], reasons[i]);
    n_dropped += c->n_fates[i];
  }
  warn(c->pair->to.path, "%zu of %zu blocks carried%s%s", n_carried,
       n_carried + n_dropped, n_carried ? ": " : "", carried);
  if (n_dropped)
    warn(c->pair->to.path, "dropped: %s", dropped);
  free(carried);
  free(dropped);
}

void carrier_json(const struct carrier *c, struct jsonw *j) {
  json_array(j, "tiers");
  for (int i = 0; i < N_TIERS; i++) {
    json_object(j, NULL);
    json_string(j, "tier", tiers[i].name);
    json_real(j, "confidence", tiers[i].confidence);
    json_bool(j, "used", i <= (int)c->last);
    json_number(j, "blocks", c->n_tiers[i]);
    json_end(j, '}');
  }
  json_end(j, ']');
  json_object(j, "dropped");
  for (int i = FATE_CARRIED + 1; i < N_FATES; i++)
    json_number(j, fate_words[i], c->n_fates[i]);
  json_end(j, '}');
}
