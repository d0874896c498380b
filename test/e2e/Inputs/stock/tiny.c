/* A program of a few hundred bytes, without a libc. */
static void put(int n) { __asm__ volatile("" ::"r"(n)); }

__attribute__((noinline)) int sign(int n) {
  if (n < 0) {
    put(1);
    return -1;
  }
  while (n > 0)
    put(n--);
  return 0;
}

int _start(int n) { return sign(n) + sign(n + 2); }
