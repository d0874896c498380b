/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * threads.c - guest test: threads, mutexes, condition variables, TLS, joins
 *
 * Each step prints one line; the output does not depend on scheduling.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define N_THREADS 6
#define ROUNDS 2000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter, turn;
static atomic_long atomic_counter;
static __thread long mine;

static void *adder(void *arg) {
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&atomic_counter, 1);
    mine++;
  }
  return (void *)(mine + (long)arg);
}

static void mutexes(void) {
  pthread_t thread[N_THREADS];
  long sum = 0;
  for (long i = 0; i < N_THREADS; i++)
    pthread_create(&thread[i], NULL, adder, (void *)i);
  for (int i = 0; i < N_THREADS; i++) {
    void *result;
    pthread_join(thread[i], &result);
    sum += (long)result;
  }
  check(counter == N_THREADS * ROUNDS, "mutex");
  check(atomic_counter == N_THREADS * ROUNDS, "atomic");
  check(sum == N_THREADS * ROUNDS + N_THREADS * (N_THREADS - 1) / 2, "tls");
}

/* Threads take turns in order: each waits for its number. */
static void *in_turn(void *arg) {
  long me = (long)arg;
  for (int round = 0; round < 50; round++) {
    pthread_mutex_lock(&lock);
    while (turn % N_THREADS != me)
      pthread_cond_wait(&cond, &lock);
    turn++;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static void conditions(void) {
  pthread_t thread[N_THREADS];
  struct timespec until;
  for (long i = 0; i < N_THREADS; i++)
    pthread_create(&thread[i], NULL, in_turn, (void *)i);
  for (int i = 0; i < N_THREADS; i++)
    pthread_join(thread[i], NULL);
  check(turn == 50 * N_THREADS, "condition");
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&lock);
  check(pthread_cond_timedwait(&cond, &lock, &until) == ETIMEDOUT,
        "timed wait");
  pthread_mutex_unlock(&lock);
}

static atomic_int spin_flag;
static atomic_long spins;

/* One thread spins: the others must run all the same. */
static void *spinner(void *arg) {
  while (!atomic_load(&spin_flag))
    atomic_fetch_add(&spins, 1);
  return arg;
}

static void fairness(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, spinner, NULL);
  while (!atomic_load(&spins)) /* on a busy host it may begin late */
    sched_yield();
  for (int i = 0; i < 100; i++)
    sched_yield();
  usleep(10000);
  atomic_store(&spin_flag, 1);
  pthread_join(thread, NULL);
  check(spins > 0, "spinning thread");
}

static sem_t sem;
static void *poster(void *arg) {
  (void)arg;
  for (int i = 0; i < 100; i++)
    sem_post(&sem);
  return NULL;
}

static pthread_key_t key;
static int destroyed;
static void destroy(void *value) { destroyed += *(int *)value; }
static void *with_key(void *arg) {
  pthread_setspecific(key, arg);
  pthread_exit(NULL);
}

static void *cancelled(void *arg) {
  while (!arg)
    pause();
  return arg;
}

static void others(void) {
  pthread_t thread;
  int value = 5;
  void *result;
  sem_init(&sem, 0, 0);
  pthread_create(&thread, NULL, poster, NULL);
  for (int i = 0; i < 100; i++)
    sem_wait(&sem);
  pthread_join(thread, NULL);
  check(sem_trywait(&sem) == -1 && errno == EAGAIN, "semaphore");
  pthread_key_create(&key, destroy);
  pthread_create(&thread, NULL, with_key, &value);
  pthread_join(thread, NULL);
  check(destroyed == 5, "thread-specific destructor");
  pthread_create(&thread, NULL, cancelled, NULL);
  usleep(5000);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  check(result == PTHREAD_CANCELED, "cancel");
}

int main(void) {
  mutexes();
  conditions();
  fairness();
  others();
  puts("threads: done");
  return 0;
}
