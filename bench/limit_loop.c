/*
 * The read-write limit: what a step must at least do to memory, and one addition for each value written, or for each
 * value read if none is written. Compiled for each element type and instruction set with the flags of the library's
 * kernels.
 */
#include "limit.h"

typedef LIMIT_REAL real;

#define LIMIT_PASTE(isa, type)  limit_##isa##_##type
#define LIMIT_EXPAND(isa, type) LIMIT_PASTE(isa, type)

/* For every element, said to be independent, since clang does not take it from `restrict` here. */
#define EVERY(i, ...)                                                                                                  \
    _Pragma("omp simd") for (size_t i = 0; i < count; i++) {                                                           \
        __VA_ARGS__;                                                                                                   \
    }

/* What is read is added to w0, `zero` to the rest: only the caller knows that it is 0. */
limit_loop LIMIT_EXPAND(LIMIT_ISA, LIMIT_REAL);
void LIMIT_EXPAND(LIMIT_ISA, LIMIT_REAL)(size_t first, size_t count, const void *read, void *const *written,
                                         int streams, double zero) {
    const real z = (real)zero;
    const real *restrict r = (const real *)read + first;
    real *restrict w0 = (real *)written[0] + first, *restrict w1 = (real *)written[1] + first;
    real *restrict w2 = (real *)written[2] + first, *restrict w3 = (real *)written[3] + first;
    real *restrict w4 = (real *)written[4] + first, *restrict w5 = (real *)written[5] + first;
    real sum = 0;
    switch (streams) {
    case 0:
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < count; i++)
            sum += r[i];
        w0[0] += sum * z;
        break;
    case 1:
        EVERY(i, w0[i] += r[i])
        break;
    case 2:
        EVERY(i, w0[i] += r[i], w1[i] += z)
        break;
    case 3:
        EVERY(i, w0[i] += r[i], w1[i] += z, w2[i] += z)
        break;
    case 4:
        EVERY(i, w0[i] += r[i], w1[i] += z, w2[i] += z, w3[i] += z)
        break;
    case 5:
        EVERY(i, w0[i] += r[i], w1[i] += z, w2[i] += z, w3[i] += z, w4[i] += z)
        break;
    default:
        EVERY(i, w0[i] += r[i], w1[i] += z, w2[i] += z, w3[i] += z, w4[i] += z, w5[i] += z)
    }
}
