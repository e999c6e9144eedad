#define _GNU_SOURCE /* sched_setaffinity */
#include "team.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

enum { REST = 0, PATIENCE = 4096 }; /* the pass that is none; looks before a spinning thread yields */

struct team {
    int threads;
    team_task *task;
    void *context;
    pthread_t *helpers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool awake, quit; /* under the lock */
    atomic_int next;  /* numbers the helpers */
    atomic_int pass;  /* a new number starts one */
    atomic_int ready, arrived;
    cpu_set_t cpus; /* that the process may use */
};

/*
 * Each thread on a processor of its own: the system may keep two that spin on one for a while, and the limit is what
 * the machine can do.
 */
static void pin(const struct team *team, int share) {
    cpu_set_t one;
    int left = share % CPU_COUNT(&team->cpus);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &team->cpus) && left-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
        }
}

/* Until *value is `wanted`. */
static void spin(const atomic_int *value, int wanted) {
    for (unsigned looks = 1; atomic_load_explicit(value, memory_order_acquire) != wanted; looks++)
        if (looks % PATIENCE == 0)
            sched_yield();
}

/* Until *value is another than `old`: that one. */
static int spin_on(const atomic_int *value, int old) {
    int now;
    for (unsigned looks = 1; (now = atomic_load_explicit(value, memory_order_acquire)) == old; looks++)
        if (looks % PATIENCE == 0)
            sched_yield();
    return now;
}

static bool sleep_until_woken(struct team *team) {
    pthread_mutex_lock(&team->lock);
    while (!team->awake && !team->quit)
        pthread_cond_wait(&team->wake, &team->lock);
    const bool quit = team->quit;
    pthread_mutex_unlock(&team->lock);
    return !quit;
}

static void *help(void *argument) {
    struct team *team = argument;
    const int share = atomic_fetch_add(&team->next, 1);
    pin(team, share);
    while (sleep_until_woken(team)) {
        atomic_fetch_add(&team->ready, 1);
        for (int pass = spin_on(&team->pass, REST); pass != REST; pass = spin_on(&team->pass, pass)) {
            team->task(team->context, share);
            atomic_fetch_add_explicit(&team->arrived, 1, memory_order_release);
        }
        atomic_fetch_sub(&team->ready, 1);
    }
    return NULL;
}

struct team *team_create(int threads, team_task *task, void *context) {
    struct team *team = allocate(1, sizeof *team);
    team->threads = threads;
    team->task = task;
    team->context = context;
    team->helpers = allocate((size_t)threads, sizeof *team->helpers);
    atomic_init(&team->next, 1);
    if (sched_getaffinity(0, sizeof team->cpus, &team->cpus) != 0)
        die(FAILED, "cannot find out which processors may be used: %s", strerror(errno));
    int status = pthread_mutex_init(&team->lock, NULL);
    if (status == 0)
        status = pthread_cond_init(&team->wake, NULL);
    for (int i = 1; i < threads && status == 0; i++)
        status = pthread_create(&team->helpers[i], NULL, help, team);
    if (status != 0)
        die(FAILED, "cannot start %d threads: %s", threads, strerror(status));
    return team;
}

void team_destroy(struct team *team) {
    pthread_mutex_lock(&team->lock);
    team->quit = true;
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->lock);
    for (int i = 1; i < team->threads; i++)
        pthread_join(team->helpers[i], NULL);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->lock);
    free(team->helpers);
    free(team);
}

void team_wake(struct team *team) {
    if (team->threads == 1)
        return;
    pthread_mutex_lock(&team->lock);
    team->awake = true;
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->lock);
    pin(team, 0);
    spin(&team->ready, team->threads - 1);
}

void team_run(struct team *team) {
    if (team->threads > 1) {
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&team->pass, 1, memory_order_release);
    }
    team->task(team->context, 0);
    if (team->threads > 1)
        spin(&team->arrived, team->threads - 1);
}

void team_rest(struct team *team) {
    if (team->threads == 1)
        return;
    pthread_mutex_lock(&team->lock);
    team->awake = false;
    pthread_mutex_unlock(&team->lock);
    atomic_store(&team->pass, REST);
    spin(&team->ready, 0);
    sched_setaffinity(0, sizeof team->cpus, &team->cpus);
}
