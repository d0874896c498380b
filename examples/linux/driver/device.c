/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.c - /sys/kernel/debug/kcov, and the kernel's tables
 *
 * A mapping holds the open file, as every mapping of a file does, so the cover
 * buffer outlives it.
 */
#include <linux/async.h>
#include <linux/compat.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "linux.h"

struct kcov8_device *kcov8_linux_device;

KCOV8_IMAGE_DECLARE;
static struct kcov8_image image = KCOV8_IMAGE_INIT;

static int kcov_open(struct inode *inode, struct file *filep) {
  struct kcov8_file *file;
  const int err = kcov8_open(kcov8_linux_device, &file);

  if (err)
    return err;
  filep->private_data = file;
  return nonseekable_open(inode, filep);
}

static int kcov_close(struct inode *inode, struct file *filep) {
  kcov8_file_put(filep->private_data);
  return 0;
}

static long kcov_ioctl(struct file *filep, unsigned int cmd,
                       unsigned long arg) {
  struct kcov8_thread *const thread = kcov8_thread_get();

  if (!thread)
    return -ENOMEM;
  if (cmd == KCOV8_REMOTE_ENABLE)
    kcov8_softirq_prepare();
  return kcov8_ioctl(filep->private_data, &thread->task, cmd, arg);
}

static int kcov_mmap(struct file *filep, struct vm_area_struct *vma) {
  struct kcov8_area area;
  int err = kcov8_mmap(filep->private_data, vma->vm_end - vma->vm_start,
                       (u64)vma->vm_pgoff << PAGE_SHIFT, &area);

  if (err)
    return err;
  vm_flags_set(vma, VM_DONTEXPAND);
  for (unsigned long at = 0; !err && vma->vm_start + at < vma->vm_end;
       at += PAGE_SIZE)
    err = vm_insert_page(vma, vma->vm_start + at,
                         vmalloc_to_page((u8 *)area.base + at));
  return err;
}

static const struct file_operations kcov_fops = {
    .open = kcov_open,
    .unlocked_ioctl = kcov_ioctl,
    .compat_ioctl = kcov_ioctl,
    .mmap = kcov_mmap,
    .release = kcov_close,
};

/*
 * The first open assigns PCs: 0.2 s for 1.5 M blocks. So the kernel is the
 * first, while it goes on with booting, and has done it before user space runs.
 */
static void open_once(void *unused, async_cookie_t cookie) {
  struct kcov8_file *file;

  if (!kcov8_open(kcov8_linux_device, &file))
    kcov8_file_put(file);
}

static int __init kcov_init(void) {
  const int err = kcov8_device_create(&kcov8_linux_host, &kcov8_linux_device);

  if (err)
    return err;
  __kcov8_image_register(&image);
  /* _unsafe: the other one refuses mmap; the file is never removed. */
  debugfs_create_file_unsafe(IS_ENABLED(CONFIG_KCOV8_BESIDE) ? "kcov8" : "kcov",
                             0600, NULL, NULL, &kcov_fops);
  async_schedule(open_once, NULL);
  return 0;
}
device_initcall(kcov_init);
