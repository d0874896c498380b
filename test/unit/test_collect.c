/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_collect.c - the sweep, and kcov8_harvest()
 */
#include "support.h"

static uint64_t seed = 1;

static uint64_t random64(void) { return kcov8_mix64(seed++); }

enum { MAX = 700, GUARD = 40 };

/* Sweeps a copy of @bytes at @offset and compares with a byte loop. */
static void check_sweep(const uint8_t *bytes, size_t n, size_t offset) {
  static _Alignas(64) uint8_t memory[MAX + 2 * GUARD + 64];
  struct kcov8i_hit hits[KCOV8I_BATCH];
  uint8_t *const at = memory + GUARD + offset;
  memset(memory, 0xee, sizeof(memory));
  memcpy(at, bytes, n);
  size_t next = 0, pos = 0, rounds = 0;
  while (pos < n) {
    const size_t before = pos;
    const size_t n_hits = kcov8i_sweep(at, n, &pos, hits);
    assert_true(pos > before && pos <= n);
    assert_true(n_hits <= KCOV8I_BATCH);
    for (size_t i = 0; i < n_hits; i++) {
      while (next < n && !bytes[next])
        next++;
      assert_int_equal(hits[i].index, next);
      assert_int_equal(hits[i].count, bytes[next]);
      next++;
    }
    assert_true(++rounds <= n);
  }
  while (next < n)
    assert_int_equal(bytes[next++], 0);
  for (size_t i = 0; i < sizeof(memory); i++)
    assert_int_equal(memory[i],
                     i >= GUARD + offset && i < GUARD + offset + n ? 0 : 0xee);
}

static void sweep_single_bytes(void **state) {
  (void)state;
  uint8_t bytes[MAX] = {0};
  for (size_t n = 1; n <= 80; n++) {
    for (size_t at = 0; at < n; at++) {
      bytes[at] = 1;
      for (size_t offset = 0; offset < 8; offset++)
        check_sweep(bytes, n, offset);
      bytes[at] = 0;
    }
  }
}

static void sweep_random(void **state) {
  (void)state;
  uint8_t bytes[MAX];
  for (int round = 0; round < 3000; round++) {
    const size_t n = random64() % (MAX + 1);
    const uint64_t one_in = 1 + random64() % 40;
    for (size_t i = 0; i < n; i++)
      bytes[i] = random64() % one_in ? 0 : (uint8_t)(1 + random64() % 255);
    check_sweep(bytes, n, random64() % 64);
  }
}

static void sweep_full_and_empty(void **state) {
  (void)state;
  uint8_t bytes[MAX];
  for (size_t n = 0; n <= MAX; n += 7) {
    memset(bytes, 255, sizeof(bytes));
    check_sweep(bytes, n, 3);
    memset(bytes, 0, sizeof(bytes));
    check_sweep(bytes, n, 5);
  }
}

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
  kcov8i_keep_for_harvest();
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

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_up, clean_up)
  const struct CMUnitTest tests[] = {
      TEST(sweep_single_bytes),     TEST(sweep_random),
      TEST(sweep_full_and_empty),   TEST(harvest),
      TEST(harvest_without_blocks), TEST(harvest_without_memory),
      TEST(harvest_moved),          TEST(harvest_and_file),
      TEST(harvest_keeps),          TEST(strays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
