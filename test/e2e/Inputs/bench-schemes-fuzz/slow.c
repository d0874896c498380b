#define _DEFAULT_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
int tiny(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  usleep(1000); // the other thread runs meanwhile, in this one's window
  tiny(data, size);
  return 0;
}
