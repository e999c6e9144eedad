/*
 * A program of the first release: it is compiled against that header (optim-0.1.h) for ever and linked with the library
 * of today. It calls every function, and holds the library to what the header of that time says.
 */
#include "optim-0.1.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(int condition, const char *what, int line) {
    if (!condition) {
        fprintf(stderr, "program.c:%d: this no longer holds: %s\n", line, what);
        exit(1);
    }
}

#define EXPECT(condition) expect(condition, #condition, __LINE__)
#define OK(call)          EXPECT((call) == OPTIM_OK)

static void status(void) {
    optim *opt = NULL;
    EXPECT(strlen(optim_version()) > 0);
    EXPECT(strcmp(optim_strerror(OPTIM_OK), optim_strerror(OPTIM_ERROR_NAME)) != 0);
    EXPECT(strcmp(optim_strerror(12345), "unknown status") == 0);
    EXPECT(optim_create(&opt, "adamm") == OPTIM_ERROR_NAME && opt == NULL);
    EXPECT(strstr(optim_errmsg(NULL), "adamm") != NULL);
    EXPECT(optim_create(NULL, "adam") == OPTIM_ERROR_ARGUMENT);
    OK(optim_create(&opt, "sgd"));
    EXPECT(strcmp(optim_errmsg(opt), "") == 0);
    float weight = 1;
    EXPECT(optim_add(opt, "weight", 99, 0, NULL, &weight, &weight) == OPTIM_ERROR_DTYPE);
    EXPECT(optim_add(opt, "weight", OPTIM_F32, 0, NULL, (char *)&weight + 1, NULL) == OPTIM_ERROR_ALIGNMENT);
    const size_t huge[2] = {SIZE_MAX, SIZE_MAX};
    EXPECT(optim_add(opt, "weight", OPTIM_F32, 2, huge, &weight, NULL) == OPTIM_ERROR_SIZE);
    OK(optim_add(opt, "weight", OPTIM_F32, 0, NULL, &weight, NULL));
    EXPECT(optim_add(opt, "weight", OPTIM_F32, 0, NULL, &weight, NULL) == OPTIM_ERROR_DUPLICATE);
    EXPECT(optim_set(opt, "lr", -1) == OPTIM_ERROR_RANGE);
    OK(optim_set(opt, "nesterov", 1));
    OK(optim_set(opt, "momentum", 0.9));
    EXPECT(optim_set(opt, "dampening", 0.5) == OPTIM_ERROR_CONFLICT);
    EXPECT(optim_swap(opt) == OPTIM_ERROR_STATE);
    optim_destroy(opt);
    optim_destroy(NULL);
}

/* Plain SGD, by hand: p - lr g. */
static void steps(void) {
    double p[2] = {1, 2}, g[2] = {0.5, -0.25}, value, norm;
    const size_t count = 2;
    optim *opt;
    OK(optim_create(&opt, "sgd"));
    EXPECT(strcmp(optim_name(opt), "sgd") == 0);
    OK(optim_add(opt, "p", OPTIM_F64, 1, &count, p, NULL));
    EXPECT(optim_count(opt) == 1);
    OK(optim_bind(opt, 0, p, g));
    OK(optim_set(opt, "lr", 0.5));
    OK(optim_set_threads(opt, 1));
    OK(optim_step(opt));
    EXPECT(p[0] == 0.75 && p[1] == 2.125);
    OK(optim_set_for(opt, "p*", "lr", 2));
    OK(optim_get(opt, "lr", &value));
    EXPECT(value == 0.5);
    OK(optim_get_for(opt, "p", "lr", &value));
    EXPECT(value == 2);
    OK(optim_set(opt, "clip_norm", 1e9));
    OK(optim_step(opt));
    EXPECT(p[0] == -0.25 && p[1] == 2.625);
    OK(optim_norm(opt, &norm));
    EXPECT(fabs(norm - sqrt(0.3125)) < 1e-15);
    OK(optim_set(opt, "check_finite", 1));
    g[1] = INFINITY;
    EXPECT(optim_step(opt) == OPTIM_ERROR_NONFINITE && p[0] == -0.25);
    OK(optim_set(opt, "check_finite", 2));
    OK(optim_step(opt));
    EXPECT(p[0] == -0.25 && optim_steps(opt) == 2 && optim_skipped(opt) == 1);
    OK(optim_epoch(opt, 0.5));
    EXPECT(optim_epochs(opt) == 1);
    OK(optim_reset(opt));
    EXPECT(optim_steps(opt) == 0 && optim_epochs(opt) == 0);
    optim_destroy(opt);
}

/* Points, a warmup around them, and what belongs to whom. */
static void schedules(void) {
    float p = 1, g = 1;
    double factor, value;
    optim *opt;
    optim_schedule *points, *rising, *all;
    OK(optim_schedule_create(&points, "piecewise"));
    OK(optim_schedule_point(points, 4, 0.5));
    OK(optim_schedule_factor(points, 3, &factor));
    EXPECT(factor == 1);
    OK(optim_schedule_factor(points, 4, &factor));
    EXPECT(factor == 0.5);
    OK(optim_schedule_create(&all, "piecewise"));
    OK(optim_schedule_point(all, 1, 0));
    OK(optim_schedule_wrap(&rising, "warmup", points));
    OK(optim_schedule_set(rising, "steps", 2));
    OK(optim_schedule_get(rising, "steps", &value));
    EXPECT(value == 2);
    OK(optim_create(&opt, "sgd"));
    OK(optim_add(opt, "p", OPTIM_F32, 0, NULL, &p, &g));
    OK(optim_set(opt, "lr", 0.25));
    OK(optim_attach(opt, "lr", all));
    EXPECT(optim_attach(opt, "lr", rising) == OPTIM_ERROR_STATE);
    OK(optim_step(opt));
    OK(optim_step(opt));
    EXPECT(p == 0.75f);
    OK(optim_detach(opt, "lr"));
    OK(optim_attach_for(opt, "p", "lr", rising));
    optim_destroy(opt);
    OK(optim_schedule_create(&all, "cosine"));
    optim_schedule_destroy(all);
}

static int executed;

static void run_all(void *context, size_t count, optim_task task, void *job) {
    *(int *)context += 1;
    for (size_t i = 0; i < count; i++)
        task(job, i);
}

/* A wrapper around an optimizer, with what it remembers, on the application's threads. */
static void wrapped(void) {
    static float p[1 << 20], g[1 << 20];
    const size_t count = sizeof p / sizeof *p;
    optim *inner, *opt;
    void *data;
    int dtype;
    size_t elements;
    for (size_t i = 0; i < count; i++)
        g[i] = 1;
    OK(optim_create(&inner, "momentum"));
    OK(optim_wrap(&opt, "lookahead", inner));
    EXPECT(strcmp(optim_name(opt), "lookahead(momentum)") == 0);
    OK(optim_add(opt, NULL, OPTIM_F32, 1, &count, p, g));
    OK(optim_set(opt, "lr", 1));
    OK(optim_set_threads(opt, 2));
    OK(optim_set_executor(opt, run_all, &executed));
    OK(optim_step(opt));
    EXPECT(executed > 0);
    EXPECT(p[0] == -1 && p[count - 1] == -1);
    OK(optim_state(opt, 0, "momentum_buffer", &data, &dtype, &elements));
    EXPECT(dtype == OPTIM_F32 && elements == count && *(float *)data == 1);
    OK(optim_swap(opt));
    EXPECT(p[0] == 0);
    OK(optim_swap(opt));
    EXPECT(p[0] == -1);
    optim_destroy(opt);
}

static struct {
    char bytes[65536];
    size_t size, taken;
} stream;

static int put(void *context, const void *data, size_t size) {
    EXPECT(context == &stream && stream.size + size <= sizeof stream.bytes);
    memcpy(stream.bytes + stream.size, data, size);
    stream.size += size;
    return 0;
}

static int give(void *context, void *data, size_t size) {
    if (context != &stream || stream.taken + size > stream.size)
        return 1;
    memcpy(data, stream.bytes + stream.taken, size);
    stream.taken += size;
    return 0;
}

/* Saved after one step, loaded into another handle, both take the same second step. */
static void saving(void) {
    const char *path = "saved.safetensors";
    double p[3] = {1, 1, 1};
    const double g = 0.5;
    optim *opt[3];
    size_t restored, fresh, ignored;
    for (int i = 0; i < 3; i++) {
        OK(optim_create(&opt[i], "adam"));
        OK(optim_add(opt[i], "p", OPTIM_F64, 0, NULL, &p[i], &g));
    }
    OK(optim_step(opt[0]));
    p[1] = p[2] = p[0];
    OK(optim_save(opt[0], path));
    OK(optim_load(opt[1], path));
    EXPECT(remove(path) == 0);
    OK(optim_loaded(opt[1], &restored, &fresh, &ignored));
    EXPECT(restored == 1 && fresh == 0 && ignored == 0);
    OK(optim_write(opt[0], put, &stream));
    OK(optim_read(opt[2], give, &stream));
    for (int i = 0; i < 3; i++)
        OK(optim_step(opt[i]));
    EXPECT(p[0] < 1 && p[1] == p[0] && p[2] == p[0] && optim_steps(opt[2]) == 2);
    EXPECT(optim_load(opt[0], "no/such/file") == OPTIM_ERROR_IO);
    stream.bytes[stream.size / 2] ^= 1;
    stream.taken = 0;
    EXPECT(optim_read(opt[2], give, &stream) == OPTIM_ERROR_FORMAT);
    for (int i = 0; i < 3; i++)
        optim_destroy(opt[i]);
}

static void what_there_is(void) {
    const char *name, *help;
    double initial, min, max;
    int found = 0;
    for (size_t i = 0; i < optim_algorithm_count(); i++) {
        const char *algorithm = optim_algorithm_name(i);
        EXPECT(strlen(optim_algorithm_summary(algorithm)) > 0);
        EXPECT(optim_algorithm_wraps(algorithm) >= 0);
        EXPECT(optim_param_count(algorithm) > 0);
        OK(optim_param_info(algorithm, 0, &name, &initial, &min, &max, &help));
        EXPECT(min <= max && strlen(help) > 0);
        if (optim_slot_count(algorithm))
            EXPECT(strlen(optim_slot_name(algorithm, 0)) > 0);
        found += strcmp(algorithm, "adamw") == 0 || strcmp(algorithm, "lookahead") == 0;
    }
    EXPECT(found == 2 && optim_algorithm_name(optim_algorithm_count()) == NULL);
    found = 0;
    for (size_t i = 0; i < optim_schedule_count(); i++) {
        const char *kind = optim_schedule_name(i);
        EXPECT(strlen(optim_schedule_summary(kind)) > 0);
        EXPECT(optim_schedule_wraps(kind) == (strcmp(kind, "warmup") == 0));
        EXPECT(optim_schedule_param_count(kind) > 0);
        OK(optim_schedule_param_info(kind, 0, &name, &initial, &min, &max, &help));
        found += strcmp(kind, "cosine") == 0;
    }
    EXPECT(found == 1);
}

int main(void) {
    status();
    steps();
    schedules();
    wrapped();
    saving();
    what_there_is();
    printf("compiled against %s, run with %s\n", OPTIM_VERSION, optim_version());
}
