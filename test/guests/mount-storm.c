/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mount-storm [SECONDS] - guest test: mounts without end, and from all sides
 *
 * Too many, too deep, doubled and doubled again, namespaces that keep each
 * other alive, threads that mount, move, unmount and walk at the same time.
 * Nothing may crash or hang; when all is gone, so is the memory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static char top[64];
static int rounds = 300;

static int tmpfs(const char *where) {
  return mount("t", where, "tmpfs", 0, NULL);
}

/* All on one place, until there may be no more. */
static void too_many(void) {
  int n = 0;
  while (n < 200000 && tmpfs(".") == 0)
    n++;
  CHECK(errno == ENOSPC || errno == ENOMEM);
  CHECK(umount2(top, MNT_DETACH) == 0 || errno == EINVAL);
}

static void many_names(void) {
  char name[32];
  int n = 0;
  for (; n < 200000; n++) {
    snprintf(name, sizeof(name), "%d", n);
    if (mkdir(name, 0755) || mount("/tmp", name, NULL, MS_BIND, NULL))
      break;
  }
  CHECK(errno == ENOSPC || errno == ENOMEM);
  for (int i = 0; i < n; i += 2) {
    snprintf(name, sizeof(name), "%d", i);
    CHECK(umount2(name, 0) == 0);
  }
}

static void too_deep(void) {
  static char cwd[8192];
  while (mkdir("d", 0755) == 0 && tmpfs("d") == 0 && chdir("d") == 0)
    continue;
  CHECK(errno == ENOSPC || errno == ENOMEM);
  CHECK(syscall(SYS_getcwd, cwd, sizeof(cwd)) > 0 || errno == ENAMETOOLONG);
  for (int i = 0; i < 100; i++)
    CHECK(chdir("..") == 0);
  umount2("d", MNT_DETACH);
  CHECK(chdir(top) == 0);
}

/* Each doubles what there is. */
static void doubled(void) {
  char name[8];
  int n = 0;
  for (; n < 40; n++) {
    snprintf(name, sizeof(name), "%d", n);
    if (mkdir(name, 0755) || mount(".", name, NULL, MS_BIND | MS_REC, NULL))
      break;
  }
  CHECK(n > 3 && n < 30 && (errno == ENOSPC || errno == ENOMEM));
  FAILS(mount(top, "0", NULL, MS_MOVE, NULL), ELOOP);
}

/* A file of each namespace is mounted in the one before. */
static void chain(void) {
  int status;
  CHECK(close(open("file", O_CREAT | O_RDWR, 0644)) == 0);
  for (int i = 0; i < 200; i++) {
    int before = open("/proc/self/ns/mnt", O_RDONLY);
    FAILS(mount("/proc/self/ns/mnt", "file", NULL, MS_BIND, NULL), EINVAL);
    if (before < 0 || unshare(CLONE_NEWNS))
      break;
    int after = open("/proc/self/ns/mnt", O_RDONLY);
    pid_t child = fork();
    if (child == 0) {
      char link[64];
      CHECK(setns(before, 0) == 0 && chdir(top) == 0);
      snprintf(link, sizeof(link), "/proc/self/fd/%d", after);
      CHECK(mount(link, "file", NULL, MS_BIND, NULL) == 0);
      fflush(stdout);
      _exit(failures != 0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(chdir(top) == 0);
    close(before);
    close(after);
  }
}

/* ---- From all sides ------------------------------------------------------ */

static void list(const char *path) {
  DIR *dir = opendir(path);
  while (dir && readdir(dir))
    continue;
  if (dir)
    closedir(dir);
}

static void one_thing(unsigned int *seed) {
  static const char *const places[] = {"a",     "b",   "a/x", "b/x",
                                       "a/x/y", "b/f", ".",   "a/f"};
  const unsigned int pick = (unsigned int)rand_r(seed);
  const char *to = places[pick / 20 % 8], *from = places[pick / 160 % 8];
  char buf[4096];
  int fd;
  switch (pick % 20) {
  case 0:
  case 1:
    tmpfs(to);
    break;
  case 2:
  case 3:
    mount(from, to, NULL, MS_BIND | (pick & 0x10000 ? MS_REC : 0), NULL);
    break;
  case 4:
    mount(from, to, NULL, MS_MOVE, NULL);
    break;
  case 5:
  case 6:
    umount2(to, pick & 0x10000 ? MNT_DETACH : 0);
    break;
  case 7:
    umount2(to, MNT_EXPIRE);
    break;
  case 8:
    mount(NULL, to, NULL,
          MS_REMOUNT | MS_BIND | (pick & 0x10000 ? MS_RDONLY : 0ul), NULL);
    break;
  case 9:
    mkdir(to, 0755);
    break;
  case 10:
    rename(from, to);
    break;
  case 11:
    if (rmdir(to))
      unlink(to);
    break;
  case 12:
    fd = open("a/f", O_CREAT | O_RDWR, 0644);
    if (fd >= 0 && write(fd, buf, 100) >= 0)
      close(fd);
    break;
  case 13:
    list(to);
    break;
  case 14:
    fd = open("/proc/self/mountinfo", O_RDONLY);
    while (read(fd, buf, sizeof(buf)) > 0)
      continue;
    close(fd);
    break;
  case 15:
    syscall(SYS_pivot_root, from, to);
    break;
  case 16:
    unshare(pick & 0x10000 ? CLONE_NEWNS : CLONE_FS);
    break;
  case 17:
    fd = open("/proc/self/ns/mnt", O_RDONLY);
    if (pick & 0x10000)
      unshare(CLONE_NEWNS);
    setns(fd, 0);
    close(fd);
    chdir(top);
    break;
  case 18:
    chdir(pick & 0x10000 ? to : top);
    break;
  default:
    fd = open("/proc/self/root", O_PATH);
    fchdir(fd);
    umount2(to, MNT_DETACH);
    close(fd);
    chdir(top);
  }
}

static void *do_things(void *seed_at) {
  unsigned int seed = *(unsigned int *)seed_at;
  for (int i = 0; i < rounds; i++)
    one_thing(&seed);
  return NULL;
}

static void all_sides(void) {
  pthread_t thread[4];
  unsigned int seed[4];
  CHECK(chroot(".") == 0); /* nothing is left outside */
  strcpy(top, "/");
  mkdir("a", 0755);
  mkdir("b", 0755);
  for (unsigned int i = 0; i < 4; i++) {
    seed[i] = (unsigned int)getpid() * 16 + i;
    if (pthread_create(&thread[i], NULL, do_things, &seed[i]))
      seed[i] = 0;
  }
  for (int i = 0; i < 4; i++)
    if (seed[i])
      pthread_join(thread[i], NULL);
}

static void (*const steps[])(void) = {too_many,  many_names, too_deep,
                                      doubled,   chain,      all_sides,
                                      all_sides, all_sides};
#define N (sizeof(steps) / sizeof(steps[0]))

static void run(void (*step)(void)) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  require(child >= 0, "fork");
  if (child == 0) {
    require(unshare(CLONE_NEWNS) == 0, "unshare");
    require(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private");
    require(tmpfs(top) == 0 && chdir(top) == 0, "a tmpfs");
    step();
    fflush(stdout);
    _exit(failures != 0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char **argv) {
  struct sysinfo info;
  unsigned long before = 0;
  if (argc > 1)
    rounds = atoi(argv[1]);
  strcpy(top, "/tmp/storm-XXXXXX");
  require(mkdtemp(top) != NULL, "mkdtemp");
  for (size_t i = 0; i < 2 * N; i++) {
    run(steps[i % N]);
    CHECK(sysinfo(&info) == 0 && (i < 2 || info.freeram >= before));
    printf("%d: %ld\n", (int)(i % N), (long)before - (long)info.freeram);
    before = info.freeram;
  }
  CHECK(rmdir(top) == 0);
  return failures != 0;
}
