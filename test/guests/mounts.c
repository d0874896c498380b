/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mounts.c - guest test: mount, umount2, what lies in mounts and under them
 */
#define _GNU_SOURCE
#include "mounts.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

/* ---- Errors -------------------------------------------------------------- */

static void errors(void) {
  char longer[5000];
  memset(longer, 'x', sizeof(longer));
  longer[sizeof(longer) - 1] = '\0';
  CHECK(mkdir("dir", 0755) == 0 && make("file") == 0);
  FAILS(mount("x", "dir", "nosuchfs", 0, NULL), ENODEV);
  FAILS(mount("x", "dir", "", 0, NULL), ENODEV);
  FAILS(mount("x", "dir", NULL, 0, NULL), EINVAL);
  FAILS(mount("x", "missing", "tmpfs", 0, NULL), ENOENT);
  FAILS(mount("x", "file", "tmpfs", 0, NULL), ENOTDIR);
  FAILS(mount("x", "file/x", "tmpfs", 0, NULL), ENOTDIR);
  FAILS(mount("x", "", "tmpfs", 0, NULL), ENOENT);
  FAILS(mount("x", longer, "tmpfs", 0, NULL), ENAMETOOLONG);
  FAILS(mount("x", (char *)1, "tmpfs", 0, NULL), EFAULT);
  FAILS(mount((char *)1, "dir", "tmpfs", 0, NULL), EFAULT);
  FAILS(mount("x", "dir", (char *)1, 0, NULL), EFAULT);
  FAILS(mount("x", "dir", "tmpfs", 0, (char *)1), EFAULT);
  FAILS(mount("x", "dir", longer, 0, NULL), EINVAL);
  FAILS(mount(longer, "dir", "tmpfs", 0, NULL), EINVAL);
  FAILS(tmpfs("dir", "nosuchoption=1"), EINVAL);
  FAILS(tmpfs("dir", "size=lots"), EINVAL);
  FAILS(tmpfs("dir", "mode=9"), EINVAL);
  FAILS(mount("x", "dir", "tmpfs", 1ul << 31, NULL), EINVAL);
  FAILS(bind("missing", "dir", 0), ENOENT);
  FAILS(bind("dir", "missing", 0), ENOENT);
  FAILS(bind(NULL, "dir", 0), EINVAL);
  FAILS(bind("", "dir", 0), EINVAL);
  FAILS(bind("dir", "file", 0), ENOTDIR);
  FAILS(bind("file", "dir", 0), ENOTDIR);
  FAILS(mount(NULL, "dir", NULL, MS_PRIVATE, NULL), EINVAL);
  FAILS(mount(NULL, ".", NULL, MS_PRIVATE | MS_SHARED, NULL), EINVAL);
  FAILS(mount(NULL, ".", NULL, MS_PRIVATE | MS_RDONLY, NULL), EINVAL);
  FAILS(mount(NULL, "dir", NULL, MS_REMOUNT, NULL), EINVAL);
  FAILS(mount(NULL, "dir", NULL, MS_REMOUNT | MS_BIND, NULL), EINVAL);
  FAILS(mount("file", "dir", NULL, MS_MOVE, NULL), EINVAL);
  FAILS(mount("missing", "dir", NULL, MS_MOVE, NULL), ENOENT);
  FAILS(umount2("dir", 0), EINVAL);
  FAILS(umount2("dir", MNT_DETACH), EINVAL);
  FAILS(umount2("file", 0), EINVAL);
  FAILS(umount2("missing", 0), ENOENT);
  FAILS(umount2("dir", 16), EINVAL);
  FAILS(umount2((char *)1, 0), EFAULT);
}

static void no_rights(void) {
  CHECK(mkdir("dir", 0777) == 0 && tmpfs("dir", NULL) == 0);
  pid_t child = fork();
  if (child == 0) {
    int bad = setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000);
    if (bad) /* a user namespace with one user: */
      _exit(0);
    FAILS(mount("x", "dir", "tmpfs", 0, NULL), EPERM);
    FAILS(mount("x", "missing", "tmpfs", 0, NULL), ENOENT);
    FAILS(umount2("dir", 0), EPERM);
    FAILS(umount2("dir", 16), EINVAL);
    FAILS(unshare(CLONE_NEWNS), EPERM);
    FAILS(chroot("dir"), EPERM);
    _exit(failures != 0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/* ---- File systems in memory ---------------------------------------------- */

static void in_memory(void) {
  struct statfs fs;
  struct stat st, outside;
  char block[4096] = "";
  CHECK(mkdir("dir", 0755) == 0 && make("dir/below") == 0);
  CHECK(tmpfs("dir", "mode=0711,size=64k,nr_inodes=10,uid=0,gid=0") == 0);
  CHECK(stat("dir", &st) == 0 && stat(".", &outside) == 0);
  CHECK(st.st_mode == (S_IFDIR | 0711) && st.st_dev != outside.st_dev);
  CHECK(!is_there("dir/below"));
  CHECK(statfs("dir", &fs) == 0 && fs.f_type == TMPFS_MAGIC);
  CHECK(fs.f_blocks == 16 && fs.f_files == 10);
  int fd = open("dir/file", O_CREAT | O_RDWR, 0644);
  int blocks = 0;
  while (blocks < 20 && write(fd, block, sizeof(block)) == sizeof(block))
    blocks++;
  CHECK(blocks == 16 && errno == ENOSPC);
  CHECK(ftruncate(fd, 4096) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
        write(fd, block, 4096) == 4096);
  for (int i = 0; i < 10; i++) {
    snprintf(block, sizeof(block), "dir/%d", i);
    if (make(block))
      break;
  }
  CHECK(errno == ENOSPC);
  FAILS(umount2("dir", 0), EBUSY);
  close(fd);
  CHECK(umount2("dir", 0) == 0 && is_there("dir/below"));
  FAILS(umount2("dir", 0), EINVAL);
  CHECK(mount("ram", "dir", "ramfs", MS_RDONLY, "mode=755,unknown=1") == 0);
  CHECK(statfs("dir", &fs) == 0 && fs.f_type == RAMFS_MAGIC);
  CHECK(fs.f_flags & ST_RDONLY);
  FAILS(mkdir("dir/x", 0755), EROFS);
  CHECK(mount(NULL, "dir", NULL, MS_REMOUNT, NULL) == 0);
  CHECK(mkdir("dir/x", 0755) == 0);
  FAILS(mount(NULL, "dir/x", NULL, MS_REMOUNT, NULL), EINVAL);
  CHECK(umount2("dir", 0) == 0);
}

static void stacked(void) {
  CHECK(mkdir("dir", 0755) == 0);
  CHECK(tmpfs("dir", NULL) == 0 && make("dir/first") == 0);
  CHECK(tmpfs("dir", NULL) == 0 && make("dir/second") == 0);
  CHECK(!is_there("dir/first") && is_there("dir/second"));
  CHECK(umount2("dir", 0) == 0 && is_there("dir/first"));
  CHECK(umount2("dir", 0) == 0 && !is_there("dir/first"));
  FAILS(umount2("dir", 0), EINVAL);
  CHECK(symlink("dir", "link") == 0 && tmpfs("link", NULL) == 0);
  FAILS(umount2("link", UMOUNT_NOFOLLOW), EINVAL);
  CHECK(umount2("link", 0) == 0);
}

/* ---- In use, and not any more -------------------------------------------- */

static void busy(void) {
  char cwd[256];
  struct stat a, b;
  CHECK(mkdir("dir", 0755) == 0 && tmpfs("dir", NULL) == 0);
  CHECK(mkdir("dir/sub", 0755) == 0 && tmpfs("dir/sub", NULL) == 0);
  FAILS(umount2("dir", 0), EBUSY); /* another lies in it */
  FAILS(umount2("dir", MNT_FORCE), EBUSY);
  CHECK(umount2("dir/sub", 0) == 0);
  int fd = open("dir", O_RDONLY);
  FAILS(umount2("dir", 0), EBUSY);
  FAILS(umount2("dir", MNT_EXPIRE), EBUSY);
  close(fd);
  FAILS(umount2("dir", MNT_EXPIRE | MNT_DETACH), EINVAL);
  FAILS(umount2("dir", MNT_EXPIRE), EAGAIN);
  CHECK(is_there("dir/sub")); /* no longer expired */
  FAILS(umount2("dir", MNT_EXPIRE), EAGAIN);
  CHECK(umount2("dir", MNT_EXPIRE) == 0);
  CHECK(tmpfs("dir", NULL) == 0 && mkdir("dir/sub", 0755) == 0);
  CHECK(chdir("dir/sub") == 0);
  FAILS(umount2("../../dir", 0), EBUSY);
  fd = open("file", O_CREAT | O_RDWR, 0644);
  CHECK(umount2("../../dir", MNT_DETACH) == 0);
  FAILS(umount2("../../dir", MNT_DETACH), ENOENT);
  CHECK(syscall(SYS_getcwd, cwd, sizeof(cwd)) > 0);
  CHECK(strcmp(cwd, "(unreachable)/sub") == 0);
  CHECK(write(fd, "x", 1) == 1 && is_there("file"));
  CHECK(stat("..", &a) == 0 && stat("../..", &b) == 0 && a.st_ino == b.st_ino);
  CHECK(tmpfs(".", NULL) == -1); /* EINVAL, since 6.17 ENOENT */
  FAILS(umount2("..", MNT_DETACH), EINVAL);
  CHECK(mkdir("more", 0755) == 0 && rmdir("more") == 0);
  close(fd);
  CHECK(chdir(top) == 0 && rmdir("dir") == 0);
}

/* ---- Binds --------------------------------------------------------------- */

static void binds(void) {
  struct stat a, b;
  CHECK(mkdir("a", 0755) == 0 && mkdir("a/in", 0755) == 0);
  CHECK(mkdir("b", 0755) == 0 && mkdir("b/to", 0755) == 0);
  CHECK(make("a/in/file") == 0 && make("b/mark") == 0 && make("a/up") == 0);
  CHECK(bind("a/in", "b/to", MS_RDONLY) == 0); /* which means nothing here */
  CHECK(is_there("b/to/file") && is_there("b/to/../mark"));
  CHECK(!is_there("b/to/../up") && is_there("a/in/../up"));
  CHECK(stat("a/in/file", &a) == 0 && stat("b/to/file", &b) == 0);
  CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
  CHECK(make("b/to/new") == 0 && is_there("a/in/new"));
  FAILS(rename("a/in/new", "b/to/other"), EXDEV);
  FAILS(link("a/in/new", "b/to/other"), EXDEV);
  FAILS(rename("b/to/new", "b/other"), EXDEV);
  FAILS(rmdir("b/to"), EBUSY);
  FAILS(rename("b/to", "b/away"), EBUSY);
  CHECK(mkdir("b/dir", 0755) == 0);
  FAILS(rename("b/dir", "b/to"), EBUSY);
  FAILS(rmdir("b"), ENOTEMPTY);
  CHECK(rename("b", "c") == 0 && is_there("c/to/../mark"));
  CHECK(chdir("c/to") == 0 && chdir("..") == 0 && is_there("mark"));
  CHECK(chdir(top) == 0 && umount2("c/to", 0) == 0 && rmdir("c/to") == 0);
  CHECK(make("c/x") == 0 && bind("a/up", "c/x", 0) == 0);
  FAILS(unlink("c/x"), EBUSY);
  FAILS(rename("c/mark", "c/x"), EBUSY);
  CHECK(stat("a/up", &a) == 0 && stat("c/x", &b) == 0 && a.st_ino == b.st_ino);
  FAILS(umount2("a/up", 0), EINVAL);
  CHECK(umount2("c/x", 0) == 0 && unlink("c/x") == 0);
}

static void recursive(void) {
  CHECK(mkdir("a", 0755) == 0 && tmpfs("a", NULL) == 0);
  CHECK(mkdir("a/one", 0755) == 0 && tmpfs("a/one", NULL) == 0);
  CHECK(mkdir("a/two", 0755) == 0 && tmpfs("a/two", NULL) == 0);
  CHECK(make("a/one/x") == 0 && make("a/two/x") == 0 && mkdir("b", 0755) == 0);
  CHECK(bind("a", "b", 0) == 0 && is_there("b/one") && !is_there("b/one/x"));
  CHECK(umount2("b", 0) == 0);
  CHECK(mount(NULL, "a/two", NULL, MS_UNBINDABLE, NULL) == 0);
  CHECK(bind("a", "b", MS_REC) == 0);
  CHECK(is_there("b/one/x") && !is_there("b/two/x"));
  FAILS(umount2("b", 0), EBUSY);
  CHECK(mkdir("c", 0755) == 0);
  FAILS(bind("a/two", "c", 0), EINVAL);
  CHECK(mount(NULL, "a", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  CHECK(bind("a/two", "c", 0) == 0 && umount2("c", 0) == 0);
  CHECK(bind("b/one", "c", MS_REC) == 0 && is_there("c/x"));
  CHECK(umount2("b", MNT_DETACH) == 0 && !is_there("b/one"));
  CHECK(is_there("a/one/x") && is_there("c/x"));
  CHECK(umount2("a/one", 0) == 0 && is_there("c/x")); /* has it as well */
  CHECK(umount2("c", 0) == 0);
  CHECK(bind("a", "a", 0) == 0 && bind("a", "a/two", MS_REC) == 0);
  CHECK(umount2("a", MNT_DETACH) == 0 && umount2("a", MNT_DETACH) == 0);
}

static void flags(void) {
  struct statfs fs;
  CHECK(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && make("a/x") == 0);
  CHECK(bind("a", "b", 0) == 0);
  int fd = open("b/x", O_RDWR);
  const unsigned long remount = MS_REMOUNT | MS_BIND;
  FAILS(mount(NULL, "b", NULL, remount | MS_RDONLY, NULL), EBUSY);
  close(fd);
  CHECK(mount(NULL, "b", NULL, remount | MS_RDONLY, NULL) == 0);
  CHECK(statfs("b", &fs) == 0 && (fs.f_flags & ST_RDONLY));
  CHECK(statfs("a", &fs) == 0 && !(fs.f_flags & ST_RDONLY));
  FAILS(open("b/x", O_RDWR), EROFS);
  FAILS(open("b/y", O_CREAT | O_RDWR, 0644), EROFS);
  FAILS(mkdir("b/y", 0755), EROFS);
  FAILS(unlink("b/x"), EROFS);
  FAILS(rename("b/x", "b/y"), EROFS);
  FAILS(symlink("x", "b/y"), EROFS);
  FAILS(chmod("b/x", 0600), EROFS);
  FAILS(truncate("b/x", 0), EROFS);
  FAILS(access("b/x", W_OK), EROFS);
  FAILS(utimensat(AT_FDCWD, "b/x", NULL, 0), EROFS);
  CHECK(chmod("a/x", 0600) == 0 && make("a/y") == 0 && is_there("b/y"));
  CHECK(mount(NULL, "b", NULL, remount | MS_NODEV | MS_NOEXEC, NULL) == 0);
  CHECK(statfs("b", &fs) == 0 && (fs.f_flags & ST_NODEV) &&
        (fs.f_flags & ST_NOEXEC) && !(fs.f_flags & ST_NOSUID));
  CHECK(chmod("b/x", 0755) == 0);
  FAILS(execl("b/x", "x", (char *)NULL), EACCES);
  fd = open("b/x", O_RDWR);
  CHECK(write(fd, "x", 1) == 1);
  CHECK(mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
  CHECK(mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) ==
            MAP_FAILED &&
        errno == EPERM);
  close(fd);
  CHECK(make("a/null") == 0 && bind("/dev/null", "a/null", 0) == 0);
  fd = open("a/null", O_RDWR);
  CHECK(fd >= 0 && close(fd) == 0);
  CHECK(umount2("a/null", 0) == 0);
  CHECK(symlink("x", "a/link") == 0 && is_there("b/link"));
  CHECK(mount(NULL, "b", NULL, remount | 256, NULL) == 0); /* nosymfollow */
  FAILS(open("b/link", O_RDONLY), ELOOP);
}

static void moves(void) {
  CHECK(mkdir("a", 0755) == 0 && tmpfs("a", NULL) == 0);
  CHECK(mkdir("a/in", 0755) == 0 && tmpfs("a/in", NULL) == 0);
  CHECK(make("a/in/x") == 0 && mkdir("b", 0755) == 0 && make("f") == 0);
  FAILS(mount("a", "f", NULL, MS_MOVE, NULL), EINVAL);
  FAILS(mount("a", "a/in", NULL, MS_MOVE, NULL), ELOOP);
  FAILS(mount("b", "a/in", NULL, MS_MOVE, NULL), EINVAL);
  int dir = open("a", O_RDONLY);
  CHECK(mount("a", "b", NULL, MS_MOVE, NULL) == 0);
  CHECK(is_there("b/in/x") && !is_there("a/in"));
  CHECK(faccessat(dir, "in/x", F_OK, 0) == 0);
  CHECK(faccessat(dir, "../f", F_OK, 0) == 0);
  CHECK(mount("b/in", "a", NULL, MS_MOVE, NULL) == 0 && is_there("a/x"));
  close(dir);
  CHECK(umount2("b", 0) == 0 && umount2("a", 0) == 0);
}

static const struct step steps[] = {
    {"errors", errors},
    {"without the capability", no_rights},
    {"file systems in memory", in_memory},
    {"stacked", stacked},
    {"busy, expired, detached", busy},
    {"binds", binds},
    {"recursive binds", recursive},
    {"flags", flags},
    {"moves", moves},
};

int main(void) { return RUN_ALL(steps); }
