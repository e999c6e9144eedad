#include "special.h"

#include <string.h>

#include "subject.h"
#include "table.h"

/* Tensors of so many elements, and one that they are compared with. */
static const struct special {
    size_t tensors, count, other;
} cases[] = {
    {1, 1000, 16},
    {1000, 1000, 1000000},
    {100000, 16, 1600000},
};
enum { CASES = sizeof cases / sizeof *cases };

static void print_head(void) {
    puts("\nWhole steps on one thread, after an untimed one. times: how long the tensors take compared with the single "
         "one.\n");
    printf("%-24s %16s %14s %7s %20s %14s %7s\n", "algorithm", "elements", "ns / step", "spread", "against elements",
           "ns / step", "times");
}

static void print(const struct special *c, const char *algorithm, const struct measured *m) {
    char many[TABLE_NUMBER], count[TABLE_NUMBER], other[TABLE_NUMBER], text[2 * TABLE_NUMBER + 4];
    snprintf(text, sizeof text, "%s x %s", table_number(many, c->tensors), table_number(count, c->count));
    printf("%-24s %16s %14.1f %6.1f%% %20s %14.1f %7.2f\n", algorithm, text, m->ours, 100 * m->spread,
           table_number(other, c->other), m->other, 1 / m->paired);
    fflush(stdout);
}

/* The two that are compared have memory of their own, so each first gets it back into the caches it fits. */
static double time_warm(void *context, size_t steps) {
    subject_time(context, 1);
    return subject_time(context, steps);
}

static void run(const struct special *c, const char *algorithm, const struct options *options, double reached[TARGETS],
                FILE *csv) {
    struct subject ours, other;
    struct streams streams;
    table_progress(algorithm, c->tensors, c->count, 1);
    subject_create(&ours, algorithm, options->settings, options->nsettings, options->dtype, c->tensors, c->count, 1);
    subject_create(&other, algorithm, options->settings, options->nsettings, options->dtype, 1, c->other, 1);
    subject_streams(&ours, algorithm, &streams);
    const struct measured m = measure((struct measure_subject){time_warm, &ours},
                                      (struct measure_subject){time_warm, &other}, streams.period, &options->plan);
    subject_destroy(&ours);
    subject_destroy(&other);
    table_progress(NULL, 0, 0, 0);
    print(c, algorithm, &m);
    if (csv)
        table_csv(csv, &(struct row){algorithm, options->dtype, 1, c->tensors, c->count, streams_bytes(&streams), m});
    if (strcmp(algorithm, "adam") != 0 || options->dtype != OPTIM_F32)
        return;
    if (c->tensors == 1 && c->count == 1000)
        reached[TARGET_SMALL] = m.ours;
    else if (c->tensors == 1000)
        reached[TARGET_MANY] = 1 / m.paired;
}

void special_run(const struct options *options, double reached[TARGETS], FILE *csv) {
    print_head();
    for (size_t i = 0; i < options->nalgorithms; i++)
        for (size_t k = 0; k < CASES; k++)
            run(&cases[k], options->algorithms[i], options, reached, csv);
}
