void work(unsigned char a, unsigned short b, unsigned int c, long long d);
volatile int n;

void work(unsigned char a, unsigned short b, unsigned int c, long long d) {
  if (a == 0x91)
    n = 1;
  if (b == 0x9192)
    n = 2;
  if (c == 0x91929394)
    n = 3;
  if (d == -7)
    n = 4;
  switch (c) {
  case 90:
    n = 5;
    break;
  case 80:
    n += 6;
    break;
  case 0xf0000000:
    n *= 3;
  }
  if (c < (unsigned int)d)
    n = 7;
}
