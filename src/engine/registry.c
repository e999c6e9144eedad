/* The kernels of one configuration: the families listed in meson.build, and the few the engine itself needs. */
#include "kernels.h"

#include <string.h>

#define FAMILY(name) extern const struct optim_family OPTIM_CONFIGURED(name);
#include "families.h"
FAMILY(common)
#undef FAMILY

#define FAMILY(name) &OPTIM_CONFIGURED(name),
static const struct optim_family *const families[] = {
#include "families.h"
    NULL,
};
#undef FAMILY

static void fill(size_t count, void *to, double value) {
    real *out = to;
    for (size_t i = 0; i < count; i++)
        out[i] = (real)value;
}

static void copy(size_t count, void *to, const void *from) {
    memcpy(to, from, count * sizeof(real));
}

static inline void swap(real *a, real *b) {
    const real was = *a;
    *a = *b;
    *b = was;
}

static void exchange(const void *constants, struct optim_tile *tile) {
    real *restrict p = tile->param, *restrict s = tile->slot[0];
    (void)constants;
    EACH(tile, i, swap(&p[i], &s[i]), p, s);
}

extern const struct optim_kernels OPTIM_CONFIGURED(kernels);
const struct optim_kernels OPTIM_CONFIGURED(kernels) = {
    .families = families,
    .common = &OPTIM_CONFIGURED(common),
    .fill = fill,
    .copy = copy,
    .exchange = exchange,
};
