/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * record.h - what the keys behind a function record say; runtime and tool
 *
 * Both read the same bytes, the runtime in memory, the tool from a file of any
 * byte order. So these take arrays in the host's order, and touch nothing but
 * their arguments. Context: anywhere; no allocation.
 */
#ifndef KCOV8_RECORD_H
#define KCOV8_RECORD_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

/**
 * kcov8i_rules_check() - are the rules of a pruned function what abi.h demands?
 * @rules:      @n_rules words, witness << 16 | implied
 * @n_blocks:   of the record
 * @n_counters: out, if they are: how many of its blocks have a counter
 *
 * Return: NULL, or what is wrong with them.
 */
const char *kcov8i_rules_check(const uint32_t *rules, uint32_t n_rules,
                               uint32_t n_blocks, uint32_t *n_counters);

/**
 * kcov8i_fingerprint_start() - fingerprint of an image (abi.h)
 * @counter_bytes: size of its counter section
 *
 * Return: the value to go on with, once per function record in table order.
 */
uint64_t kcov8i_fingerprint_start(uint64_t counter_bytes);

/**
 * kcov8i_fingerprint_add() - one function record more
 * @h:    so far
 * @hash: of the record
 * @place: of block 0's counter in the section, in bytes
 * @keys: @n_blocks of them
 */
uint64_t kcov8i_fingerprint_add(uint64_t h, uint64_t hash, uint64_t place,
                                const uint32_t *keys, uint32_t n_blocks);

/* Words of a table, whatever their types. */
typedef uint32_t __attribute__((may_alias)) kcov8i_word;

/**
 * kcov8i_digest() - goes on with the digest of an image's tables
 * @h:     so far
 * @words: @n_words of them, in the host's order
 *
 * Tells one build of an image from all others, in one pass over the bytes: see
 * docs/dump-format.md, "Digest". Of no use for kernel modules, whose records
 * hold distances that their loader chooses.
 */
uint64_t kcov8i_digest(uint64_t h, const kcov8i_word *words, uint64_t n_words);

/* Where the tables are: begins the digest. Distances in bytes, from funcs. */
uint64_t kcov8i_digest_start(uint64_t counter_bytes, int64_t to_counters,
                             int64_t to_keys);

#pragma GCC visibility pop

#endif /* KCOV8_RECORD_H */
