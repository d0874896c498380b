/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * remote.c - KCOV_REMOTE_ENABLE: its arguments and its handles
 *
 * A handle names background work whose coverage a file wants. It belongs to one
 * file of a device at a time. Files hold theirs from REMOTE_ENABLE until they
 * are stopped; the device finds them in a hash table. section.c is the work.
 *
 * Most work is for nobody. It finds its bucket empty, and takes no lock.
 *
 * Other work takes that of its file alone. So the table is read while it
 * changes. Handles that go are used again, and freed with their device only, so
 * whatever a reader meets is a handle. A clock, odd during a change, tells who
 * has found none whether that holds. Who has found one locks what it says, and
 * then it either says so still, and will, or it is another's.
 */
#include "base/word64.h"
#include "device/device.h"

/* Both are read without the lock. */
static size_t n_remote;     /* files with handles */
static size_t remote_clock; /* changes so far, twice; odd: one is under way */

/**
 * struct kcov8i_handle - one handle of a file
 * @next:   in its bucket; read without a lock
 * @link:   the next one of its file; of those that nobody has
 * @mutex:  its file's, which it changes with; read without, too
 * @file:   NULL: nobody's
 * @handle: read without a lock
 */
struct kcov8i_handle {
  struct kcov8i_handle *next;
  struct kcov8i_handle *link;
  struct kcov8i_mutex *mutex;
  struct kcov8_file *file;
  uint64_t handle;
};

/* ---- Arguments ----------------------------------------------------------- */

static uint32_t get32(const struct kcov8_device *device, uint32_t v) {
  return device->layout.swap ? __builtin_bswap32(v) : v;
}

static uint64_t get64(const struct kcov8_device *device, uint64_t v) {
  return device->layout.swap ? __builtin_bswap64(v) : v;
}

/* Twice, as Linux does: the number of handles first, then all of it. */
int kcov8i_remote_read(struct kcov8_device *device, struct kcov8_task *task,
                       uint64_t from, struct kcov8i_remote_args *args) {
  const struct kcov8_host *const host = &device->host;
  struct kcov8_remote_arg fixed;
  uint32_t n;
  if (host->read_guest(host->ctx, task, &n,
                       from + offsetof(struct kcov8_remote_arg, num_handles),
                       sizeof(n)))
    return -KCOV8_EFAULT;
  n = get32(device, n);
  if (n > KCOV8_REMOTE_MAX_HANDLES)
    return -KCOV8_EINVAL;
  if (host->read_guest(host->ctx, task, &fixed, from, sizeof(fixed)) ||
      (n && host->read_guest(host->ctx, task, args->handles,
                             from + sizeof(fixed), n * sizeof(uint64_t))))
    return -KCOV8_EFAULT;
  args->trace_mode = get32(device, fixed.trace_mode);
  args->area_size = get32(device, fixed.area_size);
  args->num_handles = get32(device, fixed.num_handles);
  args->common_handle = get64(device, fixed.common_handle);
  if (args->num_handles != n) /* changed meanwhile */
    return -KCOV8_EINVAL;
  for (uint32_t i = 0; i < n; i++)
    args->handles[i] = get64(device, args->handles[i]);
  return 0;
}

static bool is_usb(uint64_t handle) {
  return (handle & ~KCOV8_INSTANCE_MASK) == KCOV8_SUBSYSTEM_USB;
}

static bool is_common(uint64_t handle) {
  return handle && (handle & ~KCOV8_INSTANCE_MASK) == KCOV8_SUBSYSTEM_COMMON;
}

/* ---- Handles ------------------------------------------------------------- */

static struct kcov8i_handle **bucket(struct kcov8_device *device,
                                     uint64_t handle) {
  return &device->handles[kcov8_mix64(handle) % KCOV8I_HANDLE_BUCKETS];
}

/* Whether there is a first one in the bucket; what it is like is not read. */
int kcov8_remote_wanted(struct kcov8_device *device, uint64_t handle) {
  return handle &&
         __atomic_load_n(bucket(device, handle), __ATOMIC_RELAXED) != NULL;
}

struct kcov8_file *kcov8i_handle_file(struct kcov8_device *device,
                                      uint64_t handle) {
  const struct kcov8i_handle *h = *bucket(device, handle);
  while (h && h->handle != handle)
    h = h->next;
  return h ? h->file : NULL;
}

static size_t read_clock(int order) {
  return __atomic_load_n(&remote_clock, order);
}

/* One step to the start of a change, and one to its end. */
static void tick(int order) {
  __atomic_store_n(&remote_clock, remote_clock + 1, order);
}

static bool has(const struct kcov8i_handle *h, uint64_t handle) {
  return kcov8i_load64(&h->handle, __ATOMIC_ACQUIRE) == handle;
}

/* Chains have an end at any time, but one that changes leads on and on. */
static struct kcov8i_handle *look_up(struct kcov8_device *device,
                                     uint64_t handle, size_t clock) {
  struct kcov8i_handle *h =
      __atomic_load_n(bucket(device, handle), __ATOMIC_ACQUIRE);
  while (h && !has(h, handle) && read_clock(__ATOMIC_RELAXED) == clock)
    h = __atomic_load_n(&h->next, __ATOMIC_ACQUIRE);
  return h;
}

/* It does not become a file's, or another's, without that file's lock. */
static bool is_still(const struct kcov8i_handle *h, uint64_t handle,
                     const struct kcov8i_mutex *mutex) {
  return __atomic_load_n(&h->mutex, __ATOMIC_ACQUIRE) == mutex &&
         has(h, handle);
}

bool kcov8i_handle_lock(struct kcov8_device *device, uint64_t handle,
                        struct kcov8_file **out) {
  const size_t clock = read_clock(__ATOMIC_ACQUIRE);
  const struct kcov8i_handle *const h = look_up(device, handle, clock);
  *out = NULL;
  if (!h) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return clock % 2 == 0 && read_clock(__ATOMIC_RELAXED) == clock;
  }
  struct kcov8i_mutex *const m = __atomic_load_n(&h->mutex, __ATOMIC_ACQUIRE);
  if (!m || !kcov8i_flushes_apart())
    return false;
  kcov8i_mutex_lock(m);
  if (is_still(h, handle, m) && kcov8i_flushes_apart()) {
    *out = h->file;
    return true;
  }
  kcov8i_mutex_unlock(m);
  return false;
}

/* ---- A file gets and loses them ------------------------------------------ */

static struct kcov8i_handle *pop(struct kcov8i_handle **list) {
  struct kcov8i_handle *const h = *list;
  if (h)
    *list = h->link;
  return h;
}

static void push(struct kcov8i_handle **list, struct kcov8i_handle *h) {
  h->link = *list;
  *list = h;
}

static void move_all(struct kcov8i_handle **to, struct kcov8i_handle **from) {
  while (*from)
    push(to, pop(from));
}

/* @n of them to @list. */
static int get_some(struct kcov8_device *device, size_t n,
                    struct kcov8i_handle **list) {
  while (n--) {
    struct kcov8i_handle *h = pop(&device->free_handles);
    if (!h)
      h = kcov8_port_alloc(sizeof(*h));
    if (!h) {
      move_all(&device->free_handles, list);
      return -KCOV8_ENOMEM;
    }
    push(list, h);
  }
  return 0;
}

static int add_handle(struct kcov8_file *file, uint64_t handle,
                      struct kcov8i_handle **spare) {
  struct kcov8i_handle **const first = bucket(file->device, handle);
  if (kcov8i_handle_file(file->device, handle))
    return -KCOV8_EEXIST;
  struct kcov8i_handle *const h = pop(spare);
  push(&file->handles, h);
  h->file = file;
  kcov8i_store64(&h->handle, handle, __ATOMIC_RELEASE);
  __atomic_store_n(&h->mutex, file->sink.mutex, __ATOMIC_RELEASE);
  __atomic_store_n(&h->next, *first, __ATOMIC_RELEASE);
  __atomic_store_n(first, h, __ATOMIC_RELEASE);
  return 0;
}

static int add_handles(struct kcov8_file *file,
                       const struct kcov8i_remote_args *args,
                       struct kcov8i_handle **spare) {
  int err = 0;
  for (uint32_t i = 0; !err && i < args->num_handles; i++)
    err = is_usb(args->handles[i]) ? add_handle(file, args->handles[i], spare)
                                   : -KCOV8_EINVAL;
  if (!err && args->common_handle)
    err = is_common(args->common_handle)
              ? add_handle(file, args->common_handle, spare)
              : -KCOV8_EINVAL;
  return err;
}

static void remove_handles(struct kcov8_file *file) {
  for (struct kcov8i_handle *h = file->handles; h; h = h->link) {
    struct kcov8i_handle **at = bucket(file->device, h->handle);
    while (*at != h)
      at = &(*at)->next;
    __atomic_store_n(at, h->next, __ATOMIC_RELEASE);
    h->file = NULL;
    __atomic_store_n(&h->mutex, NULL, __ATOMIC_RELEASE);
  }
  move_all(&file->device->free_handles, &file->handles);
}

int kcov8i_handles_add(struct kcov8_file *file,
                       const struct kcov8i_remote_args *args) {
  const size_t n = args->num_handles + (args->common_handle != 0);
  struct kcov8i_handle *spare = NULL;
  if (!n)
    return 0;
  int err = get_some(file->device, n, &spare);
  if (err)
    return err;
  tick(__ATOMIC_RELAXED);
  err = add_handles(file, args, &spare);
  if (err)
    remove_handles(file);
  tick(__ATOMIC_RELEASE);
  move_all(&file->device->free_handles, &spare);
  if (err)
    return err;
  file->since = remote_clock;
  __atomic_store_n(&n_remote, n_remote + 1, __ATOMIC_RELAXED);
  return 0;
}

size_t kcov8_remote_now(void) {
  return __atomic_load_n(&n_remote, __ATOMIC_RELAXED)
             ? read_clock(__ATOMIC_RELAXED)
             : 0;
}

void kcov8i_handles_remove(struct kcov8_file *file) {
  if (!file->handles)
    return;
  tick(__ATOMIC_RELAXED);
  remove_handles(file);
  tick(__ATOMIC_RELEASE);
  __atomic_store_n(&n_remote, n_remote - 1, __ATOMIC_RELAXED);
}

void kcov8i_handles_free(struct kcov8_device *device) {
  struct kcov8i_handle *h;
  while ((h = pop(&device->free_handles)))
    kcov8_port_free(h, sizeof(*h));
}
