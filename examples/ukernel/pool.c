/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pool.c - engines of processes that have exited, for those that fork makes
 *
 * A new engine takes 2 ms, and the code that a short process translates takes
 * longer than to execute it. So the engine of a process that exits is kept with
 * what it has mapped of constant pages (program text) and the code translated
 * of them. A child that has the same pages at the same addresses gets it.
 * Shared memory stays mapped, too, for the time that it takes to unmap and map
 * it.
 *
 * Guests do not notice: what is kept counts as free memory, and is given up
 * when somebody wants it. Nor does kcov: this file is not instrumented, and
 * what is does the same with an engine out of the pool as with a new one.
 *
 * The pool holds no reference to pages; who frees them says so.
 */
#include "pool.h"

#include <string.h>
#include <sys/mman.h>

#define MAX_ENGINES 8u
#define MAX_CODE (16u << 20)
/* Unmapping takes time by the page, longer than a new engine's for more. */
#define MAX_MAPPED (256u << 20)
/* What is translated already is the child's to pay: a part of what is left. */
#define CODE_SHARE 8u

static struct uk_cpu *pool[MAX_ENGINES]; /* by age */
static size_t n_engines;
static uint64_t used;

static uint64_t cost(const struct uk_cpu *cpu) {
  return UK_COST_CPU + cpu_code_bytes(cpu);
}

static struct uk_cpu *remove_at(size_t at) {
  struct uk_cpu *cpu = pool[at];
  memmove(&pool[at], &pool[at + 1], (--n_engines - at) * sizeof(*pool));
  used -= cost(cpu);
  return cpu;
}

static uint8_t *host_of(const struct uk_region *region) {
  return region->pages->base + region->skip;
}

static bool visible(const struct uk_region *region) {
  return region->prot != PROT_NONE && !region->gone;
}

/* Bytes of code pages that @cpu has as @mm has them. */
static uint64_t known(const struct uk_cpu *cpu, const struct uk_mm *mm) {
  uint64_t sum = 0;
  for (size_t i = 0; i < mm->n_regions; i++) {
    const struct uk_region *region = &mm->region[i];
    uint64_t bytes = region->end - region->start;
    if (region->pages->constant && (region->prot & PROT_EXEC) &&
        !region->nofork &&
        cpu_keeps(cpu, region->start, bytes, region->prot, host_of(region)))
      sum += bytes;
  }
  return sum;
}

struct uk_cpu *pool_take(const struct uk_mm *mm, uint64_t free) {
  uint64_t most = 0;
  size_t best = 0;
  if (!mm || free < UK_COST_CPU)
    return NULL;
  for (size_t i = 0; i < n_engines; i++) {
    if (cpu_is_precise(pool[i]) != cpu_is_precise(mm->cpu) ||
        cpu_code_bytes(pool[i]) > (free - UK_COST_CPU) / CODE_SHARE)
      continue;
    uint64_t bytes = known(pool[i], mm);
    if (bytes && bytes >= most) { /* the last used, of those with as much */
      most = bytes;
      best = i;
    }
  }
  return most ? remove_at(best) : NULL;
}

/* The next process may have the same mapping. */
static bool may_stay(const struct uk_region *region) {
  return region->pages->refs > 1 &&
         (region->pages->constant ||
          (region->shared && !(region->prot & PROT_EXEC)));
}

/* Somebody else has the same code. */
static bool worth_it(const struct uk_mm *mm) {
  if (cpu_is_dead(mm->cpu) || cpu_code_bytes(mm->cpu) > MAX_CODE ||
      mm->mapped_bytes > MAX_MAPPED)
    return false;
  for (size_t i = 0; i < mm->n_regions; i++)
    if (may_stay(&mm->region[i]) && (mm->region[i].prot & PROT_EXEC))
      return true;
  return false;
}

void pool_give(struct uk_mm *mm) {
  struct uk_cpu *cpu = mm->cpu;
  if (!cpu)
    return;
  if (!worth_it(mm)) {
    cpu_free(cpu);
    return;
  }
  cpu_drop_kept(cpu);
  for (size_t i = 0; i < mm->n_regions; i++) {
    const struct uk_region *region = &mm->region[i];
    uint64_t bytes = region->end - region->start;
    if (visible(region) &&
        !(may_stay(region) &&
          cpu_keep(cpu, region->start, bytes, region->prot, host_of(region))))
      cpu_unmap(cpu, region->start, bytes, region->prot);
  }
  cpu_rest(cpu);
  if (n_engines == MAX_ENGINES)
    cpu_free(remove_at(0));
  pool[n_engines++] = cpu;
  used += cost(cpu);
}

void pool_forget(const struct uk_pages *pages) {
  for (size_t i = n_engines; i-- > 0;)
    if (cpu_drop_kept_of(pool[i], pages->base, pages->bytes) && pages->constant)
      cpu_free(remove_at(i));
}

void pool_fit(uint64_t bytes) {
  while (used > bytes)
    cpu_free(remove_at(0));
}
