/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * procmounts.c - /proc/PID/{mounts,mountinfo,mountstats}: what of the mounts
 * can be reached from the process's root
 */
#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

int uk_mount_name_root(struct uk_mount *mnt, const struct uk_walk *walk) {
  char path[UK_PATH_MAX] = "";
  const struct uk_path dir = {NULL, walk->dir}, none = {NULL, NULL};
  if (S_ISDIR(mnt->root->mode) || mnt->root_name)
    return 0;
  if (uk_ns_is(mnt->root))
    return 0;
  if (dir.inode)
    (void)uk_path_text(&dir, &none, path, sizeof(path), NULL);
  int n = asprintf(&mnt->root_name, "%s/%s", path[0] && path[1] ? path : "",
                   walk->name);
  if (n >= 0)
    return 0;
  mnt->root_name = NULL;
  uk_umount_tree(mnt);
  return -ENOMEM;
}

/* Blanks and the like in octal. */
static void put_escaped(FILE *f, const char *text) {
  for (; *text; text++) {
    if (strchr(" \t\n\\#", *text))
      fprintf(f, "\\%03o", (unsigned char)*text);
    else
      fputc(*text, f);
  }
}

static void put_flags(FILE *f, unsigned long flags) {
  static const struct {
    unsigned long flag;
    const char *text;
  } names[] = {
      {MS_NOSUID, "nosuid"},           {MS_NODEV, "nodev"},
      {MS_NOEXEC, "noexec"},           {MS_NOATIME, "noatime"},
      {MS_NODIRATIME, "nodiratime"},   {MS_RELATIME, "relatime"},
      {MS_NOSYMFOLLOW, "nosymfollow"},
  };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (flags & names[i].flag)
      fprintf(f, ",%s", names[i].text);
}

static void put_fs_options(FILE *f, const struct uk_fs *fs) {
  if (fs->max_pages)
    fprintf(f, ",size=%lluk", (unsigned long long)fs->max_pages * 4);
  if (fs->max_inodes)
    fprintf(f, ",nr_inodes=%llu", (unsigned long long)fs->max_inodes);
  if (fs->root && !strcmp(fs->type, "tmpfs") &&
      (fs->root->mode & 07777) != 01777)
    fprintf(f, ",mode=%03o", fs->root->mode & 07777);
  if (fs->root && fs->root->uid)
    fprintf(f, ",uid=%u", fs->root->uid);
  if (fs->root && fs->root->gid)
    fprintf(f, ",gid=%u", fs->root->gid);
}

/* What of the file system it shows. */
static void put_root(FILE *f, const struct uk_mount *mnt) {
  char text[UK_PATH_MAX];
  const struct uk_path root = {NULL, mnt->root}, none = {NULL, NULL};
  if (uk_ns_is(mnt->root))
    uk_ns_name_of(mnt->root, text, sizeof(text));
  else if (!S_ISDIR(mnt->root->mode))
    snprintf(text, sizeof(text), "%s", mnt->root_name ? mnt->root_name : "/");
  else if (uk_path_text(&root, &none, text, sizeof(text), NULL) < 0)
    strcpy(text, "/");
  put_escaped(f, text);
}

static void print_mount(FILE *f, const struct uk_mount *mnt, const char *path) {
  const struct uk_fs *fs = mnt->root->fs;
  put_escaped(f, mnt->source);
  fputc(' ', f);
  put_escaped(f, path);
  fprintf(f, " %s %s", fs->type,
          uk_path_readonly(mnt, mnt->root) ? "ro" : "rw");
  put_flags(f, mnt->flags);
  put_fs_options(f, fs);
  fputs(" 0 0\n", f);
}

static void print_info(FILE *f, const struct uk_mount *mnt, const char *path) {
  const struct uk_fs *fs = mnt->root->fs;
  fprintf(f, "%d %d %u:%u ", mnt->id, mnt->parent ? mnt->parent->id : mnt->id,
          major(mnt->root->dev), minor(mnt->root->dev));
  put_root(f, mnt);
  fputc(' ', f);
  put_escaped(f, path);
  fputs(mnt->flags & MS_RDONLY ? " ro" : " rw", f);
  put_flags(f, mnt->flags);
  fprintf(f, "%s - %s ", mnt->unbindable ? " unbindable" : "", fs->type);
  put_escaped(f, mnt->source);
  fputs(fs->readonly ? " ro" : " rw", f);
  put_fs_options(f, fs);
  fputc('\n', f);
}

static void print_stats(FILE *f, const struct uk_mount *mnt, const char *path) {
  fputs("device ", f);
  put_escaped(f, mnt->source);
  fputs(" mounted on ", f);
  put_escaped(f, path);
  fprintf(f, " with fstype %s\n", mnt->root->fs->type);
}

void proc_print_mounts(FILE *f, struct uk_proc *proc, enum proc_kind kind) {
  const struct uk_where *where = uk_proc_where(proc);
  char path[UK_PATH_MAX];
  bool outside;
  if (!where)
    return;
  struct uk_mount *top = where->ns->root;
  for (struct uk_mount *m = top; m; m = uk_mount_next(m, top)) {
    const struct uk_path root = {m, m->root};
    if (uk_path_text(&root, &where->root, path, sizeof(path), &outside) < 0 ||
        outside)
      continue;
    if (kind == PROC_MOUNTS)
      print_mount(f, m, path);
    else if (kind == PROC_MOUNTINFO)
      print_info(f, m, path);
    else
      print_stats(f, m, path);
  }
}
