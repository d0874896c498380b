/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ends.c - the ends of a program that no destructor sees
 *
 * exec, _exit and _Exit are defined here, weakly, over the kernel's calls: a
 * program's own win, and libraries that call them by name get these, too (not
 * libc itself: what posix_spawn() and system() start ran nothing of ours).
 * Deadly signals get a handler if they have none when the program starts, and
 * only if there is something to write; it writes, and the signal kills as it
 * would have.
 *
 * In a child of vfork() these run in the parent's memory: the dump finds out
 * and does nothing (dump.c), and nothing else here leaves a trace.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "hosted/hosted.h"

#if defined(__linux__)
#include <alloca.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Exported: of several copies of this file in one process, the one that is
 * called must know the one that writes (dump.c).
 */
__attribute__((visibility("default"))) extern void (*__kcov8_dump_at)(
    enum kcov8i_end end);
void (*__kcov8_dump_at)(enum kcov8i_end end);

static void before(enum kcov8i_end end) {
  const int saved = errno;
  if (__kcov8_dump_at)
    __kcov8_dump_at(end);
  errno = saved;
}

/* ---- exec ---------------------------------------------------------------- */

#define REPLACEABLE __attribute__((weak, visibility("default")))

extern char **environ;

static int execute(const char *path, char *const argv[], char *const envp[]) {
  return (int)syscall(SYS_execve, path, argv, envp);
}

/* As execvp() does with what the kernel does not know: it is a script. */
static int execute_or_script(const char *path, char *const argv[],
                             char *const envp[]) {
  execute(path, argv, envp);
  if (errno != ENOEXEC)
    return -1;
  size_t n = 0;
  while (argv[n])
    n++;
  const char **const shell = alloca((n + 3) * sizeof(*shell));
  shell[0] = "/bin/sh";
  shell[1] = path;
  for (size_t i = 1; i < n; i++)
    shell[i + 1] = argv[i];
  shell[n > 1 ? n + 1 : 2] = NULL;
  return execute(shell[0], (char *const *)shell, envp);
}

static bool goes_on(int err) {
  return err == EACCES || err == ENOENT || err == ENOTDIR || err == ESTALE ||
         err == ENODEV || err == ETIMEDOUT;
}

static int search(const char *file, char *const argv[], char *const envp[]) {
  char path[PATH_MAX];
  const size_t len = strlen(file);
  const char *p = getenv("PATH");
  bool denied = false;
  if (strchr(file, '/'))
    return execute_or_script(file, argv, envp);
  errno = !len ? ENOENT : len > NAME_MAX ? ENAMETOOLONG : 0;
  if (errno)
    return -1;
  errno = ENOENT;
  for (p = p ? p : "/bin:/usr/bin";; p++) {
    const size_t dir = strcspn(p, ":");
    if (dir + len + 2 <= sizeof(path)) {
      memcpy(path, p, dir);
      path[dir] = '/'; /* an empty part is the current directory */
      memcpy(path + dir + (dir != 0), file, len + 1);
      execute_or_script(path, argv, envp);
      if (!goes_on(errno))
        return -1;
      denied |= errno == EACCES;
    }
    p += dir;
    if (!*p)
      break;
  }
  if (denied)
    errno = EACCES;
  return -1;
}

REPLACEABLE int execve(const char *path, char *const argv[],
                       char *const envp[]) {
  before(KCOV8I_EXEC);
  return execute(path, argv, envp);
}

REPLACEABLE int execv(const char *path, char *const argv[]) {
  before(KCOV8I_EXEC);
  return execute(path, argv, environ);
}

REPLACEABLE int execvp(const char *file, char *const argv[]) {
  before(KCOV8I_EXEC);
  return search(file, argv, environ);
}

REPLACEABLE int execvpe(const char *file, char *const argv[],
                        char *const envp[]) {
  before(KCOV8I_EXEC);
  return search(file, argv, envp);
}

REPLACEABLE int execveat(int dir, const char *path, char *const argv[],
                         char *const envp[], int flags) {
  before(KCOV8I_EXEC);
  return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}

REPLACEABLE int fexecve(int fd, char *const argv[], char *const envp[]) {
  before(KCOV8I_EXEC);
  if (fd < 0) {
    errno = EINVAL;
    return -1;
  }
  return (int)syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}

static size_t count(const char *arg, va_list ap) {
  size_t n = 0;
  for (; arg; n++)
    arg = va_arg(ap, const char *);
  return n;
}

/*
 * The arguments from @arg to NULL are copied to a local array `argv`; after
 * them @ap is at what follows.
 */
#define COPY_ARGUMENTS(ap, arg)                                                \
  va_list ap;                                                                  \
  va_start(ap, arg);                                                           \
  const size_t n_arguments = count(arg, ap);                                   \
  va_end(ap);                                                                  \
  char **const argv = alloca((n_arguments + 1) * sizeof(*argv));               \
  argv[0] = (char *)(uintptr_t)(arg);                                          \
  va_start(ap, arg);                                                           \
  for (size_t i = 1; i <= n_arguments; i++)                                    \
  argv[i] = va_arg(ap, char *)

REPLACEABLE int execl(const char *path, const char *arg, ...) {
  COPY_ARGUMENTS(ap, arg);
  va_end(ap);
  before(KCOV8I_EXEC);
  return execute(path, argv, environ);
}

REPLACEABLE int execle(const char *path, const char *arg, ...) {
  COPY_ARGUMENTS(ap, arg);
  char *const *const envp = va_arg(ap, char *const *);
  va_end(ap);
  before(KCOV8I_EXEC);
  return execute(path, argv, envp);
}

REPLACEABLE int execlp(const char *file, const char *arg, ...) {
  COPY_ARGUMENTS(ap, arg);
  va_end(ap);
  before(KCOV8I_EXEC);
  return search(file, argv, environ);
}

/* ---- _exit, quick_exit --------------------------------------------------- */

REPLACEABLE _Noreturn void _exit(int status) {
  before(KCOV8I_DIES);
  for (;;)
    syscall(SYS_exit_group, status);
}

REPLACEABLE _Noreturn void _Exit(int status) { _exit(status); }

static void at_quick(void) { before(KCOV8I_DIES); }

/* Handlers of quick_exit() outlive a library that is unloaded. */
static bool in_program(void) {
  extern const ElfW(Ehdr) __ehdr_start
      __attribute__((weak, visibility("hidden")));
  const ElfW(Ehdr) *const h = &__ehdr_start;
  return h && (uintptr_t)h + h->e_phoff == getauxval(AT_PHDR);
}

/* A sanitizer has handlers and an _exit of its own, and ends with the latter.
 */
extern void __sanitizer_set_death_callback(void (*callback)(void))
    __attribute__((weak));

/* ---- Deadly signals ------------------------------------------------------ */

static const int deadly[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGABRT,
                             SIGBUS,  SIGFPE,  SIGSEGV, SIGPIPE, SIGALRM,
                             SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGSYS};
enum { N_DEADLY = sizeof(deadly) / sizeof(deadly[0]) };

/*
 * The signal's action is the default again (SA_RESETHAND). A fault comes back
 * by itself when the instruction is tried again, all others are sent again:
 * either way the program ends, and dumps its core, where it was.
 */
static void on_signal(int number, siginfo_t *info, void *context) {
  (void)context;
  const int saved = errno;
  const bool fault =
      info->si_code > 0 && (number == SIGSEGV || number == SIGBUS ||
                            number == SIGFPE || number == SIGILL);
  before(KCOV8I_DIES);
  if (!fault)
    raise(number);
  errno = saved;
}

static bool is_ours(int number) {
  struct sigaction now;
  return sigaction(number, NULL, &now) == 0 && now.sa_flags & SA_SIGINFO &&
         now.sa_sigaction == on_signal;
}

void kcov8i_ends_watch(void (*dump)(enum kcov8i_end end)) {
  __kcov8_dump_at = dump;
  if (in_program())
    at_quick_exit(at_quick);
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(at_quick);
  for (int i = 0; i < N_DEADLY; i++) {
    struct sigaction now;
    if (sigaction(deadly[i], NULL, &now) || now.sa_flags & SA_SIGINFO ||
        now.sa_handler != SIG_DFL)
      continue;
    struct sigaction ours = {.sa_flags = (int)(SA_SIGINFO | SA_RESETHAND),
                             .sa_sigaction = on_signal};
    /* A stack that ran over leaves no other; it may be too small for others. */
    if (deadly[i] == SIGSEGV || deadly[i] == SIGBUS)
      ours.sa_flags |= (int)SA_ONSTACK;
    sigaction(deadly[i], &ours, NULL);
  }
}

void kcov8i_ends_unwatch(void) {
  __kcov8_dump_at = NULL;
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(NULL);
  for (int i = 0; i < N_DEADLY; i++)
    if (is_ours(deadly[i]))
      signal(deadly[i], SIG_DFL);
}
#else
void kcov8i_ends_watch(void (*dump)(enum kcov8i_end end)) { (void)dump; }
void kcov8i_ends_unwatch(void) {}
#endif
