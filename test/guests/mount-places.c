/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mount-places.c - guest test: roots, what is above one, other namespaces of
 * mounts
 */
#define _GNU_SOURCE
#include "mounts.h"

#include <pthread.h>

static int pivot_root(const char *new_root, const char *put_old) {
  return (int)syscall(SYS_pivot_root, new_root, put_old);
}

/* ---- Where one is -------------------------------------------------------- */

static void roots(void) {
  char text[256] = "";
  CHECK(mkdir("r", 0755) == 0 && tmpfs("r", NULL) == 0);
  CHECK(mkdir("r/a", 0755) == 0 && mkdir("r/b", 0755) == 0);
  CHECK(bind("r/a", "r/b", 0) == 0 && mkdir("r/a/deep", 0755) == 0);
  int outside = open(".", O_RDONLY);
  CHECK(chroot("r") == 0 && chdir("/b/deep") == 0);
  CHECK(getcwd(text, sizeof(text)) && strcmp(text, "/b/deep") == 0);
  CHECK(is_there("../../a") && is_there("../../../../../a/deep"));
  CHECK(fchdir(outside) == 0 && is_there("../") && is_there("r/a/deep"));
  CHECK(syscall(SYS_getcwd, text, sizeof(text)) > 0);
  CHECK(strncmp(text, "(unreachable)/", 14) == 0);
  CHECK(chdir("/") == 0 && tmpfs("/", NULL) == 0);
  CHECK(is_there("a")); /* one's root stays */
  CHECK(chdir("..") == 0 && !is_there("a"));
}

static void pivot(void) {
  char text[256] = "";
  CHECK(mkdir("new", 0755) == 0 && tmpfs("new", NULL) == 0);
  CHECK(mkdir("new/old", 0755) == 0 && mkdir("new/in", 0755) == 0);
  CHECK(mkdir("other", 0755) == 0 && make("f") == 0);
  FAILS(pivot_root("missing", "new/old"), ENOENT);
  FAILS(pivot_root("f", "new/old"), ENOTDIR);
  FAILS(pivot_root("new/in", "new/old"), EINVAL);
  FAILS(pivot_root("new", "other"), EINVAL);
  CHECK(pivot_root("new", "new/old") == 0);
  CHECK(chdir("/") == 0 && is_there("/in"));
  snprintf(text, sizeof(text), "/old%s/f", top);
  CHECK(is_there(text) && is_there("/old/../in"));
  CHECK(umount2("/old", MNT_DETACH) == 0 && !is_there(text));
  CHECK(rmdir("/old") == 0 && mkdir("/in/x", 0755) == 0);
  FAILS(umount2("/in", 0), EINVAL);
  CHECK(chroot("in") == 0 && chdir("/") == 0 && is_there("/../x"));
  CHECK(pivot_root(".", ".") == -1);
}

/* Out of the part that is mounted, and nowhere up from there. */
static void moved_out(void) {
  CHECK(mkdir("a", 0755) == 0 && mkdir("a/in", 0755) == 0);
  CHECK(mkdir("a/in/deep", 0755) == 0 && mkdir("m", 0755) == 0);
  CHECK(bind("a/in", "m", 0) == 0 && chdir("m/deep") == 0);
  CHECK(is_there("../../m"));
  CHECK(rename("../../a/in/deep", "../../away") == 0);
  FAILS(chdir(".."), ENOENT);
  FAILS(access("../x", F_OK), ENOENT);
  CHECK(make("file") == 0 && chdir(top) == 0 && is_there("away/file"));
}

static void removed(void) {
  char link[64];
  CHECK(mkdir("gone", 0755) == 0 && mkdir("to", 0755) == 0);
  int fd = open("gone", O_RDONLY | O_DIRECTORY);
  CHECK(rmdir("gone") == 0);
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  FAILS(tmpfs(link, NULL), ENOENT);
  CHECK(fchdir(fd) == 0);
  FAILS(tmpfs(".", NULL), ENOENT);
  FAILS(mkdir("x", 0755), ENOENT);
  CHECK(chdir(top) == 0 && close(fd) == 0);
  fd = open("file", O_CREAT | O_RDWR, 0644);
  CHECK(unlink("file") == 0 && make("onto") == 0 && write(fd, "x", 1) == 1);
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  int bound = bind(link, "onto", 0); /* since 6.15 */
  struct stat st;
  CHECK(bound == -1 || (stat("onto", &st) == 0 && st.st_size == 1));
  close(fd);
}

/* ---- Namespaces ---------------------------------------------------------- */

static ino_t my_namespace(void) {
  struct stat st;
  return stat("/proc/self/ns/mnt", &st) == 0 ? st.st_ino : 0;
}

static void wait_for(int fd) {
  char byte;
  CHECK(read(fd, &byte, 1) == 1);
}

/* What another namespace has mounted on a name goes with it, or along. */
static void others(void) {
  int to[2], from[2], status;
  CHECK(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0);
  CHECK(pipe(to) == 0 && pipe(from) == 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    const ino_t before = my_namespace();
    CHECK(unshare(CLONE_NEWNS) == 0 && my_namespace() != before);
    CHECK(tmpfs("d", NULL) == 0 && make("d/x") == 0);
    CHECK(tmpfs("e", NULL) == 0 && make("e/x") == 0);
    CHECK(write(from[1], "x", 1) == 1);
    wait_for(to[0]);
    CHECK(!is_there("d") && is_there("f/x") && !is_there("e"));
    FAILS(rmdir("f"), EBUSY);
    CHECK(umount2("f", 0) == 0 && rmdir("f") == 0);
    _exit(failures != 0);
  }
  wait_for(from[0]);
  CHECK(!is_there("d/x") && rmdir("d") == 0 && rename("e", "f") == 0);
  CHECK(write(to[1], "x", 1) == 1);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void there_and_back(void) {
  char text[256];
  CHECK(mkdir("d", 0755) == 0);
  int here = open("/proc/self/ns/mnt", O_RDONLY);
  const ino_t number = my_namespace();
  CHECK(unshare(CLONE_NEWNS) == 0 && tmpfs("d", NULL) == 0);
  CHECK(make("d/x") == 0 && my_namespace() != number);
  FAILS(setns(here, CLONE_NEWUTS), EINVAL);
  int there = open("/proc/self/ns/mnt", O_RDONLY);
  CHECK(setns(here, CLONE_NEWNS) == 0 && my_namespace() == number);
  CHECK(getcwd(text, sizeof(text)) && strcmp(text, "/") == 0);
  CHECK(chdir(top) == 0 && !is_there("d/x"));
  CHECK(setns(there, 0) == 0 && chdir(top) == 0 && is_there("d/x"));
  CHECK(close(here) == 0 && close(there) == 0);
}

static int in_clone(void *unused) {
  (void)unused;
  CHECK(tmpfs("d", NULL) == 0 && make("d/x") == 0);
  return failures != 0;
}

static void cloned(void) {
  static char stack[65536] __attribute__((aligned(16)));
  int status;
  CHECK(mkdir("d", 0755) == 0);
  FAILS(clone(in_clone, stack + sizeof(stack), CLONE_NEWNS | CLONE_FS | SIGCHLD,
              NULL),
        EINVAL);
  pid_t child =
      clone(in_clone, stack + sizeof(stack), CLONE_NEWNS | SIGCHLD, NULL);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(!is_there("d/x"));
}

/* ---- Threads ------------------------------------------------------------- */

static void *part(void *unused) {
  char text[256];
  int here = open("/proc/self/ns/mnt", O_RDONLY);
  FAILS(setns(here, 0), EINVAL); /* others have the same root */
  CHECK(chdir("d") == 0 && chdir("..") == 0);
  CHECK(unshare(CLONE_FS) == 0 && chdir("d") == 0);
  umask(077);
  CHECK(mkdir("in", 0777) == 0);
  CHECK(unshare(CLONE_NEWNS) == 0 && tmpfs(".", NULL) == 0);
  CHECK(chdir("../d") == 0 && make("x") == 0);
  CHECK(getcwd(text, sizeof(text)) && strcmp(text + strlen(top), "/d") == 0);
  CHECK(setns(here, 0) == 0 && chdir(top) == 0 && !is_there("d/x"));
  close(here);
  return unused;
}

static void threads(void) {
  pthread_t thread;
  struct stat st;
  CHECK(mkdir("d", 0755) == 0);
  require(pthread_create(&thread, NULL, part, NULL) == 0, "thread");
  pthread_join(thread, NULL);
  CHECK(is_there("d") && !is_there("d/x") && umask(022) == 022);
  CHECK(stat("d/in", &st) == 0 && (st.st_mode & 0777) == 0700);
}

static int in_same(void *unused) {
  (void)unused;
  umask(027);
  return chdir("d") != 0;
}

/* CLONE_FS: where the child goes, the parent goes. */
static void together(void) {
  static char stack[65536] __attribute__((aligned(16)));
  int status;
  CHECK(mkdir("d", 0755) == 0 && mkdir("d/in", 0755) == 0);
  pid_t child = clone(in_same, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(is_there("in") && umask(022) == 027);
}

static const struct step steps[] = {
    {"roots", roots},
    {"pivot_root", pivot},
    {"moved out of a bind", moved_out},
    {"removed", removed},
    {"other namespaces", others},
    {"there and back", there_and_back},
    {"cloned", cloned},
    {"threads apart", threads},
    {"processes together", together},
};

int main(void) { return RUN_ALL(steps); }
