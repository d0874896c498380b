/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockopt.c - socket system calls: options
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <string.h>

#define VALUE_MAX 256u /* the longest value of any option here */
#define NS_PER_S UINT64_C(1000000000)

/* ---- Limits in time ------------------------------------------------------ */

uint64_t uk_socktime_deadline(const struct uk_socktime *time, bool send) {
  uint64_t limit = time->limit_ns[send];
  return limit ? uk_deadline_after(0, limit) : UINT64_MAX;
}

/* SO_RCVTIMEO and its _NEW twin (66) are the same on 64 bits. */
static int time_option(int name) {
  switch (name) {
  case SO_RCVTIMEO:
  case 66:
    return 0;
  case SO_SNDTIMEO:
  case 67:
    return 1;
  }
  return -1;
}

bool uk_socktime_get(const struct uk_socktime *time, int name, void *value,
                     uint32_t *bytes) {
  int which = time_option(name);
  if (which < 0)
    return false;
  uint64_t limit = time->limit_ns[which];
  int64_t tv[2] = {(int64_t)(limit / NS_PER_S),
                   (int64_t)(limit % NS_PER_S / 1000)};
  memcpy(value, tv, sizeof(tv));
  *bytes = sizeof(tv);
  return true;
}

bool uk_socktime_set(struct uk_socktime *time, int name, const void *value,
                     uint32_t bytes, int *err) {
  int64_t tv[2];
  int which = time_option(name);
  if (which < 0)
    return false;
  *err = bytes < sizeof(tv) ? -EINVAL : value ? 0 : -EFAULT;
  if (*err)
    return true;
  memcpy(tv, value, sizeof(tv));
  if (tv[1] < 0 || tv[1] >= 1000000) {
    *err = -EDOM;
    return true;
  }
  uint64_t limit = 0;
  if (tv[0] < 0)
    limit = 1; /* Linux: over at once */
  else if (__builtin_mul_overflow((uint64_t)tv[0], NS_PER_S, &limit) ||
           __builtin_add_overflow(limit, (uint64_t)tv[1] * 1000, &limit))
    limit = 0; /* for ever */
  time->limit_ns[which] = limit;
  return true;
}

/* ---- System calls -------------------------------------------------------- */

static int64_t sys_getsockopt(const uint64_t arg[6]) {
  struct uk_file *file;
  _Alignas(8) char value[VALUE_MAX];
  uint32_t bytes = sizeof(value), room;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  memset(value, 0, sizeof(value));
  if (copy_from_guest(&room, arg[4], sizeof(room)))
    err = -EFAULT;
  else if ((int)room < 0)
    err = -EINVAL;
  else
    err = file->ops->proto->get(file, (int)arg[1], (int)arg[2], value, &bytes);
  uk_file_put(file);
  if (err)
    return err;
  if (bytes > room)
    bytes = room;
  if (copy_to_guest(arg[3], value, bytes) ||
      copy_to_guest(arg[4], &bytes, sizeof(bytes)))
    return -EFAULT;
  return 0;
}

static int64_t sys_setsockopt(const uint64_t arg[6]) {
  struct uk_file *file;
  _Alignas(8) char value[VALUE_MAX];
  int bytes = (int)arg[4];
  if (bytes < 0)
    return -EINVAL;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if (bytes > (int)sizeof(value))
    bytes = sizeof(value);
  memset(value, 0, sizeof(value));
  /* Which option it is, and whether it is long enough, is asked first. */
  const char *given = value;
  if (copy_from_guest(value, arg[3], (size_t)bytes))
    given = NULL;
  err = file->ops->proto->set(file, (int)arg[1], (int)arg[2], given,
                              (uint32_t)bytes);
  uk_file_put(file);
  return err;
}

const struct uk_syscall_row uk_syscalls_sockopt[] = {
    {54, {"setsockopt", sys_setsockopt}},
    {55, {"getsockopt", sys_getsockopt}},
    {0, {NULL, NULL}},
};
