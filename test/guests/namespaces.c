/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * namespaces.c - guest test: namespaces as files, and joining one's own
 *
 * Prints no number: which one a namespace has hangs on when it was made.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "check.h"

static const struct {
  const char *name;
  int flag;
} types[] = {
    {"net", CLONE_NEWNET},
    {"uts", CLONE_NEWUTS},
    {"ipc", CLONE_NEWIPC},
    {"pid", CLONE_NEWPID},
    {"pid_for_children", CLONE_NEWPID},
    {"user", CLONE_NEWUSER},
    {"mnt", CLONE_NEWNS},
    {"cgroup", CLONE_NEWCGROUP},
    {"time", 0x80},
    {"time_for_children", 0x80},
};
#define N (sizeof(types) / sizeof(types[0]))

static int has_cap(int cap) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  require(syscall(SYS_capget, &header, data) == 0, "capget");
  return data[0].effective >> cap & 1;
}

static const char *path_of(size_t i, const char *process) {
  static char path[64];
  snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, types[i].name);
  return path;
}

static void one_file(size_t i) {
  char text[64] = "", again[64] = "", want[64], link[64];
  struct stat st, direct, parent;
  struct statfs fs;
  char pid[16];
  int fd = open(path_of(i, "self"), O_RDONLY);
  require(fd >= 0, types[i].name);
  CHECK(fstat(fd, &st) == 0 && st.st_mode == (S_IFREG | 0444));
  CHECK(st.st_nlink == 1 && st.st_size == 0);
  CHECK(readlink(path_of(i, "self"), text, sizeof(text) - 1) > 0);
  snprintf(want, sizeof(want), "%.*s:[%lu]", (int)strcspn(types[i].name, "_"),
           types[i].name, (unsigned long)st.st_ino);
  CHECK(strcmp(text, want) == 0);
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  CHECK(readlink(link, again, sizeof(again) - 1) > 0);
  CHECK(strcmp(again, want) == 0);
  CHECK(stat(path_of(i, "self"), &direct) == 0);
  CHECK(direct.st_ino == st.st_ino && direct.st_dev == st.st_dev);
  CHECK(lstat(path_of(i, "self"), &direct) == 0 && S_ISLNK(direct.st_mode));
  CHECK(fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC);
  snprintf(pid, sizeof(pid), "%d", (int)getppid());
  if (stat(path_of(i, pid), &parent) == 0) /* of the same user */
    CHECK(parent.st_ino == st.st_ino && parent.st_dev == st.st_dev);
  CHECK(ioctl(fd, NS_GET_NSTYPE) == types[i].flag);
  FAILS(ioctl(fd, NS_GET_PARENT),
        types[i].flag & (CLONE_NEWUSER | CLONE_NEWPID) ? EPERM : EINVAL);
  FAILS(ioctl(fd, 0x5401, &fs), ENOTTY);
  FAILS(read(fd, text, 1), EINVAL);
  FAILS(write(fd, text, 1), EBADF);
  FAILS(setns(fd, CLONE_NEWUSER | CLONE_NEWNET), EINVAL);
  close(fd);
}

static void files(void) {
  for (size_t i = 0; i < N; i++)
    one_file(i);
}

static void listed(void) {
  DIR *dir = opendir("/proc/self/ns");
  unsigned int seen = 0;
  require(dir != NULL, "opendir");
  for (struct dirent *e; (e = readdir(dir));)
    for (size_t i = 0; i < N; i++)
      if (strcmp(e->d_name, types[i].name) == 0 && e->d_type == DT_LNK)
        seen |= 1u << i;
  closedir(dir);
  CHECK(seen == (1u << N) - 1);
  FAILS(open("/proc/self/ns/none", O_RDONLY), ENOENT);
  FAILS(open("/proc/self/ns/net", O_RDONLY | O_NOFOLLOW), ELOOP);
}

static void join(void) {
  const int privileged = has_cap(CAP_SYS_ADMIN) && has_cap(CAP_SYS_CHROOT);
  for (size_t i = 0; i < N; i++) {
    int fd = open(path_of(i, "self"), O_RDONLY);
    if (types[i].flag == CLONE_NEWUSER)
      FAILS(setns(fd, 0), EINVAL);
    else if (!privileged)
      FAILS(setns(fd, 0), EPERM);
    else
      CHECK(setns(fd, 0) == 0 && setns(fd, types[i].flag) == 0);
    close(fd);
  }
  int other = open("/", O_RDONLY);
  int path = open("/proc/self/ns/net", O_PATH);
  FAILS(setns(other, 0), EINVAL);
  FAILS(setns(path, 0), EBADF);
  FAILS(setns(-1, 0), EBADF);
}

static void *join_in_thread(void *unused) {
  const int privileged = has_cap(CAP_SYS_ADMIN) && has_cap(CAP_SYS_CHROOT);
  int fd = open("/proc/self/ns/mnt", O_RDONLY);
  FAILS(setns(fd, 0), privileged ? EINVAL : EPERM);
  close(fd);
  fd = open("/proc/self/ns/time", O_RDONLY);
  FAILS(setns(fd, 0), EUSERS);
  close(fd);
  return unused;
}

static void join_beside_others(void) {
  pthread_t thread;
  require(pthread_create(&thread, NULL, join_in_thread, NULL) == 0, "thread");
  pthread_join(thread, NULL);
}

int main(void) {
  check_in_child(files, "files");
  check_in_child(listed, "listed");
  check_in_child(join, "joining one's own");
  check_in_child(join_beside_others, "beside other threads");
  return failures != 0;
}
