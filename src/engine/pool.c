/*
 * The library's threads: one pool a process, shared by all handles. It starts when first needed, sleeps between
 * passes, starts anew in a forked child, and is joined when the library is unloaded.
 *
 * A thread that has finished its part looks for the next pass a little while before it sleeps, since steps of several
 * handles, and the passes of one step, follow each other closely; so does the caller for the others to finish. Parts
 * that nobody has begun when the caller is through with its own, it does itself: it waits for no thread to wake up, nor
 * for one that could not be started.
 */
#include "engine.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

/* How often to look before sleeping: about as long as waking up would take, tens of microseconds. */
enum { SPINS = 2000 };

#if defined(__x86_64__)
#define relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define relax() __asm__ volatile("yield")
#else
#define relax() ((void)0)
#endif

/* One of those who work on a pass: member 0 is whoever calls, the others are threads of the pool. */
struct member {
    _Alignas(64) atomic_bool open; /* the part of the member's number is there to be taken */
    bool sleeping;                 /* until it is woken; changes under the lock */
    pthread_cond_t wake;
    pthread_t thread;
};

static struct pool {
    pthread_mutex_t busy; /* held by the thread whose pass this is */
    pthread_mutex_t lock; /* of who sleeps, starts or stops */
    pthread_cond_t done;
    size_t started; /* threads there are; changes under the lock */
    atomic_bool stop;
    atomic_bool waiting;   /* the caller sleeps until the others have finished, or is about to */
    atomic_size_t running; /* parts of this pass that are not finished */
    /* of this pass; the caller may read them, and who has taken a part until it is finished */
    size_t count;
    optim_task task;
    void *job;
    struct member members[OPTIM_MAX_THREADS];
} pool;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Is this part still to be done? Whoever asks has it then. */
static bool take(size_t part) {
    atomic_bool *open = &pool.members[part].open;
    return atomic_load(open) && atomic_exchange(open, false);
}

/*
 * Wait until there is a part for this member, or it is to stop. One that was woken, and comes too late for its part,
 * may look for the next one: it does not sleep again at once.
 */
static void wait_for_part(struct member *member) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&member->open))
            return;
        relax();
    }
    pthread_mutex_lock(&pool.lock);
    member->sleeping = !atomic_load(&member->open);
    while (member->sleeping && !atomic_load(&pool.stop))
        pthread_cond_wait(&member->wake, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

/* A part is done: have the caller know if it was the last one. */
static void finish(void) {
    if (atomic_fetch_sub(&pool.running, 1) != 1 || !atomic_load(&pool.waiting))
        return;
    pthread_mutex_lock(&pool.lock);
    pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.lock);
}

/* Do what nobody has begun of the parts behind this one and then of those before it. */
static void run_others(size_t number) {
    for (size_t i = 1; i < pool.count; i++) {
        const size_t part = (number + i) % pool.count;
        if (take(part)) {
            pool.task(pool.job, part);
            finish();
        }
    }
}

static void *work(void *argument) {
    struct member *const member = argument;
    const size_t number = (size_t)(member - pool.members);
    while (!atomic_load(&pool.stop)) { /* however many passes there still are: their callers do what is left */
        wait_for_part(member);
        if (!take(number))
            continue;
        pool.task(pool.job, number);
        run_others(number);
        finish(); /* not sooner, or the pass could be over, and another one begun, while this looks for parts */
    }
    return NULL;
}

static void make_locks(void) {
    pthread_mutex_init(&pool.busy, NULL);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.done, NULL);
}

/* A forked child has none of the parent's threads, and its copy of the locks may be held by one of them. */
static void start_over(void) {
    memset(&pool, 0, sizeof pool);
    make_locks();
}

static void initialize(void) {
    make_locks();
    pthread_atfork(NULL, NULL, start_over);
}

/* Start what is missing of this many threads, or as many as there can be. They take no signals. */
static void start(size_t threads) {
    sigset_t all, was;
    if (pool.started >= threads)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &was);
    while (pool.started < threads) {
        struct member *member = &pool.members[pool.started + 1];
        pthread_cond_init(&member->wake, NULL);
        if (pthread_create(&member->thread, NULL, work, member) != 0)
            break;
        pool.started++;
    }
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}

/* Have all parts open, and the threads that are to do them awake. */
static void publish(size_t count, optim_task task, void *job) {
    pthread_mutex_lock(&pool.lock);
    if (!atomic_load(&pool.stop))
        start(count - 1);
    pool.count = count;
    pool.task = task;
    pool.job = job;
    atomic_store(&pool.running, count);
    for (size_t part = 0; part < count; part++)
        atomic_store(&pool.members[part].open, true);
    for (size_t number = 1; number < count && number <= pool.started; number++)
        if (pool.members[number].sleeping) {
            pool.members[number].sleeping = false;
            pthread_cond_signal(&pool.members[number].wake);
        }
    pthread_mutex_unlock(&pool.lock);
}

static void wait_for_others(void) {
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
    publish(count, task, job);
    if (take(0)) {
        task(job, 0);
        finish();
    }
    run_others(0);
    wait_for_others();
    pthread_mutex_unlock(&pool.busy);
}

/* At unload and at exit. A pass that another thread is in finishes; later ones run on their caller alone. */
__attribute__((destructor)) static void stop(void) {
    pthread_once(&once, initialize);
    pthread_mutex_lock(&pool.lock);
    const size_t started = pool.started;
    atomic_store(&pool.stop, true);
    pool.started = 0;
    for (size_t number = 1; number <= started; number++)
        pthread_cond_signal(&pool.members[number].wake);
    pthread_mutex_unlock(&pool.lock);
    for (size_t number = 1; number <= started; number++)
        pthread_join(pool.members[number].thread, NULL);
}
