#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "measure.h"
#include "subject.h"

enum { OPTIONS_LIST = 64 };

struct options {
    const char *algorithms[OPTIONS_LIST];
    size_t nalgorithms;
    struct shape shapes[OPTIONS_LIST];
    size_t nshapes;
    int threads[OPTIONS_LIST];
    size_t nthreads;
    int dtypes[2];
    size_t ndtypes;
    const char *isas[OPTIONS_LIST];
    size_t nisas;
    struct setting settings[OPTIONS_LIST];
    size_t nsettings;
    bool quick, special, peers;
    struct plan plan;
    const char *csv;          /* NULL: none */
    char *text[OPTIONS_LIST]; /* behind the names in lists */
    size_t ntexts;
};

/* Exits for --help and for what it does not understand. */
void options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
