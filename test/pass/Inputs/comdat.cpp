inline __attribute__((noinline)) int shared(int x) { return x > 3 ? x * 5 : 1; }
int NAME(int x) { return shared(x); }
#ifdef MAIN
int other(int);
int main() { return NAME(1) + other(2) == 2 ? 0 : 1; }
#endif
