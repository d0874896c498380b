#include "shapes.h"

std::vector<int> digits(const std::string &text) {
  std::vector<int> result;
  for (char c : text) {
    try {
      result.push_back(clampTo(parseDigit(c), 1, 8));
    } catch (const std::invalid_argument &) {
      result.push_back(0);
    }
  }
  return result;
}

int neverCalled(int x) {
  if (x)
    return clampTo(x, 0, 1);
  return 7;
}
