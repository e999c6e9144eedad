/* Train a network with one optimizer. */
#ifndef TRAIN_H
#define TRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "data.h"
#include "options.h"

#define GOAL 0.95 /* validation accuracy */

struct score {
    double loss, accuracy; /* means over the images */
};

struct result {
    double lr;
    size_t batch;
    struct score last;    /* with the validation images, after the last epoch */
    double best_accuracy; /* after any epoch */
    size_t goal_epoch;    /* the first that reached GOAL, or 0 */
    double seconds;       /* spent training, validation not counted */
    size_t batches;       /* learned in all */
    bool unfinished;      /* it was told to stop before the last epoch's end */
    uint64_t digest;      /* of the weights */
};

#define CSV_HEADER "optimizer,epoch,train_loss,validation_loss,validation_accuracy,seconds\n"

/*
 * Train with the optimizer `name` ("adam"). A line an epoch goes to `csv` unless it is NULL. `rng` comes as a copy:
 * every optimizer starts with the same weights and sees the images in the same order.
 */
struct result train(const struct options *options, const char *name, const struct data *data, struct rng rng,
                    FILE *csv);

#endif
