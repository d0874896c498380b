/* A host with one task: traces the comparisons of work.c, prints records. */
#include <kcov8/kcov8.h>
#include <stdio.h>

void work(unsigned char a, unsigned short b, unsigned int c, long long d);

/* On machines of 32 bits, too. */
static const struct kcov8_host host = {.size = sizeof(host), .word_bytes = 8};

int main(void) {
  struct kcov8_device *device;
  struct kcov8_file *file;
  struct kcov8_task task;
  struct kcov8_area area;
  kcov8_task_init(&task);
  kcov8_task_set_current(&task);
  if (kcov8_device_create(&host, &device) || kcov8_open(device, &file) ||
      kcov8_ioctl(file, &task, KCOV8_INIT_TRACE64, 512) ||
      kcov8_mmap(file, 4096, 0, &area))
    return 1;
  int err = kcov8_ioctl(file, &task, KCOV8_ENABLE, KCOV8_TRACE_CMP);
  printf("enable %d\n", err);
  work(1, 2, 3, 4);
  kcov8_task_exit(&task);
  const uint64_t *w = area.base;
  for (uint64_t i = 0; i < w[0]; i++)
    printf("%llu %#llx %#llx\n", (unsigned long long)w[1 + 4 * i],
           (unsigned long long)w[2 + 4 * i], (unsigned long long)w[3 + 4 * i]);
  for (uint64_t i = 0; i < w[0]; i++)
    fprintf(stderr, "%#llx\n", (unsigned long long)w[4 + 4 * i]);
  return 0;
}
