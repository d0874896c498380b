/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * kcov8/uapi.h - what guests see: ioctl numbers, modes, buffer layout
 *
 * Values only; the same as Linux (include/uapi/linux/kcov.h, asm-generic
 * ioctl encoding). Guests do not need this header: Linux's does as well.
 * Needed by hosts that translate or name the calls, and by the device.
 */
#ifndef KCOV8_UAPI_H
#define KCOV8_UAPI_H

/* The path guests open; mode 0600, a regular file. */
#define KCOV8_DEVICE_PATH "/sys/kernel/debug/kcov"

/* ioctls. Every argument is by value, KCOV_REMOTE_ENABLE's excepted. */
#define KCOV8_INIT_TRACE64 0x80086301u /* _IOR('c', 1, u64): size in words */
#define KCOV8_INIT_TRACE32 0x80046301u /* the same on a 32-bit kernel */
#define KCOV8_ENABLE 0x6364u           /* _IO('c', 100): mode */
#define KCOV8_DISABLE 0x6365u          /* _IO('c', 101): 0 */
#define KCOV8_REMOTE_ENABLE 0x40186366u
#define KCOV8_RESET_TRACE 0x6368u

/* Trace modes, argument of KCOV8_ENABLE. */
#define KCOV8_TRACE_PC 0
#define KCOV8_TRACE_CMP 1

/* Size limits of KCOV8_INIT_TRACE, in words (Linux: INT_MAX / 8). */
#define KCOV8_MIN_WORDS 2u
#define KCOV8_MAX_WORDS 268435455u

/*
 * errno values of the device; the same on every Linux architecture that has
 * kcov, but for mips (KCOV8_E* never differ there). Kept here since the core
 * has no <errno.h>.
 */
#define KCOV8_EPERM 1
#define KCOV8_ENOENT 2
#define KCOV8_ENOMEM 12
#define KCOV8_EFAULT 14
#define KCOV8_EBUSY 16
#define KCOV8_EEXIST 17
#define KCOV8_ENODEV 19
#define KCOV8_EINVAL 22
#define KCOV8_ENOTTY 25
#define KCOV8_ESPIPE 29
#define KCOV8_ENOTSUPP 524

#endif /* KCOV8_UAPI_H */
