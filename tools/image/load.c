// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* load.c - ELF file, function records, block map: one after the other */
#include "image/load.h"

#include <elf.h>
#include <kcov8/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tool.h"
#include "image/join.h"
#include "image/points.h"
#include "image/records.h"
#include "image/stock.h"

bool image_detect(const char *path) {
  struct stat st;
  char head[SELFMAG];
  if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
    return false;
  FILE *f = fopen(path, "re");
  bool yes = f && fread(head, 1, SELFMAG, f) == SELFMAG &&
             memcmp(head, ELFMAG, SELFMAG) == 0;
  if (f)
    fclose(f);
  return yes;
}

bool image_load_any(struct image *img, const char *path) {
  bool stock;
  *img = (struct image){.path = path};
  if (!elf_open(&img->elf, path))
    return false;
  const struct table_data *tables = img->elf.tables;
  const struct table_data *map = &tables[TABLE_MAP];
  if (!tables[TABLE_FUNCS].present && !map->present) {
    if (!stock_read(img, &stock))
      return false;
    if (stock)
      return true;
    return fail(path, "no kcov8 tables (was it compiled with the kcov8 pass?)");
  }
  if (tables[TABLE_FUNCS].present && !records_read(img))
    return false;
  img->has_map = map->present && map->data;
  if (img->has_map && !map_read(&img->map, path, map->data, (size_t)map->size,
                                img->elf.big_endian))
    return false;
  join_map(img);
  if (pctable_is_there(img))
    warn(path, "has counters of -fsanitize-coverage, too: their blocks are "
               "left out");
  return true;
}

bool image_load(struct image *img, const char *path) {
  return image_load_any(img, path) &&
         (!img->is_stock ||
          fail(path,
               "was built by a stock compiler, without IDs that outlive "
               "a build: only list, symbolize, pcs, report, diff and stat "
               "read it"));
}

bool image_require_blocks(const struct image *img) {
  if (img->n_blocks)
    return true;
  if (img->map.n_funcs)
    return fail(img->path,
                "the map lists %zu functions, but there is no table of them: "
                "the linker dropped it, or its script defines no symbols "
                "__start_%s and __stop_%s",
                img->map.n_funcs, KCOV8_SECTION_FUNCS, KCOV8_SECTION_FUNCS);
  return fail(img->path, "no instrumented function (do filters leave any? see "
                         "'kcov8 stat')");
}

void image_free(struct image *img) {
  free(img->keys);
  free(img->funcs);
  free(img->blocks);
  free(img->by_pc);
  free(img->by_counter);
  free(img->runs);
  strtab_free(&img->files);
  strtab_free(&img->names);
  map_free(&img->map);
  elf_close(&img->elf);
}
