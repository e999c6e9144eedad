/* The command line of digits. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network.h"

#define MAX_EPOCHS 1000000

struct setting {
    const char *text; /* "lr=0.1", as it was given */
    char *name;
    double value;
};

struct options {
    const char *source; /* the option that named the optimizers */
    char **optimizer;   /* "adam", "lookahead(adam)", ... */
    size_t optimizers;
    struct setting *setting; /* of each optimizer */
    size_t settings;
    const char *schedule; /* of the learning rate: "cosine", ..., or NULL */
    struct setting *schedule_setting;
    size_t schedule_settings;
    size_t warmup; /* steps; 0: none */
    size_t epochs, batch;
    size_t hidden[MAX_LAYERS - 1], hiddens;
    uint64_t seed;
    int threads;
    const char *data;   /* a CSV file */
    const char *mnist;  /* a directory, or NULL */
    const char *csv;    /* what to write, or NULL */
    const char *save;   /* where to, or NULL */
    size_t save_every;  /* batches, besides every epoch; 0: only then */
    const char *resume; /* what was saved, or NULL */
    size_t stop_after;  /* batches of this run; 0: at the end */
    bool digest;
    bool list;
};

/* Exits if there is anything wrong, and after --help and --version. */
void options_read(struct options *options, int argc, char **argv);

void options_free(struct options *options);

#endif
