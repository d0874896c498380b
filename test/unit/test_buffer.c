/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_buffer.c - appending to a buffer whose owner is hostile
 */
#include "support.h"

enum { GUARD = 4, MAX = 64 };

static const uint64_t canary = 0x5a5a5a5a5a5a5a5a;

/* A buffer of @size words between guard words, and one append to it. */
struct trial {
  uint64_t memory[MAX + 2 * GUARD];
  uint64_t *words;
  struct kcov8i_buffer buffer;
};

static void begin(struct trial *t, uint64_t size, uint64_t count) {
  *t = (struct trial){.words = t->memory + GUARD};
  for (size_t i = 0; i < MAX + 2 * GUARD; i++)
    t->memory[i] = canary;
  t->words[0] = count;
  t->buffer.area.base = t->words;
  t->buffer.layout.word_bytes = 8;
  t->buffer.size_words = size;
}

/* Appends @n PCs, 1000, 1001, ... */
static void append(struct trial *t, uint64_t n) {
  struct kcov8i_append a;
  kcov8i_append_begin(&a, &t->buffer);
  for (uint64_t i = 0; i < n; i++)
    kcov8i_append_put(&a, 1000 + i, 1);
  kcov8i_append_end(&a);
}

/* All but words [from, from + n) of the buffer and word 0 are untouched. */
static void expect_only(const struct trial *t, uint64_t from, uint64_t n) {
  for (size_t i = 0; i < MAX + 2 * GUARD; i++) {
    const uint64_t word = i - GUARD;
    if (i == GUARD)
      continue;
    if (i > GUARD && word >= from && word < from + n)
      assert_int_equal(t->memory[i], 1000 + word - from);
    else
      assert_true(t->memory[i] == canary);
  }
}

static void appends(void **state) {
  (void)state;
  struct trial t;
  begin(&t, 8, 0);
  append(&t, 3);
  assert_int_equal(t.words[0], 3);
  expect_only(&t, 1, 3);
  begin(&t, 8, 2); /* older words stay */
  append(&t, 3);
  assert_int_equal(t.words[0], 5);
  expect_only(&t, 3, 3);
  assert_int_equal(t.buffer.dropped, 0);
}

static void nothing_to_append(void **state) {
  (void)state;
  const uint64_t counts[] = {0, 5, 7, 8, UINT64_MAX};
  struct trial t;
  for (size_t i = 0; i < 5; i++) {
    begin(&t, 8, counts[i]);
    append(&t, 0);
    assert_true(t.words[0] == counts[i]);
    expect_only(&t, 1, 0);
  }
}

/* Every size, every count around it: never more than size - 1, drops counted */
static void all_small_sizes(void **state) {
  (void)state;
  struct trial t;
  for (uint64_t size = 2; size <= 20; size++) {
    for (uint64_t count = 0; count <= size + 2; count++) {
      for (uint64_t n = 0; n <= size + 2; n++) {
        const uint64_t room = count < size - 1 ? size - 1 - count : 0;
        const uint64_t added = n < room ? n : room;
        begin(&t, size, count);
        append(&t, n);
        assert_int_equal(t.words[0], count + added);
        assert_int_equal(t.buffer.dropped, n - added);
        expect_only(&t, count + 1, added);
      }
    }
  }
}

/* kcov-abi.md 1.5, and values whose offset wraps in one width or another */
static void hostile_counts(void **state) {
  (void)state;
  struct trial t;
  const uint64_t size = 16;
  const uint64_t counts[] = {
      size - 1,
      size,
      size + 1,
      UINT64_MAX,
      UINT64_MAX - 1,
      UINT64_MAX - size,
      UINT64_C(1) << 63,
      (UINT64_C(1) << 63) - 1,
      (UINT64_C(1) << 61) - 1,
      UINT64_C(1) << 61,
      (UINT64_C(1) << 61) + 1,
      UINT64_C(1) << 60,
      UINT64_C(1) << 32,
      (UINT64_C(1) << 32) - 1,
      UINT32_MAX,
      INT32_MAX,
      0xffffffff80000000,
  };
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
    begin(&t, size, counts[i]);
    append(&t, 5);
    assert_true(t.words[0] == counts[i]);
    assert_int_equal(t.buffer.dropped, 5);
    expect_only(&t, 1, 0);
    t.words[0] = 0; /* a reset: collects again */
    append(&t, 5);
    assert_int_equal(t.words[0], 5);
    expect_only(&t, 1, 5);
  }
}

static void word_0_is_read_once(void **state) {
  (void)state;
  struct trial t;
  struct kcov8i_append a;
  begin(&t, 8, 1);
  kcov8i_append_begin(&a, &t.buffer);
  kcov8i_append_put(&a, 1000, 1);
  t.words[0] = UINT64_MAX - 3; /* another thread of the guest */
  kcov8i_append_put(&a, 1001, 1);
  kcov8i_append_end(&a);
  assert_int_equal(t.words[0], 3);
  expect_only(&t, 2, 2);
}

/* A reset during a flush that has nothing to count is not undone. */
static void reset_meanwhile(void **state) {
  (void)state;
  const uint64_t counts[] = {5, 7}; /* nothing to append; no room */
  struct trial t;
  struct kcov8i_append a;
  for (size_t i = 0; i < 2; i++) {
    begin(&t, 8, counts[i]);
    kcov8i_append_begin(&a, &t.buffer);
    t.words[0] = 0;
    if (i)
      kcov8i_append_put(&a, 1000, 1);
    kcov8i_append_end(&a);
    assert_int_equal(t.words[0], 0);
    expect_only(&t, 1, 0);
  }
}

/* A reader that sees N sees N entries: nothing is counted before the end. */
static void count_is_last(void **state) {
  (void)state;
  struct trial t;
  struct kcov8i_append a;
  begin(&t, 8, 0);
  kcov8i_append_begin(&a, &t.buffer);
  for (uint64_t i = 0; i < 3; i++) {
    kcov8i_append_put(&a, 1000 + i, 1);
    assert_int_equal(t.words[0], 0);
  }
  kcov8i_append_end(&a);
  assert_int_equal(t.words[0], 3);
}

/* Pairs of PC and hits: half the capacity, bounded by division. */
static void pairs(void **state) {
  (void)state;
  struct trial t;
  for (uint64_t size = 2; size <= 20; size++) {
    for (uint64_t count = 0; count <= size + 2; count++) {
      const uint64_t capacity = (size - 1) / 2;
      const uint64_t room = count < capacity ? capacity - count : 0;
      struct kcov8i_append a;
      begin(&t, size, count);
      t.buffer.counts = true;
      kcov8i_append_begin(&a, &t.buffer);
      for (uint64_t i = 0; i < 4; i++)
        kcov8i_append_put(&a, 1000 + 2 * i, 1001 + 2 * (uint32_t)i);
      kcov8i_append_end(&a);
      const uint64_t added = room < 4 ? room : 4;
      assert_int_equal(t.words[0], count + added);
      assert_int_equal(t.buffer.dropped, 4 - added);
      expect_only(&t, 2 * count + 1, 2 * added);
    }
  }
  const uint64_t hostile[] = {UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 62,
                              (UINT64_C(1) << 63) - 1, UINT64_C(1) << 60};
  for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
    begin(&t, 16, hostile[i]);
    t.buffer.counts = true;
    append(&t, 3);
    assert_true(t.words[0] == hostile[i]);
    expect_only(&t, 1, 0);
  }
}

/* ---- Every layout, hostile counts ---- */

/* Word @index of a buffer, as the guest of that layout has it. */
static uint64_t guest_word(const struct trial *t, uint64_t index) {
  if (t->buffer.layout.word_bytes == 8) {
    const uint64_t v = t->words[index];
    return t->buffer.layout.swap ? __builtin_bswap64(v) : v;
  }
  const uint32_t v = ((const uint32_t *)t->words)[index];
  return t->buffer.layout.swap ? __builtin_bswap32(v) : v;
}

/* The count, which takes all of @bytes in front. */
static void set_count(struct trial *t, uint64_t count, unsigned int bytes) {
  if (bytes == 8)
    t->words[0] = t->buffer.layout.swap ? __builtin_bswap64(count) : count;
  else
    ((uint32_t *)t->words)[0] = t->buffer.layout.swap
                                    ? __builtin_bswap32((uint32_t)count)
                                    : (uint32_t)count;
}

static void expect_guards(const struct trial *t, uint64_t size_bytes) {
  const unsigned char *const all = (const unsigned char *)t->memory;
  for (size_t i = 0; i < sizeof(t->memory); i++)
    if (i < sizeof(uint64_t) * GUARD ||
        i >= sizeof(uint64_t) * GUARD + size_bytes)
      assert_int_equal(all[i], (unsigned char)canary);
}

/* What a guest may put into word 0 of a buffer for @capacity entries. */
static size_t hostile_for(uint64_t capacity, uint64_t *counts) {
  size_t n = 0;
  for (uint64_t i = 0; i < 4; i++) {
    counts[n++] = i;
    counts[n++] = capacity - 2 + i;
    counts[n++] = UINT64_MAX - i;
    counts[n++] = UINT64_MAX - capacity + i;
  }
  for (unsigned int bit = 29; bit < 64; bit++)
    for (uint64_t i = 0; i < 3; i++)
      counts[n++] = (UINT64_C(1) << bit) - 1 + i;
  return n;
}

enum { N_HOSTILE = 16 + 35 * 3, N_HITS = 3 };

static void append_hits_to(struct trial *t, uint64_t count, bool pairs) {
  const struct kcov8i_buffer layout = t->buffer;
  const uint64_t size = 16;
  const uint32_t slots[N_HITS] = {1, 2, 3};
  const struct kcov8i_hit hits[N_HITS] = {{0, 7}, {1, 8}, {2, 9}};
  struct kcov8i_append a;
  begin(t, size, canary);
  t->buffer.layout = layout.layout;
  t->buffer.counts = pairs;
  set_count(t, count, t->buffer.layout.word_bytes);
  if (t->buffer.layout.word_bytes == 4)
    count = (uint32_t)count;
  const uint64_t capacity = (size - 1) >> pairs;
  const uint64_t room = count < capacity ? capacity - count : 0;
  const uint64_t added = room < N_HITS ? room : N_HITS;
  kcov8i_append_begin(&a, &t->buffer);
  kcov8i_append_hits(&a, slots, hits, N_HITS);
  kcov8i_append_end(&a);
  expect_guards(t, size * t->buffer.layout.word_bytes);
  assert_true(guest_word(t, 0) == count + added);
  assert_int_equal(t->buffer.dropped, N_HITS - added);
  for (uint64_t i = 0; i < added; i++) {
    const uint64_t pc = kcov8_slot_pc(slots[i]);
    const uint64_t at = pairs ? 2 * (count + i) + 1 : count + i + 1;
    assert_true(guest_word(t, at) ==
                (t->buffer.layout.word_bytes == 4 ? (uint32_t)pc : pc));
    if (pairs)
      assert_int_equal(guest_word(t, at + 1), hits[i].count);
  }
}

static void record_to(struct trial *t, uint64_t count) {
  const struct kcov8i_buffer layout = t->buffer;
  const unsigned int bytes = layout.layout.word_bytes;
  const uint64_t size = 32, capacity = (size * bytes / 8 - 1) / KCOV8_CMP_WORDS;
  begin(t, size, canary);
  t->buffer.layout = layout.layout;
  set_count(t, count, 8);
  kcov8i_buffer_record(&t->buffer, 1, 2, 3, 4);
  expect_guards(t, size * bytes);
  const bool added = count < capacity;
  assert_int_equal(t->buffer.dropped, !added);
  const uint64_t after = t->words[0];
  assert_true((t->buffer.layout.swap ? __builtin_bswap64(after) : after) ==
              count + added);
}

static void hostile_layouts(void **state) {
  (void)state;
  uint64_t counts[N_HOSTILE];
  struct trial t = {0};
  for (unsigned int layout = 0; layout < 8; layout++) {
    const bool pairs = layout & 1;
    t.buffer.layout.word_bytes = layout & 2 ? 4 : 8;
    t.buffer.layout.swap = layout & 4;
    for (size_t i = hostile_for(pairs ? 7 : 15, counts); i--;)
      append_hits_to(&t, counts[i], pairs);
    for (size_t i = hostile_for(layout & 2 ? 3 : 7, counts); i--;)
      record_to(&t, counts[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(appends),
      cmocka_unit_test(nothing_to_append),
      cmocka_unit_test(all_small_sizes),
      cmocka_unit_test(hostile_counts),
      cmocka_unit_test(word_0_is_read_once),
      cmocka_unit_test(reset_meanwhile),
      cmocka_unit_test(count_is_last),
      cmocka_unit_test(pairs),
      cmocka_unit_test(hostile_layouts),
  };
  return cmocka_run_group_tests(tests, start_up, clean_up);
}
