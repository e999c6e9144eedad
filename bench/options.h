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
    size_t sizes[OPTIONS_LIST], nsizes;
    int threads[OPTIONS_LIST];
    size_t nthreads;
    int dtype;
    struct setting settings[OPTIONS_LIST];
    size_t nsettings;
    bool quick, special;
    struct plan plan;
    const char *csv; /* NULL: none */
    char *text;      /* behind the algorithms' names */
};

/* Exits for --help and for what it does not understand. */
void options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
