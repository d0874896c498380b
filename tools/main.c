// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* main.c - kcov8: dispatch and help */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "tool.h"

#ifndef KCOV8_TOOL_VERSION
#define KCOV8_TOOL_VERSION "unknown"
#endif

static const char general_help[] =
    "usage: kcov8 COMMAND [OPTION...] IMAGE [ARGUMENT...]\n"
    "\n"
    "Tells what the coverage of an image compiled with the kcov8 pass means.\n"
    "\n"
    "  list       every block: ID, PC, function, source range\n"
    "  symbolize  PCs to functions and source ranges\n"
    "  report     coverage of files, functions and lines\n"
    "  stat       what is in the image's tables\n"
    "\n"
    "  kcov8 help COMMAND, kcov8 COMMAND --help   options of a command\n"
    "  kcov8 --version\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage or malformed input.\n";

static const char list_help[] =
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

static const char symbolize_help[] =
    "usage: kcov8 symbolize [OPTION...] IMAGE [PC...]\n"
    "\n"
    "Writes a line for each PC, in the order given, columns separated by "
    "tabs:\n"
    "  PC  FUNCTION  FILE:LINE.COLUMN,LINE.COLUMN\n"
    "PCs are hexadecimal; without arguments they are read from stdin, one a\n"
    "line. An address up to 15 below a PC means that PC. An unknown PC is\n"
    "answered with question marks, and the exit status is 1.\n"
    "\n"
    "  -m, --map FILE       PC file of the run: its notes `# moved PC ID'\n"
    "                       tell which PCs the run moved\n"
    "  -f, --format FORMAT  text (default), json or gvisor\n"
    "      --json           same as --format json\n"
    "  -h, --help           this text\n";

static const char report_help[] =
    "usage: kcov8 report [OPTION...] IMAGE PCFILE...\n"
    "\n"
    "Sums up the coverage in the PCFILEs: one hexadecimal PC a line, with an\n"
    "optional decimal count after a blank; `#' begins a comment; - is stdin.\n"
    "A PC that is not in IMAGE is reported, and the exit status is 1.\n"
    "\n"
    "  -f, --format FORMAT    text (default), lcov, json, cobertura, or html\n"
    "                         (needs genhtml, of package lcov)\n"
    "      --json             same as --format json\n"
    "  -o, --output FILE      write to FILE; a directory with html\n"
    "      --source-root DIR  what relative paths in IMAGE are relative to;\n"
    "                         default: the current directory\n"
    "  -h, --help             this text\n";

static const char stat_help[] =
    "usage: kcov8 stat [OPTION...] IMAGE\n"
    "\n"
    "Counts what is in the image's tables, and names what needs attention:\n"
    "IDs that occur more than once, and filter rules that matched nothing.\n"
    "\n"
    "      --unmatched      only the filter rules that matched nothing\n"
    "  -f, --format FORMAT  text (default) or json\n"
    "      --json           same as --format json\n"
    "  -h, --help           this text\n";

static const struct command {
  const char *name;
  const char *help;
  int (*run)(int argc, char **argv);
} commands[] = {
    {"list", list_help, cmd_list},
    {"symbolize", symbolize_help, cmd_symbolize},
    {"report", report_help, cmd_report},
    {"stat", stat_help, cmd_stat},
};

static const struct command *find_command(const char *name) {
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    if (strcmp(commands[i].name, name) == 0)
      return &commands[i];
  return NULL;
}

static int print(const char *text) {
  struct output out;
  output_open(&out, NULL);
  fputs(text, out.f);
  return output_close(&out, true) ? EXIT_DONE : EXIT_FAILED;
}

int print_help(const char *name) { return print(find_command(name)->help); }

static int help(const char *name) {
  if (!name)
    return print(general_help);
  const struct command *c = find_command(name);
  if (!c)
    return usage_error(NULL, "unknown command '%s'", name);
  return print(c->help);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs(general_help, stderr);
    return EXIT_USAGE;
  }
  const char *name = argv[1];
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
    return help(NULL);
  if (strcmp(name, "help") == 0)
    return help(argv[2]);
  if (strcmp(name, "--version") == 0)
    return print("kcov8 " KCOV8_TOOL_VERSION "\n");
  const struct command *c = find_command(name);
  if (!c)
    return usage_error(NULL, "unknown command '%s'", name);
  return c->run(argc - 1, argv + 1);
}
