int half(int x) {
  if (x < 0)
    return -1;
  return x / 2;
}
