// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* main.c - kcov8: dispatch and help */
#include <kcov8/kcov8.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"

static const char general_help[] =
    "usage: kcov8 COMMAND [OPTION...] [ARGUMENT...]\n"
    "\n"
    "Tells what the coverage of an image compiled with the kcov8 pass means.\n"
    "\n"
    "  run        run a program, or a tree of them, and take what they "
    "reached\n"
    "  list       every block: ID, PC, function, source range\n"
    "  symbolize  PCs to functions and source ranges\n"
    "  pcs        what a process has dumped, as text\n"
    "  report     coverage of files, functions and lines\n"
    "  index      results of tests into an index, and what is in it\n"
    "  merge      several indexes, or several dumps, as one\n"
    "  tests      which tests of an index reach a line, a function, a patch\n"
    "  diff       what one index, dump or test reaches and another does not\n"
    "  diff-image what became of the functions of an image in another build\n"
    "  remap      what an old build reached, for a new one\n"
    "  minimize   a few tests that reach all that all reach\n"
    "  stat       what is in the image's tables\n"
    "  doctor     what is wrong with this setup of kcov8, and what mends it\n"
    "\n"
    "  kcov8 help COMMAND, kcov8 COMMAND --help   options of a command\n"
    "  kcov8 --version\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage or malformed input.\n";

static const struct command *const commands[] = {
    &run_command,    &list_command,       &symbolize_command, &pcs_command,
    &report_command, &index_command,      &merge_command,     &tests_command,
    &diff_command,   &diff_image_command, &remap_command,     &minimize_command,
    &stat_command,   &doctor_command,
};

static const struct command *find_command(const char *name) {
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    if (strcmp(commands[i]->name, name) == 0)
      return commands[i];
  return NULL;
}

static int help(const char *name) {
  if (!name)
    return print_text(general_help);
  const struct command *c = find_command(name);
  if (!c)
    return usage_error(NULL, "unknown command '%s'", name);
  return print_text(c->help);
}

int main(int argc, char **argv) {
  signal(SIGCHLD, SIG_DFL); /* ignored by who started us: wait would fail */
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
    return print_text("kcov8 " KCOV8_VERSION "\n");
  const struct command *c = find_command(name);
  if (!c)
    return usage_error(NULL, "unknown command '%s'", name);
  return c->run(argc - 1, argv + 1);
}
