// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * engine-afl.c - the other end of afl-fuzz, which starts the program
 *
 * afl-fuzz asks its "fork server" for a process for each execution. This one
 * forks none: it says that it is that process, runs the target itself, and says
 * that it ended well. Inputs and map are in shared memory.
 */
#include "engine.h"
#include <signal.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

enum { CONTROL = 198, STATUS = 199 }; // afl-fuzz's ends of two pipes
enum { LARGEST_MAP = 1 << 23 };       // what the first word has room for
static const uint32_t understood = 0x80000001, // "what follows is options"
    has_map_size = 0x40000000, shares_inputs = 0x01000000;

// afl-fuzz looks for these in the file. The first: AFL++'s own runtime shall
// leave the pipes to this main. The second: inputs come by shared memory.
__attribute__((used)) static const char deferred[] =
    "##SIG_AFL_DEFER_FORKSRV##";
__attribute__((used)) static const char persistent[] = "##SIG_AFL_PERSISTENT##";

struct shared_input {
  uint32_t size;
  uint8_t bytes[];
};

// Gone when the last of both processes is, however it ends.
static void *attach(const char *variable) {
  const char *name = getenv(variable);
  if (!name)
    scheme_die("not started by afl-fuzz");
  const int id = atoi(name);
  void *memory = shmat(id, NULL, 0);
  if (memory == (void *)-1)
    scheme_die("no shared memory");
  shmctl(id, IPC_RMID, NULL);
  return memory;
}

static int hear(uint32_t *word) {
  return read(CONTROL, word, sizeof *word) == sizeof *word;
}

static void say(uint32_t word) {
  if (write(STATUS, &word, sizeof word) != sizeof word)
    _exit(1); // afl-fuzz is gone
}

int engine_fuzz(struct scheme_map map, int argc, char **argv) {
  (void)argc, (void)argv;
  const pid_t fuzzer = getppid();
  // The last byte is this file's: afl-fuzz takes a map of zeroes for an error.
  // All others are where the scheme has them, since AFL++'s own runtime has
  // attached the same memory.
  const size_t size = map.size + 1;
  uint32_t word;
  if (size > LARGEST_MAP)
    scheme_die("more bytes than AFL++ takes");
  uint8_t *to = attach("__AFL_SHM_ID");
  say(understood | has_map_size | shares_inputs | (uint32_t)(size - 1) << 1);
  if (!hear(&word))
    return 1;
  const struct shared_input *in = attach("__AFL_SHM_FUZZ_ID");
  while (hear(&word)) {
    if (!fuzz_left()) {
      fuzz_end();
      if (getppid() == fuzzer)
        kill(fuzzer, SIGTERM); // it writes its statistics, and ends
      return 0;
    }
    say((uint32_t)getpid());
    fuzz_one(in->bytes, in->size);
    memcpy(to, map.bytes, map.size);
    to[map.size] = 1;
    say(0);
  }
  return 0;
}
