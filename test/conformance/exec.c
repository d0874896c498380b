/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * exec.c - recording goes on in the program that an owner executes
 *
 * The program is this one, run again as `conformance --after-exec WHAT ...`.
 * Its answers come through a pipe, as one line.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct link { /* between a case and the image it runs */
  int go[2], out[2];
};

static struct link new_link(void) {
  struct link link;
  need(sys(pipe(link.go)), "pipe");
  need(sys(pipe(link.out)), "pipe");
  return link;
}

static void execute(const char *what, int fd, const struct link *link) {
  char number[3][16];
  snprintf(number[0], sizeof(number[0]), "%d", fd);
  snprintf(number[1], sizeof(number[1]), "%d", link->go[0]);
  snprintf(number[2], sizeof(number[2]), "%d", link->out[1]);
  execl("/proc/self/exe", "conformance", AFTER_EXEC, what, number[0], number[1],
        number[2], (char *)NULL);
  need(-errno, "execve");
}

/* A line of the image; empty if it died. */
static void hear(const struct link *link, char *line, size_t size) {
  size_t n = 0;
  while (n < size - 1 && read(link->out[0], line + n, 1) == 1 &&
         line[n] != '\n')
    n++;
  line[n] = 0;
}

static void tell(const struct link *link) {
  if (write(link->go[1], "x", 1) != 1)
    need(-EIO, "pipe");
}

/* ---- In the image -------------------------------------------------------- */

static void out(int fd, const char *text) { dprintf(fd, "%s\n", text); }

static void in_wait(int go) {
  char byte;
  if (read(go, &byte, 1) != 1)
    _exit(1);
}

int after_exec(int argc, char **argv) {
  if (argc < 6)
    return 2;
  if (strcmp(argv[2], "state") == 0)
    return state_after_exec(argc, argv);
  int fd = atoi(argv[3]), go = atoi(argv[4]), back = atoi(argv[5]);
  out(back, "here");
  in_wait(go);
  if (strcmp(argv[2], "calls") == 0) {
    some_calls();
    out(back, "done");
    in_wait(go);
  } else if (strcmp(argv[2], "object") == 0) {
    char text[64];
    out(back, rc_text(kcov_ioctl(fd, INIT_TRACE, PAGE_WORDS)));
    out(back, rc_text(kcov_ioctl(fd, ENABLE, 0)));
    void *area = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    snprintf(text, sizeof(text), "%s", rc_text(sys_map(area)));
    out(back, text);
    if (area != MAP_FAILED) {
      struct kcov kcov = {fd, PAGE_WORDS, area};
      out(back, records(&kcov));
    } else {
      out(back, "no mapping");
    }
    int other = kcov_sized(PAGE_WORDS);
    out(back, rc_text(kcov_ioctl(other, ENABLE, 0)));
    out(back, rc_text(kcov_ioctl(fd, DISABLE, 0)));
    out(back, rc_text(kcov_ioctl(other, ENABLE, 0)));
  }
  return 0;
}

/* ---- Cases --------------------------------------------------------------- */

/* Does the image add to what the parent has mapped? */
static void image_records(const struct kcov *kcov, const struct link *link) {
  char line[32];
  hear(link, line, sizeof(line));
  say("started", "%s", line);
  wait_still(kcov);
  kcov_reset(kcov);
  tell(link);
  hear(link, line, sizeof(line));
  say("calls", "%s", grew(0, kcov_count(kcov)));
  say_rc("enable", kcov_ioctl(kcov->fd, ENABLE, 0));
  kcov_ioctl(kcov->fd, DISABLE, 0);
}

static void image_ends(const struct kcov *kcov, const struct link *link,
                       pid_t pid) {
  tell(link);
  need(sys(waitpid(pid, NULL, 0)), "waitpid");
  say_rc("after-exit", kcov_ioctl(kcov->fd, ENABLE, 0));
}

static void recorded(bool close_fd) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  struct link link = new_link();
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
    if (close_fd)
      fcntl(kcov.fd, F_SETFD, FD_CLOEXEC);
    execute("calls", kcov.fd, &link);
  }
  image_records(&kcov, &link);
  image_ends(&kcov, &link, pid);
}

static void records_on(void) { recorded(false); }
static void records_on_closed(void) { recorded(true); }

/* The new image owns the object. */
static void object(void) {
  static const char *const checks[] = {
      "init",         "enable",  "mmap",          "records",
      "other-enable", "disable", "other-enable-2"};
  char line[64];
  int fd = kcov_sized(PAGE_WORDS);
  struct link link = new_link();
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(kcov_ioctl(fd, ENABLE, 0), "ENABLE");
    execute("object", fd, &link);
  }
  close(link.out[1]);
  hear(&link, line, sizeof(line));
  tell(&link);
  for (size_t i = 0; i < N_OF(checks); i++) {
    hear(&link, line, sizeof(line));
    say(checks[i], "%s", line);
  }
  waitpid(pid, NULL, 0);
}

/* A failed execve changes nothing. */
static void failed(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  char *argv[] = {NULL};
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  say_rc("missing", sys(execve("/no/such/file", argv, argv)));
  say_rc("directory", sys(execve("/", argv, argv)));
  say_rc("device", sys(execve(KCOV_PATH, argv, argv)));
  say("records", "%s", records(&kcov));
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
}

/* execve by a thread that is not the leader ends all others. */
static struct kcov thread_kcov;
static struct link thread_link;

static void *exec_as_owner(void *arg) {
  (void)arg;
  need(kcov_ioctl(thread_kcov.fd, ENABLE, 0), "ENABLE");
  execute("calls", thread_kcov.fd, &thread_link);
  return NULL;
}

static void *exec_not_owner(void *arg) {
  (void)arg;
  execute("calls", thread_kcov.fd, &thread_link);
  return NULL;
}

static void by_thread(void *main_of_thread(void *), bool leader_owns) {
  pthread_t thread;
  thread_kcov = kcov_new(BIG_WORDS);
  thread_link = new_link();
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    if (leader_owns)
      need(kcov_ioctl(thread_kcov.fd, ENABLE, 0), "ENABLE");
    need(-pthread_create(&thread, NULL, main_of_thread, NULL), "thread");
    pthread_join(thread, NULL);
    _exit(1);
  }
  image_records(&thread_kcov, &thread_link);
  image_ends(&thread_kcov, &thread_link, pid);
}

static void thread_owner(void) { by_thread(exec_as_owner, false); }
static void leader_owner(void) { by_thread(exec_not_owner, true); }

/* execve itself is recorded, on both sides of the change. */
static void itself(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  struct link link = new_link();
  char line[32];
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
    kcov_reset(&kcov);
    execute("calls", kcov.fd, &link);
  }
  hear(&link, line, sizeof(line));
  say("count", "%s", grew(20, kcov_count(&kcov)));
  tell(&link);
  hear(&link, line, sizeof(line));
  image_ends(&kcov, &link, pid);
}

/* vfork and exec by an owner: the child is another task. */
static void by_vfork(void) {
  static struct kcov kcov;
  static struct link link;
  char line[32];
  kcov = kcov_new(BIG_WORDS);
  link = new_link();
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  pid_t pid = vfork();
  if (pid == 0) {
    execute("calls", kcov.fd, &link);
    _exit(1);
  }
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  hear(&link, line, sizeof(line));
  say("started", "%s", line);
  kcov_reset(&kcov);
  tell(&link);
  hear(&link, line, sizeof(line));
  say("calls", "%s", grew(0, kcov_count(&kcov)));
  image_ends(&kcov, &link, pid);
}

static const struct scenario scenarios[] = {
    {"exec/records", records_on,
     CHECKS("started", "calls", "enable", "after-exit")},
    {"exec/records-closed", records_on_closed,
     CHECKS("started", "calls", "enable", "after-exit")},
    {"exec/object", object,
     CHECKS("init", "enable", "mmap", "records", "other-enable", "disable",
            "other-enable-2")},
    {"exec/failed", failed,
     CHECKS("missing", "directory", "device", "records", "disable")},
    {"exec/thread-owner", thread_owner,
     CHECKS("started", "calls", "enable", "after-exit")},
    {"exec/leader-owner", leader_owner,
     CHECKS("started", "calls", "enable", "after-exit")},
    {"exec/itself", itself, CHECKS("count", "after-exit")},
    {"exec/vfork", by_vfork, CHECKS("started", "calls", "after-exit")},
};

void add_exec_cases(void) { add_scenarios(scenarios, N_OF(scenarios)); }
