/* Ends as its argument says, after it has reached a function of that name. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_return(void) { puts("return"); }
static void at_exit(void) { puts("exit"); }
static void at_now(void) { puts("_exit"); }
static void at_quick(void) { puts("quick_exit"); }
static void at_abort(void) { puts("abort"); }
static void at_fault(void) { puts("SIGSEGV"); }
static void at_term(void) { puts("SIGTERM"); }
static void at_kill(void) { puts("SIGKILL"); }
static void at_exec(void) { puts("exec"); }
static void at_fork(void) { puts("fork"); }
static void in_child(void) { puts("child"); }
static void *in_thread(void *none) {
  puts("thread");
  return none;
}

static int is(const char *how, const char *what) {
  fflush(stdout);
  return strcmp(how, what) == 0;
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "return";
  if (is(how, "exit"))
    at_exit(), exit(3);
  if (is(how, "_exit"))
    at_now(), _exit(3);
  if (is(how, "quick_exit"))
    at_quick(), quick_exit(3);
  if (is(how, "abort"))
    at_abort(), abort();
  if (is(how, "SIGSEGV"))
    at_fault(), *(volatile int *)0 = 1;
  if (is(how, "SIGTERM"))
    at_term(), raise(SIGTERM);
  if (is(how, "SIGKILL"))
    at_kill(), raise(SIGKILL);
  if (is(how, "exec"))
    at_exec(), execl(argv[0], argv[0], "exit", (char *)NULL);
  if (is(how, "fork")) {
    pid_t child = fork();
    if (child == 0)
      in_child(), _exit(0);
    at_fork(), waitpid(child, NULL, 0);
  }
  if (is(how, "thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
  }
  if (is(how, "return"))
    at_return();
  return 0;
}
