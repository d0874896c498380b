/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* contents.h - what is in an index, in numbers */
#ifndef KCOV8_CONTENTS_H
#define KCOV8_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "index/index.h"

/*
 * contents_write() - tests, images and sizes, to stdout
 * @n_running: tests that have begun and not ended
 * Return: true; false after a message.
 */
bool contents_write(struct index *ix, size_t n_running, bool json);

#endif /* KCOV8_CONTENTS_H */
