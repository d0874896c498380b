/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dirs.c - guest test: directories, links, paths, renames
 *
 * Plain libc: runs on Linux and in ukernel with the same output.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static char dir[] = "/tmp/uk-dirs-XXXXXX";

static void make_file(const char *name) {
  int fd = open(name, O_CREAT | O_WRONLY, 0644);
  CHECK(fd >= 0);
  close(fd);
}

static ino_t inode_of(const char *name) {
  struct stat st;
  return lstat(name, &st) ? 0 : st.st_ino;
}

static nlink_t links_of(const char *name) {
  struct stat st;
  return lstat(name, &st) ? 0 : st.st_nlink;
}

static void test_make_and_remove(void) {
  struct stat st;
  CHECK(mkdir("d", 0755) == 0);
  FAILS(mkdir("d", 0755), EEXIST);
  FAILS(mkdir(".", 0755), EEXIST);
  FAILS(mkdir("no/d", 0755), ENOENT);
  CHECK(mkdir("d/e/", 0700) == 0);
  CHECK(stat("d/e", &st) == 0 && S_ISDIR(st.st_mode));
  CHECK((st.st_mode & 0777) == 0700 && links_of("d") == 3);
  FAILS(rmdir("d"), ENOTEMPTY);
  FAILS(rmdir("d/."), EINVAL);
  FAILS(rmdir("d/.."), ENOTEMPTY);
  FAILS(unlink("d"), EISDIR);
  make_file("d/f");
  FAILS(rmdir("d/f"), ENOTDIR);
  FAILS(mkdir("d/f/g", 0755), ENOTDIR);
  FAILS(unlinkat(AT_FDCWD, "d/f", 0x8000), EINVAL);
  CHECK(unlinkat(AT_FDCWD, "d/f", 0) == 0);
  CHECK(unlinkat(AT_FDCWD, "d/e", AT_REMOVEDIR) == 0 && rmdir("d") == 0);
  FAILS(rmdir("d"), ENOENT);
  FAILS(mkdir("", 0755), ENOENT);
  puts("ok make-and-remove");
}

static void test_symlinks(void) {
  char buf[64];
  struct stat st;
  make_file("target");
  CHECK(symlink("target", "link") == 0);
  FAILS(symlink("target", "link"), EEXIST);
  FAILS(symlink("", "empty"), ENOENT);
  CHECK(readlink("link", buf, sizeof(buf)) == 6);
  CHECK(memcmp(buf, "target", 6) == 0 && readlink("link", buf, 3) == 3);
  FAILS(readlink("target", buf, sizeof(buf)), EINVAL);
  FAILS(readlink("link", buf, 0), EINVAL);
  CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 6);
  CHECK(stat("link", &st) == 0 && S_ISREG(st.st_mode));
  FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
  CHECK(symlink("loop2", "loop1") == 0 && symlink("loop1", "loop2") == 0);
  FAILS(open("loop1", O_RDONLY), ELOOP);
  FAILS(open("loop1/x", O_RDONLY), ELOOP);
  CHECK(symlink("nowhere", "dangling") == 0);
  FAILS(open("dangling", O_RDONLY), ENOENT);
  FAILS(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
  int fd = open("dangling", O_CREAT | O_RDWR, 0600);
  CHECK(fd >= 0 && close(fd) == 0 && access("nowhere", F_OK) == 0);
  CHECK(mkdir("dir", 0755) == 0 && symlink("dir", "dirlink") == 0);
  make_file("dirlink/inside");
  CHECK(access("dir/inside", F_OK) == 0 && access("dirlink/../dir", F_OK) == 0);
  CHECK(lstat("dirlink/", &st) == 0 && S_ISDIR(st.st_mode));
  FAILS(rmdir("dirlink"), ENOTDIR);
  CHECK(unlink("dir/inside") == 0 && rmdir("dir") == 0);
  static const char *const names[] = {"link",     "target",  "loop1",  "loop2",
                                      "dangling", "nowhere", "dirlink"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    CHECK(unlink(names[i]) == 0);
  puts("ok symlinks");
}

static void test_hard_links(void) {
  make_file("one");
  CHECK(link("one", "two") == 0 && links_of("one") == 2);
  CHECK(inode_of("one") == inode_of("two"));
  FAILS(link("one", "two"), EEXIST);
  FAILS(link("missing", "three"), ENOENT);
  FAILS(link(".", "three"), EPERM);
  CHECK(rename("one", "two") == 0); /* one file: nothing happens */
  CHECK(access("one", F_OK) == 0);
  CHECK(unlink("one") == 0 && links_of("two") == 1 && unlink("two") == 0);
  puts("ok hard-links");
}

static void test_rename(void) {
  CHECK(mkdir("x", 0755) == 0 && mkdir("y", 0755) == 0);
  make_file("x/f");
  ino_t ino = inode_of("x/f");
  CHECK(rename("x/f", "y/g") == 0 && inode_of("y/g") == ino);
  FAILS(rename("x/f", "y/g"), ENOENT);
  make_file("x/f");
  CHECK(rename("y/g", "x/f") == 0 && inode_of("x/f") == ino);
  FAILS(rename("x", "x/in"), EINVAL);
  FAILS(rename("x", "x/f"), EINVAL);
  FAILS(rename("x/f", "y"), EISDIR);
  FAILS(rename("y", "x"), ENOTEMPTY);
  FAILS(rename("x/.", "z"), EBUSY);
  CHECK(rename("x", "y") == 0 && inode_of("y/f") == ino); /* over empty */
  CHECK(mkdir("p", 0755) == 0 && rename("y", "p/y") == 0);
  CHECK(links_of("p") == 3 && chdir("p/y") == 0 && chdir("..") == 0);
  CHECK(access("y/f", F_OK) == 0 && chdir("..") == 0);
  FAILS(rename("p/y/f", "nodir/f"), ENOENT);
  FAILS(syscall(SYS_renameat2, AT_FDCWD, "p/y/f", AT_FDCWD, "p/y", 1), EEXIST);
  CHECK(unlink("p/y/f") == 0 && rmdir("p/y") == 0 && rmdir("p") == 0);
  puts("ok rename");
}

static void test_listing(void) {
  enum { FILES = 300 };
  char name[32], seen[FILES] = {0};
  int dots = 0, others = 0;
  CHECK(mkdir("many", 0755) == 0);
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof(name), "many/file-%d", i);
    make_file(name);
  }
  DIR *stream = opendir("many");
  struct dirent *e;
  CHECK(stream != NULL);
  while (stream && (e = readdir(stream))) {
    int i = -1;
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) {
      dots++;
    } else if (sscanf(e->d_name, "file-%d", &i) == 1 && i >= 0 && i < FILES) {
      CHECK(e->d_type == DT_REG && !seen[i]);
      seen[i] = 1;
      snprintf(name, sizeof(name), "many/file-%d", i);
      CHECK(e->d_ino == inode_of(name) && unlink(name) == 0);
    } else {
      others++;
    }
  }
  CHECK(dots == 2 && others == 0 && !memchr(seen, 0, sizeof(seen)));
  rewinddir(stream);
  for (others = 0; (e = readdir(stream)); others++)
    continue;
  CHECK(others == 2);
  closedir(stream);
  char buf[16];
  int fd = open("many", O_RDONLY | O_DIRECTORY);
  FAILS(syscall(SYS_getdents64, fd, buf, 8), EINVAL);
  FAILS(syscall(SYS_getdents64, 0x7fffffff, buf, 16), EBADF);
  CHECK(rmdir("many") == 0);
  char room[256];
  FAILS(syscall(SYS_getdents64, fd, room, sizeof(room)), ENOENT);
  FAILS(openat(fd, "new", O_CREAT | O_RDWR, 0600), ENOENT);
  close(fd);
  puts("ok listing");
}

static void test_cwd(void) {
  char path[PATH_MAX], want[PATH_MAX];
  CHECK(mkdir("w", 0755) == 0 && mkdir("w/v", 0755) == 0);
  snprintf(want, sizeof(want), "%s/w/v", dir);
  CHECK(chdir("w/v") == 0 && getcwd(path, sizeof(path)) != NULL);
  CHECK(strcmp(path, want) == 0);
  errno = 0;
  CHECK(getcwd(path, 5) == NULL && errno == ERANGE);
  int up = open("..", O_RDONLY | O_DIRECTORY);
  CHECK(fchdir(up) == 0 && access("v", F_OK) == 0);
  CHECK(mkdirat(up, "u", 0755) == 0 && unlinkat(up, "u", AT_REMOVEDIR) == 0);
  close(up);
  CHECK(chdir("v") == 0 && rmdir("../v") == 0);
  errno = 0;
  CHECK(syscall(SYS_getcwd, path, sizeof(path)) == -1 && errno == ENOENT);
  CHECK(chdir("..") == 0 && chdir("..") == 0 && rmdir("w") == 0);
  FAILS(chdir("missing"), ENOENT);
  make_file("plain");
  FAILS(chdir("plain"), ENOTDIR);
  CHECK(unlink("plain") == 0);
  CHECK(access("/..//../tmp/./", F_OK) == 0);
  CHECK(inode_of("/") == inode_of("/.."));
  puts("ok cwd");
}

static void test_proc(void) {
  char buf[64], path[64];
  snprintf(path, sizeof(path), "/proc/%d/cwd", getpid());
  ssize_t n = readlink(path, buf, sizeof(buf) - 1);
  CHECK(n > 0);
  buf[n > 0 ? n : 0] = '\0';
  CHECK(strcmp(buf, dir) == 0);
  int fd = open("named", O_CREAT | O_RDWR, 0600);
  CHECK(write(fd, "through", 7) == 7);
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  n = readlink(path, buf, sizeof(buf) - 1);
  CHECK(n == (ssize_t)strlen(dir) + 6 && !memcmp(buf + n - 6, "/named", 6));
  int again = open(path, O_RDONLY);
  CHECK(again >= 0 && read(again, buf, sizeof(buf)) == 7);
  close(again);
  close(fd);
  CHECK(unlink("named") == 0 && access("/proc/self/exe", R_OK) == 0);
  FAILS(open("/proc/self/nothing", O_RDONLY), ENOENT);
  puts("ok proc");
}

int main(void) {
  if (!mkdtemp(dir) || chdir(dir)) {
    perror("mkdtemp");
    return 1;
  }
  test_make_and_remove();
  test_symlinks();
  test_hard_links();
  test_rename();
  test_listing();
  test_cwd();
  test_proc();
  CHECK(chdir("/") == 0 && rmdir(dir) == 0);
  return failures != 0;
}
