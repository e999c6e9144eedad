#define _POSIX_C_SOURCE 200809L
#include "train.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
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
        char name[32];
        snprintf(name, sizeof name, "layer%zu.weight", i + 1);
        optimizer_check(opt, optim_add(opt, name, OPTIM_F32, 2, shape, l->weight, l->weight_gradient));
        snprintf(name, sizeof name, "layer%zu.bias", i + 1);
        optimizer_check(opt, optim_add(opt, name, OPTIM_F32, 1, shape, l->bias, l->bias_gradient));
    }
}

/* One pass over the training images; returns the mean loss. */
static double learn(optim *opt, struct network *network, const struct data *data, const size_t *order) {
    const size_t count = data->train.count;
    double loss = 0.0;
    size_t correct = 0;
    for (size_t i = 0; i < count; i += network->rows) {
        size_t rows = network->rows < count - i ? network->rows : count - i;
        data_gather(data, &data->train, order, i, rows, network->input, network->label);
        loss += network_forward(network, rows, &correct);
        network_backward(network, rows);
        optimizer_check(opt, optim_step(opt));
    }
    return loss / (double)count;
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

struct result train(const struct options *options, const char *name, const struct data *data, struct rng rng,
                    FILE *csv) {
    const size_t count = data->train.count;
    struct result result = {.batch = options->batch < count ? options->batch : count};
    if (optimizer_full_batch(name))
        result.batch = count;

    size_t width[MAX_LAYERS + 1] = {data->pixels};
    memcpy(width + 1, options->hidden, options->hiddens * sizeof *width);
    width[options->hiddens + 1] = DIGITS;
    struct network network;
    network_create(&network, options->hiddens + 1, width, result.batch, &rng);

    optim *opt = optimizer_create(options, name);
    add_tensors(opt, &network);
    schedule_attach(options, opt, options->epochs * ((count + result.batch - 1) / result.batch));
    optimizer_check(opt, optim_get(opt, "lr", &result.lr));

    size_t *order = allocate(count, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    show_progress(name, 0, options->epochs, 0.0);
    for (size_t epoch = 1; epoch <= options->epochs; epoch++) {
        double start = now();
        rng_shuffle(&rng, order, count);
        double loss = learn(opt, &network, data, order);
        result.seconds += now() - start;

        result.last = validate(opt, &network, data);
        optimizer_check(opt, optim_epoch(opt, result.last.accuracy)); /* for schedules that follow it */
        const struct score *s = &result.last;
        if (s->accuracy > result.best_accuracy)
            result.best_accuracy = s->accuracy;
        if (s->accuracy >= GOAL && result.goal_epoch == 0)
            result.goal_epoch = epoch;
        if (csv != NULL) {
            fprintf(csv, "%s,%zu,%.6g,%.6g,%.6f,%.6f\n", name, epoch, loss, s->loss, s->accuracy, result.seconds);
        }
        if (options->optimizers == 1 && !on_terminal()) {
            printf("epoch %zu: training loss %.4f, validation loss %.4f, accuracy %.2f %%\n", epoch, loss, s->loss,
                   100.0 * s->accuracy);
        }
        show_progress(name, epoch, options->epochs, s->accuracy);
    }
    free(order);
    optim_destroy(opt);
    network_free(&network);
    return result;
}
