/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * exec.c - program files, execve
 *
 * A program file is read whole. The new address space is complete before the
 * old one is given up, so that execve fails only while it still can.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_IMAGE (512u << 20)
#define MAX_SCRIPTS 5

/* ---- Files ------------------------------------------------------------ */

void image_put(struct uk_image *image) {
  if (image && --image->refs == 0) {
    free(image->data);
    uk_uncharge(image->charged);
    free(image);
  }
}

struct source {
  int fd;
  struct uk_file *file;
  int64_t pos;
};

static ssize_t source_read(struct source *source, void *buf, size_t n) {
  if (source->file)
    return source->file->ops->read(source->file, buf, n, &source->pos);
  ssize_t got = read(source->fd, buf, n);
  return got < 0 ? -errno : got;
}

static int image_read(struct source *source, uint64_t size,
                      struct uk_image **out) {
  struct uk_image *image = calloc(1, sizeof(*image));
  if (!image)
    return -ENOMEM;
  image->refs = 1;
  if (size <= MAX_IMAGE && !uk_charge(size)) {
    image->charged = size;
    image->data = malloc(size + 1);
  }
  if (!image->data) {
    image_put(image);
    return -ENOMEM;
  }
  while (image->bytes < size) {
    ssize_t n =
        source_read(source, image->data + image->bytes, size - image->bytes);
    if (n < 0) {
      image_put(image);
      return (int)n;
    }
    if (n == 0)
      break;
    image->bytes += (size_t)n;
  }
  *out = image;
  return 0;
}

static int check_program(const struct stat *st) {
  if (S_ISDIR(st->st_mode))
    return -EISDIR;
  return S_ISREG(st->st_mode) && (st->st_mode & 0111) ? 0 : -EACCES;
}

int image_from_host(const char *path, struct uk_image **out) {
  struct source source = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
  struct stat st;
  if (source.fd < 0)
    return -errno;
  int err = fstat(source.fd, &st) ? -errno : check_program(&st);
  if (!err)
    err = image_read(&source, (uint64_t)st.st_size, out);
  close(source.fd);
  return err;
}

static int image_from_file(struct uk_file *file, struct uk_image **out) {
  struct source source = {.file = file};
  struct stat st;
  int err = uk_file_stat(file, &st);
  if (!err)
    err = check_program(&st);
  if (!err && !file->ops->read)
    err = -EACCES;
  return err ? err : image_read(&source, (uint64_t)st.st_size, out);
}

static int image_at(int dirfd, const char *path, int flags,
                    struct uk_image **out) {
  struct uk_proc *proc = uk_current()->proc;
  char own[64];
  snprintf(own, sizeof(own), "/proc/%d/exe", proc->pid);
  if (proc->image && (!strcmp(path, "/proc/self/exe") || !strcmp(path, own))) {
    *out = proc->image; /* also if its path does not exist in the guest */
    proc->image->refs++;
    return 0;
  }
  struct uk_file *file;
  int err = uk_open_at(dirfd, path, O_RDONLY | flags, 0, &file);
  if (err)
    return err;
  err = uk_file_noexec(file) ? -EACCES : image_from_file(file, out);
  uk_file_put(file);
  return err;
}

int image_from_guest(const char *path, struct uk_image **out) {
  return image_at(AT_FDCWD, path, 0, out);
}

/* ---- The switch to a new program -------------------------------------- */

static void set_names(struct uk_task *task, const char *path,
                      const struct uk_strings *argv) {
  struct uk_proc *proc = task->proc;
  const char *slash = strrchr(path, '/');
  snprintf(task->comm, sizeof(task->comm), "%.15s", slash ? slash + 1 : path);
  char *exe = strdup(path);
  if (exe) {
    free(proc->exe);
    proc->exe = exe;
  }
  size_t bytes = 0;
  for (size_t i = 0; i < argv->count; i++)
    bytes += strlen(argv->item[i]) + 1;
  char *line = malloc(bytes + 1), *at = line;
  if (!line)
    return;
  for (size_t i = 0; i < argv->count; i++)
    at = stpcpy(at, argv->item[i]) + 1;
  free(proc->cmdline);
  proc->cmdline = line;
  proc->cmdline_bytes = bytes;
}

static void start_over(struct uk_task *task, const struct uk_loaded *loaded,
                       uint64_t rsp) {
  memset(&task->regs, 0, sizeof(task->regs));
  task->regs.rip = loaded->entry;
  task->regs.rsp = rsp;
  task->regs.rflags = 0x202;
  cpu_init_fx(task->fx);
  task->fresh = true;
  task->in_syscall = false;
  task->saved = false;
  task->alt_sp = task->alt_bytes = 0;
  task->alt_flags = 0;
  task->clear_tid = task->robust_list = 0;
}

static void leave_old(struct uk_task *task) {
  struct uk_mm *old = task->mm;
  if (!old)
    return;
  sched_release(task);
  if (old->loaded == task)
    old->loaded = NULL;
  cpu_save_free(task->save);
  task->save = NULL;
  task->mm = NULL;
  mm_put(old);
}

int exec_image(struct uk_task *task, struct uk_image *image, const char *path,
               struct uk_strings *argv, struct uk_strings *envp,
               const char **why) {
  struct uk_mm *mm = NULL;
  struct uk_cpu_save *save = NULL;
  struct uk_loaded loaded;
  uint64_t rsp = 0;
  int err = mm_new(&mm);
  if (!err)
    err = elf_load(mm, image, &loaded, why);
  if (!err)
    err = stack_build(mm, &loaded, path, task->proc, argv, envp, &rsp);
  if (!err)
    err = cpu_save_new(mm->cpu, &save);
  if (err) {
    mm_put(mm);
    image_put(image);
    return err;
  }
  kcov8_task_exec(&task->kcov);
  proc_kill_others(task);
  set_names(task, path, argv);
  leave_old(task);
  task_vfork_done(task);
  task->mm = mm;
  task->save = save;
  image_put(task->proc->image);
  task->proc->image = image;
  task->proc->did_exec = true;
  caps_exec(task->proc);
  uk_files_exec(task->proc->files);
  signal_exec(task->proc);
  start_over(task, &loaded, rsp);
  return 0;
}

/* ---- Scripts ---------------------------------------------------------- */

/* Replaces argv[0] by: interpreter, argument, script. */
static int script_argv(struct uk_strings *argv, const char *interpreter,
                       const char *argument, const char *path) {
  struct uk_strings with = {0};
  int err = strings_add(&with, interpreter);
  if (!err && argument)
    err = strings_add(&with, argument);
  if (!err)
    err = strings_add(&with, path);
  for (size_t i = 1; !err && i < argv->count; i++)
    err = strings_add(&with, argv->item[i]);
  struct uk_strings drop = err ? with : *argv;
  if (!err)
    *argv = with;
  strings_free(&drop);
  return err;
}

/*
 * Follows "#! interpreter [argument]", one argument at most. Takes over
 * @image; @path becomes the interpreter's.
 */
int exec_any(struct uk_task *task, struct uk_image *image, char *path,
             size_t path_size, struct uk_strings *argv, struct uk_strings *envp,
             const char **why) {
  for (int depth = 0; image->bytes >= 2 && !memcmp(image->data, "#!", 2);
       depth++) {
    char line[256], argument[256] = "", *text = line + 2, *rest;
    size_t n =
        image->bytes < sizeof(line) - 1 ? image->bytes : sizeof(line) - 1;
    memcpy(line, image->data, n);
    line[n] = 0;
    image_put(image);
    char *end = strchr(line, '\n');
    if (!end || depth >= MAX_SCRIPTS)
      return depth >= MAX_SCRIPTS ? -ELOOP : -ENOEXEC;
    while (end > text && strchr(" \t\n", *end))
      *end-- = 0;
    text += strspn(text, " \t");
    rest = text + strcspn(text, " \t");
    if (*rest) {
      *rest++ = 0;
      snprintf(argument, sizeof(argument), "%s", rest + strspn(rest, " \t"));
    }
    if (!*text)
      return -ENOEXEC;
    int err = script_argv(argv, text, *argument ? argument : NULL, path);
    if (!err)
      err = image_from_guest(text, &image);
    if (err)
      return err;
    snprintf(path, path_size, "%s", text);
  }
  return exec_image(task, image, path, argv, envp, why);
}

/* ---- System calls ----------------------------------------------------- */

static int strings_from_guest(struct uk_strings *strings, uint64_t addr) {
  char *buffer = malloc(128 * 1024);
  int err = buffer ? 0 : -ENOMEM;
  while (!err && addr) {
    uint64_t item;
    err = copy_from_guest(&item, addr, sizeof(item));
    if (err || !item)
      break;
    err = copy_string_from_guest(buffer, item, 128 * 1024);
    if (err == -ENAMETOOLONG)
      err = -E2BIG;
    if (!err)
      err = strings_add(strings, buffer);
    addr += sizeof(item);
  }
  free(buffer);
  return err;
}

static int64_t do_exec(int dirfd, uint64_t name, uint64_t argv_at,
                       uint64_t envp_at, int flags) {
  struct uk_task *task = uk_current();
  struct uk_strings argv = {0}, envp = {0};
  struct uk_image *image;
  const char *why = NULL;
  char path[PATH_MAX];
  int err = copy_string_from_guest(path, name, sizeof(path));
  if (!err)
    err = strings_from_guest(&argv, argv_at);
  if (!err)
    err = strings_from_guest(&envp, envp_at);
  if (!err && !argv.count)
    err = strings_add(&argv, "");
  if (!err)
    err = image_at(dirfd, path, flags, &image);
  if (err == -EISDIR)
    err = -EACCES;
  if (!err) {
    if (!strcmp(path, "/proc/self/exe") && task->proc->exe)
      snprintf(path, sizeof(path), "%s", task->proc->exe);
    err = exec_any(task, image, path, sizeof(path), &argv, &envp, &why);
  }
  if (err && why && (uk_verbose || err == -ELIBBAD))
    fprintf(stderr, "ukernel: %s: %s\n", path, why);
  strings_free(&argv);
  strings_free(&envp);
  return err;
}

static int64_t sys_execve(const uint64_t arg[6]) {
  return do_exec(AT_FDCWD, arg[0], arg[1], arg[2], 0);
}

static int64_t sys_execveat(const uint64_t arg[6]) {
  if (arg[4] & ~(uint64_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
    return -EINVAL;
  return do_exec((int)arg[0], arg[1], arg[2], arg[3],
                 arg[4] & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0);
}

const struct uk_process_row uk_syscalls_exec[] = {
    {59, {"execve", sys_execve}},
    {322, {"execveat", sys_execveat}},
    {0, {NULL, NULL}},
};
