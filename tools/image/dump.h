/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dump.h - which blocks a process ran, according to what it wrote */
#ifndef KCOV8_DUMP_H
#define KCOV8_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/strtab.h"
#include "image/dumpfile.h"
#include "image/image.h"

/**
 * struct dump_block - one block that ran, or one that has moved
 * @pc:    where it is in the process
 * @count: 0: it has another PC than the image alone gives it
 */
struct dump_block {
  uint32_t block;
  uint32_t count;
  uint64_t pc;
};

/**
 * struct dump - what a file of dumps tells of one image
 * @blocks: moved ones ahead of those that ran
 * @n_images: how often the file has the image
 * @others: names of other images in it, each once
 */
struct dump {
  struct dump_block *blocks;
  size_t n, cap, n_images;
  struct strtab others;
};

/*
 * dump_read() - read @f, called @name in messages, to its end
 * @img: gets what is needed to look up counters
 */
enum dump_result dump_read(struct dump *dump, FILE *f, const char *name,
                           struct image *img);
void dump_free(struct dump *dump);

#endif /* KCOV8_DUMP_H */
