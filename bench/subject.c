#include "subject.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "measure.h"

enum { NAME = 64, WARM = 8 }; /* WARM: steps until RAdam, the last to do so, is in its final form, and a few more */

size_t subject_size(int dtype) {
    return dtype == OPTIM_F64 ? sizeof(double) : sizeof(float);
}

/* The next name in "lookahead(adam):clip_norm=1", from *text on; false: there is none. */
static bool next_name(const char **text, char name[NAME]) {
    *text += strspn(*text, "()");
    const size_t length = strcspn(*text, "():");
    if (length >= NAME)
        die(MISUSE, "%.*s: no algorithm has so long a name", (int)length, *text);
    memcpy(name, *text, length);
    name[length] = '\0';
    *text += length;
    return length != 0;
}

/* Set what stands behind the name: ":clip_norm=1:every=4". */
static void set_all(optim *opt, const char *text) {
    char name[NAME];
    for (text = strchr(text, ':'); text; text = strchr(text + 1, ':')) {
        const size_t length = strcspn(text + 1, "=");
        char *end = NULL;
        if (length < NAME && text[1 + length] == '=') {
            memcpy(name, text + 1, length);
            name[length] = '\0';
            const double value = strtod(text + length + 2, &end);
            if (end > text + length + 2 && (*end == ':' || *end == '\0')) {
                if (optim_set(opt, name, value) != OPTIM_OK)
                    die(MISUSE, "%s", optim_errmsg(opt));
                continue;
            }
        }
        die(MISUSE, "\"%s\": expected :NAME=VALUE", text);
    }
}

static optim *create(const char *algorithm) {
    char chain[4 * NAME];
    optim *opt = NULL;
    snprintf(chain, sizeof chain, "%.*s", (int)strcspn(algorithm, ":"), algorithm);
    if (optim_create(&opt, chain) != OPTIM_OK)
        die(MISUSE, "%s", optim_errmsg(NULL));
    set_all(opt, algorithm);
    return opt;
}

void subject_check(const char *algorithm) {
    optim_destroy(create(algorithm));
}

/* Of either sign and about 1/100, so that in millions of steps nothing overflows, vanishes or becomes denormal. */
static double gradient(size_t i) {
    uint64_t x = i + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    const double size = (1 + (double)(x >> 12) * 0x1p-52) / 128;
    return x & 1 ? size : -size;
}

void subject_fill(int dtype, size_t count, void *param, void *grad) {
    for (size_t i = 0; i < count; i++)
        if (dtype == OPTIM_F64) {
            ((double *)param)[i] = 1;
            ((double *)grad)[i] = gradient(i);
        } else {
            ((float *)param)[i] = 1;
            ((float *)grad)[i] = (float)gradient(i);
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

static void add_tensors(struct subject *subject) {
    const size_t size = subject_size(subject->dtype);
    char *param = subject->param, *grad = subject->grad;
    for (size_t k = 0; k < subject->shape->tensors; k++) {
        const size_t count = shape_count(subject->shape, k);
        check(subject, optim_add(subject->opt, NULL, subject->dtype, 1, &count, param, grad));
        param += count * size;
        grad += count * size;
    }
}

void subject_create(struct subject *subject, const char *algorithm, const struct setting *settings, size_t nsettings,
                    int dtype, const struct shape *shape, int threads) {
    *subject = (struct subject){
        .opt = create(algorithm),
        .dtype = dtype,
        .shape = shape,
        .param = allocate(shape->elements, subject_size(dtype)),
        .grad = allocate(shape->elements, subject_size(dtype)),
        .allowed = threads,
        .threads = 1,
    };
    for (size_t i = 0; i < nsettings; i++)
        if (optim_set(subject->opt, settings[i].name, settings[i].value) != OPTIM_OK)
            die(MISUSE, "--set: %s: %s", algorithm, optim_errmsg(subject->opt));
    subject_fill(dtype, shape->elements, subject->param, subject->grad);
    add_tensors(subject);
    check(subject, optim_set_threads(subject->opt, threads));
    check(subject, optim_set_executor(subject->opt, count_parts, &subject->threads));
    check(subject, optim_step(subject->opt));
    check(subject, optim_set_executor(subject->opt, NULL, NULL));
    for (int i = 1; i < WARM; i++)
        check(subject, optim_step(subject->opt));
}

void subject_destroy(struct subject *subject) {
    optim_destroy(subject->opt);
    free(subject->param);
    free(subject->grad);
    for (int i = 0; i < LIMIT_STREAMS; i++)
        free(subject->state[i]);
}

static bool has(const struct streams *streams, const void *array) {
    for (int i = 0; i < streams->all; i++)
        if (streams->written[i] == array)
            return true;
    return false;
}

/* Accumulation touches only its sum until it steps; Lookahead's slow weights meet the fast ones now and then. */
static bool is_sometimes(const struct subject *subject, const char *slot, size_t *period) {
    double value;
    if (optim_get(subject->opt, "every", &value) == OPTIM_OK && value > 1)
        *period = strcmp(slot, "grad_sum") == 0 ? 1 : (size_t)value;
    else if (strcmp(slot, "slow") == 0 && optim_get(subject->opt, "sync_period", &value) == OPTIM_OK)
        *period = (size_t)value;
    else
        *period = 1;
    return *period > 1;
}

static void add_stream(struct subject *subject, struct streams *streams, void *array, bool sometimes, size_t period) {
    if (streams->all == LIMIT_STREAMS)
        die(FAILED, "%s keeps more state than the limit loop knows of", optim_name(subject->opt));
    streams->written[streams->all++] = array;
    streams->always += !sometimes;
    streams->period = sometimes ? period : streams->period;
}

static void add_slot(struct subject *subject, const char *slot, struct streams *streams, bool sometimes) {
    size_t period;
    void *array;
    if (is_sometimes(subject, slot, &period) != sometimes ||
        optim_state(subject->opt, 0, slot, &array, NULL, NULL) != OPTIM_OK || has(streams, array))
        return;
    if (subject->shape->tensors > 1)
        array = subject->state[streams->all] = allocate(subject->shape->elements, subject_size(subject->dtype));
    add_stream(subject, streams, array, sometimes, period);
}

void subject_streams(struct subject *subject, const char *algorithm, struct streams *streams) {
    double norm;
    size_t period;
    *streams = (struct streams){
        .dtype = subject->dtype,
        .count = subject->shape->elements,
        .read = subject->grad,
        .period = 1,
        .measured = optim_norm(subject->opt, &norm) == OPTIM_OK,
    };
    for (int sometimes = 0; sometimes <= 1; sometimes++) {
        const char *text = algorithm;
        char name[NAME];
        if (is_sometimes(subject, "", &period) == (sometimes != 0))
            add_stream(subject, streams, subject->param, sometimes, period);
        while (next_name(&text, name))
            for (size_t i = 0; i < optim_slot_count(name); i++)
                add_slot(subject, optim_slot_name(name, i), streams, sometimes);
    }
    for (int i = streams->all; i < LIMIT_STREAMS; i++)
        streams->written[i] = streams->written[0];
}

double subject_bytes(const char *algorithm, int dtype, const struct shape *shape) {
    size_t arrays = 2, slots = 0;
    char name[NAME];
    while (next_name(&algorithm, name))
        slots += optim_slot_count(name);
    arrays += shape->tensors > 1 ? 2 * slots : slots;
    return (double)arrays * (double)shape->elements * (double)subject_size(dtype);
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

double subject_time_alone(void *context, size_t steps) {
    const struct subject *subject = context;
    check(subject, optim_set_threads(subject->opt, 1));
    const double taken = subject_time(context, steps);
    check(subject, optim_set_threads(subject->opt, subject->allowed));
    return taken;
}
