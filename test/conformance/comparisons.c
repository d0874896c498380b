/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * comparisons.c - KCOV_TRACE_CMP
 *
 * Both kernels have a file whose write() compares what it gets in the same
 * source lines (compare-lines.h); of all records of that write, those with
 * operands that only we use are looked at.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "compare-lines.h"

#define TRACE_PC 0
#define TRACE_CMP 1
#define RECORD 4 /* words */
#define MAX_RECORDS ((PAGE_WORDS - 1) / RECORD)

static const struct compare_args unlike = {
    .wide = 0x1122334455667788,
    .left = 0x123456789abcdef0,
    .right = 0x0fedcba987654321,
    .word = 0x80001111,
    .choice = 0x22334455,
    .half = 0x7788,
    .byte = 0x99,
    .byte_choice = 0xee,
};

/* All comparisons hold. */
static const struct compare_args alike = {
    .wide = COMPARE_WIDE,
    .left = 0x123456789abcdef0,
    .right = 0x123456789abcdef0,
    .word = COMPARE_WORD,
    .choice = COMPARE_CHOICE_3,
    .half = COMPARE_HALF,
    .byte = COMPARE_BYTE,
    .byte_choice = COMPARE_SMALL_1,
};

struct records {
  size_t n;
  uint64_t word[32][RECORD];
};

static int compare_open(void) {
  return (int)need(sys(open(COMPARE_PATH, O_WRONLY)), "open " COMPARE_PATH);
}

static void compare_write(int fd, const struct compare_args *args) {
  need(write(fd, args, sizeof(*args)) == sizeof(*args) ? 0 : -EIO, "write");
}

static struct kcov comparing(size_t words) {
  struct kcov kcov = kcov_new(words);
  need(kcov_ioctl(kcov.fd, ENABLE, TRACE_CMP), "ENABLE, mode CMP");
  return kcov;
}

static bool is_ours(uint64_t value, const struct compare_args *args) {
  return value == args->wide || value == args->left || value == args->right ||
         value == args->word || value == args->choice || value == args->half;
}

/* Bytes are no rare values: those next to something of ours, in order. */
static bool is_ours_small(const uint64_t *record,
                          const struct compare_args *args) {
  static const uint64_t small[] = {COMPARE_BYTE, COMPARE_SMALL_1,
                                   COMPARE_SMALL_2, COMPARE_SMALL_3};
  if (record[2] != args->byte && record[2] != args->byte_choice)
    return false;
  for (size_t i = 0; i < N_OF(small); i++)
    if (record[1] == small[i])
      return true;
  return false;
}

static void take(const struct kcov *kcov, int fd,
                 const struct compare_args *args, struct records *out) {
  kcov_reset(kcov);
  compare_write(fd, args);
  uint64_t n = kcov_count(kcov);
  out->n = 0;
  for (uint64_t i = 0; i < n && out->n < N_OF(out->word); i++) {
    uint64_t record[RECORD];
    for (size_t w = 0; w < RECORD; w++)
      record[w] = kcov->area[1 + RECORD * i + w];
    if (is_ours(record[2], args) || is_ours_small(record, args))
      memcpy(out->word[out->n++], record, sizeof(record));
  }
}

#define N_LINES 14 /* more than there are: the rest says "none" */
static const char *const line_checks[] = {"0",  "1",  "2",  "3",  "4",
                                          "5",  "6",  "7",  "8",  "9",
                                          "10", "11", "12", "13", NULL};

static void lines(void) {
  struct records records;
  struct kcov kcov = comparing(BIG_WORDS);
  take(&kcov, compare_open(), case_arg(), &records);
  for (size_t i = 0; i < N_LINES; i++) {
    const uint64_t *record = records.word[i];
    if (i < records.n)
      say(line_checks[i], "type %llu, %#llx, %#llx",
          (unsigned long long)record[0], (unsigned long long)record[1],
          (unsigned long long)record[2]);
    else
      say(line_checks[i], "none");
  }
}

/* The PCs of two tests differ, those of one switch do not. */
static void pcs(void) {
  struct records first, second;
  struct kcov kcov = comparing(BIG_WORDS);
  int fd = compare_open();
  take(&kcov, fd, &unlike, &first);
  take(&kcov, fd, &alike, &second);
  bool same = first.n == second.n;
  for (size_t i = 0; same && i < first.n; i++)
    same = first.word[i][3] == second.word[i][3];
  say("again", "%s", same ? "same" : "other");
  unsigned int high = 0;
  for (size_t i = 0; i < first.n; i++)
    high += first.word[i][3] != 0;
  say("all-there", "%s", high == first.n ? "yes" : "no");
  say("tests", "%s", first.word[0][3] != first.word[1][3] ? "differ" : "same");
  say("cases", "%s", first.word[6][3] == first.word[7][3] ? "same" : "differ");
  say("switches", "%s",
      first.word[6][3] != first.word[9][3] ? "differ" : "same");
}

static const char *types(const struct kcov *kcov) {
  uint64_t n = kcov_count(kcov);
  for (uint64_t i = 0; i < n; i++)
    if (kcov->area[1 + RECORD * i] > 7)
      return "garbage";
  return n ? "good" : "none";
}

static void full(void) {
  struct kcov kcov = comparing(PAGE_WORDS);
  int fd = compare_open();
  kcov_reset(&kcov);
  for (int i = 0; i < 200; i++)
    compare_write(fd, &unlike);
  say("count", "%llu", (unsigned long long)kcov_count(&kcov));
  say("types", "%s", types(&kcov));
  say("behind", "%s",
      kcov.area[1 + RECORD * MAX_RECORDS] ? "written" : "untouched");
  kcov_reset(&kcov);
  compare_write(fd, &unlike);
  say("after-reset", "%s", grew(0, kcov_count(&kcov)));
}

static void modes(void) {
  struct kcov kcov = comparing(BIG_WORDS);
  int fd = compare_open();
  compare_write(fd, &unlike);
  say("types", "%s", types(&kcov));
  say_rc("enable-pc", kcov_ioctl(kcov.fd, ENABLE, TRACE_PC));
  say_rc("enable-cmp", kcov_ioctl(kcov.fd, ENABLE, TRACE_CMP));
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  uint64_t count = kcov_count(&kcov);
  compare_write(fd, &unlike);
  say("after-disable", "%s", grew(count, kcov_count(&kcov)));
  say_rc("as-pc", kcov_ioctl(kcov.fd, ENABLE, TRACE_PC));
  say("count", "%s", kcov_count(&kcov) >= count ? "kept" : "lost");
  kcov_reset(&kcov);
  compare_write(fd, &unlike);
  uint64_t n = kcov_count(&kcov), small = 0;
  for (uint64_t i = 1; i <= n; i++)
    small += kcov.area[i] < PAGE; /* a type, or an operand */
  say("pcs", "%s", n && !small ? "good" : "garbage");
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  say_rc("as-cmp", kcov_ioctl(kcov.fd, ENABLE, TRACE_CMP));
  kcov_reset(&kcov);
  compare_write(fd, &unlike);
  say("types-again", "%s", types(&kcov));
}

/* ---- Word 0 -------------------------------------------------------------- */

#define PATTERN 0x3c3c3c3c3c3c3c3cull

static const struct value {
  const char *name;
  uint64_t word0;
} values[] = {
    {"125", MAX_RECORDS - 2},
    {"126", MAX_RECORDS - 1},
    {"127", MAX_RECORDS},
    {"128", MAX_RECORDS + 1},
    {"511", PAGE_WORDS - 1},
    {"512", PAGE_WORDS},
    {"2^32-1", (1ull << 32) - 1},
    {"2^32", 1ull << 32},
    {"2^59-1", (1ull << 59) - 1},
    {"2^59", 1ull << 59},
    {"2^62-1", (1ull << 62) - 1},
    {"2^62", 1ull << 62},
    {"2^63", 1ull << 63},
    {"2^64-2", ~0ull - 1},
    {"2^64-1", ~0ull},
};

static void word_0(void) {
  const struct value *value = case_arg();
  struct kcov kcov = kcov_new(PAGE_WORDS);
  int fd = compare_open();
  need(kcov_ioctl(kcov.fd, ENABLE, TRACE_CMP), "ENABLE, mode CMP");
  for (size_t i = 1; i < PAGE_WORDS; i++)
    kcov.area[i] = PATTERN;
  kcov.area[0] = value->word0;
  compare_write(fd, &unlike);
  uint64_t after = kcov_count(&kcov), words = 0;
  for (size_t i = 1; i < PAGE_WORDS; i++)
    words += kcov.area[i] != PATTERN;
  say("word-0", "%s",
      after == value->word0  ? "unchanged"
      : after == MAX_RECORDS ? "full"
                             : "garbage");
  say("words", "%llu", (unsigned long long)words);
  kcov_reset(&kcov);
  compare_write(fd, &unlike);
  say("after-reset", "%s", types(&kcov));
}

/* ---- Others -------------------------------------------------------------- */

static long job_write(long fd, long n, long c) {
  (void)c;
  for (long i = 0; i < n; i++)
    compare_write((int)fd, &unlike);
  return 0;
}

/* The owner sleeps; the other writes. Ours are the records looked for. */
static void others(void start(struct agent *)) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  int fd = compare_open();
  struct agent owner, other;
  size_t ours = 0;
  agent_thread(&owner);
  start(&other);
  need(agent_ioctl(&owner, kcov.fd, ENABLE, TRACE_CMP), "ENABLE");
  wait_still(&kcov);
  kcov_reset(&kcov);
  agent_do(&other, job_write, fd, 20, 0);
  wait_still(&kcov);
  for (uint64_t i = 0; i < kcov_count(&kcov); i++)
    ours += kcov.area[2 + RECORD * i] == COMPARE_WIDE;
  say("theirs", "%s", ours ? "some" : "none");
  agent_do(&owner, job_write, fd, 3, 0);
  wait_still(&kcov);
  ours = 0;
  for (uint64_t i = 0; i < kcov_count(&kcov); i++)
    ours += kcov.area[2 + RECORD * i] == COMPARE_WIDE;
  say("own", "%zu", ours);
  agent_end(&owner);
  say_rc("enable", kcov_ioctl(kcov.fd, ENABLE, TRACE_CMP));
  agent_end(&other);
}

static void other_thread(void) { others(agent_thread); }
static void other_process(void) { others(agent_process); }

/* Closed and unmapped, still enabled. */
static void closed(void) {
  struct kcov kcov = comparing(BIG_WORDS);
  int fd = compare_open(), fd2 = kcov_sized(PAGE_WORDS);
  close(kcov.fd);
  kcov_reset(&kcov);
  compare_write(fd, &unlike);
  say("records", "%s", types(&kcov));
  say_rc("unmap", sys(munmap((void *)kcov.area, BIG_WORDS * 8)));
  compare_write(fd, &unlike);
  say_rc("enable-other", kcov_ioctl(fd2, ENABLE, TRACE_CMP));
}

static const struct scenario scenarios[] = {
    {"cmp/pcs", pcs,
     CHECKS("again", "all-there", "tests", "cases", "switches")},
    {"cmp/full", full, CHECKS("count", "types", "behind", "after-reset")},
    {"cmp/modes", modes,
     CHECKS("types", "enable-pc", "enable-cmp", "disable", "after-disable",
            "as-pc", "count", "pcs", "as-cmp", "types-again")},
    {"cmp/other-thread", other_thread, CHECKS("theirs", "own", "enable")},
    {"cmp/other-process", other_process, CHECKS("theirs", "own", "enable")},
    {"cmp/closed", closed, CHECKS("records", "unmap", "enable-other")},
};

void add_comparison_cases(void) {
  static const char *const checks[] = {"word-0", "words", "after-reset", NULL};
  static char titles[N_OF(values)][40];
  add_case("cmp/lines/unlike", lines, &unlike, line_checks);
  add_case("cmp/lines/alike", lines, &alike, line_checks);
  for (size_t i = 0; i < N_OF(values); i++) {
    snprintf(titles[i], sizeof(titles[i]), "cmp/word-0/%s", values[i].name);
    add_case(titles[i], word_0, &values[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
