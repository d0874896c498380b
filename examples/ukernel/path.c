/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * path.c - the path walk: symbolic links, `.`, `..`, mounts
 *
 * As Linux's: empty paths give ENOENT, more than 40 links ELOOP, a component
 * of more than 255 bytes ENAMETOOLONG, anything but a directory before a slash
 * ENOTDIR. The guest's user is root, so search permission is never missing.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MS_NOSYMFOLLOW /* not in every libc */
#define MS_NOSYMFOLLOW 256
#endif

struct state {
  struct uk_walk *walk;
  struct uk_path here; /* the directory we are in; references */
  char *rest;          /* what is left to walk, in @text */
  char *text;          /* malloc */
  int links;
};

/* Takes over the references. */
static void set_here(struct state *s, const struct uk_path *to) {
  uk_path_put(&s->here);
  s->here = *to;
}

static int lookup(const struct uk_path *dir, const char *name,
                  struct uk_path *out) {
  struct uk_mount *mounted = uk_mount_find(dir->mnt, dir->inode, name);
  if (mounted) {
    *out = (struct uk_path){mounted, mounted->root};
    uk_path_get(out);
    uk_path_enter(out);
    return 0;
  }
  *out = (struct uk_path){dir->mnt, NULL};
  int err = dir->inode->ops->lookup
                ? dir->inode->ops->lookup(dir->inode, name, &out->inode)
                : -ENOTDIR;
  if (!err)
    uk_mount_get(dir->mnt);
  return err;
}

/* Puts the target of a link in front of what is left. */
static int push_link(struct state *s, struct uk_inode *link) {
  char target[UK_PATH_MAX];
  if (++s->links > UK_LINKS_MAX)
    return -ELOOP;
  ssize_t len = link->ops->readlink(link, target, sizeof(target) - 1);
  if (len < 0)
    return (int)len;
  if (len == 0)
    return -ENOENT;
  size_t rest = strlen(s->rest);
  char *text = malloc((size_t)len + rest + 2);
  if (!text)
    return -ENOMEM;
  memcpy(text, target, (size_t)len);
  size_t at = (size_t)len;
  if (rest)
    text[at++] = '/';
  memcpy(text + at, s->rest, rest + 1);
  free(s->text);
  s->text = s->rest = text;
  if (text[0] == '/')
    uk_path_set(&s->here, &uk_where()->root);
  return 0;
}

/* A link in /proc that leads to an open file or the like, not to a path. */
static int jump(struct state *s, struct uk_inode *link, bool last) {
  struct uk_path to = {NULL, NULL};
  struct uk_file *file = NULL;
  if (++s->links > UK_LINKS_MAX)
    return -ELOOP;
  int err = link->ops->follow(link, &to, &file);
  if (err)
    return err;
  bool dir = to.inode && S_ISDIR(to.inode->mode);
  if (!dir && (!last || s->walk->slash)) {
    uk_path_put(&to);
    if (file)
      uk_file_put(file);
    return -ENOTDIR;
  }
  if (last) {
    s->walk->last = UK_LAST_JUMP;
    s->walk->inode = to.inode;
    s->walk->mnt = to.mnt;
    s->walk->file = file;
    return 0;
  }
  set_here(s, &to);
  return 0;
}

/* `..`, and what is mounted there. */
static int go_up(struct state *s) {
  int err = uk_path_up(&s->here, &uk_where()->root);
  if (!err)
    uk_path_enter(&s->here);
  return err;
}

static int follow(struct state *s, const struct uk_path *link, bool last) {
  if (link->mnt && (link->mnt->flags & MS_NOSYMFOLLOW))
    return -ELOOP;
  if (link->inode->ops->follow)
    return jump(s, link->inode, last);
  return push_link(s, link->inode);
}

/* One component that is not the last. */
static int step(struct state *s, const char *name) {
  struct uk_path next;
  if (strcmp(name, ".") == 0)
    return 0;
  if (strcmp(name, "..") == 0)
    return go_up(s);
  int err = lookup(&s->here, name, &next);
  if (err)
    return err;
  if (S_ISLNK(next.inode->mode)) {
    err = follow(s, &next, false);
    uk_path_put(&next);
    return err;
  }
  bool dir = S_ISDIR(next.inode->mode);
  set_here(s, &next);
  return dir ? 0 : -ENOTDIR;
}

/*
 * Linux looks up a name that is to be made, removed or renamed (its
 * filename_parentat) without following it, with slashes behind it, too: the
 * callers decide what a slash means. All others follow a link before a slash.
 */
static bool follows(const struct uk_walk *walk, unsigned int flags) {
  if (walk->slash)
    return !(flags & UK_WALK_NEW);
  return flags & UK_WALK_FOLLOW;
}

static void here_is_dir(struct state *s) {
  s->walk->dir = uk_inode_get(s->here.inode);
  s->walk->dir_mnt = uk_mount_get(s->here.mnt);
}

static void here_is_it(struct state *s) {
  s->walk->inode = uk_inode_get(s->here.inode);
  s->walk->mnt = uk_mount_get(s->here.mnt);
}

/* The last component; 1: it was a link, walk on. */
static int finish(struct state *s, const char *name, unsigned int flags) {
  struct uk_walk *w = s->walk;
  strcpy(w->name, name);
  w->last = UK_LAST_NORM;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    w->last = name[1] ? UK_LAST_DOTDOT : UK_LAST_DOT;
    here_is_dir(s);
    int err = name[1] ? go_up(s) : 0;
    if (!err)
      here_is_it(s);
    return err;
  }
  struct uk_path found;
  int err = lookup(&s->here, name, &found);
  if (err == -ENOENT && (flags & UK_WALK_NEW)) {
    here_is_dir(s);
    return 0;
  }
  if (err)
    return err;
  if (S_ISLNK(found.inode->mode) && follows(w, flags)) {
    bool magic = found.inode->ops->follow != NULL;
    err = follow(s, &found, true);
    uk_path_put(&found);
    if (err || magic)
      return err;
    return 1;
  }
  if (w->slash && !S_ISDIR(found.inode->mode) && !(flags & UK_WALK_NEW)) {
    uk_path_put(&found);
    return -ENOTDIR;
  }
  here_is_dir(s);
  w->inode = found.inode;
  w->mnt = found.mnt;
  return 0;
}

static int walk_text(struct state *s, unsigned int flags) {
  for (;;) {
    while (*s->rest == '/')
      s->rest++;
    if (*s->rest == '\0') { /* "/" alone, or a link to it */
      s->walk->last = UK_LAST_ROOT;
      here_is_it(s);
      return 0;
    }
    size_t len = strcspn(s->rest, "/");
    if (len > UK_NAME_MAX)
      return -ENAMETOOLONG;
    char name[UK_NAME_MAX + 1];
    memcpy(name, s->rest, len);
    name[len] = '\0';
    char *after = s->rest + len;
    size_t slashes = strspn(after, "/");
    int err;
    if (after[slashes]) {
      s->rest = after + slashes;
      err = step(s, name);
    } else {
      if (slashes)
        s->walk->slash = true;
      s->rest = after + slashes;
      err = finish(s, name, flags);
      if (err == 0)
        return 0;
      if (err == 1)
        err = 0;
    }
    if (err)
      return err;
  }
}

/* Where a relative path starts; new references. */
static int start_dir(int dirfd, struct uk_path *out) {
  if (dirfd == AT_FDCWD) {
    *out = uk_where()->cwd;
  } else {
    struct uk_file *file = uk_fd_file(dirfd);
    if (!file)
      return -EBADF;
    if (!file->inode || !S_ISDIR(file->inode->mode))
      return -ENOTDIR;
    *out = (struct uk_path){file->mnt, file->inode};
  }
  uk_path_get(out);
  return 0;
}

/* AT_EMPTY_PATH: the descriptor itself. */
static int walk_empty(int dirfd, struct uk_walk *walk) {
  struct uk_path here = uk_where()->cwd;
  if (dirfd != AT_FDCWD) {
    struct uk_file *file = uk_fd_file(dirfd);
    if (!file)
      return -EBADF;
    here = (struct uk_path){file->mnt, file->inode};
    if (!file->inode) {
      uk_file_get(file);
      walk->file = file;
      return 0;
    }
  }
  uk_path_get(&here);
  walk->inode = here.inode;
  walk->mnt = here.mnt;
  return 0;
}

int uk_walk(int dirfd, const char *path, unsigned int flags,
            struct uk_walk *walk) {
  memset(walk, 0, sizeof(*walk));
  walk->last = UK_LAST_ROOT;
  if (!*path)
    return (flags & UK_WALK_EMPTY) ? walk_empty(dirfd, walk) : -ENOENT;
  if (strlen(path) >= UK_PATH_MAX)
    return -ENAMETOOLONG;

  struct state s = {.walk = walk};
  int err = 0;
  if (*path == '/')
    uk_path_set(&s.here, &uk_where()->root);
  else
    err = start_dir(dirfd, &s.here);
  if (err)
    return err;
  s.text = s.rest = strdup(path);
  err = s.text ? walk_text(&s, flags) : -ENOMEM;
  if (err)
    uk_walk_end(walk);
  free(s.text);
  uk_path_put(&s.here);
  return err;
}

int uk_walk_guest(int dirfd, uint64_t path, unsigned int flags,
                  struct uk_walk *walk) {
  char buf[UK_PATH_MAX];
  memset(walk, 0, sizeof(*walk));
  int err = copy_string_from_guest(buf, path, sizeof(buf));
  return err < 0 ? err : uk_walk(dirfd, buf, flags, walk);
}

void uk_walk_end(struct uk_walk *walk) {
  uk_inode_put(walk->dir);
  uk_inode_put(walk->inode);
  uk_mount_put_unused(walk->dir_mnt);
  uk_mount_put(walk->mnt);
  if (walk->file)
    uk_file_put(walk->file);
  walk->dir = walk->inode = NULL;
  walk->dir_mnt = walk->mnt = NULL;
  walk->file = NULL;
}
