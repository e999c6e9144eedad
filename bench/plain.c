/*
 * Compiled twice, for float and double (PLAIN_REAL, and its mathematical functions through tgmath.h), as users write
 * it: everything in the element's type, pow once a step.
 */
#include "plain.h"

#include <string.h>
#include <tgmath.h>

typedef PLAIN_REAL real;

static void sgd(struct plain *plain) {
    real *p = plain->param;
    const real *g = plain->grad, lr = (real)0.01;
    for (size_t i = 0; i < plain->count; i++)
        p[i] -= lr * g[i];
}

static void momentum(struct plain *plain) {
    real *p = plain->param, *b = plain->first;
    const real *g = plain->grad, lr = (real)0.01, mu = (real)0.9;
    for (size_t i = 0; i < plain->count; i++) {
        b[i] = mu * b[i] + g[i];
        p[i] -= lr * b[i];
    }
}

static void adagrad(struct plain *plain) {
    real *p = plain->param, *sum = plain->first;
    const real *g = plain->grad, lr = (real)0.01, eps = (real)1e-8;
    for (size_t i = 0; i < plain->count; i++) {
        sum[i] += g[i] * g[i];
        p[i] -= lr * g[i] / (sqrt(sum[i]) + eps);
    }
}

static void rmsprop(struct plain *plain) {
    real *p = plain->param, *v = plain->first;
    const real *g = plain->grad, lr = (real)0.001, rho = (real)0.9, eps = (real)1e-8;
    for (size_t i = 0; i < plain->count; i++) {
        v[i] = rho * v[i] + (1 - rho) * g[i] * g[i];
        p[i] -= lr * g[i] / (sqrt(v[i]) + eps);
    }
}

static void adam_with_decay(struct plain *plain, real decay) {
    real *p = plain->param, *m = plain->first, *v = plain->second;
    const real *g = plain->grad, lr = (real)0.001, beta1 = (real)0.9, beta2 = (real)0.999, eps = (real)1e-8;
    const real c1 = 1 - pow(beta1, (real)++plain->t), c2 = 1 - pow(beta2, (real)plain->t);
    for (size_t i = 0; i < plain->count; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        p[i] -= lr * (m[i] / c1 / (sqrt(v[i] / c2) + eps) + decay * p[i]);
    }
}

static void adam(struct plain *plain) {
    adam_with_decay(plain, 0);
}

static void adamw(struct plain *plain) {
    adam_with_decay(plain, (real)0.01);
}

plain_step *PLAIN_NAME(const char *algorithm) {
    static const struct {
        const char *algorithm;
        plain_step *step;
    } steps[] = {{"sgd", sgd},         {"momentum", momentum}, {"adagrad", adagrad},
                 {"rmsprop", rmsprop}, {"adam", adam},         {"adamw", adamw}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].algorithm, algorithm) == 0)
            return steps[i].step;
    return NULL;
}
