#include "cores.h"

#include <math.h>
#include <optim/optim.h>
#include <stdio.h>

#include "bound.h"
#include "measure.h"
#include "team.h"

enum { COUNT = 1024, PASSES = 400, TRIES = 3, MOST = 1000 };

#define SHARED 1.5 /* two halves of one core gain less, two cores more */

static double samples[MOST];
static size_t taken;

static void divide(void *context, int share) {
    bound_loop *const *loop = context;
    float values[COUNT];
    (void)share;
    for (int i = 0; i < COUNT; i++)
        values[i] = 1;
    for (int pass = 0; pass < PASSES; pass++)
        (*loop)(COUNT, values, 1, 1);
}

static double time_of(struct team *team) {
    team_wake(team);
    const double start = measure_now();
    team_run(team);
    const double end = measure_now();
    team_rest(team);
    return end - start;
}

void cores_sample(void) {
    bound_loop *loop = bound_find(OPTIM_F32);
    double alone = INFINITY, together = INFINITY;
    if (taken == MOST)
        return;
    struct team *one = team_create(1, divide, &loop), *two = team_create(2, divide, &loop);
    for (int i = 0; i < TRIES; i++) {
        alone = fmin(alone, time_of(one));
        together = fmin(together, time_of(two));
    }
    samples[taken++] = 2 * alone / together;
    team_destroy(one);
    team_destroy(two);
}

void cores_print(void) {
    size_t shared = 0;
    if (taken == 0)
        return;
    for (size_t i = 0; i < taken; i++)
        shared += samples[i] < SHARED;
    const double median = measure_median(samples, taken); /* which sorts them */
    printf(
        "\nTwo threads that only divide do %.2f times as much as one, from %.2f to %.2f times; in %zu of %zu samples,\n"
        "taken before and after measurements on several threads, less than %.1f times: as if they shared a "
        "core.\n",
        median, samples[0], samples[taken - 1], shared, taken, SHARED);
}
