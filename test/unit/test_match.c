// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* test_match.c - two builds, made here, and which block is which */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kcov8/abi.h>

#include "base/tool.h" /* has a fail(), which is a macro of cmocka */

#include <cmocka.h>

#include "image/load.h"
#include "image/records.h"
#include "match/match.h"

enum { MAX_FUNCS = 64, MAX_BLOCKS = 1024, ENTRY = 1 };

/* ---- Making images ------------------------------------------------------- */

static void begin(struct image *img) {
  *img = (struct image){.elf.fd = -1};
  img->keys = xcalloc(MAX_BLOCKS, sizeof(uint32_t));
  img->funcs = xcalloc(MAX_FUNCS, sizeof(struct func));
  img->blocks = xcalloc(MAX_BLOCKS, sizeof(struct block));
}

static void add_func(struct image *img, const char *name, const char *path) {
  struct func *f = &img->funcs[img->n_funcs++];
  *f = (struct func){
      .hash =
          kcov8_hash_function(name, strlen(name), path, strlen(path), "", 0),
      .name = strtab_copy(&img->names, name, strlen(name)),
      .file = strtab_add(&img->files, path, strlen(path)),
      .keys = img->keys + img->n_blocks,
      .first_block = (uint32_t)img->n_blocks,
  };
  f->display = f->name;
}

/* A block of the last function; @line 0: without. */
static uint32_t add_block(struct image *img, uint32_t key, uint32_t line) {
  struct func *f = &img->funcs[img->n_funcs - 1];
  img->keys[img->n_blocks] = key;
  img->blocks[img->n_blocks] = (struct block){
      .func = (uint32_t)img->n_funcs - 1,
      .file = f->file,
      .number = f->n_blocks++,
      .l0 = line,
      .c0 = line ? 3 : 0,
      .l1 = line,
      .c1 = line ? 9 : 0,
      .flags = key == ENTRY ? KCOV8_BLOCK_ENTRY : 0,
  };
  return (uint32_t)img->n_blocks++;
}

/* The code of both images is what their keys say. */
static void set_codes(struct image *img) {
  for (size_t i = 0; i < img->n_funcs; i++) {
    struct func *f = &img->funcs[i];
    f->code = kcov8_checksum_keys(f->keys, f->n_blocks) | 1;
  }
}

/* @keys ends with 0; the first block is @line, and each has one more. */
static uint32_t add_blocks(struct image *img, uint32_t line,
                           const uint32_t *keys) {
  uint32_t first = (uint32_t)img->n_blocks;
  for (uint32_t i = 0; keys[i]; i++)
    add_block(img, keys[i], line ? line + i : 0);
  return first;
}

#define KEYS(...)                                                              \
  (const uint32_t[]) { ENTRY, __VA_ARGS__, 0 }

struct builds {
  struct image from, to;
  struct match m;
};

static void begin_both(struct builds *b) {
  begin(&b->from);
  begin(&b->to);
}

static void check_whole(const struct match *m) {
  for (uint32_t i = 0; i < m->from->n_funcs; i++)
    if (m->twins[i])
      assert_int_equal(m->to_funcs[m->funcs[i]], i);
    else
      assert_int_equal(m->funcs[i], NO_MATCH);
  for (uint32_t i = 0; i < m->from->n_blocks; i++)
    if (m->tiers[i] < N_TIERS)
      assert_int_equal(m->to_blocks[m->blocks[i]], i);
    else
      assert_int_equal(m->blocks[i], NO_MATCH);
  for (uint32_t i = 0; i < m->to->n_blocks; i++)
    if (m->to_blocks[i] != NO_MATCH)
      assert_int_equal(m->blocks[m->to_blocks[i]], i);
}

static void match_both(struct builds *b) {
  records_assign_pcs(&b->from);
  records_assign_pcs(&b->to);
  set_codes(&b->from);
  set_codes(&b->to);
  match_make(&b->m, &b->from, &b->to);
  check_whole(&b->m);
}

static void end_both(struct builds *b) {
  match_free(&b->m);
  image_free(&b->from);
  image_free(&b->to);
}

static void assert_match(const struct builds *b, uint32_t block, uint32_t to,
                         enum tier tier) {
  assert_int_equal(b->m.blocks[block], to);
  assert_int_equal(b->m.tiers[block], tier);
}

/* ---- Blocks of one function ---------------------------------------------- */

static void between_the_same(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13, 14, 15, 16, 17, 18));
  add_blocks(&b.to, 0, KEYS(11, 92, 13, 94, 95, 16, 97));
  match_both(&b);
  assert_match(&b, 1, 1, TIER_EXACT);
  assert_match(&b, 2, 2, TIER_ORDER);
  assert_match(&b, 4, 4, TIER_ORDER);
  assert_match(&b, 5, 5, TIER_ORDER);
  assert_match(&b, 7, NO_MATCH, N_TIERS); /* two became one */
  assert_match(&b, 8, NO_MATCH, N_TIERS);
  end_both(&b);
}

/* 15 is ahead of the others now: it is no neighbour. */
static void not_across_what_moved(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13, 15, 16));
  add_blocks(&b.to, 0, KEYS(15, 11, 92, 13, 96));
  match_both(&b);
  assert_match(&b, 2, 3, TIER_ORDER);
  assert_match(&b, 4, 1, TIER_EXACT);
  assert_match(&b, 5, 5, TIER_ORDER);
  end_both(&b);
}

static void not_in_long_runs(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13, 14, 15, 16, 99));
  add_blocks(&b.to, 0, KEYS(21, 22, 23, 24, 25, 26, 99));
  match_both(&b);
  for (uint32_t i = 1; i < 7; i++)
    assert_match(&b, i, NO_MATCH, N_TIERS);
  end_both(&b);
}

static void on_its_lines(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 10, KEYS(11, 12, 13, 14));
  add_blocks(&b.to, 30, KEYS(91, 92, 13, 94));
  /* 10 and 13 tell for 11 and 12; nothing is behind 14. */
  match_both(&b);
  assert_match(&b, 1, 1, TIER_LINES);
  assert_match(&b, 2, 2, TIER_LINES);
  assert_match(&b, 4, 4, TIER_ORDER);
  end_both(&b);
}

/* A line is in between: the lines around did not move alike. */
static void lines_that_are_not_known(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 10, KEYS(11, 12));
  add_block(&b.to, ENTRY, 10);
  add_block(&b.to, 91, 11);
  add_block(&b.to, 12, 13);
  match_both(&b);
  assert_match(&b, 1, 1, TIER_ORDER);
  end_both(&b);
}

/* One block says that line 10 is 20 now, another that it is 30. */
static void lines_that_are_at_odds(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_block(&b.from, ENTRY, 10);
  add_block(&b.from, 11, 10);
  add_block(&b.from, 12, 10);
  add_block(&b.to, ENTRY, 20);
  add_block(&b.to, 11, 30);
  add_block(&b.to, 92, 30);
  match_both(&b);
  assert_int_equal(b.m.tiers[2], TIER_ORDER);
  end_both(&b);
}

/* What stands between the same blocks is on a line that is another's. */
static void lines_that_contradict(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 10, KEYS(11, 12, 13, 14));
  add_blocks(&b.to, 10, KEYS(11));
  add_block(&b.to, 92, 11);
  add_block(&b.to, 13, 13);
  add_block(&b.to, 14, 14);
  match_both(&b);
  assert_match(&b, 2, NO_MATCH, N_TIERS);
  end_both(&b);
}

static void removed_blocks_are_nobodys(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "f", "a.c");
  add_func(&b.to, "f", "a.c");
  add_blocks(&b.from, 10, KEYS(11, 12, 13));
  add_blocks(&b.to, 10, KEYS(11, 92, 13));
  b.to.blocks[1].flags = b.to.blocks[2].flags = KCOV8_BLOCK_REMOVED;
  match_both(&b);
  assert_match(&b, 1, NO_MATCH, N_TIERS);
  assert_match(&b, 2, NO_MATCH, N_TIERS);
  end_both(&b);
}

/* ---- Functions ----------------------------------------------------------- */

static void moved_namesakes(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "init", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13));
  add_func(&b.from, "init", "b.c");
  add_blocks(&b.from, 0, KEYS(21, 22, 23));
  add_func(&b.to, "init", "d.c");
  add_blocks(&b.to, 0, KEYS(21, 22, 29));
  add_func(&b.to, "init", "c.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 13));
  match_both(&b);
  assert_int_equal(b.m.funcs[0], 1);
  assert_int_equal(b.m.funcs[1], 0);
  assert_int_equal(b.m.twins[0], TWIN_MOVED);
  assert_match(&b, 1, 5, TIER_MOVED);
  assert_match(&b, 5, 1, TIER_MOVED);
  assert_false(match_kept(&b.m, 0));
  end_both(&b);
}

/* Of two that are as much alike, neither. */
static void namesakes_of_equal_keys(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "init", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13));
  add_func(&b.to, "init", "b.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 14));
  add_func(&b.to, "init", "c.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 15));
  match_both(&b);
  assert_int_equal(b.m.twins[0], TWIN_NONE);
  end_both(&b);
}

/* A name alone is not enough. */
static void other_function_of_that_name(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "init", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13));
  add_func(&b.to, "init", "b.c");
  add_blocks(&b.to, 0, KEYS(21, 22, 23));
  match_both(&b);
  assert_int_equal(b.m.twins[0], TWIN_NONE);
  end_both(&b);
}

static void renamed(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "one", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13, 14, 15));
  add_func(&b.from, "two", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 23, 24, 25));
  add_func(&b.to, "zwei", "a.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 23, 24, 29));
  add_func(&b.to, "eins", "b.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 13, 14, 15));
  match_both(&b);
  assert_int_equal(b.m.funcs[0], 1);
  assert_int_equal(b.m.funcs[1], 0);
  assert_int_equal(b.m.twins[1], TWIN_RENAMED);
  assert_match(&b, 5, 11, TIER_RENAMED);
  assert_match(&b, 11, 5, TIER_ORDER);
  end_both(&b);
}

static void ties_are_dropped(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  add_func(&b.from, "one", "a.c");
  add_blocks(&b.from, 0, KEYS(11, 12, 13));
  add_func(&b.to, "two", "a.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 13));
  add_func(&b.to, "three", "a.c");
  add_blocks(&b.to, 0, KEYS(11, 12, 13));
  match_both(&b);
  assert_int_equal(b.m.twins[0], TWIN_NONE);
  end_both(&b);
}

/* Functions of one hash, told apart by their order. */
static void copies(void **state) {
  struct builds b;
  (void)state;
  begin_both(&b);
  for (int i = 0; i < 2; i++) {
    add_func(&b.from, "f", "a.h");
    add_blocks(&b.from, 0, KEYS(11, 12));
    add_func(&b.to, "f", "a.h");
    add_blocks(&b.to, 0, KEYS(11, 12));
  }
  match_both(&b);
  for (uint32_t i = 0; i < 6; i++)
    assert_match(&b, i, i, TIER_SAME);
  assert_true(match_kept(&b.m, 0));
  assert_true(match_kept(&b.m, 1));
  end_both(&b);
}

/* ---- Anything ------------------------------------------------------------ */

static void random_image(struct image *img) {
  static const char *const names[] = {"f", "g", "h", "i"};
  static const char *const paths[] = {"a.c", "b.c"};
  begin(img);
  for (int n = rand() % 12; n; n--) {
    add_func(img, names[rand() % 4], paths[rand() % 2]);
    add_block(img, ENTRY, (uint32_t)rand() % 8);
    for (int k = rand() % 12; k; k--) {
      uint32_t b =
          add_block(img, 2 + (uint32_t)rand() % 20, (uint32_t)rand() % 8);
      img->blocks[b].number = (uint32_t)rand() % 12;
      if (rand() % 9 == 0)
        img->blocks[b].flags = KCOV8_BLOCK_REMOVED;
    }
    img->funcs[img->n_funcs - 1].discarded = rand() % 9 == 0;
  }
}

/* Whatever they are: nothing twice, nothing outside; itself is itself. */
static void anything(void **state) {
  (void)state;
  srand(18);
  for (int round = 0; round < 3000; round++) {
    struct builds b;
    struct match self;
    random_image(&b.from);
    random_image(&b.to);
    match_both(&b);
    match_make(&self, &b.from, &b.from);
    check_whole(&self);
    for (uint32_t i = 0; i < b.from.n_blocks; i++)
      if (match_runs(&b.from, i)) {
        assert_int_equal(self.blocks[i], i);
        assert_int_equal(self.tiers[i], TIER_SAME);
      }
    match_free(&self);
    end_both(&b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(between_the_same),
      cmocka_unit_test(not_across_what_moved),
      cmocka_unit_test(not_in_long_runs),
      cmocka_unit_test(on_its_lines),
      cmocka_unit_test(lines_that_are_not_known),
      cmocka_unit_test(lines_that_are_at_odds),
      cmocka_unit_test(lines_that_contradict),
      cmocka_unit_test(removed_blocks_are_nobodys),
      cmocka_unit_test(moved_namesakes),
      cmocka_unit_test(namesakes_of_equal_keys),
      cmocka_unit_test(other_function_of_that_name),
      cmocka_unit_test(renamed),
      cmocka_unit_test(ties_are_dropped),
      cmocka_unit_test(copies),
      cmocka_unit_test(anything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
