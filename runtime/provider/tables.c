/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * tables.c - inline-8bit-counters and inline-bool-flag, each with pc-table
 *
 * The constructor of each object names its array, then its pc-table; each of
 * its sources may do so again. An array without a table waits for one: it is
 * refused if somebody wants coverage before.
 */
#include "provider/provider.h"

/* They stay: nothing says when their objects go (kcov8_port_object()). */
static struct kcov8i_stock *arrays;

static struct kcov8i_stock *find(const void *start) {
  struct kcov8i_stock *s = arrays;
  while (s && s->desc.counters[0] != start)
    s = s->next;
  return s;
}

static struct kcov8i_stock *add(void *start, void *stop, unsigned int step) {
  struct kcov8i_stock *const s = kcov8_port_alloc(sizeof(*s));
  if (!s) {
    kcov8_port_log(KCOV8_LOG_ERROR,
                   "no memory for an image of -fsanitize-coverage");
    return NULL;
  }
  s->desc.abi = KCOV8I_ABI_STOCK;
  s->desc.size = sizeof(s->desc);
  s->desc.counters[0] = start;
  s->desc.counters[1] = stop;
  s->step = step;
  s->next = arrays;
  return arrays = s;
}

struct kcov8i_stock *kcov8i_provider_add(void *start, void *stop,
                                         unsigned int step) {
  struct kcov8_object object = {0};
  struct kcov8i_stock *s = NULL;
  if (start == stop)
    return NULL;
  if (kcov8_port_object)
    kcov8_port_object(start, &object);
  kcov8i_lock();
  if (!find(start))
    s = add(start, stop, step);
  if (s) {
    s->begin = object.begin;
    s->end = object.end;
    s->bias = object.bias;
  }
  kcov8i_unlock();
  return s;
}

bool kcov8i_provider_lacks_table(unsigned int step) {
  bool lacks = false;
  kcov8i_lock();
  for (const struct kcov8i_stock *s = arrays; s; s = s->next)
    lacks |= s->step == step && !s->pcs[0];
  kcov8i_unlock();
  return lacks;
}

void kcov8i_provider_forget(void) {
  kcov8i_lock();
  while (arrays) {
    struct kcov8i_stock *const s = arrays;
    arrays = s->next;
    kcov8_port_free(s, sizeof(*s));
  }
  kcov8i_unlock();
}

static void add_counters(void *start, void *stop) {
  struct kcov8i_stock *const s = kcov8i_provider_add(start, stop, 1);
  if (!s)
    return;
  kcov8i_lock();
  kcov8i_registry_again(&s->desc);
  kcov8i_unlock();
}

static bool is_of(const struct kcov8i_stock *s, const void *table) {
  return !s->end || ((uintptr_t)table >= s->begin && (uintptr_t)table < s->end);
}

#pragma GCC visibility push(default)

/* For -u, if something else defines the callbacks weakly (docs/providers.md).
 */
extern const char kcov8_sancov;
const char kcov8_sancov = 1;

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop) {
  add_counters(start, stop);
}

void __sanitizer_cov_bool_flag_init(bool *start, bool *stop);
void __sanitizer_cov_bool_flag_init(bool *start, bool *stop) {
  add_counters(start, stop);
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop) {
  kcov8i_lock();
  for (struct kcov8i_stock *s = arrays; s; s = s->next)
    if (!s->pcs[0] && !s->code && is_of(s, start)) {
      s->pcs[0] = start;
      s->pcs[1] = stop;
      if (s->step > 1) /* a guard's other bytes said that there is none */
        memset(s->desc.counters[0], 0,
               (uintptr_t)s->desc.counters[1] - (uintptr_t)s->desc.counters[0]);
      kcov8i_registry_again(&s->desc);
    }
  kcov8i_unlock();
}

#pragma GCC visibility pop
