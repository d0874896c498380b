// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* pcfile.c - line by line, in constant memory, strict about every byte */
#include "image/pcfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonr.h"
#include "base/tool.h"

static bool begins_dump(FILE *f) {
  int c = getc(f);
  if (c != EOF)
    ungetc(c, f);
  return c == DUMP_FIRST_BYTE;
}

void pcfile_begin(struct pcfile *p, FILE *f, const char *name,
                  struct image *img) {
  p->f = f;
  p->name = name;
  p->line = 0;
  p->img = img;
  p->dump = (struct dump){0};
  p->at = 0;
  p->of = 0;
  p->silent = false;
  p->is_dump = begins_dump(f);
  if (p->is_dump)
    p->result = dump_read(&p->dump, f, name, img);
}

bool pcfile_open(struct pcfile *p, const char *path, struct image *img) {
  bool is_stdin = strcmp(path, "-") == 0;
  FILE *f = is_stdin ? stdin : dumpfile_open(path);
  if (!f)
    return false;
  pcfile_begin(p, f, is_stdin ? "stdin" : path, img);
  return true;
}

void pcfile_close(struct pcfile *p) {
  dump_free(&p->dump);
  if (p->f && p->f != stdin)
    fclose(p->f);
  p->f = NULL;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* Step over a hex number of at most 64 bits. */
static bool take_hex(const char **s, uint64_t *value) {
  const char *p = *s;
  if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
    p += 2;
  const char *digits = p;
  uint64_t v = 0;
  for (; hex_digit(*p) >= 0; p++) {
    if (v >> 60)
      return false;
    v = v << 4 | (uint64_t)hex_digit(*p);
  }
  *s = p;
  *value = v;
  return p != digits;
}

/* A count beyond 64 bits saturates, as sums of counts do. */
static bool take_count(const char **s, uint64_t *value) {
  const char *p = *s;
  uint64_t v = 0;
  for (; *p >= '0' && *p <= '9'; p++) {
    uint64_t digit = (uint64_t)(*p - '0');
    v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
  }
  bool ok = p != *s;
  *s = p;
  *value = v;
  return ok;
}

static bool take_blanks(const char **s) {
  const char *p = *s;
  while (*p == ' ' || *p == '\t' || *p == '\r')
    p++;
  bool any = p != *s;
  *s = p;
  return any;
}

bool parse_pc(const char *s, uint64_t *pc) {
  return take_hex(&s, pc) && *s == 0;
}

static bool parse_moved(const char *s, struct pcfile_entry *e) {
  static const char word[] = "# moved ";
  if (strncmp(s, word, sizeof(word) - 1) != 0)
    return false;
  s += sizeof(word) - 1;
  if (!take_hex(&s, &e->pc) || !take_blanks(&s) || !take_hex(&s, &e->id))
    return false;
  e->has_image = take_blanks(&s) && *s;
  if (e->has_image && !take_hex(&s, &e->image))
    return false;
  take_blanks(&s);
  return *s == 0;
}

/* "# image DIGEST NAME": another image's PCs would be counted for this one. */
static bool take_image(struct pcfile *p, const char *s) {
  static const char word[] = "# image ";
  uint64_t digest;
  if (strncmp(s, word, sizeof(word) - 1) != 0)
    return false;
  s += sizeof(word) - 1;
  if (!take_hex(&s, &digest) || !take_blanks(&s))
    return false;
  p->of = digest;
  if (p->img && !p->silent && digest != p->img->digest) {
    char *name = printable(xstrndup(s, strlen(s)));
    warn(p->name, "not of this %s, but of %s: left out", p->img->path,
         *name ? name : "another image");
    free(name);
  }
  return true;
}

static bool parse_line(const char *s, struct pcfile_entry *e) {
  e->count = 1;
  if (!take_hex(&s, &e->pc))
    return false;
  bool blanks = take_blanks(&s);
  e->counted = blanks && *s != '#' && *s;
  if (e->counted) {
    if (!take_count(&s, &e->count))
      return false;
    blanks = take_blanks(&s);
  }
  return *s == 0 || (blanks && *s == '#');
}

/*
 * Read the next line without its end. @odd: it holds a NUL, or is no comment
 * and too long. Return: false at the end of the list.
 */
static bool next_line(struct pcfile *p, bool *odd) {
  int c;
  size_t len = 0;
  bool nul = false, cut = false;
  while ((c = getc(p->f)) != EOF && c != '\n') {
    nul |= c == 0;
    if (len < PCFILE_MAX_TEXT)
      p->text[len++] = (char)c;
    else
      cut = true;
  }
  while (len && p->text[len - 1] == '\r')
    len--;
  p->text[len] = 0;
  *odd = nul || (cut && !strchr(p->text, '#'));
  p->line++;
  return c != EOF || len != 0;
}

/* Is the next line an object? Blanks in front of it are taken. */
static bool begins_object(struct pcfile *p) {
  int c;
  while ((c = getc(p->f)) == ' ' || c == '\t' || c == '\r')
    ;
  if (c == '{') {
    p->line++;
    return true;
  }
  if (c != EOF)
    ungetc(c, p->f);
  return false;
}

/*
 * A line of syzkaller's /cover?jsonl=1, behind its `{'. It tells of blocks that
 * nothing reached, too; those are PCFILE_END here. What is inlined into a block
 * has a line of its own with the PC of that block, which must not count twice.
 */
static enum pcfile_result take_object(struct pcfile *p,
                                      struct pcfile_entry *e) {
  struct json_field fields[] = {
      {.name = "pc"},
      {.name = "hit_count"},
      {.name = "inline", .is_bool = true},
  };
  const struct json_field *pc = &fields[0], *hits = &fields[1];
  const char *wrong = json_read_object(p->f, fields, 3);
  if (ferror(p->f))
    return PCFILE_FAILED;
  if (!wrong && (!pc->found || !hits->found))
    wrong = pc->found ? "no hit_count" : "no pc";
  if (!wrong && pc->over)
    wrong = "a pc of more than 64 bits";
  if (wrong) {
    char *where = xasprintf("%s:%lu", p->name, p->line);
    warn(where, "not a line of coverage: %s", wrong);
    free(where);
    return PCFILE_BAD;
  }
  e->pc = pc->value;
  e->count = hits->value;
  e->counted = true;
  e->of = p->of;
  return e->count && !fields[2].value ? PCFILE_PC : PCFILE_END;
}

static void complain(const struct pcfile *p, const char *s) {
  char shown[41] = "";
  for (size_t i = 0; i < sizeof(shown) - 1 && s[i]; i++)
    shown[i] = s[i] >= ' ' && s[i] < 0x7f ? s[i] : '?';
  char *where = xasprintf("%s:%lu", p->name, p->line);
  warn(where, "not a PC: '%s'", shown);
  free(where);
}

/* Counters of another image would be counted for the wrong blocks. */
static void refuse(const struct pcfile *p) {
  const struct strtab *others = &p->dump.others;
  bool namesake = false;
  for (size_t i = 0; i < others->n; i++)
    namesake |=
        strcmp(file_name(others->strings[i]), file_name(p->img->path)) == 0;
  if (!others->n)
    warn(p->name, "the dump is empty");
  else if (namesake)
    warn(p->name, "not of this %s, but of another build of it: left out",
         p->img->path);
  else
    warn(p->name, "not of %s, but of %s%s: left out", p->img->path,
         others->strings[0], others->n > 1 ? " and others" : "");
}

static enum pcfile_result next_of_dump(struct pcfile *p,
                                       struct pcfile_entry *e) {
  if (p->result == DUMP_FAILED)
    return PCFILE_FAILED;
  if (!p->dump.n_images) {
    if (p->result == DUMP_BAD)
      return PCFILE_BAD;
    if (!p->silent)
      refuse(p);
    return PCFILE_OTHER;
  }
  if (p->at == p->dump.n)
    return p->result == DUMP_BAD ? PCFILE_OTHER : PCFILE_END;
  const struct dump_block *b = &p->dump.blocks[p->at++];
  *e = (struct pcfile_entry){
      .block = &p->img->blocks[b->block],
      .pc = b->pc,
      .count = b->count,
      .id = p->img->blocks[b->block].id,
      .image = p->img->fingerprint,
      .has_image = true,
      .counted = true,
  };
  return b->count ? PCFILE_PC : PCFILE_MOVED;
}

/* The next line of text that is no object: it says nothing if PCFILE_END. */
static enum pcfile_result take_text(struct pcfile *p, bool odd,
                                    struct pcfile_entry *e) {
  const char *s = p->text;
  take_blanks(&s);
  if (!odd && *s == 0)
    return PCFILE_END;
  if (!odd && *s == '#')
    return !take_image(p, s) && parse_moved(s, e) ? PCFILE_MOVED : PCFILE_END;
  if (!odd && parse_line(s, e)) {
    e->of = p->of;
    return PCFILE_PC;
  }
  complain(p, s);
  return PCFILE_BAD;
}

enum pcfile_result pcfile_next(struct pcfile *p, struct pcfile_entry *e) {
  if (p->is_dump)
    return next_of_dump(p, e);
  e->block = NULL;
  enum pcfile_result r = PCFILE_END;
  bool odd, any = true;
  while (any && r == PCFILE_END) {
    if (begins_object(p))
      r = take_object(p, e);
    else if ((any = next_line(p, &odd)))
      r = take_text(p, odd, e);
  }
  if (ferror(p->f)) {
    warn(p->name, "%s", strerror(errno));
    return PCFILE_FAILED;
  }
  return r;
}
