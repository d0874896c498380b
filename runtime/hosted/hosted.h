/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hosted.h - what the hosted files of the runtime share
 */
#ifndef KCOV8_HOSTED_H
#define KCOV8_HOSTED_H

/* dump.c: reads KCOV8_OUT; called once, before main(). */
__attribute__((visibility("hidden"))) void kcov8i_dump_set_up(void);

#endif /* KCOV8_HOSTED_H */
