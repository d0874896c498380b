/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * kcov8/abi.h - the one contract of pass, runtime and tools
 *
 * What the pass writes into an object, and how a block becomes an ID, a slot
 * and a PC. Compiles as C11 and C++17; needs <stdint.h> and <stddef.h> only.
 * docs/abi.md explains it; golden vectors in test/unit/test_abi.c freeze it.
 * Any change of a value that reaches an object needs a new KCOV8_ABI_VERSION;
 * a new kind of probe, level or flag does not: readers refuse what they do not
 * know.
 */
#ifndef KCOV8_ABI_H
#define KCOV8_ABI_H

#include <stddef.h>
#include <stdint.h>

#define KCOV8_ABI_VERSION 4

/* ---- Sections --------------------------------------------------------- */

/*
 * Allocated. C identifiers, so that linkers make __start_ and __stop_. What
 * belongs to one counter array sits in one section group: a linker keeps or
 * drops it together. Nothing relies on the sections being parallel: each
 * function record points at its counter array and its keys.
 */
#define KCOV8_SECTION_COUNTERS "__kcov8_cntrs" /* uint8_t, one per probe */
#define KCOV8_SECTION_KEYS "__kcov8_keys"      /* uint32_t, one per block */
                                               /* (and rules, see below) */
#define KCOV8_SECTION_FUNCS "__kcov8_funcs"    /* struct kcov8_func */

/*
 * With option `summary`, in the same groups: which parts of the counters may
 * have been hit.
 */
#define KCOV8_SECTION_MARKS "__kcov8_marks"   /* uint8_t */
#define KCOV8_SECTION_ARRAYS "__kcov8_arrays" /* struct kcov8_array */

/*
 * Not allocated, no relocations: names and source ranges, for tools only.
 * Joined with the function records by function hash and block key.
 */
#define KCOV8_SECTION_MAP ".kcov8.map"

/* ---- Function records (allocated) ------------------------------------- */

enum kcov8_probe {
  KCOV8_PROBE_COUNTER = 0,  /* 8-bit increment, never back to zero */
  KCOV8_PROBE_FLAG = 1,     /* store 1 */
  KCOV8_PROBE_WRAPPING = 2, /* plain 8-bit increment */
  KCOV8_PROBE_UNARY = 3,    /* after n hits the n lowest bits are set; all: */
                            /* 8 hits or more */
};
#define KCOV8_N_PROBES 4

enum kcov8_level {
  KCOV8_LEVEL_FUNC = 0, /* entry block of each function */
  KCOV8_LEVEL_BB = 1,   /* every basic block */
  KCOV8_LEVEL_EDGE = 2, /* every block after splitting critical edges */
};

#define KCOV8_FUNC_EARLY 0x01   /* probes went in before the optimiser */
#define KCOV8_FUNC_PRUNED 0x02  /* rules follow the keys */
#define KCOV8_FUNC_CMP 0x04     /* its comparisons call the runtime */
#define KCOV8_FUNC_TASK 0x08    /* counters are reached through a delta: */
#define KCOV8_FUNC_SEGMENT 0x10 /* that is the base of x86-64's gs, or the */
                                /* kernel's per-CPU variable at this base */
#define KCOV8_FUNC_ORDER 0x20   /* first hits are listed */

/**
 * struct kcov8_func - one instrumented function
 * @hash:     function hash, kcov8_hash_function()
 * @counters: address of the counter array, relative to this field's address;
 *            functions may share one
 * @keys:     address of the first key, relative to this field's address. The
 *            word in front of it is a hash of the function's code, as it was
 *            when the probes went in: equal if two builds by one compiler have
 *            the same code; never 0
 * @n_blocks: > 0; key i belongs to block i
 * @abi:      KCOV8_ABI_VERSION of the pass that wrote the record
 * @probe:    enum kcov8_probe
 * @level:    enum kcov8_level
 * @flags:    KCOV8_FUNC_*
 * @first:    number of block 0 in the counter array
 * @rows:     how the array is laid out, kcov8_counter_at();
 *            @first + counters <= 4 * @rows unless @rows is 0
 *
 * Native byte order of the image; 8-aligned, 32 bytes. No dynamic relocation.
 *
 * With KCOV8_FUNC_PRUNED some blocks have no probe and no counter; they come
 * last. Layout: keys[n_blocks], N, rules[N], all words of 32 bits. A rule is
 * `witness << 16 | implied`, two numbers of blocks: the implied block has no
 * counter, its witnesses have one. It ran if and only if one of its witnesses
 * did. Its hits are the sum of theirs (not with KCOV8_PROBE_FLAG, whose hits
 * are no counts). Each block without a counter has one rule or more, and rules
 * are sorted by implied block: so rule 0 names the first block without a
 * counter, and that is the number of counters.
 */
struct kcov8_func {
  uint64_t hash;
  int32_t counters;
  int32_t keys;
  uint32_t n_blocks;
  uint8_t abi;
  uint8_t probe;
  uint8_t level;
  uint8_t flags;
  uint32_t first;
  uint32_t rows;
};

/*
 * kcov8_counter_at() - place of counter @number in its array, in bytes
 * @rows: 0: in order. Else the array is a table of @rows rows of 4 bytes,
 *        filled column by column.
 *
 * Blocks with near numbers run at near times. A byte load soon behind a store
 * to another byte of the same 4 bytes waits for it on some CPUs, so they lie
 * in different rows.
 */
static inline uint32_t kcov8_counter_at(uint32_t number, uint32_t rows) {
  return rows ? number % rows * 4 + number / rows : number;
}

/*
 * kcov8_counter_bytes() - how far into its array a record reaches
 * 0 if the array cannot hold counters @first to @first + @n - 1.
 */
static inline uint64_t kcov8_counter_bytes(uint32_t first, uint32_t n,
                                           uint32_t rows) {
  const uint64_t end = (uint64_t)first + n;
  uint64_t most = 0;
  if (!n || end > UINT32_MAX)
    return 0;
  if (!rows)
    return end;
  if (end > 4 * (uint64_t)rows || rows > UINT32_MAX / 4)
    return 0; /* places would not fit 32 bits */
  /* In each of at most four columns, the last number. */
  for (uint32_t at = first; at < end;) {
    const uint64_t bottom = ((uint64_t)at / rows + 1) * rows;
    const uint32_t last = (uint32_t)((bottom < end ? bottom : end) - 1);
    const uint32_t place = kcov8_counter_at(last, rows);
    most = place > most ? place : most;
    if (bottom >= end)
      break;
    at = (uint32_t)bottom;
  }
  return most + 1;
}

/* ---- Summary (allocated, optional) --------------------------------------- */

#define KCOV8_MARK_BYTES 256 /* of counters to one mark */

/**
 * struct kcov8_array - one counter array whose probes set marks
 * @counters: address of the array, relative to this field's address
 * @marks:    address of its marks, likewise
 * @bytes:    of counters; (@bytes + KCOV8_MARK_BYTES - 1) / KCOV8_MARK_BYTES
 *            marks
 *
 * A probe stores to counter byte i, then 1 to marks[i / KCOV8_MARK_BYTES]; no
 * other thread sees the second store without the first.
 */
struct kcov8_array {
  int32_t counters;
  int32_t marks;
  uint32_t bytes;
};

/* ---- Comparisons (option trace-cmp) ------------------------------------- */

/*
 * Instrumented code tests KCOV8_CMP_GATE_SYMBOL, a uint32_t, and calls one of
 * the other two in front of a comparison or switch if it is not zero (kcov8.h).
 */
#define KCOV8_CMP_GATE_SYMBOL "__kcov8_cmp_on"
#define KCOV8_CMP_SYMBOL "__kcov8_trace_cmp"
#define KCOV8_SWITCH_SYMBOL "__kcov8_trace_switch"

/* ---- Image descriptor (allocated, one per linked image) ---------------- */

/**
 * struct kcov8_image - where an image's tables are; handed to the runtime
 * @abi:      KCOV8_ABI_VERSION
 * @size:     sizeof(struct kcov8_image) of the writer
 * @counters: first and one past last counter
 * @keys:     likewise
 * @funcs:    likewise
 * @runtime:  zero in the object; owned by the runtime once registered
 * @marks:    first and one past last mark; both NULL without any
 * @arrays:   likewise. @size tells whether these two are there at all
 * @delta_at: where the delta of the calling thread (or CPU) is: what probes add
 *            to the address of a counter. NULL with attribution `process`, and
 *            with KCOV8_FUNC_SEGMENT.
 * @order_at: where its list of first hits is, the runtime's, for probes to hand
 *            on to KCOV8_FIRST_IN_SYMBOL. NULL without `trace-order`, and with
 *            KCOV8_FUNC_SEGMENT. @size tells whether it is there at all
 *
 * Emitted by the pass (linkonce, hidden, so one per executable or shared
 * object) with a constructor that calls __kcov8_image_register() and a
 * destructor that calls __kcov8_image_unregister(). With `no-ctor` neither is
 * emitted: the host declares one itself with KCOV8_IMAGE_INIT.
 */
struct kcov8_image {
  uint32_t abi;
  uint32_t size;
  uint8_t *counters[2];
  const uint32_t *keys[2];
  const struct kcov8_func *funcs[2];
  void *runtime[2];
  uint8_t *marks[2];
  const struct kcov8_array *arrays[2];
  intptr_t *(*delta_at)(void);
  void **(*order_at)(void);
};

/* What every descriptor has. */
#define KCOV8_IMAGE_MIN_SIZE offsetof(struct kcov8_image, marks)

#define KCOV8_IMAGE_SYMBOL "__kcov8_image"
#define KCOV8_DELTA_SYMBOL "__kcov8_delta"
#define KCOV8_DELTA_AT_SYMBOL "__kcov8_delta_at"
/* The kernel's own, a long. */
#define KCOV8_PERCPU_DELTA_SYMBOL "kcov8_percpu_delta"
#define KCOV8_FIRST_SYMBOL "__kcov8_first" /* with KCOV8_FUNC_SEGMENT */
#define KCOV8_FIRST_IN_SYMBOL "__kcov8_first_in"
/* Nobody's list, with delta=percpu; the delta leads to a task's. */
#define KCOV8_ORDER_LIST_SYMBOL "kcov8i_order_list"
#define KCOV8_ORDER_SYMBOL "__kcov8_order"
#define KCOV8_ORDER_AT_SYMBOL "__kcov8_order_at"
#define KCOV8_REGISTER_SYMBOL "__kcov8_image_register"
#define KCOV8_UNREGISTER_SYMBOL "__kcov8_image_unregister"

/* ---- Block map (not allocated) ----------------------------------------- */

/*
 * A sequence of entries, each 4-aligned; zero words between entries are
 * padding. Integers in the target's byte order; `uleb` is ULEB128, `str` is
 * uleb length in bytes followed by the bytes (UTF-8, no terminator).
 *
 *   u32 magic   KCOV8_MAP_MAGIC
 *   u32 size    of the whole entry in bytes, a multiple of 4, header included
 *   u16 abi     KCOV8_ABI_VERSION
 *   u16 kind    enum kcov8_map_kind
 *
 * KCOV8_MAP_FUNC continues:
 *   u64  hash       function hash
 *   u32  checksum   kcov8_checksum_keys() over the record's n_blocks keys
 *   uleb n_blocks
 *   uleb line       of the function's declaration, 0 without debug info
 *   str  name       as linked
 *   uleb n_files, str files[]     normalised paths; files[0] is the function's
 *                                 own (its source file without debug info)
 *   n_blocks times, in the order of the code (not that of a pruned record):
 *     u32  key
 *     uleb flags      KCOV8_BLOCK_*
 *     uleb file       index in files
 *     uleb l0, c0     first position, 1-based; l0 = 0: no debug info
 *     uleb l1, c1     last position, c1 exclusive; l1 >= l0
 *     uleb n_runs     exact lines, for line reports:
 *       uleb file, uleb first, uleb count     count >= 1 lines from first
 *
 * KCOV8_MAP_UNIT continues (one per compilation with kcov8 on):
 *   str  source     normalised path of the main source file
 *   str  producer   e.g. "kcov8 0.1.0 LLVM 19.1.7"
 *   str  options    canonical spelling of the options, separated by spaces
 *   uleb n_rules
 *     str  origin   list file or "filter=", and line, as "FILE:LINE"
 *     str  rule     the rule's text
 *     uleb hits     functions or sources of this unit that it matched
 *
 * Readers skip unknown kinds by size, reject a larger abi, and must bound
 * everything by size.
 */
#define KCOV8_MAP_MAGIC 0x4d38564bu /* "KV8M" in a little-endian image */

enum kcov8_map_kind {
  KCOV8_MAP_FUNC = 1,
  KCOV8_MAP_UNIT = 2,
};

#define KCOV8_BLOCK_ENTRY 0x01   /* entry block of its function */
#define KCOV8_BLOCK_REMOVED 0x02 /* optimiser removed it: never runs */
#define KCOV8_BLOCK_EDGE 0x04    /* made by splitting a critical edge */

/* ---- Hashes, frozen ----------------------------------------------------- */

/* Finaliser of splitmix64: a bijection on 64 bits. */
static inline uint64_t kcov8_mix64(uint64_t x) {
  x ^= x >> 30;
  x *= UINT64_C(0xbf58476d1ce4e5b9);
  x ^= x >> 27;
  x *= UINT64_C(0x94d049bb133111eb);
  x ^= x >> 31;
  return x;
}

#define KCOV8_HASH_SEED UINT64_C(0xcbf29ce484222325)

/*
 * kcov8_hash_bytes() - FNV-1a, 64 bits, continued from @h
 * Start with KCOV8_HASH_SEED, end with kcov8_mix64().
 */
static inline uint64_t kcov8_hash_bytes(uint64_t h, const void *data,
                                        size_t len) {
  const unsigned char *p = (const unsigned char *)data;
  for (size_t i = 0; i < len; i++)
    h = (h ^ p[i]) * UINT64_C(0x100000001b3);
  return h;
}

/**
 * kcov8_hash_function() - identity of a function across builds
 * @name, @name_len: linkage name, without .llvm.N and .__uniq.N
 * @path, @path_len: normalised source path; empty for a function that any of
 *                   several copies may serve (comdat, linkonce);
 *                   a local function in a comdat has the comdat's name here
 * @unit, @unit_len: option `unit=`, usually empty
 */
static inline uint64_t kcov8_hash_function(const char *name, size_t name_len,
                                           const char *path, size_t path_len,
                                           const char *unit, size_t unit_len) {
  const char sep = 0;
  uint64_t h = kcov8_hash_bytes(KCOV8_HASH_SEED, name, name_len);
  h = kcov8_hash_bytes(h, &sep, 1);
  h = kcov8_hash_bytes(h, path, path_len);
  h = kcov8_hash_bytes(h, &sep, 1);
  h = kcov8_hash_bytes(h, unit, unit_len);
  return kcov8_mix64(h);
}

/**
 * kcov8_block_id() - 64-bit ID of a block
 * @hash: its function's hash
 * @key:  its key; for the n-th duplicate (n >= 1) of an ID that occurs more
 *        than once in an image, the ID is kcov8_block_id(id, n)
 *
 * The upper 11 bits are the function's: its share of the PCs, of 2032 equal
 * ones. The lower 53 are made of both.
 */
static inline uint64_t kcov8_block_id(uint64_t hash, uint32_t key) {
  const uint64_t share = (hash >> 32) * 2032 >> 32;
  const uint64_t block =
      kcov8_mix64(hash + ((uint64_t)key + 1) * UINT64_C(0x9e3779b97f4a7c15));
  return share << 53 | block >> 11;
}

/* kcov8_checksum_keys() - tells whether a map entry fits a function record */
static inline uint32_t kcov8_checksum_keys(const uint32_t *keys, size_t n) {
  uint64_t h = KCOV8_HASH_SEED;
  for (size_t i = 0; i < n; i++)
    h = kcov8_mix64(h ^ keys[i]);
  return (uint32_t)h;
}

/* ---- PCs ----------------------------------------------------------------- */

/*
 * The window and spacing that syzkaller's address checks and cover filter
 * need. PC = KCOV8_PC_BASE + KCOV8_PC_STEP * slot, slot < KCOV8_PC_SLOTS.
 */
#define KCOV8_PC_BASE UINT64_C(0xffffffff80000000)
#define KCOV8_PC_END UINT64_C(0xffffffffff000000)
#define KCOV8_PC_STEP 16u
#define KCOV8_PC_SLOTS 133169152u /* (END - BASE) / STEP */

/*
 * kcov8_id_slot() - preferred slot of an ID; monotone in the ID
 * A function's blocks lie in one MiB of PCs (65536 slots), so that an image
 * touches no more of syzkaller's cover filter than it has functions. Greater
 * IDs than kcov8_block_id() makes have the last slot.
 */
static inline uint32_t kcov8_id_slot(uint64_t id) {
  const uint64_t slot = id >> 37;
  return slot < KCOV8_PC_SLOTS ? (uint32_t)slot : KCOV8_PC_SLOTS - 1;
}

static inline uint64_t kcov8_slot_pc(uint32_t slot) {
  return KCOV8_PC_BASE + (uint64_t)slot * KCOV8_PC_STEP;
}

/*
 * Collisions inside one image: take its IDs in ascending order (duplicates
 * made distinct first, in table order); each gets max(preferred slot, slot of
 * its predecessor + 1). What passes the last slot is pushed back down, again
 * from the top. So the PCs depend on the set of IDs alone. runtime/image/pc.c
 * is the one implementation, used by runtime and tools.
 */

/*
 * Fingerprint of an image: h = mix64(bytes of its counter section); then for
 * each function record in table order, h = mix64(h ^ x) for x = its hash, the
 * offset of its block 0's counter in the section, and each of its keys. Names
 * the image in `# moved PC ID IMAGE` notes, and tells a library that is loaded
 * again.
 */

#ifdef __cplusplus
#define KCOV8_STATIC_ASSERT(c, m) static_assert(c, m)
#else
#define KCOV8_STATIC_ASSERT(c, m) _Static_assert(c, m)
#endif

KCOV8_STATIC_ASSERT(sizeof(struct kcov8_func) == 32, "function record");
KCOV8_STATIC_ASSERT(offsetof(struct kcov8_func, counters) == 8, "counters");
KCOV8_STATIC_ASSERT(offsetof(struct kcov8_func, keys) == 12, "keys");
KCOV8_STATIC_ASSERT(offsetof(struct kcov8_func, n_blocks) == 16, "n_blocks");
KCOV8_STATIC_ASSERT(offsetof(struct kcov8_func, abi) == 20, "abi");
KCOV8_STATIC_ASSERT(offsetof(struct kcov8_func, first) == 24, "first");
KCOV8_STATIC_ASSERT(sizeof(struct kcov8_array) == 12, "array record");
KCOV8_STATIC_ASSERT((KCOV8_PC_END - KCOV8_PC_BASE) / KCOV8_PC_STEP ==
                        KCOV8_PC_SLOTS,
                    "PC window");
KCOV8_STATIC_ASSERT(KCOV8_PC_SLOTS == 2032u << 16, "a share: 1 MiB of PCs");

#endif /* KCOV8_ABI_H */
