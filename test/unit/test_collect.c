/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_collect.c - kcov8_harvest()
 */
#include "support.h"

enum { MAX = 700 };

/* ---- Harvest ---- */

struct seen {
  size_t n;
  struct {
    uint64_t pc, id;
    unsigned int hits;
    int moved;
  } at[MAX];
};

static void see(void *ctx, uint64_t pc, unsigned int hits, uint64_t id,
                int moved) {
  struct seen *const s = ctx;
  s->at[s->n].pc = pc;
  s->at[s->n].id = id;
  s->at[s->n].hits = hits;
  s->at[s->n++].moved = moved;
}

static void harvest(void **state) {
  (void)state;
  struct seen s = {0};
  struct image *const i = image_load(1, 300);
  for (int n = 0; n < 7; n++)
    hit(i, 250);
  hit(i, 3);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 2);
  assert_true(s.at[0].pc == image_own_pc(i, 3));
  assert_true(s.at[0].id == image_id(i, 3));
  assert_int_equal(s.at[0].hits, 1);
  assert_int_equal(s.at[0].moved, 0);
  assert_true(s.at[1].pc == image_own_pc(i, 250));
  assert_int_equal(s.at[1].hits, 7);
  assert_true(all_clear(i));
  s.n = 0;
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 0);
  image_unload(i);
}

static void harvest_without_blocks(void **state) {
  (void)state;
  struct seen s = {0};
  assert_int_equal(kcov8_harvest(see, &s), -KCOV8_ENODEV);
  expect_log("no instrumented image");
  assert_int_equal(kcov8_harvest(see, &s), -KCOV8_ENODEV);
  assert_int_equal(port.n_logs, 1); /* once */
}

/* No memory anywhere: an error, nothing reported, nothing lost. */
static void harvest_without_memory(void **state) {
  (void)state;
  struct seen s = {0};
  struct image *const i = image_load(1, 30);
  hit(i, 11);
  long n = 0;
  for (; n < 20; n++) {
    port.fail_alloc = n;
    const int err = kcov8_harvest(see, &s);
    if (!err)
      break;
    assert_int_equal(err, -KCOV8_ENOMEM);
    assert_int_equal(s.n, 0);
    assert_int_equal(i->counters[11], 1);
    kcov8i_forget_images(); /* from the start */
    assert_int_equal(port.live, 0);
    __kcov8_image_register(&i->desc);
  }
  assert_true(n > 3 && n < 20);
  assert_int_equal(s.n, 1);
  port.fail_alloc = -1;
  image_unload(i);
}

/* The same two images as in `image.c`'s tests: IDs are equal, all move. */
static void harvest_moved(void **state) {
  (void)state;
  struct seen s = {0};
  struct image *const a = image_load(5, 9), *const b = image_load(5, 9);
  hit(a, 4);
  hit(b, 4);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 2);
  assert_true(s.at[0].pc == image_own_pc(a, 4));
  assert_int_equal(s.at[0].moved, 0);
  assert_true(s.at[1].pc != s.at[0].pc);
  assert_true(s.at[1].id == s.at[0].id);
  assert_true(s.at[1].moved);
  image_unload(a);
  image_unload(b);
}

/* A harvest takes what a file was about to get: the file gets it, too. */
static void harvest_and_file(void **state) {
  (void)state;
  struct seen s = {0};
  uint64_t *w;
  struct kcov8_task task;
  struct image *const i = image_load(1, 30);
  struct kcov8_device *const d = device_make();
  struct kcov8_file *const f = file_make(d, 64, &w);
  kcov8_task_init(&task);
  assert_int_equal(kcov8_ioctl(f, &task, KCOV8_ENABLE, 0), 0);
  hit(i, 20);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 1);
  assert_int_equal(w[0], 0); /* not outside of a flush of its own */
  hit(i, 5);
  kcov8_syscall_return(&task);
  expect_pcs(w, i, 5, i, 20, NULL);
  kcov8_syscall_return(&task);
  expect_pcs(w, NULL);

  /* The other way round a flush takes all, unless it is told to keep. */
  s.n = 0;
  hit(i, 7);
  kcov8_syscall_return(&task);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 0);
  expect_pcs(w, i, 7, NULL);

  /* No memory for its set: nothing is taken. */
  kcov8_task_exit(&task);
  assert_int_equal(kcov8_ioctl(f, &task, KCOV8_ENABLE, 0), 0);
  hit(i, 8);
  port.fail_alloc = 0;
  assert_int_equal(kcov8_harvest(see, &s), -KCOV8_ENOMEM);
  assert_int_equal(s.n, 0);
  port.fail_alloc = -1;
  kcov8_syscall_return(&task);
  expect_pcs(w, i, 8, NULL);

  kcov8_task_exit(&task);
  kcov8_file_put(f);
  assert_int_equal(kcov8_device_destroy(d), 0);
  image_unload(i);
}

/* With `keep` (dump at exit) flushes, ENABLE and unloading hide nothing. */
static void harvest_keeps(void **state) {
  (void)state;
  struct seen s = {0};
  struct kcov8_task task;
  kcov8i_keep_start(NULL);
  struct image *const i = image_load(1, 30), *const gone = image_load(2, 30);
  struct image *const late = image_of(3, 30);
  struct kcov8_device *const d = device_make();
  struct kcov8_file *const f = file_make(d, 64, NULL);
  kcov8_task_init(&task);
  hit(i, 1); /* discarded for the file */
  hit(gone, 6);
  const uint64_t gone_pc = image_pc(gone, 6);
  assert_int_equal(kcov8_ioctl(f, &task, KCOV8_ENABLE, 0), 0);
  hit(i, 2);
  hit(i, 1);
  i->counters[3] = 128;
  kcov8_syscall_return(&task);
  kcov8_task_exit(&task);
  i->counters[3] = 128; /* 256 in all is no zero */
  image_unload(gone);
  __kcov8_image_register(&late->desc); /* never prepared before it goes */
  hit(late, 9);
  image_unload(late);
  for (int n = 0; n < 300; n++)
    hit(i, 1);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 5);
  assert_true(s.at[0].pc == image_pc(i, 1));
  assert_int_equal(s.at[0].hits, 2 + 45); /* 300 is 45 past 255 */
  assert_true(s.at[1].pc == image_pc(i, 2));
  assert_true(s.at[2].pc == image_pc(i, 3));
  assert_int_equal(s.at[2].hits, 255);
  assert_true(s.at[3].pc == gone_pc);
  assert_int_equal(s.at[3].hits, 1);
  assert_int_equal(s.at[4].hits, 1);
  kcov8_file_put(f);
  assert_int_equal(kcov8_device_destroy(d), 0);
  image_unload(i);
}

/* Bytes between functions that no record owns. */
static void strays(void **state) {
  (void)state;
  struct seen s = {0};
  struct image *const i = image_make(1, (uint32_t[]){10, 10, 0});
  i->funcs[0].n_blocks = 8; /* 8 and 9 are padding */
  __kcov8_image_register(&i->desc);
  hit(i, 8);
  hit(i, 9);
  hit(i, 10);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 1);
  assert_true(s.at[0].pc == image_pc(i, 10));
  assert_true(all_clear(i));
  assert_int_equal(port.n_logs, 1);
  expect_log("counter byte 8 was hit but no function record owns it");
  hit(i, 9);
  assert_int_equal(kcov8_harvest(see, &s), 0);
  assert_int_equal(s.n, 1);
  assert_int_equal(port.n_logs, 1);
  assert_true(all_clear(i));
  image_unload(i);
}

/* ---- Blocks without probes ---- */

/*
 * Block 0 and 1 imply block 2. In a buffer it stands once per flush; its count
 * is the sum of theirs.
 */
static void implied(bool counts) {
  struct kcov8_device *const device = device_make();
  struct image *const i = image_make(1, (uint32_t[]){6, 0});
  struct tracer g;
  i->funcs[0].flags = KCOV8_FUNC_PRUNED;
  i->funcs[0].n_blocks = 3;
  i->keys[3] = 2;
  i->keys[4] = 0 << 16 | 2;
  i->keys[5] = 1 << 16 | 2;
  __kcov8_image_register(&i->desc);
  tracer_start(&g, device, 16);
  assert_int_equal(kcov8_ioctl(g.file, &g.task, KCOV8_SET_COUNTS, counts), 0);
  assert_int_equal(tracer_enable(&g), 0);
  for (int round = 0; round < 3; round++) {
    uint64_t *const w = g.words;
    i->counters[0] = 3;
    i->counters[1] = 4;
    kcov8_syscall_return(&g.task);
    assert_int_equal(w[0], 3);
    if (counts) {
      assert_true(w[5] == image_pc(i, 6)); /* behind all counters */
      assert_int_equal(w[2] + w[4], 7);
      assert_int_equal(w[6], 7);
    } else {
      assert_true(w[2] == image_pc(i, 6)); /* behind the first of them */
    }
    w[0] = 0;
  }
  tracer_end(&g);
  image_unload(i);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void implied_once(void **state) {
  (void)state;
  implied(false);
}

static void implied_counts(void **state) {
  (void)state;
  implied(true);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_up, clean_up)
  const struct CMUnitTest tests[] = {
      TEST(harvest),
      TEST(harvest_without_blocks),
      TEST(harvest_without_memory),
      TEST(harvest_moved),
      TEST(harvest_and_file),
      TEST(harvest_keeps),
      TEST(strays),
      TEST(implied_once),
      TEST(implied_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
