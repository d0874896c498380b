/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * main.c - the commands: run, exec, kill, delete, debug, symbolize
 *
 * What of runsc's command line syzkaller's pkg vm/gvisor and its coverage pages
 * use; anything else is refused.
 */
#define _GNU_SOURCE
#include "runsc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kcov8/kcov8.h>

static const char usage[] =
    "usage: ukernel-runsc [options] COMMAND ...\n"
    "\n"
    "Run programs on a user-space kernel by runsc's command line, as\n"
    "syzkaller's VM type gvisor does. How the kernel is started stands in the\n"
    "file that is named as this program, with .conf behind it.\n"
    "\n"
    "  run -bundle DIR NAME    make a container of DIR/config.json; stays\n"
    "                          until it is killed or nobody reads its output\n"
    "  exec NAME PROGRAM [ARGS...]\n"
    "                          run a program of root.path on a new kernel\n"
    "  kill NAME [SIGNAL]      send a signal (9) to the container's kernels\n"
    "  delete [-force] NAME    end a container; -force: also one that runs\n"
    "  debug NAME              show a container's processes and threads\n"
    "  symbolize -all          list all PCs and their places\n"
    "\n"
    "  -root DIR               where containers are kept; default:\n"
    "                          /var/run/ukernel-runsc\n"
    "  --panic-log FILE        run: hold FILE, a FIFO, open for writing\n"
    "  -user=UID:GID           exec: who the program runs as; default 0:0\n"
    "  -cwd DIR                exec: where; default: process.cwd\n"
    "  -h, --help              print this text\n"
    "      --version           print the version\n"
    "\n"
    "Taken and without effect: -cap X, -cpu-num-from-quota, -debug,\n"
    "-debug-log F, -network X, -ps, -stacks, -watchdog-action X.\n"
    "\n"
    "Exit status: the guest's, with exec; 128 if something failed; 2 for\n"
    "usage errors.\n";

struct arguments {
  const char *self, *root, *panic_log, *bundle, *user, *cwd;
  bool force, all;
};

_Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "ukernel-runsc: %s: %s\n", what, why);
  exit(EXIT_ERROR);
}

_Noreturn void fail_errno(const char *what) { fail(what, strerror(errno)); }

static _Noreturn void fail_usage(const char *what, const char *why) {
  fprintf(stderr, "ukernel-runsc: %s: %s; see --help\n", what, why);
  exit(2);
}

char *text(const char *format, ...) {
  va_list args;
  char *made;
  va_start(args, format);
  if (vasprintf(&made, format, args) < 0)
    abort();
  va_end(args);
  return made;
}

/* ---- Options: Go's, with one dash or two, value behind `=` or apart ------ */

struct option {
  const char *name;
  const char **value; /* or */
  bool *flag;
};

/* Reads options from argv[0] on; returns the first word that is none. */
static char **parse(char **argv, struct arguments *a) {
  const char *ignored;
  bool ignored_flag;
  const struct option options[] = {
      {"root", &a->root, NULL},
      {"panic-log", &a->panic_log, NULL},
      {"bundle", &a->bundle, NULL},
      {"user", &a->user, NULL},
      {"cwd", &a->cwd, NULL},
      {"force", NULL, &a->force},
      {"all", NULL, &a->all},
      {"watchdog-action", &ignored, NULL},
      {"network", &ignored, NULL},
      {"debug-log", &ignored, NULL},
      {"cap", &ignored, NULL},
      {"debug", NULL, &ignored_flag},
      {"cpu-num-from-quota", NULL, &ignored_flag},
      {"stacks", NULL, &ignored_flag},
      {"ps", NULL, &ignored_flag},
      {NULL, NULL, NULL},
  };
  for (; *argv && **argv == '-'; argv++) {
    const char *name = *argv + 1 + ((*argv)[1] == '-');
    const char *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *o = options;
    if (!strcmp(name, "h") || !strcmp(name, "help")) {
      fputs(usage, stdout);
      exit(0);
    }
    if (!strcmp(name, "version")) {
      puts("ukernel-runsc (kcov8) " KCOV8_VERSION);
      exit(0);
    }
    while (o->name && (strlen(o->name) != n || strncmp(o->name, name, n) != 0))
      o++;
    if (!o->name)
      fail_usage(*argv, "unknown option");
    if (o->flag) {
      if (equals)
        fail_usage(*argv, "takes no value");
      *o->flag = true;
    } else if (equals) {
      *o->value = equals + 1;
    } else {
      if (!argv[1])
        fail_usage(*argv, "needs a value");
      *o->value = *++argv;
    }
  }
  return argv;
}

static const char *only_name(char **argv) {
  if (!*argv)
    fail_usage("NAME", "is missing");
  if (argv[1])
    fail_usage(argv[1], "unexpected argument");
  return *argv;
}

/* ---- run ----------------------------------------------------------------- */

static volatile sig_atomic_t ended;
static void on_signal(int sig) {
  (void)sig;
  ended = 1;
}

/* Whoever reads the panic log waits for our end: it is held open. */
static int open_panic_log(const char *path) {
  if (!path)
    return -1;
  int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_APPEND);
  if (fd < 0)
    fail(path, errno == ENXIO ? "a FIFO that nobody reads" : strerror(errno));
  return fd;
}

static void run(const struct arguments *a, char **argv) {
  const char *name = only_name(argv);
  struct bundle bundle;
  if (!a->bundle)
    fail_usage("run", "needs -bundle DIR");
  bundle_read(a->bundle, &bundle);
  if (access(bundle.root, R_OK | X_OK))
    fail_errno(bundle.root);
  int log = open_panic_log(a->panic_log);

  struct sigaction action = {.sa_handler = on_signal};
  sigset_t blocked, old;
  sigemptyset(&blocked);
  static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
    sigaction(ends[i], &action, NULL);
    sigaddset(&blocked, ends[i]);
  }
  signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_BLOCK, &blocked, &old);

  container_make(a->root, name, a->bundle);
  /* What syzkaller waits for. */
  if (printf("SYZKALLER INIT STARTED\n") < 0 || fflush(stdout))
    ended = 1;
  /* POLLERR: the reading end of stdout or of the log is gone, and so is who
   * started us. */
  struct pollfd fds[] = {{.fd = STDOUT_FILENO}, {.fd = log}};
  while (!ended && ppoll(fds, 2, NULL, &old) <= 0)
    ;
  container_delete(a->root, name);
}

/* ---- exec ---------------------------------------------------------------- */

static void exec(const struct arguments *a, char **argv) {
  struct bundle bundle;
  if (!*argv)
    fail_usage("NAME", "is missing");
  const char *name = *argv++;
  if (!*argv)
    fail_usage("PROGRAM", "is missing");
  if (!container_runs(a->root, name))
    fail(name, "does not run");
  bundle_read(container_bundle(a->root, name), &bundle);
  struct values values = {
      .root = bundle.root,
      .cwd = a->cwd ? a->cwd : bundle.cwd,
      .user = a->user ? a->user : "0:0",
      .memory = bundle.memory,
  };
  char **command = recipe_command(a->self, "exec", &values, argv);
  container_join(a->root, name);
  execv(command[0], command);
  fail_errno(command[0]);
}

/* ---- The others ---------------------------------------------------------- */

static void kill_kernel(int pid, bool is_run, void *sig) {
  if (!is_run)
    kill(-pid, *(int *)sig);
}

static void kill_command(const struct arguments *a, char **argv) {
  if (!*argv)
    fail_usage("NAME", "is missing");
  const char *name = *argv++, *number = *argv ? only_name(argv) : "9";
  char *end;
  long sig = strtol(number, &end, 10);
  if (*end || end == number || sig < 0 || sig > 64)
    fail_usage(number, "is no number of a signal");
  if (!container_runs(a->root, name))
    fail(name, "does not run");
  container_each(a->root, name, kill_kernel, &(int){(int)sig});
}

static void delete_command(const struct arguments *a, char **argv) {
  const char *name = only_name(argv);
  if (!a->force && container_runs(a->root, name))
    fail(name, "runs; -force ends it");
  container_delete(a->root, name);
}

/* One line of /proc for each thread. */
static void show(int pid, bool is_run, void *arg) {
  (void)arg;
  printf("%s, process %d:\n", is_run ? "run" : "kernel", pid);
  fflush(stdout);
  char *command =
      text("cd /proc/%d/task && for t in *; do echo \"thread $t:"
           " $(cat $t/comm) $(sed -n 's/^State:[[:space:]]*//p' $t/status)"
           " $(cat $t/wchan)\"; done 2>/dev/null",
           pid);
  if (system(command) < 0)
    fail_errno("sh");
  free(command);
}

static void debug(const struct arguments *a, char **argv) {
  const char *name = only_name(argv);
  if (!container_runs(a->root, name))
    fail(name, "does not run");
  container_each(a->root, name, show, NULL);
}

static void symbolize(const struct arguments *a, char **argv) {
  if (*argv)
    fail_usage(*argv, "unexpected argument");
  if (!a->all)
    fail_usage("symbolize", "needs -all");
  char **command =
      recipe_command(a->self, "symbolize", &(struct values){0}, NULL);
  execv(command[0], command);
  fail_errno(command[0]);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*fn)(const struct arguments *, char **);
  } commands[] = {
      {"run", run},
      {"exec", exec},
      {"kill", kill_command},
      {"debug", debug},
      {"delete", delete_command},
      {"symbolize", symbolize},
  };
  struct arguments a = {.self = argv[0], .root = "/var/run/ukernel-runsc"};
  if (argc == 0)
    return 2;
  argv = parse(argv + 1, &a);
  if (!*argv)
    fail_usage("COMMAND", "is missing");
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    if (strcmp(*argv, commands[i].name) == 0) {
      commands[i].fn(&a, parse(argv + 1, &a));
      return 0;
    }
  fail_usage(*argv, "unknown command");
}
