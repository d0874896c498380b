/* Instrumented. */
volatile int sink;

static int twice(int n) {
  int sum = 0;
  for (int i = 0; i < 2; i++)
    sum += n * i;
  return sum;
}

void work_0(int n) { sink = twice(n); }
void work_1(int n) {
  if (n % 2)
    sink = 1;
  else
    sink = 2;
}
void work_2(int n) {
  while (n % 5)
    n++;
  sink = n;
}

/* One activation sees the state change in the middle of it. */
int live_across(int (*call)(void *), void *arg, int n) {
  sink = n;
  const int result = call(arg);
  if (result)
    sink = -1;
  return result;
}
