#include "rested.h"

#include <optim/optim.h>
#include <stdio.h>
#include <string.h>

#include "subject.h"
#include "table.h"
#include "targets.h"

enum { STEPS = 100000 };
#define COUNT "4096"

static void run(const char *algorithm, const struct options *options) {
    struct shape shape;
    struct subject rested, other;
    shape_read(&shape, COUNT);
    table_progress(algorithm, COUNT, 1);
    subject_create(&rested, algorithm, options->settings, options->nsettings, OPTIM_F32, &shape, 1);
    subject_create(&other, algorithm, options->settings, options->nsettings, OPTIM_F32, &shape, 1);
    memset(rested.grad, 0, shape.elements * sizeof(float));
    subject_time(&rested, STEPS);
    const struct measured m =
        measure((struct measure_subject[]){{"rested", subject_time, &rested}, {"other", subject_time, &other}}, 2, 1,
                &options->plan);
    const double count = (double)shape.elements;
    subject_destroy(&rested);
    subject_destroy(&other);
    table_progress(NULL, NULL, 0);
    printf("%-24s %14.4f %6.1f%% %14.4f %7.2f\n", algorithm, m.of[0].ns / count, 100 * m.of[0].spread,
           m.of[1].ns / count, 1 / m.of[1].times);
    fflush(stdout);
    targets_note_special(TARGET_RESTED, algorithm, 1 / m.of[1].times);
}

void rested_run(const struct options *options) {
    char steps[TABLE_NUMBER];
    printf("\n" COUNT " elements, f32, on one thread after %s steps with gradients of 0, against others. ns: for an "
           "element.\n\n",
           table_number(steps, STEPS));
    printf("%-24s %14s %7s %14s %7s\n", "algorithm", "ns rested", "spread", "ns", "times");
    for (size_t i = 0; i < options->nalgorithms; i++)
        run(options->algorithms[i], options);
}
