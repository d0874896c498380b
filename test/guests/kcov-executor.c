/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-executor runner IDX stdin PORT - what syzkaller's executor asks of a
 * kernel before it fuzzes
 *
 * Our own stand-in for syz-executor in tests: it speaks the RPC with a manager
 * on standard input (pkg/flatrpc/flatrpc.fbs) up to the machine check, tries
 * what the sandbox "none" and the features need (executor/common_linux.h), and
 * answers globs, with the PCs of an mmap. Where syz-executor gives up, so does
 * this, in its words: `SYZFAIL: ...`, exit status 67.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flat.h"

#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_DISABLE _IO('c', 101)
#define KCOV_REMOTE_ENABLE _IOW('c', 102, struct remote_arg)
#define KCOV_RESET_TRACE _IO('c', 104)
#define COVER_WORDS 4096ul
struct remote_arg {
  uint32_t trace_mode, area_size, num_handles, padding;
  uint64_t common_handle;
};

static struct flat msg;
static volatile uint64_t *cover;
static int kcov_fd;

static _Noreturn void fail(const char *what) {
  printf("SYZFAIL: %s\n (errno %d: %s)\n", what, errno, strerror(errno));
  fflush(stdout);
  _Exit(67);
}

static void need(int ok, const char *what) {
  if (!ok)
    fail(what);
}

/* ---- RPC ----------------------------------------------------------------- */

static void all(ssize_t (*fn)(int, void *, size_t), uint8_t *data, size_t n) {
  for (size_t done = 0; done < n;) {
    ssize_t k = fn(STDIN_FILENO, data + done, n - done);
    need(k > 0 || (k < 0 && errno == EINTR), "failed to recv rpc");
    done += k > 0 ? (size_t)k : 0;
  }
}

static ssize_t put(int fd, void *data, size_t n) { return write(fd, data, n); }

static void send_msg(void) {
  flat_put32(&msg, 0, msg.n - 4);
  all(put, msg.data, msg.n);
}

/* The root table. */
static uint32_t receive(void) {
  all(read, msg.data, 4);
  msg.n = flat_get32(&msg, 0);
  need(msg.n >= 8 && msg.n <= FLAT_ROOM, "bad rpc message");
  all(read, msg.data, msg.n);
  return flat_get32(&msg, 0);
}

/* ---- kcov ---------------------------------------------------------------- */

static int kcov_open(void) {
  int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  need(fd >= 0, "open of kcov failed");
  need(ioctl(fd, KCOV_INIT_TRACE, COVER_WORDS) == 0, "cover init failed");
  return fd;
}

static void *kcov_map(int fd) {
  void *map =
      mmap(NULL, COVER_WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  need(map != MAP_FAILED, "cover mmap failed");
  return map;
}

/* PCs, or records, of one mmap; 0: this mode is not there. */
static uint64_t traced(int mode) {
  if (ioctl(kcov_fd, KCOV_ENABLE, mode))
    return 0;
  cover[0] = 0;
  void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint64_t n = cover[0];
  need(page != MAP_FAILED && munmap(page, 4096) == 0, "mmap failed");
  need(ioctl(kcov_fd, KCOV_DISABLE, 0) == 0, "cover disable failed");
  return n;
}

static const char *try_coverage(void) {
  return traced(0) ? NULL : "got no coverage";
}

static const char *try_comparisons(void) {
  return traced(1) ? NULL : "got no comparisons";
}

static const char *try_extra(void) {
  int fd = kcov_open();
  struct remote_arg arg = {.area_size = COVER_WORDS, .common_handle = 1};
  int failed =
      ioctl(fd, KCOV_REMOTE_ENABLE, &arg) || ioctl(fd, KCOV_DISABLE, 0);
  close(fd);
  return failed ? "remote coverage is not supported" : NULL;
}

static const char *try_delayed_mmap(void) {
  int fd = kcov_open();
  need(dup2(fd, 200) == 200, "dup2 failed");
  close(fd);
  void *a = kcov_map(200), *b = kcov_map(200);
  int failed = munmap(a, COVER_WORDS * 8) || munmap(b, COVER_WORDS * 8);
  close(200);
  return failed ? "cannot map late" : NULL;
}

static const char *try_reset(void) {
  need(ioctl(kcov_fd, KCOV_ENABLE, 0) == 0, "cover enable failed");
  int failed = ioctl(kcov_fd, KCOV_RESET_TRACE, 0);
  failed |= ioctl(kcov_fd, KCOV_DISABLE, 0);
  return failed ? "KCOV_RESET_TRACE is not supported" : NULL;
}

/* ---- Sandboxes ----------------------------------------------------------- */

static void bind_mount(const char *from, const char *to) {
  if (mount(from, to, NULL, MS_BIND | MS_REC | MS_PRIVATE, NULL))
    need(errno == ENOENT, "bind mount failed");
}

static void drop_caps(void) {
  struct __user_cap_header_struct header = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{0}};
  need(syscall(SYS_capget, &header, data) == 0, "capget failed");
  const uint32_t gone = 1u << CAP_SYS_PTRACE | 1u << CAP_SYS_NICE;
  data[0].effective &= ~gone;
  data[0].permitted &= ~gone;
  data[0].inheritable &= ~gone;
  need(syscall(SYS_capset, &header, data) == 0, "capset failed");
}

static void new_root(void) {
  static const char *const dirs[] = {
      "./syz-tmp/newroot",      "./syz-tmp/newroot/dev",
      "./syz-tmp/newroot/proc", "./syz-tmp/newroot/selinux",
      "./syz-tmp/newroot/sys",  "./syz-tmp/newroot/syz-inputs",
      "./syz-tmp/pivot"};
  need(mkdir("./syz-tmp", 0777) == 0, "mkdir(syz-tmp) failed");
  need(mount("", "./syz-tmp", "tmpfs", 0, NULL) == 0, "mount(tmpfs) failed");
  for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
    need(mkdir(dirs[i], 0777) == 0, dirs[i]);
  bind_mount("/dev", "./syz-tmp/newroot/dev");
  need(mount("syz-proc", "./syz-tmp/newroot/proc", "proc", 0, NULL) == 0,
       "mount(proc) failed");
  bind_mount("/selinux", "./syz-tmp/newroot/selinux");
  bind_mount("/sys", "./syz-tmp/newroot/sys");
  bind_mount("/sys/kernel/debug", "./syz-tmp/newroot/sys/kernel/debug");
  bind_mount("/syz-inputs", "./syz-tmp/newroot/syz-inputs");
  if (syscall(SYS_pivot_root, "./syz-tmp", "./syz-tmp/pivot")) {
    need(chdir("./syz-tmp") == 0, "chdir failed");
  } else {
    need(chdir("/") == 0, "chdir failed");
    need(umount2("./pivot", MNT_DETACH) == 0, "umount failed");
  }
  need(chroot("./newroot") == 0, "chroot failed");
  need(chdir("/") == 0, "chdir failed");
  need(access("/dev/null", F_OK) == 0, "no /dev/null in the new root");
  need(access("/../proc/self/stat", F_OK) == 0, ".. leads out of the new root");
}

static const char *try_none(void) {
  pid_t pid = fork();
  int status = -1;
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    need(open("/proc/self/ns/net", O_RDONLY) >= 0,
         "open(/proc/self/ns/net) failed");
    unshare(CLONE_NEWNS);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    drop_caps();
    new_root();
    _Exit(0);
  }
  need(pid > 0 && waitpid(pid, &status, 0) == pid, "fork failed");
  need(status == 0, "sandbox none does not work");
  return NULL;
}

static const char *try_setuid(void) {
  pid_t pid = fork();
  int status = -1;
  if (pid == 0)
    _Exit(setgroups(0, NULL) || syscall(SYS_setresgid, 65534, 65534, 65534) ||
          syscall(SYS_setresuid, 65534, 65534, 65534));
  need(pid > 0 && waitpid(pid, &status, 0) == pid, "fork failed");
  return status ? "cannot become nobody" : NULL;
}

/* By the numbers of enum Feature. */
static const struct {
  const char *(*fn)(void);
} features[] = {
    {try_coverage}, {try_comparisons}, {try_extra},  {try_delayed_mmap},
    {try_reset},    {try_none},        {try_setuid},
};
#define N_FEATURES (sizeof(features) / sizeof(features[0]))

/* ---- Conversation -------------------------------------------------------- */

static void say_hello(const char *index) {
  uint64_t cookie = flat_get64(&msg, receive(), 0);
  uint32_t root = flat_begin(&msg, 5);
  flat_number(&msg, root, 0, cookie * 73856093 ^ 83492791);
  flat_number(&msg, root, 1, strtoull(index, NULL, 10));
  flat_text(&msg, root, 2, "amd64");
  flat_text(&msg, root, 3, "none");
  flat_text(&msg, root, 4, "none");
  send_msg();
}

/* A FileInfo of field @i of the table @files. */
static void describe_file(uint32_t files, uint32_t i, const char *name) {
  static char data[16384];
  uint32_t file = flat_table(&msg, 4);
  flat_refer(&msg, files + 4 + 4 * i, file);
  flat_text(&msg, file, 0, name);
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  flat_number(&msg, file, 1, fd >= 0);
  ssize_t n = fd >= 0 ? read(fd, data, sizeof(data)) : 0;
  uint32_t bytes = n > 0 ? (uint32_t)n : 0;
  flat_text(&msg, file, 2, fd >= 0 ? "" : strerror(errno));
  flat_refer(&msg, flat_slot(file, 3), flat_vector(&msg, data, bytes, bytes));
  if (fd >= 0)
    close(fd);
}

static void inform(void) {
  uint32_t reply = receive(), list = flat_target(&msg, reply, 11);
  uint64_t wanted = flat_get64(&msg, reply, 10);
  char names[16][256];
  uint32_t n_files = list ? flat_get32(&msg, list) : 0, n = 0;
  need(n_files <= 16, "too many files");
  for (uint32_t i = 0; i < n_files; i++) {
    uint32_t at = list + 4 + 4 * i;
    at += flat_get32(&msg, at);
    snprintf(names[i], sizeof(names[i]), "%s", msg.data + at + 4);
  }
  const char *reason[N_FEATURES] = {0};
  for (uint32_t i = 0; i < N_FEATURES; i++)
    if (wanted >> i & 1) {
      reason[i] = features[i].fn();
      n++;
    }
  uint32_t root = flat_begin(&msg, 3);
  uint32_t infos = flat_tables(&msg, root, 1, n);
  for (uint32_t i = 0, at = infos + 4; i < N_FEATURES; i++) {
    if (!(wanted >> i & 1))
      continue;
    uint32_t info = flat_table(&msg, 3);
    flat_refer(&msg, at, info);
    flat_number(&msg, info, 0, 1ull << i);
    flat_text(&msg, info, 2, reason[i] ? reason[i] : "");
    at += 4;
  }
  uint32_t files = flat_tables(&msg, root, 2, n_files);
  for (uint32_t i = 0; i < n_files; i++)
    describe_file(files, i, names[i]);
  send_msg();
  receive(); /* the cover filter, which we do not use */
}

/* An ExecRequest of type Glob: names, and the PCs of one call. */
static void answer(void) {
  uint32_t request = flat_target(&msg, receive(), 1);
  need(request != 0, "unknown host message type");
  uint64_t id = flat_get64(&msg, request, 0);
  uint32_t pattern = flat_target(&msg, request, 3);
  glob_t found = {0};
  static char names[4096];
  uint32_t n = 0;
  need(pattern != 0, "a request without data");
  glob((const char *)msg.data + pattern + 4, 0, NULL, &found);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    size_t bytes = strlen(found.gl_pathv[i]) + 1;
    need(bytes <= sizeof(names) - n, "too many names");
    memcpy(names + n, found.gl_pathv[i], bytes);
    n += (uint32_t)bytes;
  }
  uint32_t n_pcs = (uint32_t)traced(0);

  uint32_t root = flat_begin(&msg, 2), result = flat_table(&msg, 6);
  flat_number(&msg, root, 0, 1); /* of the union: ExecResult */
  flat_refer(&msg, flat_slot(root, 1), result);
  flat_number(&msg, result, 0, id);
  flat_refer(&msg, flat_slot(result, 2), flat_vector(&msg, names, n, n));
  flat_text(&msg, result, 4, "");
  uint32_t info = flat_table(&msg, 1);
  flat_refer(&msg, flat_slot(result, 5), info);
  uint32_t calls = flat_tables(&msg, info, 0, 1), call = flat_table(&msg, 4);
  flat_refer(&msg, calls + 4, call);
  flat_number(&msg, call, 0, 3); /* executed, finished */
  uint32_t none = flat_vector(&msg, NULL, 0, 0);
  flat_refer(&msg, flat_slot(call, 2), none);
  flat_refer(&msg, flat_slot(call, 3),
             flat_vector(&msg, (const void *)(cover + 1), n_pcs, 8 * n_pcs));
  send_msg();
}

int main(int argc, char **argv) {
  char shared[] = "syz.XXXXXX"; /* in the working directory, as there */
  if (argc != 5 || strcmp(argv[1], "runner") != 0)
    return 2;
  int fd = mkstemp(shared);
  need(fd >= 0, "shmem open failed");
  need(ftruncate(fd, 4 << 20) == 0, "shmem ftruncate failed");
  need(mmap((void *)0x1b2bc20000, 4 << 20, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) == (void *)0x1b2bc20000,
       "shmem mmap failed");
  kcov_fd = kcov_open();
  cover = kcov_map(kcov_fd);
  say_hello(argv[2]);
  inform();
  for (;;)
    answer();
}
