/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ukernel - a user-space kernel that runs static x86-64 Linux programs
 *
 * The internal interface: what the process side (cpu, elf, mm, task, signal,
 * futex, syscall) and the file side (vfs, ramfs, hostfs, procfs, pipe, socket,
 * poll, epoll, kcov) know of each other.
 *
 * Concurrency: each guest thread is one host thread. Kernel code runs with one
 * big kernel lock held; it is released while guest code runs and in
 * uk_sleep(). Whoever changes a state that somebody may wait for calls
 * uk_wakeup() for it; those that sleep on it test their condition again, and
 * nobody else runs. All functions here expect the lock held, unless they say
 * otherwise.
 *
 * Errors are negative errno values, as inside Linux. Guest addresses are
 * uint64_t and never dereferenced: use copy_from_guest() and friends.
 */
#ifndef UKERNEL_KERNEL_H
#define UKERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <kcov8/kcov8.h>

#define UK_PAGE 4096u

struct uk_task;  /* one guest thread */
struct uk_proc;  /* one guest process: address space, files, signals */
struct uk_file;  /* one open file description */
struct uk_inode; /* one file system object */
struct uk_proto; /* what a socket can do (sock.h) */
struct uk_where; /* root, directory, mounts of a task */
struct uk_mount; /* one file system, or a part of it, at one place */

/* ---- Process side: current task, sleeping, guest memory ------------------ */

struct uk_task *uk_current(void);
struct uk_proc *uk_task_proc(struct uk_task *task);
struct kcov8_task *uk_task_kcov(struct uk_task *task);
int uk_task_tid(struct uk_task *task);
int uk_proc_pid(struct uk_proc *proc);
bool uk_capable(int cap); /* has the current process CAP_...? */

/**
 * uk_sleep() - wait until somebody calls uk_wakeup() for the same channel
 * @channel: address of the object whose state is waited for; it is compared,
 *           never read. NULL: a signal or the deadline ends the sleep
 * @deadline_ns: CLOCK_MONOTONIC, or UINT64_MAX for none
 *
 * Flushes the task's coverage first (kcov8_task_flush). Callers loop: test the
 * condition, sleep, test again.
 *
 * Return: 0 woken; -ETIMEDOUT; -EINTR if a signal is pending or the process is
 * going away (the caller unwinds; the syscall exit path handles the signal,
 * and restarts the call where Linux would).
 */
int uk_sleep(const void *channel, uint64_t deadline_ns);
void uk_wakeup(const void *channel);

/* A growing set of channels; the owner frees @v. */
struct uk_channels {
  const void **v;
  size_t n, room;
};
/* 0 or -ENOMEM; NULL is no channel. */
int uk_channels_add(struct uk_channels *channels, const void *channel);
/* The same for several channels; -ENOMEM as well. */
int uk_sleep_any(const struct uk_channels *channels, uint64_t deadline_ns);
uint64_t uk_now_ns(void); /* CLOCK_MONOTONIC */

/* -EFAULT if any byte is not mapped with the needed protection. */
int copy_from_guest(void *to, uint64_t from, size_t bytes);
int copy_to_guest(uint64_t to, const void *from, size_t bytes);
/* A NUL-terminated string: -ENAMETOOLONG if it does not fit in @size. */
int copy_string_from_guest(char *to, uint64_t from, size_t size);

int uk_send_signal(struct uk_proc *proc, int sig); /* SIGPIPE and the like */

/*
 * ppoll, pselect6, epoll_pwait (and sigsuspend): block @mask from now on. The
 * syscall exit path puts the old mask back, after the delivery of a signal
 * that @mask let in. Process side.
 */
void uk_sigmask_temporary(uint64_t mask);

/* For /proc and ps: processes by number; borrowed, valid until a sleep. */
struct uk_proc *uk_proc_find(int pid);       /* NULL if there is none */
struct uk_proc *uk_proc_next(int after_pid); /* smallest pid above, or NULL */
struct uk_proc_info {
  int ppid, pgrp, session, threads;
  char state;           /* 'R', 'S', 'Z' */
  char comm[16];        /* as PR_GET_NAME of the leader */
  uint64_t vsize_bytes; /* sum of the mappings */
  uint64_t start_ns;    /* uk_now_ns() at its start */
};
void uk_proc_info(struct uk_proc *proc, struct uk_proc_info *info);

/* ---- Memory that guests take (memory.c) ---------------------------------- */

enum {
  UK_COST_CPU = 6 << 20,    /* an address space: its engine */
  UK_COST_TASK = 512 << 10, /* host stack, bounce buffers, queued signals */
  UK_COST_FILES = 32 << 10, /* a table of descriptors, a process */
  UK_COST_FILE = 512,       /* an open file, or what epoll knows of one */
  UK_COST_INODE = 1024,
  UK_COST_NAME = 512, /* an entry of a directory */
  UK_COST_MOUNT = 1024,
  UK_COST_MNTNS = 1024, /* and its mounts */
};
void uk_memory_set_limit(uint64_t bytes); /* default: half of the machine */
uint64_t uk_memory_limit(void);
uint64_t uk_memory_free(void);
int uk_charge(uint64_t bytes); /* before memory is taken; -ENOMEM */
void uk_uncharge(uint64_t bytes);

/* ---- Pages: host memory that guest mappings and files share -------------- */

/**
 * struct uk_pages - reference-counted host memory
 * @base:  page-aligned; may be mapped into several guests at once
 * @bytes: a multiple of UK_PAGE
 * @fixed: a driver's memory, put into the address space by mmap: mremap cannot
 *         make it longer, and what MADV_DONTNEED drops is gone (SIGBUS), since
 *         no page fault brings it back
 * @constant: what a program file holds, and nobody has written to since: fork
 *         shares it, and who makes it writable gets a copy first
 * @lazy:  reserved only: each mapping of it is charged by itself, once it may
 *         be written
 * @charged: bytes to give back when it is freed
 * @free:  called when the last reference is gone
 * @copy:  for fork, of a private mapping: NULL if there is no memory; missing:
 *         a copy of all that was touched
 */
struct uk_pages {
  uint8_t *base;
  size_t bytes;
  int refs;
  bool fixed, constant, lazy;
  uint64_t charged;
  void (*free)(struct uk_pages *pages);
  struct uk_pages *(*copy)(struct uk_pages *pages);
  void *ctx;
};
void uk_pages_get(struct uk_pages *pages);
void uk_pages_put(struct uk_pages *pages);
/* Zeroed memory, charged; or -reserve: lazy. NULL: there is not so much. */
struct uk_pages *uk_pages_new(uint64_t bytes);
struct uk_pages *uk_pages_reserve(uint64_t bytes);
/* A part of it is not used, and does not count any more. */
void uk_pages_discount(struct uk_pages *pages, uint64_t bytes);

/* ---- File side -------------------------------------------------------- */

/**
 * struct uk_file_ops - what an open file can do
 *
 * Buffers are kernel memory. A missing operation gives the errno that Linux
 * gives (read, write: -EINVAL; ioctl: -ENOTTY; lseek: -ESPIPE; mmap: -ENODEV;
 * poll: always readable and writable). read and write may block with
 * uk_sleep() unless @file->flags has O_NONBLOCK. @pos is &file->pos, or the
 * offset of pread and pwrite.
 *
 * @mmap:    MAP_SHARED of [offset, offset + bytes): *@pages gets a new
 *           reference, *@skip the byte offset of the mapping inside it; the
 *           mapping also holds a reference to @file (mm takes it).
 * @mmap_private: MAP_PRIVATE of it; missing: mm reads it into memory of its own
 * @poll:    events ready now, POLLIN etc.
 * @getdents: fill @buf with struct linux_dirent64 records; bytes, 0 at the end
 * @release: the last reference is gone
 * @stat:    only for files without an inode
 * @poll_deadline: when @poll may change though nobody calls uk_wakeup();
 *           missing: never
 * @channels: adds those that @poll depends on; 0 or -ENOMEM. Missing: @priv
 * @proto:  sockets: the operations that other files do not have
 */
struct uk_file_ops {
  ssize_t (*read)(struct uk_file *file, void *buf, size_t n, int64_t *pos);
  ssize_t (*write)(struct uk_file *file, const void *buf, size_t n,
                   int64_t *pos);
  int64_t (*lseek)(struct uk_file *file, int64_t offset, int whence);
  int64_t (*ioctl)(struct uk_file *file, uint64_t cmd, uint64_t arg);
  int (*mmap)(struct uk_file *file, uint64_t bytes, uint64_t offset,
              struct uk_pages **pages, size_t *skip);
  int (*mmap_private)(struct uk_file *file, uint64_t bytes, uint64_t offset,
                      struct uk_pages **pages);
  unsigned int (*poll)(struct uk_file *file);
  ssize_t (*getdents)(struct uk_file *file, void *buf, size_t n);
  void (*release)(struct uk_file *file);
  int (*stat)(struct uk_file *file, struct stat *st);
  uint64_t (*poll_deadline)(struct uk_file *file);
  int (*channels)(struct uk_file *file, struct uk_channels *channels);
  const struct uk_proto *proto;
};

struct uk_file {
  const struct uk_file_ops *ops;
  int refs;
  int flags; /* O_*, guest values (the same as the host's on x86-64) */
  int64_t pos;
  struct uk_inode *inode; /* may be NULL (pipes, sockets, epoll) */
  struct uk_mount *mnt;   /* through which it was opened; NULL: none */
  void *priv;
  char *path;               /* as opened, absolute; NULL: anonymous */
  const uint64_t *poll_gen; /* [0] counts arrivals, [1] room; or NULL */
  bool watched;             /* by an epoll (epoll.c) */
};

#define UK_O_PATH 010000000
bool uk_file_reads(const struct uk_file *file);
bool uk_file_writes(const struct uk_file *file);
bool uk_file_syncs(const struct uk_file *file); /* fsync has a meaning */
struct uk_file *uk_file_new(const struct uk_file_ops *ops, int flags,
                            void *priv);
void uk_file_get(struct uk_file *file);
void uk_file_put(struct uk_file *file);

/*
 * Descriptor table of a process. Shared by threads; copied by fork
 * (uk_files_copy), freed at exit, close-on-exec descriptors closed by execve.
 */
#define UK_MAX_FDS 1024 /* RLIMIT_NOFILE, soft and hard */
struct uk_files;
struct uk_files *uk_files_new(void); /* 0, 1, 2 are the host's */
struct uk_files *uk_files_copy(struct uk_files *files);
void uk_files_exec(struct uk_files *files);
/* May the current process have new namespaces: CLONE_NEW...? 0 or -errno */
int uk_ns_may_split(uint64_t flags);
int uk_mntns_unshare(struct uk_where *where); /* CLONE_NEWNS */
/* Was it opened through a mount from which nothing is executed? */
bool uk_file_noexec(const struct uk_file *file);
void uk_files_free(struct uk_files *files);
/* Root, directory, namespace of mounts and umask of a task; the first one's is
 * a copy of NULL. No memory: NULL. */
struct uk_where *uk_where_get(struct uk_where *where);
struct uk_where *uk_where_copy(struct uk_where *where);
void uk_where_put(struct uk_where *where);
struct uk_where *uk_task_where(struct uk_task *task); /* process side */
struct uk_where *uk_proc_where(struct uk_proc *proc); /* or NULL */
void uk_set_where(struct uk_where *where); /* the current task's; takes over */
/* For each task. */
void uk_each_where(void (*fn)(struct uk_where *where, const void *arg),
                   const void *arg);
int uk_where_shared(struct uk_where *where);          /* by how many tasks */
int uk_chdir(const char *path);                       /* --cwd */
struct uk_files *uk_proc_files(struct uk_proc *proc); /* process side */
struct uk_file *uk_fd_file(int fd); /* of the current process; borrowed */

/* Whole-file access for execve: a new reference, or -errno. */
int uk_open_path(const char *path, int flags, unsigned int mode,
                 struct uk_file **out);
int uk_open_at(int dirfd, const char *path, int flags, unsigned int mode,
               struct uk_file **out);
int uk_file_stat(struct uk_file *file, struct stat *st);
/* For /proc: the path of the running program (absolute: what uk_open_at() put
 * into file->path), its arguments. Process side. */
const char *uk_proc_exe(struct uk_proc *proc);
size_t uk_proc_cmdline(struct uk_proc *proc, char *buf, size_t n);
size_t uk_proc_maps(struct uk_proc *proc, char *buf, size_t n);

/**
 * uk_vfs_init() - make the file tree
 * /dev, /proc, /sys/kernel/debug/kcov, /tmp in memory, and the host's
 * directories read-only where `--mount HOST:GUEST` says; by default the
 * guest's root shows the host's root read-only with a memory overlay
 * directory /tmp.
 */
int uk_vfs_init(void);
int uk_vfs_mount_host(const char *host_dir, const char *guest_dir);

/* The device behind /sys/kernel/debug/kcov (kcov.c). */
extern struct kcov8_device *uk_kcov_device;
extern enum kcov8_linux_rules uk_kcov_rules; /* before it is made */
/* All tasks are gone. -EBUSY: a file, a mapping or an area is not. */
int uk_kcov_exit(void);

/* ---- Syscalls --------------------------------------------------------- */

typedef int64_t uk_syscall_fn(const uint64_t arg[6]);

struct uk_syscall {
  const char *name;
  uk_syscall_fn *fn;
};

/* Tables by number, sparse; the dispatcher asks the file side second. */
const struct uk_syscall *uk_process_syscall(uint64_t nr);
const struct uk_syscall *uk_file_syscall(uint64_t nr);

#endif /* UKERNEL_KERNEL_H */
