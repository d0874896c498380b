/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * registry.h - images come and go; what is harvested outside the device, and
 * what is dumped
 */
#ifndef KCOV8_REGISTRY_H
#define KCOV8_REGISTRY_H

#include "task/view.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- registry.c --------------------------------------------------------- */

/*
 * Gives PCs to all registered images that have none. -ENOMEM if one could not
 * be set up; it stays as it was, its counters keep what they hold, and the next
 * call tries again. Refused ones are logged and counted, not an error here.
 */
int kcov8i_prepare_images(void);

/* -ENODEV, with the reason logged once, if there are no blocks at all. */
int kcov8i_require_blocks(void);

/* Descriptors, linked by runtime[0]; runtime[1] is NULL until prepared. */
struct kcov8_image *kcov8i_registered(void);

/* Logs that there are images of another ABI, once. */
void kcov8i_refuse_foreign(void);

/*
 * Registers an image of a stock compiler; if it is registered and was refused,
 * its tables have become complete: they are looked at again.
 */
void kcov8i_registry_again(struct kcov8_image *desc);

/* Unit tests: forget all images, ghosts included. Takes the lock. */
void kcov8i_forget_images(void);

/* ---- keep.c: for dumps, what an image ran -------------------------------- */

/**
 * struct kcov8i_kept - of an image that had no PCs and is gone
 * @name:    its file; NULL if that is unknown
 * @digest:  of its tables
 * @decoded: @bytes are counts; else what counters held, unary ones too
 */
struct kcov8i_kept {
  struct kcov8i_kept *next;
  char *name;
  uint64_t digest;
  size_t n_counters;
  bool decoded;
  uint8_t bytes[];
};

/*
 * From now on what runs is kept for a dump, unloaded images included. Takes the
 * lock.
 * @name_of: the file that an address belongs to, "" if that is unknown
 */
void kcov8i_keep_start(const char *(*name_of)(const void *address));

/* There will be no other dump. Takes the lock. */
void kcov8i_keep_stop(void);

/* What no allocation and no look at keys can tell of an image's tables. */
enum kcov8i_tables { KCOV8I_EMPTY, KCOV8I_USABLE, KCOV8I_UNUSABLE };
enum kcov8i_tables kcov8i_keep_look(const struct kcov8_image *desc);

/* Empties the counters of a usable image without PCs. -ENOMEM or 0. */
int kcov8i_keep_counters(const struct kcov8_image *desc);

/* Fills in @img->digest and @name, while the image is loaded. */
void kcov8i_keep_identity(struct kcov8i_image *img);

const char *kcov8i_keep_name_of(const struct kcov8_image *desc);
void kcov8i_keep_free_name(char *name);

struct kcov8i_kept *kcov8i_keep_first(void);
void kcov8i_keep_forget(void); /* all of them */

/* ---- harvest.c ----------------------------------------------------------- */

/**
 * struct kcov8i_dump_image - one image in a dump
 * @counted: hits are counts; else what counters held, unary ones too
 */
struct kcov8i_dump_image {
  const char *name;
  uint64_t digest;
  size_t n_counters;
  bool counted;
};

/**
 * struct kcov8i_dump_to - where a dump goes
 * @image: the next one
 * @hits:  of its counters, by ascending index; may be called any number of
 *         times
 * @moved: a block of it that has not the PC that the image alone gives it
 */
struct kcov8i_dump_to {
  void (*image)(const struct kcov8i_dump_image *image);
  void (*hits)(const struct kcov8i_hit *hits, size_t n);
  void (*moved)(uint64_t pc, uint64_t id);
};

/*
 * What ran since the last dump, of all images; nothing gets PCs for that. Takes
 * the lock. -ENODEV, with the reason logged, if there is no usable image.
 */
int kcov8i_dump(const struct kcov8i_dump_to *to);

#pragma GCC visibility pop

#endif /* KCOV8_REGISTRY_H */
