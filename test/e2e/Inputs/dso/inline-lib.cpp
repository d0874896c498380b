#include "inline.h"
extern "C" int lib_value(int x) { return x > 100 ? twice(x) : x; }
