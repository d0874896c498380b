// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* finding.c - what the doctor found, and the commands that mend it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/doctor.h"

struct finding *find(struct doctor *d, const char *name) {
  d->findings = vec_push(d->findings, &d->n, &d->cap, sizeof(*d->findings));
  struct finding *f = &d->findings[d->n - 1];
  *f = (struct finding){.name = xstrndup(name, strlen(name))};
  return f;
}

void say(struct finding *f, enum state state, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  free(f->text);
  f->state = state;
  if (vasprintf(&f->text, fmt, ap) < 0)
    f->text = xstrndup("", 0);
  va_end(ap);
}

char *mend_part(const struct doctor *d, const char *package,
                const char *other) {
  /* In no archive but one's own, so by its file. */
  return d->packaged ? xasprintf("apt-get install --reinstall ./%s_*.deb, "
                                 "which ./dev package makes",
                                 package)
                     : xasprintf("%s", other);
}

char *mend_role(const struct doctor *d, const char *package, const char *role) {
  return d->debian ? xasprintf("apt-get install %s", package)
                   : xasprintf("install %s", role);
}

void doctor_forget(struct doctor *d) {
  for (size_t i = 0; i < d->n; i++) {
    free(d->findings[i].name);
    free(d->findings[i].text);
    free(d->findings[i].mend);
    free(d->findings[i].clang);
  }
  free(d->findings);
}
