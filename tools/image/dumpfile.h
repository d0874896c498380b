/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dumpfile.h - the records of a file of dumps (docs/dump-format.md) */
#ifndef KCOV8_DUMPFILE_H
#define KCOV8_DUMPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DUMP_FIRST_BYTE 0x89 /* which no text has */

enum dump_result {
  DUMP_READ,
  DUMP_BAD,    /* a dump in it is damaged, message given; others were read */
  DUMP_FAILED, /* cannot be read, message given */
};

/**
 * struct dump_image - an image that hits are of
 * @counted: what hits hold are counts, else bytes of counters
 * @path:    as the process gave it; "" if it did not know
 */
struct dump_image {
  uint64_t digest, n_counters;
  bool counted;
  const char *path;
};

/**
 * struct dump_client - who wants to know; each may be NULL
 * @program:   begins a dump
 * @image:     the next hits are of
 * @run:       @n counters from index @first on hold @value, which is not 0.
 *             Ascending within an image
 * @moved:     block @id of the image has @pc in that process
 * @image_end: no more of it
 *
 * Strings are valid during the call. They hold any byte: printable() is for
 * messages.
 */
struct dump_client {
  void (*program)(void *to, uint64_t pid, const char *path);
  void (*image)(void *to, const struct dump_image *image);
  void (*run)(void *to, uint64_t first, uint64_t n, uint32_t value);
  void (*moved)(void *to, uint64_t pc, uint64_t id);
  void (*image_end)(void *to);
};

/*
 * dumpfile_read() - read @f, called @name in messages, to its end
 * @client's functions are called, with @to, for each dump that is well.
 */
enum dump_result dumpfile_read(FILE *f, const char *name,
                               const struct dump_client *client, void *to);

/* dumpfile_open() - the file, or NULL after a message; a directory is none. */
FILE *dumpfile_open(const char *path);

/*
 * dump_hits() - the bytes of hits
 * @next: in and out: index behind the last hit
 * @run:  may be NULL
 * Return: true if they are well, and of an image of @n_counters.
 */
bool dump_hits(const uint8_t *bytes, size_t n, uint64_t n_counters,
               uint64_t *next,
               void (*run)(void *to, uint64_t first, uint64_t n,
                           uint32_t value),
               void *to);

/* printable() - @s, in which control characters become `?` */
char *printable(char *s);

#endif /* KCOV8_DUMPFILE_H */
