/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-trace.c - run a command under kcov, print the PCs that it reached
 *
 * The buffer is opened and mapped here; the child enables kcov and becomes
 * COMMAND: kcov stays enabled over execve, and the mapping here goes on showing
 * what the kernel records. A thread that COMMAND starts, and a process that it
 * forks, is not traced: kcov traces the one thread that enabled it.
 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "usage: kcov-trace [--words N] [--unique] [--output FILE] COMMAND [ARGS]\n"
    "\n"
    "Run COMMAND with kcov enabled for its first thread; when it has ended,\n"
    "print the PCs in the kernel's order, one 0x... per line. They go to\n"
    "stderr, as strace's lines do: stdout is COMMAND's.\n"
    "\n"
    "  -o, --output FILE  print to FILE instead\n"
    "  -u, --unique       print each PC once, in ascending order\n"
    "  -w, --words N      size of the buffer in words, a multiple of 512;\n"
    "                     default 16777216 (128 MiB)\n"
    "  -h, --help         print this text\n"
    "\n"
    "Exit status: COMMAND's; 128 + N if signal N killed it; 1 if kcov-trace\n"
    "failed; 2 for a usage error.\n";

struct options {
  uint64_t words;
  bool unique;
  const char *output;
};

static void parse(int argc, char **argv, struct options *options) {
  static const struct option longs[] = {
      {"output", required_argument, NULL, 'o'},
      {"unique", no_argument, NULL, 'u'},
      {"words", required_argument, NULL, 'w'},
      {"help", no_argument, NULL, 'h'},
      {NULL, 0, NULL, 0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "+o:uw:h", longs, NULL)) != -1) {
    switch (c) {
    case 'o':
      options->output = optarg;
      break;
    case 'u':
      options->unique = true;
      break;
    case 'w':
      options->words =
          parse_number("--words", optarg, KCOV_PAGE_WORDS, KCOV_MAX_WORDS);
      if (options->words % KCOV_PAGE_WORDS)
        usage_error("--words", "not a multiple of 512: could not be mapped");
      break;
    case 'h':
      fputs(usage, stdout);
      flush_stdout();
      exit(0);
    default:
      exit(2);
    }
  }
  if (optind == argc)
    usage_error("no COMMAND", "see --help");
}

/* ---- The command ------------------------------------------------------ */

static _Noreturn void become(char **command, struct kcov *kcov, int failed) {
  const char *step = command[0];
  if (ioctl(kcov->fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
    step = "KCOV_ENABLE";
  } else {
    kcov_reset(kcov); /* what ENABLE left is not COMMAND's */
    execvp(command[0], command);
  }
  fprintf(stderr, "kcov-trace: %s: %s\n", step, strerror(errno));
  (void)!write(failed, "", 1);
  _exit(1);
}

/* Like a shell: an interrupt is for the command. */
static void ignore_interrupts(struct sigaction old[2]) {
  const struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGINT, &ignore, &old[0]);
  sigaction(SIGQUIT, &ignore, &old[1]);
}

static void restore_interrupts(const struct sigaction old[2]) {
  sigaction(SIGINT, &old[0], NULL);
  sigaction(SIGQUIT, &old[1], NULL);
}

/* Returns the status that wait() gives. */
static int run(char **command, struct kcov *kcov) {
  struct sigaction old[2];
  int failed[2], status;
  char byte;
  if (pipe2(failed, O_CLOEXEC))
    fail("pipe");
  ignore_interrupts(old);
  pid_t pid = fork();
  if (pid < 0)
    fail("fork");
  if (pid == 0) {
    restore_interrupts(old);
    become(command, kcov, failed[1]);
  }
  close(failed[1]);
  /* End of file: execve closed it. A byte: the child has said why not. */
  if (read(failed[0], &byte, 1) == 1)
    exit(1);
  close(failed[0]);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      fail("waitpid");
  return status;
}

/* ---- PCs -------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static uint64_t make_unique(uint64_t *pc, uint64_t count) {
  uint64_t n = 0;
  qsort(pc, count, sizeof(*pc), compare);
  for (uint64_t i = 0; i < count; i++)
    if (!n || pc[i] != pc[n - 1])
      pc[n++] = pc[i];
  return n;
}

static void print(struct kcov *kcov, const struct options *options, FILE *out) {
  static char buffer[1 << 16];
  const char *name = options->output ? options->output : "stderr";
  uint64_t *pc = kcov->cover + 1, count = kcov_count(kcov);
  bool full = count == kcov->words - 1;
  if (options->unique)
    count = make_unique(pc, count);
  setvbuf(out, buffer, _IOFBF, sizeof(buffer));
  for (uint64_t i = 0; i < count; i++)
    fprintf(out, "0x%lx\n", (unsigned long)pc[i]);
  if (fflush(out) || ferror(out))
    fail(name);
  if (full)
    fprintf(stderr, "kcov-trace: the buffer was full: PCs may be missing; "
                    "--words N makes it larger\n");
}

int main(int argc, char **argv) {
  struct options options = {.words = 16ul << 20};
  struct kcov kcov;
  FILE *out = stderr;
  parse(argc, argv, &options);
  if (options.output) {
    out = fopen(options.output, "we");
    if (!out)
      fail(options.output);
  }
  kcov_open(&kcov, options.words);
  int status = run(argv + optind, &kcov);
  print(&kcov, &options, out);
  kcov_close(&kcov);
  if (options.output && fclose(out))
    fail(options.output);
  fflush(stderr);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
