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

struct state {
  struct uk_walk *walk;
  struct uk_inode *here; /* the directory we are in; a reference */
  char *rest;            /* what is left to walk, in @text */
  char *text;            /* malloc */
  int links;
};

static void set_here(struct state *s, struct uk_inode *inode) {
  uk_inode_put(s->here);
  s->here = inode;
}

static int lookup(struct uk_inode *dir, const char *name,
                  struct uk_inode **out) {
  struct uk_inode *mounted = uk_mount_find(dir, name);
  if (mounted) {
    *out = uk_inode_get(mounted);
    return 0;
  }
  return dir->ops->lookup ? dir->ops->lookup(dir, name, out) : -ENOTDIR;
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
    set_here(s, uk_inode_get(uk_files_current()->root));
  return 0;
}

/* A link in /proc that leads to an open file or the like, not to a path. */
static int jump(struct state *s, struct uk_inode *link, bool last) {
  struct uk_inode *inode = NULL;
  struct uk_file *file = NULL;
  if (++s->links > UK_LINKS_MAX)
    return -ELOOP;
  int err = link->ops->follow(link, &inode, &file);
  if (err)
    return err;
  bool dir = inode && S_ISDIR(inode->mode);
  if (!dir && (!last || s->walk->slash)) {
    uk_inode_put(inode);
    if (file)
      uk_file_put(file);
    return -ENOTDIR;
  }
  if (last) {
    s->walk->last = UK_LAST_JUMP;
    s->walk->inode = inode;
    s->walk->file = file;
    return 0;
  }
  set_here(s, inode);
  return 0;
}

static void go_up(struct state *s) {
  if (s->here != uk_files_current()->root && s->here->parent)
    set_here(s, uk_inode_get(s->here->parent));
}

/* One component that is not the last. */
static int step(struct state *s, const char *name) {
  struct uk_inode *next = NULL;
  if (strcmp(name, ".") == 0)
    return 0;
  if (strcmp(name, "..") == 0) {
    go_up(s);
    return 0;
  }
  int err = lookup(s->here, name, &next);
  if (err)
    return err;
  if (S_ISLNK(next->mode)) {
    err = next->ops->follow ? jump(s, next, false) : push_link(s, next);
    uk_inode_put(next);
    return err;
  }
  set_here(s, next);
  return S_ISDIR(next->mode) ? 0 : -ENOTDIR;
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

/* The last component; 1: it was a link, walk on. */
static int finish(struct state *s, const char *name, unsigned int flags) {
  struct uk_walk *w = s->walk;
  strcpy(w->name, name);
  w->last = UK_LAST_NORM;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    w->last = name[1] ? UK_LAST_DOTDOT : UK_LAST_DOT;
    w->dir = uk_inode_get(s->here);
    if (name[1])
      go_up(s);
    w->inode = uk_inode_get(s->here);
    return 0;
  }
  struct uk_inode *found = NULL;
  int err = lookup(s->here, name, &found);
  if (err == -ENOENT && (flags & UK_WALK_NEW)) {
    w->dir = uk_inode_get(s->here);
    return 0;
  }
  if (err)
    return err;
  if (S_ISLNK(found->mode) && follows(w, flags)) {
    bool magic = found->ops->follow != NULL;
    err = magic ? jump(s, found, true) : push_link(s, found);
    uk_inode_put(found);
    if (err || magic)
      return err;
    return 1;
  }
  if (w->slash && !S_ISDIR(found->mode) && !(flags & UK_WALK_NEW)) {
    uk_inode_put(found);
    return -ENOTDIR;
  }
  w->dir = uk_inode_get(s->here);
  w->inode = found;
  return 0;
}

static int walk_text(struct state *s, unsigned int flags) {
  for (;;) {
    while (*s->rest == '/')
      s->rest++;
    if (*s->rest == '\0') { /* "/" alone, or a link to it */
      s->walk->last = UK_LAST_ROOT;
      s->walk->inode = uk_inode_get(s->here);
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

/* Where a relative path starts; a new reference. */
static int start_dir(int dirfd, struct uk_inode **out) {
  if (dirfd == AT_FDCWD) {
    *out = uk_inode_get(uk_files_current()->cwd);
    return 0;
  }
  struct uk_file *file = uk_fd_file(dirfd);
  if (!file)
    return -EBADF;
  if (!file->inode || !S_ISDIR(file->inode->mode))
    return -ENOTDIR;
  *out = uk_inode_get(file->inode);
  return 0;
}

/* AT_EMPTY_PATH: the descriptor itself. */
static int walk_empty(int dirfd, struct uk_walk *walk) {
  if (dirfd == AT_FDCWD) {
    walk->inode = uk_inode_get(uk_files_current()->cwd);
    return 0;
  }
  struct uk_file *file = uk_fd_file(dirfd);
  if (!file)
    return -EBADF;
  if (file->inode) {
    walk->inode = uk_inode_get(file->inode);
  } else {
    uk_file_get(file);
    walk->file = file;
  }
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
    s.here = uk_inode_get(uk_files_current()->root);
  else
    err = start_dir(dirfd, &s.here);
  if (err)
    return err;
  s.text = s.rest = strdup(path);
  err = s.text ? walk_text(&s, flags) : -ENOMEM;
  if (err)
    uk_walk_end(walk);
  free(s.text);
  uk_inode_put(s.here);
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
  if (walk->file)
    uk_file_put(walk->file);
  walk->dir = walk->inode = NULL;
  walk->file = NULL;
}
