// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* doctor.c - what is wrong with a setup of kcov8, and how to mend it */
#include "cmd/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <kcov8/kcov8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/output.h"
#include "cmd/command.h"
#include "setup/setup.h"

static const char help[] =
    "usage: kcov8 doctor [OPTION...]\n"
    "\n"
    "Says whether kcov8 works here, and what mends it if not: looks at its "
    "parts,\n"
    "at the clangs that there are, and compiles, runs and reports a small "
    "program\n"
    "with each clang that has plugins. Exit status 1 if one of them fails, if "
    "none\n"
    "works, or if a part is missing.\n"
    "\n"
    "  -f, --format FORMAT  text (default) or json\n"
    "      --json           same as --format json\n"
    "  -h, --help           this text\n";

/* ---- The parts of this tree ---------------------------------------------- */

typedef bool (*version_reader)(const char *file, char version[SETUP_VERSION]);

struct part {
  const char *name, *path, *package;
  version_reader version;
};

/* Of this version; says so if it is not. */
static bool is_ours(struct finding *f, const char *path, version_reader read) {
  char found[SETUP_VERSION];
  if (read(path, found) && strcmp(found, KCOV8_VERSION) == 0)
    return true;
  say(f, BAD, "%s is of %s, this is kcov8 " KCOV8_VERSION, path,
      *found ? found : "an unknown version");
  return false;
}

static void check_part(struct doctor *d, const struct part *part) {
  static const char again[] = "cmake --install the build again";
  char path[PATH_MAX];
  setup_path(path, d->prefix, part->path);
  struct finding *f = find(d, part->name);
  if (access(path, R_OK) != 0)
    say(f, BAD, "%s: %s", path, strerror(errno));
  else if (is_ours(f, path, part->version))
    say(f, FINE, "%s", path);
  if (f->state == BAD)
    f->mend = mend_part(d, part->package, again);
}

static void check_parts(struct doctor *d) {
  static const struct part parts[] = {
      {"wrapper", "bin/kcov8-clang", "kcov8", setup_part_version},
      {"runtime", "lib/libkcov8.a", "libkcov8-dev", setup_part_version},
      {"runtime for libraries", "lib/libkcov8-library.a", "libkcov8-dev",
       setup_part_version},
      {"headers", "include/kcov8/kcov8.h", "libkcov8-dev",
       setup_header_version},
  };
  for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
    check_part(d, &parts[i]);
}

/* ---- What surrounds it --------------------------------------------------- */

/* Whose kcov8-clang does one get who types it? */
static void check_path(struct doctor *d) {
  char ours[PATH_MAX], found[PATH_MAX];
  setup_path(ours, d->prefix, "bin/kcov8-clang");
  struct finding *f = find(d, "PATH");
  char *real =
      setup_in_path(found, "kcov8-clang") ? realpath(found, NULL) : NULL;
  if (!real)
    say(f, NOTE, "it has no kcov8-clang");
  else if (strcmp(real, ours) != 0)
    say(f, NOTE, "its kcov8-clang is another one: %s", found);
  else
    say(f, FINE, "%s", found);
  if (f->state != FINE)
    f->mend = xasprintf("export PATH=%s/bin:$PATH", d->prefix);
  free(real);
}

static void check_environment(struct doctor *d) {
  static const char *const names[] = {"KCOV8_CLANG", "KCOV8_OPTIONS"};
  for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
    const char *value = getenv(names[i]);
    if (value && *value)
      say(find(d, names[i]), NOTE, "is set: %s", value);
  }
}

/* ---- LLVMs --------------------------------------------------------------- */

/* What one clang says of itself: 0 if it says nothing. */
static unsigned ask_clang(const char *clang, char found[SETUP_VERSION]) {
  char *argv[] = {(char *)clang, "--version", NULL};
  char *text = NULL;
  unsigned major = 0;
  found[0] = 0;
  if (doctor_run(argv, NULL, &text) == 0)
    major = setup_clang_version(text, found);
  free(text);
  return major;
}

/* @clang NULL: there is none. @named: the user chose it, so it must work. */
static void check_llvm(struct doctor *d, unsigned major, const char *clang,
                       bool named) {
  char pass[PATH_MAX], options[PATH_MAX];
  setup_plugin(pass, d->prefix, major, "kcov8-pass.so");
  setup_plugin(options, d->prefix, major, "kcov8-options.so");
  const bool plugin = access(pass, R_OK) == 0;
  char *name = xasprintf("LLVM %u", major), *of = xasprintf("clang-%u", major);
  char *role = xasprintf("clang of LLVM %u", major);
  char *package = xasprintf("kcov8-llvm-%u", major);
  char *build = xasprintf(
      "build kcov8 for LLVM %u (-DLLVM_DIR=), and cmake --install it here",
      major);
  struct finding *f = find(d, name);
  f->clang = clang ? xasprintf("%s", clang) : NULL;
  if (plugin && !clang) {
    say(f, BAD, "there are plugins, and no clang");
    f->mend = mend_role(d, of, role);
  } else if (plugin && !is_ours(f, pass, setup_part_version)) {
    f->mend = mend_part(d, package, build);
  } else if (plugin && access(options, R_OK) != 0) {
    say(f, BAD, "%s: %s", options, strerror(errno));
    f->mend = mend_part(d, package, build);
  } else if (plugin) {
    doctor_probe(d, f);
  } else if (major < SETUP_OLDEST || major > SETUP_NEWEST) {
    say(f, named ? BAD : NOTE, "%s: kcov8 knows LLVM %d to %d", clang,
        SETUP_OLDEST, SETUP_NEWEST);
  } else {
    say(f, named ? BAD : NOTE, "%s: there are no plugins for it", clang);
    f->mend = mend_part(d, package, build);
  }
  d->working += f->state == FINE;
  free(name);
  free(of);
  free(role);
  free(package);
  free(build);
}

/* clang of KCOV8_CLANG, or of PATH: an LLVM that has no name of its own there
 */
static void check_other_clang(struct doctor *d) {
  char path[PATH_MAX], found[SETUP_VERSION];
  const char *given = getenv("KCOV8_CLANG");
  const bool named = given && *given;
  const bool there = setup_in_path(path, named ? given : "clang");
  unsigned major = there ? ask_clang(path, found) : 0;
  if (named && !there)
    say(find(d, "KCOV8_CLANG"), BAD, "%s: there is no such program", given);
  else if (named && !major)
    say(find(d, "KCOV8_CLANG"), BAD, "%s: it is no clang", path);
  if (!major)
    return;
  char *name = xasprintf("LLVM %u", major);
  bool seen = false;
  for (size_t i = 0; i < d->n; i++)
    seen |= strcmp(d->findings[i].name, name) == 0;
  free(name);
  if (named || !seen)
    check_llvm(d, major, path, named);
}

static void check_llvms(struct doctor *d) {
  char clang[PATH_MAX], plugin[PATH_MAX];
  for (unsigned major = SETUP_NEWEST; major >= SETUP_OLDEST; major--) {
    setup_plugin(plugin, d->prefix, major, "kcov8-pass.so");
    const bool is = setup_clang(clang, d->prefix, major);
    if (is || access(plugin, R_OK) == 0)
      check_llvm(d, major, is ? clang : NULL, false);
  }
  check_other_clang(d);
  if (d->working || !d->scratch[0]) /* the latter is said already */
    return;
  struct finding *f = find(d, "LLVM");
  say(f, BAD, "there is no clang that works with kcov8");
  f->mend = d->packaged ? xasprintf("apt-get install ./kcov8-llvm-N_*.deb, "
                                    "which ./dev package --llvm N makes")
                        : xasprintf("install clang of an LLVM from %d to %d, "
                                    "and kcov8's plugins for it",
                                    SETUP_OLDEST, SETUP_NEWEST);
}

/* ---- What is said -------------------------------------------------------- */

static const char *const states[] = {"ok", "note", "BAD"};

static void put_text(const struct doctor *d, FILE *f) {
  fprintf(f, "kcov8 " KCOV8_VERSION " in %s\n", d->prefix);
  for (size_t i = 0; i < d->n; i++) {
    const struct finding *x = &d->findings[i];
    fprintf(f, "%-4s %s: %s\n", states[x->state], x->name, x->text);
    if (x->mend)
      fprintf(f, "     mend: %s\n", x->mend);
  }
}

static void put_json(const struct doctor *d, FILE *f, bool ok) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_string(&j, "version", KCOV8_VERSION);
  json_string(&j, "prefix", d->prefix);
  json_bool(&j, "ok", ok);
  json_array(&j, "findings");
  for (size_t i = 0; i < d->n; i++) {
    const struct finding *x = &d->findings[i];
    json_object(&j, NULL);
    json_string(&j, "name", x->name);
    json_string(&j, "state", x->state == BAD ? "bad" : states[x->state]);
    json_string(&j, "text", x->text);
    if (x->clang)
      json_string(&j, "clang", x->clang);
    if (x->mend)
      json_string(&j, "mend", x->mend);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_end(&j, '}');
}

enum format { FORMAT_TEXT, FORMAT_JSON };

static const char *const formats[] = {"text", "json", NULL};

static bool examine(struct doctor *d) {
  /* Small images leave out all other documentation. */
  static const char ours[] = "/usr/share/doc/kcov8/copyright";
  if (!setup_prefix(d->prefix))
    return fail("/proc/self/exe", "%s", strerror(errno));
  d->debian = access("/etc/debian_version", R_OK) == 0;
  d->packaged = strcmp(d->prefix, "/usr") == 0 && access(ours, R_OK) == 0;
  check_parts(d);
  check_path(d);
  check_environment(d);
  doctor_scratch(d);
  check_llvms(d);
  doctor_clean(d);
  return true;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  unsigned int format = FORMAT_TEXT;
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      if (!parse_format("doctor", formats, optarg, &format))
        return EXIT_USAGE;
      break;
    case 'j':
      format = FORMAT_JSON;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("doctor", opt, argv);
    }
  if (argc != optind)
    return usage_error("doctor", "it takes no arguments");

  struct doctor d = {0};
  struct output out;
  if (!examine(&d) || !output_open(&out, NULL))
    return EXIT_FAILED;
  bool ok = true;
  for (size_t i = 0; i < d.n; i++)
    ok &= d.findings[i].state != BAD;
  if (format == FORMAT_JSON)
    put_json(&d, out.f, ok);
  else
    put_text(&d, out.f);
  doctor_forget(&d);
  return output_close(&out, true) && ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command doctor_command = {"doctor", help, run};
