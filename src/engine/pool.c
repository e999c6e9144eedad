/*
 * The library's threads: one pool a process, shared by all handles. It starts when first needed, sleeps between
 * passes, starts anew in a forked child, and is joined when the library is unloaded.
 *
 * A thread that has finished its part looks for the next pass a little while before it sleeps, since steps of several
 * handles, and the passes of one step, follow each other closely; so does the caller for the others to finish. Parts
 * that nobody has begun when the caller is through with its own, it does itself: nobody waits for a thread to wake up.
 */
#include "engine.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* How often to look before sleeping: about as long as waking up would take, tens of microseconds. */
enum { SPINS = 2000 };

#if defined(__x86_64__)
#define relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define relax() __asm__ volatile("yield")
#else
#define relax() ((void)0)
#endif

struct worker {
    pthread_t thread;
    size_t number; /* from 1; the caller is 0. The part it begins with */
    uint64_t seen; /* the last pass */
};

static struct pool {
    pthread_mutex_t busy; /* held by the thread whose pass this is */
    pthread_mutex_t lock; /* of who sleeps, starts or stops */
    pthread_cond_t wake, done;
    struct worker workers[OPTIM_MAX_THREADS];
    size_t started; /* workers there are; changes under the lock */
    bool stop;
    atomic_size_t sleeping;                   /* workers that do, or are about to */
    atomic_bool waiting;                      /* the caller sleeps until the others have finished, or is about to */
    atomic_size_t running;                    /* parts of this pass that are not finished */
    _Atomic uint64_t pass;                    /* its number, which no other has */
    _Atomic uint64_t open[OPTIM_MAX_THREADS]; /* for each part: the number of the pass, until somebody takes it */
    /* of this pass; who has taken a part may read them until it is finished */
    size_t count;
    optim_task task;
    void *job;
} pool;

static const struct pool idle = {
    .busy = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
    .done = PTHREAD_COND_INITIALIZER,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Is this part of this pass still to be done? It is the caller's then. */
static bool take(size_t part, uint64_t pass) {
    return atomic_load(&pool.open[part]) == pass && atomic_compare_exchange_strong(&pool.open[part], &pass, 0);
}

/* Wait for a pass that this worker has not seen; false: it is to stop. What has begun before that is finished first. */
static bool next_pass(struct worker *worker, uint64_t *pass) {
    for (int i = 0; i < SPINS; i++) {
        *pass = atomic_load(&pool.pass);
        if (*pass != worker->seen)
            return true;
        relax();
    }
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.sleeping, 1);
    while ((*pass = atomic_load(&pool.pass)) == worker->seen && !pool.stop)
        pthread_cond_wait(&pool.wake, &pool.lock);
    atomic_fetch_sub(&pool.sleeping, 1);
    pthread_mutex_unlock(&pool.lock);
    return *pass != worker->seen;
}

/* A part is done: have the caller know if it was the last one. */
static void finish(void) {
    if (atomic_fetch_sub(&pool.running, 1) != 1 || !atomic_load(&pool.waiting))
        return;
    pthread_mutex_lock(&pool.lock);
    pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.lock);
}

/* The part of this number and then whatever others are left. */
static void run_parts(size_t first, uint64_t pass) {
    if (!take(first, pass))
        return;
    const size_t count = pool.count;
    const optim_task task = pool.task;
    void *const job = pool.job;
    task(job, first);
    for (size_t i = 1; i < count; i++) {
        const size_t part = (first + i) % count;
        if (take(part, pass)) {
            task(job, part);
            finish();
        }
    }
    finish();
}

static void *work(void *argument) {
    struct worker *worker = argument;
    uint64_t pass;
    while (next_pass(worker, &pass)) {
        worker->seen = pass;
        run_parts(worker->number, pass);
    }
    return NULL;
}

/* A forked child has none of the parent's threads, and its copy of the locks may be held by one of them. */
static void forget(void) {
    pool = idle;
}

static void initialize(void) {
    pool = idle;
    pthread_atfork(NULL, NULL, forget);
}

/* Start what is missing of this many workers, or as many as there can be. They take no signals. */
static void start(size_t workers) {
    sigset_t all, was;
    if (workers > OPTIM_MAX_THREADS - 1)
        workers = OPTIM_MAX_THREADS - 1;
    if (pool.started >= workers)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &was);
    while (pool.started < workers) {
        struct worker *worker = &pool.workers[pool.started];
        *worker = (struct worker){.number = pool.started + 1, .seen = atomic_load(&pool.pass)};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            break;
        pool.started++;
    }
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}

/* Tell all workers of a pass, and have those that sleep wake up. */
static uint64_t publish(size_t count, optim_task task, void *job) {
    const uint64_t pass = atomic_load(&pool.pass) + 1;
    pthread_mutex_lock(&pool.lock);
    if (!pool.stop)
        start(count - 1);
    pool.count = count;
    pool.task = task;
    pool.job = job;
    atomic_store(&pool.running, count);
    for (size_t part = 0; part < count; part++)
        atomic_store(&pool.open[part], pass);
    atomic_store(&pool.pass, pass);
    if (atomic_load(&pool.sleeping) != 0)
        pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    return pass;
}

static void wait_for_workers(void) {
    for (int i = 0; i < SPINS && atomic_load(&pool.running) != 0; i++)
        relax();
    if (atomic_load(&pool.running) == 0)
        return;
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.waiting, true);
    while (atomic_load(&pool.running) != 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    atomic_store(&pool.waiting, false);
    pthread_mutex_unlock(&pool.lock);
}

void optim_pool_run(size_t count, optim_task task, void *job) {
    pthread_once(&once, initialize);
    if (pthread_mutex_trylock(&pool.busy) != 0) {
        for (size_t part = 0; part < count; part++)
            task(job, part);
        return;
    }
    run_parts(0, publish(count, task, job));
    wait_for_workers();
    pthread_mutex_unlock(&pool.busy);
}

/* At unload and at exit. A pass that another thread is in finishes; later ones run on their caller alone. */
__attribute__((destructor)) static void stop(void) {
    pthread_once(&once, initialize);
    pthread_mutex_lock(&pool.lock);
    const size_t started = pool.started;
    pool.stop = true;
    pool.started = 0;
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    for (size_t i = 0; i < started; i++)
        pthread_join(pool.workers[i].thread, NULL);
}
