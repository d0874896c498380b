/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * states.c - every call in every state
 *
 * One case per pair. Its line has the call's result, the state of the object
 * afterwards, and whether the caller owns an object then:
 *
 *   state/enabled/enable/0: -1 EINVAL, owned, caller busy
 */
#define _GNU_SOURCE
#include "harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define WORDS PAGE_WORDS

/* Of those who hold handles before the call under test. */
#define TAKEN_COMMON 0xc0ffeeull
#define TAKEN_USB USB_HANDLE(0xc0ffeeull)

static long remote_enable(int fd, uint64_t usb, uint64_t common) {
  struct remote_arg *arg = calloc(1, sizeof(*arg) + sizeof(uint64_t));
  if (!arg)
    return -ENOMEM;
  arg->area_size = WORDS;
  arg->num_handles = 1;
  arg->common_handle = common;
  arg->handles[0] = usb;
  long rc = kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)arg);
  free(arg);
  return rc;
}

static long enable(long fd, long b, long c) {
  (void)b, (void)c;
  return kcov_ioctl((int)fd, ENABLE, 0);
}

static long enable_remote(long fd, long b, long c) {
  (void)b, (void)c;
  return remote_enable((int)fd, TAKEN_USB, TAKEN_COMMON);
}

/* ---- States -------------------------------------------------------------- */

static int agent_owns(void start(struct agent *), job_fn *how, int fd) {
  static struct agent agent;
  start(&agent);
  need(agent_do(&agent, how, fd, 0, 0), "enabled object of an agent");
  return fd;
}

/* Owned by an agent that is gone. */
static int agent_left(void start(struct agent *), job_fn *how) {
  struct agent agent;
  int fd = kcov_sized(WORDS);
  start(&agent);
  need(agent_do(&agent, how, fd, 0, 0), "enabled object of an agent");
  agent_end(&agent);
  return fd;
}

static int fresh(void) { return kcov_open(); }
static int sized(void) { return kcov_sized(WORDS); }

static int enabled(void) {
  int fd = sized();
  need(enable(fd, 0, 0), "ENABLE");
  return fd;
}

static int disabled(void) {
  int fd = enabled();
  need(kcov_ioctl(fd, DISABLE, 0), "DISABLE");
  return fd;
}

static int enabled_by_thread(void) {
  return agent_owns(agent_thread, enable, sized());
}

static int enabled_by_process(void) {
  return agent_owns(agent_process, enable, sized());
}

/* The child goes on as the caller. */
static int enabled_by_parent(void) {
  int fd = enabled();
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0)
    return fd;
  waitpid(pid, NULL, 0);
  _exit(0);
}

static int thread_exited(void) { return agent_left(agent_thread, enable); }
static int process_exited(void) { return agent_left(agent_process, enable); }

static int process_killed(void) {
  struct agent agent;
  int fd = sized();
  agent_process(&agent);
  need(agent_do(&agent, enable, fd, 0, 0), "ENABLE of an agent");
  agent_kill(&agent, SIGKILL);
  return fd;
}

static int remote(void) {
  int fd = sized();
  need(enable_remote(fd, 0, 0), "REMOTE_ENABLE");
  return fd;
}

static int remote_by_thread(void) {
  return agent_owns(agent_thread, enable_remote, sized());
}

static int remote_thread_exited(void) {
  return agent_left(agent_thread, enable_remote);
}

static int remote_disabled(void) {
  int fd = remote();
  need(kcov_ioctl(fd, DISABLE, 0), "DISABLE");
  return fd;
}

static int other_enabled(void) {
  enabled();
  return sized();
}

static int other_enabled_fresh(void) {
  enabled();
  return fresh();
}

static int other_remote(void) {
  remote();
  return sized();
}

/* Handles are in use on an object that is not the call's. */
static int handles_taken(void) {
  remote_by_thread();
  return sized();
}

static int closed_other_enabled(void) {
  close(enabled());
  return sized();
}

static int closed_dup(void) {
  int fd = sized(), copy = dup2(fd, 216);
  need(sys(copy), "dup2");
  close(fd);
  return copy;
}

static int closed(void) {
  int fd = sized();
  kcov_map(fd, WORDS);
  close(fd);
  return fd;
}

static int opened(int flags) {
  int fd = (int)need(sys(open(KCOV_PATH, flags)), "open");
  if (!(flags & O_PATH))
    need(kcov_ioctl(fd, INIT_TRACE, WORDS), "INIT_TRACE");
  return fd;
}

static int read_only(void) { return opened(O_RDONLY); }
static int write_only(void) { return opened(O_WRONLY); }
static int path_only(void) { return opened(O_PATH); }

static int after_execve(void);

static const struct state {
  const char *name;
  int (*enter)(void); /* the descriptor for the call */
} states[] = {
    {"fresh", fresh},
    {"init", sized},
    {"enabled", enabled},
    {"disabled", disabled},
    {"enabled-by-thread", enabled_by_thread},
    {"enabled-by-process", enabled_by_process},
    {"enabled-by-parent", enabled_by_parent},
    {"enabled-before-exec", after_execve},
    {"owner-thread-exited", thread_exited},
    {"owner-process-exited", process_exited},
    {"owner-process-killed", process_killed},
    {"remote", remote},
    {"remote-disabled", remote_disabled},
    {"remote-by-thread", remote_by_thread},
    {"remote-thread-exited", remote_thread_exited},
    {"handles-taken", handles_taken},
    {"other-enabled", other_enabled},
    {"other-enabled-fresh", other_enabled_fresh},
    {"other-remote", other_remote},
    {"closed-other-enabled", closed_other_enabled},
    {"dup-original-closed", closed_dup},
    {"closed", closed},
    {"read-only", read_only},
    {"write-only", write_only},
    {"path-only", path_only},
};

/* ---- Calls --------------------------------------------------------------- */

struct call {
  const char *name;
  long (*fn)(int fd, const struct call *call);
  unsigned long a, b;
  int prot, flags;
};

static long do_ioctl(int fd, const struct call *call) {
  return kcov_ioctl(fd, call->a, call->b);
}

/* The kernel looks at 32 bits of the number, libc may cut them itself. */
static long do_raw_ioctl(int fd, const struct call *call) {
  return sys(syscall(SYS_ioctl, fd, call->a, call->b));
}

static long do_mmap(int fd, const struct call *call) {
  return sys_map(
      mmap(NULL, call->a, call->prot, call->flags, fd, (off_t)call->b));
}

static long do_mmap_twice(int fd, const struct call *call) {
  long rc = do_mmap(fd, call);
  return rc ? rc : do_mmap(fd, call);
}

static long do_remote(int fd, const struct call *call) {
  return remote_enable(fd, call->a, call->b);
}

/* @a: num_handles, @b: trace_mode */
static long do_remote_header(int fd, const struct call *call) {
  struct remote_arg *arg = calloc(1, sizeof(*arg) + 2 * MAX_HANDLES * 8);
  if (!arg)
    return -ENOMEM;
  arg->trace_mode = (uint32_t)call->b;
  arg->area_size = WORDS;
  arg->num_handles = (uint32_t)call->a;
  for (unsigned int i = 0; i < 2 * MAX_HANDLES; i++)
    arg->handles[i] = USB_HANDLE(0x1000 + i);
  long rc = kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)arg);
  free(arg);
  return rc;
}

static long do_read(int fd, const struct call *call) {
  char buf[64];
  return sys(read(fd, buf, call->a));
}

static long do_write(int fd, const struct call *call) {
  static const char zeros[64];
  return sys(write(fd, zeros, call->a));
}

static long do_pread(int fd, const struct call *call) {
  char buf[64];
  return sys(pread(fd, buf, sizeof(buf), (off_t)call->a));
}

static long do_pwrite(int fd, const struct call *call) {
  static const char zeros[64];
  return sys(pwrite(fd, zeros, sizeof(zeros), (off_t)call->a));
}

static long do_lseek(int fd, const struct call *call) {
  return sys(lseek(fd, 0, (int)call->a));
}

static long do_poll(int fd, const struct call *call) {
  struct pollfd poller = {.fd = fd, .events = (short)call->a};
  long rc = sys(poll(&poller, 1, 0));
  return rc < 0 ? rc : poller.revents;
}

#define RW (PROT_READ | PROT_WRITE)
static const struct call calls[] = {
    {"init/0", do_ioctl, INIT_TRACE, 0, 0, 0},
    {"init/1", do_ioctl, INIT_TRACE, 1, 0, 0},
    {"init/2", do_ioctl, INIT_TRACE, 2, 0, 0},
    {"init/512", do_ioctl, INIT_TRACE, 512, 0, 0},
    {"init/513", do_ioctl, INIT_TRACE, 513, 0, 0},
    {"init/1M", do_ioctl, INIT_TRACE, 1ul << 20, 0, 0},
    {"init/2^28", do_ioctl, INIT_TRACE, 1ul << 28, 0, 0},
    {"init/2^32+512", do_ioctl, INIT_TRACE, (1ul << 32) + 512, 0, 0},
    {"init/2^61+2", do_ioctl, INIT_TRACE, (1ul << 61) + 2, 0, 0},
    {"init/-1", do_ioctl, INIT_TRACE, ~0ul, 0, 0},
    {"mmap/right", do_mmap, PAGE, 0, RW, MAP_SHARED},
    {"mmap/rounded-up", do_mmap, PAGE - 8, 0, RW, MAP_SHARED},
    {"mmap/long", do_mmap, 2 * PAGE, 0, RW, MAP_SHARED},
    {"mmap/none", do_mmap, 0, 0, RW, MAP_SHARED},
    {"mmap/offset", do_mmap, PAGE, PAGE, RW, MAP_SHARED},
    {"mmap/offset-1", do_mmap, PAGE, 1, RW, MAP_SHARED},
    {"mmap/read", do_mmap, PAGE, 0, PROT_READ, MAP_SHARED},
    {"mmap/no-access", do_mmap, PAGE, 0, PROT_NONE, MAP_SHARED},
    {"mmap/private", do_mmap, PAGE, 0, RW, MAP_PRIVATE},
    {"mmap/private-read", do_mmap, PAGE, 0, PROT_READ, MAP_PRIVATE},
    {"mmap/twice", do_mmap_twice, PAGE, 0, RW, MAP_SHARED},
    {"enable/0", do_ioctl, ENABLE, 0, 0, 0},
    {"enable/1", do_ioctl, ENABLE, 1, 0, 0},
    {"enable/2", do_ioctl, ENABLE, 2, 0, 0},
    {"enable/256", do_ioctl, ENABLE, 256, 0, 0},
    {"enable/2^32", do_ioctl, ENABLE, 1ul << 32, 0, 0},
    {"enable/-1", do_ioctl, ENABLE, ~0ul, 0, 0},
    {"disable/0", do_ioctl, DISABLE, 0, 0, 0},
    {"disable/1", do_ioctl, DISABLE, 1, 0, 0},
    {"disable/2^32", do_ioctl, DISABLE, 1ul << 32, 0, 0},
    {"disable/-1", do_ioctl, DISABLE, ~0ul, 0, 0},
    {"remote/good", do_remote, USB_HANDLE(7), 7, 0, 0},
    {"remote/taken", do_remote, TAKEN_USB, 7, 0, 0},
    {"remote/taken-common", do_remote, USB_HANDLE(7), TAKEN_COMMON, 0, 0},
    {"remote/bad-handle", do_remote, 7, 0, 0, 0},
    {"remote/bad-common", do_remote, USB_HANDLE(7), USB_HANDLE(7), 0, 0},
    {"remote/no-handles", do_remote_header, 0, 0, 0, 0},
    {"remote/256-handles", do_remote_header, MAX_HANDLES, 0, 0, 0},
    {"remote/257-handles", do_remote_header, MAX_HANDLES + 1, 0, 0, 0},
    {"remote/mode-1", do_remote_header, 1, 1, 0, 0},
    {"remote/mode-2", do_remote_header, 1, 2, 0, 0},
    {"remote/null", do_ioctl, REMOTE_ENABLE, 0, 0, 0},
    {"remote/bad-pointer", do_ioctl, REMOTE_ENABLE, ~0ul - 63, 0, 0},
    {"reset/0", do_ioctl, RESET_TRACE, 0, 0, 0},
    {"reset/1", do_ioctl, RESET_TRACE, 1, 0, 0},
    {"unique/64", do_ioctl, UNIQUE_ENABLE, 64, 0, 0},
    {"ioctl/init-32-bit", do_ioctl, 0x80046301, WORDS, 0, 0},
    {"ioctl/init-mips", do_ioctl, 0x40086301, WORDS, 0, 0},
    {"ioctl/enable-mips", do_ioctl, 0x20006364, 0, 0, 0},
    {"ioctl/enable-high-bits", do_raw_ioctl, ENABLE | 1ul << 32, 0, 0, 0},
    {"ioctl/remote-no-size", do_ioctl, _IO('c', 102), 0, 0, 0},
    {"ioctl/105", do_ioctl, _IO('c', 105), 0, 0, 0},
    {"ioctl/0", do_ioctl, 0, 0, 0, 0},
    {"ioctl/TCGETS", do_ioctl, 0x5401, 0, 0, 0},
    {"read", do_read, 64, 0, 0, 0},
    {"read/0", do_read, 0, 0, 0, 0},
    {"write", do_write, 64, 0, 0, 0},
    {"write/0", do_write, 0, 0, 0, 0},
    {"pread", do_pread, 0, 0, 0, 0},
    {"pwrite", do_pwrite, 0, 0, 0, 0},
    {"lseek/set", do_lseek, SEEK_SET, 0, 0, 0},
    {"lseek/end", do_lseek, SEEK_END, 0, 0, 0},
    {"poll", do_poll, POLLIN | POLLOUT | POLLPRI, 0, 0, 0},
};

/* ---- What a call left behind --------------------------------------------- */

/* Seen by a thread that owns nothing. */
static const char *object_state(int fd) {
  struct agent agent;
  agent_thread(&agent);
  long rc = agent_ioctl(&agent, fd, ENABLE, 0);
  if (rc == 0)
    agent_ioctl(&agent, fd, DISABLE, 0);
  agent_end(&agent);
  if (rc == 0)
    return "init";
  if (rc != -EINVAL)
    return "no object";
  return kcov_ioctl(fd, INIT_TRACE, WORDS) == 0 ? "fresh" : "owned";
}

/* Busy if it owns one of either kind; one of each is both.c's subject. */
static const char *caller_state(void) {
  struct remote_arg arg = {.area_size = WORDS};
  int fd = kcov_sized(WORDS);
  if (kcov_ioctl(fd, ENABLE, 0) != 0 || kcov_ioctl(fd, DISABLE, 0) != 0)
    return "busy";
  return kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)&arg) == 0 ? "free"
                                                                 : "busy";
}

static void outcome(int fd, const struct call *call, char *text, size_t size) {
  long rc = call->fn(fd, call);
  const char *object = object_state(fd);
  snprintf(text, size, "%s, %s, caller %s", rc_text(rc), object,
           caller_state());
}

/* ---- Cases --------------------------------------------------------------- */

struct pair {
  const struct state *state;
  const struct call *call;
};

static void run_pair(void) {
  const struct pair *pair = case_arg();
  char text[80];
  int fd = pair->state->enter();
  outcome(fd, pair->call, text, sizeof(text));
  say(NULL, "%s", text);
}

/* The new image does the call and hands the text back. */
static int after_execve(void) {
  const struct pair *pair = case_arg();
  char fd_text[16], out_text[16], text[80];
  int fd = enabled(), pipe_fds[2];
  need(sys(pipe(pipe_fds)), "pipe");
  snprintf(fd_text, sizeof(fd_text), "%d", fd);
  snprintf(out_text, sizeof(out_text), "%d", pipe_fds[1]);
  need(kcov_ioctl(fd, DISABLE, 0), "DISABLE");
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(enable(fd, 0, 0), "ENABLE");
    execl("/proc/self/exe", "conformance", AFTER_EXEC, "state",
          pair->call->name, fd_text, out_text, (char *)NULL);
    need(-errno, "execve");
  }
  close(pipe_fds[1]);
  ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
  waitpid(pid, NULL, 0);
  if (n > 0)
    say(NULL, "%.*s", (int)n, text);
  _exit(0);
}

int state_after_exec(int argc, char **argv) {
  char text[80];
  if (argc != 6)
    return 2;
  for (size_t i = 0; i < N_OF(calls); i++) {
    if (strcmp(calls[i].name, argv[3]) != 0)
      continue;
    outcome(atoi(argv[4]), &calls[i], text, sizeof(text));
    return write(atoi(argv[5]), text, strlen(text)) < 0;
  }
  return 2;
}

void add_state_cases(void) {
  static struct pair pairs[N_OF(states)][N_OF(calls)];
  static char names[N_OF(states)][N_OF(calls)][64];
  for (size_t s = 0; s < N_OF(states); s++) {
    for (size_t c = 0; c < N_OF(calls); c++) {
      pairs[s][c] = (struct pair){&states[s], &calls[c]};
      snprintf(names[s][c], sizeof(names[s][c]), "state/%s/%s", states[s].name,
               calls[c].name);
      add_case(names[s][c], run_pair, &pairs[s][c], NULL);
    }
  }
}
