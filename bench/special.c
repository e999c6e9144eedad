#include "special.h"

#include <optim/optim.h>
#include <stdio.h>
#include <string.h>

#include "subject.h"
#include "table.h"
#include "targets.h"

/* Tensors of so many elements, and one that they are compared with. */
static const struct special {
    const char *shape, *other;
} cases[] = {{"1000", "16"}, {"1000x1000", "1000000"}, {"100000x16", "1600000"}};
enum { CASES = sizeof cases / sizeof *cases };

static void print_head(int dtype) {
    printf("\nWhole steps on one thread, %s, after an untimed one. times: how long the tensors take compared with the "
           "single "
           "one.\n\n",
           table_dtype(dtype));
    printf("%-24s %16s %14s %7s %20s %14s %7s\n", "algorithm", "elements", "ns / step", "spread", "against elements",
           "ns / step", "times");
}

static void print(const struct special *c, const char *algorithm, const struct measured *m) {
    printf("%-24s %16s %14.1f %6.1f%% %20s %14.1f %7.2f\n", algorithm, c->shape, m->of[0].ns, 100 * m->of[0].spread,
           c->other, m->of[1].ns, 1 / m->of[1].times);
    fflush(stdout);
}

/* The two that are compared have memory of their own, so each first gets it back into the caches it fits. */
static double time_warm(void *context, size_t steps) {
    subject_time(context, 1);
    return subject_time(context, steps);
}

static void run(const struct special *c, const char *algorithm, const struct options *options, int dtype) {
    struct shape shape, single;
    struct subject ours, other;
    shape_read(&shape, c->shape);
    shape_read(&single, c->other);
    table_progress(algorithm, c->shape, 1);
    subject_create(&ours, algorithm, options->settings, options->nsettings, dtype, &shape, 1);
    subject_create(&other, algorithm, options->settings, options->nsettings, dtype, &single, 1);
    const struct measured m = measure(
        (struct measure_subject[]){{"ours", time_warm, &ours}, {"single", time_warm, &other}}, 2, 1, &options->plan);
    subject_destroy(&ours);
    subject_destroy(&other);
    table_progress(NULL, NULL, 0);
    print(c, algorithm, &m);
    if (strcmp(algorithm, "adam") != 0 || dtype != OPTIM_F32)
        return;
    if (c == &cases[0])
        targets_note_special(TARGET_SMALL, algorithm, m.of[0].ns);
    else if (c == &cases[1])
        targets_note_special(TARGET_MANY, algorithm, 1 / m.of[1].times);
    else
        targets_note_special(TARGET_TINY, algorithm, m.of[0].ns / 1e6);
}

void special_run(const struct options *options) {
    for (size_t d = 0; d < options->ndtypes; d++) {
        print_head(options->dtypes[d]);
        for (size_t i = 0; i < options->nalgorithms; i++)
            for (size_t k = 0; k < CASES; k++)
                run(&cases[k], options->algorithms[i], options, options->dtypes[d]);
    }
}
