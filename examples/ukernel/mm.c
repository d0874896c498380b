/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mm.c - address spaces: regions, and the kernel's access to guest memory
 *
 * A region is backed by host memory (struct uk_pages) that the CPU sees too.
 * Private memory of the mmap area comes out of one host reservation per
 * address space, the zone, with the same layout: neighbours can be merged, and
 * can grow in place. Untouched pages cost nothing; fork copies those that were
 * touched, found with /proc/self/pagemap, and shares a program's constant ones.
 */
#define _GNU_SOURCE
#include "pool.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ZONE_END 0x7ffff0000000ull
#define ZONE_BYTES (16ull << 30)
#define ZONE_START (ZONE_END - ZONE_BYTES)
#define MAX_MAPPED (32ull << 30)

/* ---- Pages ------------------------------------------------------------ */

void uk_pages_get(struct uk_pages *pages) { pages->refs++; }

void uk_pages_put(struct uk_pages *pages) {
  if (!pages || --pages->refs)
    return;
  pool_forget(pages);
  uk_uncharge(pages->charged);
  pages->free(pages);
}

static void pages_free(struct uk_pages *pages) {
  munmap(pages->base, pages->bytes);
  free(pages);
}

struct uk_pages *uk_pages_reserve(uint64_t bytes) {
  struct uk_pages *pages = calloc(1, sizeof(*pages));
  if (!pages)
    return NULL;
  pages->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages->base == MAP_FAILED) {
    free(pages);
    return NULL;
  }
  madvise(pages->base, bytes, MADV_NOHUGEPAGE);
  pages->bytes = bytes;
  pages->refs = 1;
  pages->lazy = true;
  pages->free = pages_free;
  return pages;
}

static struct uk_pages *new_charged(uint64_t bytes, uint64_t charged) {
  if (uk_charge(charged))
    return NULL;
  struct uk_pages *pages = uk_pages_reserve(bytes);
  if (!pages) {
    uk_uncharge(charged);
    return NULL;
  }
  pages->lazy = false;
  pages->charged = charged;
  return pages;
}

struct uk_pages *uk_pages_new(uint64_t bytes) {
  return new_charged(bytes, bytes);
}

void uk_pages_discount(struct uk_pages *pages, uint64_t bytes) {
  pages->charged -= bytes;
  uk_uncharge(bytes);
}

/* Entries of /proc/self/pagemap. False: the host does not tell. */
static bool read_pagemap(const uint8_t *at, uint64_t *entry, size_t n) {
  static int fd = -2;
  if (fd == -2)
    fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return pread(fd, entry, n * 8, (off_t)((uintptr_t)at / UK_PAGE * 8)) ==
         (ssize_t)(n * 8);
}

#define CHUNK 512u

/* Present or swapped out: bits 63 and 62. */
void mm_copy_memory(uint8_t *to, const uint8_t *from, size_t bytes) {
  uint64_t entry[CHUNK];
  for (size_t n; bytes; bytes -= n * UK_PAGE) {
    n = bytes / UK_PAGE < CHUNK ? bytes / UK_PAGE : CHUNK;
    bool known = read_pagemap(from, entry, n);
    for (size_t i = 0; i < n; i++, to += UK_PAGE, from += UK_PAGE)
      if (!known || entry[i] >> 62)
        memcpy(to, from, UK_PAGE);
  }
}

/*
 * Bit 61 is set in pages that are the file's. If the host does not tell, a
 * written page that holds what the file holds will be taken for one.
 */
void mm_copy_written(uint8_t *to, const uint8_t *from, const uint8_t *file,
                     size_t bytes) {
  uint64_t entry[CHUNK];
  for (size_t n; bytes; bytes -= n * UK_PAGE) {
    n = bytes / UK_PAGE < CHUNK ? bytes / UK_PAGE : CHUNK;
    bool known = read_pagemap(from, entry, n);
    for (size_t i = 0; i < n; i++) {
      if (known ? entry[i] >> 62 && !(entry[i] >> 61 & 1)
                : memcmp(from, file, UK_PAGE) != 0)
        memcpy(to, from, UK_PAGE);
      to += UK_PAGE;
      from += UK_PAGE;
      file += UK_PAGE;
    }
  }
}

/* ---- Regions ---------------------------------------------------------- */

/* Index of the first region that ends above @addr. */
static size_t region_index(struct uk_mm *mm, uint64_t addr) {
  size_t low = 0, high = mm->n_regions;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (mm->region[middle].end > addr)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

struct uk_region *mm_find(struct uk_mm *mm, uint64_t addr) {
  size_t at = mm->last_found;
  if (at >= mm->n_regions || addr < mm->region[at].start ||
      addr >= mm->region[at].end) {
    at = region_index(mm, addr);
    if (at >= mm->n_regions || addr < mm->region[at].start)
      return NULL;
    mm->last_found = at;
  }
  return &mm->region[at];
}

bool mm_range(uint64_t addr, uint64_t *bytes) {
  uint64_t end;
  if (addr % UK_PAGE || *bytes > UK_TASK_SIZE)
    return false;
  *bytes = (*bytes + UK_PAGE - 1) & ~(uint64_t)(UK_PAGE - 1);
  return !__builtin_add_overflow(addr, *bytes, &end) && end <= UK_TASK_SIZE;
}

bool mm_is_free(struct uk_mm *mm, uint64_t addr, uint64_t bytes) {
  size_t at = region_index(mm, addr);
  return at == mm->n_regions || mm->region[at].start >= addr + bytes;
}

uint64_t mm_find_free(struct uk_mm *mm, uint64_t bytes) {
  uint64_t end = ZONE_END;
  size_t at = region_index(mm, ZONE_END);
  if (at < mm->n_regions && mm->region[at].start < end)
    end = mm->region[at].start;
  for (; at-- > 0;) {
    struct uk_region *below = &mm->region[at];
    if (below->end <= ZONE_START)
      break;
    if (end - below->end >= bytes)
      return end - bytes;
    end = below->start;
    if (end <= ZONE_START)
      return 0;
  }
  return end - ZONE_START >= bytes ? end - bytes : 0;
}

static int make_room(struct uk_mm *mm, size_t more) {
  if (mm->n_regions + more > UK_MAX_REGIONS)
    return -ENOMEM;
  if (mm->n_regions + more <= mm->room)
    return 0;
  size_t room = mm->room ? 2 * mm->room : 32;
  struct uk_region *region = realloc(mm->region, room * sizeof(*region));
  if (!region)
    return -ENOMEM;
  mm->region = region;
  mm->room = room;
  return 0;
}

static uint8_t *region_host(const struct uk_region *region) {
  return region->pages->base + region->skip;
}

/* How the CPU sees it; PROT_NONE: not at all. */
static int cpu_prot(const struct uk_region *region) {
  return region->gone ? PROT_NONE : region->prot;
}

static void remove_at(struct uk_mm *mm, size_t at) {
  memmove(&mm->region[at], &mm->region[at + 1],
          (mm->n_regions - at - 1) * sizeof(*mm->region));
  mm->n_regions--;
}

static void insert_at(struct uk_mm *mm, size_t at,
                      const struct uk_region *region) {
  memmove(&mm->region[at + 1], &mm->region[at],
          (mm->n_regions - at) * sizeof(*mm->region));
  mm->region[at] = *region;
  mm->n_regions++;
}

/* What it costs, if it is the first time that it may be written. */
static int charge(struct uk_region *region, bool wanted) {
  if (!region->pages->lazy || region->charged || !wanted)
    return 0;
  int err = uk_charge(region->end - region->start);
  region->charged = !err;
  return err;
}

static void uncharge(struct uk_region *region) {
  if (region->charged)
    uk_uncharge(region->end - region->start);
  region->charged = false;
}

static void release_refs(struct uk_region *region) {
  uk_pages_put(region->pages);
  if (region->file)
    uk_file_put(region->file);
}

/* Cut the region at @at in two; the CPU's mapping is cut by its own code. */
static void cut(struct uk_mm *mm, size_t at, uint64_t addr) {
  struct uk_region upper = mm->region[at];
  uint64_t lower_bytes = addr - upper.start;
  upper.start = addr;
  upper.skip += lower_bytes;
  upper.offset += lower_bytes;
  uk_pages_get(upper.pages);
  if (upper.file)
    uk_file_get(upper.file);
  mm->region[at].end = addr;
  insert_at(mm, at + 1, &upper);
}

/* Cut at both ends of a range; the index of its first region. */
static int cut_out(struct uk_mm *mm, uint64_t start, uint64_t end,
                   size_t *first) {
  int err = make_room(mm, 2);
  size_t at = region_index(mm, start);
  *first = at;
  if (at == mm->n_regions || mm->region[at].start >= end)
    return 0; /* nothing there: no room needed */
  bool cuts = mm->region[at].start < start;
  size_t last = region_index(mm, end - 1);
  cuts |= last < mm->n_regions && mm->region[last].start < end &&
          mm->region[last].end > end;
  if (!cuts)
    return 0;
  if (err)
    return err;
  if (mm->region[at].start < start) {
    cut(mm, at, start);
    *first = at + 1;
    last = region_index(mm, end - 1);
  }
  if (last < mm->n_regions && mm->region[last].start < end &&
      mm->region[last].end > end)
    cut(mm, last, end);
  return 0;
}

static bool can_join(const struct uk_region *a, const struct uk_region *b) {
  return a->end == b->start && a->pages == b->pages && a->prot == b->prot &&
         a->may == b->may && a->skip + (a->end - a->start) == b->skip &&
         a->shared == b->shared && a->gone == b->gone &&
         a->nofork == b->nofork && a->charged == b->charged &&
         a->file == b->file && a->name == b->name &&
         (!a->file || a->offset + (a->end - a->start) == b->offset);
}

static void try_join(struct uk_mm *mm, size_t at) {
  if (at + 1 >= mm->n_regions ||
      !can_join(&mm->region[at], &mm->region[at + 1]))
    return;
  struct uk_region *a = &mm->region[at], *b = a + 1;
  uint64_t end = b->end;
  if (cpu_prot(a) != PROT_NONE) {
    cpu_unmap(mm->cpu, a->start, a->end - a->start, a->prot);
    cpu_unmap(mm->cpu, b->start, b->end - b->start, b->prot);
    if (cpu_map(mm->cpu, a->start, end - a->start, a->prot, region_host(a))) {
      /* Cannot happen for lack of room: there was more before. */
      cpu_map(mm->cpu, a->start, a->end - a->start, a->prot, region_host(a));
      cpu_map(mm->cpu, b->start, b->end - b->start, b->prot, region_host(b));
      return;
    }
  }
  release_refs(b);
  a->end = end;
  remove_at(mm, at + 1);
}

/* The engine is ours to change from here on (sched.c). */
static void take_turn(struct uk_mm *mm) {
  struct uk_task *task = uk_current();
  if (task && task->mm == mm)
    sched_enter(task);
}

int mm_unmap(struct uk_mm *mm, uint64_t addr, uint64_t bytes) {
  uint64_t end = addr + bytes;
  size_t at;
  take_turn(mm);
  int err = cut_out(mm, addr, end, &at);
  if (err)
    return err;
  while (at < mm->n_regions && mm->region[at].start < end) {
    struct uk_region gone = mm->region[at];
    uint64_t length = gone.end - gone.start;
    if (cpu_prot(&gone) != PROT_NONE)
      cpu_unmap(mm->cpu, gone.start, length, gone.prot);
    remove_at(mm, at);
    mm->mapped_bytes -= length;
    /* mremap moves fixed ones, others may have constant ones, too. */
    if (!gone.shared && !gone.pages->fixed && !gone.pages->constant)
      madvise(region_host(&gone), length, MADV_DONTNEED);
    uncharge(&gone);
    release_refs(&gone);
  }
  return 0;
}

/*
 * Takes over the references in @region; on failure too. @region->charged: it
 * is to be charged though it may not be written now.
 */
int mm_insert(struct uk_mm *mm, const struct uk_region *region) {
  uint64_t bytes = region->end - region->start;
  struct uk_region copy = *region;
  copy.charged = false;
  int err = charge(&copy, region->charged || (copy.prot & PROT_WRITE));
  if (!err)
    err = mm_unmap(mm, region->start, bytes);
  if (!err)
    err = make_room(mm, 1);
  if (!err && mm->mapped_bytes + bytes > MAX_MAPPED)
    err = -ENOMEM;
  if (!err && cpu_prot(&copy) != PROT_NONE)
    err = cpu_map(mm->cpu, copy.start, bytes, copy.prot, region_host(&copy));
  if (err) {
    uncharge(&copy);
    release_refs(&copy);
    return err;
  }
  size_t at = region_index(mm, copy.start);
  insert_at(mm, at, &copy);
  mm->mapped_bytes += bytes;
  try_join(mm, at);
  if (at)
    try_join(mm, at - 1);
  return 0;
}

int mm_map_private(struct uk_mm *mm, uint64_t addr, uint64_t bytes, int prot,
                   const char *name) {
  struct uk_region region = {.start = addr,
                             .end = addr + bytes,
                             .prot = prot,
                             .may = PROT_READ | PROT_WRITE | PROT_EXEC,
                             .name = name};
  int err = mm_unmap(mm, addr, bytes);
  if (err)
    return err;
  if (addr >= ZONE_START && addr + bytes <= ZONE_END) {
    region.pages = mm->zone;
    region.skip = addr - ZONE_START;
    uk_pages_get(mm->zone);
  } else {
    region.pages = uk_pages_reserve(bytes);
    if (!region.pages)
      return -ENOMEM;
  }
  return mm_insert(mm, &region);
}

static int count_regions(const struct uk_mm *mm, const struct uk_pages *pages) {
  int n = 0;
  for (size_t i = 0; i < mm->n_regions; i++)
    n += mm->region[i].pages == pages;
  return n;
}

/* Constant pages may be written from now on: by this address space alone. */
static int make_own(struct uk_mm *mm, struct uk_pages *pages) {
  if (count_regions(mm, pages) == pages->refs) {
    pool_forget(pages);
    pages->constant = false;
    return 0;
  }
  struct uk_pages *own = uk_pages_new(pages->bytes);
  if (!own)
    return -ENOMEM;
  memcpy(own->base, pages->base, pages->bytes);
  int err = 0;
  for (size_t i = 0; i < mm->n_regions; i++) {
    struct uk_region *region = &mm->region[i];
    uint64_t bytes = region->end - region->start;
    if (region->pages != pages)
      continue;
    if (cpu_prot(region) != PROT_NONE)
      cpu_unmap(mm->cpu, region->start, bytes, region->prot);
    region->pages = own;
    uk_pages_get(own);
    uk_pages_put(pages);
    if (cpu_prot(region) != PROT_NONE &&
        cpu_map(mm->cpu, region->start, bytes, region->prot,
                region_host(region)))
      err = -ENOMEM;
  }
  uk_pages_put(own);
  return err;
}

static int protect_one(struct uk_mm *mm, struct uk_region *region, int prot) {
  uint64_t bytes = region->end - region->start;
  if (region->prot == prot)
    return 0;
  int err = charge(region, prot & PROT_WRITE);
  if (!err && region->pages->constant && (prot & PROT_WRITE))
    err = make_own(mm, region->pages);
  if (err)
    return err;
  if (region->gone)
    ; /* the CPU has nothing of it */
  else if (prot == PROT_NONE)
    cpu_unmap(mm->cpu, region->start, bytes, region->prot);
  else if (region->prot == PROT_NONE)
    err = cpu_map(mm->cpu, region->start, bytes, prot, region_host(region));
  else
    err = cpu_protect(mm->cpu, region->start, bytes, region->prot, prot);
  if (!err)
    region->prot = prot;
  return err;
}

int mm_protect(struct uk_mm *mm, uint64_t addr, uint64_t bytes, int prot) {
  uint64_t end = addr + bytes, seen = addr;
  size_t at, first;
  take_turn(mm);
  for (at = region_index(mm, addr);
       at < mm->n_regions && mm->region[at].start <= seen && seen < end; at++) {
    if (prot & ~mm->region[at].may)
      return -EACCES;
    seen = mm->region[at].end;
  }
  if (seen < end)
    return -ENOMEM;
  int err = cut_out(mm, addr, end, &first);
  for (at = first; !err && at < mm->n_regions && mm->region[at].start < end;
       at++)
    err = protect_one(mm, &mm->region[at], prot);
  /* @at is one behind the range: join from its upper edge down. */
  while (at > 0 && at >= first) {
    try_join(mm, at - 1);
    at--;
  }
  return err;
}

static void mark_one(struct uk_mm *mm, struct uk_region *region,
                     enum uk_mark mark) {
  uint64_t bytes = region->end - region->start;
  if (mark == UK_MARK_FORK)
    region->nofork = false;
  if (mark == UK_MARK_NOFORK)
    region->nofork = true;
  if (mark != UK_MARK_GONE || region->gone)
    return;
  if (region->prot != PROT_NONE)
    cpu_unmap(mm->cpu, region->start, bytes, region->prot);
  region->gone = true;
  if (!region->shared)
    madvise(region_host(region), bytes, MADV_DONTNEED);
}

int mm_mark(struct uk_mm *mm, uint64_t addr, uint64_t bytes,
            enum uk_mark mark) {
  uint64_t end = addr + bytes;
  size_t at, first;
  take_turn(mm);
  int err = cut_out(mm, addr, end, &first);
  if (err)
    return err;
  for (at = first; at < mm->n_regions && mm->region[at].start < end; at++)
    mark_one(mm, &mm->region[at], mark);
  while (at > 0 && at >= first) {
    try_join(mm, at - 1);
    at--;
  }
  return 0;
}

/* ---- Life ------------------------------------------------------------- */

/* @like: an engine that knows its code will do. */
static int new_like(const struct uk_mm *like, struct uk_mm **out) {
  struct uk_mm *mm = calloc(1, sizeof(*mm));
  if (!mm)
    return -ENOMEM;
  mm->cpu = pool_take(like, uk_memory_free());
  mm->code_charged = cpu_code_bytes(mm->cpu);
  if (uk_charge(UK_COST_CPU + mm->code_charged)) {
    cpu_free(mm->cpu);
    free(mm);
    return -ENOMEM;
  }
  mm->refs = 1;
  mm->zone = uk_pages_reserve(ZONE_BYTES);
  int err = mm->zone ? cpu_new(&mm->cpu) : -ENOMEM;
  if (!err)
    err = sched_turn_new(mm);
  if (err) {
    mm_put(mm);
    return err;
  }
  *out = mm;
  return 0;
}

int mm_new(struct uk_mm **out) { return new_like(NULL, out); }

int mm_replace_cpu(struct uk_mm *mm, bool precise) {
  struct uk_cpu *cpu;
  int err = cpu_replace(mm->cpu, &cpu);
  if (err)
    return err;
  mm->cpu = cpu;
  uk_uncharge(mm->code_charged);
  mm->code_charged = 0;
  mm->n_written_code = 0;
  cpu_set_precise(cpu, precise);
  for (size_t i = 0; !err && i < mm->n_regions; i++) {
    const struct uk_region *region = &mm->region[i];
    if (cpu_prot(region) != PROT_NONE)
      err = cpu_map(cpu, region->start, region->end - region->start,
                    region->prot, region_host(region));
  }
  return err;
}

int mm_charge_code(struct uk_mm *mm) {
  uint64_t now = cpu_code_bytes(mm->cpu);
  if (now <= mm->code_charged)
    return 0;
  int err = uk_charge(now - mm->code_charged);
  if (!err)
    mm->code_charged = now;
  return err;
}

void mm_get(struct uk_mm *mm) { mm->refs++; }

void mm_put(struct uk_mm *mm) {
  if (!mm || --mm->refs)
    return;
  uk_uncharge(UK_COST_CPU + mm->code_charged);
  pool_give(mm);
  pool_fit(uk_memory_free());
  for (size_t i = 0; i < mm->n_regions; i++) {
    uncharge(&mm->region[i]);
    release_refs(&mm->region[i]);
  }
  uk_pages_put(mm->zone);
  uk_pages_put(mm->heap);
  sched_turn_free(mm);
  free(mm->region);
  free(mm);
}

/* The first region that has been copied of the same pages. */
static size_t earlier_piece(const struct uk_mm *mm, size_t at) {
  for (size_t i = 0; i < at; i++)
    if (mm->region[i].pages == mm->region[at].pages && !mm->region[i].nofork)
      return i;
  return at;
}

static struct uk_pages *copy_pages(struct uk_pages *pages) {
  if (pages->copy)
    return pages->copy(pages);
  return pages->lazy ? uk_pages_reserve(pages->bytes)
                     : new_charged(pages->bytes, pages->charged);
}

static int copy_region(struct uk_mm *to, struct uk_mm *from, size_t at) {
  struct uk_region region = from->region[at];
  if (region.nofork)
    return 0;
  if (region.shared || region.pages->constant) {
    uk_pages_get(region.pages);
  } else if (region.pages == from->zone || region.pages == from->heap) {
    region.pages = region.pages == from->zone ? to->zone : to->heap;
    uk_pages_get(region.pages);
  } else {
    /* Pieces of one mapping stay together, so that they can be joined. */
    size_t earlier = earlier_piece(from, at);
    if (earlier != at) {
      region.pages = mm_find(to, from->region[earlier].start)->pages;
      uk_pages_get(region.pages);
    } else {
      region.pages = copy_pages(region.pages);
      if (!region.pages)
        return -ENOMEM;
    }
  }
  if (region.file)
    uk_file_get(region.file);
  uint8_t *host = region_host(&region);
  int err = mm_insert(to, &region);
  /* Behind the insertion, which asks whether there may be so much. */
  if (!err && !region.shared && !region.pages->copy && !region.pages->constant)
    mm_copy_memory(host, region_host(&from->region[at]),
                   region.end - region.start);
  return err;
}

int mm_copy(struct uk_mm *from, struct uk_mm **out) {
  struct uk_mm *mm;
  int err = new_like(from, &mm);
  if (err)
    return err;
  bool shared = false;
  if (from->heap) {
    mm->heap = uk_pages_reserve(from->heap->bytes);
    err = mm->heap ? 0 : -ENOMEM;
  }
  for (size_t i = 0; !err && i < from->n_regions; i++) {
    shared |= from->region[i].shared;
    err = copy_region(mm, from, i);
  }
  cpu_drop_kept(mm->cpu);
  if (err) {
    mm_put(mm);
    return err;
  }
  mm->brk_start = from->brk_start;
  mm->brk = from->brk;
  if (shared)
    sched_share_memory(mm);
  *out = mm;
  return 0;
}
