/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * proctext.c - the texts in /proc, made when they are opened
 *
 * Only what programs read is true: names, numbers, states, sizes. Times of use
 * are zero; there is one processor.
 */
#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICKS_PER_S 100u
#define TEXT_MAX (1u << 20) /* of what the process side gives */

static uint64_t boot_ns(void) {
  static uint64_t boot;
  if (!boot)
    boot = uk_now_ns();
  return boot;
}

static uint64_t ticks_since_boot(uint64_t ns) {
  uint64_t boot = boot_ns();
  return ns > boot ? (ns - boot) / (1000000000u / TICKS_PER_S) : 0;
}

/* ---- One process --------------------------------------------------------- */

static void print_stat(FILE *f, struct uk_proc *proc) {
  struct uk_proc_info info;
  uk_proc_info(proc, &info);
  fprintf(f, "%d (%.15s) %c %d %d %d 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 %d 0 ",
          uk_proc_pid(proc), info.comm, info.state, info.ppid, info.pgrp,
          info.session, info.threads);
  fprintf(f, "%llu %llu %llu 18446744073709551615",
          (unsigned long long)ticks_since_boot(info.start_ns),
          (unsigned long long)info.vsize_bytes,
          (unsigned long long)info.vsize_bytes / UK_PAGE);
  for (int i = 26; i <= 52; i++)
    fputs(i == 38 ? " 17" : " 0", f); /* 38: the exit signal */
  fputc('\n', f);
}

static const char *state_word(char state) {
  return state == 'R'   ? "R (running)"
         : state == 'Z' ? "Z (zombie)"
                        : "S (sleeping)";
}

static void print_status(FILE *f, struct uk_proc *proc) {
  struct uk_proc_info info;
  uk_proc_info(proc, &info);
  unsigned long long kib = info.vsize_bytes / 1024;
  int pid = uk_proc_pid(proc);
  struct uk_where *where = uk_proc_where(proc);
  fprintf(f, "Name:\t%.15s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\nNgid:\t0\n",
          info.comm, where ? where->umask : 0, state_word(info.state), pid);
  fprintf(f, "Pid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", pid, info.ppid);
  fprintf(f, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t%u\nGroups:\t \n",
          UK_MAX_FDS);
  if (info.state != 'Z')
    fprintf(f, "VmPeak:\t%8llu kB\nVmSize:\t%8llu kB\nVmRSS:\t%8llu kB\n", kib,
            kib, kib);
  fprintf(f, "Threads:\t%d\n", info.threads);
}

static void print_statm(FILE *f, struct uk_proc *proc) {
  struct uk_proc_info info;
  uk_proc_info(proc, &info);
  unsigned long long pages = info.vsize_bytes / UK_PAGE;
  fprintf(f, "%llu %llu 0 0 0 %llu 0\n", pages, pages, pages);
}

static void print_comm(FILE *f, struct uk_proc *proc) {
  struct uk_proc_info info;
  uk_proc_info(proc, &info);
  fprintf(f, "%.15s\n", info.comm);
}

/* Texts that the process side makes: until they fit. */
static void print_made(FILE *f, struct uk_proc *proc,
                       size_t (*make)(struct uk_proc *, char *, size_t)) {
  for (size_t room = 1u << 14; room <= TEXT_MAX; room *= 4) {
    char *buf = malloc(room);
    if (!buf)
      return;
    size_t n = make(proc, buf, room);
    if (n < room - 1 || room * 4 > TEXT_MAX) {
      fwrite(buf, 1, n < room ? n : room, f);
      free(buf);
      return;
    }
    free(buf);
  }
}

/* ---- The system ---------------------------------------------------------- */

static void print_meminfo(FILE *f) {
  unsigned long long total = uk_memory_limit() / 1024;
  unsigned long long free_kib = uk_memory_free() / 1024;
  fprintf(f, "MemTotal:       %8llu kB\nMemFree:        %8llu kB\n", total,
          free_kib);
  fprintf(f, "MemAvailable:   %8llu kB\nBuffers:        %8u kB\n", free_kib, 0);
  fprintf(f, "Cached:         %8u kB\nSwapCached:     %8u kB\n", 0, 0);
  fprintf(f, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\n", 0, 0);
  fprintf(f, "Shmem:          %8u kB\nSReclaimable:   %8u kB\n", 0, 0);
}

static void print_cpuinfo(FILE *f) {
  fputs("processor\t: 0\nvendor_id\t: ukernel\ncpu family\t: 6\nmodel\t\t: 6\n"
        "model name\t: Unicorn emulated CPU\nstepping\t: 3\ncpu MHz\t\t: "
        "1000.000\ncache size\t: 512 KB\nphysical id\t: 0\nsiblings\t: 1\n"
        "core id\t\t: 0\ncpu cores\t: 1\nfpu\t\t: yes\nflags\t\t: fpu tsc cx8 "
        "cmov mmx fxsr sse sse2 syscall nx lm\nbogomips\t: 2000.00\n"
        "address sizes\t: 40 bits physical, 48 bits virtual\n\n",
        f);
}

static int count_procs(void) {
  int n = 0, pid = 0;
  for (struct uk_proc *p; (p = uk_proc_next(pid)); n++)
    pid = uk_proc_pid(p);
  return n;
}

static void print_system(FILE *f, enum proc_kind kind) {
  uint64_t up = uk_now_ns() - boot_ns();
  unsigned long long centis = up / 10000000;
  switch (kind) {
  case PROC_CPUINFO:
    print_cpuinfo(f);
    break;
  case PROC_FILESYSTEMS:
    fputs("nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n"
          "nodev\tdebugfs\nnodev\tramfs\n",
          f);
    break;
  case PROC_BOOT_CMDLINE:
    fputs("ukernel\n", f);
    break;
  case PROC_LOADAVG:
    fprintf(f, "0.00 0.00 0.00 1/%d 1\n", count_procs());
    break;
  case PROC_MEMINFO:
    print_meminfo(f);
    break;
  case PROC_SYS_STAT:
    fputs("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nintr 0\n"
          "ctxt 0\n",
          f);
    fprintf(f, "btime %llu\nprocesses %d\nprocs_running 1\nprocs_blocked 0\n",
            (unsigned long long)uk_now_real().tv_sec - centis / 100,
            count_procs());
    break;
  case PROC_UPTIME:
    fprintf(f, "%llu.%02llu %llu.%02llu\n", centis / 100, centis % 100,
            centis / 100, centis % 100);
    break;
  case PROC_VERSION:
    fputs("Linux version 6.12.0-ukernel (kcov8) #1 SMP\n", f);
    break;
  default:
    break;
  }
}

static void print_proc(FILE *f, enum proc_kind kind, struct uk_proc *proc) {
  switch (kind) {
  case PROC_CMDLINE:
    print_made(f, proc, uk_proc_cmdline);
    break;
  case PROC_COMM:
    print_comm(f, proc);
    break;
  case PROC_MAPS:
    print_made(f, proc, uk_proc_maps);
    break;
  case PROC_MOUNTINFO:
  case PROC_MOUNTS:
  case PROC_MOUNTSTATS:
    proc_print_mounts(f, proc, kind);
    break;
  case PROC_STAT:
    print_stat(f, proc);
    break;
  case PROC_STATM:
    print_statm(f, proc);
    break;
  case PROC_STATUS:
    print_status(f, proc);
    break;
  default: /* environ: empty, as for one's own after clearenv */
    break;
  }
}

static ssize_t make_text(enum proc_kind kind, struct uk_proc *proc,
                         char **out) {
  size_t n = 0;
  *out = NULL;
  FILE *f = open_memstream(out, &n);
  if (!f)
    return -ENOMEM;
  if (proc)
    print_proc(f, kind, proc);
  else
    print_system(f, kind);
  if (fclose(f) == 0)
    return (ssize_t)n;
  free(*out);
  *out = NULL;
  return -ENOMEM;
}

/* ---- Text files ---------------------------------------------------------- */

struct text {
  char *bytes;
  int64_t size;
};

static ssize_t text_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  const struct text *text = file->priv;
  if (*pos >= text->size)
    return 0;
  if (n > (uint64_t)(text->size - *pos))
    n = (size_t)(text->size - *pos);
  memcpy(buf, text->bytes + *pos, n);
  *pos += (int64_t)n;
  return (ssize_t)n;
}

static int64_t text_lseek(struct uk_file *file, int64_t offset, int whence) {
  if (whence == SEEK_CUR) {
    if (__builtin_add_overflow(file->pos, offset, &offset))
      return -EOVERFLOW;
  } else if (whence != SEEK_SET) {
    return -EINVAL;
  }
  if (offset < 0)
    return -EINVAL;
  return file->pos = offset;
}

static void text_release(struct uk_file *file) {
  struct text *text = file->priv;
  free(text->bytes);
  free(text);
}

static const struct uk_file_ops text_ops = {
    .read = text_read, .lseek = text_lseek, .release = text_release};

int proc_text_open(enum proc_kind kind, struct uk_proc *proc, int flags,
                   struct uk_file **out) {
  struct text *text = calloc(1, sizeof(*text));
  if (!text)
    return -ENOMEM;
  text->size = make_text(kind, proc, &text->bytes);
  int err = text->size < 0 ? (int)text->size : 0;
  if (!err) {
    *out = uk_file_new(&text_ops, flags, text);
    err = *out ? 0 : -ENOMEM;
  }
  if (err) {
    free(text->bytes);
    free(text);
  }
  return err;
}
