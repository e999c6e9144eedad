/*
 * How fast the steps are, next to how fast this machine can read and write the same memory: each repetition times the
 * limit loop and the library's step one after the other over the same arrays, and medians are reported.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "limit.h"
#include "machine.h"
#include "options.h"
#include "rested.h"
#include "special.h"
#include "subject.h"
#include "table.h"
#include "targets.h"

static void note_target(const struct row *row, double reached[TARGETS]) {
    if (strcmp(row->algorithm, "adam") != 0 || row->dtype != OPTIM_F32 || row->count != TARGET_SIZE)
        return;
    if (row->threads == 1)
        reached[TARGET_ONE_THREAD] = row->measured.paired;
    else if (row->threads == 2)
        reached[TARGET_TWO_THREADS] = row->measured.paired;
}

/* One line of the table; the threads that were used. `seen`: the most that a line of this size was measured with. */
static int run(const struct options *options, const char *algorithm, size_t count, int threads, int seen,
               double reached[TARGETS], FILE *csv) {
    struct subject subject;
    struct streams streams;
    table_progress(algorithm, 1, count, threads);
    subject_create(&subject, algorithm, options->settings, options->nsettings, options->dtype, 1, count, threads);
    subject_streams(&subject, algorithm, &streams);
    const int used = subject.threads;
    if (used > seen) {
        struct limit *limit = limit_create(&streams, used);
        const struct row row = {
            .algorithm = algorithm,
            .dtype = options->dtype,
            .threads = used,
            .tensors = 1,
            .count = count,
            .bytes = streams_bytes(&streams),
            .measured = measure((struct measure_subject){subject_time, &subject},
                                (struct measure_subject){limit_time, limit}, streams.period, &options->plan),
        };
        limit_destroy(limit);
        table_progress(NULL, 0, 0, 0);
        table_print(&row);
        note_target(&row, reached);
        if (csv)
            table_csv(csv, &row);
    }
    table_progress(NULL, 0, 0, 0);
    subject_destroy(&subject);
    return used;
}

static void run_sizes(const struct options *options, const char *algorithm, double reached[TARGETS], FILE *csv) {
    for (size_t k = 0; k < options->nsizes; k++) {
        const size_t count = options->sizes[k];
        const double needs = subject_bytes(algorithm, options->dtype, 1, count), there = machine_memory();
        int seen = 0;
        if (needs > 0.9 * there) {
            printf("%-24s %zu elements left out: they need %.1f GB of memory, %.1f are free\n", algorithm, count,
                   needs / 1e9, there / 1e9);
            continue;
        }
        for (size_t i = 0; i < options->nthreads; i++) {
            const int used = run(options, algorithm, count, options->threads[i], seen, reached, csv);
            seen = used > seen ? used : seen;
        }
    }
}

static FILE *open_csv(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file)
        die(FAILED, "%s: %s", path, strerror(errno));
    table_csv_head(file);
    return file;
}

int main(int argc, char **argv) {
    struct options options;
    double reached[TARGETS];
    options_read(&options, argc, argv);
    FILE *csv = options.csv ? open_csv(options.csv) : NULL;
    for (int i = 0; i < TARGETS; i++)
        reached[i] = NAN;
    machine_print(limit_isa());
    table_print_head(options.dtype);
    for (size_t i = 0; i < options.nalgorithms; i++)
        run_sizes(&options, options.algorithms[i], reached, csv);
    if (options.special) {
        special_run(&options, reached, csv);
        rested_run(&options, reached);
    }
    targets_print(reached);
    if (csv && (ferror(csv) | fclose(csv)) != 0)
        die(FAILED, "%s: cannot be written", options.csv);
    options_free(&options);
    return 0;
}
