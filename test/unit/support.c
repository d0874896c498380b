/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* support.c - see support.h */
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_port port;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool mine;
static __thread void *file_mutex; /* this thread has it */

static void check(bool ok, const char *what) {
  if (ok)
    return;
  fprintf(stderr, "port contract broken: %s\n", what);
  _exit(1); /* cmocka would longjmp, from whatever thread */
}

void kcov8_port_lock(void) {
  if (port.on_lock)
    port.on_lock();
  check(!mine, "lock taken twice");
  check(!file_mutex, "lock taken behind a file's");
  pthread_mutex_lock(&mutex);
  mine = true;
  port.n_locks++;
}

void kcov8_port_unlock(void) {
  check(mine, "unlock without lock");
  mine = false;
  pthread_mutex_unlock(&mutex);
  if (port.on_unlock)
    port.on_unlock();
}

void *kcov8_port_mutex_new(void) {
  pthread_mutex_t *const m = kcov8_port_alloc(sizeof(*m));
  if (m)
    pthread_mutex_init(m, NULL);
  return m;
}

void kcov8_port_mutex_free(void *m) {
  check(!pthread_mutex_destroy(m), "a locked mutex is freed");
  kcov8_port_free(m, sizeof(pthread_mutex_t));
}

void kcov8_port_mutex_lock(void *m) {
  check(!file_mutex, "two files' locks at once");
  pthread_mutex_lock(m);
  file_mutex = m;
}

void kcov8_port_mutex_unlock(void *m) {
  check(file_mutex == m, "unlock of another file");
  file_mutex = NULL;
  pthread_mutex_unlock(m);
}

struct header {
  size_t bytes;
  size_t magic;
};

enum { HEADER = 16, MAGIC = 0x6b637638 };
_Static_assert(sizeof(struct header) <= HEADER, "alignment of 16");

void *kcov8_port_alloc(size_t bytes) {
  check(mine, "alloc without lock");
  check(bytes > 0, "alloc of nothing");
  port.n_allocs++;
  if (port.fail_alloc == 0)
    return NULL;
  if (port.fail_alloc > 0)
    port.fail_alloc--;
  struct header *const h = calloc(1, HEADER + bytes);
  check(h, "no memory");
  h->bytes = bytes;
  h->magic = MAGIC;
  port.live++;
  port.live_bytes += bytes;
  return (char *)h + HEADER;
}

void kcov8_port_free(void *p, size_t bytes) {
  struct header *const h = (struct header *)(void *)((char *)p - HEADER);
  check(mine, "free without lock");
  check(h->magic == MAGIC, "free of a wild pointer");
  check(h->bytes == bytes, "free with another size");
  h->magic = 0;
  port.live--;
  port.live_bytes -= bytes;
  free(h);
}

void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  (void)level;
  port.n_logs++;
  snprintf(port.log, sizeof(port.log), "%s", message);
}

void expect_log(const char *text) {
  if (!strstr(port.log, text))
    fail_msg("logged '%s', expected '%s'", port.log, text);
  port.log[0] = 0;
}

_Thread_local struct kcov8_task *current_task;

struct kcov8_task *kcov8_port_current_task(void) {
  return current_task;
}

/* ---- Images ---- */

static int32_t relative(const void *field, const void *to) {
  const intptr_t d = (intptr_t)to - (intptr_t)field;
  assert_true(d == (int32_t)d);
  return (int32_t)d;
}

/*
 * Pages of its own, as a linked image has. ThreadSanitizer's heap has no free
 * pages at any distance that it allows: not for copies of counters.
 */
#if UNDER_TSAN
static void *pages_alloc(size_t bytes) {
  return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
              -1, 0);
}
static void pages_free(void *p, size_t bytes) { munmap(p, bytes); }
#else
static void *pages_alloc(size_t bytes) {
  bytes = (bytes + 4095) / 4096 * 4096;
  void *const p = aligned_alloc(4096, bytes);
  return p ? memset(p, 0, bytes) : NULL;
}
static void pages_free(void *p, size_t bytes) {
  (void)bytes;
  free(p);
}
#endif

enum { MAX_ARRAYS = 64 };

struct image *image_make(uint64_t seed, const uint32_t *blocks) {
  size_t n_funcs = 0, n = 0;
  for (; blocks[n_funcs]; n_funcs++)
    n += blocks[n_funcs];
  struct image *const i = calloc(1, sizeof(*i));
  i->bytes = MAX_ARRAYS * sizeof(*i->arrays) +
             n_funcs * sizeof(struct kcov8_func) + n * 4 + n + n + MAX_ARRAYS;
  i->arrays = pages_alloc(i->bytes);
  i->funcs = (struct kcov8_func *)(i->arrays + MAX_ARRAYS);
  i->keys = (uint32_t *)(i->funcs + n_funcs);
  i->marks = (uint8_t *)(i->keys + n);
  i->counters = i->marks + n + MAX_ARRAYS;
  i->n_blocks = n;
  for (size_t f = 0, b = 0; f < n_funcs; b += blocks[f++]) {
    struct kcov8_func *const func = &i->funcs[f];
    *func = (struct kcov8_func){
        .hash = kcov8_mix64(seed * MAX_FUNCS + f + 1),
        .counters = relative(&func->counters, i->counters + b),
        .keys = relative(&func->keys, i->keys + b),
        .n_blocks = blocks[f],
        .abi = KCOV8_ABI_VERSION,
        .level = KCOV8_LEVEL_BB,
    };
    for (uint32_t k = 0; k < blocks[f]; k++)
      i->keys[b + k] = k * 3;
  }
  i->desc = (struct kcov8_image){
      .abi = KCOV8_ABI_VERSION,
      .size = sizeof(struct kcov8_image),
      .counters = {i->counters, i->counters + n},
      .keys = {i->keys, i->keys + n},
      .funcs = {i->funcs, i->funcs + n_funcs},
  };
  return i;
}

struct image *image_of(uint64_t seed, uint32_t n_blocks) {
  return image_make(seed, (uint32_t[]){n_blocks, 0});
}

void image_add_marks(struct image *i, const size_t *bounds, size_t n) {
  size_t n_marks = 0;
  for (size_t a = 0; a < n; a += 2)
    n_marks +=
        (bounds[a + 1] - bounds[a] + KCOV8_MARK_BYTES - 1) / KCOV8_MARK_BYTES;
  i->mark = calloc(i->n_blocks, sizeof(*i->mark));
  assert_true(n / 2 <= MAX_ARRAYS);
  size_t m = 0;
  for (size_t a = 0; a < n; a += 2) {
    struct kcov8_array *const r = &i->arrays[a / 2];
    r->counters = relative(&r->counters, i->counters + bounds[a]);
    r->marks = relative(&r->marks, i->marks + m);
    r->bytes = (uint32_t)(bounds[a + 1] - bounds[a]);
    for (uint32_t b = 0; b < r->bytes; b++)
      i->mark[bounds[a] + b] = &i->marks[m + b / KCOV8_MARK_BYTES];
    m += (r->bytes + KCOV8_MARK_BYTES - 1) / KCOV8_MARK_BYTES;
  }
  i->desc.marks[0] = i->marks;
  i->desc.marks[1] = i->marks + n_marks;
  i->desc.arrays[0] = i->arrays;
  i->desc.arrays[1] = i->arrays + n / 2;
}

void image_free(struct image *i) {
  free(i->mark);
  pages_free(i->arrays, i->bytes);
  free(i);
}

struct image *image_load(uint64_t seed, uint32_t n_blocks) {
  struct image *const i = image_of(seed, n_blocks);
  __kcov8_image_register(&i->desc);
  return i;
}

void image_unload(struct image *i) {
  __kcov8_image_unregister(&i->desc);
  image_free(i);
}

uint64_t image_id(const struct image *i, size_t block) {
  const struct kcov8_func *f = i->funcs;
  const size_t at = block;
  for (; block >= f->n_blocks; f++)
    block -= f->n_blocks;
  return kcov8_block_id(f->hash, i->keys[at]);
}

uint64_t image_pc(const struct image *i, size_t block) {
  for (struct kcov8i_image *p = kcov8i.images; p; p = p->next)
    if (p->desc == &i->desc)
      return kcov8_slot_pc(p->slots[block]);
  return 0;
}

uint64_t image_own_pc(const struct image *i, size_t block) {
  struct kcov8i_id *const v = calloc(2 * i->n_blocks, sizeof(*v));
  uint64_t pc = 0;
  for (size_t b = 0; b < i->n_blocks; b++)
    v[b].id = image_id(i, b);
  kcov8i_assign_slots(v, i->n_blocks, v + i->n_blocks);
  for (size_t b = 0; b < i->n_blocks; b++)
    if (v[b].index == block)
      pc = kcov8_slot_pc(v[b].slot);
  free(v);
  return pc;
}

void hit(struct image *i, size_t block) {
  uint8_t *const c = &i->counters[block];
  const uint8_t v = (uint8_t)(__atomic_load_n(c, __ATOMIC_RELAXED) + 1);
  __atomic_store_n(c, v ? v : 1, __ATOMIC_RELAXED);
  if (i->mark && i->mark[block])
    __atomic_store_n(i->mark[block], 1, __ATOMIC_RELEASE);
}

bool all_clear(const struct image *i) {
  for (size_t b = 0; b < i->n_blocks; b++)
    if (i->counters[b])
      return false;
  return true;
}

/* ---- Device ---- */

int read_own_memory(void *ctx, struct kcov8_task *task, void *to, uint64_t from,
                    size_t bytes) {
  (void)ctx, (void)task;
  memcpy(to, (const void *)(uintptr_t)from, bytes);
  return 0;
}

struct kcov8_device *device_make(void) {
  const struct kcov8_host host = {.size = sizeof(host), .word_bytes = 8};
  struct kcov8_device *device;
  assert_int_equal(kcov8_device_create(&host, &device), 0);
  return device;
}

struct kcov8_file *file_make(struct kcov8_device *device, uint64_t words,
                             uint64_t **words_out) {
  struct kcov8_file *file;
  struct kcov8_task nobody;
  struct kcov8_area area;
  kcov8_task_init(&nobody);
  assert_int_equal(kcov8_open(device, &file), 0);
  assert_int_equal(kcov8_ioctl(file, &nobody, KCOV8_INIT_TRACE64, words), 0);
  assert_int_equal(kcov8_mmap(file, words * 8, 0, &area), 0);
  if (words_out)
    *words_out = area.base;
  return file;
}

void tracer_start(struct tracer *g, struct kcov8_device *device,
                  uint64_t words) {
  g->file = file_make(device, words, &g->words);
  kcov8_task_init(&g->task);
}

int tracer_enable(struct tracer *g) {
  kcov8_task_run(&g->task);
  return kcov8_ioctl(g->file, &g->task, KCOV8_ENABLE, 0);
}

void tracer_disable(struct tracer *g) {
  assert_int_equal(kcov8_ioctl(g->file, &g->task, KCOV8_DISABLE, 0), 0);
}

void tracer_end(struct tracer *g) {
  kcov8_task_run(&g->task);
  kcov8_task_exit(&g->task);
  kcov8_file_put(g->file);
}

void expect_pcs(uint64_t *w, ...) {
  va_list args;
  uint64_t n = 0;
  va_start(args, w);
  for (const struct image *i; (i = va_arg(args, const struct image *));) {
    const size_t block = va_arg(args, int);
    n++;
    if (w[0] < n || w[n] != image_pc(i, block))
      fail_msg("entry %d of %d: 0x%llx, expected block %zu, 0x%llx", (int)n,
               (int)w[0], (unsigned long long)w[n], block,
               (unsigned long long)image_pc(i, block));
  }
  va_end(args);
  assert_int_equal(w[0], n);
  w[0] = 0;
}

int start_up(void **state) {
  (void)state;
  port = (struct fake_port){.fail_alloc = -1};
  current_task = NULL;
  return 0;
}

int clean_up(void **state) {
  (void)state;
  kcov8i_forget_images();
  if (port.live)
    print_error("%zu allocations are left, %zu bytes\n", port.live,
                port.live_bytes);
  return port.live != 0;
}

void note_block(void *ctx, uint64_t pc, unsigned hits, uint64_t id, int moved) {
  struct harvested *const s = ctx;
  (void)id, (void)moved;
  assert_true(s->n < sizeof(s->pc) / sizeof(s->pc[0]));
  s->pc[s->n] = pc;
  s->hits[s->n++] = hits;
}
