/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pcfile.h - reader of PC lists, in text and as the dumps that processes write
 *
 * A dump becomes the same list, with the image: dump.h. Of text:
 * One hex PC per line, 0x optional, optional decimal count after blanks; '#'
 * begins a comment; empty lines are skipped. The comment
 * "# moved 0xPC 0xID [IMAGE]" tells that a run gave PC to block ID of IMAGE,
 * "# image DIGEST NAME" which image the PCs after it are of.
 * A line may be a JSON object instead, as syzkaller's /cover?jsonl=1 has them:
 * its "pc" is decimal, its "hit_count" the count; 0 is as if it were not there.
 */
#ifndef KCOV8_PCFILE_H
#define KCOV8_PCFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "image/dump.h"

/* A note about a moved PC, with the longest path. */
#define PCFILE_MAX_TEXT 4200

/**
 * struct pcfile - a list being read
 * @name:  for messages
 * @line:  number of the last line read
 * @text:  that line, if it is no object; longer ones are cut, comments
 * excepted refused
 * @silent: PCFILE_OTHER gives no message: the caller has more images to ask
 * @of:    digest of the image that the next PCs are of; 0: the list does not
 * say
 * @is_dump: then @dump has been read with @result, and @at is the next block
 */
struct pcfile {
  FILE *f;
  const char *name;
  unsigned long line;
  char text[PCFILE_MAX_TEXT + 1];
  const struct image *img;
  struct dump dump;
  enum dump_result result;
  size_t at;
  uint64_t of;
  bool is_dump, silent;
};

enum pcfile_result {
  PCFILE_PC,    /* pc, count */
  PCFILE_MOVED, /* pc, id, image */
  PCFILE_END,
  PCFILE_OTHER, /* dumps of other images alone, or a bad one: message given, but
                   not of other images if @silent */
  PCFILE_BAD,   /* malformed line, message given */
  PCFILE_FAILED, /* cannot be read, message given */
};

/*
 * @block: of a dump, the block itself; else NULL
 * @counted: the list tells @count
 * @of:    digest of the image that @pc is of; 0: the list does not say
 * @image: fingerprint of the image that a note is about (abi.h)
 */
struct pcfile_entry {
  const struct block *block;
  uint64_t pc, count, id;
  uint64_t of, image;
  bool has_image, counted;
};

/*
 * pcfile_open() - "-" is stdin; @img is what a dump must be of
 * Return: true; false after a message.
 */
bool pcfile_open(struct pcfile *p, const char *path, struct image *img);

/* The same for a file that is open; pcfile_close() is not due. */
void pcfile_begin(struct pcfile *p, FILE *f, const char *name,
                  struct image *img);
enum pcfile_result pcfile_next(struct pcfile *p, struct pcfile_entry *entry);
void pcfile_close(struct pcfile *p);

/* parse_pc() - hex, 0x optional, nothing else. */
bool parse_pc(const char *s, uint64_t *pc);

#endif /* KCOV8_PCFILE_H */
