/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * amalgam.c - the whole core as one translation unit
 *
 * For embedders that add one file to their build; not part of the libraries.
 * The including project needs include/ and this directory on its path.
 */
/* NOLINTBEGIN(bugprone-suspicious-include): that is its one job */
#include "buffer.c"
#include "cmp.c"
#include "collect.c"
#include "device.c"
#include "image.c"
#include "implied.c"
#include "ioctl.c"
#include "log.c"
#include "pc.c"
#include "pending.c"
#include "remote.c"
#include "section.c"
#include "summary.c"
#include "sweep.c"
#include "sweep_neon.c"
#include "sweep_x86.c"
#include "table.c"
#include "task.c"
#include "trace.c"
#include "view.c"
/* NOLINTEND(bugprone-suspicious-include) */
