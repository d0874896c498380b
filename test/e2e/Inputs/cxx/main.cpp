#include "shapes.h"
#include <cstdio>
#include <memory>

int main() {
  std::unique_ptr<Shape> shape = std::make_unique<Square>(3);
  int total = sum(digits("19x2")) + shape->area();
  std::printf("%d\n", total);
  return total == 17 ? 0 : 1;
}
