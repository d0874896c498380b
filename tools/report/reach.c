// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* reach.c - sets that grow by one test at a time */
#include "report/reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

void reach_add_image(struct reach *r, const struct image *img) {
  if (!r->n_nodes) {
    r->nodes = vec_push(r->nodes, &r->n_nodes, &r->cap_nodes,
                        sizeof(*r->nodes)); /* nobody */
    r->nodes[0] = (struct reach_node){UINT32_MAX, 0, 0};
  }
  r->sets = xrealloc(r->sets, r->n_images + 1, sizeof(*r->sets));
  r->sets[r->n_images++] = xcalloc(img->n_blocks, sizeof(**r->sets));
}

void reach_begin(struct reach *r, const char *name, const char *outcome,
                 double seconds) {
  r->tests = vec_push(r->tests, &r->n_tests, &r->cap_tests, sizeof(*r->tests));
  r->tests[r->n_tests - 1] = (struct reach_test){
      .name = xstrndup(name, strlen(name)),
      .outcome = xstrndup(outcome, strlen(outcome)),
      .seconds = seconds,
  };
}

void reach_add(struct reach *r, size_t image, size_t block) {
  const uint32_t test = (uint32_t)r->n_tests - 1;
  uint32_t *set = &r->sets[image][block];
  if (r->nodes[*set].test == test)
    return;
  uint32_t next = r->nodes[*set].next;
  if (!next || r->nodes[next].test != test) {
    r->nodes =
        vec_push(r->nodes, &r->n_nodes, &r->cap_nodes, sizeof(*r->nodes));
    next = (uint32_t)r->n_nodes - 1;
    r->nodes[next] = (struct reach_node){test, *set, 0};
    r->nodes[*set].next = next;
  }
  *set = next;
}

void reach_free(struct reach *r) {
  for (size_t i = 0; i < r->n_tests; i++) {
    free(r->tests[i].name);
    free(r->tests[i].outcome);
  }
  for (size_t i = 0; i < r->n_images; i++)
    free(r->sets[i]);
  free(r->tests);
  free(r->sets);
  free(r->nodes);
  *r = (struct reach){0};
}
