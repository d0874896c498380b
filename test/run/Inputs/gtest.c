/* As much of a googletest program as lit's format asks for; two tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(void) { return 1 + 1 == 2; }
static int multiply(void) { return 2 * 3 == 6; }

static const struct {
  const char *name;
  int (*run)(void);
} tests[] = {{"Add", add}, {"Multiply", multiply}};

int main(int argc, char **argv) {
  const char *filter = NULL, *out = getenv("GTEST_OUTPUT");
  const char *total = getenv("GTEST_TOTAL_SHARDS");
  const char *index = getenv("GTEST_SHARD_INDEX");
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--gtest_list_tests") == 0) {
      puts("Calc.\n  Add\n  Multiply");
      return 0;
    }
    if (strncmp(argv[i], "--gtest_filter=", 15) == 0)
      filter = argv[i] + 15;
  }
  FILE *json = out ? fopen(out + strlen("json:"), "w") : NULL;
  const char *comma = "";
  if (json)
    fputs("{\"testsuites\": [{\"name\": \"Calc\", \"testsuite\": [", json);
  for (int i = 0; i < 2; i++) {
    if (filter && strcmp(filter + strlen("Calc."), tests[i].name) != 0)
      continue;
    if (total && i % atoi(total) != atoi(index))
      continue;
    if (!tests[i].run())
      return 1;
    if (json)
      fprintf(json, "%s{\"name\": \"%s\", \"result\": \"COMPLETED\", \"time\": \"0.001s\"}",
              comma, tests[i].name);
    comma = ", ";
  }
  if (json)
    fputs("]}]}\n", json), fclose(json);
  puts("[  PASSED  ] 1 test.");
  return 0;
}
