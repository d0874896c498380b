/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_words.c - guest kernels with other words: 4 or 8 bytes, either byte
 * order, either encoding of ioctl numbers
 */
#include "support.h"

#include <errno.h>

static struct image *img;
static struct kcov8_task me;

static int set_up(void **state) {
  start_up(state);
  img = image_load(1, 200);
  kcov8_task_init(&me);
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  return clean_up(state);
}

static int read_guest(void *ctx, struct kcov8_task *task, void *to,
                      uint64_t from, size_t bytes) {
  (void)ctx;
  (void)task;
  memcpy(to, (const void *)(uintptr_t)from, bytes);
  return 0;
}

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx;
  (void)task;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return 0;
}

/* The calls, as an architecture's <asm/ioctl.h> makes them. */
struct calls {
  enum kcov8_ioctl_encoding encoding;
  uint32_t init64, init32, enable, disable, remote, reset, status, counts;
};

static const struct calls generic = {
    KCOV8_IOCTLS_GENERIC, 0x80086301, 0x80046301, 0x6364,    0x6365,
    0x40186366,           0x6368,     0x801063c8, 0x000063ca};
static const struct calls mips = {KCOV8_IOCTLS_MIPS, 0x40086301, 0x40046301,
                                  0x20006364,        0x20006365, 0x80186366,
                                  0x20006368,        0x401063c8, 0x200063ca};

/* ---- A guest's view of memory ---- */

struct guest {
  unsigned int bytes; /* of a word */
  bool big;
};

static uint64_t get(const struct guest *g, const void *at, unsigned int bytes) {
  const uint8_t *const b = at;
  uint64_t v = 0;
  for (unsigned int i = 0; i < bytes; i++)
    v = v << 8 | b[g->big ? i : bytes - 1 - i];
  return v;
}

static void put(const struct guest *g, void *at, unsigned int bytes,
                uint64_t v) {
  uint8_t *const b = at;
  for (unsigned int i = 0; i < bytes; i++, v >>= 8)
    b[g->big ? bytes - 1 - i : i] = (uint8_t)v;
}

static uint64_t word(const struct guest *g, const uint8_t *area, size_t i) {
  return get(g, area + i * g->bytes, g->bytes);
}

static uint64_t pc(const struct guest *g, size_t block) {
  const uint64_t full = image_pc(img, block);
  return g->bytes == 4 ? (uint32_t)full : full;
}

/* ---- One guest, from open to close ---- */

static void hostile_counts(const struct guest *g, uint8_t *area) {
  const uint64_t counts[] = {7,
                             8,
                             UINT32_MAX,
                             INT32_MAX,
                             UINT64_C(1) << 32,
                             UINT64_C(1) << 56,
                             (UINT64_C(1) << 61) - 1,
                             UINT64_C(1) << 63,
                             UINT64_MAX};
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
    if (g->bytes == 4 && counts[i] > UINT32_MAX)
      continue;
    put(g, area, g->bytes, counts[i]);
    hit(img, 1);
    kcov8_syscall_return(&me);
    assert_true(word(g, area, 0) == counts[i]);
  }
  put(g, area, g->bytes, 0);
}

static void trace(const struct guest *g, const struct calls *c,
                  struct kcov8_file *f, uint8_t *area) {
  assert_int_equal(kcov8_ioctl(f, &me, c->enable, 0), 0);
  hit(img, 3);
  hit(img, 5);
  kcov8_syscall_return(&me);
  assert_true(word(g, area, 0) == 2);
  assert_true(word(g, area, 1) == pc(g, 3));
  assert_true(word(g, area, 2) == pc(g, 5));
  put(g, area, g->bytes, 1); /* a guest's own count */
  hit(img, 7);
  kcov8_syscall_return(&me);
  assert_true(word(g, area, 0) == 2);
  assert_true(word(g, area, 2) == pc(g, 7));
  hostile_counts(g, area);
  hit(img, 9);
  assert_int_equal(kcov8_ioctl(f, &me, c->reset, 0), 0);
  assert_true(word(g, area, 0) == 0);

  for (size_t b = 0; b < 20; b++) /* 7 fit */
    hit(img, b);
  kcov8_syscall_return(&me);
  assert_true(word(g, area, 0) == 7);
  assert_true(word(g, area, 7) == pc(g, 6));
}

static void ask_status(const struct guest *g, const struct calls *c,
                       struct kcov8_file *f, uint64_t dropped) {
  uint8_t status[16];
  assert_int_equal(kcov8_ioctl(f, &me, c->status, (uintptr_t)status), 0);
  assert_true(get(g, status, 8) == dropped);
  assert_true(get(g, status + 8, 8) == 0);
}

static void remote(const struct guest *g, const struct calls *c,
                   struct kcov8_file *f) {
  _Alignas(8) uint8_t arg[24 + 8] = {0};
  put(g, arg + 4, 4, 64);
  put(g, arg + 8, 4, 1);
  put(g, arg + 16, 8, 77);
  put(g, arg + 24, 8, UINT64_C(1) << 56 | 5);
  assert_int_equal(kcov8_ioctl(f, &me, c->remote, (uintptr_t)arg), 0);
  assert_int_equal(kcov8_ioctl(f, &me, c->disable, 0), 0);
  put(g, arg + 4, 4, UINT32_C(0x20000000)); /* LONG_MAX / 4 + 1 */
  assert_int_equal(kcov8_ioctl(f, &me, c->remote, (uintptr_t)arg),
                   g->bytes == 4 ? -KCOV8_EINVAL : 0);
  kcov8_task_exit(&me);
  put(g, arg + 4, 4, UINT32_C(0x1fffffff));
  put(g, arg + 24, 8, 5);
  assert_int_equal(kcov8_ioctl(f, &me, c->remote, (uintptr_t)arg),
                   -KCOV8_EINVAL);
}

static void whole_life(const struct guest *g, enum kcov8_byte_order order,
                       const struct calls *c) {
  const struct kcov8_host host = {.size = sizeof(host),
                                  .read_guest = read_guest,
                                  .write_guest = write_guest,
                                  .word_bytes = g->bytes,
                                  .byte_order = order,
                                  .ioctls = c->encoding};
  const struct calls *const others = c == &mips ? &generic : &mips;
  const uint32_t init = g->bytes == 4 ? c->init32 : c->init64;
  const uint64_t max = g->bytes == 4 ? 536870911 : 268435455;
  struct kcov8_device *device;
  struct kcov8_file *f;
  struct kcov8_area area;
  assert_int_equal(kcov8_device_create(&host, &device), 0);
  assert_int_equal(kcov8_open(device, &f), 0);

  assert_int_equal(kcov8_ioctl(f, &me, init, max + 1), -KCOV8_EINVAL);
  port.fail_alloc = 0;
  assert_int_equal(kcov8_ioctl(f, &me, init, max), -KCOV8_ENOMEM);
  port.fail_alloc = -1;
  assert_int_equal(
      kcov8_ioctl(f, &me, g->bytes == 4 ? c->init64 : c->init32, 8),
      -KCOV8_ENOTTY);
  const uint32_t absent[] = {others->init64,  others->init32, others->enable,
                             others->disable, others->remote, others->reset,
                             others->status,  others->counts};
  for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
    assert_int_equal(kcov8_ioctl(f, &me, absent[i], 8), -KCOV8_ENOTTY);
  for (uint32_t top = 0; top < 8; top++) /* every direction of ENABLE */
    if ((top << 29 | 0x6364) != c->enable)
      assert_int_equal(kcov8_ioctl(f, &me, top << 29 | 0x6364, 0),
                       -KCOV8_ENOTTY);

  assert_int_equal(kcov8_ioctl(f, &me, init, 8), 0);
  assert_int_equal(kcov8_mmap(f, 8ul * g->bytes * 2, 0, &area), -KCOV8_EINVAL);
  assert_int_equal(kcov8_mmap(f, 8ul * g->bytes, 0, &area), 0);
  assert_int_equal(area.bytes, 8 * g->bytes);
  trace(g, c, f, area.base);
  ask_status(g, c, f, kcov8_file_dropped(f));
  assert_int_equal(kcov8_ioctl(f, &me, c->disable, 0), 0);
  assert_int_equal(kcov8_ioctl(f, &me, c->counts, 0), 0);
  remote(g, c, f);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void all_guests(void **state) {
  (void)state;
  for (unsigned int bytes = 4; bytes <= 8; bytes += 4) {
    for (int big = 0; big < 2; big++) {
      const struct guest g = {bytes, big};
      const enum kcov8_byte_order order =
          big ? KCOV8_ORDER_BIG : KCOV8_ORDER_LITTLE;
      whole_life(&g, order, &generic);
      whole_life(&g, order, &mips);
    }
  }
}

static void defaults_are_the_hosts(void **state) {
  (void)state;
  const struct guest g = {sizeof(void *),
                          __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__};
  whole_life(&g, KCOV8_ORDER_NATIVE, &generic);
}

static void refused(void **state) {
  (void)state;
  const struct kcov8_host hosts[] = {
      {.size = sizeof(struct kcov8_host), .word_bytes = 2},
      {.size = sizeof(struct kcov8_host), .word_bytes = 16},
      {.size = sizeof(struct kcov8_host), .byte_order = 3},
      {.size = sizeof(struct kcov8_host), .ioctls = 2},
      {.size = sizeof(struct kcov8_host), .rules = 2},
      {.size = sizeof(struct kcov8_host), .read_guest = read_guest},
      {.size = sizeof(struct kcov8_host), .write_guest = write_guest},
      {.size = sizeof(struct kcov8_host) - 1},
  };
  for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
    struct kcov8_device *device;
    assert_int_equal(kcov8_device_create(&hosts[i], &device), -KCOV8_EINVAL);
    assert_null(device);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(all_guests),
      TEST(defaults_are_the_hosts),
      TEST(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
