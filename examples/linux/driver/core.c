/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.c - kcov8's runtime, in one file
 *
 * Knows nothing of Linux; what it needs of it is in port.c and um.c.
 */
#include "kcov8/runtime/amalgam.c"

#ifdef CONFIG_KCOV8_ORDER
/* Nobody's. (runtime/task/order.c has it where the base of gs is free.) */
_Alignas(4096) struct kcov8i_order kcov8i_order_list;
#endif
