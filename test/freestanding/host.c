/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * host.c - the smallest host: no libc, no threads, one task
 *
 * Brings the five port hooks, mem* and _start; traces one block and exits with
 * 0, or with the number of the step that failed.
 */
#include <kcov8/kcov8.h>
#include <kcov8/port.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int c, size_t n);
void run(void);

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  for (size_t i = 0; i < n; i++)
    ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}

void *memset(void *to, int c, size_t n) {
  for (size_t i = 0; i < n; i++)
    ((volatile char *)to)[i] = (char)c;
  return to;
}

static _Alignas(16) char heap[1 << 16];
static size_t used;

void *kcov8_port_alloc(size_t bytes) {
  if (bytes > sizeof(heap) - used)
    return NULL;
  void *const p = heap + used;
  used += (bytes + 15) / 16 * 16;
  return p;
}

void kcov8_port_free(void *p, size_t bytes) { (void)p, (void)bytes; }
void kcov8_port_lock(void) {}
void kcov8_port_unlock(void) {}
void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  (void)level, (void)message;
}

/* The tables that the pass would emit; records are filled in by hand. */
static struct {
  struct kcov8_func func;
  uint32_t keys[8];
  uint8_t counters[8];
} image;

static int trace(void) {
  struct kcov8_image desc = {
      .abi = KCOV8_ABI_VERSION,
      .size = sizeof(desc),
      .counters = {image.counters, image.counters + 8},
      .keys = {image.keys, image.keys + 8},
      .funcs = {&image.func, &image.func + 1},
  };
  struct kcov8_device *device;
  struct kcov8_file *file;
  struct kcov8_task task;
  struct kcov8_area area;

  image.func = (struct kcov8_func){
      .hash = 1,
      .counters =
          (int32_t)((char *)image.counters - (char *)&image.func.counters),
      .keys = (int32_t)((char *)image.keys - (char *)&image.func.keys),
      .n_blocks = 8,
      .abi = KCOV8_ABI_VERSION,
  };
  for (uint32_t i = 0; i < 8; i++)
    image.keys[i] = i;
  __kcov8_image_register(&desc);
  kcov8_task_init(&task);
  if (kcov8_device_create(NULL, &device))
    return 1;
  if (kcov8_open(device, &file))
    return 2;
  if (kcov8_ioctl(file, &task, KCOV8_INIT_TRACE64, 64))
    return 3;
  if (kcov8_mmap(file, 512, 0, &area))
    return 4;
  if (kcov8_ioctl(file, &task, KCOV8_ENABLE, KCOV8_TRACE_PC))
    return 5;
  image.counters[3]++;
  kcov8_syscall_return(&task);
  const uint64_t *const words = area.base;
  if (words[0] != 1 ||
      words[1] != kcov8_slot_pc(kcov8_id_slot(kcov8_block_id(1, 3))))
    return 6;
  kcov8_task_exit(&task);
  kcov8_file_put(file);
  return kcov8_device_destroy(device) ? 7 : 0;
}

void run(void) {
  const long status = trace();
#if defined(__x86_64__)
  __asm__ volatile("syscall" : : "a"(231L), "D"(status));
#elif defined(__aarch64__)
  register long number __asm__("x8") = 94, value __asm__("x0") = status;
  __asm__ volatile("svc 0" : : "r"(number), "r"(value));
#endif
  __builtin_trap();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: and $-16, %rsp\ncall run\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: bl run\n");
#endif
