#include <stddef.h>
#include <stdint.h>
int tiny(const uint8_t *data, size_t size) {
  int deep = 0;
  if (size < 8)
    return -1;
  for (int i = 0; i < DEEP; i++) {
    if (data[i] % MODULUS != (i % 2 ? 0 : 3))
      break;
    switch (++deep) {
    case 1: __asm__ volatile("# 1"); break;
    case 2: __asm__ volatile("# 2"); break;
    case 3: __asm__ volatile("# 3"); break;
    case 4: __asm__ volatile("# 4"); break;
    case 5: __asm__ volatile("# 5"); break;
    case 6: __asm__ volatile("# 6"); break;
    case 7: __asm__ volatile("# 7"); break;
    case 8: __asm__ volatile("# 8"); break;
    }
  }
  (void)size;
  return deep;
}
