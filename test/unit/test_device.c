/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_device.c - the device: state x call x errno, and the laws of flushing
 *
 * The table below is Linux's behaviour (kernel/kcov.c).
 */
#include "support.h"

static struct kcov8_device *device;
static struct image *img;
static struct kcov8_task me, other;

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  img = image_load(1, 200);
  kcov8_task_init(&me);
  kcov8_task_init(&other);
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

static int call(struct kcov8_file *f, struct kcov8_task *task, uint64_t cmd,
                uint64_t arg) {
  return kcov8_ioctl(f, task, cmd, arg);
}

static void enable(struct kcov8_file *f, struct kcov8_task *task) {
  assert_int_equal(call(f, task, KCOV8_ENABLE, 0), 0);
}

/* ---- State x call ---- */

enum { FRESH, IDLE, MINE, THEIRS, BUSY, N_STATES };

static const char *const state_names[] = {"fresh", "idle", "traced by me",
                                          "traced by another",
                                          "idle while I trace another file"};

enum { MMAP = 1 };
#define WORDS UINT64_C(512)

static const struct row {
  uint64_t cmd, arg; /* MMAP: bytes */
  uint64_t offset;
  int expected[N_STATES];
} rows[] = {
#define BAD                                                                    \
  { -22, -22, -22, -22, -22 }
#define NOTTY                                                                  \
  { -25, -25, -25, -25, -25 }
    /* the size is looked at before the state */
    {KCOV8_INIT_TRACE64, 0, 0, BAD},
    {KCOV8_INIT_TRACE64, 1, 0, BAD},
    {KCOV8_INIT_TRACE64, KCOV8_MAX_WORDS + 1, 0, BAD},
    {KCOV8_INIT_TRACE64, UINT64_C(1) << 32, 0, BAD},
    {KCOV8_INIT_TRACE64, (UINT64_C(1) << 32) + WORDS, 0, BAD},
    {KCOV8_INIT_TRACE64, UINT64_MAX, 0, BAD},
    {KCOV8_INIT_TRACE64, WORDS, 0, {0, -16, -16, -16, -16}},
    {KCOV8_INIT_TRACE64, 2, 0, {0, -16, -16, -16, -16}},
    /* the state before the owner before the mode */
    {KCOV8_ENABLE, 0, 0, {-22, 0, -22, -22, -16}},
    {KCOV8_ENABLE, 1, 0, {-22, -524, -22, -22, -16}},
    {KCOV8_ENABLE, 2, 0, {-22, -22, -22, -22, -16}},
    {KCOV8_ENABLE, 256, 0, {-22, -22, -22, -22, -16}},
    {KCOV8_ENABLE, UINT64_C(1) << 32, 0, {-22, -22, -22, -22, -16}},
    {KCOV8_ENABLE, (UINT64_C(1) << 32) + 1, 0, {-22, -22, -22, -22, -16}},
    {KCOV8_ENABLE, UINT64_MAX, 0, {-22, -22, -22, -22, -16}},
    {KCOV8_DISABLE, 0, 0, {-22, -22, 0, -22, -22}},
    {KCOV8_DISABLE, 1, 0, BAD},
    {KCOV8_DISABLE, UINT64_C(1) << 32, 0, BAD},
    {KCOV8_DISABLE, UINT64_MAX, 0, BAD},
    {KCOV8_RESET_TRACE, 0, 0, {-22, -22, 0, 0, -22}}, /* by any holder */
    {KCOV8_RESET_TRACE, 1, 0, BAD},
    {KCOV8_RESET_TRACE, UINT64_C(1) << 32, 0, BAD},
    {KCOV8_SET_COUNTS, 0, 0, {0, 0, -16, -16, 0}},
    {KCOV8_SET_COUNTS, 1, 0, {0, 0, -16, -16, 0}},
    {KCOV8_SET_COUNTS, 2, 0, BAD},
    {KCOV8_SET_COUNTS, (UINT64_C(1) << 32) + 1, 0, BAD},
    {KCOV8_SET_COUNTS, UINT64_C(1) << 32, 0, BAD},
    /* absent, the last two for want of hooks */
    {KCOV8_INIT_TRACE32, WORDS, 0, NOTTY},
    {KCOV8_REMOTE_ENABLE, 0, 0, NOTTY},
    {KCOV8_GET_STATUS, 0, 0, NOTTY},
    {0, 0, 0, NOTTY},
    {0x6363, 0, 0, NOTTY},
    {0x40086367, 8, 0, NOTTY}, /* KCOV_UNIQUE_ENABLE, a proposal */
    {UINT64_MAX, 0, 0, NOTTY},
    /* exact size, offset 0 */
    {MMAP, WORDS * 8, 0, {-22, 0, 0, 0, 0}},
    {MMAP, WORDS * 8 - 4096, 0, BAD},
    {MMAP, WORDS * 8 + 4096, 0, BAD},
    {MMAP, 0, 0, BAD},
    {MMAP, (UINT64_C(1) << 32) + WORDS * 8, 0, BAD},
    {MMAP, WORDS * 8, 4096, BAD},
    {MMAP, WORDS * 8, UINT64_C(1) << 32, BAD},
    {MMAP, WORDS * 8, UINT64_MAX, BAD},
};

static int do_row(struct kcov8_file *f, const struct row *r) {
  struct kcov8_area area;
  return r->cmd == MMAP ? kcov8_mmap(f, r->arg, r->offset, &area)
                        : call(f, &me, r->cmd, r->arg);
}

static void states_and_calls(void **state) {
  (void)state;
  const int enabling[N_STATES] = {-22, 0, -22, -22, -16};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    for (int s = 0; s < N_STATES; s++) {
      struct kcov8_file *f, *f2 = file_make(device, WORDS, NULL);
      assert_int_equal(kcov8_open(device, &f), 0);
      if (s != FRESH)
        assert_int_equal(call(f, &other, KCOV8_INIT_TRACE64, WORDS), 0);
      if (s == MINE)
        enable(f, &me);
      if (s == THEIRS)
        enable(f, &other);
      if (s == BUSY)
        enable(f2, &me);
      const struct kcov8_file *const traced = me.file;
      const int err = do_row(f, &rows[i]);
      if (err != rows[i].expected[s])
        fail_msg("row %zu (0x%llx, 0x%llx), %s: %d, expected %d", i,
                 (unsigned long long)rows[i].cmd,
                 (unsigned long long)rows[i].arg, state_names[s], err,
                 rows[i].expected[s]);
      /* What fails changes nothing. */
      if (err) {
        assert_ptr_equal(me.file, traced);
        assert_int_equal(call(f, &me, KCOV8_ENABLE, 0), enabling[s]);
        assert_true(!other.file == (s != THEIRS));
      }
      kcov8_task_exit(&me);
      kcov8_task_exit(&other);
      kcov8_file_put(f);
      kcov8_file_put(f2);
    }
  }
}

/* ioctl's command is an unsigned int; libcs pass a sign-extended int. */
static void sign_extended_command(void **state) {
  (void)state;
  struct kcov8_file *f;
  assert_int_equal(kcov8_open(device, &f), 0);
  assert_int_equal(call(f, &me, 0xffffffff80086301, 512), 0);
  assert_int_equal(call(f, &me, 0x100000000 + KCOV8_ENABLE, 0), 0);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* kcov-abi.md 6.4: the count goes on over a thousand rounds. */
static void enable_disable_rounds(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 1024, &w);
  for (uint64_t n = 1; n <= 1000; n++) {
    enable(f, &me);
    hit(img, n % 200);
    assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
    assert_int_equal(w[0], n);
    assert_true(w[n] == image_pc(img, n % 200));
    assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), -KCOV8_EINVAL);
  }
  kcov8_file_put(f);
}

/* ---- Windows ---- */

static void flush_appends(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  hit(img, 9); /* before ENABLE */
  enable(f, &me);
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  for (int i = 0; i < 300; i++)
    hit(img, 100); /* once per flush, however often it ran */
  hit(img, 0);
  hit(img, 199);
  assert_int_equal(w[0], 0); /* not before the return */
  kcov8_syscall_return(&me);
  assert_true(all_clear(img));
  assert_int_equal(w[0], 3);
  hit(img, 100);
  kcov8_task_flush(&me);
  expect_pcs(w, img, 0, img, 100, img, 199, img, 100, NULL);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* Only a reset by the guest clears the buffer. */
static void buffer_is_never_cleared(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_area area;
  struct kcov8_file *const f = file_make(device, 8, &w);
  for (uint64_t i = 0; i < 8; i++)
    w[i] = 0x1111 * i;
  w[0] = 3;
  enable(f, &me);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  enable(f, &me);
  kcov8_task_exit(&me);
  assert_int_equal(kcov8_mmap(f, 64, 0, &area), 0);
  assert_ptr_equal(area.base, w);
  assert_int_equal(w[0], 3);
  for (uint64_t i = 1; i < 8; i++)
    assert_int_equal(w[i], 0x1111 * i);
  kcov8_file_put(f);
}

static void not_tracing(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  hit(img, 3);
  const size_t locks = port.n_locks;
  kcov8_syscall_return(&me);
  kcov8_task_flush(&me);
  kcov8_task_exec(&me);
  kcov8_task_exit(&me);
  assert_int_equal(port.n_locks, locks); /* off is free */
  assert_int_equal(img->counters[3], 1);
  expect_pcs(w, NULL);
  kcov8_file_put(f);
}

static void disable_exit_exec_flush_first(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &me);
  hit(img, 1);
  kcov8_task_exec(&me);
  expect_pcs(w, img, 1, NULL);
  hit(img, 2); /* the new image */
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 2, NULL);
  hit(img, 3);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  expect_pcs(w, img, 3, NULL);
  hit(img, 4);
  kcov8_syscall_return(&me);
  enable(f, &me);
  hit(img, 5);
  kcov8_task_exit(&me);
  expect_pcs(w, img, 5, NULL);
  hit(img, 6);
  kcov8_task_exit(&me); /* again: harmless */
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  enable(f, &me); /* back in INIT */
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

static void full_buffer(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 8, &w);
  enable(f, &me);
  for (size_t i = 0; i < 50; i++)
    hit(img, i);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 7);
  assert_true(w[7] == image_pc(img, 6));
  assert_int_equal(kcov8_file_dropped(f), 43);
  assert_true(all_clear(img));
  w[0] = 0;
  kcov8_syscall_return(&me); /* nothing crosses the reset */
  expect_pcs(w, NULL);
  hit(img, 60);
  kcov8_syscall_return(&me);
  assert_int_equal(kcov8_file_dropped(f), 43);
  expect_pcs(w, img, 60, NULL);
  for (size_t i = 0; i < 4; i++) {
    const uint64_t counts[] = {7, 8, (UINT64_C(1) << 61) - 1, UINT64_MAX};
    w[0] = counts[i];
    hit(img, 1);
    kcov8_syscall_return(&me);
    assert_true(w[0] == counts[i]);
    assert_int_equal(kcov8_file_dropped(f), 44 + i);
  }
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* Pairs of PC and hits, from a flush of one's own and from pending sets. */
static void counts(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  assert_int_equal(call(f, &me, KCOV8_SET_COUNTS, 1), 0);
  enable(f, &me);
  for (int i = 0; i < 3; i++)
    hit(img, 1);
  hit(img, 2);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 2);
  assert_true(w[1] == image_pc(img, 1) && w[2] == 3);
  assert_true(w[3] == image_pc(img, 2) && w[4] == 1);
  w[0] = 0;
  enable(f2, &other); /* PCs alone */
  for (int i = 0; i < 200; i++)
    hit(img, 1);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 1, NULL);
  for (int i = 0; i < 100; i++)
    hit(img, 1);
  kcov8_syscall_return(&me);
  assert_int_equal(w[0], 1);
  assert_true(w[1] == image_pc(img, 1) && w[2] == 255); /* saturates */
  kcov8_task_exit(&other);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  w[0] = 0;
  assert_int_equal(call(f, &me, KCOV8_SET_COUNTS, 0), 0);
  enable(f, &me);
  hit(img, 5);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 5, NULL);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* ---- Two files ---- */

static void two_files(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  enable(f, &me);
  const size_t live = port.live;
  hit(img, 1);
  hit(img, 150);
  enable(f2, &other); /* harvests for f; not for f2 */
  assert_int_equal(port.live, live + 2);
  expect_pcs(w, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, NULL);

  hit(img, 100);
  hit(img, 1);
  kcov8_syscall_return(&other); /* takes for both */
  expect_pcs(w2, img, 1, img, 100, NULL);
  expect_pcs(w, NULL); /* not outside of f's own flush */
  hit(img, 120);
  hit(img, 100);
  const size_t allocs = port.n_allocs;
  assert_true(f->sink.dirty);
  kcov8_syscall_return(&me); /* one set, in table order */
  assert_false(f->sink.dirty);
  assert_int_equal(port.n_allocs, allocs);
  expect_pcs(w, img, 1, img, 100, img, 120, img, 150, NULL);
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, img, 100, img, 120, NULL);

  /* The other's exit: what it took for me is still mine; its set is freed. */
  hit(img, 7);
  kcov8_task_exit(&other);
  expect_pcs(w2, img, 7, NULL);
  assert_int_equal(port.live, live + 1);
  hit(img, 5);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 5, img, 7, NULL);
  hit(img, 6); /* alone again */
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 6, NULL);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  assert_int_equal(port.live, live);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* What was pending for a file does not survive its DISABLE and ENABLE. */
static void pending_ends_with_disable(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, NULL);
  enable(f, &me);
  enable(f2, &other);
  hit(img, 1);
  kcov8_syscall_return(&other);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  expect_pcs(w, img, 1, NULL);
  hit(img, 2);
  kcov8_syscall_return(&other);
  enable(f, &me);
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  kcov8_task_exit(&me);
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* Any order of three tasks' flushes: each file gets each of its blocks. */
static void three_files(void **state) {
  (void)state;
  enum { N = 3, ROUNDS = 400 };
  struct kcov8_task task[N];
  struct kcov8_file *f[N];
  uint64_t *w[N], seed = 7;
  bool due[N][200];
  memset(due, 0, sizeof(due));
  for (int i = 0; i < N; i++) {
    kcov8_task_init(&task[i]);
    f[i] = file_make(device, 256, &w[i]);
    enable(f[i], &task[i]);
  }
  for (int round = 0; round < ROUNDS; round++) {
    const uint64_t r = kcov8_mix64(seed++);
    const int i = (int)(r % N);
    for (uint64_t n = r >> 8 & 7; n > 0; n--) {
      const size_t b = kcov8_mix64(seed++) % 200;
      hit(img, b);
      for (int k = 0; k < N; k++)
        due[k][b] = true;
    }
    kcov8_syscall_return(&task[i]);
    uint64_t n = 0;
    for (size_t b = 0; b < 200; b++)
      if (due[i][b]) {
        due[i][b] = false;
        assert_true(w[i][++n] == image_pc(img, b));
      }
    assert_int_equal(w[i][0], n);
    w[i][0] = 0;
    if (r >> 20 & 1) {
      kcov8_task_exit(&task[i]);
      enable(f[i], &task[i]);
    }
  }
  for (int i = 0; i < N; i++) {
    kcov8_task_exit(&task[i]);
    kcov8_file_put(f[i]);
  }
}

/* ---- References ---- */

static void close_while_enabled(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, NULL);
  kcov8_file_get(f); /* dup */
  kcov8_file_get(f); /* mapping */
  enable(f, &me);
  kcov8_file_put(f);
  kcov8_file_put(f);
  hit(img, 1);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 1, NULL);
  assert_int_equal(call(f2, &me, KCOV8_ENABLE, 0), -KCOV8_EBUSY);
  kcov8_file_put(f); /* munmap: the task alone holds it */
  const size_t live = port.live;
  hit(img, 2);
  kcov8_syscall_return(&me);
  assert_int_equal(port.live, live);
  assert_int_equal(kcov8_device_destroy(device), -KCOV8_EBUSY);
  kcov8_task_exit(&me);
  assert_int_equal(port.live, live - 2); /* its lock is for others */
  enable(f2, &me);
  kcov8_task_exit(&me);
  kcov8_file_put(f2);
}

static void fork_and_exit_of_child(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_task child;
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &me);
  memcpy(&child, &me, sizeof(me)); /* as a host copies its task */
  kcov8_task_init(&child);
  kcov8_file_get(f);
  hit(img, 1);
  kcov8_syscall_return(&child); /* adds nothing */
  expect_pcs(w, NULL);
  assert_int_equal(call(f, &child, KCOV8_ENABLE, 0), -KCOV8_EINVAL);
  assert_int_equal(call(f, &child, KCOV8_DISABLE, 0), -KCOV8_EINVAL);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  w[0] = 0;
  enable(f, &child); /* "open in the parent, ENABLE in the child" */
  hit(img, 2);
  kcov8_task_exit(&child);
  kcov8_file_put(f);
  expect_pcs(w, img, 2, NULL);
  enable(f, &me);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* ---- Memory ---- */

static void init_without_memory(void **state) {
  (void)state;
  struct kcov8_file *f;
  assert_int_equal(kcov8_open(device, &f), 0);
  port.fail_alloc = 0;
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 512), -KCOV8_ENOMEM);
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 1), -KCOV8_EINVAL);
  port.fail_alloc = -1;
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 512), 0);
  const size_t live = port.live;
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 512), -KCOV8_EBUSY);
  assert_int_equal(port.live, live);
  port.fail_alloc = 0; /* Linux allocates first */
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 512), -KCOV8_ENOMEM);
  port.fail_alloc = -1;
  kcov8_file_put(f);
}

/* Each allocation fails; the first file goes on as if nothing happened. */
static void enable_without_memory(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct image *const more = image_load(2, 77);
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  enable(f, &me); /* alone: needs none */
  const size_t live = port.live;
  int n = 0;
  for (;; n++) {
    hit(img, 1);
    hit(more, 2);
    port.fail_alloc = n;
    const int err = call(f2, &other, KCOV8_ENABLE, 0);
    if (!err)
      break;
    assert_int_equal(err, -KCOV8_ENOMEM);
    assert_int_equal(port.live, live);
    assert_null(other.file);
    kcov8_syscall_return(&me);
    expect_pcs(w, img, 1, more, 2, NULL);
    kcov8_syscall_return(&other);
    expect_pcs(w2, NULL);
    assert_true(n < 20);
  }
  assert_int_equal(n, 4); /* two files, two images */
  port.fail_alloc = -1;
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 1, more, 2, NULL);
  kcov8_syscall_return(&other);
  expect_pcs(w2, NULL);
  kcov8_task_exit(&other);

  /* With hits waiting in the first one's set: kept. */
  enable(f2, &other);
  hit(img, 3);
  kcov8_task_exit(&other);
  w2[0] = 0;
  port.fail_alloc = 0;
  assert_int_equal(call(f2, &other, KCOV8_ENABLE, 0), -KCOV8_ENOMEM);
  port.fail_alloc = -1;
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 3, NULL);

  /* A late image. */
  kcov8_task_exit(&me);
  struct image *const late = image_load(3, 5);
  port.fail_alloc = 0;
  assert_int_equal(call(f2, &other, KCOV8_ENABLE, 0), -KCOV8_ENOMEM);
  port.fail_alloc = -1;
  enable(f2, &other);
  kcov8_task_exit(&other);
  kcov8_file_put(f);
  kcov8_file_put(f2);
  image_unload(more);
  image_unload(late);
}

static void device_without_memory(void **state) {
  (void)state;
  struct kcov8_device *d;
  port.fail_alloc = 0;
  assert_int_equal(kcov8_device_create(NULL, &d), -KCOV8_ENOMEM);
  assert_null(d);
}

/* ---- The host's own areas ---- */

static struct {
  int live, calls;
  int err;
  size_t bytes;
} areas;

static int host_alloc(void *ctx, struct kcov8_area *area) {
  assert_ptr_equal(ctx, &areas);
  areas.calls++;
  if (areas.err)
    return areas.err;
  areas.bytes = area->bytes;
  area->base = calloc(1, area->bytes);
  area->cookie = 4711;
  areas.live++;
  return 0;
}

static void host_free(void *ctx, struct kcov8_area *area) {
  assert_ptr_equal(ctx, &areas);
  assert_int_equal(area->cookie, 4711);
  free(area->base);
  areas.live--;
}

static void host_areas(void **state) {
  (void)state;
  struct kcov8_device *d;
  struct kcov8_file *f;
  struct kcov8_area area;
  struct kcov8_host host = {.size = sizeof(host),
                            .ctx = &areas,
                            .alloc_area = host_alloc,
                            .free_area = host_free,
                            .word_bytes = 8};
  assert_int_equal(kcov8_device_create(&host, &d), 0);
  assert_int_equal(kcov8_open(d, &f), 0);
  assert_int_equal(areas.calls, 0);
  areas.err = -KCOV8_ENOMEM;
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 512), -KCOV8_ENOMEM);
  areas.err = 0;
  assert_int_equal(call(f, &me, KCOV8_INIT_TRACE64, 512), 0);
  assert_int_equal(areas.bytes, 4096);
  assert_int_equal(kcov8_mmap(f, 4096, 0, &area), 0);
  assert_int_equal(area.cookie, 4711);
  enable(f, &me);
  kcov8_file_put(f);
  assert_int_equal(areas.live, 1);
  kcov8_task_exit(&me);
  assert_int_equal(areas.live, 0);
  assert_int_equal(kcov8_device_destroy(d), 0);

  host.size = 8;
  assert_int_equal(kcov8_device_create(&host, &d), -KCOV8_EINVAL);
  host = (struct kcov8_host){.size = sizeof(host), .alloc_area = host_alloc};
  assert_int_equal(kcov8_device_create(&host, &d), -KCOV8_EINVAL);
  host = (struct kcov8_host){.size = sizeof(host)};
  assert_int_equal(kcov8_device_create(&host, &d), 0);
  assert_int_equal(kcov8_device_destroy(d), 0);
}

/* ---- Hooks that are instrumented, or that sleep ---- */

static void lock_runs_blocks(void) { hit(img, 10); }
static void unlock_runs_blocks(void) { hit(img, 11); }

/* Exactly what task.c promises about them. */
static void instrumented_hooks(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &me);
  port.on_lock = lock_runs_blocks;
  port.on_unlock = unlock_runs_blocks;
  hit(img, 1);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 1, img, 10, NULL);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 10, img, 11, NULL);
  port.on_lock = port.on_unlock = NULL;
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* The lock is contended, the host puts the task to sleep and flushes first. */
static void lock_flushes(void) { kcov8_task_flush(&me); }

static void flush_never_nests(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, &w);
  enable(f, &me);
  port.on_lock = port.on_unlock = lock_flushes;
  hit(img, 1);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 1, NULL);
  hit(img, 2);
  assert_int_equal(call(f, &me, KCOV8_DISABLE, 0), 0);
  expect_pcs(w, img, 2, NULL);
  enable(f, &me);
  hit(img, 3);
  kcov8_task_exit(&me);
  expect_pcs(w, img, 3, NULL);
  port.on_lock = port.on_unlock = NULL;
  kcov8_file_put(f);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(states_and_calls),
      TEST(sign_extended_command),
      TEST(enable_disable_rounds),
      TEST(flush_appends),
      TEST(buffer_is_never_cleared),
      TEST(not_tracing),
      TEST(disable_exit_exec_flush_first),
      TEST(full_buffer),
      TEST(counts),
      TEST(two_files),
      TEST(pending_ends_with_disable),
      TEST(three_files),
      TEST(close_while_enabled),
      TEST(fork_and_exit_of_child),
      TEST(init_without_memory),
      TEST(enable_without_memory),
      TEST(device_without_memory),
      TEST(host_areas),
      TEST(instrumented_hooks),
      TEST(flush_never_nests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
