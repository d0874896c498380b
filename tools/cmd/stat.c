// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* stat.c - what an image's tables hold, and what is wrong with them */
#include <getopt.h>
#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "cmd/command.h"
#include "cmd/units.h"
#include "image/load.h"
#include "report/blocks.h"

static const char help[] =
    "usage: kcov8 stat [OPTION...] IMAGE\n"
    "\n"
    "Counts what is in the image's tables, and names what needs attention:\n"
    "IDs that occur more than once, units compiled with other options than "
    "most,\n"
    "and filter rules that matched nothing. Units without blocks do not "
    "count.\n"
    "\n"
    "      --unmatched      only the filter rules that matched nothing\n"
    "  -f, --format FORMAT  text (default) or json\n"
    "      --json           same as --format json\n"
    "  -h, --help           this text\n";

/* Functions with duplicates: one line per (name, file). */
struct duplicate {
  const struct func *func;
  uint64_t n;
};

struct stat_data {
  const struct image *img;
  uint64_t discarded_funcs, discarded_blocks, removed_blocks, lineless_blocks;
  uint64_t implied_blocks;
  uint64_t unnamed_funcs, misfit_funcs;
  uint64_t probes[KCOV8_N_PROBES + 1], levels[4],
      early; /* the last of each: unknown */
  struct duplicate *duplicates;
  size_t n_duplicates, cap_duplicates;
  struct map_rule *unmatched;
  size_t n_unmatched;
  struct units units;
};

static const char *const probe_names[] = {"counter", "flag",    "wrapping",
                                          "unary",   "unknown", NULL};
static const char *const level_names[] = {"func", "bb", "edge", "unknown",
                                          NULL};

static int compare_strings(struct map_string a, struct map_string b) {
  int order = memcmp(a.s, b.s, a.len < b.len ? a.len : b.len);
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* "FILE:10" comes after "FILE:9". */
static int compare_origins(struct map_string a, struct map_string b) {
  size_t i = a.len, j = b.len;
  while (i && a.s[i - 1] >= '0' && a.s[i - 1] <= '9')
    i--;
  while (j && b.s[j - 1] >= '0' && b.s[j - 1] <= '9')
    j--;
  int order =
      compare_strings((struct map_string){a.s, i}, (struct map_string){b.s, j});
  if (order)
    return order;
  if (a.len - i != b.len - j)
    return a.len - i < b.len - j ? -1 : 1;
  return compare_strings(a, b);
}

static int compare_rules(const void *a, const void *b) {
  const struct map_rule *x = a, *y = b;
  int order = compare_origins(x->origin, y->origin);
  return order ? order : compare_strings(x->text, y->text);
}

/* Each unit lists all rules; a rule is unmatched if no unit has a hit. */
static void find_unmatched(struct stat_data *s) {
  const struct map *map = &s->img->map;
  struct map_rule *rules = xcalloc(map->n_rules, sizeof(*rules));
  if (map->n_rules)
    memcpy(rules, map->rules, map->n_rules * sizeof(*rules));
  qsort(rules, map->n_rules, sizeof(*rules), compare_rules);
  for (size_t i = 0, end; i < map->n_rules; i = end) {
    bool hit = false;
    for (end = i;
         end < map->n_rules && compare_rules(&rules[i], &rules[end]) == 0;
         end++)
      hit |= rules[end].hits != 0;
    if (!hit)
      rules[s->n_unmatched++] = rules[i];
  }
  s->unmatched = rules;
}

static int compare_duplicates(const void *a, const void *b) {
  const struct duplicate *x = a, *y = b;
  int order = strcmp(x->func->display, y->func->display);
  if (order)
    return order;
  return (x->func->hash > y->func->hash) - (x->func->hash < y->func->hash);
}

/* Functions of one hash are copies of one function: one entry. */
static void merge_duplicates(struct stat_data *s) {
  size_t n = 0;
  if (s->n_duplicates)
    qsort(s->duplicates, s->n_duplicates, sizeof(*s->duplicates),
          compare_duplicates);
  for (size_t i = 0; i < s->n_duplicates; i++) {
    if (n && s->duplicates[n - 1].func->hash == s->duplicates[i].func->hash)
      s->duplicates[n - 1].n += s->duplicates[i].n;
    else
      s->duplicates[n++] = s->duplicates[i];
  }
  s->n_duplicates = n;
}

static void gather(struct stat_data *s, const struct image *img) {
  *s = (struct stat_data){.img = img};
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    uint64_t duplicates = 0;
    s->probes[f->probe < KCOV8_N_PROBES ? f->probe : KCOV8_N_PROBES]++;
    s->levels[f->level < 3 ? f->level : 3]++;
    s->early += (f->flags & KCOV8_FUNC_EARLY) != 0;
    s->implied_blocks += f->n_implied;
    s->discarded_funcs += f->discarded;
    s->unnamed_funcs += f->join == JOIN_NONE;
    s->misfit_funcs += f->join == JOIN_PARTIAL;
    for (uint32_t b = 0; b < f->n_blocks; b++) {
      const struct block *block = &img->blocks[f->first_block + b];
      s->discarded_blocks += f->discarded;
      s->removed_blocks += block_removed(block);
      s->lineless_blocks += block->l0 == 0;
      duplicates += block->duplicate;
    }
    if (!duplicates)
      continue;
    s->duplicates = vec_push(s->duplicates, &s->n_duplicates,
                             &s->cap_duplicates, sizeof(*s->duplicates));
    s->duplicates[s->n_duplicates - 1] = (struct duplicate){f, duplicates};
  }
  merge_duplicates(s);
  find_unmatched(s);
  units_gather(&s->units, img);
}

static void put_mix(FILE *f, const char *title, const uint64_t *counts,
                    const char *const *names) {
  fprintf(f, "%s:", title);
  for (int i = 0; names[i]; i++)
    if (counts[i])
      fprintf(f, " %s %" PRIu64, names[i], counts[i]);
  fputc('\n', f);
}

static void put_string(FILE *f, struct map_string s) {
  for (size_t i = 0; i < s.len; i++)
    fputc((unsigned char)s.s[i] < 0x20 || s.s[i] == 0x7f ? '_' : s.s[i], f);
}

static void put_unmatched(FILE *f, const struct stat_data *s) {
  for (size_t i = 0; i < s->n_unmatched; i++) {
    put_string(f, s->unmatched[i].origin);
    fputs(": rule '", f);
    put_string(f, s->unmatched[i].text);
    fputs("' matched nothing\n", f);
  }
}

static void put_odd_units(FILE *f, const struct units *u) {
  char *usual = u->n_odd ? unit_options(u->usual) : NULL;
  for (size_t i = 0; i < u->n_odd; i++) {
    char *options = unit_options(u->odd[i]);
    fputs("other options: ", f);
    put_string(f, u->odd[i]->source);
    fprintf(f, ": '%s'; %zu of %zu units have '%s'\n", options, u->n_usual,
            u->n, usual);
    free(options);
  }
  free(usual);
}

static void stat_text(const struct stat_data *s, FILE *f) {
  const struct image *img = s->img;
  fprintf(f, "image: %s (ELF%d %s-endian %s)\n", img->path,
          img->elf.is64 ? 64 : 32, img->elf.big_endian ? "big" : "little",
          img->elf.machine_type);
  if (img->is_stock)
    fputs("compiler: stock\n", f);
  fprintf(f, "units: %zu\n", s->units.n);
  fprintf(f, "functions: %zu\n", img->n_funcs);
  fprintf(f, "discarded functions: %" PRIu64 "\n", s->discarded_funcs);
  fprintf(f, "functions without a map entry: %" PRIu64 "\n", s->unnamed_funcs);
  fprintf(f, "functions that do not fit the map: %" PRIu64 "\n",
          s->misfit_funcs);
  fprintf(f, "blocks: %zu\n", img->n_blocks);
  fprintf(f, "discarded blocks: %" PRIu64 "\n", s->discarded_blocks);
  fprintf(f, "removed blocks: %" PRIu64 "\n", s->removed_blocks);
  fprintf(f, "blocks without a line: %" PRIu64 "\n", s->lineless_blocks);
  fprintf(f, "blocks without a probe: %" PRIu64 "\n", s->implied_blocks);
  fprintf(f, "duplicate IDs: %zu\n", img->n_duplicates);
  fprintf(f, "PC collisions: %zu\n", img->n_collisions);
  put_mix(f, "probes", s->probes, probe_names);
  put_mix(f, "levels", s->levels, level_names);
  fprintf(f, "placed early: %" PRIu64 "\n", s->early);
  for (int i = 0; i < N_TABLES && !img->is_stock; i++) {
    uint64_t size = img->elf.tables[i].size;
    fprintf(f, "%s: %" PRIu64 " bytes", table_names[i], size);
    if (img->n_blocks)
      fprintf(f, ", %.1f per block", (double)size / (double)img->n_blocks);
    fputc('\n', f);
  }
  for (size_t i = 0; i < s->n_duplicates; i++) {
    const struct duplicate *d = &s->duplicates[i];
    fprintf(f,
            "duplicate: %s (%s): %" PRIu64 " ID%s told apart by order only; "
            "compile each copy with its own unit=NAME\n",
            d->func->display, img->files.strings[d->func->file], d->n,
            d->n == 1 ? "" : "s");
  }
  put_odd_units(f, &s->units);
  put_unmatched(f, s);
}

static void json_mix(struct jsonw *j, const char *key, const uint64_t *counts,
                     const char *const *names) {
  json_object(j, key);
  for (int i = 0; names[i]; i++)
    if (counts[i])
      json_number(j, names[i], counts[i]);
  json_end(j, '}');
}

static void json_map_string(struct jsonw *j, const char *key,
                            struct map_string s) {
  char *copy = xstrndup(s.s, s.len);
  json_string(j, key, copy);
  free(copy);
}

static void json_units(struct jsonw *j, const char *key,
                       const struct map_unit *const *units, size_t n) {
  json_array(j, key);
  for (size_t i = 0; i < n; i++) {
    json_object(j, NULL);
    json_map_string(j, "source", units[i]->source);
    json_map_string(j, "producer", units[i]->producer);
    json_map_string(j, "options", units[i]->options);
    json_end(j, '}');
  }
  json_end(j, ']');
}

static void json_unmatched(struct jsonw *j, const struct stat_data *s) {
  json_array(j, "unmatched_rules");
  for (size_t i = 0; i < s->n_unmatched; i++) {
    json_object(j, NULL);
    json_map_string(j, "origin", s->unmatched[i].origin);
    json_map_string(j, "rule", s->unmatched[i].text);
    json_end(j, '}');
  }
  json_end(j, ']');
}

static void stat_json(const struct stat_data *s, FILE *f, bool unmatched) {
  const struct image *img = s->img;
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_string(&j, "image", img->path);
  if (unmatched) {
    json_unmatched(&j, s);
    json_end(&j, '}');
    return;
  }
  json_bool(&j, "stock_compiler", img->is_stock);
  json_number(&j, "elf_class", img->elf.is64 ? 64 : 32);
  json_string(&j, "byte_order", img->elf.big_endian ? "big" : "little");
  json_number(&j, "functions", img->n_funcs);
  json_number(&j, "functions_discarded", s->discarded_funcs);
  json_number(&j, "functions_without_map_entry", s->unnamed_funcs);
  json_number(&j, "functions_not_fitting_map", s->misfit_funcs);
  json_number(&j, "blocks", img->n_blocks);
  json_number(&j, "blocks_discarded", s->discarded_blocks);
  json_number(&j, "blocks_removed", s->removed_blocks);
  json_number(&j, "blocks_without_line", s->lineless_blocks);
  json_number(&j, "blocks_without_probe", s->implied_blocks);
  json_number(&j, "duplicate_ids", img->n_duplicates);
  json_number(&j, "pc_collisions", img->n_collisions);
  json_mix(&j, "probes", s->probes, probe_names);
  json_mix(&j, "levels", s->levels, level_names);
  json_number(&j, "placed_early", s->early);
  json_object(&j, "bytes");
  for (int i = 0; i < N_TABLES; i++)
    json_number(&j, table_names[i], img->elf.tables[i].size);
  json_end(&j, '}');
  json_units(&j, "units", s->units.all, s->units.n);
  json_units(&j, "units_with_other_options", s->units.odd, s->units.n_odd);
  json_array(&j, "duplicates");
  for (size_t i = 0; i < s->n_duplicates; i++) {
    const struct func *fn = s->duplicates[i].func;
    json_object(&j, NULL);
    json_string(&j, "function", fn->display);
    json_string(&j, "linkage_name", fn->name);
    json_string(&j, "file", img->files.strings[fn->file]);
    json_number(&j, "ids", s->duplicates[i].n);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_unmatched(&j, s);
  json_end(&j, '}');
}

enum format { FORMAT_TEXT, FORMAT_JSON };

static const char *const formats[] = {"text", "json", NULL};

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"format", required_argument, NULL, 'f'},
      {"json", no_argument, NULL, 'j'},
      {"unmatched", no_argument, NULL, 'u'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  unsigned int format = FORMAT_TEXT;
  bool unmatched = false;
  int opt;
  while ((opt = getopt_long(argc, argv, ":f:h", options, NULL)) != -1)
    switch (opt) {
    case 'f':
      if (!parse_format("stat", formats, optarg, &format))
        return EXIT_USAGE;
      break;
    case 'j':
      format = FORMAT_JSON;
      break;
    case 'u':
      unmatched = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("stat", opt, argv);
    }
  if (argc - optind != 1)
    return usage_error("stat",
                       argc == optind ? "which image?" : "more than one image");

  struct image img;
  struct output out;
  bool ok = image_load_any(&img, argv[optind]);
  if (ok && (ok = output_open(&out, NULL))) {
    struct stat_data s;
    gather(&s, &img);
    if (format == FORMAT_JSON)
      stat_json(&s, out.f, unmatched);
    else if (unmatched)
      put_unmatched(out.f, &s);
    else
      stat_text(&s, out.f);
    free(s.duplicates);
    free(s.unmatched);
    units_free(&s.units);
    ok = output_close(&out, true);
  }
  image_free(&img);
  return ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command stat_command = {"stat", help, run};
