#include "inline.h"
extern "C" int lib_value(int x);
int main(int argc, char **) {
  return lib_value(argc) + twice(argc) == 3 ? 0 : 1;
}
