/*
 * The level-1 BLAS for `real`, one tile at a time. In a build without BLAS nothing selects these (hyperparameter
 * "blas" stays 0), and plain loops stand in so that the families compile unchanged.
 */
#ifndef OPTIM_ENGINE_LEVEL1_H
#define OPTIM_ENGINE_LEVEL1_H

#include "../type.h"

#if OPTIM_BLAS

#include "blas.h"

/* saxpy or daxpy, which are loaded before "blas" can be 1; blasint is 32 bits, and a tile's count always fits */
#define LEVEL1(single, twice) _Generic((real)0, float : (single), double : (twice))

static inline void level1_axpy(size_t n, real a, const real *x, real *y) {
    LEVEL1(optim_blas.saxpy, optim_blas.daxpy)((blasint)n, a, x, 1, y, 1);
}

static inline void level1_scal(size_t n, real a, real *x) {
    LEVEL1(optim_blas.sscal, optim_blas.dscal)((blasint)n, a, x, 1);
}

static inline void level1_copy(size_t n, const real *x, real *y) {
    LEVEL1(optim_blas.scopy, optim_blas.dcopy)((blasint)n, x, 1, y, 1);
}

#else

static inline void level1_axpy(size_t n, real a, const real *x, real *y) {
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

static inline void level1_scal(size_t n, real a, real *x) {
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

static inline void level1_copy(size_t n, const real *x, real *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

#endif

#endif
