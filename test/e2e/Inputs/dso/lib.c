int lib_value(int x) {
  if (x > 10)
    return x - 10;
  return x + 1;
}
