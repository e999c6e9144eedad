#include "subject.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "measure.h"

enum { NAME = 64, WARM = 8 }; /* WARM: steps until RAdam, the last to do so, is in its final form, and a few more */

static size_t size_of(int dtype) {
    return dtype == OPTIM_F64 ? sizeof(double) : sizeof(float);
}

/* The next name in "lookahead(adam)", from *text on; false: there is none. */
static bool next_name(const char **text, char name[NAME]) {
    *text += strspn(*text, "()");
    const size_t length = strcspn(*text, "()");
    if (length >= NAME)
        die(MISUSE, "%.*s: no algorithm has so long a name", (int)length, *text);
    memcpy(name, *text, length);
    name[length] = '\0';
    *text += length;
    return length != 0;
}

static optim *create(const char *algorithm) {
    optim *opt = NULL;
    if (optim_create(&opt, algorithm) != OPTIM_OK)
        die(MISUSE, "%s", optim_errmsg(NULL));
    return opt;
}

void subject_check(const char *algorithm) {
    optim_destroy(create(algorithm));
}

/* Of either sign and about 1/100, so that in millions of steps nothing overflows, vanishes or becomes denormal. */
static double gradient(size_t tensor, size_t i) {
    uint64_t x = (tensor << 32) + i + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    const double size = (1 + (double)(x >> 12) * 0x1p-52) / 128;
    return x & 1 ? size : -size;
}

static void fill(const struct subject *subject, size_t tensor) {
    for (size_t i = 0; i < subject->count; i++)
        if (subject->dtype == OPTIM_F64) {
            ((double *)subject->params[tensor])[i] = 1;
            ((double *)subject->grads[tensor])[i] = gradient(tensor, i);
        } else {
            ((float *)subject->params[tensor])[i] = 1;
            ((float *)subject->grads[tensor])[i] = (float)gradient(tensor, i);
        }
}

static void check(const struct subject *subject, int status) {
    if (status != OPTIM_OK)
        die(FAILED, "%s", optim_errmsg(subject->opt));
}

/* An executor that only finds out into how many parts a step is cut. */
static void count_parts(void *context, size_t count, optim_task task, void *job) {
    *(int *)context = (int)count;
    for (size_t i = 0; i < count; i++)
        task(job, i);
}

void subject_create(struct subject *subject, const char *algorithm, const struct setting *settings, size_t nsettings,
                    int dtype, size_t tensors, size_t count, int threads) {
    *subject = (struct subject){
        .opt = create(algorithm),
        .dtype = dtype,
        .tensors = tensors,
        .count = count,
        .params = allocate(tensors, sizeof(void *)),
        .grads = allocate(tensors, sizeof(void *)),
        .threads = 1,
    };
    for (size_t i = 0; i < nsettings; i++)
        if (optim_set(subject->opt, settings[i].name, settings[i].value) != OPTIM_OK)
            die(MISUSE, "--set: %s: %s", algorithm, optim_errmsg(subject->opt));
    for (size_t i = 0; i < tensors; i++) {
        subject->params[i] = allocate(count, size_of(dtype));
        subject->grads[i] = allocate(count, size_of(dtype));
        fill(subject, i);
        check(subject, optim_add(subject->opt, NULL, dtype, 1, &count, subject->params[i], subject->grads[i]));
    }
    check(subject, optim_set_threads(subject->opt, threads));
    check(subject, optim_set_executor(subject->opt, count_parts, &subject->threads));
    check(subject, optim_step(subject->opt));
    check(subject, optim_set_executor(subject->opt, NULL, NULL));
    for (int i = 1; i < WARM; i++)
        check(subject, optim_step(subject->opt));
}

void subject_destroy(struct subject *subject) {
    optim_destroy(subject->opt);
    for (size_t i = 0; i < subject->tensors; i++) {
        free(subject->params[i]);
        free(subject->grads[i]);
    }
    free(subject->params);
    free(subject->grads);
}

static bool has(const struct streams *streams, const void *array) {
    for (int i = 0; i < streams->all; i++)
        if (streams->written[i] == array)
            return true;
    return false;
}

/* Lookahead's slow weights are only touched when they meet the fast ones. */
static bool is_sometimes(const struct subject *subject, const char *slot, size_t *period) {
    double value;
    if (strcmp(slot, "slow") != 0 || optim_get(subject->opt, "sync_period", &value) != OPTIM_OK)
        return false;
    *period = (size_t)value;
    return true;
}

static void add_slot(const struct subject *subject, const char *slot, struct streams *streams, bool sometimes) {
    size_t period = 1;
    void *array;
    if (is_sometimes(subject, slot, &period) != sometimes ||
        optim_state(subject->opt, 0, slot, &array, NULL, NULL) != OPTIM_OK || has(streams, array))
        return;
    if (streams->all == LIMIT_STREAMS)
        die(FAILED, "%s keeps more state than the limit loop knows of", optim_name(subject->opt));
    streams->written[streams->all++] = array;
    streams->always += !sometimes;
    streams->period = sometimes ? period : streams->period;
}

void subject_streams(const struct subject *subject, const char *algorithm, struct streams *streams) {
    double norm;
    *streams = (struct streams){
        .dtype = subject->dtype,
        .count = subject->count,
        .read = subject->grads[0],
        .written = {subject->params[0]},
        .always = 1,
        .all = 1,
        .period = 1,
        .measured = optim_norm(subject->opt, &norm) == OPTIM_OK,
    };
    for (int sometimes = 0; sometimes <= 1; sometimes++) {
        const char *text = algorithm;
        char name[NAME];
        while (next_name(&text, name))
            for (size_t i = 0; i < optim_slot_count(name); i++)
                add_slot(subject, optim_slot_name(name, i), streams, sometimes);
    }
    for (int i = streams->all; i < LIMIT_STREAMS; i++)
        streams->written[i] = streams->written[0];
}

double subject_bytes(const char *algorithm, int dtype, size_t tensors, size_t count) {
    size_t arrays = 2;
    char name[NAME];
    while (next_name(&algorithm, name))
        arrays += optim_slot_count(name);
    return (double)arrays * (double)tensors * (double)count * (double)size_of(dtype);
}

double subject_time(void *context, size_t steps) {
    const struct subject *subject = context;
    int status = OPTIM_OK;
    const double start = measure_now();
    for (size_t i = 0; i < steps; i++)
        status |= optim_step(subject->opt);
    const double end = measure_now();
    check(subject, status);
    return end - start;
}
