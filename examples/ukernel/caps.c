/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * caps.c - capabilities: kept, given back, dropped for good
 *
 * Of the calls that Linux lets them decide, those ask uk_capable() that change
 * users, mounts, roots and capabilities themselves.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#define ALL (((uint64_t)1 << (CAP_LAST_CAP + 1)) - 1)
#define WORDS _LINUX_CAPABILITY_U32S_3

enum { REAL, EFFECTIVE, SAVED }; /* of uk_proc.ids */

void caps_first(struct uk_proc *proc) { proc->caps.bounding = ALL; }

bool uk_capable(int cap) {
  return uk_current()->proc->caps.effective >> cap & 1;
}

/* As of a file without capabilities. */
void caps_exec(struct uk_proc *proc) {
  struct uk_caps *caps = &proc->caps;
  const bool root = !proc->ids[REAL] || !proc->ids[EFFECTIVE];
  caps->permitted = root ? caps->inheritable | caps->bounding : caps->ambient;
  caps->effective = proc->ids[EFFECTIVE] ? caps->ambient : caps->permitted;
  caps->keep = false;
}

static bool has_root(const uint32_t *users) {
  return !users[REAL] || !users[EFFECTIVE] || !users[SAVED];
}

/* capabilities(7), "Effect of user ID changes on capabilities" */
void caps_new_user(struct uk_proc *proc, const uint32_t *before) {
  struct uk_caps *caps = &proc->caps;
  if (has_root(before) && !has_root(proc->ids)) {
    if (!caps->keep)
      caps->permitted = 0;
    caps->ambient = 0;
  }
  if (!before[EFFECTIVE] && proc->ids[EFFECTIVE])
    caps->effective = 0;
  else if (before[EFFECTIVE] && !proc->ids[EFFECTIVE])
    caps->effective = caps->permitted;
}

/* Number of words in each set; or -EINVAL, and the guest is told the version.
 */
static int words_of(uint64_t header) {
  const uint32_t known = _LINUX_CAPABILITY_VERSION_3;
  uint32_t version;
  if (copy_from_guest(&version, header, sizeof(version)))
    return -EFAULT;
  if (version == _LINUX_CAPABILITY_VERSION_1)
    return _LINUX_CAPABILITY_U32S_1;
  if (version == _LINUX_CAPABILITY_VERSION_2 || version == known)
    return WORDS;
  return copy_to_guest(header, &known, sizeof(known)) ? -EFAULT : -EINVAL;
}

static int pid_of(uint64_t header, int *pid) {
  return copy_from_guest(
      pid, header + offsetof(struct __user_cap_header_struct, pid),
      sizeof(*pid));
}

static int64_t sys_capget(const uint64_t arg[6]) {
  struct __user_cap_data_struct data[WORDS];
  int pid, words = words_of(arg[0]);
  if (words < 0 || !arg[1])
    return !arg[1] && words != -EFAULT ? 0 : words;
  if (pid_of(arg[0], &pid))
    return -EFAULT;
  if (pid < 0)
    return -EINVAL;
  struct uk_task *task = pid ? task_find(pid) : uk_current();
  if (!task)
    return -ESRCH;
  const struct uk_caps *caps = &task->proc->caps;
  for (int i = 0; i < WORDS; i++)
    data[i] = (struct __user_cap_data_struct){
        (uint32_t)(caps->effective >> 32 * i),
        (uint32_t)(caps->permitted >> 32 * i),
        (uint32_t)(caps->inheritable >> 32 * i)};
  return copy_to_guest(arg[1], data, (size_t)words * sizeof(*data));
}

static int64_t sys_capset(const uint64_t arg[6]) {
  struct __user_cap_data_struct data[WORDS] = {{0, 0, 0}};
  struct uk_caps *caps = &uk_current()->proc->caps, to = *caps;
  int pid, words = words_of(arg[0]);
  if (words < 0)
    return words;
  if (pid_of(arg[0], &pid))
    return -EFAULT;
  if (pid && pid != uk_task_tid(uk_current()))
    return -EPERM;
  if (copy_from_guest(data, arg[1], (size_t)words * sizeof(*data)))
    return -EFAULT;
  to.effective = to.permitted = to.inheritable = 0;
  for (int i = 0; i < WORDS; i++) {
    to.effective |= (uint64_t)data[i].effective << 32 * i & ALL;
    to.permitted |= (uint64_t)data[i].permitted << 32 * i & ALL;
    to.inheritable |= (uint64_t)data[i].inheritable << 32 * i & ALL;
  }
  if ((!uk_capable(CAP_SETPCAP) &&
       to.inheritable & ~(caps->inheritable | caps->permitted)) ||
      to.inheritable & ~(caps->inheritable | caps->bounding) ||
      to.permitted & ~caps->permitted || to.effective & ~to.permitted)
    return -EPERM;
  to.ambient &= to.permitted & to.inheritable;
  *caps = to;
  return 0;
}

/* ---- prctl ------------------------------------------------------------ */

static int64_t ambient(struct uk_caps *caps, const uint64_t arg[6]) {
  if (arg[1] == PR_CAP_AMBIENT_CLEAR_ALL) {
    if (arg[2] || arg[3] || arg[4])
      return -EINVAL;
    caps->ambient = 0;
    return 0;
  }
  if (arg[2] > CAP_LAST_CAP || arg[3] || arg[4])
    return -EINVAL;
  const uint64_t bit = (uint64_t)1 << arg[2];
  switch (arg[1]) {
  case PR_CAP_AMBIENT_IS_SET:
    return caps->ambient & bit ? 1 : 0;
  case PR_CAP_AMBIENT_RAISE:
    if (!(caps->permitted & caps->inheritable & bit))
      return -EPERM;
    caps->ambient |= bit;
    return 0;
  case PR_CAP_AMBIENT_LOWER:
    caps->ambient &= ~bit;
    return 0;
  default:
    return -EINVAL;
  }
}

int64_t caps_prctl(const uint64_t arg[6]) {
  struct uk_caps *caps = &uk_current()->proc->caps;
  switch ((int)arg[0]) {
  case PR_GET_KEEPCAPS:
    return caps->keep;
  case PR_SET_KEEPCAPS:
    if (arg[1] > 1)
      return -EINVAL;
    caps->keep = arg[1];
    return 0;
  case PR_CAPBSET_READ:
    return arg[1] > CAP_LAST_CAP ? -EINVAL : caps->bounding >> arg[1] & 1;
  case PR_CAPBSET_DROP:
    if (!uk_capable(CAP_SETPCAP))
      return -EPERM;
    if (arg[1] > CAP_LAST_CAP)
      return -EINVAL;
    caps->bounding &= ~((uint64_t)1 << arg[1]);
    return 0;
  default:
    return ambient(caps, arg);
  }
}

const struct uk_process_row uk_syscalls_caps[] = {
    {125, {"capget", sys_capget}},
    {126, {"capset", sys_capset}},
    {0, {NULL, NULL}},
};
