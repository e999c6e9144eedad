/*
 * With how many threads to step. What a second thread gains and what waking it costs depends on the machine, on who
 * else uses it, on the algorithm and on what is in caches; so where it is not plain, steps are timed, and whichever was
 * faster goes on. Results do not depend on it.
 */
#include "engine.h"

#include <math.h>
#include <time.h>

/* Bytes of memory traffic of a step: below the one, one thread steps; above the other, all there are. */
enum { NEVER = 256 << 10, ALWAYS = 32 << 20 };

enum {
    SHARE = 128 << 10, /* what a thread must get */
    TRIAL = 8,         /* steps of a trial: wrappers do more in some steps than in others */
    GLANCE = 3,        /* steps of one of fewer threads that is lost by then */
    RECENT = 64,       /* steps that trials are compared with */
    FIRST_STAY = 64,   /* steps until the other ways are tried again, twice as many after each round that changes */
    LONG_STAY = 1024   /* nothing: a wrong choice is soon mended, and right ones cost little */
};

static size_t most_threads(const struct body *body) {
    const uint64_t most = body->work / SHARE;
    int threads = body->threads;
    if (body->work < NEVER || threads == 1)
        return 1;
    if (threads == 0)
        threads = body->all_threads ? body->all_threads : optim_cpus();
    return most < (uint64_t)threads ? (size_t)most : (size_t)threads;
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

/* Is this a trial that no longer needs to go on? One of more threads does, which may be waking up. */
static bool is_lost(const struct pace *pace) {
    return pace->stay && pace->way < pace->chosen && pace->left == TRIAL - GLANCE + 1 &&
           pace->least[pace->way] > 1.25 * pace->least[pace->chosen];
}

/* Was what is known found out for steps like this one? Gradients of some tensors may come and go. */
static bool still_holds(const struct pace *pace, const struct body *body, size_t most) {
    return pace->most == most && pace->executor == body->executor && body->work / 2 <= pace->work &&
           pace->work / 2 <= body->work;
}

size_t optim_pace_begin(struct body *body) {
    struct pace *pace = &body->pace;
    const size_t most = most_threads(body);
    pace->timed = most > 1 && body->work < ALWAYS;
    if (!pace->timed)
        return most;
    if (!still_holds(pace, body, most)) {
        *pace = (struct pace){.most = most, .work = body->work, .executor = body->executor, .timed = true};
        pace->ways = ways_up_to(most);
        pace->untried = pace->ways - 1;
        go(pace, pace->ways - 1, TRIAL);
    }
    pace->begun = seconds();
    return threads_of(pace, pace->way);
}

void optim_pace_end(struct body *body) {
    struct pace *pace = &body->pace;
    if (!pace->timed)
        return;
    const double took = seconds() - pace->begun;
    if (pace->left == RECENT)
        pace->least[pace->way] = INFINITY;
    if (took < pace->least[pace->way])
        pace->least[pace->way] = took;
    if (is_lost(pace))
        pace->left = 1;
    if (--pace->left > 0)
        return;
    if (pace->untried == 0)
        choose(pace);
    else {
        pace->untried--;
        go(pace, pace->way ? pace->way - 1 : pace->ways - 1, TRIAL);
    }
}
