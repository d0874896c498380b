/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * minihost.c - the smallest kernel with a kcov: what to copy into yours
 *
 * A toy kernel with one thread. Its guest programs are C functions, and their
 * memory is the host's. All that a host says to kcov8 is here, each call once,
 * with its reason; but for background work, which is a chapter of its own, and
 * for processes and threads of the host's (forkhost.c). The guest at the end
 * does what a fuzzer does, and prints PCs:
 *
 *   minihost | kcov8 symbolize minihost
 *
 * docs/integration.md quotes what stands between `doc:` marks.
 */
#define _GNU_SOURCE
#include <kcov8/kcov8.h>

#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* ---- The device: once, when the kernel starts ---- */

/* doc: device */
static struct kcov8_device *device;

/* The pages of a buffer, which guests map: shared, and backed when touched. */
static int alloc_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  area->base = mmap(NULL, area->bytes, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return area->base == MAP_FAILED ? -ENOMEM : 0;
}

static void free_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  munmap(area->base, area->bytes);
}

/* For ioctls that take structs. A real kernel answers -EFAULT if it must. */
static int read_guest(void *ctx, struct kcov8_task *task, void *to,
                      uint64_t from, size_t bytes) {
  (void)ctx, (void)task;
  memcpy(to, (const void *)(uintptr_t)from, bytes);
  return 0;
}

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx, (void)task;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return 0;
}

static int boot(void) {
  const struct kcov8_host host = {
      .size = sizeof(host),
      .alloc_area = alloc_area,
      .free_area = free_area,
      .read_guest = read_guest,
      .write_guest = write_guest,
  };
  return kcov8_device_create(&host, &device);
}
/* doc: end */

/* ---- Tasks ---- */

/* doc: task */
struct task {
  struct kcov8_task kcov; /* embedded: it must not move while the task lives */
};
static struct task *current;

/* At each switch: for whom this thread works from now on. NULL: for nobody. */
static void switch_to(struct task *task) {
  current = task;
  kcov8_task_set_current(task ? &task->kcov : NULL);
}

/* fork, execve, exit and wait in one: a child runs @program to its end. */
static long sys_spawn(void (*program)(void)) {
  struct task *const parent = current;
  struct task child;
  kcov8_task_fork(&child.kcov, &parent->kcov); /* traces nothing so far */
  switch_to(&child);
  kcov8_task_exec(&child.kcov); /* before the old program's memory is gone */
  program();
  kcov8_task_exit(&child.kcov); /* before it is freed: it may have a buffer */
  switch_to(parent);
  return 0;
}
/* doc: end */

/* doc: return */
/* The last thing before the guest runs again: what ran goes into the buffer. */
static long to_guest(long result) {
  kcov8_syscall_return(&current->kcov);
  return result;
}
#define CALL(what) to_guest(sys_##what)

/* Called by the kernel's own code. A call that blocks shows what it reached. */
void kernel_sleep(void) {
  kcov8_task_flush(&current->kcov);
  /* ... and here other tasks would run ... */
}
/* doc: end */

/* ---- The file: descriptors and mappings each hold a reference ---- */

/* doc: file */
enum { N = 4 };
static struct kcov8_file *descriptors[N];
static struct {
  struct kcov8_file *file;
  void *at;
} mappings[N];

static long new_descriptor(struct kcov8_file *file) {
  for (long fd = 0; fd < N; fd++)
    if (!descriptors[fd]) {
      descriptors[fd] = file;
      return fd;
    }
  kcov8_file_put(file);
  return -EMFILE;
}

static struct kcov8_file *file_of(long fd) {
  return fd >= 0 && fd < N ? descriptors[fd] : NULL;
}

static long sys_open(const char *path) {
  struct kcov8_file *file;
  if (strcmp(path, KCOV8_DEVICE_PATH) != 0)
    return -ENOENT;
  const int err = kcov8_open(device, &file); /* it comes with one reference */
  return err ? err : new_descriptor(file);
}

static long sys_dup(long fd) {
  if (!file_of(fd))
    return -EBADF;
  kcov8_file_get(file_of(fd));
  return new_descriptor(file_of(fd));
}

static long sys_close(long fd) {
  if (!file_of(fd))
    return -EBADF;
  kcov8_file_put(file_of(fd)); /* the last reference frees the buffer */
  descriptors[fd] = NULL;
  return 0;
}

/* Number and argument as the guest gave them: all errors are the runtime's. */
static long sys_ioctl(long fd, uint64_t number, uint64_t argument) {
  if (!file_of(fd))
    return -EBADF;
  return kcov8_ioctl(file_of(fd), &current->kcov, number, argument);
}

static long sys_mmap(uint64_t bytes, long fd) {
  struct kcov8_area area;
  if (!file_of(fd))
    return -EBADF;
  const int err = kcov8_mmap(file_of(fd), bytes, 0, &area);
  if (err)
    return err;
  for (int i = 0; i < N; i++)
    if (!mappings[i].file) {
      kcov8_file_get(file_of(fd));
      mappings[i].file = file_of(fd);
      mappings[i].at = area.base; /* here a real kernel maps pages */
      return (long)area.base;
    }
  return -ENOMEM;
}

static long sys_munmap(const void *at) {
  for (int i = 0; i < N; i++)
    if (mappings[i].file && mappings[i].at == at) {
      kcov8_file_put(mappings[i].file);
      mappings[i].file = NULL;
      return 0;
    }
  return -EINVAL;
}
/* doc: end */

/* ---- A guest ---- */

/* doc: guest */
#define WORDS 512ul /* of the buffer: a count and 511 PCs */

static void child(void) { CALL(nap(1)); }

static int guest(void) {
  const long fd = CALL(open(KCOV8_DEVICE_PATH));
  if (fd < 0 || CALL(ioctl(fd, KCOV8_INIT_TRACE64, WORDS)))
    return 1;
  const long at = CALL(mmap(WORDS * 8, fd));
  if (at < 0 || CALL(ioctl(fd, KCOV8_ENABLE, KCOV8_TRACE_PC)))
    return 1;

  volatile uint64_t *const cover = (void *)at;
  cover[0] = 0; /* reset: what was left by ENABLE itself is not ours */
  CALL(parse("42"));
  CALL(spawn(child)); /* nothing of another task comes into our buffer */
  for (uint64_t i = 1; i <= cover[0]; i++)
    printf("0x%llx\n", (unsigned long long)cover[i]);

  const long copy = CALL(dup(fd));
  return CALL(nap(2)) || CALL(ioctl(copy, KCOV8_DISABLE, 0)) ||
         CALL(munmap((void *)cover)) || CALL(close(copy)) || CALL(close(fd));
}
/* doc: end */

int main(void) {
  static struct task first;
  if (boot())
    return 1;
  kcov8_task_init(&first.kcov);
  switch_to(&first);
  const int status = guest();
  kcov8_task_exit(&first.kcov); /* also of a task that is killed */
  switch_to(NULL);
  return kcov8_device_destroy(device) ? 1 : status; /* -EBUSY: a leak */
}
