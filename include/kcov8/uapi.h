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

#include <stdint.h>

/* The path guests open; mode 0600, a regular file. */
#define KCOV8_DEVICE_PATH "/sys/kernel/debug/kcov"

/*
 * ioctls, as most architectures encode them; mips and powerpc put the direction
 * elsewhere (enum kcov8_ioctl_encoding). Arguments are by value unless a struct
 * is named.
 */
#define KCOV8_INIT_TRACE64 0x80086301u  /* _IOR('c', 1, u64): size in words */
#define KCOV8_INIT_TRACE32 0x80046301u  /* the same on a 32-bit kernel */
#define KCOV8_ENABLE 0x6364u            /* _IO('c', 100): mode */
#define KCOV8_DISABLE 0x6365u           /* _IO('c', 101): 0 */
#define KCOV8_REMOTE_ENABLE 0x40186366u /* _IOW('c', 102, kcov8_remote_arg) */
#define KCOV8_RESET_TRACE 0x6368u       /* _IO('c', 104): 0; a proposal */

/* kcov8's own, far above Linux's. Linux answers ENOTTY. */
#define KCOV8_GET_STATUS 0x801063c8u /* _IOR('c', 200, kcov8_status) */
#define KCOV8_SET_COUNTS 0x63cau     /* _IO('c', 202): 0 or 1 */
/* 201 is retired; 203 is the next. */

/* Trace modes, argument of KCOV8_ENABLE. */
#define KCOV8_TRACE_PC 0
#define KCOV8_TRACE_CMP 1

/*
 * Buffer in mode KCOV8_TRACE_CMP: word 0 is the number of records, each of
 * KCOV8_CMP_WORDS words of 64 bits: type, arg1, arg2, PC. Operands are
 * zero-extended; a constant one is arg1.
 */
#define KCOV8_CMP_WORDS 4u
#define KCOV8_CMP_CONST 1u
#define KCOV8_CMP_SIZE(log2_bytes) ((log2_bytes) << 1)

/* Size limits of KCOV8_INIT_TRACE, in words (Linux: INT_MAX / word size). */
#define KCOV8_MIN_WORDS 2u
#define KCOV8_MAX_WORDS 268435455u   /* words of 8 bytes */
#define KCOV8_MAX_WORDS32 536870911u /* words of 4 bytes */

/* ---- KCOV8_REMOTE_ENABLE (Linux: struct kcov_remote_arg) ----------------- */

struct kcov8_remote_arg {
  uint32_t trace_mode;
  uint32_t area_size;   /* words of a remote section's own buffer */
  uint32_t num_handles; /* at most KCOV8_REMOTE_MAX_HANDLES */
  uint32_t pad;
  uint64_t common_handle; /* 0: none */
  uint64_t handles[];
};

#define KCOV8_REMOTE_MAX_HANDLES 256u

/* Handle: subsystem in the top byte, instance in the low 32 bits, else 0. */
#define KCOV8_SUBSYSTEM_COMMON (UINT64_C(0) << 56)
#define KCOV8_SUBSYSTEM_USB (UINT64_C(1) << 56)
#define KCOV8_SUBSYSTEM_MASK (UINT64_C(0xff) << 56)
#define KCOV8_INSTANCE_MASK UINT64_C(0xffffffff)

/* ---- KCOV8_GET_STATUS ---------------------------------------------------- */

struct kcov8_status {
  uint64_t dropped;  /* PCs that found the buffer full since INIT_TRACE */
  uint64_t reserved; /* 0 */
};

/*
 * errno values of the device: Linux's generic ones. mips numbers some of them
 * differently; the core returns these on every target. They are here since the
 * core has no <errno.h>.
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
