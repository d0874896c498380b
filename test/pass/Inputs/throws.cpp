int thrower(int x) {
  if (x > 1)
    throw x;
  return 5;
}
int catcher(int x) {
  try {
    if (x)
      return thrower(x) + thrower(x + 1);
  } catch (int y) {
    return y;
  } catch (...) {
    return 1;
  }
  return 9;
}
int main(int argc, char **) { return catcher(argc) == 2 ? 0 : 1; }
