/*
 * How fast the steps are, next to how fast this machine can read and write the same memory, and to what others need:
 * each repetition times all of them one after the other, and medians are reported.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "cores.h"
#include "die.h"
#include "limit.h"
#include "machine.h"
#include "options.h"
#include "peers.h"
#include "rested.h"
#include "setup.h"
#include "special.h"
#include "subject.h"
#include "table.h"
#include "targets.h"

/* One line of the table; the threads that were used. `seen`: the most that a line of this size was measured with. */
static int run(const struct options *options, const char *algorithm, int dtype, const struct shape *shape, int threads,
               int seen, FILE *csv) {
    struct subject subject;
    struct streams streams;
    struct peers peers = {0};
    table_progress(algorithm, shape->name, threads);
    subject_create(&subject, algorithm, options->settings, options->nsettings, dtype, shape, threads);
    subject_streams(&subject, algorithm, &streams);
    const int used = subject.threads;
    if (used > seen) {
        struct limit *limit = limit_create(&streams, used);
        struct measure_subject subjects[3 + PEERS] = {{"ours", subject_time, &subject},
                                                      {TABLE_LIMIT, limit_time, limit}};
        size_t count = 2;
        if (used > 1) {
            cores_sample();
            subjects[count++] = (struct measure_subject){TABLE_ALONE, subject_time_alone, &subject};
        }
        if (options->peers && options->nsettings == 0)
            peers_create(&peers, algorithm, dtype, shape, used);
        memcpy(subjects + count, peers.subjects, peers.count * sizeof *subjects);
        const struct row row = {
            .algorithm = algorithm,
            .isa = limit_isa(),
            .limit_isa = limit_loop_isa(limit),
            .dtype = dtype,
            .threads = used,
            .shape = shape,
            .bytes = streams_bytes(&streams),
            .bound = bound_time(algorithm, dtype),
            .measured = measure(subjects, count + peers.count, streams.period, &options->plan),
        };
        if (used > 1)
            cores_sample();
        limit_destroy(limit);
        peers_destroy(&peers);
        table_progress(NULL, NULL, 0);
        table_print(&row);
        targets_note(&row);
        if (csv)
            table_csv(csv, &row);
    }
    table_progress(NULL, NULL, 0);
    subject_destroy(&subject);
    return used;
}

static void run_shapes(const struct options *options, const char *algorithm, int dtype, FILE *csv) {
    for (size_t k = 0; k < options->nshapes; k++) {
        const struct shape *shape = &options->shapes[k];
        const double peers = options->peers ? peers_bytes(dtype, shape) : 0;
        const double needs = subject_bytes(algorithm, dtype, shape) + peers, there = machine_memory();
        int seen = 0;
        if (needs > 0.9 * there) {
            printf("%-22s %s elements left out: they need %.1f GB of memory, %.1f are free\n", algorithm, shape->name,
                   needs / 1e9, there / 1e9);
            continue;
        }
        for (size_t i = 0; i < options->nthreads; i++) {
            const int used = run(options, algorithm, dtype, shape, options->threads[i], seen, csv);
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

static void run_all(const struct options *options, FILE *csv) {
    table_print_head();
    for (size_t k = 0; k < options->nisas; k++) {
        setenv("OPTIM_CPU", options->isas[k], 1);
        for (size_t d = 0; d < options->ndtypes; d++)
            for (size_t i = 0; i < options->nalgorithms; i++)
                run_shapes(options, options->algorithms[i], options->dtypes[d], csv);
    }
}

int main(int argc, char **argv) {
    struct options options;
    options_read(&options, argc, argv);
    FILE *csv = options.csv ? open_csv(options.csv) : NULL;
    machine_print(limit_isa());
    run_all(&options, csv);
    cores_print();
    if (options.special) {
        special_run(&options);
        rested_run(&options);
        setup_run();
    }
    targets_print();
    if (csv && (ferror(csv) | fclose(csv)) != 0)
        die(FAILED, "%s: cannot be written", options.csv);
    options_free(&options);
    return 0;
}
