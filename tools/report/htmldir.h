/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* htmldir.h - the folder of an HTML report: made aside, then put in its place
 */
#ifndef KCOV8_HTMLDIR_H
#define KCOV8_HTMLDIR_H

#include <stdbool.h>
#include <stdio.h>

/* Says that a folder is a report, which the next one may replace. */
#define HTML_MARKER "kcov8-report"

/**
 * struct html_dir - a folder being written
 * @target: what it is to become; no symbolic link
 * @aside:  its name till then, in the same directory
 * @replaces: there is a report or an empty directory at @target
 */
struct html_dir {
  char *target, *aside;
  bool replaces;
};

/*
 * html_dir_open() - @path is new, empty, or a report. Anything else is refused.
 * Return: true; false after a message.
 */
bool html_dir_open(struct html_dir *dir, const char *path);

/* A file of it; NULL after a message. */
FILE *html_dir_create(const struct html_dir *dir, const char *name);

/* Return: whether every byte is written; false after a message. */
bool html_dir_finish(const struct html_dir *dir, FILE *f, const char *name);

/*
 * html_dir_close() - put it in its place, if @ok, or forget it
 * Return: true; false after a message, or if !@ok.
 */
bool html_dir_close(struct html_dir *dir, bool ok);

#endif /* KCOV8_HTMLDIR_H */
