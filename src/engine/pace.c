/*
 * With how many threads to step. What a second thread gains and what waking it costs depends on the machine, on who
 * else uses it, on the algorithm and on what is in caches; so where it is not plain, steps are timed, and whichever was
 * faster goes on. Results do not depend on it.
 */
#include "engine.h"

#include <math.h>
#include <time.h>

/* Bytes of memory traffic of a step: below the one a thread never gains, above the other one always does. */
enum { NEVER = 1 << 20, ALWAYS = 32 << 20 };

enum {
    SHARE = 512 << 10, /* what a thread must get */
    TRIAL = 8,         /* steps of a trial: wrappers do more in some steps than in others */
    STAY = 250         /* steps until the other way is tried again */
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

static void try(struct pace *pace, bool threaded, bool trial) {
    pace->threaded = threaded;
    pace->trial = trial;
    pace->left = trial ? TRIAL : STAY;
    pace->least[threaded] = INFINITY;
}

size_t optim_pace_begin(struct body *body) {
    struct pace *pace = &body->pace;
    const size_t most = most_threads(body);
    pace->timed = most > 1 && body->work < ALWAYS;
    if (!pace->timed)
        return most;
    if (pace->most != most || pace->work != body->work || pace->executor != body->executor) {
        *pace = (struct pace){.most = most, .work = body->work, .executor = body->executor, .timed = true};
        pace->least[false] = INFINITY;
        try(pace, true, true);
    }
    pace->begun = seconds();
    return pace->threaded ? most : 1;
}

void optim_pace_end(struct body *body) {
    struct pace *pace = &body->pace;
    if (!pace->timed)
        return;
    const double took = seconds() - pace->begun;
    if (took < pace->least[pace->threaded])
        pace->least[pace->threaded] = took;
    if (--pace->left > 0)
        return;
    if (!pace->trial || pace->least[!pace->threaded] == INFINITY)
        try(pace, !pace->threaded, true);
    else
        try(pace, pace->least[true] < pace->least[false], false);
}
