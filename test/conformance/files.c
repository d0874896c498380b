/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * files.c - the device as a file: opening, attributes, what it refuses
 *
 * Attributes that a case changes are put back: the file is the system's.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#define WORDS PAGE_WORDS
#define KCOV_DIR "/sys/kernel/debug"

/* ---- open ---------------------------------------------------------------- */

static const struct open_row {
  const char *name;
  int flags;
} open_rows[] = {
    {"rdonly", O_RDONLY},
    {"wronly", O_WRONLY},
    {"rdwr", O_RDWR},
    {"mode-3", O_ACCMODE},
    {"trunc", O_RDWR | O_TRUNC},
    {"append", O_RDWR | O_APPEND},
    {"nonblock", O_RDWR | O_NONBLOCK},
    {"creat", O_RDWR | O_CREAT},
    {"creat-excl", O_RDWR | O_CREAT | O_EXCL},
    {"directory", O_RDONLY | O_DIRECTORY},
    {"nofollow", O_RDWR | O_NOFOLLOW},
    {"noatime", O_RDWR | O_NOATIME},
    {"sync", O_RDWR | O_SYNC},
    {"direct", O_RDWR | O_DIRECT},
    {"path", O_PATH},
    {"cloexec", O_RDWR | O_CLOEXEC},
};

/* What O_GETFL says, without the bits that only libc's headers know. */
static void open_flags(void) {
  const struct open_row *row = case_arg();
  int fd = open(KCOV_PATH, row->flags, 0600);
  say_ok("open", sys(fd));
  if (fd < 0)
    return;
  say("flags", "%#x", fcntl(fd, F_GETFL));
  say("cloexec", "%d", fcntl(fd, F_GETFD));
  say_rc("init", kcov_ioctl(fd, INIT_TRACE, WORDS));
  say_ok("mmap",
         sys_map(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)));
  say_ok("mmap-read", sys_map(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)));
  say_ok("mmap-private",
         sys_map(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)));
  say_rc("enable", kcov_ioctl(fd, ENABLE, 0));
}

static void names(void) {
  say_ok("missing-neighbour", sys(open(KCOV_PATH "x", O_RDWR)));
  say_ok("below", sys(open(KCOV_PATH "/x", O_RDWR)));
  say_ok("slash", sys(open(KCOV_PATH "/", O_RDWR)));
  say_ok("creat-neighbour", sys(open(KCOV_PATH "x", O_RDWR | O_CREAT, 0600)));
  say_ok("tmpfile", sys(open(KCOV_DIR, O_RDWR | O_TMPFILE, 0600)));
  say_ok("directory-rdwr", sys(open(KCOV_DIR, O_RDWR)));
  say_rc("unlink", sys(unlink(KCOV_PATH)));
  say_rc("rename", sys(rename(KCOV_PATH, KCOV_PATH "x")));
  say_rc("link", sys(link(KCOV_PATH, KCOV_PATH "x")));
  say_rc("symlink", sys(symlink("kcov", KCOV_PATH "x")));
  say_rc("mkdir", sys(mkdir(KCOV_PATH "x", 0700)));
  say_rc("rmdir", sys(rmdir(KCOV_PATH)));
  say_ok("still-there", sys(open(KCOV_PATH, O_RDWR)));
}

static long access_ok(int mode) {
  return sys(faccessat(AT_FDCWD, KCOV_PATH, mode, 0));
}

static void access_modes(void) {
  say_rc("exists", access_ok(F_OK));
  say_rc("read-write", access_ok(R_OK | W_OK));
  say_rc("execute", access_ok(X_OK));
}

/* Rights are tested at open. */
static void other_user(void) {
  int fd = kcov_open();
  say_rc("setuid", sys(setuid(1000)));
  say_ok("open", sys(open(KCOV_PATH, O_RDWR)));
  say_rc("init", kcov_ioctl(fd, INIT_TRACE, WORDS));
  say_rc("enable", kcov_ioctl(fd, ENABLE, 0));
  say_rc("disable", kcov_ioctl(fd, DISABLE, 0));
}

/* ---- Attributes ---------------------------------------------------------- */

static void attributes(void) {
  struct stat st, st2;
  int fd = kcov_sized(WORDS);
  say_rc("fstat", sys(fstat(fd, &st)));
  say("mode", "%o", st.st_mode);
  say("size", "%lld", (long long)st.st_size);
  say("nlink", "%lu", (unsigned long)st.st_nlink);
  say("owner", "%u:%u", st.st_uid, st.st_gid);
  say("blksize", "%ld", (long)st.st_blksize);
  say("blocks", "%lld", (long long)st.st_blocks);
  say("rdev", "%lu", (unsigned long)st.st_rdev);
  say_rc("stat", sys(stat(KCOV_PATH, &st2)));
  say("same-file", "%s",
      st.st_ino == st2.st_ino && st.st_dev == st2.st_dev ? "yes" : "no");
}

static void file_system(void) {
  struct statfs fs;
  struct stat st, parent;
  memset(&fs, 0, sizeof(fs));
  say_rc("statfs", sys(statfs(KCOV_PATH, &fs)));
  say("type", "%#lx", (unsigned long)fs.f_type);
  need(sys(stat(KCOV_DIR, &st)), "stat");
  need(sys(stat("/sys/kernel", &parent)), "stat");
  say("directory-mode", "%o", st.st_mode);
  say("mount-point", "%s", st.st_dev != parent.st_dev ? "yes" : "no");
}

static void directory(void) {
  const struct dirent *entry;
  const char *found = "no";
  DIR *dir = opendir(KCOV_DIR);
  if (!dir) {
    say(NULL, "%s", rc_text(-errno));
    return;
  }
  while ((entry = readdir(dir)))
    if (strcmp(entry->d_name, "kcov") == 0)
      found = entry->d_type == DT_REG ? "regular" : "other";
  say(NULL, "%s", found);
}

static void change(void) {
  struct stat st;
  int fd = kcov_sized(WORDS);
  need(sys(stat(KCOV_PATH, &st)), "stat");
  say_rc("chmod", sys(chmod(KCOV_PATH, 0640)));
  say_rc("chmod-back", sys(fchmod(fd, st.st_mode & 07777)));
  say_rc("chown", sys(chown(KCOV_PATH, 1, 1)));
  say_rc("chown-back", sys(fchown(fd, st.st_uid, st.st_gid)));
  say_rc("utimes", sys(futimens(fd, NULL)));
  say_rc("truncate", sys(truncate(KCOV_PATH, 0)));
  say_rc("ftruncate", sys(ftruncate(fd, 0)));
  say_rc("ftruncate-negative", sys(ftruncate(fd, -1)));
  say_rc("fallocate", sys(fallocate(fd, 0, 0, PAGE)));
  say_rc("still-init", kcov_ioctl(fd, ENABLE, 0));
}

/* ---- Input and output ---------------------------------------------------- */

static void io_of(int flags, bool on) {
  char buf[8];
  struct iovec iov = {buf, sizeof(buf)};
  int fd = (int)need(sys(open(KCOV_PATH, flags)), "open");
  need(kcov_ioctl(fd, INIT_TRACE, WORDS), "INIT_TRACE");
  int null = (int)need(sys(open("/dev/null", O_RDWR)), "open /dev/null");
  if (on)
    need(kcov_ioctl(fd, ENABLE, 0), "ENABLE");
  say_rc("read", sys(read(fd, buf, sizeof(buf))));
  say_rc("read-0", sys(read(fd, buf, 0)));
  say_rc("read-bad-address", sys(syscall(SYS_read, fd, 1ul, 8ul)));
  say_rc("readv", sys(readv(fd, &iov, 1)));
  say_rc("pread", sys(pread(fd, buf, sizeof(buf), 0)));
  say_rc("pread-negative", sys(pread(fd, buf, sizeof(buf), -1)));
  say_rc("write", sys(write(fd, buf, sizeof(buf))));
  say_rc("write-0", sys(write(fd, buf, 0)));
  say_rc("writev", sys(writev(fd, &iov, 1)));
  say_rc("pwrite", sys(pwrite(fd, buf, sizeof(buf), 0)));
  say_rc("sendfile-from", sys(sendfile(null, fd, NULL, 8)));
  say_rc("fsync", sys(fsync(fd)));
  say_rc("fdatasync", sys(fdatasync(fd)));
  say_rc("getdents", sys(syscall(SYS_getdents64, (long)fd, buf, sizeof(buf))));
  say_rc("fchdir", sys(fchdir(fd)));
}

static void io(void) { io_of(O_RDWR, false); }
static void io_enabled(void) { io_of(O_RDWR, true); }
static void io_read_only(void) { io_of(O_RDONLY, false); }
static void io_write_only(void) { io_of(O_WRONLY, false); }

static void seek(void) {
  int fd = kcov_sized(WORDS);
  say_rc("set", sys(lseek(fd, 0, SEEK_SET)));
  say_rc("cur", sys(lseek(fd, 0, SEEK_CUR)));
  say_rc("end", sys(lseek(fd, 0, SEEK_END)));
  say_rc("data", sys(lseek(fd, 0, SEEK_DATA)));
  say_rc("bad", sys(lseek(fd, 0, 99)));
}

static void polling(void) {
  int fd = kcov_sized(WORDS);
  struct pollfd poller = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
  struct epoll_event event = {.events = EPOLLIN};
  struct timeval none = {0, 0};
  int epoll = (int)need(sys(epoll_create1(0)), "epoll_create1");
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(fd, &in);
  FD_SET(fd, &out);
  say_rc("poll", sys(poll(&poller, 1, 0)));
  say("events", "%#x", (unsigned int)poller.revents);
  say_rc("select", sys(select(fd + 1, &in, &out, NULL, &none)));
  say_rc("epoll-add", sys(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)));
  say_rc("epoll-del", sys(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event)));
}

/* ioctls that every file has are not kcov's ENOTTY. */
static void generic_ioctls(void) {
  int fd = kcov_sized(WORDS), value = 0, on = 1;
  say_rc("fioclex", sys(ioctl(fd, FIOCLEX)));
  say("cloexec", "%d", fcntl(fd, F_GETFD));
  say_rc("fionclex", sys(ioctl(fd, FIONCLEX)));
  say_rc("fionbio", sys(ioctl(fd, FIONBIO, &on)));
  say("flags", "%#x", fcntl(fd, F_GETFL));
  say_rc("fionread", sys(ioctl(fd, FIONREAD, &value)));
  say("fionread-value", "%d", value);
  say_rc("tcgets", sys(ioctl(fd, 0x5401, NULL)));
}

static void control(void) {
  int fd = kcov_sized(WORDS);
  say("flags", "%#x", fcntl(fd, F_GETFL));
  say_rc("set-nonblock", sys(fcntl(fd, F_SETFL, O_NONBLOCK)));
  say("flags-nonblock", "%#x", fcntl(fd, F_GETFL));
  say_rc("set-append", sys(fcntl(fd, F_SETFL, O_APPEND)));
  say("flags-append", "%#x", fcntl(fd, F_GETFL));
  say_rc("set-direct", sys(fcntl(fd, F_SETFL, O_DIRECT)));
  say_rc("dupfd", sys(fcntl(fd, F_DUPFD, 200)));
  say_rc("dupfd-cloexec", sys(fcntl(fd, F_DUPFD_CLOEXEC, 201)));
  say("dupfd-cloexec-flag", "%d", fcntl(201, F_GETFD));
  say_rc("dup-enable", kcov_ioctl(201, ENABLE, 0));
}

static void proc_link(void) {
  char path[64], target[128];
  int fd = kcov_sized(WORDS);
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  ssize_t n = readlink(path, target, sizeof(target) - 1);
  say("readlink", "%.*s", n > 0 ? (int)n : 0, target);
  int again = open(path, O_RDWR);
  say_ok("reopen", sys(again));
  say_rc("reopened-enable", kcov_ioctl(again, ENABLE, 0));
  say_rc("reopened-init", kcov_ioctl(again, INIT_TRACE, WORDS));
}

#define IO_CHECKS                                                              \
  CHECKS("read", "read-0", "read-bad-address", "readv", "pread",               \
         "pread-negative", "write", "write-0", "writev", "pwrite",             \
         "sendfile-from", "fsync", "fdatasync", "getdents", "fchdir")

static const struct scenario scenarios[] = {
    {"file/names", names,
     CHECKS("missing-neighbour", "below", "slash", "creat-neighbour", "tmpfile",
            "directory-rdwr", "unlink", "rename", "link", "symlink", "mkdir",
            "rmdir", "still-there")},
    {"file/access", access_modes, CHECKS("exists", "read-write", "execute")},
    {"file/other-user", other_user,
     CHECKS("setuid", "open", "init", "enable", "disable")},
    {"file/stat", attributes,
     CHECKS("fstat", "mode", "size", "nlink", "owner", "blksize", "blocks",
            "rdev", "stat", "same-file")},
    {"file/system", file_system,
     CHECKS("statfs", "type", "directory-mode", "mount-point")},
    {"file/directory", directory, NULL},
    {"file/change", change,
     CHECKS("chmod", "chmod-back", "chown", "chown-back", "utimes", "truncate",
            "ftruncate", "ftruncate-negative", "fallocate", "still-init")},
    {"file/io", io, IO_CHECKS},
    {"file/io-enabled", io_enabled, IO_CHECKS},
    {"file/io-read-only", io_read_only, IO_CHECKS},
    {"file/io-write-only", io_write_only, IO_CHECKS},
    {"file/seek", seek, CHECKS("set", "cur", "end", "data", "bad")},
    {"file/poll", polling,
     CHECKS("poll", "events", "select", "epoll-add", "epoll-del")},
    {"file/ioctl", generic_ioctls,
     CHECKS("fioclex", "cloexec", "fionclex", "fionbio", "flags", "fionread",
            "fionread-value", "tcgets")},
    {"file/fcntl", control,
     CHECKS("flags", "set-nonblock", "flags-nonblock", "set-append",
            "flags-append", "set-direct", "dupfd", "dupfd-cloexec",
            "dupfd-cloexec-flag", "dup-enable")},
    {"file/proc-link", proc_link,
     CHECKS("readlink", "reopen", "reopened-enable", "reopened-init")},
};

void add_file_cases(void) {
  static const char *const checks[] = {"open",         "flags",  "cloexec",
                                       "init",         "mmap",   "mmap-read",
                                       "mmap-private", "enable", NULL};
  static char titles[N_OF(open_rows)][32];
  for (size_t i = 0; i < N_OF(open_rows); i++) {
    snprintf(titles[i], sizeof(titles[i]), "open/%s", open_rows[i].name);
    add_case(titles[i], open_flags, &open_rows[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
