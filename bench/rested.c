#include "rested.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "subject.h"
#include "table.h"

enum { COUNT = 4096, STEPS = 100000 };

static double time_steps(void *context, size_t steps) {
    return subject_time(context, steps);
}

static double run(const char *algorithm, const struct options *options) {
    struct subject rested, other;
    table_progress(algorithm, 1, COUNT, 1);
    subject_create(&rested, algorithm, options->settings, options->nsettings, options->dtype, 1, COUNT, 1);
    subject_create(&other, algorithm, options->settings, options->nsettings, options->dtype, 1, COUNT, 1);
    memset(rested.grads[0], 0, COUNT * (options->dtype == OPTIM_F64 ? sizeof(double) : sizeof(float)));
    subject_time(&rested, STEPS);
    const struct measured m = measure((struct measure_subject){time_steps, &rested},
                                      (struct measure_subject){time_steps, &other}, 1, &options->plan);
    subject_destroy(&rested);
    subject_destroy(&other);
    table_progress(NULL, 0, 0, 0);
    printf("%-24s %14.4f %6.1f%% %14.4f %7.2f\n", algorithm, m.ours / COUNT, 100 * m.spread, m.other / COUNT,
           1 / m.paired);
    fflush(stdout);
    return 1 / m.paired;
}

void rested_run(const struct options *options, double reached[TARGETS]) {
    char steps[TABLE_NUMBER], count[TABLE_NUMBER];
    printf("\n%s elements on one thread after %s steps with gradients of 0, against others. ns: for an element.\n\n",
           table_number(count, COUNT), table_number(steps, STEPS));
    printf("%-24s %14s %7s %14s %7s\n", "algorithm", "ns rested", "spread", "ns", "times");
    for (size_t i = 0; i < options->nalgorithms; i++)
        reached[TARGET_RESTED] = fmax(reached[TARGET_RESTED], run(options->algorithms[i], options));
}
