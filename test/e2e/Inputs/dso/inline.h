// In program and library alike: one ID, two blocks, two PCs.
__attribute__((noinline, visibility("hidden"))) inline int twice(int x) {
  return 2 * x;
}
