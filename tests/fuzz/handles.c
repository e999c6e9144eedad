#include "handles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TENSORS = 4, MOST = 6, USED = 3 };

static const struct {
    const char *name;
    int dtype;
    size_t ndim, shape[2], count;
} tensors[TENSORS] = {
    {"a", OPTIM_F32, 2, {2, 3}, 6},
    {"b/weight", OPTIM_F64, 1, {2}, 2},
    {"s", OPTIM_F32, 0, {0}, 1},
    {"empty", OPTIM_F32, 1, {0}, 0},
};

/* What all handles share: one is used at a time, and what the weights are does not matter. */
static double params[TENSORS][MOST], grads[TENSORS][MOST];

const char *handle_chain(size_t i) {
    static const char *const chains[] = {"adam", "lookahead(momentum)", "accumulate(nadam)", "swa(rprop)"};
    return i < sizeof chains / sizeof *chains ? chains[i] : NULL;
}

void handle_step(optim *opt, int steps) {
    for (int t = 0; t < steps; t++) {
        for (size_t k = 0; k < TENSORS; k++)
            for (size_t i = 0; i < tensors[k].count; i++) {
                const double g = (double)((i + 3 * k + (size_t)t) % 5) - 2;
                if (tensors[k].dtype == OPTIM_F64)
                    grads[k][i] = g;
                else
                    ((float *)grads[k])[i] = (float)g;
            }
        (void)!optim_step(opt);
    }
}

optim *handle_create(const char *chain, int strict, int steps) {
    optim *opt = NULL;
    memset(params, 0, sizeof params);
    int status = optim_create(&opt, chain);
    for (size_t k = 0; k < TENSORS && status == OPTIM_OK; k++)
        status =
            optim_add(opt, tensors[k].name, tensors[k].dtype, tensors[k].ndim, tensors[k].shape, params[k], grads[k]);
    if (status == OPTIM_OK)
        status = optim_set(opt, "load_strict", strict);
    if (status != OPTIM_OK) {
        optim_destroy(opt);
        return NULL;
    }
    handle_step(opt, steps);
    return opt;
}

static void demand(int condition, const char *what, const optim *opt) {
    if (condition)
        return;
    fprintf(stderr, "%s: %s: %s\n", optim_name(opt), what, optim_errmsg(opt));
    abort();
}

static struct bytes saved(const optim *opt) {
    struct bytes bytes = {0};
    demand(optim_write(opt, bytes_append, &bytes) == OPTIM_OK, "it cannot be saved", opt);
    return bytes;
}

/* What was loaded is saved and loaded as the same bytes. */
static void check_loaded(optim *opt, const char *chain) {
    struct bytes first = saved(opt);
    optim *twin = handle_create(chain, 1, 0);
    demand(twin != NULL, "no memory", opt);
    demand(optim_read(twin, bytes_take, &first) == OPTIM_OK, "what it saves cannot be loaded", twin);
    struct bytes second = saved(twin);
    demand(bytes_same(&first, &second), "it is loaded as another state", opt);
    bytes_free(&first);
    bytes_free(&second);
    optim_destroy(twin);
}

static int try_one(const char *chain, int used, const unsigned char *data, size_t size) {
    struct bytes file = {.data = (unsigned char *)data, .size = size};
    optim *opt = handle_create(chain, used, used ? USED : 0);
    demand(opt != NULL, "no memory", opt);
    struct bytes before = saved(opt);
    const int status = optim_read(opt, bytes_take, &file);
    if (status == OPTIM_OK) {
        check_loaded(opt, chain);
        handle_step(opt, USED);
    } else {
        struct bytes after = saved(opt);
        demand(bytes_same(&before, &after), "a failed load changed it", opt);
        bytes_free(&after);
    }
    bytes_free(&before);
    optim_destroy(opt);
    return status;
}

int handles_try(const unsigned char *data, size_t size) {
    int status = OPTIM_ERROR_MISMATCH;
    for (size_t i = 0; handle_chain(i) && status == OPTIM_ERROR_MISMATCH; i++) {
        status = try_one(handle_chain(i), 0, data, size);
        if (try_one(handle_chain(i), 1, data, size) == OPTIM_OK && status != OPTIM_OK) {
            fprintf(stderr, "%s: strictly it can be loaded, else not: %s\n", handle_chain(i), optim_strerror(status));
            abort();
        }
    }
    return status;
}
