/*
 * The library's threads: one pool a process, shared by all handles. It starts when first needed, sleeps between
 * passes, starts anew in a forked child, and is joined when the library is unloaded.
 */
#include "engine.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* How long the caller looks for the others to finish before it sleeps: about as long as waking up would take. */
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
    size_t number;   /* from 1; the caller is 0 */
    uint64_t passes; /* seen */
};

static struct pool {
    pthread_mutex_t busy; /* held by the thread whose pass this is */
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake, done;
    struct worker workers[OPTIM_MAX_THREADS];
    size_t started;  /* workers there are; changes only while busy */
    uint64_t passes; /* a new number wakes them */
    bool stop;
    size_t threads;        /* of this pass, the caller included */
    atomic_size_t running; /* workers that have not finished it */
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

/* Thread k of this many does parts k, k + threads, ... */
static void run_share(size_t k, size_t threads, size_t count, optim_task task, void *job) {
    for (size_t i = k; i < count; i += threads)
        task(job, i);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        while (pool.passes == worker->passes && !pool.stop)
            pthread_cond_wait(&pool.wake, &pool.lock);
        if (pool.passes == worker->passes)
            break; /* to stop; a pass that has begun is finished first */
        worker->passes = pool.passes;
        if (worker->number >= pool.threads)
            continue;
        const size_t threads = pool.threads, count = pool.count;
        const optim_task task = pool.task;
        void *const job = pool.job;
        pthread_mutex_unlock(&pool.lock);
        run_share(worker->number, threads, count, task, job);
        pthread_mutex_lock(&pool.lock);
        if (--pool.running == 0)
            pthread_cond_signal(&pool.done);
    }
    pthread_mutex_unlock(&pool.lock);
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
        *worker = (struct worker){.number = pool.started + 1, .passes = pool.passes};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            break;
        pool.started++;
    }
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}

void optim_pool_run(size_t count, optim_task task, void *job) {
    pthread_once(&once, initialize);
    if (pthread_mutex_trylock(&pool.busy) != 0) {
        run_share(0, 1, count, task, job);
        return;
    }
    pthread_mutex_lock(&pool.lock);
    if (!pool.stop)
        start(count - 1);
    const size_t threads = pool.started + 1 < count ? pool.started + 1 : count;
    pool.threads = threads;
    pool.running = threads - 1;
    pool.count = count;
    pool.task = task;
    pool.job = job;
    pool.passes++;
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    run_share(0, threads, count, task, job);
    for (int i = 0; i < SPINS && atomic_load_explicit(&pool.running, memory_order_relaxed) != 0; i++)
        relax();
    pthread_mutex_lock(&pool.lock);
    while (pool.running != 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
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
