/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_pc.c - PC assignment: properties, and two slow models to compare with
 */
#include "support.h"

static uint64_t seed = 1;

static uint64_t random64(void) { return kcov8_mix64(seed++); }

static struct kcov8i_id *make(size_t n) {
  return calloc(n + 1, sizeof(struct kcov8i_id));
}

static void assign(struct kcov8i_id *v, size_t n) {
  struct kcov8i_id *const scratch = make(n);
  kcov8i_assign_slots(v, n, scratch);
  free(scratch);
}

/* What must hold of every result. */
static void check(const struct kcov8i_id *v, size_t n) {
  uint8_t *const seen = calloc(n + 1, 1);
  for (size_t i = 0; i < n; i++) {
    assert_true(v[i].slot < KCOV8_PC_SLOTS);
    assert_true(v[i].index < n);
    assert_false(seen[v[i].index]);
    seen[v[i].index] = 1;
    if (i) {
      assert_true(v[i].id > v[i - 1].id);
      assert_true(v[i].slot > v[i - 1].slot);
    }
  }
  free(seen);
}

static void shuffle(struct kcov8i_id *v, size_t n) {
  for (size_t i = n; i > 1; i--) {
    const size_t j = random64() % i;
    const struct kcov8i_id t = v[i - 1];
    v[i - 1] = v[j];
    v[j] = t;
  }
}

/* Fills with @next(i), assigns; assigns a shuffled copy; compares. */
static void check_set(size_t n, uint64_t (*next)(size_t i)) {
  struct kcov8i_id *const a = make(n), *const b = make(n);
  for (size_t i = 0; i < n; i++)
    a[i].id = b[i].id = next(i);
  shuffle(b, n);
  assign(a, n);
  assign(b, n);
  check(a, n);
  check(b, n);
  for (size_t i = 0; i < n; i++) {
    assert_true(a[i].id == b[i].id);
    assert_int_equal(a[i].slot, b[i].slot);
  }
  free(a);
  free(b);
}

static uint64_t any(size_t i) {
  (void)i;
  return random64();
}
static uint64_t low(size_t i) { return i; }
static uint64_t high(size_t i) { return UINT64_MAX - i; }
static uint64_t both_ends(size_t i) { return i % 2 ? i : UINT64_MAX - i; }
static uint64_t crowded(size_t i) {
  (void)i;
  return random64() % 3000 << 32; /* 94 slots */
}
static uint64_t one_function(size_t i) {
  return kcov8_block_id(UINT64_MAX / 2, (uint32_t)i);
}
static uint64_t last_function(size_t i) {
  return kcov8_block_id(UINT64_MAX, (uint32_t)i);
}
static uint64_t same(size_t i) {
  (void)i;
  return 77;
}

static void random_sets(void **state) {
  (void)state;
  check_set(100000, any);
  for (size_t n = 0; n < 300; n++)
    check_set(n, any);
}

static void clusters(void **state) {
  (void)state;
  check_set(5000, low);
  check_set(5000, high);
  check_set(5000, both_ends);
  check_set(5000, crowded);
  check_set(1000, same);
  check_set(20000, one_function);
  check_set(70000, one_function);  /* more than its MiB has: into the next */
  check_set(70000, last_function); /* or before it, at the end */
}

static void window_ends(void **state) {
  (void)state;
  struct kcov8i_id v[3] = {
      {.id = UINT64_MAX}, {.id = UINT64_MAX - 1}, {.id = 0}};
  assign(v, 3);
  assert_int_equal(v[0].slot, 0);
  assert_int_equal(v[1].slot, KCOV8_PC_SLOTS - 2);
  assert_int_equal(v[2].slot, KCOV8_PC_SLOTS - 1);

  /* pushed down into a block that had its own slot */
  const uint64_t below = (uint64_t)(KCOV8_PC_SLOTS - 2) << 37;
  struct kcov8i_id w[3] = {
      {.id = below}, {.id = UINT64_MAX}, {.id = UINT64_MAX - 1}};
  const uint32_t own = kcov8_id_slot(below);
  assert_int_equal(own, KCOV8_PC_SLOTS - 2);
  assign(w, 3);
  assert_int_equal(w[0].slot, KCOV8_PC_SLOTS - 3);
  assert_int_equal(w[2].slot, KCOV8_PC_SLOTS - 1);
}

static void own_slot_if_free(void **state) {
  (void)state;
  struct kcov8i_id v[64];
  for (size_t i = 0; i < 64; i++)
    v[i].id = (uint64_t)i << 58;
  assign(v, 64);
  for (size_t i = 0; i < 64; i++)
    assert_int_equal(v[i].slot, kcov8_id_slot(v[i].id));
}

/* The n-th duplicate in table order is kcov8_block_id(id, n). */
static void duplicates(void **state) {
  (void)state;
  struct kcov8i_id v[5] = {
      {.id = 500}, {.id = 9}, {.id = 500}, {.id = 500}, {.id = 9}};
  const uint64_t expected[5] = {500, 9, kcov8_block_id(500, 1),
                                kcov8_block_id(500, 2), kcov8_block_id(9, 1)};
  assign(v, 5);
  check(v, 5);
  for (size_t i = 0; i < 5; i++)
    assert_true(v[i].id == expected[v[i].index]);
}

/* The name of a duplicate is taken: goes on until all differ. */
static void duplicate_collides(void **state) {
  (void)state;
  const uint64_t once = kcov8_block_id(500, 1);
  const uint64_t twice = kcov8_block_id(once, 1);
  const uint64_t expect_v[3] = {500, once, twice};
  const uint64_t expect_w[3] = {once, 500, twice};
  struct kcov8i_id v[3] = {{.id = 500}, {.id = 500}, {.id = once}};
  assign(v, 3);
  check(v, 3);
  for (size_t i = 0; i < 3; i++) /* table order decides */
    assert_true(v[i].id == expect_v[v[i].index]);

  struct kcov8i_id w[3] = {{.id = once}, {.id = 500}, {.id = 500}};
  assign(w, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_true(w[i].id == v[i].id);
    assert_true(w[i].id == expect_w[w[i].index]);
  }
}

/* ---- Yielding ---- */

/* The same, one slot at a time. @map: 1 byte per slot of a small window top. */
static void yield_model(struct kcov8i_id *v, size_t n, const uint32_t *taken,
                        size_t n_taken, uint8_t *used, uint32_t base) {
  memset(used, 0, KCOV8_PC_SLOTS - base);
  for (size_t i = 0; i < n_taken; i++)
    used[taken[i] - base] = 1;
  uint8_t *const conflict = calloc(n + 1, 1);
  for (size_t i = 0; i < n; i++)
    conflict[i] = used[v[i].slot - base];
  for (size_t i = 0; i < n; i++)
    used[v[i].slot - base] = 1;
  for (size_t i = 0; i < n; i++) {
    if (!conflict[i])
      continue;
    uint32_t s = v[i].slot;
    while (s < KCOV8_PC_SLOTS && used[s - base])
      s++;
    if (s == KCOV8_PC_SLOTS)
      continue;
    used[s - base] = 1;
    v[i].slot = s;
    conflict[i] = 0;
  }
  for (size_t i = n; i-- > 0;) {
    if (!conflict[i])
      continue;
    uint32_t s = KCOV8_PC_SLOTS - 1;
    while (used[s - base])
      s--;
    used[s - base] = 1;
    v[i].slot = s;
  }
  free(conflict);
}

static int compare_slots(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void yields(void **state) {
  (void)state;
  enum { WINDOW = 600, ROUNDS = 3000 };
  const uint32_t base = KCOV8_PC_SLOTS - WINDOW;
  uint8_t used[WINDOW];
  uint32_t taken[WINDOW];
  struct kcov8i_id v[WINDOW], model[WINDOW], old[WINDOW];
  for (int round = 0; round < ROUNDS; round++) {
    const uint64_t own_in = 1 + random64() % 8, taken_in = 1 + random64() % 4;
    const uint32_t from = (uint32_t)(random64() % WINDOW);
    size_t n = 0, n_taken = 0;
    for (uint32_t s = from; s < WINDOW; s++)
      if (random64() % own_in == 0 && n < WINDOW / 2)
        v[n] = (struct kcov8i_id){.id = s, .slot = base + s}, n++;
    for (uint32_t s = from; s < WINDOW; s++)
      if (random64() % taken_in == 0 && n_taken < WINDOW / 2)
        taken[n_taken++] = base + s;
    memcpy(model, v, sizeof(v));
    yield_model(model, n, taken, n_taken, used, base);
    const size_t moved = kcov8i_yield_slots(v, n, old, taken, n_taken);
    size_t differ = 0;
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(v[i].slot, model[i].slot);
      assert_int_equal(old[i].slot, base + old[i].id);
      differ += v[i].slot != old[i].slot;
    }
    assert_int_equal(moved, differ);
  }
}

static void sorts_slots(void **state) {
  (void)state;
  for (size_t n = 0; n < 2000; n += 1 + n / 3) {
    uint32_t *const a = calloc(3 * n + 1, 4), *const b = a + n;
    for (size_t i = 0; i < n; i++)
      a[i] = b[i] = (uint32_t)random64() >> (random64() % 32);
    kcov8i_sort_slots(a, n, b + n);
    qsort(b, n, 4, compare_slots);
    assert_memory_equal(a, b, 4 * n);
    free(a);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_sets), cmocka_unit_test(clusters),
      cmocka_unit_test(window_ends), cmocka_unit_test(own_slot_if_free),
      cmocka_unit_test(duplicates),  cmocka_unit_test(duplicate_collides),
      cmocka_unit_test(yields),      cmocka_unit_test(sorts_slots),
  };
  return cmocka_run_group_tests(tests, start_up, clean_up);
}
