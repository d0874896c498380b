/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ram.h - what ramfs.c (the tree) and ramdata.c (regular content) share
 */
#ifndef UKERNEL_RAM_H
#define UKERNEL_RAM_H

#include "vfs.h"

/*
 * Content of a regular file: host memory that is reserved to pages->bytes and
 * zero behind @size. Guests may have it mapped while pages->refs > 1; it stays
 * where it is then.
 */
struct ram_data {
  struct uk_pages *pages; /* NULL while empty */
  int64_t size;
  uint64_t *used; /* one bit per page that was written, for st_blocks */
  size_t used_words;
  uint64_t used_pages;
  struct uk_fs *fs; /* which counts them, too */
};

struct ram_entry {
  struct ram_entry *next;
  struct uk_inode *inode;
  uint64_t cookie;
  uint32_t hash;
  char name[];
};

struct ram_node {
  struct ram_entry *first; /* directories: in order of creation */
  size_t entries;
  uint64_t last_cookie;
  char *target; /* symbolic links */
  struct ram_data data;
  struct uk_inode *next_dead; /* while a tree is taken apart */
  struct uk_fifo *fifo;       /* named pipes (pipe.c) */
  int (*open)(struct uk_inode *, int, struct uk_file **); /* kernel's files */
};

int ram_data_open(struct uk_inode *inode, int flags, struct uk_file **out);
int ram_data_resize(struct ram_data *data, int64_t size);
void ram_data_free(struct ram_data *data);
void ram_data_stat(const struct ram_data *data, struct stat *st);
void ram_data_usage(const struct uk_fs *fs, struct statfs *st);

#endif /* UKERNEL_RAM_H */
