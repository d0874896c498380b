/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_summary.c - a flush by marks finds what a look at every counter finds
 */
#include "support.h"

static uint64_t seed = 1;

static uint64_t random64(void) { return kcov8_mix64(seed++); }

enum { MAX = 8000 };

struct traced {
  struct image *image;
  struct kcov8_device *device;
  struct tracer tracer;
};

static void trace(struct traced *t, struct image *i) {
  t->image = i;
  __kcov8_image_register(&i->desc);
  t->device = device_make();
  tracer_start(&t->tracer, t->device, MAX);
  assert_int_equal(tracer_enable(&t->tracer), 0);
}

static void end(struct traced *t) {
  tracer_end(&t->tracer);
  assert_int_equal(kcov8_device_destroy(t->device), 0);
  image_unload(t->image);
}

static bool has_summary(void) { return kcov8i.images->summary.n_marks != 0; }

/* Flushes; what comes out is every counter that is set, in order. */
static size_t flush(struct traced *t) {
  static uint32_t expected[MAX];
  const struct image *const i = t->image;
  size_t n = 0;
  for (size_t b = 0; b < i->n_blocks; b++)
    if (i->counters[b])
      expected[n++] = kcov8i.images->slots[b];
  kcov8_syscall_return(&t->tracer.task);
  assert_int_equal(t->tracer.words[0], n);
  for (size_t h = 0; h < n; h++)
    assert_true(t->tracer.words[1 + h] == kcov8_slot_pc(expected[h]));
  assert_true(all_clear(i));
  for (uint8_t *m = i->desc.marks[0]; m < i->desc.marks[1]; m++)
    assert_int_equal(*m, 0);
  t->tracer.words[0] = 0;
  return n;
}

/* ---- Call trees -------------------------------------------------------- */

enum { THREADS = 4, DEPTH = 12, FUNCS = 7, FLUSHES = 120000 };

static const uint32_t blocks[FUNCS + 1] = {700, 30, 256, 1, 1500, 900, 313, 0};

/*
 * Threads walk up and down call trees and run blocks of whatever function they
 * are in; at any point one of them flushes, and all others have functions live
 * that go on afterwards.
 */
static void live_functions(void **state) {
  (void)state;
  struct image *const i = image_make(3, blocks);
  uint32_t stack[THREADS][DEPTH] = {{0}}, depth[THREADS] = {0};
  uint32_t first[FUNCS] = {0};
  struct traced t;
  size_t n_flushes = 0, n_hits = 0;
  for (size_t f = 1; f < FUNCS; f++)
    first[f] = first[f - 1] + blocks[f - 1];
  /* Arrays of one function and of two; none for functions 1 and 5. */
  image_add_marks(i,
                  (size_t[]){0, first[1], first[2], first[4], first[4],
                             first[5], first[6], i->n_blocks},
                  8);
  trace(&t, i);
  assert_true(has_summary());
  assert_int_equal(kcov8i.images->summary.n_gaps, 2);
  while (n_flushes < FLUSHES) {
    const uint64_t r = random64();
    const size_t who = r % THREADS;
    const uint32_t f = stack[who][depth[who]];
    const unsigned int what = (r >> 8) % 32;
    if (what < 2 && depth[who] + 1 < DEPTH) {
      stack[who][++depth[who]] = (uint32_t)((r >> 16) % FUNCS);
    } else if (what < 4 && depth[who] > 0) {
      depth[who]--;
    } else if (what < 9) {
      n_hits += flush(&t);
      n_flushes++;
    } else {
      hit(i, first[f] + (r >> 16) % blocks[f]);
    }
  }
  assert_true(n_hits > FLUSHES);
  end(&t);
}

/* ---- Other images ------------------------------------------------------ */

static void all_densities(void **state) {
  (void)state;
  struct image *const i = image_of(1, 5000);
  struct traced t;
  image_add_marks(i, (size_t[]){0, 5000}, 2);
  trace(&t, i);
  assert_true(has_summary());
  assert_int_equal(kcov8i.images->summary.n_gaps, 0);
  for (int round = 0; round < 300; round++) {
    const uint64_t one_in = 1 + random64() % (1u << random64() % 14);
    for (size_t b = 0; b < 5000; b++)
      if (random64() % one_in == 0)
        hit(i, b);
    flush(&t);
  }
  end(&t);
}

/* Padding between arrays is no gap: nobody owns it. */
static void padding(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){300, 300, 0});
  struct traced t;
  i->funcs[0].n_blocks = 290;
  image_add_marks(i, (size_t[]){0, 290, 300, 600}, 4);
  trace(&t, i);
  assert_true(has_summary());
  assert_int_equal(kcov8i.images->summary.n_gaps, 0);
  hit(i, 289);
  hit(i, 300);
  assert_int_equal(flush(&t), 2);
  end(&t);
}

/* What cannot be used costs time, not blocks. */
static void unusable(void **state) {
  (void)state;
  for (int what = 0; what < 6; what++) {
    struct image *const i = image_of(1, 1000);
    struct traced t;
    image_add_marks(i, (size_t[]){0, 500, 500, 1000}, 4);
    switch (what) {
    case 0: /* not ascending */
      i->arrays[0].counters += 500;
      i->arrays[1].counters -= 500;
      break;
    case 1:
      i->arrays[1].bytes++;
      break;
    case 2:
      i->arrays[1].marks++;
      break;
    case 3: /* overlap */
      i->arrays[1].marks--;
      break;
    case 4:
      i->desc.size = KCOV8_IMAGE_MIN_SIZE;
      break;
    case 5:
      i->desc.arrays[1] = i->desc.arrays[0];
      break;
    }
    memset(i->mark, 0, i->n_blocks * sizeof(*i->mark));
    trace(&t, i);
    assert_false(has_summary());
    assert_int_equal(port.n_logs, what < 4 ? 1 : 0);
    if (what < 4)
      expect_log("summary of counters is not usable");
    hit(i, 700);
    hit(i, 3);
    assert_int_equal(flush(&t), 2);
    end(&t);
    port.n_logs = 0;
    kcov8i_forget_images();
  }
}

/* The same image, loaded again elsewhere, has its marks elsewhere. */
static void loaded_again(void **state) {
  (void)state;
  struct traced t;
  for (int round = 0; round < 2; round++) {
    struct image *const i = image_of(1, 1000);
    image_add_marks(i, (size_t[]){0, 1000}, 2);
    trace(&t, i);
    assert_true(has_summary());
    hit(i, 700);
    assert_int_equal(flush(&t), 1);
    end(&t);
    assert_false(has_summary());
  }
  assert_null(kcov8i.images->next);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_up, clean_up)
  const struct CMUnitTest tests[] = {
      TEST(live_functions), TEST(all_densities), TEST(padding),
      TEST(unusable),       TEST(loaded_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
