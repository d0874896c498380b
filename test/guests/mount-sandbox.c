/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mount-sandbox ROUNDS [wait] - guest test: a fuzzer's sandbox, made and left
 *
 * Each round: a child with mounts of its own, /dev, /proc and /sys in a new
 * tree, pivot_root and chroot there, some use of it, exit. What a round took it
 * must give back: run it with little --memory; with `wait` it says so and waits
 * at its end for somebody who looks. In ukernel only: on Linux it
 * needs a namespace of processes, too.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define BIND (MS_BIND | MS_REC | MS_PRIVATE)

static int is_there(const char *path) { return access(path, F_OK) == 0; }

static void show(const char *path) {
  char line[256];
  FILE *f = fopen(path, "r");
  require(f != NULL, path);
  while (fgets(line, sizeof(line), f))
    fputs(line, stdout);
  fclose(f);
}

static void make_tree(void) {
  CHECK(mkdir("tree", 0777) == 0 && mount("", "tree", "tmpfs", 0, NULL) == 0);
  CHECK(mkdir("tree/new", 0777) == 0 && mkdir("tree/new/dev", 0700) == 0);
  CHECK(mount("/dev", "tree/new/dev", NULL, BIND, NULL) == 0);
  CHECK(mkdir("tree/new/proc", 0700) == 0);
  CHECK(mount("p", "tree/new/proc", "proc", 0, NULL) == 0);
  CHECK(mkdir("tree/new/none", 0700) == 0);
  FAILS(mount("/none", "tree/new/none", NULL, BIND, NULL), ENOENT);
  CHECK(mkdir("tree/new/sys", 0700) == 0);
  CHECK(mount("/sys", "tree/new/sys", NULL, BIND, NULL) == 0);
  CHECK(mount("/sys/kernel/debug", "tree/new/sys/kernel/debug", NULL, BIND,
              NULL) == 0);
  FAILS(mount("/sys/fs/smackfs", "tree/new/sys/fs/smackfs", NULL, BIND, NULL),
        ENOENT);
  FAILS(mount("b", "tree/new/none", "binder", 0, NULL), ENODEV);
  FAILS(mount("c", "tree/new/none", "cgroup2", 0, NULL), ENODEV);
}

static void enter_tree(void) {
  CHECK(mkdir("tree/pivot", 0777) == 0);
  CHECK(syscall(SYS_pivot_root, "tree", "tree/pivot") == 0);
  CHECK(chdir("/") == 0 && umount2("./pivot", MNT_DETACH) == 0);
  CHECK(chroot("new") == 0 && chdir("/") == 0);
}

static void use_tree(void) {
  char cwd[64] = "";
  CHECK(mkdir("/0", 0777) == 0 && chdir("/0") == 0);
  CHECK(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/0") == 0);
  CHECK(is_there("/dev/null") && is_there("/proc/self/fd"));
  CHECK(is_there("../dev/../sys/kernel/debug/kcov"));
  CHECK(!is_there("/../../tree") && !is_there("/pivot"));
  int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  CHECK(fd >= 0 && close(fd) == 0);
  fd = open("./file", O_CREAT | O_RDWR, 0600);
  CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
  CHECK(mkdir("a", 0777) == 0 && mount("t", "a", "tmpfs", 0, NULL) == 0);
  CHECK(mount("/", "a", NULL, BIND, NULL) == 0 && is_there("a/0/file"));
  /* As one cleans up who does not know how often something was mounted. */
  int times = 0;
  while (umount2("a", MNT_FORCE | UMOUNT_NOFOLLOW) == 0)
    times++;
  CHECK(times == 0 && errno == EBUSY); /* the mounts below came along */
  CHECK(umount2("a", MNT_DETACH) == 0);
  while (umount2("a", MNT_FORCE | UMOUNT_NOFOLLOW) == 0)
    times++;
  CHECK(times == 1 && errno == EINVAL && rmdir("a") == 0);
  CHECK(unlink("file") == 0 && chdir("/") == 0 && rmdir("/0") == 0);
}

static void round_of(int first) {
  FAILS(unshare(CLONE_NEWPID), EINVAL);
  FAILS(unshare(CLONE_NEWNET), EINVAL);
  CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
  CHECK(unshare(CLONE_NEWNS) == 0 && unshare(CLONE_SYSVSEM) == 0);
  CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  make_tree();
  enter_tree();
  use_tree();
  if (first) {
    show("/proc/self/mounts");
    show("/proc/self/mountinfo");
  }
  mkdir("/kept", 0777); /* and a file: goes with the tree */
  int fd = open("/kept/file", O_CREAT | O_RDWR, 0600);
  CHECK(ftruncate(fd, 1 << 20) == 0 && pwrite(fd, "x", 1, 1 << 19) == 1);
}

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 1;
  char dir[] = "/tmp/sandbox-XXXXXX";
  int status;
  struct sysinfo info;
  unsigned long before = 0;
  for (int i = 0; i < rounds && !failures; i++) {
    strcpy(dir, "/tmp/sandbox-XXXXXX");
    require(mkdtemp(dir) != NULL && chdir(dir) == 0, "mkdtemp");
    fflush(stdout);
    pid_t child = fork();
    require(child >= 0, "fork");
    if (child == 0) {
      round_of(i == 0 && argc < 3);
      fflush(stdout);
      _exit(failures != 0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(!is_there("tree/new") && rmdir("tree") == 0 && rmdir(dir) == 0);
    CHECK(sysinfo(&info) == 0 && (i < 2 || info.freeram >= before));
    before = info.freeram;
  }
  if (argc > 2) {
    puts("done");
    fflush(stdout);
    while (getchar() != EOF)
      continue;
  }
  return failures != 0;
}
