// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * mutate.c - damaged images, always the same ones
 *
 *   kcov8-mutate prefixes IMAGE       every prefix of the file
 *   kcov8-mutate flips IMAGE N SEED   N images with some damaged bytes
 *   kcov8-mutate pcfile N SEED        N PC lists of random text
 *   kcov8-mutate dump IMAGE DUMP N SEED  N dumps of IMAGE with damaged bytes
 *
 * Each one is loaded and, if the reader accepts it, reported in every format.
 * Success is to be still alive, with no sanitizer's complaint; the closing
 * line says how many were accepted, so that a test sees that both happen.
 */
#include <fcntl.h>
#include <kcov8/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/tool.h"
#include "image/load.h"
#include "image/lookup.h"
#include "image/pcfile.h"
#include "match/match.h"
#include "report/blocks.h"
#include "report/report.h"

static char scratch[] = "/tmp/kcov8-mutate.XXXXXX";
static struct image whole; /* the one that is damaged */

static uint64_t next_random(uint64_t *state) {
  return kcov8_mix64(*state += UINT64_C(0x9e3779b97f4a7c15));
}

/* A new round: what stderr holds then belongs to it alone. */
static void begin_round(const char *what, size_t n) {
  if (ftruncate(STDERR_FILENO, 0) < 0)
    abort();
  fprintf(stderr, "%s %zu\n", what, n);
}

/* Every format of a report about what @filter wants. */
static void use_report(struct image *img, const struct filter *filter,
                       const struct output *out) {
  struct coverage cov;
  struct cov_count *counts = xcalloc(img->n_blocks, sizeof(*counts));
  for (size_t i = 0; i < img->n_blocks; i++)
    count_add(&counts[i], &img->funcs[img->blocks[i].func], i % 2 * i);
  struct cov_image image = {.img = img, .counts = counts, .filter = *filter};
  coverage_make(&cov, &image, 1);
  report_text(&cov, "/root", out);
  report_lcov(&cov, "/root", out);
  report_json(&cov, "/root", out);
  report_jsonl(&cov, "/root", out);
  report_cobertura(&cov, "/root", out);
  coverage_free(&cov);
  free(counts);
}

/* Each block of one build has one, or none, of the other. */
static void use_match(const struct image *from, const struct image *to) {
  struct match m;
  match_make(&m, from, to);
  for (uint32_t b = 0; b < from->n_blocks; b++)
    if (m.blocks[b] != NO_MATCH &&
        (m.blocks[b] >= to->n_blocks || m.to_blocks[m.blocks[b]] != b ||
         (from == to && m.blocks[b] != b)))
      abort();
  match_free(&m);
}

static void use_image(struct image *img) {
  use_match(img, img);
  use_match(img, &whole);
  use_match(&whole, img);

  FILE *f = fopen("/dev/null", "w");
  struct output out = {.f = f, .name = "/dev/null"};
  struct moves moves = {0};
  struct jsonw json = {.f = f};
  struct kcov8_rules rules = {0};
  struct filter filter = {0};
  json_array(&json, NULL);
  for (size_t i = 0; i < img->n_blocks; i++) {
    const struct block *b = &img->blocks[i];
    write_place(f, img, b);
    write_gvisor_place(f, img, b);
    json_object(&json, NULL);
    write_block_json(&json, img, b);
    json_end(&json, '}');
    if (image_find(img, NULL, b->pc) != b || image_find_id(img, b->id) != b)
      abort();
    if (i % 3 == 0)
      moves_add(&moves, img,
                &(struct pcfile_entry){.pc = b->pc + 160, .id = b->id});
  }
  for (size_t i = 0; i < img->n_blocks; i++)
    image_find(img, &moves, img->blocks[i].pc);
  json_end(&json, ']');
  use_report(img, &filter, &out);
  if (kcov8_rules_add_line(&rules, "src:*a*,!fun:*n?d*", "filter") < 0)
    abort();
  filter_make(&filter, img, &rules);
  use_report(img, &filter, &out);
  filter_free(&filter);
  kcov8_rules_free(&rules);
  moves_free(&moves);
  fclose(f);
}

static bool try_image(const char *bytes, size_t len) {
  struct image img;
  FILE *f = fopen(scratch, "w");
  if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
    abort();
  bool ok = image_load_any(&img, scratch);
  if (ok)
    use_image(&img);
  image_free(&img);
  return ok;
}

static char *read_all(const char *path, size_t *len) {
  FILE *f = fopen(path, "r");
  if (!f || fseek(f, 0, SEEK_END) < 0)
    exit(2);
  *len = (size_t)ftell(f);
  char *bytes = xcalloc(*len + 1, 1);
  rewind(f);
  if (fread(bytes, 1, *len, f) != *len)
    exit(2);
  fclose(f);
  return bytes;
}

/* If it cannot be read, there are none but damaged ones. */
static void load_whole(const char *path) {
  if (image_load_any(&whole, path))
    return;
  image_free(&whole);
  whole = (struct image){.elf.fd = -1};
}

static size_t prefixes(const char *image, size_t *tried) {
  size_t len, accepted = 0;
  char *bytes = read_all(image, &len);
  load_whole(image);
  for (size_t n = 0; n <= len; n++) {
    begin_round("prefix of length", n);
    accepted += try_image(bytes, n);
  }
  *tried = len + 1;
  image_free(&whole);
  free(bytes);
  return accepted;
}

/* Values that are on an edge of something more often than chance is. */
static uint8_t odd_byte(uint64_t random, uint8_t old) {
  static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
  switch (random % 4) {
  case 0:
    return (uint8_t)(old ^ (1 << random / 4 % 8));
  case 1:
    return edges[random / 4 % sizeof(edges)];
  case 2:
    return (uint8_t)(old + (random / 4 % 2 ? 1 : -1));
  default:
    return (uint8_t)(random / 4);
  }
}

static size_t flips(const char *image, size_t n, uint64_t seed) {
  size_t len, accepted = 0;
  char *bytes = read_all(image, &len);
  char *copy = xcalloc(len, 1);
  load_whole(image);
  for (size_t i = 0; i < n; i++) {
    uint64_t state = kcov8_block_id(seed, (uint32_t)i);
    begin_round("flips number", i);
    memcpy(copy, bytes, len);
    for (uint64_t k = next_random(&state) % 4 + 1; k > 0; k--) {
      uint8_t *at = (uint8_t *)copy + next_random(&state) % len;
      *at = odd_byte(next_random(&state), *at);
    }
    accepted += try_image(copy, len);
  }
  image_free(&whole);
  free(bytes);
  free(copy);
  return accepted;
}

static size_t pcfiles(size_t n, uint64_t seed) {
  static const char *const words[] = {
      "0x",
      "ffffffff80",
      "f",
      " ",
      "\t",
      "\n",
      "\n",
      "#",
      "moved",
      "1",
      "-1",
      "\r\n",
      "zz",
      "\0x01",
      "99999999999999999999",
      "# moved 0xffffffff80000010 0x1",
  };
  size_t accepted = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t state = kcov8_block_id(seed, (uint32_t)i);
    begin_round("pcfile number", i);
    FILE *f = fopen(scratch, "w");
    if (!f)
      abort();
    for (uint64_t k = next_random(&state) % 24; k > 0; k--) {
      size_t w = next_random(&state) % (sizeof(words) / sizeof(words[0]));
      fwrite(words[w], 1, strlen(words[w]) + (*words[w] == 0), f);
    }
    fclose(f);
    struct pcfile list;
    struct pcfile_entry e;
    enum pcfile_result r = PCFILE_BAD;
    if (pcfile_open(&list, scratch, NULL)) {
      while ((r = pcfile_next(&list, &e)) == PCFILE_PC || r == PCFILE_MOVED)
        ;
      pcfile_close(&list);
    }
    accepted += r == PCFILE_END;
  }
  return accepted;
}

static bool try_dump(struct image *img, const char *bytes, size_t len) {
  struct pcfile list;
  struct pcfile_entry e;
  enum pcfile_result r = PCFILE_BAD;
  FILE *f = fopen(scratch, "w");
  if (!f || fwrite(bytes, 1, len, f) != len || fclose(f))
    abort();
  if (pcfile_open(&list, scratch, img)) {
    while ((r = pcfile_next(&list, &e)) == PCFILE_PC || r == PCFILE_MOVED)
      if (e.block &&
          (e.block < img->blocks || e.block >= img->blocks + img->n_blocks))
        abort();
    pcfile_close(&list);
  }
  return r == PCFILE_END;
}

static size_t dumps(char **argv, size_t n, uint64_t seed) {
  struct image img;
  size_t len, accepted = 0;
  if (!image_load_any(&img, argv[2]))
    abort();
  char *bytes = read_all(argv[3], &len);
  char *copy = xcalloc(len, 1);
  for (size_t i = 0; i < n; i++) {
    uint64_t state = kcov8_block_id(seed, (uint32_t)i);
    begin_round("dump number", i);
    memcpy(copy, bytes, len);
    for (uint64_t k = next_random(&state) % 3; k > 0; k--) {
      uint8_t *at = (uint8_t *)copy + next_random(&state) % len;
      *at = odd_byte(next_random(&state), *at);
    }
    accepted += try_dump(&img, copy, next_random(&state) % 4 ? len : i % len);
  }
  free(bytes);
  free(copy);
  image_free(&img);
  return accepted;
}

static int run(int argc, char **argv) {
  size_t tried = 0, accepted = 0;
  if (strcmp(argv[1], "prefixes") == 0 && argc == 3) {
    accepted = prefixes(argv[2], &tried);
  } else if (strcmp(argv[1], "flips") == 0 && argc == 5) {
    tried = strtoul(argv[3], NULL, 10);
    accepted = flips(argv[2], tried, strtoull(argv[4], NULL, 10));
  } else if (strcmp(argv[1], "pcfile") == 0 && argc == 4) {
    tried = strtoul(argv[2], NULL, 10);
    accepted = pcfiles(tried, strtoull(argv[3], NULL, 10));
  } else if (strcmp(argv[1], "dump") == 0 && argc == 6) {
    tried = strtoul(argv[4], NULL, 10);
    accepted = dumps(argv, tried, strtoull(argv[5], NULL, 10));
  } else {
    return 2;
  }
  printf("%zu tried, %zu accepted\n", tried, accepted);
  fflush(stdout);
  return 0;
}

/*
 * The readers complain about nearly every image. Their child's stderr is a
 * file, of which the last round is shown if the child does not come back.
 */
int main(int argc, char **argv) {
  FILE *messages = tmpfile();
  int fd = mkstemp(scratch), status;
  if (argc < 3 || !messages || fd < 0)
    return 2;
  close(fd);
  fcntl(fileno(messages), F_SETFL, O_APPEND);
  pid_t pid = fork();
  if (pid == 0) {
    dup2(fileno(messages), STDERR_FILENO);
    exit(run(argc, argv));
  }
  waitpid(pid, &status, 0);
  unlink(scratch);
  if (status == 0)
    return 0;
  rewind(messages);
  for (int c; (c = getc(messages)) != EOF;)
    putchar(c);
  printf("child: status 0x%x\n", (unsigned)status);
  return 1;
}
