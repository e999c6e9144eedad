#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHAINS = 512, LENGTH = 96 };

int test_run(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed || !run;
}

static uint64_t finalize(uint64_t x) {
    uint64_t z = x + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t test_random(uint64_t *state) {
    return finalize((*state)++);
}

double test_weight(size_t i) {
    return ((double)((i * 7 + 3) % 11) - 5) / 4;
}

double test_gradient(uint64_t t, size_t i) {
    const uint64_t h = finalize(t * 4096 + i);
    const int exponent = (int)(t / 64 % 13) - 6;
    const double scale = exponent < 0 ? 1.0 / (1 << -exponent) : 1 << exponent;
    if ((h & 15) == 0 || (i % 5 == 4 && t >= 300 && t <= 500))
        return 0;
    return ((double)(h >> 40) / 8388608 - 1) * scale;
}

double test_at(int dtype, const void *array, size_t i) {
    return dtype == OPTIM_F64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

void test_put(int dtype, void *array, size_t i, double value) {
    if (dtype == OPTIM_F64)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

size_t test_size(int dtype) {
    return dtype == OPTIM_F64 ? sizeof(double) : sizeof(float);
}

static char chains[CHAINS][LENGTH];
static size_t nchains;

static void list_chains(void) {
    for (size_t i = 0; nchains < CHAINS && optim_algorithm_name(i); i++)
        if (optim_algorithm_wraps(optim_algorithm_name(i)) == 0)
            snprintf(chains[nchains++], LENGTH, "%s", optim_algorithm_name(i));
    const size_t optimizers = nchains;
    for (size_t i = 0; optim_algorithm_name(i); i++)
        for (size_t k = 0; k < optimizers && nchains < CHAINS; k++)
            if (optim_algorithm_wraps(optim_algorithm_name(i)) == 1)
                snprintf(chains[nchains++], LENGTH, "%s(%.40s)", optim_algorithm_name(i), chains[k]);
}

size_t test_chains(void) {
    if (nchains == 0)
        list_chains();
    return nchains;
}

const char *test_chain(size_t i) {
    return i < test_chains() ? chains[i] : NULL;
}

optim *test_create(const char *chain) {
    optim *opt = NULL;
    ck_ok(NULL, optim_create(&opt, chain));
    return opt;
}

/* Set what the optimizer has of these; what it has not, or what contradicts the rest, stays as it is. */
static void try_set(optim *opt, const char *const *names, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        (void)!optim_set(opt, names[i], values[i]);
}

void test_vary(optim *opt, int variation) {
    static const char *const conditions[] = {"maximize", "clip_value", "grad_scale", "weight_decay"};
    static const char *const variants[] = {"momentum",       "dampening",  "amsgrad",        "sync_period", "slow_step",
                                           "max_corrected",  "variant",    "centered",       "every",       "period",
                                           "lr_in_momentum", "eps_inside", "bias_correction"};
    if (variation == 1)
        try_set(opt, conditions, (const double[]){1, 0.5, 3, 0.1}, 4);
    if (variation == 2) {
        try_set(opt, variants, (const double[]){0.8, 0.25, 1, 3, 1, 1, 1, 1, 3, 3, 0, 1, 0}, 13);
        ck_ok(opt, optim_set(opt, "decoupled", 1));
        ck_ok(opt, optim_set(opt, "weight_decay", 0.01));
    }
    if (variation == 3)
        try_set(opt, variants, (const double[]){0.999, 0, 1, 2, 0.3, 0, 2, 0, 2, 2, 1, 0, 1}, 13);
    if (variation == 4) {
        try_set(opt, conditions, (const double[]){0, 0, 2, 0.3}, 4);
        try_set(opt, (const char *const[]){"momentum", "nesterov", "eps_hat", "inner_state"},
                (const double[]){0.9, 1, 1, 2}, 4);
        ck_ok(opt, optim_set(opt, "centralize", 1));
        ck_ok(opt, optim_set(opt, "clip_norm", 0.7));
        ck_ok(opt, optim_set(opt, "clip_tensor_norm", 0.3));
    }
}

size_t test_stride(size_t when_quick) {
    const char *quick = getenv("TEST_QUICK");
    return quick && *quick ? when_quick : 1;
}

const char *test_isa(size_t i) {
#if defined(__x86_64__)
    static const char *const all[] = {"sse2", "avx2", "avx512"};
#elif defined(__aarch64__)
    static const char *const all[] = {"neon"};
#else
    static const char *const all[] = {"base"};
#endif
    static const char *here[sizeof(all) / sizeof(*all) + 1];
    size_t count = 0;
    for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++) {
        optim *opt;
        setenv("OPTIM_CPU", all[k], 1);
        if (optim_create(&opt, "sgd") != OPTIM_OK)
            continue;
        optim_destroy(opt);
        here[count++] = all[k];
    }
    unsetenv("OPTIM_CPU");
    return i < count ? here[i] : NULL;
}
