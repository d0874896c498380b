/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * filesys.c - the file side's system calls by number
 */
#include "vfs.h"

#define HIGHEST 512u

static struct uk_syscall table[HIGHEST];

static void fill(void) {
  static const struct uk_syscall_row *const part[] = {
      uk_syscalls_fd,     uk_syscalls_rw,      uk_syscalls_open,
      uk_syscalls_dir,    uk_syscalls_path,    uk_syscalls_attr,
      uk_syscalls_stat,   uk_syscalls_copy,    uk_syscalls_pipe,
      uk_syscalls_socket, uk_syscalls_sockmsg, uk_syscalls_sockopt,
      uk_syscalls_poll,   uk_syscalls_epoll,   uk_syscalls_event,
      uk_syscalls_ns,     uk_syscalls_mount,   uk_syscalls_umount,
  };
  for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
    for (const struct uk_syscall_row *row = part[i]; row->call.name; row++)
      table[row->nr] = row->call;
}

const struct uk_syscall *uk_file_syscall(uint64_t nr) {
  static bool filled; /* under the kernel lock */
  if (!filled) {
    fill();
    filled = true;
  }
  return nr < HIGHEST && table[nr].fn ? &table[nr] : NULL;
}
