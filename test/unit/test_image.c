/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_image.c - images: good, bad, late, moved, unloaded and loaded again
 */
#include "support.h"

static struct kcov8_device *device;

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  return 0;
}

static int tear_down(void **state) {
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

static int try_open(void) {
  struct kcov8_file *f;
  const int err = kcov8_open(device, &f);
  assert_true(!err == (f != NULL));
  if (!err)
    kcov8_file_put(f);
  return err;
}

static void enable(struct kcov8_file *f, struct kcov8_task *task) {
  kcov8_task_init(task);
  assert_int_equal(kcov8_ioctl(f, task, KCOV8_ENABLE, 0), 0);
}

/* ---- Good ones ---- */

static void own_pcs(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){3, 1, 400, 7, 0});
  __kcov8_image_register(&i->desc);
  __kcov8_image_register(&i->desc);   /* no effect */
  assert_int_equal(port.n_allocs, 1); /* the device: registering takes none */
  assert_int_equal(try_open(), 0);
  for (size_t b = 0; b < i->n_blocks; b += 10)
    assert_true(image_pc(i, b) == image_own_pc(i, b));
  image_unload(i);
  assert_int_equal(try_open(), -KCOV8_ENODEV);
}

/* Where counters and keys lie does not matter. */
static void records_in_any_order(void **state) {
  (void)state;
  struct image *const a = image_make(1, (uint32_t[]){5, 5, 0});
  struct image *const b = image_make(1, (uint32_t[]){5, 5, 0});
  b->funcs[0].counters += 5;
  b->funcs[1].counters -= 5;
  __kcov8_image_register(&b->desc);
  assert_int_equal(try_open(), 0);
  for (size_t i = 0; i < 5; i++) {
    assert_true(image_pc(b, 5 + i) == image_own_pc(a, i));
    assert_true(image_pc(b, i) == image_own_pc(a, 5 + i));
  }
  image_unload(b);
  image_free(a);
}

/* Two functions in one array of three rows: PCs as if each had its own. */
static void spread_counters(void **state) {
  (void)state;
  struct image *const a = image_make(1, (uint32_t[]){5, 5, 2, 0});
  struct image *const b = image_make(1, (uint32_t[]){5, 5, 2, 0});
  for (uint32_t f = 0; f < 3; f++) {
    b->funcs[f].counters =
        (int32_t)((intptr_t)b->counters - (intptr_t)&b->funcs[f].counters);
    b->funcs[f].first = 5 * f;
    b->funcs[f].rows = 3;
  }
  __kcov8_image_register(&b->desc);
  assert_int_equal(try_open(), 0);
  for (uint32_t i = 0; i < 12; i++)
    assert_true(image_pc(b, kcov8_counter_at(i, 3)) == image_own_pc(a, i));
  image_unload(b);
  image_free(a);
}

/* Three blocks, of which number 2 has no probe; the rest holds the rules. */
static void prune(struct kcov8_func *f, uint32_t *keys, uint32_t rule0,
                  uint32_t rule1) {
  f->flags = KCOV8_FUNC_PRUNED;
  f->n_blocks = 3;
  keys[3] = 2;
  keys[4] = rule0;
  keys[5] = rule1;
}

static void implied_blocks(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){6, 4, 0});
  prune(&i->funcs[0], i->keys, 0 << 16 | 2, 1 << 16 | 2);
  __kcov8_image_register(&i->desc);
  struct harvested s = {0};
  assert_int_equal(kcov8_harvest(note_block, &s), 0);
  assert_int_equal(s.n, 0);
  i->counters[0] = 3;
  i->counters[1] = 4;
  i->counters[6] = 1;
  assert_int_equal(kcov8_harvest(note_block, &s), 0);
  assert_int_equal(s.n, 4);
  const size_t at[] = {0, 1, 6, 10}; /* the last one behind all counters */
  for (size_t n = 0; n < 4; n++)
    assert_true(s.pc[n] == image_pc(i, at[n]));
  assert_int_equal(s.hits[3], 7);
  i->counters[1] = 1; /* nothing is left of the last flush */
  s.n = 0;
  assert_int_equal(kcov8_harvest(note_block, &s), 0);
  assert_int_equal(s.n, 2);
  assert_int_equal(s.hits[1], 1);
  s.n = 0;
  assert_int_equal(kcov8_harvest(note_block, &s), 0);
  assert_int_equal(s.n, 0);
  image_unload(i);
}

static void duplicate_ids(void **state) {
  (void)state;
  struct image *const i = image_make(1, (uint32_t[]){2, 2, 0});
  i->funcs[1].hash = i->funcs[0].hash;
  __kcov8_image_register(&i->desc);
  assert_int_equal(try_open(), 0);
  const uint64_t second = kcov8_block_id(image_id(i, 0), 1);
  assert_true(image_pc(i, 0) == kcov8_slot_pc(kcov8_id_slot(image_id(i, 0))));
  assert_true(image_pc(i, 2) == kcov8_slot_pc(kcov8_id_slot(second)));
  image_unload(i);
}

/* ---- Nothing there ---- */

static void no_image(void **state) {
  (void)state;
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  expect_log("no instrumented image");
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  assert_int_equal(port.n_logs, 1);
}

static void empty_image(void **state) {
  (void)state;
  struct image *const e = image_make(1, (uint32_t[]){0});
  __kcov8_image_register(&e->desc);
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  expect_log("no image has an instrumented block");
  struct image *const i = image_load(2, 5);
  assert_int_equal(try_open(), 0);
  image_unload(e);
  assert_int_equal(try_open(), 0);
  image_unload(i);
}

/* ---- Bad ones ---- */

static void bad_abi(struct image *i) { i->funcs[1].abi++; }
static void bad_abi_zero(struct image *i) { i->funcs[0].abi = 0; }
static void bad_blocks(struct image *i) { i->funcs[1].n_blocks = 0; }
static void bad_probe(struct image *i) { i->funcs[1].probe = KCOV8_N_PROBES; }
static void bad_level(struct image *i) { i->funcs[1].level = 3; }
static void bad_counters_low(struct image *i) { i->funcs[0].counters -= 1; }
static void bad_counters_high(struct image *i) { i->funcs[1].counters += 1; }
static void bad_counters_far(struct image *i) {
  i->funcs[1].counters = INT32_MIN;
}
static void bad_counters_many(struct image *i) {
  i->funcs[1].n_blocks = UINT32_MAX;
}
static void bad_rows(struct image *i) { i->funcs[0].rows = 1; }
static void bad_first(struct image *i) { i->funcs[1].first = 1; }
static void bad_first_far(struct image *i) { i->funcs[1].first = UINT32_MAX; }
static void bad_rows_far(struct image *i) { i->funcs[0].rows = UINT32_MAX; }
static void bad_flags(struct image *i) { i->funcs[1].flags = 0x80; }
static void bad_rule(struct image *i) {
  prune(i->funcs, i->keys, 2, 3 << 16 | 2);
}
static void bad_witness(struct image *i) {
  prune(i->funcs, i->keys, 1, 1 << 16 | 2); /* has no counter itself */
}
static void bad_implied(struct image *i) { prune(i->funcs, i->keys, 2, 3); }
static void bad_implied_order(struct image *i) {
  prune(i->funcs, i->keys, 2, 1);
}
static void bad_implied_all(struct image *i) { prune(i->funcs, i->keys, 0, 1); }
static void bad_implied_few(struct image *i) { prune(i->funcs, i->keys, 1, 1); }
static void bad_rules_cut(struct image *i) {
  i->funcs[1].flags = KCOV8_FUNC_PRUNED;
}
static void bad_rules_many(struct image *i) {
  prune(i->funcs, i->keys, 2, 2);
  i->keys[3] = UINT32_MAX;
}
static void bad_keys_low(struct image *i) { i->funcs[0].keys -= 4; }
static void bad_keys_high(struct image *i) { i->funcs[1].keys += 4; }
static void bad_keys_odd(struct image *i) { i->funcs[0].keys += 2; }
static void bad_keys_cut(struct image *i) { i->desc.keys[1]--; }
static void bad_counters_cut(struct image *i) { i->desc.counters[1]--; }
static void bad_overlap(struct image *i) {
  i->funcs[1].n_blocks = 2;
  i->funcs[1].counters -= 2;
}
static void bad_overlap_all(struct image *i) {
  i->funcs[0].n_blocks = 7;
  i->funcs[1].counters -= 1;
}
static void bad_keys_overlap(struct image *i) {
  i->desc.keys[0] += 3;
  i->funcs[0].keys += 12;
}
static void bad_size(struct image *i) {
  i->desc.funcs[1] = (const void *)((const char *)i->desc.funcs[1] - 8);
}
static void bad_align(struct image *i) {
  i->desc.funcs[0] = (const void *)((const char *)i->desc.funcs[0] + 4);
}
static void bad_key_align(struct image *i) {
  i->desc.keys[0] = (const void *)((const char *)i->desc.keys[0] + 1);
}
static void bad_order_counters(struct image *i) {
  i->desc.counters[1] = i->desc.counters[0] - 1;
}
static void bad_order_keys(struct image *i) {
  i->desc.keys[1] = i->desc.keys[0] - 1;
}
static void bad_order_funcs(struct image *i) {
  i->desc.funcs[1] = i->desc.funcs[0] - 1;
}
static void bad_no_funcs(struct image *i) {
  i->desc.funcs[1] = i->desc.funcs[0];
}

static const struct bad {
  void (*spoil)(struct image *i);
  const char *reason;
} bads[] = {
    {bad_abi, "): table ABI 5, this runtime reads 4"},
    {bad_abi_zero, "function record 0 (hash 0x"},
    {bad_blocks, "function record 1 (hash 0x"},
    {bad_blocks, "no blocks"},
    {bad_probe, "unknown kind of probe"},
    {bad_level, "unknown level"},
    {bad_counters_low, "counters lie outside of __kcov8_cntrs"},
    {bad_counters_high, "counters lie outside of __kcov8_cntrs"},
    {bad_counters_far, "counters lie outside of __kcov8_cntrs"},
    {bad_counters_many, "keys lie outside of __kcov8_keys"},
    {bad_counters_cut, "counters lie outside of __kcov8_cntrs"},
    {bad_rows, "more counters than rows hold"},
    {bad_first, "counters lie outside of __kcov8_cntrs"},
    {bad_first_far, "more counters than rows hold"},
    {bad_rows_far, "more counters than rows hold"},
    {bad_flags, "unknown flags"},
    {bad_rule, "a rule names a block that is not there"},
    {bad_witness, "a rule names a block that is not there"},
    {bad_implied_order, "a rule names a block that is not there"},
    {bad_implied_all, "a rule names a block that is not there"},
    {bad_implied_few, "a block has neither counter nor rule"},
    {bad_implied, "a rule names a block that is not there"},
    {bad_rules_cut, "rules lie outside of __kcov8_keys"},
    {bad_rules_many, "rules lie outside of __kcov8_keys"},
    {bad_keys_low, "keys lie outside of __kcov8_keys"},
    {bad_keys_high, "keys lie outside of __kcov8_keys"},
    {bad_keys_odd, "keys lie outside of __kcov8_keys"},
    {bad_keys_cut, "keys lie outside of __kcov8_keys"},
    {bad_overlap, "overlaps the counters of another record"},
    {bad_overlap_all, "more blocks than counters: records overlap"},
    {bad_keys_overlap, "more blocks than keys: records overlap"},
    {bad_size, "no multiple of a function record"},
    {bad_align, "not aligned"},
    {bad_key_align, "not aligned"},
    {bad_order_counters, "ends before it begins"},
    {bad_order_keys, "ends before it begins"},
    {bad_order_funcs, "ends before it begins"},
    {bad_no_funcs, "__kcov8_funcs was dropped"},
};

static void bad_tables(void **state) {
  (void)state;
  struct image *const good = image_load(2, 5);
  for (size_t n = 0; n < sizeof(bads) / sizeof(bads[0]); n++) {
    struct image *const i = image_make(1, (uint32_t[]){6, 4, 0});
    bads[n].spoil(i);
    __kcov8_image_register(&i->desc);
    port.n_logs = 0;
    assert_int_equal(try_open(), -KCOV8_ENODEV);
    expect_log(bads[n].reason);
    assert_int_equal(try_open(), -KCOV8_ENODEV);
    assert_int_equal(port.n_logs, 1);
    image_unload(i);
    assert_int_equal(try_open(), 0);
  }
  image_unload(good);
}

#define NEWER                                                                  \
  "an image was built for table ABI 5 with a descriptor of 200 bytes; this "   \
  "runtime reads ABI 4 with "

/* Nothing but the first two fields of another ABI's descriptor is touched. */
static void foreign_descriptors(void **state) {
  (void)state;
  struct image *const good = image_load(2, 5);
  uint32_t newer[2] = {5, 200}, shorter[2] = {3, 40};
  struct kcov8_image *const a = (void *)newer, *const b = (void *)shorter;
  __kcov8_image_register(a);
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  expect_log(sizeof(void *) == 8 ? NEWER "72" : NEWER "40");
  __kcov8_image_register(b);
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  expect_log("table ABI 3 with a descriptor of 40 bytes");
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  assert_int_equal(port.n_logs, 2);
  __kcov8_image_unregister(a);
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  __kcov8_image_unregister(b);
  assert_int_equal(try_open(), 0);
  __kcov8_image_unregister(b);

  /* gone before it was looked at */
  __kcov8_image_register(a);
  __kcov8_image_unregister(a);
  assert_int_equal(try_open(), 0);
  image_unload(good);
}

static void unknown_unregister(void **state) {
  (void)state;
  struct image *const i = image_of(1, 5), *const good = image_load(2, 5);
  __kcov8_image_unregister(&i->desc);
  assert_int_equal(try_open(), 0);
  image_free(i);
  image_unload(good);
}

/* ---- Late ones ---- */

static void late_image(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_task task;
  struct image *const a = image_load(1, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &task);
  struct image *const b = image_load(2, 40);
  hit(b, 30);
  hit(a, 7);
  kcov8_syscall_return(&task);
  expect_pcs(w, a, 7, b, 30, NULL);

  /* Not prepared yet when ENABLE discards: its old hits go, too. */
  kcov8_task_exit(&task);
  struct image *const c = image_load(3, 40);
  hit(c, 1);
  enable(f, &task);
  hit(c, 2);
  kcov8_syscall_return(&task);
  expect_pcs(w, c, 2, NULL);
  kcov8_task_exit(&task);
  kcov8_file_put(f);
  image_unload(b);
  image_unload(a);
  image_unload(c);
}

/* It cannot be used, but what the others report goes on. */
static void late_bad_image(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_task task;
  struct image *const a = image_load(1, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &task);
  struct image *const b = image_of(2, 40);
  b->funcs[0].abi = 9;
  __kcov8_image_register(&b->desc);
  hit(a, 7);
  kcov8_syscall_return(&task);
  kcov8_syscall_return(&task);
  expect_pcs(w, a, 7, NULL);
  assert_int_equal(port.n_logs, 1);
  expect_log("table ABI 9");
  assert_int_equal(try_open(), -KCOV8_ENODEV);
  kcov8_task_exit(&task);
  kcov8_file_put(f);
  image_unload(a);
  image_unload(b);
}

/* No memory for it at a flush: its hits wait. With sets in use, too. */
static void late_image_without_memory(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_task task, task2;
  struct image *const a = image_load(1, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  enable(f, &task);
  for (int two = 0; two < 2; two++) {
    if (two)
      enable(f2, &task2);
    struct image *const b = image_load(2 + (uint64_t)two, 40);
    long n = 0;
    for (; n < 30; n++) {
      const size_t live = port.live;
      hit(a, 7);
      hit(b, 30);
      port.fail_alloc = n;
      kcov8_syscall_return(&task);
      if (port.fail_alloc != 0 || image_pc(b, 30))
        break;
      expect_pcs(w, a, 7, NULL);
      assert_int_equal(port.live, live);
    }
    port.fail_alloc = -1;
    assert_int_equal(n, two ? 6 : 4);
    expect_pcs(w, a, 7, b, 30, NULL);
    if (two) {
      kcov8_syscall_return(&task2);
      expect_pcs(w2, a, 7, b, 30, NULL);
    }
    image_unload(b);
  }
  kcov8_task_exit(&task);
  kcov8_task_exit(&task2);
  kcov8_file_put(f);
  kcov8_file_put(f2);
  image_unload(a);
}

/* Each allocation of the first open fails once. */
static void open_without_memory(void **state) {
  (void)state;
  struct image *const a = image_load(1, 40), *const b = image_load(1, 40);
  const size_t live = port.live;
  long n = 0;
  for (;; n++) {
    port.fail_alloc = n;
    if (!try_open())
      break;
    assert_int_equal(try_open(), -KCOV8_ENOMEM);
    kcov8i_forget_images();
    assert_int_equal(port.live, live);
    __kcov8_image_register(&a->desc);
    __kcov8_image_register(&b->desc);
    assert_true(n < 20);
  }
  assert_int_equal(n, 3 + 4 + 1); /* a; b, which looks at a; the file */
  port.fail_alloc = -1;
  assert_true(image_pc(b, 3) && image_pc(b, 3) != image_pc(a, 3));
  image_unload(a);
  image_unload(b);
}

/* ---- Moved, unloaded, loaded again ---- */

static void equal_images(void **state) {
  (void)state;
  enum { N = 300 };
  struct image *const a = image_load(1, N), *const b = image_load(1, N);
  assert_int_equal(try_open(), 0);
  for (size_t i = 0; i < N; i++) {
    assert_true(image_pc(a, i) == image_own_pc(a, i));
    assert_true(image_pc(b, i) >= KCOV8_PC_BASE);
    assert_true(image_pc(b, i) < KCOV8_PC_END);
    assert_true(image_pc(b, i) % KCOV8_PC_STEP == 0);
    for (size_t j = 0; j < N; j++) {
      assert_true(image_pc(b, i) != image_pc(a, j));
      assert_true(i == j || image_pc(b, i) != image_pc(b, j));
    }
  }
  image_unload(a);
  image_unload(b);
}

static void loaded_again(void **state) {
  (void)state;
  enum { N = 50 };
  uint64_t pc[N];
  struct image *const a = image_load(1, N);
  struct image *b = image_load(1, N);
  assert_int_equal(try_open(), 0);
  for (size_t i = 0; i < N; i++)
    pc[i] = image_pc(b, i);
  image_unload(b);

  /* One more copy at the same time may not take what the ghost has. */
  struct image *const c = image_load(1, N + 1);
  assert_int_equal(try_open(), 0);
  for (size_t i = 0; i <= N; i++)
    for (size_t j = 0; j < N; j++)
      assert_true(image_pc(c, i) != pc[j] && image_pc(c, i) != image_pc(a, j));

  /* Nor may an image that differs in one key. */
  b = image_of(1, N);
  b->keys[3] = 1000;
  __kcov8_image_register(&b->desc);
  assert_int_equal(try_open(), 0);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      assert_true(image_pc(b, i) != pc[j]);
  image_unload(b);

  for (int round = 0; round < 3; round++) {
    const size_t live = port.live;
    b = image_load(1, N);
    assert_int_equal(try_open(), 0);
    for (size_t i = 0; i < N; i++)
      assert_true(image_pc(b, i) == pc[i]);
    image_unload(b);
    assert_int_equal(port.live, live);
  }
  image_unload(a);
  image_unload(c);
}

/* What it ran is delivered: one file, two files, at their own flush. */
static void unloaded_while_enabled(void **state) {
  (void)state;
  uint64_t *w, *w2, pc, pc2;
  struct kcov8_task task, task2;
  struct image *const a = image_load(1, 40);
  struct image *b = image_load(2, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  enable(f, &task);
  hit(a, 3);
  hit(b, 5);
  pc = image_pc(b, 5);
  image_unload(b);
  assert_int_equal(w[0], 0);
  hit(a, 4);
  kcov8_syscall_return(&task);
  assert_int_equal(w[0], 3);
  assert_true(w[1] == image_pc(a, 3));
  assert_true(w[2] == image_pc(a, 4));
  assert_true(w[3] == pc);
  w[0] = 0;

  enable(f2, &task2);
  b = image_load(2, 40);
  struct image *const c = image_load(3, 40); /* never prepared before it goes */
  hit(b, 6);
  hit(c, 7);
  pc2 = image_own_pc(c, 7);
  image_unload(c);
  pc = image_pc(b, 6);
  image_unload(b);
  b = image_load(2, 40); /* its old set is used again */
  hit(b, 8);
  kcov8_syscall_return(&task);
  kcov8_syscall_return(&task2);
  for (int i = 0; i < 2; i++) {
    const uint64_t *const x = i ? w2 : w;
    assert_int_equal(x[0], 3);
    assert_true(x[1] == pc);
    assert_true(x[2] == image_pc(b, 8));
    assert_true(x[3] == pc2);
  }
  kcov8_task_exit(&task);
  kcov8_task_exit(&task2);
  kcov8_file_put(f);
  kcov8_file_put(f2);
  image_unload(a);
  image_unload(b);
}

static void unloaded_without_memory(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_task task;
  struct image *const a = image_load(1, 40), *const b = image_load(2, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &task);
  hit(b, 5);
  port.fail_alloc = 0;
  image_unload(b);
  expect_log("unloaded, and no memory to keep what ran");
  struct image *const c = image_load(3, 40);
  image_unload(c);
  expect_log("unloaded, and no memory to keep what ran");
  port.fail_alloc = -1;
  hit(a, 1);
  kcov8_syscall_return(&task);
  expect_pcs(w, a, 1, NULL);
  kcov8_task_exit(&task);
  kcov8_file_put(f);
  image_unload(a);
}

/* Loaded again without memory: marks from its first life stay. */
static void loaded_again_without_memory(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_task task, task2;
  struct image *const a = image_load(1, 40);
  struct image *b = image_load(2, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, NULL);
  enable(f, &task);
  enable(f2, &task2);
  hit(b, 5);
  image_unload(b);
  kcov8_task_exit(&task2);
  enable(f2, &task2); /* no set for b now */
  b = image_load(2, 40);
  hit(b, 6);
  port.fail_alloc = 0;
  kcov8_syscall_return(&task2);
  assert_true(image_pc(b, 5) == 0);
  port.fail_alloc = -1;
  kcov8_syscall_return(&task);
  expect_pcs(w, b, 5, b, 6, NULL);
  kcov8_task_exit(&task);
  kcov8_task_exit(&task2);
  kcov8_file_put(f);
  kcov8_file_put(f2);
  image_unload(a);
  image_unload(b);
}

/* All images gone while two files are enabled; then one comes. */
static void no_image_left(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_task task, task2;
  struct image *a = image_load(1, 40);
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  image_unload(a);
  enable(f, &task);
  enable(f2, &task2);
  a = image_load(2, 40);
  hit(a, 1);
  kcov8_syscall_return(&task);
  kcov8_syscall_return(&task2);
  expect_pcs(w, a, 1, NULL);
  expect_pcs(w2, a, 1, NULL);
  kcov8_task_exit(&task);
  kcov8_task_exit(&task2);
  kcov8_file_put(f);
  kcov8_file_put(f2);
  image_unload(a);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(own_pcs),
      TEST(spread_counters),
      TEST(implied_blocks),
      TEST(records_in_any_order),
      TEST(duplicate_ids),
      TEST(no_image),
      TEST(empty_image),
      TEST(bad_tables),
      TEST(foreign_descriptors),
      TEST(unknown_unregister),
      TEST(late_image),
      TEST(late_bad_image),
      TEST(late_image_without_memory),
      TEST(open_without_memory),
      TEST(equal_images),
      TEST(loaded_again),
      TEST(unloaded_while_enabled),
      TEST(unloaded_without_memory),
      TEST(loaded_again_without_memory),
      TEST(no_image_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
