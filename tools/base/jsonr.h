/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * jsonr.h - a reader of flat JSON objects, one a line, in constant memory
 *
 * SQLite's functions take twice as long for lines of coverage, and make reals
 * of numbers from 2^63 on, as all PCs are.
 */
#ifndef KCOV8_JSONR_H
#define KCOV8_JSONR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct json_field - a member that is asked for
 * @is_bool: true or false, so @value is 1 or 0; else a number without sign,
 *           point or exponent
 * @over:    it does not fit; @value is UINT64_MAX
 */
struct json_field {
  const char *name;
  bool is_bool, found, over;
  uint64_t value;
};

/*
 * json_read_object() - the rest of a line whose `{' has been read
 * Other members may be strings, numbers, true, false or null.
 * Return: NULL, at the end of the line or of the file; else what is wrong
 * with it, somewhere in the line.
 */
const char *json_read_object(FILE *f, struct json_field *fields, size_t n);

#endif /* KCOV8_JSONR_H */
