/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ramdata.c - content of regular files in memory
 *
 * One reserved mapping per file; the host backs a page when it is touched, so
 * holes cost nothing. While no guest maps the file it may move as it grows;
 * the first mapping reserves room, and then it stays. All guests run in one
 * host process, so one private host mapping is shared memory to them.
 *
 * Unlike on Linux, a guest that maps more than the file has reads zeros there,
 * not SIGBUS.
 */
#define _GNU_SOURCE
#include "ram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_FILE (INT64_C(64) << 30)
#define MIN_ROOM (UINT64_C(64) << 10)
#define MAPPED_ROOM (UINT64_C(256) << 20)

/* ---- Room ---------------------------------------------------------------- */

/* Charged by pages that are used, not by mappings. */
static int first_room(struct ram_data *data, uint64_t bytes) {
  struct uk_pages *pages = uk_pages_reserve(bytes);
  if (!pages)
    return -ENOMEM;
  pages->lazy = false;
  data->pages = pages;
  return 0;
}

static int reserve(struct ram_data *data, uint64_t bytes) {
  uint64_t room = data->pages ? data->pages->bytes : 0;
  if (bytes <= room)
    return 0;
  if (bytes > (uint64_t)MAX_FILE)
    return -EFBIG;
  if (room < MIN_ROOM)
    room = MIN_ROOM;
  while (room < bytes)
    room *= 2;
  if (!data->pages)
    return first_room(data, room);
  int how = data->pages->refs == 1 ? MREMAP_MAYMOVE : 0;
  void *base = mremap(data->pages->base, data->pages->bytes, room, how);
  if (base == MAP_FAILED)
    return -ENOSPC;
  data->pages->base = base;
  data->pages->bytes = room;
  return 0;
}

/* ---- Accounting ---------------------------------------------------------- */

static bool is_used(const struct ram_data *data, uint64_t page) {
  return page / 64 < data->used_words &&
         (data->used[page / 64] >> (page % 64) & 1);
}

static int mark_used(struct ram_data *data, uint64_t from, uint64_t bytes) {
  uint64_t page = from / UK_PAGE, last = (from + bytes - 1) / UK_PAGE;
  if (last / 64 >= data->used_words) {
    size_t words = (size_t)(last / 64 + 1);
    words += words / 2;
    uint64_t more = (words - data->used_words) * sizeof(*data->used);
    if (uk_charge(more))
      return -ENOSPC;
    uint64_t *used = realloc(data->used, words * sizeof(*used));
    if (!used) {
      uk_uncharge(more);
      return -ENOMEM;
    }
    memset(used + data->used_words, 0,
           (words - data->used_words) * sizeof(*used));
    data->used = used;
    data->used_words = words;
  }
  for (; page <= last; page++) {
    if (is_used(data, page))
      continue;
    if ((data->fs->max_pages && data->fs->pages >= data->fs->max_pages) ||
        uk_charge(UK_PAGE))
      return -ENOSPC;
    data->fs->pages++;
    data->used[page / 64] |= UINT64_C(1) << (page % 64);
    data->used_pages++;
  }
  return 0;
}

/* Pages from @first on are gone. */
static void mark_unused(struct ram_data *data, uint64_t first) {
  for (uint64_t word = first / 64; word < data->used_words; word++) {
    uint64_t gone = data->used[word];
    if (word == first / 64)
      gone &= ~UINT64_C(0) << (first % 64);
    data->used[word] &= ~gone;
    uint64_t n = (uint64_t)__builtin_popcountll(gone);
    data->used_pages -= n;
    data->fs->pages -= n;
    uk_uncharge(n * UK_PAGE);
  }
}

/* ---- Size ---------------------------------------------------------------- */

/* Everything behind @size is zero again. */
static void clear_behind(struct ram_data *data, int64_t size) {
  if (!data->pages)
    return;
  uint64_t from = (uint64_t)size;
  uint64_t page = (from + UK_PAGE - 1) & ~(uint64_t)(UK_PAGE - 1);
  if (from >= data->pages->bytes)
    return;
  memset(data->pages->base + from, 0, page - from);
  if (page < data->pages->bytes)
    madvise(data->pages->base + page, data->pages->bytes - page, MADV_DONTNEED);
}

int ram_data_resize(struct ram_data *data, int64_t size) {
  int err = size > data->size ? reserve(data, (uint64_t)size) : 0;
  if (err)
    return err;
  if (size < data->size) {
    clear_behind(data, size);
    /* Who has it mapped may write there again: it stays used. */
    if (data->pages && data->pages->refs == 1)
      mark_unused(data, ((uint64_t)size + UK_PAGE - 1) / UK_PAGE);
  } else if (data->pages && data->pages->refs > 1) {
    clear_behind(data, data->size); /* a guest may have written there */
  }
  data->size = size;
  return 0;
}

void ram_data_free(struct ram_data *data) {
  mark_unused(data, 0);
  uk_uncharge(data->used_words * sizeof(*data->used));
  free(data->used);
  if (data->pages)
    uk_pages_put(data->pages);
}

void ram_data_stat(const struct ram_data *data, struct stat *st) {
  st->st_size = data->size;
  st->st_blocks = (blkcnt_t)(data->used_pages * (UK_PAGE / 512));
}

void ram_data_usage(const struct uk_fs *fs, struct statfs *st) {
  st->f_blocks = fs->max_pages ? fs->max_pages : uk_memory_limit() / UK_PAGE;
  st->f_bfree = uk_memory_free() / UK_PAGE;
  if (fs->max_pages)
    st->f_bfree = fs->max_pages > fs->pages ? fs->max_pages - fs->pages : 0;
  st->f_bavail = st->f_bfree;
}

/* ---- Open files ---------------------------------------------------------- */

static struct ram_data *data_of(struct uk_file *file) {
  return &((struct ram_node *)file->inode->priv)->data;
}

static ssize_t data_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  struct ram_data *data = data_of(file);
  if (*pos >= data->size)
    return 0;
  if (n > (uint64_t)(data->size - *pos))
    n = (size_t)(data->size - *pos);
  memcpy(buf, data->pages->base + *pos, n);
  *pos += (int64_t)n;
  return (ssize_t)n;
}

static ssize_t data_write(struct uk_file *file, const void *buf, size_t n,
                          int64_t *pos) {
  struct ram_data *data = data_of(file);
  int64_t at = (file->flags & O_APPEND) ? data->size : *pos;
  if (n == 0)
    return 0;
  if (at >= MAX_FILE)
    return -EFBIG;
  if ((int64_t)n > MAX_FILE - at)
    n = (size_t)(MAX_FILE - at);
  int err = mark_used(data, (uint64_t)at, n);
  if (err)
    return err;
  if (at + (int64_t)n > data->size)
    err = ram_data_resize(data, at + (int64_t)n);
  if (err)
    return err;
  memcpy(data->pages->base + at, buf, n);
  uk_inode_touch(file->inode);
  *pos = at + (int64_t)n;
  return (ssize_t)n;
}

static int64_t data_lseek(struct uk_file *file, int64_t offset, int whence) {
  int64_t size = data_of(file)->size;
  int64_t base = 0;
  if (whence == SEEK_CUR)
    base = file->pos;
  else if (whence == SEEK_END)
    base = size;
  else if (whence == SEEK_DATA || whence == SEEK_HOLE) {
    if (offset < 0 || offset >= size)
      return -ENXIO;
    offset = whence == SEEK_DATA ? offset : size; /* all counts as data */
  }
  if (__builtin_add_overflow(base, offset, &offset))
    return -EOVERFLOW;
  if (offset < 0)
    return -EINVAL;
  file->pos = offset;
  return offset;
}

static int data_mmap(struct uk_file *file, uint64_t bytes, uint64_t offset,
                     struct uk_pages **pages, size_t *skip) {
  struct ram_data *data = data_of(file);
  uint64_t end;
  if (__builtin_add_overflow(offset, bytes, &end) || end > (uint64_t)MAX_FILE)
    return -ENOMEM;
  if (!data->pages || data->pages->refs == 1) {
    int err = reserve(data, end > MAPPED_ROOM ? end : MAPPED_ROOM);
    if (err)
      return -ENOMEM;
  } else if (reserve(data, end)) {
    return -ENOMEM;
  }
  /* The guest may write all of it, and no page fault would tell. */
  if (mark_used(data, offset, bytes))
    return -ENOMEM;
  uk_pages_get(data->pages);
  *pages = data->pages;
  *skip = (size_t)offset;
  return 0;
}

static const struct uk_file_ops data_ops = {
    .read = data_read,
    .write = data_write,
    .lseek = data_lseek,
    .mmap = data_mmap,
};

int ram_data_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  *out = uk_file_new(&data_ops, flags, NULL);
  if (!*out)
    return -ENOMEM;
  (*out)->inode = uk_inode_get(inode);
  return 0;
}
