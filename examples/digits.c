/*
 * Learn to read handwritten digits with the optimizers of liboptim, and compare them.
 *
 * Start reading at train.c, which is what a program does with the library. optimizer.c creates an optimizer,
 * network.c computes the gradients, checkpoint.c saves a training, data.c reads the images, options.c the command line.
 */
#include <cblas.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "die.h"
#include "optimizer.h"
#include "options.h"
#include "schedule.h"
#include "train.h"

static void print_row(const struct options *options, const char *name, const struct result *r) {
    char lr[32], goal[32] = "-";
    snprintf(lr, sizeof lr, "%g%s", r->lr, optimizer_tuned(options, name) ? "*" : " ");
    if (r->goal_epoch > 0)
        snprintf(goal, sizeof goal, "%zu", r->goal_epoch);
    printf("%-24s %9s %6zu %8.2f %8.2f %9.4f %9s %9.3f\n", name, lr, r->batch, 100.0 * r->best_accuracy,
           100.0 * r->last.accuracy, r->last.loss, goal, r->seconds);
}

static void print_table(const struct options *options, const struct data *data, const struct result *result) {
    printf("\n%zu images to learn from, %zu to validate with. Layers %zu", data->train.count, data->validation.count,
           data->pixels);
    for (size_t i = 0; i < options->hiddens; i++)
        printf("-%zu", options->hidden[i]);
    printf("-%d, %zu epochs, seed %llu.\n\n", DIGITS, options->epochs, (unsigned long long)options->seed);

    printf("%-24s %9s %6s %17s %9s %9s %9s\n", "", "", "", "accuracy in %", "", "epochs", "");
    printf("%-24s %8s  %6s %8s %8s %9s %9s %9s\n", "optimizer", "lr", "batch", "best", "last", "loss", "to 95 %",
           "seconds");
    bool tuned = false, full_batch = false;
    for (size_t i = 0; i < options->optimizers; i++) {
        print_row(options, options->optimizer[i], &result[i]);
        tuned |= optimizer_tuned(options, options->optimizer[i]);
        full_batch |= optimizer_full_batch(options->optimizer[i]);
    }
    puts("\nAccuracy and loss are those with the validation images; seconds are of training alone.");
    if (tuned)
        puts("* A learning rate chosen for these digits; all others are the library's defaults.");
    if (full_batch)
        puts("Rprop is made for the gradient of all images, so an epoch is one step of it.");
}

static void print_digests(const struct options *options, const struct result *result) {
    for (size_t i = 0; i < options->optimizers; i++)
        printf("Weights of %s: %016" PRIx64 "\n", options->optimizer[i], result[i].digest);
}

static void print_stop(const struct options *options, const struct result *result) {
    printf("Stopped after %zu batches", result->batches);
    if (options->save != NULL)
        printf("; --resume %s goes on", options->save);
    puts(".");
}

/* What a training goes on with goes on, too. */
static FILE *open_csv(const char *path, bool append) {
    FILE *csv = fopen(path, append ? "a" : "w");
    if (csv == NULL || fseek(csv, 0, SEEK_END) != 0)
        die(FAILED, "%s: %s", path, strerror(errno));
    if (ftell(csv) == 0)
        fputs(CSV_HEADER, csv);
    return csv;
}

static void close_csv(FILE *csv, const char *path) {
    bool failed = ferror(csv) != 0;
    if (fclose(csv) != 0 || failed)
        die(FAILED, "%s: writing failed: %s", path, strerror(errno));
}

/* Complain about a wrong name or setting at once, not after an hour. */
static void check(const struct options *options, const char *name) {
    optim *opt = optimizer_create(options, name);
    int status = optim_step(opt); /* without tensors it only looks whether the settings contradict each other */
    if (status != OPTIM_OK)
        die(MISUSE, "--set: %s", optim_errmsg(opt));
    optim_destroy(opt);
}

int main(int argc, char **argv) {
    openblas_set_num_threads(1); /* the matrices are small, and the results must not depend on the machine's CPUs */

    struct options options;
    options_read(&options, argc, argv);
    if (options.list) {
        optimizer_list();
        schedule_list();
        options_free(&options);
        return 0;
    }
    for (size_t i = 0; i < options.optimizers; i++)
        check(&options, options.optimizer[i]);
    optim_schedule_destroy(schedule_create(&options));

    struct data data;
    struct rng rng = {options.seed};
    if (options.mnist != NULL) {
        data_read_mnist(&data, options.mnist);
    } else {
        data_read_csv(&data, options.data, &rng);
    }
    FILE *csv = options.csv != NULL ? open_csv(options.csv, options.resume != NULL) : NULL;

    struct result *result = allocate(options.optimizers, sizeof *result);
    for (size_t i = 0; i < options.optimizers; i++) {
        result[i] = train(&options, options.optimizer[i], &data, rng, csv);
    }
    if (result->unfinished)
        print_stop(&options, result);
    else
        print_table(&options, &data, result);
    if (options.digest)
        print_digests(&options, result);

    if (csv != NULL)
        close_csv(csv, options.csv);
    if (fflush(stdout) != 0)
        die(FAILED, "standard output: %s", strerror(errno));
    free(result);
    data_free(&data);
    options_free(&options);
    return 0;
}
