/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * iter.c - guest I/O vectors: gather from and scatter to guest memory
 *
 * Lengths come from the guest: the sum is checked once at import, and nobody
 * allocates by it.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IOV 1024u
#define USER_END 0x800000000000ull /* above: not canonical, or the kernel's */

static int check_range(uint64_t addr, uint64_t len) {
  return len > USER_END || addr > USER_END - len ? -EFAULT : 0;
}

int uk_iter_one(struct uk_iter *iter, uint64_t addr, uint64_t len) {
  memset(iter, 0, sizeof(*iter));
  int err = check_range(addr, len);
  if (err)
    return err;
  iter->left = len < UK_MAX_RW ? len : UK_MAX_RW;
  iter->one.addr = addr;
  iter->one.len = iter->left;
  iter->iov = &iter->one;
  iter->count = 1;
  return 0;
}

int uk_iter_import(struct uk_iter *iter, uint64_t iov, uint64_t count) {
  memset(iter, 0, sizeof(*iter));
  if (count > MAX_IOV)
    return -EINVAL;
  if (count == 0)
    return 0;
  iter->iov = malloc(count * sizeof(*iter->iov));
  if (!iter->iov)
    return -ENOMEM;
  iter->count = count;
  int err = copy_from_guest(iter->iov, iov, count * sizeof(*iter->iov));
  uint64_t total = 0;
  for (size_t i = 0; !err && i < count; i++) {
    uint64_t len = iter->iov[i].len;
    if (len > INT64_MAX)
      err = -EINVAL;
    else if (check_range(iter->iov[i].addr, len))
      err = -EFAULT;
    else if (len > UK_MAX_RW - total)
      iter->iov[i].len = UK_MAX_RW - total;
    total += iter->iov[i].len;
  }
  if (err) {
    uk_iter_end(iter);
    return err;
  }
  iter->left = total;
  return 0;
}

void uk_iter_end(struct uk_iter *iter) {
  if (iter->iov != &iter->one)
    free(iter->iov);
  iter->iov = NULL;
}

static ssize_t move(struct uk_iter *iter, void *to, const void *from,
                    size_t n) {
  size_t done = 0;
  if (n > iter->left)
    n = iter->left;
  while (done < n && iter->at < iter->count) {
    const struct uk_iovec *iov = &iter->iov[iter->at];
    size_t part = iov->len - iter->skip;
    if (part > n - done)
      part = n - done;
    uint64_t addr = iov->addr + iter->skip;
    /* By page, so that what lies before a bad one counts. */
    if (part > UK_PAGE - addr % UK_PAGE)
      part = UK_PAGE - addr % UK_PAGE;
    if (part) {
      int err = to ? copy_from_guest((char *)to + done, addr, part)
                   : copy_to_guest(addr, (const char *)from + done, part);
      if (err)
        return done ? (ssize_t)done : err;
    }
    done += part;
    iter->skip += part;
    iter->left -= part;
    if (iter->skip == iov->len) {
      iter->at++;
      iter->skip = 0;
    }
  }
  return (ssize_t)done;
}

ssize_t uk_iter_from_guest(struct uk_iter *iter, void *to, size_t n) {
  return move(iter, to, NULL, n);
}

ssize_t uk_iter_to_guest(struct uk_iter *iter, const void *from, size_t n) {
  return move(iter, NULL, from, n);
}
