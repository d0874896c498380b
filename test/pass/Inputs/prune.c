void call(int);
void other(int);
int *volatile device;

int diamond(int x) {
  int y = 1;
  if (x > 3)
    y = x * 3 + x / 7;
  else
    y = x * x - 9;
  return y ^ 5;
}

int call_between(int x) {
  if (x > 3)
    call(1);
  else
    other(2);
  return x;
}

int call_first(int x) {
  call(x);
  if (x > 3)
    x = x / 7;
  else
    x = x * x;
  return x;
}

int hot_loop(int *a, int n) {
  int s = 7;
  for (int i = 0; i < n; i++)
    s = s * 31 + a[i];
  return s;
}

int spin(void) {
  while (*device)
    ;
  return 1;
}

int calling_loop(int n) {
  do
    call(n);
  while (--n);
  return 3;
}
