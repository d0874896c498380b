int run(const unsigned char *p) {
  static void *const table[] = {&&add, &&sub, &&stop};
  int x = 0;
  goto *table[*p++];
add:
  x++;
  goto *table[*p++];
sub:
  x--;
  goto *table[*p++];
stop:
  return x;
}
int main(void) {
  static const unsigned char program[] = {0, 0, 1, 0, 2};
  return run(program) == 2 ? 0 : 1;
}
