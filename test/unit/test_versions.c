/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_versions.c - what Linux 7.2 and 6.12 answer differently
 *
 * A file of KCOV_ENABLE ("local") and one of KCOV_REMOTE_ENABLE in one task.
 * The values are read from kernel/kcov.c of 6.12.117 and 7.2.12. And the order
 * in which what others ran appears, which 7.2 documents.
 */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static struct kcov8_device *device;
static struct image *img;
static struct kcov8_task me, worker;

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx, (void)task, (void)to, (void)from, (void)bytes;
  return -EFAULT;
}

static int set_up(void **state, enum kcov8_linux_rules rules) {
  const struct kcov8_host host = {.size = sizeof(host),
                                  .read_guest = read_own_memory,
                                  .write_guest = write_guest,
                                  .word_bytes = 8,
                                  .rules = rules};
  start_up(state);
  if (kcov8_device_create(&host, &device))
    return 1;
  img = image_load(1, 200);
  kcov8_task_init(&me);
  kcov8_task_init(&worker);
  return 0;
}

static int newest(void **state) { return set_up(state, KCOV8_RULES_NEWEST); }

static int v6_12(void **state) { return set_up(state, KCOV8_RULES_6_12); }

static int tear_down(void **state) {
  image_unload(img);
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

static int local(struct kcov8_file *f, uint64_t mode) {
  return kcov8_ioctl(f, &me, KCOV8_ENABLE, mode);
}

/* @common: 0 for none */
static int remote(struct kcov8_file *f, struct kcov8_task *task, uint32_t mode,
                  uint64_t common) {
  const struct kcov8_remote_arg arg = {
      .trace_mode = mode, .area_size = 64, .common_handle = common};
  return kcov8_ioctl(f, task, KCOV8_REMOTE_ENABLE, (uintptr_t)&arg);
}

static int disable(struct kcov8_file *f) {
  return kcov8_ioctl(f, &me, KCOV8_DISABLE, 0);
}

/* ---- Errno --------------------------------------------------------------- */

enum call { LOCAL, REMOTE, DISABLE };

/* One task, three files; which of two errors is found first, too. */
static const struct step {
  enum call call;
  unsigned int file, mode;
  int newest, v6_12;
} steps[] = {
    {REMOTE, 0, 0, 0, 0},
    {REMOTE, 1, 0, -KCOV8_EBUSY, -KCOV8_EBUSY},
    {REMOTE, 1, 9, -KCOV8_EBUSY, -KCOV8_EBUSY},
    {REMOTE, 0, 0, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {LOCAL, 0, 0, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {LOCAL, 1, 9, -KCOV8_EINVAL, -KCOV8_EBUSY},
    {LOCAL, 1, 1, -KCOV8_ENOTSUPP, -KCOV8_EBUSY},
    {DISABLE, 1, 0, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {LOCAL, 1, 0, 0, -KCOV8_EBUSY},
    {LOCAL, 2, 0, -KCOV8_EBUSY, -KCOV8_EBUSY},
    {REMOTE, 2, 0, -KCOV8_EBUSY, -KCOV8_EBUSY},
    {DISABLE, 2, 0, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {DISABLE, 0, 7, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {DISABLE, 0, 0, 0, 0},
    {DISABLE, 0, 0, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {DISABLE, 1, 0, 0, -KCOV8_EINVAL},
    {LOCAL, 1, 0, 0, 0},
    {REMOTE, 0, 9, -KCOV8_EINVAL, -KCOV8_EBUSY},
    {REMOTE, 0, 0, 0, -KCOV8_EBUSY},
    {REMOTE, 1, 0, -KCOV8_EINVAL, -KCOV8_EINVAL},
    {DISABLE, 1, 0, 0, 0},
    {LOCAL, 1, 0, 0, 0},
    {DISABLE, 0, 0, 0, -KCOV8_EINVAL},
    {DISABLE, 1, 0, 0, 0},
};

static int take(const struct step *s, struct kcov8_file *f) {
  switch (s->call) {
  case LOCAL:
    return local(f, s->mode);
  case REMOTE:
    return remote(f, &me, s->mode, 0);
  default:
    return kcov8_ioctl(f, &me, KCOV8_DISABLE, s->mode);
  }
}

static void errnos(bool old) {
  struct kcov8_file *f[3];
  for (size_t i = 0; i < 3; i++)
    f[i] = file_make(device, 64, NULL);
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    const struct step *const s = &steps[i];
    const int rc = take(s, f[s->file]);
    if (rc != (old ? s->v6_12 : s->newest))
      fail_msg("step %zu: %d", i, rc);
  }
  for (size_t i = 0; i < 3; i++)
    kcov8_file_put(f[i]);
}

static void errnos_newest(void **state) {
  (void)state;
  errnos(false);
}

static void errnos_6_12(void **state) {
  (void)state;
  errnos(true);
}

/* ---- The common handle --------------------------------------------------- */

/* An inherited one, which only a file of its own kind takes away. */
static void handle_stays(void **state) {
  (void)state;
  struct kcov8_task parent;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  struct kcov8_file *const theirs = file_make(device, 64, NULL);
  kcov8_task_init(&parent);
  assert_int_equal(remote(theirs, &parent, 0, 5), 0);
  kcov8_task_fork(&me, &parent);
  assert_int_equal(kcov8_common_handle(&me), 5);
  assert_int_equal(local(f, 0), 0);
  assert_int_equal(disable(f), 0);
  assert_int_equal(kcov8_common_handle(&me), 5);
  assert_int_equal(remote(f, &me, 0, 0), 0); /* asks for none */
  assert_int_equal(kcov8_common_handle(&me), 5);
  assert_int_equal(disable(f), 0);
  assert_int_equal(kcov8_common_handle(&me), 0);

  kcov8_task_fork(&me, &parent);
  assert_int_equal(remote(f, &me, 9, 6), -KCOV8_EINVAL);
  assert_int_equal(kcov8_common_handle(&me), 5);
  assert_int_equal(remote(f, &me, 0, 5), -KCOV8_EEXIST); /* undone again */
  assert_int_equal(kcov8_common_handle(&me), 0);
  kcov8_task_exit(&parent);
  kcov8_file_put(f);
  kcov8_file_put(theirs);
}

static void handle_goes_with_any_file(void **state) {
  (void)state;
  struct kcov8_task parent;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  struct kcov8_file *const theirs = file_make(device, 64, NULL);
  kcov8_task_init(&parent);
  assert_int_equal(remote(theirs, &parent, 0, 5), 0);
  kcov8_task_fork(&me, &parent);
  assert_int_equal(local(f, 0), 0);
  assert_int_equal(kcov8_common_handle(&me), 5);
  assert_int_equal(disable(f), 0);
  assert_int_equal(kcov8_common_handle(&me), 0);
  kcov8_task_exit(&parent);
  kcov8_file_put(f);
  kcov8_file_put(theirs);
}

/* ---- Both at once -------------------------------------------------------- */

/* Runs block @block in a section for handle 5. */
static void work(size_t block) {
  assert_int_equal(kcov8_remote_start(device, &worker, 5), 0);
  hit(img, block);
  kcov8_remote_stop(&worker);
}

/* With shared counters the local file also has what the worker ran. */
static void both_record(void **state) {
  (void)state;
  uint64_t *w, *w2;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  assert_int_equal(remote(f2, &me, 0, 5), 0);
  assert_int_equal(local(f, 0), 0);
  hit(img, 1);
  work(2);
  expect_pcs(w2, img, 2, NULL);
  hit(img, 3);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 1, img, 2, img, 3, NULL);
  expect_pcs(w2, NULL);

  assert_int_equal(disable(f), 0);
  assert_int_equal(me.tracing, 0);
  assert_int_equal(kcov8_common_handle(&me), 5);
  hit(img, 4);
  kcov8_syscall_return(&me);
  expect_pcs(w, NULL);
  work(5);
  expect_pcs(w2, img, 5, NULL);

  assert_int_equal(local(f, 0), 0);
  assert_int_equal(disable(f2), 0);
  assert_int_equal(kcov8_common_handle(&me), 0);
  assert_int_equal(kcov8_remote_start(device, &worker, 5), -KCOV8_ENOENT);
  hit(img, 6);
  kcov8_syscall_return(&me);
  expect_pcs(w, img, 6, NULL);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* The task moves, then ends. */
static void both_end(void end(struct kcov8_task *), bool flushed) {
  uint64_t *w, *w2;
  struct kcov8_task there;
  struct kcov8_file *const f = file_make(device, 64, &w);
  struct kcov8_file *const f2 = file_make(device, 64, &w2);
  assert_int_equal(local(f, 0), 0);
  assert_int_equal(remote(f2, &me, 0, 5), 0);
  kcov8_task_move(&there, &me);
  assert_true(!me.file && !me.remote && !me.tracing);
  assert_ptr_equal(there.file, f);
  assert_ptr_equal(there.remote, f2);
  work(1);
  hit(img, 2);
  kcov8_syscall_return(&there);
  expect_pcs(w, img, 1, img, 2, NULL);
  expect_pcs(w2, img, 1, NULL);
  hit(img, 3);
  end(&there);
  assert_true(!there.file && !there.remote && !there.tracing);
  if (flushed)
    expect_pcs(w, img, 3, NULL);
  else
    expect_pcs(w, NULL);
  assert_int_equal(kcov8_remote_start(device, &worker, 5), -KCOV8_ENOENT);
  end(&there);
  assert_int_equal(local(f2, 0), 0); /* both are free */
  assert_int_equal(remote(f, &me, 0, 5), 0);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void both_exit(void **state) {
  (void)state;
  both_end(kcov8_task_exit, true);
}

static void both_drop(void **state) {
  (void)state;
  both_end(kcov8_task_drop, false);
}

/* The child of a fork has copies of the task and of both files. */
static void both_forked(void **state) {
  (void)state;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  struct kcov8_file *const f2 = file_make(device, 64, NULL);
  assert_int_equal(local(f, 0), 0);
  assert_int_equal(remote(f2, &me, 0, 5), 0);
  kcov8_forked(device);
  assert_true(!me.file && !me.remote && !me.tracing);
  assert_int_equal(kcov8_common_handle(&me), 5);
  assert_int_equal(remote(f, &me, 0, 6), 0);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* ---- Sections of a task that has files ----------------------------------- */

/* Who has a remote file may work for it, or for another, but not trace. */
static void own_section(void **state) {
  (void)state;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  struct kcov8_file *const f2 = file_make(device, 64, &w);
  assert_int_equal(remote(f2, &me, 0, 5), 0);
  assert_int_equal(kcov8_remote_start(device, &me, 5), 0);
  hit(img, 1);
  assert_int_equal(local(f, 0), -KCOV8_EBUSY);
  assert_int_equal(remote(f, &me, 0, 0), -KCOV8_EBUSY); /* the other one */
  kcov8_remote_stop(&me);
  expect_pcs(w, img, 1, NULL);

  assert_int_equal(kcov8_remote_start(device, &worker, 5), 0);
  assert_int_equal(kcov8_ioctl(f2, &worker, KCOV8_DISABLE, 0), -KCOV8_EINVAL);
  assert_int_equal(remote(f, &worker, 0, 6), 0); /* beside a section */
  assert_int_equal(kcov8_ioctl(f, &worker, KCOV8_DISABLE, 0), 0);
  kcov8_remote_stop(&worker);

  assert_int_equal(local(f, 0), 0);
  assert_int_equal(kcov8_remote_start(device, &me, 5), -KCOV8_EBUSY);
  assert_int_equal(disable(f), 0);
  assert_int_equal(kcov8_remote_prepare(&me), -KCOV8_EBUSY);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

static void no_section(void **state) {
  (void)state;
  struct kcov8_file *const f = file_make(device, 64, NULL);
  struct kcov8_file *const f2 = file_make(device, 64, NULL);
  assert_int_equal(remote(f2, &me, 0, 5), 0);
  assert_int_equal(kcov8_remote_start(device, &me, 5), -KCOV8_EBUSY);
  assert_int_equal(kcov8_remote_start(device, &worker, 5), 0);
  assert_int_equal(remote(f, &worker, 0, 6), -KCOV8_EBUSY);
  kcov8_remote_stop(&worker);
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  kcov8_file_put(f2);
}

/* ---- Order of publication ------------------------------------------------ */

/* Two pages, of which the second one cannot be written at first. */
static struct guarded {
  uint64_t *words;
  size_t page, seen; /* count when the first entry came */
} guarded;

static int guarded_alloc(void *ctx, struct kcov8_area *area) {
  struct guarded *const g = ctx;
  assert_int_equal(area->bytes, 2 * g->page);
  g->words = mmap(NULL, area->bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(g->words != MAP_FAILED);
  area->base = g->words;
  return 0;
}

static void guarded_free(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  munmap(area->base, area->bytes);
}

static uint8_t *second_page(void) {
  return (uint8_t *)guarded.words + guarded.page;
}

static void on_store(int sig) {
  (void)sig;
  guarded.seen = guarded.words[0];
  if (mprotect(second_page(), guarded.page, PROT_READ | PROT_WRITE))
    _exit(1);
}

/* Who reads the count finds the entries: they are stored before it. */
static void entries_before_count(uint32_t mode, uint64_t before,
                                 struct image *image, uint64_t n) {
  const struct sigaction action = {.sa_handler = on_store};
  guarded.page = (size_t)sysconf(_SC_PAGESIZE);
  const struct kcov8_host host = {.size = sizeof(host),
                                  .ctx = &guarded,
                                  .alloc_area = guarded_alloc,
                                  .free_area = guarded_free,
                                  .read_guest = read_own_memory,
                                  .write_guest = write_guest,
                                  .word_bytes = 8};
  struct sigaction old;
  struct kcov8_device *own;
  assert_int_equal(kcov8_device_create(&host, &own), 0);
  struct kcov8_file *const f = file_make(own, 2 * guarded.page / 8, NULL);
  assert_int_equal(remote(f, &me, mode, 5), 0);
  assert_int_equal(kcov8_remote_start(own, &worker, 5), 0);
  current_task = &worker;
  hit(image, 1);
  hit(image, 2);
  __kcov8_trace_cmp(image->counters + 1, 6, 7, 8);
  __kcov8_trace_cmp(image->counters + 2, 6, 8, 9);

  guarded.words[0] = before;
  guarded.seen = 0;
  sigaction(SIGSEGV, &action, &old);
  assert_int_equal(mprotect(second_page(), guarded.page, PROT_READ), 0);
  kcov8_remote_stop(&worker);
  sigaction(SIGSEGV, &old, NULL);
  assert_int_equal(guarded.seen, before);
  assert_int_equal(guarded.words[0], before + n);
  current_task = NULL;
  kcov8_task_exit(&me);
  kcov8_file_put(f);
  assert_int_equal(kcov8_device_destroy(own), 0);
}

static void pcs_before_count(void **state) {
  (void)state;
  const uint64_t words = (uint64_t)sysconf(_SC_PAGESIZE) / 8;
  entries_before_count(0, words - 1, img, 2);
}

static void records_before_count(void **state) {
  (void)state;
  const uint64_t words = (uint64_t)sysconf(_SC_PAGESIZE) / 8;
  struct image *const cmp = image_of(2, 10);
  cmp->funcs[0].flags = KCOV8_FUNC_CMP;
  __kcov8_image_register(&cmp->desc);
  entries_before_count(1, words / 4, cmp, 2);
  image_unload(cmp);
}

#define NEWEST(name) cmocka_unit_test_setup_teardown(name, newest, tear_down)
#define OLD(name) cmocka_unit_test_setup_teardown(name, v6_12, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      NEWEST(errnos_newest),    OLD(errnos_6_12),
      NEWEST(handle_stays),     OLD(handle_goes_with_any_file),
      NEWEST(both_record),      NEWEST(both_exit),
      NEWEST(both_drop),        NEWEST(both_forked),
      NEWEST(own_section),      OLD(no_section),
      NEWEST(pcs_before_count), NEWEST(records_before_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
