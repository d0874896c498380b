int twice(int n);

int twice(int n) {
  if (n > 1000)
    return -1;
  return 2 * n;
}
