/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * amalgam.c - the whole core as one translation unit
 *
 * For embedders that add one file to their build; not part of the libraries.
 * The including project needs include/ and this directory on its path.
 */
/* NOLINTBEGIN(bugprone-suspicious-include): that is its one job */
#include "base/lock.c"
#include "base/log.c"
#include "base/state.c"
#include "collect/buffer.c"
#include "collect/collect.c"
#include "collect/pending.c"
#include "device/area.c"
#include "device/cmp.c"
#include "device/device.c"
#include "device/ioctl.c"
#include "device/remote.c"
#include "device/section.c"
#include "device/share.c"
#include "device/task.c"
#include "device/trace.c"
#include "harvest.c"
#include "image/identity.c"
#include "image/implied.c"
#include "image/pc.c"
#include "image/record.c"
#include "image/stock.c"
#include "image/summary.c"
#include "image/table.c"
#include "image/unary.c"
#include "keep.c"
#include "registry.c"
#include "sweep/neon.c"
#include "sweep/sweep.c"
#include "sweep/words.c"
#include "sweep/x86.c"
#include "task/copy.c"
#include "task/first.c"
#include "task/view.c"
/* NOLINTEND(bugprone-suspicious-include) */
