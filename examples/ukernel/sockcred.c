/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockcred.c - who is at the other end: credentials of peers and of messages
 */
#define _GNU_SOURCE
#include "process.h"
#include "sock.h"

#include <errno.h>
#include <linux/capability.h>

enum { REAL, EFFECTIVE, SAVED, GROUPS = 4 };

void uk_cred_current(struct ucred *cred) {
  const struct uk_proc *proc = uk_current()->proc;
  cred->pid = proc->pid;
  cred->uid = proc->ids[EFFECTIVE];
  cred->gid = proc->ids[GROUPS + EFFECTIVE];
}

static bool one_of(const uint32_t *ids, uint32_t id) {
  return id == ids[REAL] || id == ids[EFFECTIVE] || id == ids[SAVED];
}

int uk_cred_check(const struct ucred *cred) {
  const struct uk_proc *proc = uk_current()->proc;
  if (cred->uid == ~0u || cred->gid == ~0u)
    return -EINVAL;
  if ((cred->pid != proc->pid && !uk_capable(CAP_SYS_ADMIN)) ||
      (!one_of(proc->ids, cred->uid) && !uk_capable(CAP_SETUID)) ||
      (!one_of(proc->ids + GROUPS, cred->gid) && !uk_capable(CAP_SETGID)))
    return -EPERM;
  return cred->pid == proc->pid || uk_proc_find(cred->pid) ? 0 : -ESRCH;
}
