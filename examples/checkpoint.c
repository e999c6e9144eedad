/*
 * The optimizer knows how many steps it has taken, so where in the data a training is follows from its state. What else
 * there is goes into a tensor without a gradient: no step touches it, and it is saved and loaded like the weights.
 */
#include "checkpoint.h"

#include <math.h>
#include <string.h>

#include "die.h"
#include "digest.h"
#include "optimizer.h"

static uint64_t digest_settings(uint64_t before, const struct setting *setting, size_t count) {
    for (size_t i = 0; i < count; i++)
        before = digest(before, setting[i].text, strlen(setting[i].text) + 1);
    return before;
}

/* Of the options that say what the optimizer is like: the file has that, so they can only be what they were. */
static uint64_t settings_of(const struct options *options) {
    const char *schedule = options->schedule != NULL ? options->schedule : "";
    uint64_t all = digest_settings(DIGEST_BEGIN, options->setting, options->settings);
    all = digest(all, schedule, strlen(schedule) + 1);
    all = digest_settings(all, options->schedule_setting, options->schedule_settings);
    return digest(all, &options->warmup, sizeof options->warmup);
}

/* A double has 53 bits for whole numbers. */
static double high(uint64_t x) {
    return (double)(x >> 32);
}

static double low(uint64_t x) {
    return (double)(x & UINT32_MAX);
}

void checkpoint_begin(struct checkpoint *checkpoint, optim *opt) {
    const size_t shape[] = {CHECKPOINT_VALUES};
    for (size_t i = 0; i < CHECKPOINT_VALUES; i++)
        checkpoint->values[i] = NAN;
    optimizer_check(opt, optim_add(opt, "training", OPTIM_F64, 1, shape, checkpoint->values, NULL));
    optimizer_check(opt, optim_set(opt, "save_weights", 1.0));
}

void checkpoint_save(struct checkpoint *checkpoint, const struct options *options, const struct data *data,
                     optim *opt) {
    const struct result *result = &checkpoint->result;
    const uint64_t settings = settings_of(options);
    const double values[CHECKPOINT_VALUES] = {
        [SEED_HIGH] = high(options->seed),
        [SEED_LOW] = low(options->seed),
        [BATCH] = (double)result->batch,
        [IMAGES] = (double)data->train.count,
        [SETTINGS_HIGH] = high(settings),
        [SETTINGS_LOW] = low(settings),
        [LOSS] = checkpoint->loss,
        [SECONDS] = result->seconds,
        [BEST_ACCURACY] = result->best_accuracy,
        [GOAL_EPOCH] = (double)result->goal_epoch,
        [LAST_LOSS] = result->last.loss,
        [LAST_ACCURACY] = result->last.accuracy,
    };
    memcpy(checkpoint->values, values, sizeof values);
    if (optim_save(opt, options->save) != OPTIM_OK)
        die(FAILED, "--save \"%s\": %s", options->save, optim_errmsg(opt));
}

static void check_same(const struct options *options, const struct data *data, const struct result *result,
                       const double *values) {
    const char *path = options->resume;
    const uint64_t settings = settings_of(options);
    if (!(values[GOAL_EPOCH] >= 0.0 && values[GOAL_EPOCH] <= MAX_EPOCHS)) /* a NaN, if there were no weights in it */
        die(FAILED, "--resume \"%s\": is the state of an optimizer, but not one that digits saved", path);
    if (values[SEED_HIGH] != high(options->seed) || values[SEED_LOW] != low(options->seed))
        die(FAILED, "--resume \"%s\": was trained with --seed %.0f, not %llu", path,
            values[SEED_HIGH] * 0x1p32 + values[SEED_LOW], (unsigned long long)options->seed);
    if (values[BATCH] != (double)result->batch)
        die(FAILED, "--resume \"%s\": was trained with --batch %.0f, not %zu", path, values[BATCH], result->batch);
    if (values[IMAGES] != (double)data->train.count)
        die(FAILED, "--resume \"%s\": was trained with %.0f images, not %zu: other data", path, values[IMAGES],
            data->train.count);
    if (values[SETTINGS_HIGH] != high(settings) || values[SETTINGS_LOW] != low(settings))
        die(FAILED, "--resume \"%s\": was trained with other --set, --schedule, --schedule-set or --warmup", path);
}

void checkpoint_load(struct checkpoint *checkpoint, const struct options *options, const struct data *data,
                     optim *opt) {
    const double *values = checkpoint->values;
    struct result *result = &checkpoint->result;
    if (optim_load(opt, options->resume) != OPTIM_OK)
        die(FAILED, "--resume \"%s\": %s", options->resume, optim_errmsg(opt));
    check_same(options, data, result, values);
    checkpoint->loss = values[LOSS];
    result->seconds = values[SECONDS];
    result->best_accuracy = values[BEST_ACCURACY];
    result->goal_epoch = (size_t)values[GOAL_EPOCH];
    result->last = (struct score){values[LAST_LOSS], values[LAST_ACCURACY]};
}
