#include "limit.h"

#include <math.h>
#include <optim/optim.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "measure.h"
#include "team.h"

enum {
    EDGE = 64,       /* threads split at a multiple of this many elements */
    ROUNDS = 4,      /* in which loops are compared, */
    ENOUGH = 4000000 /* over so many elements or more */
};

#define ISA(name) extern limit_loop limit_##name##_float, limit_##name##_double;
#include "isas.h"
#undef ISA

#define ISA(name) {#name, limit_##name##_float, limit_##name##_double},
static const struct {
    const char *name;
    limit_loop *single, *twice;
} isas[] = {
#include "isas.h"
};
#undef ISA

struct limit {
    const struct streams *streams;
    size_t isa; /* of the loop, as an index */
    struct team *team;
    int threads;
    int written; /* streams in this pass; 0: only read */
    double zero;
};

double streams_bytes(const struct streams *streams) {
    const double element = streams->dtype == OPTIM_F64 ? sizeof(double) : sizeof(float);
    const double sometimes = (double)(streams->all - streams->always) / (double)streams->period;
    return element * (1 + streams->measured + 2 * (streams->always + sometimes));
}

static bool runs_here(const char *isa) {
    optim *opt = NULL;
    setenv("OPTIM_CPU", isa, 1);
    const bool runs = optim_create(&opt, "sgd") == OPTIM_OK;
    optim_destroy(opt);
    return runs;
}

/* The library refuses what it does not have or this machine cannot run: so it is asked, from the widest on. */
static size_t choose(void) {
    const char *asked = getenv("OPTIM_CPU");
    char wanted[32] = "";
    if (asked)
        snprintf(wanted, sizeof wanted, "%s", asked);
    for (size_t i = sizeof isas / sizeof *isas; i-- > 0;)
        if ((!*wanted || strcmp(wanted, isas[i].name) == 0) && runs_here(isas[i].name))
            return i;
    runs_here(wanted);
    die(MISUSE, "%s", optim_errmsg(NULL));
}

const char *limit_isa(void) {
    return isas[choose()].name;
}

static void run_share(void *context, int share) {
    const struct limit *limit = context;
    const size_t count = limit->streams->count, parts = (size_t)limit->threads, part = (size_t)share;
    const size_t first = count / parts * part / EDGE * EDGE;
    const size_t end = part + 1 == parts ? count : count / parts * (part + 1) / EDGE * EDGE;
    limit_loop *loop = limit->streams->dtype == OPTIM_F64 ? isas[limit->isa].twice : isas[limit->isa].single;
    loop(first, end - first, limit->streams->read, limit->streams->written, limit->written, limit->zero);
}

/* Have it run the fastest loop of those up to instruction set `widest`: with some processors that is a narrower one. */
static void choose_loop(struct limit *limit, size_t widest) {
    const size_t period = limit->streams->period;
    const size_t steps = (1 + ENOUGH / (limit->streams->count + 1) / period) * period;
    size_t fastest = widest;
    double least = INFINITY;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k <= widest; k++) {
            limit->isa = k;
            const double taken = limit_time(limit, steps);
            fastest = taken < least ? k : fastest;
            least = fmin(taken, least);
        }
    limit->isa = fastest;
}

struct limit *limit_create(const struct streams *streams, int threads) {
    struct limit *limit = allocate(1, sizeof *limit);
    limit->streams = streams;
    limit->threads = threads;
    limit->team = team_create(threads, run_share, limit);
    choose_loop(limit, choose());
    return limit;
}

const char *limit_loop_isa(const struct limit *limit) {
    return isas[limit->isa].name;
}

void limit_destroy(struct limit *limit) {
    team_destroy(limit->team);
    free(limit);
}

double limit_time(void *context, size_t steps) {
    struct limit *limit = context;
    const struct streams *streams = limit->streams;
    size_t until_all = streams->period;
    team_wake(limit->team);
    const double start = measure_now();
    for (size_t i = 0; i < steps; i++) {
        const bool all = --until_all == 0;
        if (streams->measured) {
            limit->written = 0;
            team_run(limit->team);
        }
        limit->written = all ? streams->all : streams->always;
        until_all = all ? streams->period : until_all;
        team_run(limit->team);
    }
    const double end = measure_now();
    team_rest(limit->team);
    return end - start;
}
