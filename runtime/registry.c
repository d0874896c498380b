/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * registry.c - instrumented images come and go
 *
 * Registering only links the descriptor into a list: it runs in constructors,
 * perhaps before main() and before there is memory. An image gets its PCs
 * ("is prepared") at the next open, ENABLE, harvest or flush. Until then its
 * counters keep what they hold, so nothing that ran is lost.
 *
 * A prepared image that is unloaded stays behind as a ghost: its slots are
 * never given to other blocks, and the same image, loaded again, takes them
 * over. "The same" is a 64-bit fingerprint over all IDs and counter places.
 *
 * All state is under the core's lock, taken here by the public functions.
 */
#include "registry.h"

/* Descriptors, linked by runtime[0], in order of registration. */
static struct kcov8_image *registered;

/*
 * runtime[1] of a registered descriptor: NULL until it is prepared, then its
 * struct kcov8i_image, or one of these.
 */
static char refused_mark, empty_mark;

/*
 * Descriptors of another ABI: nothing behind their first two fields is known,
 * so they are only counted. The last one's fields are for the message.
 */
static struct {
  size_t n, n_said;
  uint32_t abi, size;
} foreign;

static bool said_no_blocks;

static bool is_foreign(const struct kcov8_image *desc) {
  return !kcov8i_stock_of(desc) &&
         (desc->abi != KCOV8_ABI_VERSION || desc->size < KCOV8_IMAGE_MIN_SIZE);
}

static void add_foreign(const struct kcov8_image *desc) {
  foreign.n++;
  foreign.abi = desc->abi;
  foreign.size = desc->size;
  kcov8i.n_unprepared++;
}

static void remove_foreign(void) {
  if (foreign.n == 0)
    return;
  if (foreign.n-- == foreign.n_said) {
    foreign.n_said--;
    kcov8i.n_refused--;
  } else {
    kcov8i.n_unprepared--;
  }
}

/* Refuses those that have come since the last call. */
void kcov8i_refuse_foreign(void) {
  struct kcov8i_msg m = {0};
  if (foreign.n == foreign.n_said)
    return;
  kcov8i.n_unprepared -= foreign.n - foreign.n_said;
  kcov8i.n_refused += foreign.n - foreign.n_said;
  foreign.n_said = foreign.n;
  kcov8i_msg_str(&m, "an image was built for table ABI ");
  kcov8i_msg_dec(&m, foreign.abi);
  kcov8i_msg_str(&m, " with a descriptor of ");
  kcov8i_msg_dec(&m, foreign.size);
  kcov8i_msg_str(&m, " bytes; this runtime reads ABI ");
  kcov8i_msg_dec(&m, KCOV8_ABI_VERSION);
  kcov8i_msg_str(&m, " with ");
  kcov8i_msg_dec(&m, KCOV8_IMAGE_MIN_SIZE);
  kcov8i_msg_log(&m, KCOV8_LOG_ERROR);
}

/* ---- Preparation ------------------------------------------------------- */

static struct kcov8i_image *find_ghost(const struct kcov8i_table *t) {
  uint64_t fingerprint = 0;
  bool known = false;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (i->desc || i->n_counters != t->n_counters || i->n_blocks != t->n_blocks)
      continue;
    if (!known)
      fingerprint = kcov8i_table_fingerprint(t);
    known = true;
    if (i->fingerprint == fingerprint)
      return i;
  }
  return NULL;
}

static void free_image(struct kcov8i_image *img) {
  kcov8i_keep_free_name(img->name);
  if (img->slots)
    kcov8_port_free(img->slots, img->n_indexes * sizeof(uint32_t));
  kcov8i_implied_free(img);
  kcov8i_unary_free(img);
  kcov8i_summary_free(img);
  if (img->ids)
    kcov8_port_free(img->ids, img->n_indexes * (sizeof(uint64_t) + 2));
  kcov8_port_free(img, sizeof(*img));
}

static int new_image(const struct kcov8i_table *t, struct kcov8_image *desc,
                     struct kcov8i_image **out) {
  struct kcov8i_image *const img = kcov8_port_alloc(sizeof(*img));
  if (!img)
    return -KCOV8_ENOMEM;
  img->desc = desc;
  img->n_counters = t->n_counters;
  img->n_indexes = t->n_counters + t->n_implied;
  img->n_blocks = t->n_blocks;
  int err = 0;
  if (!t->stock || !t->stock->code) {
    img->slots = kcov8_port_alloc(img->n_indexes * sizeof(uint32_t));
    err = img->slots ? 0 : -KCOV8_ENOMEM;
  }
  if (!err)
    err = kcov8i_table_number(t, img);
  if (!err)
    err = kcov8i_implied_build(t, img);
  if (!err)
    err = kcov8i_unary_build(t, img);
  if (err) {
    free_image(img);
    return err;
  }
  *out = img;
  return 0;
}

/* A loaded image more or less: +1 or -1. */
static void count_image(const struct kcov8i_image *img, int n) {
  size_t *const of_kind = img->per_task ? &kcov8i.n_per_task : &kcov8i.n_shared;
  const bool has_variable = img->per_task && !img->segment;
  __atomic_store_n(of_kind, *of_kind + (size_t)n, __ATOMIC_RELAXED);
  if (has_variable)
    __atomic_store_n(&kcov8i.n_variables, kcov8i.n_variables + (size_t)n,
                     __ATOMIC_RELAXED);
}

static int prepare(struct kcov8_image *desc) {
  struct kcov8i_table t;
  int err = kcov8i_table_read(desc, &t);
  if (err)
    return err;
  if (!t.n_blocks) {
    desc->runtime[1] = &empty_mark;
    return 0;
  }

  struct kcov8i_image *img = find_ghost(&t);
  const bool ghost = img;
  if (!ghost) {
    err = new_image(&t, desc, &img);
    if (err)
      return err;
  }
  img->desc = desc;
  __atomic_store_n(&img->counters, t.counters, __ATOMIC_RELEASE);
  err = kcov8i.keep ? kcov8i_table_identify(img) : 0;
  img->per_task = t.per_task && kcov8i_view_possible(&t);
  img->segment = t.segment;
  img->ordered = t.ordered;
  if (t.per_task && !img->per_task)
    kcov8_port_log(KCOV8_LOG_WARNING,
                   "built with attribution=task, but the port lacks what it "
                   "needs: tasks see each other's blocks");
  if (!err)
    err = kcov8i_summary_build(img);
  if (!err)
    err = kcov8i_pending_need_image(img, !ghost);
  if (err) {
    kcov8i_summary_free(img);
    img->desc = NULL;
    __atomic_store_n(&img->counters, NULL, __ATOMIC_RELEASE);
    if (!ghost)
      free_image(img);
    return err;
  }

  if (!ghost) {
    struct kcov8i_image **end = &kcov8i.images;
    while (*end)
      end = &(*end)->next;
    __atomic_store_n(end, img, __ATOMIC_RELEASE);
  }
  desc->runtime[1] = img;
  count_image(img, 1);
  kcov8i.n_blocks += img->n_blocks;
  kcov8i.has_cmp |= t.has_cmp;
  return 0;
}

int kcov8i_prepare_images(void) {
  int result = 0;
  if (__builtin_expect(!kcov8i.n_unprepared, 1))
    return 0;
  kcov8i_refuse_foreign();
  for (struct kcov8_image *d = registered; d; d = d->runtime[0]) {
    if (d->runtime[1])
      continue;
    const int err = prepare(d);
    if (err == -KCOV8_ENOMEM) {
      result = err;
      continue;
    }
    if (err) {
      d->runtime[1] = &refused_mark;
      kcov8i.n_refused++;
    }
    kcov8i.n_unprepared--;
  }
  return result;
}

int kcov8i_require_blocks(void) {
  if (kcov8i.n_blocks)
    return 0;
  if (!said_no_blocks && !kcov8i.n_refused)
    kcov8_port_log(KCOV8_LOG_ERROR,
                   registered
                       ? "no image has an instrumented block"
                       : "no instrumented image: was the program compiled and "
                         "linked with kcov8's pass?");
  said_no_blocks |= !kcov8i.n_refused;
  return -KCOV8_ENODEV;
}

struct kcov8_image *kcov8i_registered(void) {
  return registered;
}

/* ---- Coming and going -------------------------------------------------- */

/* The one before @desc in the list; the last one if @desc is not there. */
static struct kcov8_image *before(const struct kcov8_image *desc) {
  struct kcov8_image *d = registered;
  while (d && d->runtime[0] && d->runtime[0] != desc)
    d = d->runtime[0];
  return d;
}

static void link_image(struct kcov8_image *desc) {
  struct kcov8_image *const last = before(desc);
  desc->runtime[0] = NULL;
  desc->runtime[1] = NULL;
  if (last)
    last->runtime[0] = desc;
  else
    registered = desc;
  kcov8i.n_unprepared++;
}

static void unlink_image(struct kcov8_image *desc) {
  if (registered == desc)
    registered = desc->runtime[0];
  else
    before(desc)->runtime[0] = desc->runtime[0];
  desc->runtime[0] = NULL;
  desc->runtime[1] = NULL;
}

static bool is_linked(const struct kcov8_image *desc) {
  const struct kcov8_image *const last = before(desc);
  return registered == desc || (last && last->runtime[0] == desc);
}

void __kcov8_image_register(struct kcov8_image *desc) {
  kcov8i_lock();
  if (is_foreign(desc)) {
    add_foreign(desc);
  } else if (!is_linked(desc)) {
    link_image(desc);
    if (kcov8i_view_any())
      kcov8i_view_image_came(kcov8i_prepare_images());
  }
  kcov8i_unlock();
}

void kcov8i_registry_again(struct kcov8_image *desc) {
  if (!is_linked(desc)) {
    link_image(desc);
  } else if (desc->runtime[1] == &refused_mark) {
    desc->runtime[1] = NULL;
    kcov8i.n_refused--;
    kcov8i.n_unprepared++;
  }
}

static void say_lost(const struct kcov8_image *desc) {
  struct kcov8i_msg m = {0};
  kcov8i_msg_str(&m, "image at ");
  kcov8i_msg_hex(&m, (uintptr_t)desc);
  kcov8i_msg_str(&m, ": unloaded, and no memory to keep what ran");
  kcov8i_msg_log(&m, KCOV8_LOG_WARNING);
}

/* A dump needs no PCs; nobody else has ever asked for any. */
static bool rescue_for_dump(struct kcov8_image *desc) {
  const enum kcov8i_tables tables = kcov8i_keep_look(desc);
  if (tables == KCOV8I_USABLE && kcov8i_keep_counters(desc))
    say_lost(desc);
  return tables != KCOV8I_UNUSABLE;
}

/* Takes what the image's counters hold to whoever wants it. */
static void rescue(struct kcov8_image *desc) {
  if (!kcov8i.n_enabled && !kcov8i.keep)
    return;
  if (!kcov8i.n_enabled && !kcov8i.images && rescue_for_dump(desc))
    return;
  kcov8i_prepare_images();
  if (desc->runtime[1] == &refused_mark || desc->runtime[1] == &empty_mark)
    return;
  struct kcov8i_image *const img = desc->runtime[1];
  if (!img) {
    say_lost(desc);
    return;
  }
  /* A lone enabled file has no pending set, and this is not its flush. */
  if (kcov8i_pending_need(NULL) || (kcov8i.keep && kcov8i_table_identify(img)))
    say_lost(desc);
  kcov8i_collect_image(img, NULL, kcov8i.keep);
}

static void unregister(struct kcov8_image *desc) {
  rescue(desc);
  if (!desc->runtime[1]) {
    kcov8i.n_unprepared--;
  } else if (desc->runtime[1] == &refused_mark) {
    kcov8i.n_refused--;
  } else if (desc->runtime[1] != &empty_mark) {
    struct kcov8i_image *const img = desc->runtime[1];
    kcov8i_view_forget_image(img);
    count_image(img, -1);
    kcov8i.n_blocks -= img->n_blocks;
    kcov8i_table_take_fingerprint(img);
    if (kcov8i.keep)
      kcov8i_keep_identity(img);
    kcov8i_summary_free(img);
    img->desc = NULL;
    __atomic_store_n(&img->counters, NULL, __ATOMIC_RELEASE);
  }
  unlink_image(desc);
}

void __kcov8_image_unregister(struct kcov8_image *desc) {
  kcov8i_lock();
  if (is_foreign(desc))
    remove_foreign();
  else if (is_linked(desc))
    unregister(desc);
  kcov8i_unlock();
}

void kcov8i_forget_images(void) {
  kcov8i_lock();
  while (registered) {
    struct kcov8_image *const d = registered;
    registered = d->runtime[0];
    d->runtime[0] = NULL;
    d->runtime[1] = NULL;
  }
  kcov8i_view_forget_all();
  while (kcov8i.images) {
    struct kcov8i_image *const img = kcov8i.images;
    kcov8i.images = img->next;
    free_image(img);
  }
  kcov8i_keep_forget();
  kcov8i = (struct kcov8i_state){
      .enabled = kcov8i.enabled,
      .n_enabled = kcov8i.n_enabled,
  };
  foreign.n = foreign.n_said = 0;
  said_no_blocks = false;
  kcov8i_unlock();
}
