/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * vfs.h - what the file side's parts know of each other
 *
 * Inodes are reference counted. A directory has exactly one place in the tree
 * and knows it (parent, name); that takes the place of a dentry cache. Other
 * inodes may have many names. Where file systems are mounted is in mount.h.
 */
#ifndef UKERNEL_VFS_H
#define UKERNEL_VFS_H

#include "kernel.h"
#include "mount.h"

#include <sys/statfs.h>
#include <time.h>

#define UK_NAME_MAX 255
#define UK_PATH_MAX 4096
#define UK_LINKS_MAX 40
#define UK_MAX_RW 0x7ffff000u /* Linux's MAX_RW_COUNT */
#define UK_BOUNCE (256u << 10)
#define UK_O_LARGEFILE 0100000 /* Linux sets it in every open on 64 bits */
#define UK_O_TMPFILE 020200000

struct uk_walk;
struct uk_dirlist;

/* ---- Inodes (inode.c) ---------------------------------------------------- */

/**
 * struct uk_fs - what a file system is, apart from its content
 * @type:     as in /proc/mounts
 * @magic:    statfs f_type
 * @dev:      0: each inode has its own (hostfs)
 * @readonly: changes give EROFS
 * @fixed:    the kernel's own tree: no new names, no removals
 * @mounts:   how many show a part of it
 * @writers:  regular files that are open for writing through one
 * @kill:     the last of them is gone; or NULL
 *
 * In memory (ramfs.c):
 * @root:     a reference, until it is killed
 * @inodes, @pages: what there is
 * @max_inodes, @max_pages: what there may be; 0: no limit
 */
struct uk_fs {
  const char *type;
  uint64_t magic;
  dev_t dev;
  bool readonly, fixed;
  unsigned int mounts, writers;
  void (*kill)(struct uk_fs *fs);
  struct uk_inode *root;
  uint64_t inodes, max_inodes, pages, max_pages;
};

enum { UK_ATTR_MODE = 1, UK_ATTR_UID = 2, UK_ATTR_GID = 4, UK_ATTR_ATIME = 8 };
enum { UK_ATTR_MTIME = 16 };
struct uk_attr {
  unsigned int valid;
  mode_t mode;
  uid_t uid;
  gid_t gid;
  struct timespec atime, mtime;
};

/**
 * struct uk_inode_ops - what a file system does with its objects
 *
 * Missing operations: -EPERM for changes, -ENOTDIR for lookup.
 *
 * @lookup: a new reference, or -ENOENT
 * @create: @mode has the type; @rdev for devices, @target for symbolic links;
 *          the name is known to be free
 * @remove: unlink and rmdir; @inode is what @name is
 * @rename: within one file system; @victim is replaced, or NULL. All checks
 *          that need no knowledge of the file system are done.
 * @follow: a link that jumps (/proc/self/fd/N): a place, or a file if the
 *          file has no inode; new references
 * @open:   regular files, devices, pipes; directories are done by dir.c
 * @list:   all entries but "." and ".."
 */
struct uk_inode_ops {
  int (*lookup)(struct uk_inode *dir, const char *name, struct uk_inode **out);
  int (*create)(struct uk_inode *dir, const char *name, mode_t mode, dev_t rdev,
                const char *target, struct uk_inode **out);
  int (*link)(struct uk_inode *dir, const char *name, struct uk_inode *inode);
  int (*remove)(struct uk_inode *dir, const char *name, struct uk_inode *inode);
  int (*rename)(struct uk_inode *from, const char *name, struct uk_inode *inode,
                struct uk_inode *to, const char *new_name,
                struct uk_inode *victim);
  ssize_t (*readlink)(struct uk_inode *inode, char *buf, size_t n);
  int (*follow)(struct uk_inode *inode, struct uk_path *out,
                struct uk_file **file);
  int (*open)(struct uk_inode *inode, int flags, struct uk_file **out);
  int (*list)(struct uk_inode *dir, struct uk_dirlist *list);
  int (*getattr)(struct uk_inode *inode, struct stat *st);
  int (*setattr)(struct uk_inode *inode, const struct uk_attr *attr);
  int (*truncate)(struct uk_inode *inode, int64_t size);
  int (*statfs)(struct uk_inode *inode, struct statfs *st);
  void (*release)(struct uk_inode *inode);
};

struct uk_inode {
  const struct uk_inode_ops *ops;
  struct uk_fs *fs;
  int refs;
  dev_t dev;
  ino_t ino;
  mode_t mode;
  nlink_t nlink;
  uid_t uid;
  gid_t gid;
  dev_t rdev;
  struct timespec atime, mtime, ctime;
  struct uk_inode *parent; /* directories: a reference; NULL at the root */
  char *name;              /* directories: in @parent */
  void *priv;
};

struct uk_inode *uk_inode_new(const struct uk_inode_ops *ops, struct uk_fs *fs,
                              ino_t ino, mode_t mode);
struct uk_inode *uk_inode_get(struct uk_inode *inode);
void uk_inode_put(struct uk_inode *inode);
/* Directories: where it is in the tree. */
int uk_inode_place(struct uk_inode *inode, struct uk_inode *parent,
                   const char *name);
bool uk_inode_same(const struct uk_inode *a, const struct uk_inode *b);
int uk_inode_stat(struct uk_inode *inode, struct stat *st);
void uk_inode_touch(struct uk_inode *inode); /* mtime and ctime are now */
struct timespec uk_now_real(void);
dev_t uk_new_dev(void);

/* ---- Tree: mounts and root (vfs.c) ------------------------------------ */

/* Kernel-made, in the first namespace; @guest_path is absolute. */
int uk_mount_at(const char *guest_path, struct uk_inode *root);

/* ---- Path walk (path.c) ----------------------------------------------- */

enum {
  UK_WALK_FOLLOW = 1, /* the last component may be a link to follow */
  UK_WALK_EMPTY = 2,  /* AT_EMPTY_PATH */
  UK_WALK_NEW = 4,    /* the last component may be missing */
};
/* JUMP: behind a link in /proc, whose target has no name in this path. */
enum uk_last {
  UK_LAST_NORM,
  UK_LAST_DOT,
  UK_LAST_DOTDOT,
  UK_LAST_ROOT,
  UK_LAST_JUMP
};

/* Where a path leads: all references are the walk's. */
struct uk_walk {
  struct uk_inode *dir;   /* of the last component; set if @last is NORM */
  struct uk_inode *inode; /* NULL if missing (UK_WALK_NEW), or @file */
  struct uk_mount *dir_mnt, *mnt; /* where these two are */
  struct uk_file *file; /* a link in /proc to a file without an inode */
  enum uk_last last;
  bool slash; /* the path ended in a slash */
  char name[UK_NAME_MAX + 1];
};

int uk_walk(int dirfd, const char *path, unsigned int flags,
            struct uk_walk *walk);
int uk_walk_guest(int dirfd, uint64_t path, unsigned int flags,
                  struct uk_walk *walk);
void uk_walk_end(struct uk_walk *walk);
bool uk_walk_is_root(const struct uk_walk *walk); /* of a mount */
/* For mountinfo: what of its file system @mnt shows. */
int uk_mount_name_root(struct uk_mount *mnt, const struct uk_walk *walk);

/* ---- Descriptors (file.c) --------------------------------------------- */

struct uk_files {
  struct uk_fd {
    struct uk_file *file;
    bool cloexec;
  } fd[UK_MAX_FDS];
};

struct uk_files *uk_files_current(void);

/* Where a task is (where.c). */
struct uk_where {
  int refs; /* tasks */
  struct uk_path root, cwd;
  struct uk_mntns *ns;
  mode_t umask;
};
struct uk_where *uk_where(void); /* of the current task */
/* A new reference, so that another thread's close does no harm; NULL: EBADF.
 * uk_fd_get() refuses O_PATH files, as most calls do. */
struct uk_file *uk_fd_get(int fd);
struct uk_file *uk_fd_get_path(int fd);
/* Takes over the reference to @file, also on failure: fd, or -EMFILE. */
int uk_fd_install(struct uk_file *file, int min_fd, bool cloexec);
int uk_fd_close(struct uk_files *files, int fd);
/* A regular file that keeps its mount from becoming read-only. */
bool uk_file_holds_writable(const struct uk_file *file);
unsigned int uk_file_poll(struct uk_file *file);
uint64_t uk_file_poll_deadline(struct uk_file *file);
/* What changes when @events of the file do; 0 or -ENOMEM. */
int uk_file_channels(struct uk_file *file, unsigned int events,
                     struct uk_channels *channels);
uint64_t uk_anon_ino(void);
void uk_file_set_path(struct uk_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A stat for files without an inode. */
void uk_stat_anon(struct stat *st, mode_t mode, uint64_t ino);

/* ---- Directories (dir.c) ---------------------------------------------- */

struct uk_dirent {
  char *name;
  uint64_t ino;
  uint64_t cookie; /* > 0, growing along the list, stable */
  unsigned char type;
};
struct uk_dirlist {
  struct uk_dirent *entry;
  size_t count, room, charged;
};

/* @cookie 0: one more than the entry before. */
int uk_dirlist_add(struct uk_dirlist *list, const char *name, uint64_t ino,
                   mode_t mode, uint64_t cookie);
void uk_dirlist_free(struct uk_dirlist *list);
int uk_dir_open(struct uk_inode *dir, int flags, struct uk_file **out);

/* ---- Opening (open.c) ------------------------------------------------- */

/* @mnt: where it was found, or NULL. */
int uk_open_inode(struct uk_mount *mnt, struct uk_inode *inode, int flags,
                  struct uk_file **out);
int uk_truncate_inode(struct uk_mount *mnt, struct uk_inode *inode,
                      int64_t size);

/* ---- Guest I/O vectors (iter.c) --------------------------------------- */

struct uk_iter {
  struct uk_iovec {
    uint64_t addr, len;
  } one, *iov;
  size_t count, at;
  uint64_t skip; /* done of iov[at] */
  uint64_t left;
};
int uk_iter_one(struct uk_iter *iter, uint64_t addr, uint64_t len);
int uk_iter_import(struct uk_iter *iter, uint64_t iov, uint64_t count);
void uk_iter_end(struct uk_iter *iter);
/* Bytes copied, less than @n only at the end or before a bad address;
 * -EFAULT if none could be. */
ssize_t uk_iter_from_guest(struct uk_iter *iter, void *to, size_t n);
ssize_t uk_iter_to_guest(struct uk_iter *iter, const void *from, size_t n);

/* ---- File systems and devices ----------------------------------------- */

/* A new tree in memory; the root directory. */
struct uk_inode *uk_ramfs_new(const char *type, uint64_t magic);
/* Kernel-made entries; @path is relative to @root, parents are made. */
int uk_ramfs_add(struct uk_inode *root, const char *path, mode_t mode,
                 dev_t rdev, const char *content,
                 int (*open)(struct uk_inode *, int, struct uk_file **));
/* From now on guests cannot change its names. */
void uk_ramfs_fix(struct uk_inode *root);
/* A regular file without a name (memfd_create, O_TMPFILE). */
struct uk_inode *uk_ramfs_anon(struct uk_inode *dir, mode_t mode);

int uk_hostfs_root(const char *host_dir, struct uk_inode **out);
struct uk_inode *uk_procfs_root(void);
int uk_devfs_fill(struct uk_inode *root);
int uk_dev_open(dev_t rdev, int flags, struct uk_file **out);
int uk_host_file(int host_fd, int flags, bool owned, struct uk_file **out);
int uk_fifo_open(struct uk_inode *inode, int flags, struct uk_file **out);
void uk_fifo_release(struct uk_inode *inode);
int uk_kcov_init(void);                       /* mounts /sys/kernel/debug */
int uk_compare_add(struct uk_inode *debugfs); /* a file for tests */
extern const struct uk_file_ops uk_pipe_ops;
void uk_epoll_forget(struct uk_file *file);

/* ---- Namespaces (ns.c) ------------------------------------------------ */

const char *uk_ns_name(int i); /* in /proc/PID/ns; NULL: no more */
ssize_t uk_ns_text(int i, struct uk_where *where, char *buf, size_t n);
int uk_ns_inode(int i, struct uk_where *where, struct uk_inode **out);
bool uk_ns_is(const struct uk_inode *inode);
void uk_ns_name_of(const struct uk_inode *inode, char *buf, size_t n);
struct uk_mntns *uk_ns_mnt(const struct uk_inode *inode); /* or NULL */

/* mknod of @mode, type and permissions; @taken: nothing is made, but all else
 * is checked, and the answer is -EINVAL. *out: a reference. */
int uk_make_node(const char *path, mode_t mode, bool taken,
                 struct uk_inode **out);

/* ---- Sockets (sock.h) ------------------------------------------------- */

extern const struct uk_file_ops uk_socket_ops;
/* A socket lost a reference, and has others. */
void uk_sock_collect(void);

/* ---- Syscalls: each part's own table, ended by a NULL name ------------ */

struct uk_syscall_row {
  unsigned int nr;
  struct uk_syscall call;
};
extern const struct uk_syscall_row uk_syscalls_fd[], uk_syscalls_rw[],
    uk_syscalls_open[], uk_syscalls_dir[], uk_syscalls_path[],
    uk_syscalls_attr[], uk_syscalls_stat[], uk_syscalls_pipe[],
    uk_syscalls_socket[], uk_syscalls_sockmsg[], uk_syscalls_sockopt[],
    uk_syscalls_poll[], uk_syscalls_epoll[], uk_syscalls_event[],
    uk_syscalls_copy[], uk_syscalls_ns[], uk_syscalls_mount[],
    uk_syscalls_umount[];

/* Common for calls with time limits: struct timespec at @addr (0: none) to a
 * deadline; -EFAULT, -EINVAL. */
int uk_deadline_from_guest(uint64_t addr, uint64_t *deadline_ns);
uint64_t uk_deadline_after(uint64_t seconds, uint64_t ns);
uint64_t uk_deadline_ms(int ms); /* 0: do not wait; negative: for ever */
/* The signal mask of ppoll and friends, 0: none; set for this call. */
int uk_mask_from_guest(uint64_t addr, uint64_t size);

#endif /* UKERNEL_VFS_H */
