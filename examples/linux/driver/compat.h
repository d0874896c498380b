/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - what differs between the kernels: 6.1, 6.12, 7.2
 *
 * The driver is written for the newest. Here older ones get what they lack,
 * under its new name where there is one.
 */
#ifndef KCOV8_LINUX_COMPAT_H
#define KCOV8_LINUX_COMPAT_H

#include <linux/mm.h>
#include <linux/types.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

/* ---- 7.2 -------------------------------------------------------------- */

/* What kcov_common_handle() returns. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
typedef struct kcov_common_handle_id kcov8_handle_id;
#define KCOV8_HANDLE_ID(handle) ((kcov8_handle_id){.val = (handle)})
#else
typedef u64 kcov8_handle_id;
#define KCOV8_HANDLE_ID(handle) (handle)
#endif

/* The device answers as this kernel's own kcov does. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#define KCOV8_LINUX_RULES KCOV8_RULES_NEWEST
#else
#define KCOV8_LINUX_RULES KCOV8_RULES_6_12
#endif

/* ---- 6.17 ------------------------------------------------------------- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_percpu_wq system_wq
#endif

/* ---- 6.16 ------------------------------------------------------------- */

/* x86: later ones have it inline, with a call that `add` puts there. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define KCOV8_WRAP_SYSCALL_EXIT
#endif

/* User Mode Linux: sigio_handler() gets the machine's context, too. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define KCOV8_UM_SIGIO_PARAMETER , void *context
#define KCOV8_UM_SIGIO_ARGUMENT , context
#else
#define KCOV8_UM_SIGIO_PARAMETER
#define KCOV8_UM_SIGIO_ARGUMENT
#endif

/* ---- 6.12 ------------------------------------------------------------- */

/* Actions of softirqs had an argument. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define KCOV8_SOFTIRQ_PARAMETER void
#define KCOV8_SOFTIRQ_ARGUMENT
#else
#define KCOV8_SOFTIRQ_PARAMETER struct softirq_action *action
#define KCOV8_SOFTIRQ_ARGUMENT action
#endif

/* ---- 6.9 -------------------------------------------------------------- */

/* Areas of vmalloc that have pages here and there. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0) && !defined(CONFIG_UML)
#define VM_SPARSE VM_IOREMAP /* nobody else reads or unmaps what is in it */

static int kcov8_set_page(pte_t *pte, unsigned long at, void *data) {
  struct page ***const next = data;

  set_pte_at(&init_mm, at, pte, mk_pte(*(*next)++, PAGE_KERNEL));
  return 0;
}

static inline int vm_area_map_pages(struct vm_struct *area, unsigned long from,
                                    unsigned long to, struct page **pages) {
  const int err = apply_to_page_range(&init_mm, from, to - from, kcov8_set_page,
                                      (void *)&pages);

  if (err)
    vunmap_range(from, to);
  return err;
}

static inline void vm_area_unmap_pages(struct vm_struct *area,
                                       unsigned long from, unsigned long to) {
  vunmap_range(from, to);
}
#endif

/* ---- 6.3 -------------------------------------------------------------- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vm_flags_set(vma, flags) ((vma)->vm_flags |= (flags))
#endif

#endif /* KCOV8_LINUX_COMPAT_H */
