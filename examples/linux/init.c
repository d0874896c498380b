/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Our kernels' /init: runs /program with the arguments of /args (each
 * ended by a NUL), writes its exit status to the kernel log, powers off.
 *
 * Two terminals are the host's pipes for the program's stdout and stderr (the
 * script `kernel`): /dev/tty1 and /dev/tty2 of User Mode Linux, else serial
 * lines. The kernel log has the console for itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* One line of the kernel log (dprintf would seek, which /dev/kmsg refuses). */
static void say(const char *format, ...) {
  char line[256];
  int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  va_list ap;

  va_start(ap, format);
  vsnprintf(line, sizeof(line), format, ap);
  va_end(ap);
  if (write(fd, line, strlen(line)) < 0)
    perror("init: /dev/kmsg");
  close(fd);
}

static int is_uml; /* once /dev is there */

/* The virtual PC has nothing to power it off; it ends when it should reboot. */
static void power_off(void) {
  tcdrain(1);
  tcdrain(2);
  reboot(is_uml ? RB_POWER_OFF : RB_AUTOBOOT);
}

static void die(const char *what) {
  say("init: %s: %s\n", what, strerror(errno));
  power_off();
}

static void mount_at(const char *type, const char *dir) {
  mkdir(dir, 0755); /* not for debugfs: sysfs has its directory */
  if (mount(type, dir, type, 0, NULL))
    die(dir);
}

/* The terminal passes bytes as they are: no "\r\n". */
static void open_raw(const char *path, int as) {
  struct termios t;
  int fd = open(path, O_WRONLY | O_NOCTTY);

  if (fd < 0 || tcgetattr(fd, &t))
    die(path);
  cfmakeraw(&t);
  if (tcsetattr(fd, TCSANOW, &t) || dup2(fd, as) < 0)
    die(path);
  if (fd != as)
    close(fd);
}

/* argv[0] is /program, the rest is read from /args. */
static char **arguments(void) {
  static char text[1 << 17];
  static char *argv[(1 << 12) + 2] = {"/program"};
  size_t argc = 1;
  int fd = open("/args", O_RDONLY | O_CLOEXEC);
  ssize_t size = read(fd, text, sizeof(text));

  if (size < 0 || size == sizeof(text))
    die("/args");
  for (char *p = text; p < text + size; p += strlen(p) + 1) {
    if (argc == sizeof(argv) / sizeof(*argv) - 1)
      die("too many arguments");
    argv[argc++] = p;
  }
  return argv;
}

int main(void) {
  char *environment[] = {"HOME=/", "PATH=/", NULL};
  char **argv;
  pid_t pid, ended;
  int status;

  mount_at("devtmpfs", "/dev");
  mount_at("proc", "/proc");
  mount_at("sysfs", "/sys");
  mount_at("debugfs", "/sys/kernel/debug");
  mount_at("tmpfs", "/tmp");
  mount_at("tmpfs", "/dev/shm");
  is_uml = access("/dev/tty1", F_OK) == 0;
  open_raw(is_uml ? "/dev/tty1" : "/dev/ttyS1", 1);
  open_raw(is_uml ? "/dev/tty2" : "/dev/ttyS2", 2);
  /* Parameters that the kernel does not know are in the environment. */
  if (getenv("kcov8") && mount("/sys/kernel/debug/kcov8",
                               "/sys/kernel/debug/kcov", NULL, MS_BIND, NULL))
    die("kcov8");
  argv = arguments();

  pid = fork();
  if (pid == 0) {
    setsid(); /* init's process group is 0 */
    close(0);
    open("/dev/null", O_RDONLY);
    execve(argv[0], argv, environment);
    say("init: /program: %s\n", strerror(errno));
    _exit(127);
  }
  do
    ended = waitpid(-1, &status, 0); /* orphans of the program, too */
  while (ended > 0 && ended != pid);
  if (ended < 0)
    die("fork or waitpid");
  say("init: exit %d\n",
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  power_off();
  return 1;
}
