/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * remote.c - KCOV_REMOTE_ENABLE: its arguments and its handles
 *
 * A handle names background work whose coverage a file wants. It belongs to one
 * file of a device at a time. Files hold theirs from REMOTE_ENABLE until they
 * are stopped; the device finds them in a hash table. section.c is the work.
 *
 * Most work is for nobody. It finds its bucket empty, and takes no lock.
 */
#include "device/device.h"

/* Both are read without the lock. */
static size_t n_remote;     /* files with handles */
static size_t remote_clock; /* how many have ever got theirs */

struct kcov8i_handle {
  struct kcov8i_handle *next; /* in its bucket */
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

static int add_handle(struct kcov8_file *file, uint64_t handle) {
  struct kcov8i_handle **const first = bucket(file->device, handle);
  if (kcov8i_handle_file(file->device, handle))
    return -KCOV8_EEXIST;
  struct kcov8i_handle *const h = &file->handles[file->n_handles++];
  *h = (struct kcov8i_handle){*first, file, handle};
  __atomic_store_n(first, h, __ATOMIC_RELAXED);
  return 0;
}

/* Allocated for as many as were asked for, whether or not all were added. */
static size_t handles_bytes(size_t n) {
  return n * sizeof(struct kcov8i_handle);
}

static void unlink_all(struct kcov8_file *file) {
  for (size_t i = 0; i < file->n_handles; i++) {
    struct kcov8i_handle *const h = &file->handles[i];
    struct kcov8i_handle **link = bucket(file->device, h->handle);
    while (*link != h)
      link = &(*link)->next;
    __atomic_store_n(link, h->next, __ATOMIC_RELAXED);
  }
}

int kcov8i_handles_add(struct kcov8_file *file,
                       const struct kcov8i_remote_args *args) {
  const size_t n = args->num_handles + (args->common_handle != 0);
  int err = 0;
  if (!n)
    return 0;
  file->n_handles = 0;
  file->handles = kcov8_port_alloc(handles_bytes(n));
  if (!file->handles)
    return -KCOV8_ENOMEM;
  for (uint32_t i = 0; !err && i < args->num_handles; i++)
    err = is_usb(args->handles[i]) ? add_handle(file, args->handles[i])
                                   : -KCOV8_EINVAL;
  if (!err && args->common_handle)
    err = is_common(args->common_handle) ? add_handle(file, args->common_handle)
                                         : -KCOV8_EINVAL;
  if (err) {
    unlink_all(file);
    kcov8_port_free(file->handles, handles_bytes(n));
    file->handles = NULL;
    file->n_handles = 0;
    return err;
  }
  file->since = remote_clock + 1;
  __atomic_store_n(&remote_clock, file->since, __ATOMIC_RELAXED);
  __atomic_store_n(&n_remote, n_remote + 1, __ATOMIC_RELAXED);
  return 0;
}

size_t kcov8_remote_now(void) {
  return __atomic_load_n(&n_remote, __ATOMIC_RELAXED)
             ? __atomic_load_n(&remote_clock, __ATOMIC_RELAXED)
             : 0;
}

void kcov8i_handles_remove(struct kcov8_file *file) {
  if (!file->handles)
    return;
  unlink_all(file);
  __atomic_store_n(&n_remote, n_remote - 1, __ATOMIC_RELAXED);
  kcov8_port_free(file->handles, handles_bytes(file->n_handles));
  file->handles = NULL;
  file->n_handles = 0;
}
