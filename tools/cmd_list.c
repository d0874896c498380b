// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* cmd_list.c - every block of an image, by PC */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blocks.h"
#include "output.h"
#include "tool.h"

static void list_text(const struct image *img, FILE *f) {
  for (size_t i = 0; i < img->n_blocks; i++) {
    const struct block *b = &img->blocks[img->by_pc[i]];
    bool discarded = img->funcs[b->func].discarded;
    fprintf(f, "0x%016" PRIx64 "\t0x%" PRIx64 "\t", b->id, b->pc);
    write_place(f, img, b);
    if (block_removed(b))
      fputs(discarded ? "\tremoved,discarded" : "\tremoved", f);
    else if (discarded)
      fputs("\tdiscarded", f);
    fputc('\n', f);
  }
}

/* Blocks that can run: syzkaller counts all it is told of as reachable. */
static void list_gvisor(const struct image *img, FILE *f) {
  for (size_t i = 0; i < img->n_blocks; i++) {
    const struct block *b = &img->blocks[img->by_pc[i]];
    if (block_removed(b) || img->funcs[b->func].discarded)
      continue;
    fprintf(f, "0x%" PRIx64 "\n", b->pc);
    write_gvisor_place(f, img, b);
    fputc('\n', f);
  }
}

static void list_json(const struct image *img, FILE *f) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_string(&j, "image", img->path);
  json_array(&j, "blocks");
  for (size_t i = 0; i < img->n_blocks; i++) {
    json_object(&j, NULL);
    write_block_json(&j, img, &img->blocks[img->by_pc[i]]);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_end(&j, '}');
}

int cmd_list(int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"output", required_argument, NULL, 'o'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  const char *format = "text", *path = NULL;
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:o:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      format = optarg;
      break;
    case 'j':
      format = "json";
      break;
    case 'o':
      path = optarg;
      break;
    case 'h':
      return print_help("list");
    default:
      return opt_error("list", opt, argv);
    }
  void (*write)(const struct image *, FILE *);
  if (strcmp(format, "text") == 0)
    write = list_text;
  else if (strcmp(format, "json") == 0)
    write = list_json;
  else if (strcmp(format, "gvisor") == 0)
    write = list_gvisor;
  else
    return usage_error("list", "unknown format '%s': text, json or gvisor",
                       format);
  if (argc - optind != 1)
    return usage_error("list",
                       argc == optind ? "which image?" : "more than one image");

  struct image img;
  struct output out;
  bool ok = image_load(&img, argv[optind]) && image_require_blocks(&img);
  if (ok && (ok = output_open(&out, path))) {
    write(&img, out.f);
    ok = output_close(&out, true);
  }
  image_free(&img);
  return ok ? EXIT_DONE : EXIT_FAILED;
}
