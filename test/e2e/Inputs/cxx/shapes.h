#pragma once
#include <stdexcept>
#include <string>
#include <vector>

template <typename T> T clampTo(T x, T lo, T hi) {
  if (x < lo)
    return lo;
  if (x > hi)
    return hi;
  return x;
}

inline int parseDigit(char c) {
  if (c < '0' || c > '9')
    throw std::invalid_argument("digit");
  return c - '0';
}

struct Shape {
  virtual ~Shape() = default;
  virtual int area() const = 0;
};

struct Square : Shape {
  explicit Square(int side) : side(side) {}
  int area() const override { return side * side; }
  int side;
};

std::vector<int> digits(const std::string &text);
int sum(const std::vector<int> &values);
int neverCalled(int x);
