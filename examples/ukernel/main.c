/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * main.c - the command line
 */
#define _GNU_SOURCE
#include "guard.h"
#include "process.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char usage[] =
    "usage: ukernel [options] GUEST [ARGS...]\n"
    "\n"
    "Run a static x86-64 Linux program on a user-space kernel. GUEST is a "
    "path\n"
    "on the host, or else in the guest's file tree.\n"
    "\n"
    "  --mount HOST:GUEST  show the host's directory HOST as GUEST, "
    "read-only;\n"
    "                      GUEST / replaces the host's whole tree\n"
    "  --cwd DIR           start in the guest's directory DIR\n"
    "  --user UID[:GID]    who the guest is; GID is UID if it is missing. "
    "Default:\n"
    "                      you\n"
    "  --memory SIZE       what guests may take of the host's memory, in bytes "
    "or\n"
    "                      with k, M, G; beyond it: ENOMEM, ENOSPC. Default: "
    "half\n"
    "                      of the machine's\n"
    "  --kcov-rules LINUX  which Linux kcov behaves like: 7.2 (default) or "
    "6.12\n"
    "  --env K=V           set K in the guest's environment; --env K removes "
    "it\n"
    "  --strace            print the guest's system calls on stderr\n"
    "  -v, --verbose       print faults and missing system calls on stderr\n"
    "  -h, --help          print this text\n"
    "      --version       print the version\n"
    "\n"
    "This is no sandbox: guests read all that you can read, unless --mount\n"
    "HOST:/ says otherwise, and run in this process, as you.\n"
    "\n"
    "When GUEST ends, what it started and left running is killed.\n"
    "\n"
    "Exit status: the guest's; 128 + N if signal N killed it; 1 if GUEST does\n"
    "not run, or left something of kcov behind; 2 for usage errors.\n";

struct options {
  struct uk_strings envp;
  const char *mounts[64];
  int n_mounts;
  const char *cwd;
  uid_t uid;
  gid_t gid;
};

static _Noreturn void fail(int status, const char *name, const char *reason) {
  fprintf(stderr, "ukernel: %s: %s\n", name, reason);
  exit(status);
}

static void drop_env(struct uk_strings *envp, const char *name, size_t length) {
  for (size_t i = 0; i < envp->count; i++) {
    char *item = envp->item[i];
    if (strncmp(item, name, length) || item[length] != '=')
      continue;
    free(item);
    envp->item[i] = envp->item[--envp->count];
    return;
  }
}

static void set_env(struct uk_strings *envp, const char *setting) {
  const char *equals = strchr(setting, '=');
  drop_env(envp, setting,
           equals ? (size_t)(equals - setting) : strlen(setting));
  if (equals && strings_add(envp, setting))
    fail(2, "--env", "out of memory");
}

/* Decimal, below -1, which the system calls take for "no change". */
static bool parse_id(const char *text, char **end, uint32_t *id) {
  errno = 0;
  unsigned long long value = strtoull(text, end, 10);
  *id = (uint32_t)value;
  return *text >= '0' && *text <= '9' && !errno && value < UINT32_MAX;
}

static void parse_user(const char *text, struct options *options) {
  char *end;
  bool ok = parse_id(text, &end, &options->uid);
  options->gid = options->uid;
  if (ok && *end == ':')
    ok = parse_id(end + 1, &end, &options->gid);
  if (!ok || *end)
    fail(2, text, "--user takes UID or UID:GID, as numbers");
}

/* Bytes, or 0. */
static uint64_t parse_size(const char *text) {
  char *end;
  unsigned int shift = 0;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  const char *units = "kMG", *unit = *end ? strchr(units, *end) : NULL;
  if (unit) {
    shift = 10 * (unsigned int)(unit - units + 1);
    end++;
  }
  if (errno || *end || *text < '0' || *text > '9' ||
      value > UINT64_MAX >> shift)
    return 0;
  return value << shift;
}

static enum kcov8_linux_rules parse_rules(const char *text) {
  if (strcmp(text, "7.2") == 0)
    return KCOV8_RULES_NEWEST;
  if (strcmp(text, "6.12") != 0)
    fail(2, text, "--kcov-rules takes 6.12 or 7.2");
  return KCOV8_RULES_6_12;
}

static void parse(int argc, char **argv, struct options *options) {
  enum { MOUNT = 256, CWD, USER, MEMORY, KCOV_RULES, ENV, STRACE, VERSION };
  static const struct option longs[] = {
      {"mount", required_argument, NULL, MOUNT},
      {"cwd", required_argument, NULL, CWD},
      {"user", required_argument, NULL, USER},
      {"memory", required_argument, NULL, MEMORY},
      {"kcov-rules", required_argument, NULL, KCOV_RULES},
      {"env", required_argument, NULL, ENV},
      {"strace", no_argument, NULL, STRACE},
      {"verbose", no_argument, NULL, 'v'},
      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, VERSION},
      {NULL, 0, NULL, 0},
  };
  for (char **item = environ; *item; item++)
    if (strings_add(&options->envp, *item))
      fail(2, "environment", "too large");
  int c;
  argv[0] = (char[]){"ukernel"}; /* for getopt's messages */
  while ((c = getopt_long(argc, argv, "+vh", longs, NULL)) != -1) {
    switch (c) {
    case MOUNT:
      if (!strchr(optarg, ':'))
        fail(2, optarg, "--mount takes HOST:GUEST");
      if (options->n_mounts == 64)
        fail(2, optarg, "too many mounts");
      options->mounts[options->n_mounts++] = optarg;
      break;
    case CWD:
      options->cwd = optarg;
      break;
    case USER:
      parse_user(optarg, options);
      break;
    case MEMORY:
      if (!parse_size(optarg))
        fail(2, optarg, "--memory takes a number, and k, M or G");
      uk_memory_set_limit(parse_size(optarg));
      break;
    case KCOV_RULES:
      uk_kcov_rules = parse_rules(optarg);
      break;
    case ENV:
      set_env(&options->envp, optarg);
      break;
    case STRACE:
      uk_strace = true;
      break;
    case 'v':
      uk_verbose = true;
      break;
    case 'h':
      fputs(usage, stdout);
      exit(0);
    case VERSION:
      puts("ukernel (kcov8) " KCOV8_VERSION);
      exit(0);
    default:
      exit(2);
    }
  }
  if (optind == argc) {
    fputs("ukernel: no GUEST given; see --help\n", stderr);
    exit(2);
  }
}

static void mount_all(const struct options *options) {
  for (int i = 0; i < options->n_mounts; i++) {
    char host[PATH_MAX];
    const char *colon = strchr(options->mounts[i], ':');
    snprintf(host, sizeof(host), "%.*s", (int)(colon - options->mounts[i]),
             options->mounts[i]);
    int err = uk_vfs_mount_host(host, colon + 1);
    if (err)
      fail(2, options->mounts[i], strerror(-err));
  }
}

static struct uk_task *first_task(const struct options *options) {
  struct uk_proc *proc = proc_new(NULL);
  if (!proc)
    return NULL;
  uk_init_proc = proc;
  proc->exit_signal = SIGCHLD;
  caps_first(proc);
  proc->ids[0] = proc->ids[1] = proc->ids[2] = proc->ids[3] = options->uid;
  proc->ids[4] = proc->ids[5] = proc->ids[6] = proc->ids[7] = options->gid;
  proc->files = uk_files_new();
  struct uk_task *task = proc->files ? task_new(proc, NULL, proc->pid) : NULL;
  if (task)
    task->where = uk_where_copy(NULL);
  return task && task->where ? task : NULL;
}

static void load(struct uk_task *task, char **argv, struct options *options) {
  struct uk_strings args = {0};
  struct uk_image *image = NULL;
  const char *why = NULL;
  char path[PATH_MAX];
  for (char **arg = argv; *arg; arg++)
    if (strings_add(&args, *arg))
      fail(1, argv[0], "arguments too long");
  int err = image_from_host(argv[0], &image);
  if (err == -ENOENT || err == -ENOTDIR)
    err = image_from_guest(argv[0], &image);
  if (!realpath(argv[0], path))
    snprintf(path, sizeof(path), "%s", argv[0]);
  /* Busybox and the like go by the name that was given. */
  if (!err && argv[0][0] == '/')
    snprintf(path, sizeof(path), "%s", argv[0]);
  if (!err)
    err =
        exec_any(task, image, path, sizeof(path), &args, &options->envp, &why);
  if (err)
    fail(1, argv[0], why ? why : strerror(-err));
  strings_free(&args);
  strings_free(&options->envp);
}

/*
 * As at the end of a PID namespace's first process. Again after each wakeup:
 * who was on the way into fork has made another one since.
 */
static void kill_the_rest(void) {
  while (task_count() > 0) {
    for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
      if (!proc->zombie && !proc->exiting)
        proc_kill(proc, SIGKILL);
    sched_wait(NULL, &uk_procs);
  }
}

int main(int argc, char **argv) {
  struct options options = {.uid = getuid(), .gid = getgid()};
  parse(argc, argv, &options);
  guard_init();
  sched_init();
  syscall_init();
  sched_lock();
  int err = uk_vfs_init();
  if (err)
    fail(1, "file tree", strerror(-err));
  mount_all(&options);
  struct uk_task *task = first_task(&options);
  if (!task)
    fail(1, argv[optind], "out of memory");
  sched_set_current(task);
  err = options.cwd ? uk_chdir(options.cwd) : 0;
  if (err) {
    fprintf(stderr, "ukernel: --cwd %s: %s\n", options.cwd, strerror(-err));
    exit(2);
  }
  load(task, argv + optind, &options);
  sched_set_current(NULL);
  if (task_start(task))
    fail(1, argv[optind], "cannot start a thread");
  while (!uk_init_proc->zombie)
    sched_wait(NULL, &uk_procs);
  int status = uk_init_proc->exit_status;
  kill_the_rest();
  if (uk_kcov_exit())
    fail(1, "exit", "a kcov file or mapping was not released");
  /* The lock stays held: nobody else does anything from here on. */
  exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
