#include "peers.h"

#include <optim/optim.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "plain.h"
#include "subject.h"
#include "torch.h"

/* ---- The plain loop: tensor by tensor, on one thread --------------------------------------------------------- */

struct loops {
    plain_step *step;
    size_t tensors;
    struct plain *tensor;
    void *memory[4];
};

static double loops_time(void *context, size_t steps) {
    const struct loops *loops = context;
    const double start = measure_now();
    for (size_t i = 0; i < steps; i++)
        for (size_t k = 0; k < loops->tensors; k++)
            loops->step(&loops->tensor[k]);
    return measure_now() - start;
}

static void *loops_create(const char *algorithm, int dtype, const struct shape *shape, int threads) {
    plain_step *const step = dtype == OPTIM_F64 ? plain_double(algorithm) : plain_float(algorithm);
    if (!step || threads > 1)
        return NULL;
    struct loops *loops = allocate(1, sizeof *loops);
    char *at[4];
    loops->step = step;
    loops->tensors = shape->tensors;
    loops->tensor = allocate(shape->tensors, sizeof *loops->tensor);
    for (int i = 0; i < 4; i++)
        at[i] = loops->memory[i] = allocate(shape->elements, subject_size(dtype));
    subject_fill(dtype, shape->elements, at[0], at[1]);
    for (size_t k = 0; k < shape->tensors; k++) {
        const size_t count = shape_count(shape, k);
        loops->tensor[k] = (struct plain){count, 0, at[0], at[2], at[3], at[1]};
        for (int i = 0; i < 4; i++)
            at[i] += count * subject_size(dtype);
    }
    return loops;
}

static void loops_destroy(void *context) {
    struct loops *loops = context;
    for (int i = 0; i < 4; i++)
        free(loops->memory[i]);
    free(loops->tensor);
    free(loops);
}

/* ---- Level-1 BLAS: the library's own second kernel set ------------------------------------------------------- */

static void *blas_create(const char *algorithm, int dtype, const struct shape *shape, int threads) {
    static const char *const composed[] = {"sgd", "momentum", "nesterov", "lookahead(sgd)"};
    const struct setting blas = {"blas", 1};
    optim *opt = NULL;
    size_t k = 0;
    while (k < sizeof composed / sizeof *composed && strcmp(composed[k], algorithm) != 0)
        k++;
    if (k == sizeof composed / sizeof *composed || optim_create(&opt, algorithm) != OPTIM_OK)
        return NULL;
    const int there = optim_set(opt, "blas", 1);
    optim_destroy(opt);
    if (there != OPTIM_OK)
        return NULL;
    struct subject *subject = allocate(1, sizeof *subject);
    subject_create(subject, algorithm, &blas, 1, dtype, shape, threads);
    return subject;
}

static void blas_destroy(void *context) {
    subject_destroy(context);
    free(context);
}

/* ---- All ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void *(*create)(const char *algorithm, int dtype, const struct shape *shape, int threads); /* NULL: not here */
    measure_time *time;
    void (*destroy)(void *context);
} kinds[PEERS] = {
    {"loop", loops_create, loops_time, loops_destroy},
    {"BLAS", blas_create, subject_time, blas_destroy},
    {"torch", torch_create, torch_time, torch_destroy},
    {"foreach", torch_create_foreach, torch_time, torch_destroy},
};

const char *peers_name(size_t k) {
    return kinds[k].name;
}

void peers_create(struct peers *peers, const char *algorithm, int dtype, const struct shape *shape, int threads) {
    peers->count = 0;
    for (size_t k = 0; k < PEERS; k++) {
        void *context = kinds[k].create(algorithm, dtype, shape, threads);
        if (context)
            peers->subjects[peers->count++] = (struct measure_subject){kinds[k].name, kinds[k].time, context};
    }
}

void peers_destroy(struct peers *peers) {
    for (size_t i = 0; i < peers->count; i++)
        for (size_t k = 0; k < PEERS; k++)
            if (peers->subjects[i].name == kinds[k].name)
                kinds[k].destroy(peers->subjects[i].context);
}

double peers_bytes(int dtype, const struct shape *shape) {
    return 6 * 4 * (double)shape->elements * (double)subject_size(dtype); /* PyTorch has temporaries */
}
