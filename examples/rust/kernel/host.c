/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * host.c - the freestanding core around a kernel in Rust without std
 *
 * One thread, one task: the guest makes the system calls of its command line
 * (NUMBER ARGUMENT ...), and the PCs that each one reached are printed. Only
 * printing needs a libc.
 */
#include <inttypes.h>
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#include <stdio.h>
#include <stdlib.h>

int64_t kernel_syscall(uint64_t number, uint64_t argument); /* kernel.rs */

void *kcov8_port_alloc(size_t bytes) { return malloc(bytes); }
void kcov8_port_free(void *p, size_t bytes) { (void)bytes, free(p); }
void kcov8_port_lock(void) {}
void kcov8_port_unlock(void) {}
void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  (void)level, fprintf(stderr, "%s\n", message);
}

KCOV8_IMAGE_DECLARE;
static struct kcov8_image image = KCOV8_IMAGE_INIT;

int main(int argc, char **argv) {
  struct kcov8_device *device;
  struct kcov8_file *file;
  struct kcov8_task task;
  struct kcov8_area area;

  __kcov8_image_register(&image); /* compiled with no-ctor */
  kcov8_task_init(&task);
  if (kcov8_device_create(NULL, &device) || kcov8_open(device, &file) ||
      kcov8_ioctl(file, &task, KCOV8_INIT_TRACE64, 64) ||
      kcov8_mmap(file, 512, 0, &area) ||
      kcov8_ioctl(file, &task, KCOV8_ENABLE, KCOV8_TRACE_PC))
    return 1;
  uint64_t *const words = area.base;
  for (int i = 1; i + 1 < argc; i += 2) {
    words[0] = 0;
    const int64_t result = kernel_syscall(strtoull(argv[i], NULL, 0),
                                          strtoull(argv[i + 1], NULL, 0));
    kcov8_syscall_return(&task);
    printf("# %s %s: %" PRId64 "\n", argv[i], argv[i + 1], result);
    for (uint64_t n = 1; n <= words[0]; n++)
      printf("0x%" PRIx64 "\n", words[n]);
  }
  kcov8_task_exit(&task);
  kcov8_file_put(file);
  return kcov8_device_destroy(device) ? 1 : 0;
}
