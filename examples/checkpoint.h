/* Saving a training, and going on with it. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <optim/optim.h>

#include "data.h"
#include "options.h"
#include "train.h"

enum {
    /* what must be the same when the training goes on */
    SEED_HIGH,
    SEED_LOW,
    BATCH,
    IMAGES,
    SETTINGS_HIGH,
    SETTINGS_LOW,
    /* and how far it has come */
    LOSS,
    SECONDS,
    BEST_ACCURACY,
    GOAL_EPOCH,
    LAST_LOSS,
    LAST_ACCURACY,
    CHECKPOINT_VALUES
};

/* What of a training is neither the optimizer's nor the network's. */
struct checkpoint {
    struct result result;
    double loss;                      /* the sum, of the images of the epoch at hand */
    double values[CHECKPOINT_VALUES]; /* the same as a tensor, which the file has with the others */
};

/* To be called once the optimizer has its other tensors, and before its first step. */
void checkpoint_begin(struct checkpoint *checkpoint, optim *opt);

/* Have options->save be the training as it is now. */
void checkpoint_save(struct checkpoint *checkpoint, const struct options *options, const struct data *data, optim *opt);

/* Have the training be what options->resume has. Exits with a message if that is another training. */
void checkpoint_load(struct checkpoint *checkpoint, const struct options *options, const struct data *data, optim *opt);

#endif
