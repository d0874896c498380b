/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_abi.c - golden vectors of everything that abi.h and uapi.h freeze
 *
 * The constants were computed by a separate Python program that was written
 * from the comments, and (mix64, FNV-1a) agree with published test vectors.
 * A change here is a new ABI.
 */
#include "support.h"

#include <sys/ioctl.h>

static void mix64(void **state) {
  (void)state;
  assert_true(kcov8_mix64(0) == 0);
  assert_true(kcov8_mix64(1) == 0x5692161d100b05e5);
  assert_true(kcov8_mix64(0xffffffff) == 0x8b32c408e8c2c97c);
  assert_true(kcov8_mix64(0x123456789abcdef) == 0xb2c058e4ebb5112c);
  assert_true(kcov8_mix64(UINT64_MAX) == 0xb4d055fcf2cbbd7b);
}

static void hash_bytes(void **state) {
  uint8_t all[256];
  (void)state;
  for (size_t i = 0; i < sizeof(all); i++)
    all[i] = (uint8_t)i;
  assert_true(kcov8_hash_bytes(KCOV8_HASH_SEED, "", 0) == 0xcbf29ce484222325);
  assert_true(kcov8_hash_bytes(KCOV8_HASH_SEED, "a", 1) == 0xaf63dc4c8601ec8c);
  assert_true(kcov8_hash_bytes(KCOV8_HASH_SEED, "foobar", 6) ==
              0x85944171f73967e8);
  assert_true(kcov8_hash_bytes(KCOV8_HASH_SEED, all, 256) ==
              0x4242dc5249c33625);
  /* in pieces */
  assert_true(kcov8_hash_bytes(kcov8_hash_bytes(KCOV8_HASH_SEED, "foo", 3),
                               "bar", 3) == 0x85944171f73967e8);
}

static uint64_t function(const char *name, const char *path, const char *unit) {
  return kcov8_hash_function(name, strlen(name), path, strlen(path), unit,
                             strlen(unit));
}

static void hash_function(void **state) {
  (void)state;
  assert_true(function("main", "src/main.c", "") == 0xc1a7f35e84b178f1);
  assert_true(function("_ZN3fooEv", "", "") == 0xa9bfcb6b3534c7d2);
  assert_true(function("main", "src/main.c", "guest") == 0xadb9094e4d619df0);
  assert_true(function("main", "", "src/main.c") == 0x6e6266c53ace5267);
  assert_true(function("", "", "") == 0x7bc210046bd616cc);
  assert_true(function("na\xc3\xafve", "a b.c", "") == 0x383bc30d09e91da1);
}

static void block_id(void **state) {
  (void)state;
  assert_true(kcov8_block_id(0, 0) == 0x1c4415072f63b9);
  assert_true(kcov8_block_id(1, 0) == 0x122145bd91204b);
  assert_true(kcov8_block_id(0, 1) == 0xdcf13cd54372c);
  assert_true(kcov8_block_id(UINT64_MAX, UINT32_MAX) == 0xfdfa787f8585bd02);
  assert_true(kcov8_block_id(0x123456789abcdef, 7) == 0x131262a8be9f3d4);
  assert_true(kcov8_block_id(0xdeadbeefcafef00d, 0x80000000) ==
              0xdce3843c56db4315);
}

static void checksum_keys(void **state) {
  (void)state;
  const uint32_t some[] = {1, 2, 3}, zero = 0;
  const uint32_t ones[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  assert_true(kcov8_checksum_keys(NULL, 0) == 0x84222325);
  assert_true(kcov8_checksum_keys(&zero, 1) == 0xa9b5e89b);
  assert_true(kcov8_checksum_keys(some, 3) == 0xd996783d);
  assert_true(kcov8_checksum_keys(ones, 4) == 0x35156342);
}

static void slots(void **state) {
  (void)state;
  const struct {
    uint64_t id;
    uint32_t slot;
    uint64_t pc;
  } rows[] = {
      {0, 0, 0xffffffff80000000},
      {UINT64_MAX, 133169151, 0xfffffffffefffff0},
      {UINT64_C(1) << 63, 67108864, 0xffffffffc0000000},
      {0xffffffff, 0, 0xffffffff80000000},
      {0x123456789abcdef, 596523, 0xffffffff8091a2b0},
      {0xfdffffffffffffff, 133169151, 0xfffffffffefffff0},
      {0x1fffffffff, 0, 0xffffffff80000000},
      {0x2000000000, 1, 0xffffffff80000010},
  };
  assert_int_equal(KCOV8_PC_SLOTS, 133169152);
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(kcov8_id_slot(rows[i].id), rows[i].slot);
    assert_true(kcov8_slot_pc(rows[i].slot) == rows[i].pc);
  }
}

/* Blocks of a function lie in one MiB; all of 2032 are used, about equally. */
static void shares(void **state) {
  (void)state;
  uint32_t n[2032] = {0};
  for (uint32_t f = 0; f < 203200; f++) {
    const uint64_t hash = kcov8_mix64(f);
    const uint32_t share = kcov8_id_slot(kcov8_block_id(hash, 0)) >> 16;
    assert_true(share < 2032);
    n[share]++;
    for (uint32_t key = 1; key < 4; key++)
      assert_int_equal(kcov8_id_slot(kcov8_block_id(hash, key)) >> 16, share);
  }
  for (size_t i = 0; i < 2032; i++)
    assert_true(n[i] > 50 && n[i] < 150);
}

/* A bijection into rows * 4 bytes; near numbers lie in different rows. */
static void counter_places(void **state) {
  (void)state;
  assert_int_equal(kcov8_counter_at(7, 0), 7);
  assert_int_equal(kcov8_counter_at(0, 10), 0);
  assert_int_equal(kcov8_counter_at(9, 10), 36);
  assert_int_equal(kcov8_counter_at(10, 10), 1);
  assert_int_equal(kcov8_counter_at(39, 10), 39);
  for (uint32_t rows = 0; rows < 20; rows++) {
    bool taken[80] = {false};
    for (uint32_t n = 0; n < 4 * rows; n++) {
      const uint32_t at = kcov8_counter_at(n, rows);
      assert_true(at < 4 * rows && !taken[at]);
      taken[at] = true;
      for (uint32_t m = n + 1; m < 4 * rows && m < n + rows; m++)
        assert_true(kcov8_counter_at(m, rows) / 4 != at / 4);
    }
  }
}

/* How far a record reaches, against the definition. */
static void counter_bytes(void **state) {
  (void)state;
  for (uint32_t rows = 0; rows < 12; rows++) {
    for (uint32_t first = 0; first < 50; first++) {
      for (uint32_t n = 0; n < 50; n++) {
        uint64_t most = 0;
        for (uint32_t i = first; i < first + n; i++)
          if (kcov8_counter_at(i, rows) >= most)
            most = kcov8_counter_at(i, rows) + 1;
        if (rows && first + n > 4 * rows)
          most = 0; /* does not fit */
        assert_int_equal(kcov8_counter_bytes(first, n, rows), most);
      }
    }
  }
  assert_int_equal(kcov8_counter_bytes(UINT32_MAX, 1, 0), 0);
  assert_int_equal(kcov8_counter_bytes(1, UINT32_MAX, 0), 0);
  assert_int_equal(kcov8_counter_bytes(0, UINT32_MAX, 0), UINT32_MAX);
  assert_int_equal(kcov8_counter_bytes(0, 4u << 28, (1u << 30) - 1),
                   0xfffffff9);
  assert_int_equal(kcov8_counter_bytes(0, 1, 1u << 30), 0);
}

static void layout(void **state) {
  (void)state;
  assert_int_equal(KCOV8_ABI_VERSION, 4);
  assert_int_equal(sizeof(struct kcov8_func), 32);
  /* Of the type; records are aligned to 8, whatever a uint64_t is. */
  assert_int_equal(_Alignof(struct kcov8_func),
                   _Alignof(struct { uint64_t x; }));
  assert_int_equal(offsetof(struct kcov8_func, hash), 0);
  assert_int_equal(offsetof(struct kcov8_func, counters), 8);
  assert_int_equal(offsetof(struct kcov8_func, keys), 12);
  assert_int_equal(offsetof(struct kcov8_func, n_blocks), 16);
  assert_int_equal(offsetof(struct kcov8_func, abi), 20);
  assert_int_equal(offsetof(struct kcov8_func, probe), 21);
  assert_int_equal(offsetof(struct kcov8_func, level), 22);
  assert_int_equal(offsetof(struct kcov8_func, flags), 23);
  assert_int_equal(offsetof(struct kcov8_func, first), 24);
  assert_int_equal(offsetof(struct kcov8_func, rows), 28);

  const size_t p = sizeof(void *);
  assert_int_equal(sizeof(struct kcov8_image), 8 + 14 * p);
  assert_int_equal(KCOV8_IMAGE_MIN_SIZE, 8 + 8 * p);
  assert_int_equal(offsetof(struct kcov8_image, marks), 8 + 8 * p);
  assert_int_equal(offsetof(struct kcov8_image, arrays), 8 + 10 * p);
  assert_int_equal(offsetof(struct kcov8_image, abi), 0);
  assert_int_equal(offsetof(struct kcov8_image, size), 4);
  assert_int_equal(offsetof(struct kcov8_image, counters), 8);
  assert_int_equal(offsetof(struct kcov8_image, keys), 8 + 2 * p);
  assert_int_equal(offsetof(struct kcov8_image, funcs), 8 + 4 * p);
  assert_int_equal(offsetof(struct kcov8_image, runtime), 8 + 6 * p);

  assert_string_equal(KCOV8_SECTION_COUNTERS, "__kcov8_cntrs");
  assert_string_equal(KCOV8_SECTION_KEYS, "__kcov8_keys");
  assert_string_equal(KCOV8_SECTION_FUNCS, "__kcov8_funcs");
  assert_string_equal(KCOV8_SECTION_MARKS, "__kcov8_marks");
  assert_string_equal(KCOV8_SECTION_ARRAYS, "__kcov8_arrays");
  assert_int_equal(KCOV8_MARK_BYTES, 256);
  assert_int_equal(sizeof(struct kcov8_array), 12);
  assert_string_equal(KCOV8_SECTION_MAP, ".kcov8.map");
  assert_int_equal(KCOV8_MAP_MAGIC, 0x4d38564b);
  const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  assert_memory_equal(&(uint32_t){KCOV8_MAP_MAGIC}, big ? "M8VK" : "KV8M", 4);

  assert_int_equal(KCOV8_PROBE_COUNTER, 0);
  assert_int_equal(KCOV8_PROBE_FLAG, 1);
  assert_int_equal(KCOV8_PROBE_WRAPPING, 2);
  assert_int_equal(KCOV8_PROBE_UNARY, 3);
  assert_int_equal(KCOV8_LEVEL_FUNC, 0);
  assert_int_equal(KCOV8_LEVEL_BB, 1);
  assert_int_equal(KCOV8_LEVEL_EDGE, 2);
}

/* Against this system's own encoding of ioctl numbers. */
static void ioctls(void **state) {
  (void)state;
#if defined(__x86_64__) || defined(__aarch64__)
  assert_true(KCOV8_INIT_TRACE64 == _IOR('c', 1, uint64_t));
  assert_true(KCOV8_INIT_TRACE32 == _IOR('c', 1, uint32_t));
  assert_true(KCOV8_ENABLE == _IO('c', 100));
  assert_true(KCOV8_DISABLE == _IO('c', 101));
  assert_true(KCOV8_REMOTE_ENABLE == _IOW('c', 102, char[24]));
  assert_true(KCOV8_RESET_TRACE == _IO('c', 104));
  assert_int_equal(KCOV8_MAX_WORDS, INT32_MAX / 8);
#else
  skip();
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mix64),          cmocka_unit_test(hash_bytes),
      cmocka_unit_test(hash_function),  cmocka_unit_test(block_id),
      cmocka_unit_test(checksum_keys),  cmocka_unit_test(slots),
      cmocka_unit_test(shares),         cmocka_unit_test(layout),
      cmocka_unit_test(counter_places), cmocka_unit_test(counter_bytes),
      cmocka_unit_test(ioctls),
  };
  return cmocka_run_group_tests(tests, start_up, clean_up);
}
