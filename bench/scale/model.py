# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model of CPUs that wait for locks.

Each CPU runs programs: ENABLE and DISABLE, which hold the core's lock, and
calls between them, each work and then a flush. Locks are first come, first
served. What is left out: cache lines that travel, and the time that a sleeping
lock takes to wake a waiter. So it tells where waiting begins, not how bad it
gets.
"""
import heapq

PROGRAM = 30     # calls, as in host.c
PROGRAMS = 200   # of each CPU


def _steps(hold, one_lock):
    """One program: (ns without the core's lock, ns with it) one by one."""
    yield 0, hold["core"] / 2
    for _ in range(PROGRAM):
        if one_lock:
            outside = hold["flush"] - hold["file"]
            yield hold["call"] + outside, hold["file"]
        else:
            yield hold["call"] + hold["flush"], 0
    yield 0, hold["core"] / 2


def rate(cpus, hold, one_lock):
    """Calls per second of all CPUs together."""
    program = list(_steps(hold, one_lock)) * PROGRAMS
    # When each CPU asks for the lock; they begin at different times.
    queue = [(n * 97.0 % 1000 + program[0][0], n, 0) for n in range(cpus)]
    heapq.heapify(queue)
    free = end = 0.0
    while queue:
        at, cpu, step = heapq.heappop(queue)
        with_lock = program[step][1]
        if with_lock:
            at = max(at, free) + with_lock
            free = at
        if step + 1 < len(program):
            heapq.heappush(queue, (at + program[step + 1][0], cpu, step + 1))
        else:
            end = max(end, at)
    return cpus * PROGRAMS * PROGRAM / end * 1e9
