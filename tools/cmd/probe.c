// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* probe.c - the doctor's small program: compiled, run and reported for real */
#include <errno.h>
#include <fcntl.h>
#include <kcov8/kcov8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/doctor.h"

/* Says which header it was compiled with, and has a block that does not run. */
static const char source[] = "#include <kcov8/kcov8.h>\n"
                             "#include <stdio.h>\n"
                             "int main(int argc, char **argv) {\n"
                             "  if (argc > 9)\n"
                             "    puts(argv[9]);\n"
                             "  puts(\"kcov8 \" KCOV8_VERSION);\n"
                             "  return 0;\n"
                             "}\n";

int doctor_run(char *const argv[], const char *variable, char **text) {
  *text = xstrndup("", 0);
  int ends[2];
  if (pipe(ends) != 0)
    return 127;
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0 ||
        dup2(ends[1], 2) < 0)
      _exit(127);
    close(ends[0]);
    close(ends[1]);
    setenv("LC_ALL", "C", 1); /* messages that known[] knows */
    if (variable)
      putenv((char *)variable);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    fflush(stderr);
    _exit(127);
  }
  close(ends[1]);
  size_t n = 0;
  char part[4096];
  ssize_t got;
  while (pid > 0 && (got = read(ends[0], part, sizeof(part))) > 0) {
    *text = xrealloc(*text, n + (size_t)got + 1, 1);
    memcpy(*text + n, part, (size_t)got);
    n += (size_t)got;
    (*text)[n] = 0;
  }
  close(ends[0]);
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) < 0)
    return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- The directory ------------------------------------------------------- */

static bool write_file(const char *path, const char *text, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  size_t n = strlen(text);
  bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;
  return (fd < 0 || close(fd) == 0) && ok;
}

static char *in_scratch(const struct doctor *d, const char *name) {
  return xasprintf("%s/%s", d->scratch, name);
}

void doctor_scratch(struct doctor *d) {
  const char *top = getenv("TMPDIR");
  top = top && *top ? top : "/tmp";
  struct finding *f = find(d, "scratch directory");
  say(f, FINE, "%s", top);
  if (snprintf(d->scratch, sizeof(d->scratch), "%s/kcov8-doctor-XXXXXX", top) >=
          (int)sizeof(d->scratch) ||
      !mkdtemp(d->scratch)) {
    say(f, BAD, "%s: %s; compilers need it, too", top, strerror(errno));
    f->mend = xasprintf("export TMPDIR=a directory that can be written to");
    d->scratch[0] = 0;
    return;
  }
  char *script = in_scratch(d, "script"), *text = NULL;
  char *argv[] = {script, NULL};
  if (!write_file(script, "#!/bin/sh\n", 0755)) {
    say(f, BAD, "%s: cannot write there: %s", top, strerror(errno));
    f->mend = xasprintf("export TMPDIR=a directory that has room");
  } else if (doctor_run(argv, NULL, &text) != 0) {
    say(f, BAD, "%s: programs cannot be run there (noexec?)", top);
    f->mend = xasprintf("export TMPDIR=a directory where programs can be run");
  }
  if (f->state == BAD)
    doctor_clean(d);
  free(script);
  free(text);
}

void doctor_clean(struct doctor *d) {
  static const char *const names[] = {"script", "probe.c", "probe",
                                      "probe.pcs"};
  for (size_t i = 0; d->scratch[0] && i < sizeof(names) / sizeof(*names); i++) {
    char *path = in_scratch(d, names[i]);
    unlink(path);
    free(path);
  }
  if (d->scratch[0])
    rmdir(d->scratch);
  d->scratch[0] = 0;
}

/* ---- The probe ----------------------------------------------------------- */

/* Messages of others that say which package is missing. */
static const struct {
  const char *says, *package, *role;
} known[] = {
    {"'stdio.h' file not found", "libc6-dev", "the C library's headers"},
    {"crt1.o", "libc6-dev", "the C library's files for linking"},
    {"cannot find -lc", "libc6-dev", "the C library's files for linking"},
    {"cannot find -lgcc", "gcc", "gcc's runtime library"},
    {"unable to execute command", "binutils", "a linker"},
    {"invalid linker name", "binutils", "that linker"},
    {"'kcov8/kcov8.h' file not found", "libkcov8-dev", "kcov8's headers"},
};

/* The line that says why, of many. */
static char *first_error(const char *text) {
  const char *at = strstr(text, "error");
  while (at && at > text && at[-1] != '\n')
    at--;
  at = at ? at : text;
  return xstrndup(at, strcspn(at, "\n"));
}

static void fails(const struct doctor *d, struct finding *f, const char *what,
                  const char *text) {
  char *line = first_error(text);
  say(f, BAD, "%s: %s: %s", f->clang, what,
      *line ? line : "it failed without a word");
  free(line);
  if (strstr(text, "unable to execute command") &&
      access("/usr/bin/ld", X_OK) == 0)
    f->mend = xasprintf("export PATH=$PATH:/usr/bin, where ld is");
  for (size_t i = 0; !f->mend && i < sizeof(known) / sizeof(*known); i++)
    if (strstr(text, known[i].says))
      f->mend = mend_role(d, known[i].package, known[i].role);
  if (!f->mend && getenv("KCOV8_OPTIONS"))
    f->mend = xasprintf("unset KCOV8_OPTIONS, and look again");
}

void doctor_probe(struct doctor *d, struct finding *f) {
  if (!d->scratch[0]) {
    say(f, BAD, "%s: not tried, for want of a scratch directory", f->clang);
    return;
  }
  char *file = in_scratch(d, "probe.c"), *program = in_scratch(d, "probe");
  char *pcs = in_scratch(d, "probe.pcs"), *text = NULL;
  char *out = xasprintf("KCOV8_OUT=%s", pcs);
  char *clang = xasprintf("--kcov8-clang=%s", f->clang);
  char *wrapper = xasprintf("%s/bin/kcov8-clang", d->prefix);
  char *tool = xasprintf("%s/bin/kcov8", d->prefix);
  char *compile[] = {wrapper, clang, "-g", file, "-o", program, NULL};
  char *run[] = {program, NULL};
  char *report[] = {tool, "report", program, pcs, NULL};
  unlink(program);
  unlink(pcs);
  if (!write_file(file, source, 0644))
    fails(d, f, "scratch directory", strerror(errno));
  else if (doctor_run(compile, NULL, &text) != 0)
    fails(d, f, "a program does not compile", text);
  else if (free(text), doctor_run(run, out, &text) != 0)
    fails(d, f, "a compiled program does not run", text);
  else if (!strstr(text, "kcov8 " KCOV8_VERSION "\n")) {
    say(f, BAD,
        "%s: <kcov8/kcov8.h> is not that of this kcov8: it "
        "says %.*s",
        f->clang, (int)strcspn(text, "\n"), text);
    f->mend = xasprintf("remove the other one, or its directory from CPATH "
                        "and C_INCLUDE_PATH");
  } else if (free(text), doctor_run(report, NULL, &text) != 0)
    fails(d, f, "a run of a program is not reported", text);
  else if (!strstr(text, "probe.c"))
    fails(d, f, "a run of a program has no coverage", "");
  else {
    say(f, FINE, "%s: a program compiled, ran and was reported", f->clang);
  }
  free(text);
  free(file);
  free(program);
  free(pcs);
  free(out);
  free(clang);
  free(wrapper);
  free(tool);
}
