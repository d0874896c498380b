#include <stddef.h>
#include <stdint.h>
int tiny(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tiny(data, size);
  return 0;
}
