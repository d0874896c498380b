/* SPDX-License-Identifier: GPL-2.0-only */
#include "steps.h"

unsigned int sample_steps(unsigned int n) {
  unsigned int steps = 0;

  while (n > 1) {
    if (n % 2)
      n = 3 * n + 1;
    else
      n /= 2;
    steps++;
  }
  return steps;
}
