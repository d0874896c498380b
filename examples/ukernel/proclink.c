/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * proclink.c - the links in /proc: those with a text, and those that jump
 */
#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int proc_files(const struct proc_node *node, struct uk_files **files) {
  struct uk_proc *proc = uk_proc_find(node->pid);
  if (!proc)
    return -ESRCH;
  *files = uk_proc_files(proc);
  return *files ? 0 : -ENOENT;
}

static ssize_t put_text(const char *text, char *buf, size_t n) {
  size_t len = strlen(text);
  if (len > n)
    len = n;
  memcpy(buf, text, len);
  return (ssize_t)len;
}

static ssize_t link_read(struct uk_inode *inode, char *buf, size_t n) {
  char text[16];
  if (proc_node_of(inode)->kind == PROC_MOUNTS_LINK)
    return put_text("self/mounts", buf, n);
  if (!uk_current())
    return -ENOENT;
  snprintf(text, sizeof(text), "%d", uk_proc_pid(uk_task_proc(uk_current())));
  return put_text(text, buf, n);
}

static ssize_t dir_text(const struct uk_path *dir, char *buf, size_t n) {
  char path[UK_PATH_MAX + 16];
  ssize_t len = uk_path_text(dir, &uk_where()->root, path, UK_PATH_MAX, NULL);
  if (len < 0)
    return -ENAMETOOLONG;
  if (dir->inode->nlink == 0)
    strcpy(path + len - 1, " (deleted)");
  return put_text(path, buf, n);
}

static ssize_t file_text(const struct uk_file *file, char *buf, size_t n) {
  char text[UK_PATH_MAX + 16];
  if (file->inode && S_ISDIR(file->inode->mode)) {
    const struct uk_path dir = {file->mnt, file->inode};
    return dir_text(&dir, buf, n);
  }
  if (!file->path)
    return put_text("anon_inode:[file]", buf, n);
  bool gone = file->inode && file->inode->nlink == 0 &&
              strncmp(file->path, "/memfd:", 7) != 0;
  snprintf(text, sizeof(text), "%s%s", file->path, gone ? " (deleted)" : "");
  return put_text(text, buf, n);
}

/* The open file of @node's descriptor, borrowed. */
static struct uk_file *fd_file(const struct proc_node *node) {
  struct uk_files *files;
  return proc_files(node, &files) ? NULL : files->fd[node->fd].file;
}

/* A path that execve got may be relative: to where the process is. */
static ssize_t exe_text(const struct proc_node *node, char *buf, size_t n) {
  char text[2 * UK_PATH_MAX], dir[UK_PATH_MAX];
  struct uk_proc *proc = uk_proc_find(node->pid);
  const char *exe = proc ? uk_proc_exe(proc) : NULL;
  if (!exe)
    return -ENOENT;
  if (*exe == '/')
    return put_text(exe, buf, n);
  struct uk_where *where = uk_proc_where(proc);
  if (!where ||
      uk_path_text(&where->cwd, &where->root, dir, sizeof(dir), NULL) < 0)
    return -ENOENT;
  snprintf(text, sizeof(text), "%s/%s", dir[1] ? dir : "", exe);
  return put_text(text, buf, n);
}

/* Of a process that still is somewhere. */
static int proc_where(const struct proc_node *node, struct uk_where **where) {
  struct uk_proc *proc = uk_proc_find(node->pid);
  if (!proc)
    return -ESRCH;
  *where = uk_proc_where(proc);
  return *where ? 0 : -ENOENT;
}

static ssize_t jump_read(struct uk_inode *inode, char *buf, size_t n) {
  const struct proc_node *node = proc_node_of(inode);
  struct uk_where *where;
  if (node->kind == PROC_FD) {
    const struct uk_file *file = fd_file(node);
    return file ? file_text(file, buf, n) : -ENOENT;
  }
  if (node->kind == PROC_EXE)
    return exe_text(node, buf, n);
  int err = proc_where(node, &where);
  if (err)
    return err;
  if (node->kind == PROC_NS)
    return uk_ns_text(node->fd, where, buf, n);
  return dir_text(node->kind == PROC_CWD ? &where->cwd : &where->root, buf, n);
}

static int follow_exe(const struct proc_node *node, struct uk_path *out) {
  char exe[UK_PATH_MAX];
  struct uk_walk walk;
  ssize_t len = exe_text(node, exe, sizeof(exe) - 1);
  if (len < 0)
    return (int)len;
  exe[len] = '\0';
  int err = uk_walk(AT_FDCWD, exe, UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  *out = (struct uk_path){walk.mnt, walk.inode};
  err = out->inode ? 0 : -ENOENT;
  if (!err)
    uk_path_get(out);
  uk_walk_end(&walk);
  return err;
}

static int jump_follow(struct uk_inode *inode, struct uk_path *out,
                       struct uk_file **file) {
  const struct proc_node *node = proc_node_of(inode);
  struct uk_where *where;
  if (node->kind == PROC_EXE)
    return follow_exe(node, out);
  if (node->kind == PROC_FD) {
    struct uk_file *found = fd_file(node);
    if (!found)
      return uk_proc_find(node->pid) ? -ENOENT : -ESRCH;
    *out = (struct uk_path){found->mnt, found->inode};
    if (found->inode) {
      uk_path_get(out);
    } else {
      uk_file_get(found);
      *file = found;
    }
    return 0;
  }
  int err = proc_where(node, &where);
  if (err)
    return err;
  if (node->kind == PROC_NS)
    return uk_ns_inode(node->fd, where, &out->inode);
  *out = node->kind == PROC_CWD ? where->cwd : where->root;
  uk_path_get(out);
  return 0;
}

static int proc_getattr(struct uk_inode *inode, struct stat *st) {
  if (proc_node_of(inode)->kind == PROC_FD)
    st->st_size = 64; /* as Linux */
  return 0;
}

const struct uk_inode_ops proc_link_ops = {.readlink = link_read,
                                           .release = proc_release};
const struct uk_inode_ops proc_jump_ops = {.readlink = jump_read,
                                           .follow = jump_follow,
                                           .getattr = proc_getattr,
                                           .release = proc_release};
