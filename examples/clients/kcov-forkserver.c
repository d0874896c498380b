/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-forkserver.c - a fuzzer's loop around one kcov buffer
 *
 * The buffer is opened, sized and mapped once. For each input: enable, reset
 * word 0, run, read, disable. With --fork a child per input enables the file
 * that it inherits and exits without DISABLE; its exit is what makes the file
 * free for the next one.
 *
 * An input is a line of call names. They share a little state, so that one may
 * use what an earlier one has made: a stack of descriptors and a mapping.
 */
#define _GNU_SOURCE
#include "client.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFER_WORDS (64ul << 10)
#define PAGE 4096ul

/* ---- Calls: each is one system call, and may fail --------------------- */

struct state {
  int fd[16]; /* nothing here ever blocks */
  size_t n_fds;
  void *page;
  char dir[64];
};

static int top(const struct state *s) {
  return s->n_fds ? s->fd[s->n_fds - 1] : -1;
}

static void push(struct state *s, long fd) {
  if (fd >= 0 && s->n_fds < sizeof(s->fd) / sizeof(s->fd[0]))
    s->fd[s->n_fds++] = (int)fd;
  else if (fd >= 0)
    close((int)fd);
}

static void do_close(struct state *s) {
  syscall(SYS_close, top(s));
  s->n_fds -= s->n_fds > 0;
}
static void do_dup(struct state *s) { push(s, syscall(SYS_dup, top(s))); }
static void do_getppid(struct state *s) {
  (void)s;
  syscall(SYS_getppid);
}
static void do_lseek(struct state *s) { syscall(SYS_lseek, top(s), 0, 0); }
static void do_mkdir(struct state *s) { syscall(SYS_mkdir, s->dir, 0700); }
static void do_mmap(struct state *s) {
  long page = syscall(SYS_mmap, s->page, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == -1)
    return;
  if (s->page)
    munmap(s->page, PAGE);
  s->page = (void *)page;
}
static void do_munmap(struct state *s) {
  syscall(SYS_munmap, s->page, PAGE);
  s->page = NULL;
}
static void do_open(struct state *s) {
  push(s, syscall(SYS_openat, AT_FDCWD, "/dev/zero", O_RDWR));
}
static void do_pipe(struct state *s) {
  int fds[2];
  if (syscall(SYS_pipe2, fds, O_NONBLOCK))
    return;
  push(s, fds[0]);
  push(s, fds[1]);
}
static void do_read(struct state *s) {
  char bytes[16];
  syscall(SYS_read, top(s), bytes, sizeof(bytes));
}
static void do_rmdir(struct state *s) { syscall(SYS_rmdir, s->dir); }
static void do_socketpair(struct state *s) {
  int fds[2];
  if (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
    return;
  push(s, fds[0]);
  push(s, fds[1]);
}
static void do_stat(struct state *s) {
  struct stat st;
  syscall(SYS_newfstatat, AT_FDCWD, s->dir, &st, 0);
}
static void do_write(struct state *s) { syscall(SYS_write, top(s), "x", 1); }

static const struct {
  const char *name;
  void (*run)(struct state *s);
} calls[] = {
    {"close", do_close},   {"dup", do_dup},     {"getppid", do_getppid},
    {"lseek", do_lseek},   {"mkdir", do_mkdir}, {"mmap", do_mmap},
    {"munmap", do_munmap}, {"open", do_open},   {"pipe", do_pipe},
    {"read", do_read},     {"rmdir", do_rmdir}, {"socketpair", do_socketpair},
    {"stat", do_stat},     {"write", do_write},
};
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

/* What --inputs runs, in turn. */
static const char *const built_in[] = {
    "getppid",
    "open read write lseek close",
    "pipe write close read",
    "stat mkdir stat mkdir rmdir",
    "mmap mmap munmap munmap",
    "socketpair write dup close close read",
    "close read write",
    "open dup dup close lseek",
};
#define N_BUILT_IN (sizeof(built_in) / sizeof(built_in[0]))

/* ---- Inputs: what is not the kernel's work is done before the window ---- */

#define MAX_CALLS 64

struct input {
  void (*call[MAX_CALLS])(struct state *s);
  size_t n_calls;
};

static void add_call(struct input *input, const char *name) {
  if (input->n_calls == MAX_CALLS)
    fail_because(name, "too many calls in one input");
  for (size_t i = 0; i < N_CALLS; i++)
    if (strcmp(calls[i].name, name) == 0) {
      input->call[input->n_calls++] = calls[i].run;
      return;
    }
  fail_because(name, "no such call; see --help");
}

static void parse_input(const char *text, struct input *input) {
  char *copy = strdup(text), *rest = NULL;
  if (!copy)
    fail("input");
  input->n_calls = 0;
  for (char *name = strtok_r(copy, " \t", &rest); name;
       name = strtok_r(NULL, " \t", &rest))
    add_call(input, name);
  free(copy);
}

static void run_calls(const struct input *input, struct state *s) {
  for (size_t i = 0; i < input->n_calls; i++)
    input->call[i](s);
}

static void clean_up(struct state *s) {
  while (s->n_fds)
    close(s->fd[--s->n_fds]);
  if (s->page)
    munmap(s->page, PAGE);
  s->page = NULL;
  rmdir(s->dir);
}

/* ---- The two modes ---------------------------------------------------- */

struct server {
  struct kcov kcov;
  struct pcset seen, now;
  struct state state;
  bool fork;
  unsigned long n_inputs, n_interesting, n_full;
};

/* Returns the count as it was when the calls were done. */
static uint64_t run_here(struct server *server, const struct input *input) {
  kcov_enable(&server->kcov);
  kcov_reset(&server->kcov);
  run_calls(input, &server->state);
  uint64_t count = kcov_count(&server->kcov);
  kcov_disable(&server->kcov);
  clean_up(&server->state);
  return count;
}

/* Here the child's exit is part of what is seen. */
static uint64_t run_forked(struct server *server, const struct input *input) {
  int status;
  fflush(stdout);
  pid_t pid = fork();
  if (pid < 0)
    fail("fork");
  if (pid == 0) {
    kcov_enable(&server->kcov);
    kcov_reset(&server->kcov);
    run_calls(input, &server->state);
    _exit(0);
  }
  if (waitpid(pid, &status, 0) != pid)
    fail("waitpid");
  if (status)
    fail_because("child", WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                              : "did not run");
  clean_up(&server->state); /* what the child left in /tmp */
  return kcov_count(&server->kcov);
}

static void run_input(struct server *server, const char *text) {
  struct input input;
  parse_input(text, &input);
  uint64_t count =
      server->fork ? run_forked(server, &input) : run_here(server, &input);
  pcset_clear(&server->now);
  pcset_add_cover(&server->now, &server->kcov, count);
  size_t new = pcset_add_cover(&server->seen, &server->kcov, count);
  server->n_inputs++;
  server->n_interesting += new > 0;
  server->n_full += count == BUFFER_WORDS - 1;
  printf("%lu: %s: %zu PCs, %zu new\n", server->n_inputs, text,
         server->now.count, new);
}

/* ---- Command line ----------------------------------------------------- */

static void print_usage(void) {
  printf("usage: kcov-forkserver [--inputs N] [--fork]\n"
         "\n"
         "Run inputs with one kcov buffer; print for each how many PCs it\n"
         "reached and how many of them no input before had reached. Inputs "
         "are\n"
         "lines of stdin: names of calls out of\n"
         "\n"
         " ");
  for (size_t i = 0; i < N_CALLS; i++)
    printf(" %s", calls[i].name);
  printf("\n\n"
         "  -n, --inputs N  run N built-in inputs instead\n"
         "  -f, --fork      a child per input, that exits without "
         "KCOV_DISABLE\n"
         "  -h, --help      print this text\n"
         "\n"
         "Exit status: 0; 1 if a step failed; 2 for a usage error.\n");
}

/* Returns how many built-in inputs to run; 0: those of stdin. */
static unsigned long parse(int argc, char **argv, struct server *server) {
  static const struct option longs[] = {
      {"inputs", required_argument, NULL, 'n'},
      {"fork", no_argument, NULL, 'f'},
      {"help", no_argument, NULL, 'h'},
      {NULL, 0, NULL, 0},
  };
  unsigned long inputs = 0;
  int c;
  while ((c = getopt_long(argc, argv, "n:fh", longs, NULL)) != -1) {
    switch (c) {
    case 'n':
      inputs = parse_number("--inputs", optarg, 1, 1000000000);
      break;
    case 'f':
      server->fork = true;
      break;
    case 'h':
      print_usage();
      flush_stdout();
      exit(0);
    default:
      exit(2);
    }
  }
  if (optind < argc)
    usage_error(argv[optind], "unexpected argument; see --help");
  return inputs;
}

static void run_stdin(struct server *server) {
  char *line = NULL;
  size_t room = 0;
  ssize_t n;
  while ((n = getline(&line, &room, stdin)) >= 0) {
    if (n > 0 && line[n - 1] == '\n')
      line[n - 1] = 0;
    run_input(server, line);
  }
  if (ferror(stdin))
    fail("stdin");
  free(line);
}

int main(int argc, char **argv) {
  struct server server = {0};
  unsigned long inputs = parse(argc, argv, &server);
  snprintf(server.state.dir, sizeof(server.state.dir),
           "/tmp/kcov-forkserver.%ld", (long)getpid());
  pcset_init(&server.seen);
  pcset_init(&server.now);
  kcov_open(&server.kcov, BUFFER_WORDS);
  if (!inputs)
    run_stdin(&server);
  for (unsigned long i = 0; i < inputs; i++)
    run_input(&server, built_in[i % N_BUILT_IN]);
  printf("%lu inputs: %zu PCs, %lu inputs had new ones\n", server.n_inputs,
         server.seen.count, server.n_interesting);
  if (server.n_full)
    printf("%lu inputs filled the buffer\n", server.n_full);
  flush_stdout();
  kcov_close(&server.kcov);
  pcset_free(&server.seen);
  pcset_free(&server.now);
  return 0;
}
