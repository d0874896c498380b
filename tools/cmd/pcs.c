// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* pcs.c - dumps as PC lists */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/output.h"
#include "cmd/command.h"
#include "image/load.h"
#include "image/pcfile.h"

static const char help[] =
    "usage: kcov8 pcs [OPTION...] IMAGE DUMP...\n"
    "\n"
    "Writes what IMAGE ran according to the DUMPs, which its processes wrote\n"
    "for KCOV8_OUT: a line `PC COUNT' for each block, by the place of its\n"
    "function in IMAGE. COUNT is at most 255. A line `# moved PC ID IMAGE'\n"
    "tells of a block that had another PC in that process than IMAGE alone\n"
    "gives it. A DUMP without IMAGE is left out, and the exit status is 1.\n"
    "- is stdin. A DUMP may also be such a list.\n"
    "\n"
    "  -o, --output FILE  write to FILE\n"
    "  -h, --help         this text\n";

static enum pcfile_result write_list(struct pcfile *list, FILE *f) {
  struct pcfile_entry e;
  enum pcfile_result r;
  bool all = true;
  fprintf(f, "# kcov8 PCs of %s\n# image 0x%" PRIx64 " %s\n", list->name,
          list->img->digest, list->img->path);
  while ((r = pcfile_next(list, &e)) == PCFILE_PC || r == PCFILE_MOVED) {
    if (r == PCFILE_PC && e.of && e.of != list->img->digest)
      all = false;
    else if (r == PCFILE_PC)
      fprintf(f, "0x%" PRIx64 " %" PRIu64 "\n", e.pc, e.count);
    else if (e.has_image)
      fprintf(f, "# moved 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "\n", e.pc,
              e.id, e.image);
    else
      fprintf(f, "# moved 0x%" PRIx64 " 0x%" PRIx64 "\n", e.pc, e.id);
  }
  return r == PCFILE_END && !all ? PCFILE_OTHER : r;
}

static int write_lists(struct image *img, char **files, int n, FILE *f) {
  int status = EXIT_DONE;
  for (int i = 0; i < n && status != EXIT_USAGE; i++) {
    struct pcfile list;
    if (!pcfile_open(&list, files[i], img))
      return EXIT_FAILED;
    enum pcfile_result r = write_list(&list, f);
    if (r == PCFILE_FAILED || r == PCFILE_OTHER)
      status = EXIT_FAILED;
    if (r == PCFILE_BAD)
      status = EXIT_USAGE;
    pcfile_close(&list);
  }
  return status;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"output", required_argument, NULL, 'o'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  const char *target = NULL;
  int opt;
  while ((opt = getopt_long(argc, argv, ":o:h", options, NULL)) != -1)
    switch (opt) {
    case 'o':
      target = optarg;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("pcs", opt, argv);
    }
  if (argc == optind)
    return usage_error("pcs", "which image?");
  if (argc - optind == 1)
    return usage_error("pcs", "which dumps? (- is stdin)");
  struct image img;
  struct output out;
  int status = EXIT_FAILED;
  if (image_load_any(&img, argv[optind]) && image_require_blocks(&img) &&
      output_open(&out, target)) {
    status = write_lists(&img, argv + optind + 1, argc - optind - 1, out.f);
    if (!output_close(&out, true))
      status = EXIT_FAILED;
  }
  image_free(&img);
  return status;
}

const struct command pcs_command = {"pcs", help, run};
