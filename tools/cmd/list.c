// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* list.c - every block of an image, by PC */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/output.h"
#include "cmd/command.h"
#include "image/load.h"
#include "report/blocks.h"

static const char help[] =
    "usage: kcov8 list [OPTION...] IMAGE\n"
    "\n"
    "Writes a line for each block, by ascending PC, columns separated by "
    "tabs:\n"
    "  ID  PC  FUNCTION  FILE:LINE.COLUMN,LINE.COLUMN\n"
    "A fifth column says `removed' (by the optimiser) or `discarded' (by the\n"
    "linker): such a block never runs. A block without line information has\n"
    "the range 0.0,0.0, and its number after the function: main#3.\n"
    "\n"
    "  -f, --format FORMAT  text (default), json, or gvisor: two lines a "
    "block,\n"
    "                       as syzkaller reads them from `symbolize -all'\n"
    "      --json           same as --format json\n"
    "  -o, --output FILE    write to FILE\n"
    "  -h, --help           this text\n";

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

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GVISOR };

static const char *const formats[] = {"text", "json", "gvisor", NULL};

static void (*const writers[])(const struct image *img,
                               FILE *f) = {list_text, list_json, list_gvisor};

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"output", required_argument, NULL, 'o'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  unsigned int format = 0;
  const char *path = NULL;
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:o:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      if (!parse_format("list", formats, optarg, &format))
        return EXIT_USAGE;
      break;
    case 'j':
      format = FORMAT_JSON;
      break;
    case 'o':
      path = optarg;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("list", opt, argv);
    }
  if (argc - optind != 1)
    return usage_error("list",
                       argc == optind ? "which image?" : "more than one image");

  struct image img;
  struct output out;
  bool ok = image_load_any(&img, argv[optind]) && image_require_blocks(&img);
  if (ok && (ok = output_open(&out, path))) {
    writers[format](&img, out.f);
    ok = output_close(&out, true);
  }
  image_free(&img);
  return ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command list_command = {"list", help, run};
