#define _POSIX_C_SOURCE 200809L
#include "train.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint.h"
#include "die.h"
#include "digest.h"
#include "network.h"
#include "optimizer.h"
#include "schedule.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Tell the optimizer where the weights and their gradients are. It will update the weights in place. */
static void add_tensors(optim *opt, const struct network *network) {
    for (size_t i = 0; i < network->count; i++) {
        const struct layer *l = &network->layer[i];
        const size_t shape[] = {l->outputs, l->inputs};
        char name[40];
        snprintf(name, sizeof name, "layer%zu.weight", i + 1);
        optimizer_check(opt, optim_add(opt, name, OPTIM_F32, 2, shape, l->weight, l->weight_gradient));
        snprintf(name, sizeof name, "layer%zu.bias", i + 1);
        optimizer_check(opt, optim_add(opt, name, OPTIM_F32, 1, shape, l->bias, l->bias_gradient));
    }
}

struct training {
    const char *name;
    const struct options *options;
    const struct data *data;
    optim *opt;
    struct network network;
    size_t *order;     /* of the images in this epoch */
    size_t batch;      /* of the epoch: how many are learned */
    size_t batches;    /* in an epoch */
    size_t until_stop; /* batches; SIZE_MAX: it will not */
    struct checkpoint checkpoint;
};

/* The optimizer counts them. */
static size_t batches_learned(const optim *opt) {
    return (size_t)(optim_steps(opt) + optim_skipped(opt));
}

static void save(struct training *t) {
    if (t->options->save != NULL)
        checkpoint_save(&t->checkpoint, t->options, t->data, t->opt);
}

/* The next batch of the epoch. */
static void learn_batch(struct training *t) {
    const size_t first = t->batch * t->network.rows, left = t->data->train.count - first;
    const size_t rows = t->network.rows < left ? t->network.rows : left;
    size_t correct = 0;
    data_gather(t->data, &t->data->train, t->order, first, rows, t->network.input, t->network.label);
    t->checkpoint.loss += network_forward(&t->network, rows, &correct);
    network_backward(&t->network, rows);
    optimizer_check(t->opt, optim_step(t->opt));
    t->batch++;
    t->until_stop--;
}

/* The rest of the epoch, unless it is to stop before; what is saved in between does not count as time of training. */
static void learn(struct training *t) {
    const size_t every = t->options->save_every;
    double start = now();
    while (t->batch < t->batches && t->until_stop > 0) {
        learn_batch(t);
        const bool due = every > 0 && batches_learned(t->opt) % every == 0;
        if (t->batch == t->batches || !(due || t->until_stop == 0))
            continue;
        t->checkpoint.result.seconds += now() - start;
        save(t);
        start = now();
    }
    t->checkpoint.result.seconds += now() - start;
}

/* How good the network is with images it has not learned from. */
static struct score validate(optim *opt, struct network *network, const struct data *data) {
    int swapped = optim_swap(opt); /* a wrapper such as lookahead may have better weights */
    if (swapped != OPTIM_ERROR_STATE)
        optimizer_check(opt, swapped);

    const size_t count = data->validation.count;
    double loss = 0.0;
    size_t correct = 0;
    for (size_t i = 0; i < count; i += network->rows) {
        size_t rows = network->rows < count - i ? network->rows : count - i;
        data_gather(data, &data->validation, NULL, i, rows, network->input, network->label);
        loss += network_forward(network, rows, &correct);
    }
    if (swapped == OPTIM_OK)
        optimizer_check(opt, optim_swap(opt));
    return (struct score){loss / (double)count, (double)correct / (double)count};
}

static bool on_terminal(void) {
    return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

static void show_progress(const char *name, size_t epoch, size_t epochs, double accuracy) {
    if (!on_terminal())
        return;
    char text[79];
    snprintf(text, sizeof text, "%s: epoch %zu of %zu, accuracy %.2f %%", name, epoch, epochs, 100.0 * accuracy);
    fprintf(stderr, "\r%-78s", text);
    if (epoch == epochs)
        fprintf(stderr, "\r%78s\r", "");
}

/* The end of an epoch that is learned. */
static void finish_epoch(struct training *t, size_t epoch, FILE *csv) {
    struct result *result = &t->checkpoint.result;
    const double loss = t->checkpoint.loss / (double)t->data->train.count;
    const struct score *s = &result->last;
    result->last = validate(t->opt, &t->network, t->data);
    optimizer_check(t->opt, optim_epoch(t->opt, s->accuracy)); /* for schedules that follow it */
    if (s->accuracy > result->best_accuracy)
        result->best_accuracy = s->accuracy;
    if (s->accuracy >= GOAL && result->goal_epoch == 0)
        result->goal_epoch = epoch;
    t->batch = 0;
    t->checkpoint.loss = 0.0;
    save(t);

    if (csv != NULL) {
        fprintf(csv, "%s,%zu,%.6g,%.6g,%.6f,%.6f\n", t->name, epoch, loss, s->loss, s->accuracy, result->seconds);
    }
    if (t->options->optimizers == 1 && !on_terminal()) {
        printf("epoch %zu: training loss %.4f, validation loss %.4f, accuracy %.2f %%\n", epoch, loss, s->loss,
               100.0 * s->accuracy);
    }
    show_progress(t->name, epoch, t->options->epochs, s->accuracy);
}

static void run(struct training *t, struct rng *rng, FILE *csv) {
    const size_t before = (size_t)optim_epochs(t->opt);
    for (size_t epoch = 1; epoch <= t->options->epochs && t->until_stop > 0; epoch++) {
        rng_shuffle(rng, t->order, t->data->train.count);
        if (epoch <= before)
            continue; /* this was before it was saved: only the order goes on from there */
        learn(t);
        if (t->batch == t->batches)
            finish_epoch(t, epoch, csv);
    }
    t->checkpoint.result.unfinished = optim_epochs(t->opt) < t->options->epochs;
}

static uint64_t digest_weights(const struct network *network) {
    uint64_t all = DIGEST_BEGIN;
    for (size_t i = 0; i < network->count; i++) {
        const struct layer *l = &network->layer[i];
        all = digest(all, l->weight, l->outputs * l->inputs * sizeof *l->weight);
        all = digest(all, l->bias, l->outputs * sizeof *l->bias);
    }
    return all;
}

/* Go on where the training that is loaded was. */
static void resume(struct training *t) {
    checkpoint_load(&t->checkpoint, t->options, t->data, t->opt);
    const size_t learned = batches_learned(t->opt);
    t->batch = learned % t->batches;
    if (learned / t->batches != optim_epochs(t->opt))
        die(FAILED, "--resume \"%s\": %zu batches of %zu an epoch in %llu epochs: digits did not save it",
            t->options->resume, learned, t->batches, (unsigned long long)optim_epochs(t->opt));
}

struct result train(const struct options *options, const char *name, const struct data *data, struct rng rng,
                    FILE *csv) {
    const size_t count = data->train.count;
    struct training t = {.name = name, .options = options, .data = data};
    struct result *result = &t.checkpoint.result;
    result->batch = options->batch < count && !optimizer_full_batch(name) ? options->batch : count;
    t.batches = (count + result->batch - 1) / result->batch;
    t.until_stop = options->stop_after > 0 ? options->stop_after : SIZE_MAX;

    size_t width[MAX_LAYERS + 1] = {data->pixels};
    memcpy(width + 1, options->hidden, options->hiddens * sizeof *width);
    width[options->hiddens + 1] = DIGITS;
    network_create(&t.network, options->hiddens + 1, width, result->batch, &rng);
    t.order = allocate(count, sizeof *t.order);
    for (size_t i = 0; i < count; i++)
        t.order[i] = i;

    t.opt = optimizer_create(options, name);
    add_tensors(t.opt, &t.network);
    schedule_attach(options, t.opt, options->epochs * t.batches);
    optimizer_check(t.opt, optim_get(t.opt, "lr", &result->lr));
    if (options->save != NULL || options->resume != NULL)
        checkpoint_begin(&t.checkpoint, t.opt);
    if (options->resume != NULL)
        resume(&t);

    show_progress(name, (size_t)optim_epochs(t.opt), options->epochs, result->last.accuracy);
    run(&t, &rng, csv);
    result->batches = batches_learned(t.opt);
    result->digest = digest_weights(&t.network);
    free(t.order);
    optim_destroy(t.opt);
    network_free(&t.network);
    return *result;
}
