void call(int);
void flush(void);
int *volatile device;

int calls(int x) {
  if (x > 3)
    call(1);
  else
    *device = 1;
  call(2);
  return x;
}

int flushes(int x) {
  if (x > 3)
    call(1);
  else
    flush();
  call(2);
  return x;
}

static int odd(int n);
__attribute__((noinline)) static int even(int n) {
  call(n);
  return n == 0 ? 1 : odd(n - 1);
}
__attribute__((noinline)) static int odd(int n) {
  call(n);
  return n == 0 ? 0 : even(n - 1);
}
int recursion(int x) {
  if (even(x))
    call(1);
  else
    *device = 1;
  call(2);
  return x;
}

__attribute__((noinline)) static void below(int x) {
  call(x);
  flush();
}
int through(int x) {
  if (x > 3)
    below(x);
  else
    call(1);
  call(2);
  return x;
}

int out(int x) {
  if (x == 1)
    goto out;
  call(2);
  if (x == 3)
    goto out;
  call(4);
  if (x == 5)
    return 5;
  call(6);
out:
  call(7);
  return x;
}

int in_it(int (*any)(int), int x) {
  if (x > 3)
    x = any(x);
  call(1);
  return x;
}

int jump(int x) {
  __asm__ goto("# %l0" : : : : yes);
  call(1);
  return x;
yes:
  call(2);
  return -x;
}

void real(void);
static void deeper(void) {
  real();
}
static void inlined(void) {
  deeper();
}
static void inlines_it(void) {
  if (*device)
    inlined();
}
int inlining(int x) {
  if (x > 3)
    call(1);
  else
    inlines_it();
  call(2);
  return x;
}
int beside(int x) {
  if (x > 3)
    call(1);
  else
    deeper();
  call(2);
  return x;
}
