/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * caps.c - guest test: capabilities are kept, dropped, and inherited
 *
 * Prints no set: which one a program has hangs on who starts it.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

struct caps {
  uint64_t effective, permitted, inheritable;
};

static long get(uint32_t version, int pid, struct __user_cap_data_struct *data,
                uint32_t *told) {
  struct __user_cap_header_struct header = {version, pid};
  long result = syscall(SYS_capget, &header, data);
  *told = header.version;
  return result;
}

static struct caps mine(void) {
  struct __user_cap_data_struct data[2];
  uint32_t told;
  require(get(_LINUX_CAPABILITY_VERSION_3, 0, data, &told) == 0, "capget");
  return (struct caps){data[0].effective | (uint64_t)data[1].effective << 32,
                       data[0].permitted | (uint64_t)data[1].permitted << 32,
                       data[0].inheritable | (uint64_t)data[1].inheritable
                                                 << 32};
}

static long set(int pid, struct caps caps) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, pid};
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++)
    data[i] =
        (struct __user_cap_data_struct){(uint32_t)(caps.effective >> 32 * i),
                                        (uint32_t)(caps.permitted >> 32 * i),
                                        (uint32_t)(caps.inheritable >> 32 * i)};
  return syscall(SYS_capset, &header, data);
}

static void drop(void) {
  struct caps all = mine(), less = all;
  less.effective = 0;
  CHECK(set(0, less) == 0 && mine().effective == 0);
  CHECK(set(0, all) == 0 && mine().effective == all.effective);
  less.permitted = 0;
  CHECK(set((int)getpid(), less) == 0 && mine().permitted == 0);
  if (all.permitted)
    FAILS(set(0, all), EPERM);
  less.effective = 1; /* not permitted */
  FAILS(set(0, less), EPERM);
}

static void become_user(void) {
  CHECK(setresuid(1000, 1000, 1000) == 0);
  CHECK(mine().effective == 0 && mine().permitted == 0);
}

static void become_user_and_back(void) {
  struct caps all = mine();
  CHECK(seteuid(1000) == 0);
  CHECK(mine().effective == 0 && mine().permitted == all.permitted);
  CHECK(seteuid(0) == 0 && mine().effective == all.permitted);
}

/* Behind the bounding set nothing comes back, inheritable or by execve. */
static void bounded(void) {
  struct caps all = mine();
  CHECK(prctl(PR_CAPBSET_READ, CAP_FOWNER) == 1);
  CHECK(prctl(PR_CAPBSET_DROP, CAP_FOWNER) == 0);
  CHECK(prctl(PR_CAPBSET_READ, CAP_FOWNER) == 0);
  all.inheritable = (uint64_t)1 << CAP_FOWNER;
  FAILS(set(0, all), EPERM);
  all.effective &= ~((uint64_t)1 << CAP_SETPCAP);
  all.inheritable = 0;
  CHECK(set(0, all) == 0);
  FAILS(prctl(PR_CAPBSET_DROP, CAP_FOWNER), EPERM);
}

static void keep(void) {
  const uint64_t chown = (uint64_t)1 << CAP_CHOWN;
  struct caps all = mine();
  FAILS(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
  CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1);
  CHECK(setresuid(1000, 1000, 1000) == 0);
  CHECK(mine().effective == 0 && mine().permitted == all.permitted);
  FAILS(setresuid(0, 0, 0), EPERM); /* CAP_SETUID is not effective */
  all.inheritable = chown;
  CHECK(set(0, all) == 0);
  FAILS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
  CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) == 0);
  CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) == 1);
  execl("/proc/self/exe", "caps", "ambient", (char *)NULL);
  CHECK(!"execl");
}

static int after_exec(void) {
  struct caps now = mine();
  const uint64_t chown = (uint64_t)1 << CAP_CHOWN;
  CHECK(now.effective == chown && now.permitted == chown);
  CHECK(now.inheritable == chown && prctl(PR_GET_KEEPCAPS) == 0);
  FAILS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0), EINVAL);
  CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0) == 0);
  CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) == 0);
  FAILS(chroot("/"), EPERM);
  return failures != 0;
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1)
    return after_exec();
  struct __user_cap_data_struct data[2];
  uint32_t told;
  FAILS(get(7, 0, data, &told), EINVAL);
  CHECK(told == _LINUX_CAPABILITY_VERSION_3);
  CHECK(get(7, 0, NULL, &told) == 0 && told == _LINUX_CAPABILITY_VERSION_3);
  CHECK(get(_LINUX_CAPABILITY_VERSION_1, 0, data, &told) == 0);
  FAILS(get(_LINUX_CAPABILITY_VERSION_3, -1, data, &told), EINVAL);
  FAILS(get(_LINUX_CAPABILITY_VERSION_3, 0x3fffffff, data, &told), ESRCH);
  FAILS(syscall(SYS_capget, (void *)1, data), EFAULT);
  check(failures == 0, "capget");
  FAILS(set((int)getppid(), mine()), EPERM);
  check(failures == 0, "capset of another process");
  FAILS(prctl(PR_CAPBSET_READ, 63), EINVAL);
  FAILS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 63, 0, 0), EINVAL);
  FAILS(prctl(PR_CAP_AMBIENT, 7, 0, 0, 0), EINVAL);
  check(failures == 0, "prctl");
  check_in_child(drop, "dropped for good");
  if (getuid() == 0) {
    check_in_child(become_user, "another user has none");
    check_in_child(become_user_and_back, "another effective user");
    check_in_child(bounded, "the bounding set");
    check_in_child(keep, "kept with another user, ambient");
  }
  return failures != 0;
}
