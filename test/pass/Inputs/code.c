void note(const char *text, int number);
void warn(const char *text, int number);
extern void fail(const char *expression, const char *file, int line);
#define CHECK(x) ((x) ? (void)0 : fail(#x, __FILE__, __LINE__))
struct place {
  const char *file;
  int line;
};
void at(const struct place *place);

static const int steps[] = {3, 1, 4};
static int limit = 7;

static inline int clamp(int x) {
  return x > 10 ? 10 : x;
}

int calm(int x) {
  CHECK(x > 0);
  static const struct place here = {__FILE__, __LINE__};
  at(&here);
  return x * 3;
}

int table(int i) {
  return steps[i & 1];
}

int bound(int x) {
  if (x > limit)
    note("too large: 100%", 5);
  return x;
}

int inlines(int x) {
  return clamp(x) + 1;
}

void setter(int x) {
  limit = x;
}

int floating(float x) {
  return x < 2.5f;
}
