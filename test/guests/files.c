/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * files.c - guest test: regular files, positions, descriptors, attributes
 *
 * Plain libc: runs on Linux and in ukernel with the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static char dir[] = "/tmp/uk-files-XXXXXX";

static void test_open_errors(void) {
  char long_name[300];
  memset(long_name, 'x', sizeof(long_name) - 1);
  long_name[sizeof(long_name) - 1] = '\0';
  FAILS(open("missing", O_RDONLY), ENOENT);
  FAILS(open("", O_RDONLY), ENOENT);
  FAILS(open(long_name, O_RDONLY), ENAMETOOLONG);
  FAILS(open(".", O_WRONLY), EISDIR);
  FAILS(open(".", O_RDONLY | O_CREAT, 0600), EISDIR);
  int fd = open("a", O_CREAT | O_EXCL | O_RDWR, 0640);
  CHECK(fd >= 0);
  FAILS(open("a", O_CREAT | O_EXCL | O_RDWR, 0640), EEXIST);
  FAILS(open("a/b", O_RDONLY), ENOTDIR);
  FAILS(open("a/", O_RDONLY), ENOTDIR);
  FAILS(open("a", O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open("new/", O_CREAT | O_RDWR, 0600), EISDIR);
  FAILS(openat(fd, "x", O_RDONLY), ENOTDIR);
  FAILS(openat(999, "x", O_RDONLY), EBADF);
  FAILS(syscall(SYS_open, (char *)8, O_RDONLY, 0), EFAULT);
  CHECK(close(fd) == 0);
  FAILS(close(fd), EBADF);
  FAILS(close(-1), EBADF);
  puts("ok open-errors");
}

static void test_read_write(void) {
  char buf[64];
  int fd = open("rw", O_CREAT | O_RDWR | O_TRUNC, 0600);
  CHECK(write(fd, "hello world", 11) == 11);
  CHECK(lseek(fd, 0, SEEK_CUR) == 11);
  CHECK(pread(fd, buf, 5, 6) == 5 && memcmp(buf, "world", 5) == 0);
  CHECK(pwrite(fd, "W", 1, 6) == 1);
  CHECK(lseek(fd, 0, SEEK_CUR) == 11);
  CHECK(lseek(fd, 6, SEEK_SET) == 6);
  CHECK(read(fd, buf, sizeof(buf)) == 5 && memcmp(buf, "World", 5) == 0);
  CHECK(read(fd, buf, sizeof(buf)) == 0);
  FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
  FAILS(lseek(fd, 0, 99), EINVAL);
  CHECK(lseek(fd, -5, SEEK_END) == 6);
  FAILS(pread(fd, buf, 1, -1), EINVAL);
  FAILS(read(fd, (void *)8, 5), EFAULT);
  CHECK(lseek(fd, 0, SEEK_CUR) == 6);
  FAILS(write(fd, (void *)8, 5), EFAULT);
  FAILS(syscall(SYS_read, fd, buf, -1L), EFAULT);
  int ro = open("rw", O_RDONLY), wo = open("rw", O_WRONLY);
  FAILS(write(ro, "x", 1), EBADF);
  FAILS(read(wo, buf, 1), EBADF);
  FAILS(read(-1, NULL, 0), EBADF);
  close(ro);
  close(wo);
  int dirfd = open(".", O_RDONLY | O_DIRECTORY);
  FAILS(read(dirfd, buf, 1), EISDIR);
  close(dirfd);
  int ap = open("rw", O_WRONLY | O_APPEND);
  CHECK(write(ap, "!", 1) == 1);
  CHECK(lseek(ap, 0, SEEK_CUR) == 12);
  close(ap);
  close(fd);
  puts("ok read-write");
}

static void test_vectors(void) {
  char a[3], b[8];
  struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
  struct iovec in[2] = {{a, 3}, {b, 8}};
  int fd = open("vec", O_CREAT | O_RDWR | O_TRUNC, 0600);
  CHECK(writev(fd, out, 3) == 8);
  CHECK(preadv(fd, in, 2, 1) == 7);
  CHECK(memcmp(a, "bcd", 3) == 0 && memcmp(b, "efgh", 4) == 0);
  CHECK(pwritev(fd, out, 1, 5) == 3);
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  CHECK(readv(fd, in, 2) == 8);
  CHECK(memcmp(a, "abc", 3) == 0 && memcmp(b, "deabc", 5) == 0);
  FAILS(readv(fd, in, -1), EINVAL);
  FAILS(readv(fd, in, 1025), EINVAL);
  FAILS(preadv(fd, in, 1, -2), EINVAL);
  CHECK(readv(fd, in, 0) == 0);
  struct iovec bad[2] = {{a, (size_t)-1}, {b, 8}};
  FAILS(writev(fd, bad, 2), EINVAL);
  FAILS(writev(fd, (struct iovec *)8, 2), EFAULT);
  close(fd);
  puts("ok vectors");
}

static void test_sparse_and_size(void) {
  char buf[16];
  struct stat st;
  int fd = open("sparse", O_CREAT | O_RDWR | O_TRUNC, 0600);
  CHECK(pwrite(fd, "end", 3, 1000000) == 3);
  CHECK(fstat(fd, &st) == 0 && st.st_size == 1000003);
  CHECK(pread(fd, buf, 4, 500000) == 4 && memcmp(buf, "\0\0\0\0", 4) == 0);
  CHECK(ftruncate(fd, 10) == 0 && fstat(fd, &st) == 0 && st.st_size == 10);
  CHECK(ftruncate(fd, 2000000) == 0);
  CHECK(pread(fd, buf, 3, 1000000) == 3 && memcmp(buf, "\0\0\0", 3) == 0);
  FAILS(ftruncate(fd, -1), EINVAL);
  CHECK(truncate("sparse", 5) == 0 && stat("sparse", &st) == 0);
  CHECK(st.st_size == 5);
  FAILS(truncate(".", 5), EISDIR);
  FAILS(truncate("missing", 5), ENOENT);
  CHECK(syscall(SYS_fallocate, fd, 0, 0L, 8192L) == 0);
  CHECK(fstat(fd, &st) == 0 && st.st_size == 8192);
  FAILS(syscall(SYS_fallocate, fd, 0, 0L, 0L), EINVAL);
  FAILS(syscall(SYS_fallocate, fd, 0, -1L, 10L), EINVAL);
  CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
  close(fd);
  puts("ok sparse-and-size");
}

static void test_descriptors(void) {
  int fd = open("fds", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
  int a = dup(fd);
  CHECK(write(a, "12345", 5) == 5 && lseek(fd, 0, SEEK_CUR) == 5);
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(a, F_GETFD) == 0);
  CHECK(dup2(fd, 100) == 100 && dup2(100, 100) == 100);
  FAILS(dup2(99, 99), EBADF);
  FAILS(dup2(fd, -1), EBADF);
  FAILS(dup3(fd, fd, 0), EINVAL);
  FAILS(dup3(fd, 101, O_APPEND), EINVAL);
  CHECK(dup3(fd, 101, O_CLOEXEC) == 101 && fcntl(101, F_GETFD) == FD_CLOEXEC);
  CHECK(fcntl(fd, F_DUPFD, 102) == 102);
  CHECK(fcntl(fd, F_DUPFD_CLOEXEC, 102) == 103);
  CHECK(fcntl(103, F_GETFD) == FD_CLOEXEC);
  FAILS(fcntl(fd, F_DUPFD, -1), EINVAL);
  CHECK(fcntl(a, F_SETFD, FD_CLOEXEC) == 0 && fcntl(a, F_GETFD) == FD_CLOEXEC);
  CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == O_RDWR);
  CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0);
  CHECK(fcntl(a, F_GETFL) & O_APPEND);
  FAILS(fcntl(98, F_GETFD), EBADF);
  FAILS(fcntl(fd, 9999), EINVAL);
  CHECK(syscall(SYS_close_range, 100, 103, 0) == 0);
  FAILS(fcntl(101, F_GETFD), EBADF);
  FAILS(syscall(SYS_close_range, 5, 4, 0), EINVAL);
  int opath = open("fds", O_PATH);
  char byte;
  struct stat st;
  FAILS(read(opath, &byte, 1), EBADF);
  CHECK(fstat(opath, &st) == 0 && st.st_size == 5);
  close(opath);
  close(a);
  close(fd);
  puts("ok descriptors");
}

static void test_mmap(void) {
  int fd = open("map", O_CREAT | O_RDWR | O_TRUNC, 0600);
  char buf[5];
  CHECK(ftruncate(fd, 8192) == 0);
  char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
  char *r = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(p != MAP_FAILED && q != MAP_FAILED && r != MAP_FAILED);
  memcpy(p + 4096, "pages", 5);
  CHECK(memcmp(q, "pages", 5) == 0);
  CHECK(pread(fd, buf, 5, 4096) == 5 && memcmp(buf, "pages", 5) == 0);
  CHECK(pwrite(fd, "files", 5, 4096) == 5 && memcmp(q, "files", 5) == 0);
  r[0] = 'x';
  CHECK(p[0] == 0 && pread(fd, buf, 1, 0) == 1 && buf[0] == 0);
  CHECK(pwrite(fd, "grown", 5, 300000) == 5); /* mapped pages stay put */
  p[4096] = 'F';
  CHECK(pread(fd, buf, 5, 4096) == 5 && memcmp(buf, "Files", 5) == 0);
  close(fd);
  CHECK(unlink("map") == 0 && q[0] == 'F');
  CHECK(munmap(p, 8192) == 0 && munmap(q, 4096) == 0 && munmap(r, 4096) == 0);
  int m = memfd_create("mem", MFD_CLOEXEC);
  CHECK(m >= 0 && write(m, "memory", 6) == 6);
  CHECK(pread(m, buf, 5, 1) == 5 && memcmp(buf, "emory", 5) == 0);
  close(m);
  puts("ok mmap");
}

static void test_attributes(void) {
  struct stat st;
  struct timespec times[2] = {{1000000000, 5}, {0, UTIME_OMIT}};
  umask(027);
  int fd = open("attr", O_CREAT | O_RDWR, 0666);
  CHECK(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640);
  CHECK(S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_size == 0);
  CHECK(umask(022) == 027);
  CHECK(fchmod(fd, 04755) == 0 && chmod("attr", 0600) == 0);
  CHECK(stat("attr", &st) == 0 && (st.st_mode & 07777) == 0600);
  CHECK(utimensat(AT_FDCWD, "attr", times, 0) == 0);
  CHECK(stat("attr", &st) == 0 && st.st_atim.tv_sec == 1000000000 &&
        st.st_atim.tv_nsec == 5 && st.st_mtim.tv_sec > 1000000000);
  times[0].tv_nsec = 1000000000;
  FAILS(utimensat(AT_FDCWD, "attr", times, 0), EINVAL);
  CHECK(access("attr", R_OK | W_OK) == 0 && access("attr", F_OK) == 0);
  FAILS(access("attr", X_OK), EACCES);
  FAILS(access("attr", 99), EINVAL);
  FAILS(access("missing", F_OK), ENOENT);
  struct statx sx;
  CHECK(statx(AT_FDCWD, "attr", 0, STATX_BASIC_STATS, &sx) == 0);
  CHECK(sx.stx_ino == st.st_ino && sx.stx_mode == st.st_mode);
  CHECK(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && S_ISREG(st.st_mode));
  CHECK(faccessat(AT_FDCWD, "attr", R_OK, 0) == 0);
  int waiting = -1;
  CHECK(write(fd, "12345678", 8) == 8 && lseek(fd, 3, SEEK_SET) == 3);
  CHECK(ioctl(fd, FIONREAD, &waiting) == 0 && waiting == 5);
  FAILS(ioctl(fd, TIOCGWINSZ, &waiting), ENOTTY);
  close(fd);
  puts("ok attributes");
}

static void test_unlinked(void) {
  struct stat st;
  char buf[4];
  int fd = open("gone", O_CREAT | O_RDWR, 0600);
  CHECK(write(fd, "data", 4) == 4 && unlink("gone") == 0);
  CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 4);
  CHECK(pread(fd, buf, 4, 0) == 4 && memcmp(buf, "data", 4) == 0);
  CHECK(pwrite(fd, "more", 4, 4) == 4 && fstat(fd, &st) == 0);
  CHECK(st.st_size == 8);
  FAILS(unlink("gone"), ENOENT);
  close(fd);
  puts("ok unlinked");
}

static void test_copies(void) {
  char big[100000], back[100000];
  for (size_t i = 0; i < sizeof(big); i++)
    big[i] = (char)(i * 7);
  int in = open("big", O_CREAT | O_RDWR | O_TRUNC, 0600);
  int out = open("copy", O_CREAT | O_RDWR | O_TRUNC, 0600);
  CHECK(write(in, big, sizeof(big)) == (ssize_t)sizeof(big));
  off_t at = 10;
  CHECK(sendfile(out, in, &at, 50000) == 50000 && at == 50010);
  CHECK(pread(out, back, 50000, 0) == 50000);
  CHECK(memcmp(back, big + 10, 50000) == 0);
  loff_t from = 0, to = 0;
  CHECK(copy_file_range(in, &from, out, &to, sizeof(big), 0) ==
        (ssize_t)sizeof(big));
  CHECK(pread(out, back, sizeof(back), 0) == (ssize_t)sizeof(back));
  CHECK(memcmp(back, big, sizeof(big)) == 0);
  CHECK(lseek(in, 0, SEEK_SET) == 0 && read(in, back, sizeof(back)) == 100000);
  close(in);
  close(out);
  puts("ok copies");
}

static void test_devices(void) {
  char buf[8] = "xxxxxxx";
  struct stat st;
  int fd = open("/dev/zero", O_RDWR);
  CHECK(read(fd, buf, 8) == 8 && memcmp(buf, "\0\0\0\0\0\0\0\0", 8) == 0);
  CHECK(write(fd, buf, 8) == 8);
  close(fd);
  fd = open("/dev/null", O_RDWR);
  CHECK(read(fd, buf, 8) == 0 && write(fd, buf, 8) == 8);
  CHECK(fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
  close(fd);
  fd = open("/dev/full", O_RDWR);
  FAILS(write(fd, buf, 8), ENOSPC);
  close(fd);
  fd = open("/dev/urandom", O_RDONLY);
  CHECK(read(fd, buf, 8) == 8);
  close(fd);
  puts("ok devices");
}

int main(void) {
  if (!mkdtemp(dir) || chdir(dir)) {
    perror("mkdtemp");
    return 1;
  }
  test_open_errors();
  test_read_write();
  test_vectors();
  test_sparse_and_size();
  test_descriptors();
  test_mmap();
  test_attributes();
  test_unlinked();
  test_copies();
  test_devices();
  static const char *const names[] = {"a",   "rw",   "vec", "sparse",
                                      "fds", "attr", "big", "copy"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    CHECK(unlink(names[i]) == 0);
  CHECK(chdir("/") == 0 && rmdir(dir) == 0);
  return failures != 0;
}
