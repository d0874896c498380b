/* The smallest host: opens the device twice. */
#include <kcov8/kcov8.h>
#include <stdio.h>

int main(void) {
  struct kcov8_device *device;
  struct kcov8_file *a, *b;
  if (kcov8_device_create(NULL, &device))
    return 1;
  int first = kcov8_open(device, &a);
  int second = kcov8_open(device, &b);
  fflush(NULL);
  printf("open: %d %d\n", first, second);
  return 0;
}
