int one(int x) { return x > 1 ? x * 3 : 7; }
int two(int x) {
  if (x)
    return one(x);
  return 4;
}
