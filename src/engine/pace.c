/*
 * With how many threads to step. What a second thread gains and what waking it costs depends on the machine, on who
 * else uses it, on the algorithm and on what is in caches; so where it is not plain, steps are timed, and whichever was
 * faster goes on. Results do not depend on it.
 */
#include "engine.h"

#include <math.h>
#include <time.h>

/* Bytes of memory traffic of a step: below the one, one thread steps; above the other, all there are. */
enum { NEVER = 256 << 10, ALWAYS = NEVER << OPTIM_PACES };

#define AWAKE 100e-6 /* seconds until a thread that slept is at work, and has been for some steps */

enum {
    SHARE = 128 << 10, /* what a thread must get */
    TRIAL = 8,         /* steps of a trial: wrappers do more in some steps than in others */
    GLANCE = 3,        /* steps of one of fewer threads that is lost by then */
    RECENT = 64,       /* steps that trials are compared with */
    FIRST_STAY = 64,   /* steps until the other ways are tried again, twice as many after each round that changes */
    LONG_STAY = 1024   /* nothing: a wrong choice is soon mended, and right ones cost little */
};

/* As many threads as there may be, for so much work. */
static size_t most_threads(const struct body *body, uint64_t work) {
    int threads = body->threads;
    if (work < NEVER || threads == 1)
        return 1;
    if (threads == 0)
        threads = body->all_threads ? body->all_threads : optim_cpus();
    return work / SHARE < (uint64_t)threads ? (size_t)(work / SHARE) : (size_t)threads;
}

/* The binary order of a step's work. */
static int order_of(uint64_t work) {
    int order = 0;
    while (work >= (uint64_t)NEVER << (order + 1))
        order++;
    return order;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A way is a number of threads: 1, 2, 4 and so on, and the most there can be. */
static size_t threads_of(const struct pace *pace, unsigned way) {
    return way < pace->ways - 1 ? (size_t)1 << way : pace->most;
}

static unsigned ways_up_to(size_t most) {
    unsigned ways = 1;
    while ((size_t)1 << (ways - 1) < most)
        ways++;
    return ways;
}

static void go(struct pace *pace, unsigned way, unsigned steps) {
    pace->way = way;
    pace->left = steps;
    pace->spent = 0;
    pace->least[way] = INFINITY;
}

/* All ways were timed: go on with the fastest one. */
static void choose(struct pace *pace) {
    unsigned best = 0;
    for (unsigned way = 1; way < pace->ways; way++)
        if (pace->least[way] < pace->least[best])
            best = way;
    if (best != pace->chosen || pace->stay == 0)
        pace->stay = FIRST_STAY;
    else if (pace->stay < LONG_STAY)
        pace->stay *= 2;
    pace->chosen = best;
    pace->untried = pace->ways - 1;
    go(pace, best, pace->stay);
}

/* Is this a trial that is over before the threads it is about were there? */
static bool is_hasty(const struct pace *pace) {
    const bool is_trial = pace->way != pace->chosen || pace->stay == 0;
    return is_trial && pace->way > 0 && pace->spent < AWAKE;
}

/* Is this a trial that no longer needs to go on? One of more threads does, which may be waking up. */
static bool is_lost(const struct pace *pace) {
    return pace->stay && pace->way < pace->chosen && pace->left == TRIAL - GLANCE + 1 &&
           pace->least[pace->way] > 1.25 * pace->least[pace->chosen];
}

size_t optim_pace_begin(struct body *body) {
    const size_t most = most_threads(body, body->work);
    body->timed = -1;
    if (most == 1 || body->work >= ALWAYS)
        return most;
    const int order = order_of(body->work);
    const size_t most_of_order = most_threads(body, ((uint64_t)NEVER << (order + 1)) - 1);
    struct pace *pace = &body->paces[order];
    if (pace->most != most_of_order || pace->executor != body->executor) {
        *pace = (struct pace){.most = most_of_order, .executor = body->executor, .ways = ways_up_to(most_of_order)};
        pace->untried = pace->ways - 1;
        go(pace, pace->ways - 1, TRIAL);
    }
    body->timed = order;
    if (pace->left <= RECENT)
        pace->begun = seconds();
    const size_t threads = threads_of(pace, pace->way);
    return threads < most ? threads : most;
}

/* A step of the way at hand is over: note how long it took. */
static void note(struct pace *pace, double duration, uint64_t work) {
    const double took = duration / (double)work;
    pace->spent += pace->left < TRIAL ? duration : 0; /* the first one may have threads started, and stands for none */
    if (took < pace->least[pace->way])
        pace->least[pace->way] = took;
    if (is_lost(pace) || (pace->left == 1 && !is_hasty(pace)))
        pace->left = 0;
    else if (pace->left > 1)
        pace->left--;
}

void optim_pace_end(struct body *body) {
    if (body->timed < 0)
        return;
    struct pace *pace = &body->paces[body->timed];
    if (pace->left > RECENT)
        pace->left--;
    else
        note(pace, seconds() - pace->begun, body->work);
    if (pace->left > 0)
        return;
    if (pace->untried == 0)
        choose(pace);
    else {
        pace->untried--;
        go(pace, pace->way ? pace->way - 1 : pace->ways - 1, TRIAL);
    }
}
