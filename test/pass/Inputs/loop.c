/* 70 rounds: a probe that was hoisted or merged would count fewer. */
int main(int argc, char **argv) {
  volatile int sink = 0;
  (void)argv;
  for (int i = 0; i < 69 + argc; i++)
    sink += i;
  return sink == 0;
}
