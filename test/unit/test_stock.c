/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_stock.c - images of -fsanitize-coverage: arrays with pc-tables
 *
 * Their constructors are called by hand. An object here is a struct; addresses
 * of its code are numbers in its range that nothing lies at.
 */
#include "support.h"

#include "provider/provider.h"

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_bool_flag_init(bool *start, bool *stop);
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

enum { N = 6, CODE = 256, BIAS = 4096, SHIFT_BITS = 32 };

struct object {
  uint8_t counters[N];
  uint32_t guards[N];
  uintptr_t pcs[2 * N];
  char code[CODE];
};

static struct object *objects[2];

int kcov8_port_object(const void *address, struct kcov8_object *out) {
  for (int i = 0; i < 2; i++) {
    const uintptr_t begin = (uintptr_t)objects[i];
    const uintptr_t end = begin + sizeof(struct object);
    if ((uintptr_t)address < begin || (uintptr_t)address >= end)
      continue;
    /* The code begins at BIAS in both files. */
    *out = (struct kcov8_object){
        .begin = begin,
        .end = end,
        .bias = (uintptr_t)objects[i]->code - BIAS,
    };
    return 0;
  }
  return -1;
}

static uintptr_t address(const struct object *o, size_t block) {
  return (uintptr_t)&o->code[10 * block];
}

static uint64_t file_pc(size_t block) { return BIAS + 10 * block; }

static int set_up(void **state) {
  for (int i = 0; i < 2; i++) {
    objects[i] = calloc(1, sizeof(*objects[i]));
    for (size_t b = 0; b < N; b++)
      objects[i]->pcs[2 * b] = address(objects[i], b);
    objects[i]->pcs[0 + 1] = 1;
  }
  return start_up(state);
}

static int tear_down(void **state) {
  kcov8i_provider_forget();
  const int err = clean_up(state);
  for (int i = 0; i < 2; i++)
    free(objects[i]);
  return err;
}

static void construct_table(struct object *o, size_t n) {
  __sanitizer_cov_pcs_init(o->pcs, o->pcs + 2 * n);
}

static void construct(struct object *o) {
  __sanitizer_cov_8bit_counters_init(o->counters, o->counters + N);
  construct_table(o, N);
}

static void expect(uint64_t *w, size_t n, const uint64_t *pcs) {
  assert_int_equal(w[0], n);
  for (size_t i = 0; i < n; i++)
    assert_int_equal(w[1 + i], pcs[i]);
  w[0] = 0;
}

struct moved_blocks {
  size_t n;
  uint64_t pc, id;
};

static void note_moved(void *ctx, uint64_t image, uint64_t pc, uint64_t id) {
  struct moved_blocks *const m = ctx;
  (void)image;
  if (m->n++)
    return;
  m->pc = pc;
  m->id = id;
}

static void addresses_of_the_file(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct moved_blocks moved = {0};
  struct tracer t;
  (void)state;
  construct(o);
  construct(o); /* as each source of the object does */
  o->counters[1] = 1;
  tracer_start(&t, device, 64);
  assert_int_equal(kcov8_moved(note_moved, &moved), 0);
  assert_int_equal(moved.n, 0); /* it is one image */
  assert_int_equal(tracer_enable(&t), 0);
  assert_int_equal(o->counters[1], 0); /* ENABLE discards */
  o->counters[0] = 1;
  o->counters[5] = 255;
  kcov8_syscall_return(&t.task);
  expect(t.words, 2, (uint64_t[]){file_pc(0), file_pc(5)});
  assert_int_equal(o->counters[0] + o->counters[5], 0);
  kcov8_syscall_return(&t.task);
  expect(t.words, 0, NULL);
  o->counters[2] = 7;
  tracer_disable(&t);
  expect(t.words, 1, (uint64_t[]){file_pc(2)});
  o->counters[3] = 1;
  kcov8_syscall_return(&t.task);
  expect(t.words, 0, NULL);
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

/* A buffer of two entries; then one with counts, which has room for one. */
static void no_room(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct tracer t;
  (void)state;
  construct(o);
  tracer_start(&t, device, 3);
  assert_int_equal(tracer_enable(&t), 0);
  o->counters[1] = o->counters[2] = o->counters[4] = 3;
  tracer_disable(&t);
  expect(t.words, 2, (uint64_t[]){file_pc(1), file_pc(2)});
  assert_int_equal(kcov8_file_dropped(t.file), 1);
  assert_int_equal(kcov8_ioctl(t.file, &t.task, KCOV8_SET_COUNTS, 1), 0);
  assert_int_equal(tracer_enable(&t), 0);
  o->counters[1] = o->counters[2] = 3;
  tracer_disable(&t);
  assert_int_equal(t.words[0], 1);
  assert_int_equal(t.words[1], file_pc(1));
  assert_int_equal(t.words[2], 3);
  assert_int_equal(kcov8_file_dropped(t.file), 2);
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void flags(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct tracer t;
  (void)state;
  __sanitizer_cov_bool_flag_init((bool *)o->counters, (bool *)o->counters + N);
  construct_table(o, N);
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  o->counters[4] = 1;
  tracer_disable(&t);
  expect(t.words, 1, (uint64_t[]){file_pc(4)});
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void guards(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct harvested h = {0};
  struct tracer t;
  (void)state;
  __sanitizer_cov_trace_pc_guard_init(o->guards, o->guards + N);
  __sanitizer_cov_trace_pc_guard(&o->guards[1]); /* nobody counts callers */
  construct_table(o, N);
  assert_int_equal(o->guards[0], 0);
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  for (int i = 0; i < 256; i++)
    __sanitizer_cov_trace_pc_guard(&o->guards[4]);
  tracer_disable(&t);
  expect(t.words, 1, (uint64_t[]){file_pc(4)});
  assert_int_equal(o->guards[4], 0);
  for (int i = 0; i < 256; i++)
    __sanitizer_cov_trace_pc_guard(&o->guards[5]);
  assert_int_equal(kcov8_harvest(note_block, &h), 0);
  assert_int_equal(h.n, 1);
  assert_int_equal(h.pc[0], file_pc(5));
  assert_int_equal(h.hits[0], 255);
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

/* Who comes later has other PCs, and a host can tell which block they are. */
static void two_objects(void **state) {
  struct kcov8_device *const device = device_make();
  struct moved_blocks moved = {0};
  struct tracer t;
  (void)state;
  construct(objects[0]);
  construct(objects[1]);
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  objects[0]->counters[2] = objects[1]->counters[2] = 1;
  tracer_disable(&t);
  const uint64_t second = file_pc(2) + (UINT64_C(1) << SHIFT_BITS);
  expect(t.words, 2, (uint64_t[]){file_pc(2), second});
  assert_int_equal(kcov8_moved(note_moved, &moved), 0);
  assert_int_equal(moved.n, N);
  assert_int_equal(moved.id, file_pc(0));
  assert_int_equal(moved.pc, file_pc(0) + (UINT64_C(1) << SHIFT_BITS));
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void beside_the_pass(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct image *const img = image_load(1, 3);
  struct harvested h = {0};
  struct tracer t;
  (void)state;
  construct(o);
  tracer_start(&t, device, 64);
  assert_int_equal(tracer_enable(&t), 0);
  hit(img, 1);
  o->counters[1] = 1;
  tracer_disable(&t);
  expect(t.words, 2, (uint64_t[]){image_pc(img, 1), file_pc(1)});
  o->counters[3] = 9;
  assert_int_equal(kcov8_harvest(note_block, &h), 0);
  h = (struct harvested){0}; /* from now on it is kept */
  o->counters[3] = 9;
  assert_int_equal(kcov8_harvest(note_block, &h), 0);
  assert_int_equal(h.n, 1);
  assert_int_equal(h.pc[0], file_pc(3));
  assert_int_equal(h.hits[0], 9);
  tracer_end(&t);
  image_unload(img);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void no_table(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct kcov8_file *file;
  (void)state;
  __sanitizer_cov_8bit_counters_init(o->counters, o->counters + N);
  assert_int_equal(kcov8_open(device, &file), -KCOV8_ENODEV);
  expect_log("no pc-table: add pc-table to -fsanitize-coverage=");
  construct_table(o, N); /* it was between the two calls of a constructor */
  assert_int_equal(kcov8_open(device, &file), 0);
  kcov8_file_put(file);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void other_length(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct kcov8_file *file;
  (void)state;
  __sanitizer_cov_8bit_counters_init(o->counters, o->counters + N);
  construct_table(o, N - 1);
  assert_int_equal(kcov8_open(device, &file), -KCOV8_ENODEV);
  expect_log("6 counters, 5 in the pc-table: the linker dropped some of one");
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void interposed(void **state) {
  struct kcov8_device *const device = device_make();
  struct object *const o = objects[0];
  struct tracer t;
  (void)state;
  o->pcs[2] = address(objects[1], 0);
  construct(o);
  tracer_start(&t, device, 64);
  expect_log("another object has interposed: 1; their");
  assert_int_equal(tracer_enable(&t), 0);
  o->counters[1] = o->counters[2] = 1;
  tracer_disable(&t);
  expect(t.words, 1, (uint64_t[]){file_pc(2)});
  tracer_end(&t);
  assert_int_equal(kcov8_device_destroy(device), 0);
}

static void no_memory(void **state) {
  struct object *const o = objects[0];
  (void)state;
  port.fail_alloc = 0;
  construct(o);
  expect_log("no memory for an image of -fsanitize-coverage");
  port.fail_alloc = -1;
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(addresses_of_the_file),
      TEST(no_room),
      TEST(flags),
      TEST(guards),
      TEST(two_objects),
      TEST(beside_the_pass),
      TEST(no_table),
      TEST(other_length),
      TEST(interposed),
      TEST(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
