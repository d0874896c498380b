// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * symbolize.c - PCs to functions and lines, in input order
 *
 * Arguments are all checked before the first answer. Standard input is
 * answered line by line, so that the command can serve as a filter or as a
 * coprocess; a malformed line ends it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/output.h"
#include "cmd/command.h"
#include "image/load.h"
#include "image/lookup.h"
#include "report/blocks.h"

static const char help[] =
    "usage: kcov8 symbolize [OPTION...] IMAGE [PC...]\n"
    "\n"
    "Writes a line for each PC, in the order given, columns separated by "
    "tabs:\n"
    "  PC  FUNCTION  FILE:LINE.COLUMN,LINE.COLUMN\n"
    "PCs are hexadecimal; without arguments they are read from stdin, one a\n"
    "line. An address up to 15 below a PC means that PC. An unknown PC is\n"
    "answered with question marks, and the exit status is 1.\n"
    "\n"
    "  -m, --map FILE       dump or PC file of the run: it tells which PCs the "
    "run\n"
    "                       moved (in text: `# moved PC ID')\n"
    "  -f, --format FORMAT  text (default), json or gvisor\n"
    "      --json           same as --format json\n"
    "  -h, --help           this text\n";

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GVISOR };

static const char *const formats[] = {"text", "json", "gvisor", NULL};

struct symbolizer {
  struct image img;
  struct moves moves;
  unsigned int format; /* enum format */
  FILE *f;
  struct jsonw json;
  bool unknown; /* some PC was */
};

static void answer(struct symbolizer *s, const struct pcfile_entry *e) {
  const struct block *b = image_find_entry(&s->img, &s->moves, e);
  uint64_t pc = e->pc;
  s->unknown |= !b;
  switch (s->format) {
  case FORMAT_TEXT:
    fprintf(s->f, "0x%" PRIx64 "\t", pc);
    if (b)
      write_place(s->f, &s->img, b);
    else
      fputs("?\t?", s->f);
    fputc('\n', s->f);
    break;
  case FORMAT_JSON:
    json_object(&s->json, NULL);
    json_hex(&s->json, "address", pc, 1);
    if (b)
      write_block_json(&s->json, &s->img, b);
    json_end(&s->json, '}');
    break;
  case FORMAT_GVISOR: /* has no way to say "unknown" */
    if (!b)
      break;
    fprintf(s->f, "0x%" PRIx64 "\n", pc);
    write_gvisor_place(s->f, &s->img, b);
    fputc('\n', s->f);
    break;
  }
}

/* PCs of a list, or (@moves_only) just its notes about moved ones. */
static int read_list(struct symbolizer *s, const char *path, bool moves_only) {
  struct pcfile list;
  struct pcfile_entry e;
  if (!pcfile_open(&list, path, &s->img))
    return EXIT_FAILED;
  struct stat st;
  bool interactive =
      fstat(fileno(list.f), &st) == 0 && !S_ISREG(st.st_mode) && !moves_only;
  enum pcfile_result r;
  while ((r = pcfile_next(&list, &e)) == PCFILE_PC || r == PCFILE_MOVED) {
    if (r == PCFILE_MOVED)
      moves_add(&s->moves, &s->img, &e);
    else if (!moves_only)
      answer(s, &e);
    if (interactive)
      fflush(s->f);
  }
  pcfile_close(&list);
  return r == PCFILE_END   ? EXIT_DONE
         : r == PCFILE_BAD ? EXIT_USAGE
                           : EXIT_FAILED;
}

static int symbolize(struct symbolizer *s, char **pcs, int n) {
  int status = EXIT_DONE;
  if (s->format == FORMAT_JSON)
    json_array(&s->json, NULL);
  if (n == 0)
    status = read_list(s, "-", false);
  for (int i = 0; i < n; i++) {
    struct pcfile_entry e = {0};
    parse_pc(pcs[i], &e.pc); /* checked before */
    answer(s, &e);
  }
  if (s->format == FORMAT_JSON)
    json_end(&s->json, ']');
  return status;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"map", required_argument, NULL, 'm'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  struct symbolizer s = {.format = FORMAT_TEXT};
  const char *map = NULL;
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:m:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      if (!parse_format("symbolize", formats, optarg, &s.format))
        return EXIT_USAGE;
      break;
    case 'j':
      s.format = FORMAT_JSON;
      break;
    case 'm':
      map = optarg;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("symbolize", opt, argv);
    }
  if (argc == optind)
    return usage_error("symbolize", "which image?");
  uint64_t pc;
  for (int i = optind + 1; i < argc; i++)
    if (!parse_pc(argv[i], &pc))
      return usage_error("symbolize", "not a PC: '%s'", argv[i]);

  int status = EXIT_FAILED;
  if (image_load_any(&s.img, argv[optind]) && image_require_blocks(&s.img))
    status = map ? read_list(&s, map, true) : EXIT_DONE;
  struct output out;
  if (status == EXIT_DONE && output_open(&out, NULL)) {
    s.f = s.json.f = out.f;
    status = symbolize(&s, argv + optind + 1, argc - optind - 1);
    if (!output_close(&out, true))
      status = EXIT_FAILED;
  }
  if (status == EXIT_DONE && s.unknown)
    status = EXIT_FAILED;
  moves_free(&s.moves);
  image_free(&s.img);
  return status;
}

const struct command symbolize_command = {"symbolize", help, run};
