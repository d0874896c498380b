/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * file.c - open file descriptions and the tables that name them
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* ---- Open files ---------------------------------------------------------- */

struct uk_file *uk_file_new(const struct uk_file_ops *ops, int flags,
                            void *priv) {
  if (uk_charge(UK_COST_FILE))
    return NULL;
  struct uk_file *file = calloc(1, sizeof(*file));
  if (!file) {
    uk_uncharge(UK_COST_FILE);
    return NULL;
  }
  file->ops = ops;
  file->refs = 1;
  file->flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
  file->priv = priv;
  return file;
}

void uk_file_get(struct uk_file *file) { file->refs++; }

static void drop_path(struct uk_file *file) {
  if (file->path)
    uk_uncharge(strlen(file->path));
  free(file->path);
  file->path = NULL;
}

void uk_file_put(struct uk_file *file) {
  if (!file)
    return;
  if (--file->refs > 0) {
    if (file->ops == &uk_socket_ops)
      uk_sock_collect();
    return;
  }
  uk_epoll_forget(file);
  if (file->ops->release)
    file->ops->release(file);
  if (uk_file_holds_writable(file)) {
    file->mnt->writers--;
    file->inode->fs->writers--;
  }
  uk_inode_put(file->inode);
  uk_mount_put(file->mnt); /* with it its file system may go */
  drop_path(file);
  free(file);
  uk_uncharge(UK_COST_FILE);
}

bool uk_file_reads(const struct uk_file *file) {
  return (file->flags & O_ACCMODE) == O_RDONLY ||
         (file->flags & O_ACCMODE) == O_RDWR;
}

bool uk_file_writes(const struct uk_file *file) {
  return (file->flags & O_ACCMODE) == O_WRONLY ||
         (file->flags & O_ACCMODE) == O_RDWR;
}

bool uk_file_noexec(const struct uk_file *file) {
  return file->mnt && (file->mnt->flags & MS_NOEXEC);
}

bool uk_file_holds_writable(const struct uk_file *file) {
  return file->mnt && S_ISREG(file->inode->mode) && uk_file_writes(file);
}

/* Pipes, sockets and devices without a position store nothing. */
bool uk_file_syncs(const struct uk_file *file) {
  return file->inode && (file->ops->lseek || S_ISDIR(file->inode->mode));
}

unsigned int uk_file_poll(struct uk_file *file) {
  if (file->ops->poll)
    return file->ops->poll(file);
  return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

uint64_t uk_file_poll_deadline(struct uk_file *file) {
  return file->ops->poll_deadline ? file->ops->poll_deadline(file) : UINT64_MAX;
}

int uk_file_channels(struct uk_file *file, unsigned int events,
                     struct uk_channels *channels) {
  const unsigned int out_events = POLLOUT | POLLWRNORM | POLLWRBAND;
  const bool out = events & out_events;
  const bool in = !out || (events & ~(out_events | POLLERR | POLLHUP));
  const uint64_t *gen = file->poll_gen;
  if (file->ops->channels)
    return file->ops->channels(file, channels);
  if (!gen)
    return uk_channels_add(channels, file->priv);
  int err = 0; /* the end comes on both */
  if (in && uk_file_reads(file))
    err = uk_channels_add(channels, &gen[0]);
  if (!err && (out || !uk_file_reads(file)))
    err = uk_channels_add(channels, &gen[1]);
  return err;
}

uint64_t uk_anon_ino(void) {
  static uint64_t ino = 1000;
  return ++ino;
}

void uk_file_set_path(struct uk_file *file, const char *format, ...) {
  va_list args;
  va_start(args, format);
  drop_path(file);
  if (vasprintf(&file->path, format, args) < 0) {
    file->path = NULL; /* only /proc will miss it */
  } else if (uk_charge(strlen(file->path))) {
    free(file->path);
    file->path = NULL;
  }
  va_end(args);
}

void uk_stat_anon(struct stat *st, mode_t mode, uint64_t ino) {
  static dev_t dev;
  if (!dev)
    dev = uk_new_dev();
  memset(st, 0, sizeof(*st));
  st->st_dev = dev;
  st->st_ino = ino;
  st->st_mode = mode;
  st->st_nlink = 1;
  st->st_blksize = UK_PAGE;
  st->st_atim = st->st_mtim = st->st_ctim = uk_now_real();
}

int uk_file_stat(struct uk_file *file, struct stat *st) {
  if (file->inode)
    return uk_inode_stat(file->inode, st);
  if (file->ops->stat)
    return file->ops->stat(file, st);
  uk_stat_anon(st, 0600, 1);
  return 0;
}

/* ---- Tables -------------------------------------------------------------- */

struct uk_files *uk_files_new(void) {
  struct uk_files *files = calloc(1, sizeof(*files));
  if (!files || uk_charge(UK_COST_FILES)) {
    free(files);
    return NULL;
  }
  for (int fd = 0; fd < 3; fd++) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
      continue; /* closed on the host */
    if (uk_host_file(fd, flags & (O_ACCMODE | O_APPEND), false,
                     &files->fd[fd].file)) {
      uk_files_free(files);
      return NULL;
    }
  }
  return files;
}

struct uk_files *uk_files_copy(struct uk_files *files) {
  if (uk_charge(UK_COST_FILES))
    return NULL;
  struct uk_files *copy = malloc(sizeof(*copy));
  if (!copy) {
    uk_uncharge(UK_COST_FILES);
    return NULL;
  }
  *copy = *files;
  for (int fd = 0; fd < (int)UK_MAX_FDS; fd++)
    if (copy->fd[fd].file)
      uk_file_get(copy->fd[fd].file);
  return copy;
}

int uk_fd_close(struct uk_files *files, int fd) {
  if (fd < 0 || fd >= (int)UK_MAX_FDS || !files->fd[fd].file)
    return -EBADF;
  struct uk_file *file = files->fd[fd].file;
  files->fd[fd].file = NULL;
  files->fd[fd].cloexec = false;
  uk_file_put(file);
  return 0;
}

void uk_files_exec(struct uk_files *files) {
  for (int fd = 0; fd < (int)UK_MAX_FDS; fd++)
    if (files->fd[fd].file && files->fd[fd].cloexec)
      uk_fd_close(files, fd);
}

void uk_files_free(struct uk_files *files) {
  if (!files)
    return;
  for (int fd = 0; fd < (int)UK_MAX_FDS; fd++)
    uk_fd_close(files, fd);
  free(files);
  uk_uncharge(UK_COST_FILES);
}

/* Before the first process runs, the kernel itself opens the program. */
struct uk_files *uk_files_current(void) {
  static struct uk_files boot;
  struct uk_task *task = uk_current();
  struct uk_files *files =
      task && uk_task_proc(task) ? uk_proc_files(uk_task_proc(task)) : NULL;
  return files ? files : &boot;
}

struct uk_file *uk_fd_file(int fd) {
  if (fd < 0 || fd >= (int)UK_MAX_FDS)
    return NULL;
  return uk_files_current()->fd[fd].file;
}

struct uk_file *uk_fd_get_path(int fd) {
  struct uk_file *file = uk_fd_file(fd);
  if (file)
    uk_file_get(file);
  return file;
}

struct uk_file *uk_fd_get(int fd) {
  struct uk_file *file = uk_fd_file(fd);
  if (!file || (file->flags & UK_O_PATH))
    return NULL;
  uk_file_get(file);
  return file;
}

int uk_fd_install(struct uk_file *file, int min_fd, bool cloexec) {
  struct uk_files *files = uk_files_current();
  for (int fd = min_fd; fd >= 0 && fd < (int)UK_MAX_FDS; fd++) {
    if (!files->fd[fd].file) {
      files->fd[fd].file = file;
      files->fd[fd].cloexec = cloexec;
      return fd;
    }
  }
  uk_file_put(file);
  return -EMFILE;
}
