// SPDX-License-Identifier: GPL-2.0-only
/*
 * linux-bench.c - /sys/kernel/debug/bench: loops inside the kernel
 *
 * Built into each kernel of the bench, not instrumented itself. Writing "NAME
 * N" runs N rounds of a loop; reading gives the nanoseconds that they took. A
 * system call of User Mode Linux is a round trip through ptrace, which hides
 * what probes cost.
 */
#include <linux/debugfs.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/namei.h>
#include <linux/pipe_fs_i.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static u64 taken;
static char text[256];

static int path_loop(unsigned int n) {
  while (n--) {
    struct kstat stat;
    struct path path;
    int err = kern_path("/sys/kernel/debug", 0, &path);
    if (err)
      return err;
    err = vfs_getattr(&path, &stat, STATX_BASIC_STATS, 0);
    path_put(&path);
    if (err)
      return err;
  }
  return 0;
}

static int open_loop(unsigned int n) {
  while (n--) {
    struct file *file = filp_open("/init", O_RDONLY, 0);
    if (IS_ERR(file))
      return PTR_ERR(file);
    fput(file);
  }
  return 0;
}

/* 64 bytes written and read again. */
static int copy_loop(struct file *to, struct file *from, unsigned int n) {
  char bytes[64] = {0};
  while (n--) {
    loff_t at = 0;
    if (kernel_write(to, bytes, sizeof(bytes), &at) != sizeof(bytes))
      return -EIO;
    at = 0;
    if (kernel_read(from, bytes, sizeof(bytes), &at) != sizeof(bytes))
      return -EIO;
  }
  return 0;
}

static int shmem_loop(unsigned int n) {
  struct file *file = shmem_file_setup("bench", PAGE_SIZE, 0);
  int err;
  if (IS_ERR(file))
    return PTR_ERR(file);
  file->f_mode |= FMODE_CAN_READ | FMODE_CAN_WRITE;
  err = copy_loop(file, file, n);
  fput(file);
  return err;
}

static int pipe_loop(unsigned int n) {
  struct file *files[2];
  int err = create_pipe_files(files, 0);
  if (err)
    return err;
  err = copy_loop(files[1], files[0], n);
  fput(files[0]);
  fput(files[1]);
  return err;
}

static int text_loop(unsigned int n) {
  while (n--)
    snprintf(text, sizeof(text), "%s: %d of %-8lu, %pf %08x %c", "a string",
             (int)n, 123456789ul, text, n, 'x');
  return 0;
}

static const struct {
  const char *name;
  int (*run)(unsigned int n);
} loops[] = {
    {"path", path_loop}, {"open", open_loop},     {"shmem", shmem_loop},
    {"pipe", pipe_loop}, {"snprintf", text_loop},
};

static ssize_t bench_write(struct file *file, const char __user *buf,
                           size_t bytes, loff_t *pos) {
  char line[40] = {0}, name[20];
  unsigned int n;
  if (bytes >= sizeof(line) || copy_from_user(line, buf, bytes) ||
      sscanf(line, "%19s %u", name, &n) != 2)
    return -EINVAL;
  for (size_t i = 0; i < ARRAY_SIZE(loops); i++)
    if (!strcmp(name, loops[i].name)) {
      const u64 start = ktime_get_ns();
      const int err = loops[i].run(n);
      taken = ktime_get_ns() - start;
      return err ?: bytes;
    }
  return -EINVAL;
}

static ssize_t bench_read(struct file *file, char __user *buf, size_t bytes,
                          loff_t *pos) {
  char line[24];
  const int n = snprintf(line, sizeof(line), "%llu\n", taken);
  return simple_read_from_buffer(buf, bytes, pos, line, n);
}

static const struct file_operations bench_ops = {
    .open = simple_open,
    .read = bench_read,
    .write = bench_write,
};

static int __init bench_init(void) {
  debugfs_create_file_unsafe("bench", 0600, NULL, NULL, &bench_ops);
  return 0;
}
device_initcall(bench_init);
