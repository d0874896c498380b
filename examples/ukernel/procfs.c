/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * procfs.c - /proc: the tree
 *
 * Inodes are made at each lookup and know a kind, a process and a descriptor;
 * what they show is made when they are opened. /proc/sys is a tree in memory
 * with fixed values.
 */
#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct entry {
  const char *name;
  enum proc_kind kind;
  mode_t mode;
} root_entries[] =
    {
        {"self", PROC_SELF, S_IFLNK | 0777},
        {"mounts", PROC_MOUNTS_LINK, S_IFLNK | 0777},
        {"cmdline", PROC_BOOT_CMDLINE, S_IFREG | 0444},
        {"cpuinfo", PROC_CPUINFO, S_IFREG | 0444},
        {"filesystems", PROC_FILESYSTEMS, S_IFREG | 0444},
        {"loadavg", PROC_LOADAVG, S_IFREG | 0444},
        {"meminfo", PROC_MEMINFO, S_IFREG | 0444},
        {"stat", PROC_SYS_STAT, S_IFREG | 0444},
        {"uptime", PROC_UPTIME, S_IFREG | 0444},
        {"version", PROC_VERSION, S_IFREG | 0444},
        {NULL, PROC_ROOT, 0},
},
  pid_entries[] = {
      {"cmdline", PROC_CMDLINE, S_IFREG | 0444},
      {"comm", PROC_COMM, S_IFREG | 0444},
      {"cwd", PROC_CWD, S_IFLNK | 0777},
      {"environ", PROC_ENVIRON, S_IFREG | 0400},
      {"exe", PROC_EXE, S_IFLNK | 0777},
      {"fd", PROC_FD_DIR, S_IFDIR | 0500},
      {"maps", PROC_MAPS, S_IFREG | 0444},
      {"mountinfo", PROC_MOUNTINFO, S_IFREG | 0444},
      {"mounts", PROC_MOUNTS, S_IFREG | 0444},
      {"mountstats", PROC_MOUNTSTATS, S_IFREG | 0400},
      {"ns", PROC_NS_DIR, S_IFDIR | 0511},
      {"root", PROC_ROOT_LINK, S_IFLNK | 0777},
      {"stat", PROC_STAT, S_IFREG | 0444},
      {"statm", PROC_STATM, S_IFREG | 0444},
      {"status", PROC_STATUS, S_IFREG | 0444},
      {NULL, PROC_ROOT, 0},
};

static const struct uk_inode_ops proc_dir_ops, proc_file_ops;
static struct uk_fs procfs = {
    .type = "proc", .magic = PROC_SUPER_MAGIC, .fixed = true};
static struct uk_inode *sys_tree;

static ino_t number(enum proc_kind kind, int pid, int fd) {
  return 1 + (ino_t)kind + 64 * (ino_t)(fd + 1) +
         64 * 2048 * (ino_t)(unsigned int)pid;
}

static int make_inode(struct uk_inode *dir, const char *name,
                      const struct entry *entry, int pid, int fd,
                      struct uk_inode **out) {
  const struct uk_inode_ops *ops = &proc_file_ops;
  if (S_ISDIR(entry->mode))
    ops = &proc_dir_ops;
  else if (entry->kind == PROC_SELF || entry->kind == PROC_MOUNTS_LINK)
    ops = &proc_link_ops;
  else if (S_ISLNK(entry->mode))
    ops = &proc_jump_ops;
  struct proc_node *node = malloc(sizeof(*node));
  if (!node)
    return -ENOMEM;
  *node = (struct proc_node){.kind = entry->kind, .pid = pid, .fd = fd};
  *out = uk_inode_new(ops, &procfs, number(entry->kind, pid, fd), entry->mode);
  if (!*out) {
    free(node);
    return -ENOMEM;
  }
  (*out)->priv = node;
  int err = 0;
  if (S_ISDIR(entry->mode)) {
    (*out)->nlink = 2;
    if (dir)
      err = uk_inode_place(*out, dir, name);
  }
  if (err)
    uk_inode_put(*out);
  return err;
}

/* A decimal number without leading zeros, or -1. */
static int parse_number(const char *name) {
  char *end;
  if (*name < '0' || *name > '9' || (*name == '0' && name[1]))
    return -1;
  unsigned long value = strtoul(name, &end, 10);
  return *end || value > INT32_MAX ? -1 : (int)value;
}

/* ---- Directories --------------------------------------------------------- */

static int lookup_entry(struct uk_inode *dir, const struct entry *entry,
                        const char *name, struct uk_inode **out) {
  for (; entry->name; entry++)
    if (strcmp(entry->name, name) == 0)
      return make_inode(dir, name, entry, proc_node_of(dir)->pid, -1, out);
  return -ENOENT;
}

static int lookup_fd(struct uk_inode *dir, const char *name,
                     struct uk_inode **out) {
  struct uk_files *files;
  int fd = parse_number(name);
  int err = proc_files(proc_node_of(dir), &files);
  if (err)
    return -ENOENT;
  if (fd < 0 || fd >= (int)UK_MAX_FDS || !files->fd[fd].file)
    return -ENOENT;
  const struct uk_file *file = files->fd[fd].file;
  struct entry entry = {name, PROC_FD, S_IFLNK};
  if (uk_file_reads(file))
    entry.mode |= 0500;
  if (uk_file_writes(file))
    entry.mode |= 0300;
  return make_inode(dir, name, &entry, proc_node_of(dir)->pid, fd, out);
}

static int lookup_ns(struct uk_inode *dir, const char *name,
                     struct uk_inode **out) {
  const struct entry entry = {name, PROC_NS, S_IFLNK | 0777};
  const int pid = proc_node_of(dir)->pid;
  for (int i = 0; uk_ns_name(i); i++)
    if (strcmp(uk_ns_name(i), name) == 0)
      return uk_proc_find(pid) ? make_inode(dir, name, &entry, pid, i, out)
                               : -ENOENT;
  return -ENOENT;
}

static int proc_lookup(struct uk_inode *dir, const char *name,
                       struct uk_inode **out) {
  const struct proc_node *node = proc_node_of(dir);
  if (node->kind == PROC_FD_DIR)
    return lookup_fd(dir, name, out);
  if (node->kind == PROC_NS_DIR)
    return lookup_ns(dir, name, out);
  if (node->kind == PROC_PID)
    return uk_proc_find(node->pid) ? lookup_entry(dir, pid_entries, name, out)
                                   : -ENOENT;
  int pid = parse_number(name);
  if (pid > 0) {
    const struct entry entry = {name, PROC_PID, S_IFDIR | 0555};
    return uk_proc_find(pid) ? make_inode(dir, name, &entry, pid, -1, out)
                             : -ENOENT;
  }
  if (strcmp(name, "sys") == 0 && sys_tree) {
    *out = uk_inode_get(sys_tree);
    return 0;
  }
  return lookup_entry(dir, root_entries, name, out);
}

static int list_entries(const struct entry *entry, int pid,
                        struct uk_dirlist *list) {
  int err = 0;
  for (; entry->name && !err; entry++)
    err = uk_dirlist_add(list, entry->name, number(entry->kind, pid, -1),
                         entry->mode, 0);
  return err;
}

static int list_fds(const struct proc_node *node, struct uk_dirlist *list) {
  struct uk_files *files;
  int err = proc_files(node, &files);
  for (int fd = 0; fd < (int)UK_MAX_FDS && !err; fd++) {
    char name[16];
    if (!files->fd[fd].file)
      continue;
    snprintf(name, sizeof(name), "%d", fd);
    err = uk_dirlist_add(list, name, number(PROC_FD, node->pid, fd), S_IFLNK,
                         (uint64_t)fd + 3);
  }
  return err;
}

static int list_ns(const struct proc_node *node, struct uk_dirlist *list) {
  int err = 0;
  for (int i = 0; uk_ns_name(i) && !err; i++)
    err = uk_dirlist_add(list, uk_ns_name(i), number(PROC_NS, node->pid, i),
                         S_IFLNK, 0);
  return err;
}

#define PID_COOKIE 1000u /* processes come behind the fixed entries */

static int list_root(struct uk_dirlist *list) {
  int err = list_entries(root_entries, 0, list), pid = 0;
  if (!err && sys_tree)
    err = uk_dirlist_add(list, "sys", sys_tree->ino, S_IFDIR, 0);
  for (struct uk_proc *p; !err && (p = uk_proc_next(pid));) {
    char name[16];
    pid = uk_proc_pid(p);
    snprintf(name, sizeof(name), "%d", pid);
    err = uk_dirlist_add(list, name, number(PROC_PID, pid, -1), S_IFDIR,
                         PID_COOKIE + (uint64_t)pid);
  }
  return err;
}

static int proc_list(struct uk_inode *dir, struct uk_dirlist *list) {
  const struct proc_node *node = proc_node_of(dir);
  if (node->kind == PROC_ROOT)
    return list_root(list);
  if (!uk_proc_find(node->pid))
    return -ENOENT;
  if (node->kind == PROC_FD_DIR)
    return list_fds(node, list);
  if (node->kind == PROC_NS_DIR)
    return list_ns(node, list);
  return list_entries(pid_entries, node->pid, list);
}

/* ---- Texts ------------------------------------------------------------ */

static int proc_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  const struct proc_node *node = proc_node_of(inode);
  struct uk_proc *proc = NULL;
  if ((flags & O_ACCMODE) != O_RDONLY)
    return -EACCES;
  if (node->pid && !(proc = uk_proc_find(node->pid)))
    return -ESRCH;
  return proc_text_open(node->kind, proc, flags, out);
}

void proc_release(struct uk_inode *inode) { free(inode->priv); }

static const struct uk_inode_ops proc_dir_ops = {
    .lookup = proc_lookup, .list = proc_list, .release = proc_release};
static const struct uk_inode_ops proc_file_ops = {.open = proc_open,
                                                  .release = proc_release};

/* ---- The root ------------------------------------------------------------ */

static int fill_sys(struct uk_inode *root) {
  static const char *const value[][2] = {
      {"fs/file-max", "1048576\n"},
      {"fs/mount-max", "4096\n"}, /* UK_MOUNTS_MAX */
      {"fs/pipe-max-size", "65536\n"},
      {"kernel/cap_last_cap", "40\n"},
      {"kernel/hostname", "ukernel\n"},
      {"kernel/ngroups_max", "65536\n"},
      {"kernel/osrelease", "6.12.0-ukernel\n"},
      {"kernel/ostype", "Linux\n"},
      {"kernel/pid_max", "32768\n"},
      {"kernel/randomize_va_space", "0\n"},
      {"kernel/threads-max", "4096\n"},
      {"kernel/version", "#1 SMP\n"},
      {"vm/max_map_count", "65530\n"},
      {"vm/overcommit_memory", "1\n"},
  };
  int err = 0;
  for (size_t i = 0; i < sizeof(value) / sizeof(value[0]) && !err; i++)
    err = uk_ramfs_add(root, value[i][0], S_IFREG | 0444, 0, value[i][1], NULL);
  return err;
}

struct uk_inode *uk_procfs_root(void) {
  static const struct entry entry = {"", PROC_ROOT, S_IFDIR | 0555};
  struct uk_inode *root;
  procfs.dev = uk_new_dev();
  if (make_inode(NULL, "", &entry, 0, -1, &root))
    return NULL;
  sys_tree = uk_ramfs_new("proc", PROC_SUPER_MAGIC);
  if (!sys_tree || fill_sys(sys_tree) || uk_inode_place(sys_tree, root, "sys"))
    return NULL;
  sys_tree->mode = S_IFDIR | 0555;
  uk_ramfs_fix(sys_tree);
  return root;
}
