/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * strace.c - --strace: calls, results and signals on stderr
 *
 * A call's line appears when it returns, so that those of several tasks do not
 * mix; calls that do not return (exit, execve) and those that sleep show up
 * at their start, too.
 */
#define _GNU_SOURCE
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* Arguments: s string, d number, x hexadecimal, o octal; by number. */
static const struct {
  unsigned int nr;
  const char *args;
} signatures[] = {
    {SYS_read, "dxd"},
    {SYS_write, "dsd"},
    {SYS_open, "sxo"},
    {SYS_close, "d"},
    {SYS_stat, "sx"},
    {SYS_fstat, "dx"},
    {SYS_lstat, "sx"},
    {SYS_poll, "xdd"},
    {SYS_lseek, "ddd"},
    {SYS_mmap, "xxxxdx"},
    {SYS_mprotect, "xxx"},
    {SYS_munmap, "xx"},
    {SYS_brk, "x"},
    {SYS_rt_sigaction, "dxxd"},
    {SYS_rt_sigprocmask, "dxxd"},
    {SYS_rt_sigreturn, ""},
    {SYS_ioctl, "dxx"},
    {SYS_pipe, "x"},
    {SYS_sched_yield, ""},
    {SYS_dup, "d"},
    {SYS_dup2, "dd"},
    {SYS_pause, ""},
    {SYS_nanosleep, "xx"},
    {SYS_getpid, ""},
    {SYS_socket, "ddd"},
    {SYS_connect, "dxd"},
    {SYS_accept, "dxx"},
    {SYS_sendto, "dxdxxd"},
    {SYS_recvfrom, "dxdxxx"},
    {SYS_sendmsg, "dxx"},
    {SYS_recvmsg, "dxx"},
    {SYS_shutdown, "dd"},
    {SYS_bind, "dxd"},
    {SYS_listen, "dd"},
    {SYS_getsockname, "dxx"},
    {SYS_getpeername, "dxx"},
    {SYS_socketpair, "dxdx"},
    {SYS_setsockopt, "dddxd"},
    {SYS_getsockopt, "dddxx"},
    {SYS_accept4, "dxxx"},
    {SYS_clone, "xxxxx"},
    {SYS_fork, ""},
    {SYS_vfork, ""},
    {SYS_execve, "sxx"},
    {SYS_exit, "d"},
    {SYS_wait4, "dxxx"},
    {SYS_kill, "dd"},
    {SYS_uname, "x"},
    {SYS_fcntl, "ddx"},
    {SYS_getcwd, "xd"},
    {SYS_chdir, "s"},
    {SYS_mkdir, "so"},
    {SYS_rmdir, "s"},
    {SYS_unlink, "s"},
    {SYS_readlink, "sxd"},
    {SYS_rename, "ss"},
    {SYS_access, "sd"},
    {SYS_getuid, ""},
    {SYS_getgid, ""},
    {SYS_geteuid, ""},
    {SYS_getegid, ""},
    {SYS_getppid, ""},
    {SYS_gettid, ""},
    {SYS_setpgid, "dd"},
    {SYS_getpgrp, ""},
    {SYS_setsid, ""},
    {SYS_arch_prctl, "xx"},
    {SYS_futex, "xxdxxx"},
    {SYS_getdents64, "dxd"},
    {SYS_set_tid_address, "x"},
    {SYS_clock_gettime, "dx"},
    {SYS_clock_nanosleep, "ddxx"},
    {SYS_exit_group, "d"},
    {SYS_tgkill, "ddd"},
    {SYS_openat, "dsxo"},
    {SYS_mkdirat, "dso"},
    {SYS_newfstatat, "dsxx"},
    {SYS_unlinkat, "dsx"},
    {SYS_readlinkat, "dsxd"},
    {SYS_faccessat, "dsd"},
    {SYS_dup3, "ddx"},
    {SYS_pipe2, "xx"},
    {SYS_prlimit64, "ddxx"},
    {SYS_getrandom, "xdx"},
    {SYS_set_robust_list, "xd"},
    {SYS_rseq, "xdxx"},
    {SYS_writev, "dxd"},
    {SYS_readv, "dxd"},
    {SYS_sigaltstack, "xx"},
    {SYS_statx, "dsxxx"},
    {SYS_sendfile, "ddxd"},
    {SYS_capget, "xx"},
    {SYS_capset, "xx"},
    {SYS_chroot, "s"},
    {SYS_setns, "dx"},
    {SYS_mount, "sssxx"},
    {SYS_umount2, "sx"},
    {SYS_pivot_root, "ss"},
    {SYS_unshare, "x"},
};

static const char *signature(uint64_t nr) {
  for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
    if (signatures[i].nr == nr)
      return signatures[i].args;
  return "xxxxxx";
}

static size_t put_string(char *to, size_t room, uint64_t addr, size_t limit) {
  char text[49];
  int n = 0;
  if (limit >= sizeof(text))
    limit = sizeof(text) - 1;
  if (copy_string_from_guest(text, addr, limit + 1) == -EFAULT)
    return (size_t)snprintf(to, room, "%#lx", (unsigned long)addr);
  text[limit] = 0;
  n += snprintf(to, room, "\"");
  for (const char *c = text; *c && (size_t)n + 8 < room; c++)
    n += *c == '\n' ? snprintf(to + n, room - (size_t)n, "\\n")
         : isprint((unsigned char)*c)
             ? snprintf(to + n, room - (size_t)n, "%c", *c)
             : snprintf(to + n, room - (size_t)n, "\\%o", (unsigned char)*c);
  n += snprintf(to + n, room - (size_t)n, "\"");
  return (size_t)n;
}

static void format_call(char *line, size_t room, const char *name, uint64_t nr,
                        const uint64_t arg[6]) {
  const char *kind = signature(nr);
  size_t n;
  if (name)
    n = (size_t)snprintf(line, room, "%s(", name);
  else
    n = (size_t)snprintf(line, room, "syscall_%lu(", (unsigned long)nr);
  for (int i = 0; kind[i] && i < 6; i++) {
    if (i)
      n += (size_t)snprintf(line + n, room - n, ", ");
    if (kind[i] == 's')
      n += put_string(line + n, room - n, arg[i],
                      nr == SYS_write ? (size_t)arg[2] : 48);
    else if (kind[i] == 'd')
      n += (size_t)snprintf(line + n, room - n, "%d", (int)arg[i]);
    else
      n +=
          (size_t)snprintf(line + n, room - n, kind[i] == 'o' ? "%#lo" : "%#lx",
                           (unsigned long)arg[i]);
  }
  snprintf(line + n, room - n, ")");
}

static _Thread_local char call_text[640];

void strace_call(struct uk_task *task, const char *name, uint64_t nr,
                 const uint64_t arg[6]) {
  format_call(call_text, sizeof(call_text), name, nr, arg);
  if (nr == SYS_exit || nr == SYS_exit_group)
    fprintf(stderr, "[%d] %s = ?\n", task->tid, call_text);
  else if (nr == SYS_execve || nr == SYS_wait4 || nr == SYS_futex ||
           nr == SYS_vfork)
    fprintf(stderr, "[%d] %s ...\n", task->tid, call_text);
}

void strace_result(struct uk_task *task, const char *name, int64_t result) {
  (void)name;
  if (result < 0 && result > -4096)
    fprintf(stderr, "[%d] %s = -1 %s (%s)\n", task->tid, call_text,
            strerrorname_np((int)-result) ? strerrorname_np((int)-result) : "?",
            strerror((int)-result));
  else
    fprintf(stderr, "[%d] %s = %s%lx\n", task->tid, call_text,
            result ? "0x" : "", (unsigned long)result);
}

void strace_signal(struct uk_task *task, const siginfo_t *info) {
  fprintf(stderr, "[%d] --- SIG%s ---\n", task->tid,
          sigabbrev_np(info->si_signo) ? sigabbrev_np(info->si_signo) : "RT");
}
