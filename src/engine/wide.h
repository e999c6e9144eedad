/*
 * A vector of doubles that are read from an array of `real`. Compilers turn a loop that converts floats into whole
 * registers of them that are taken apart first; reading half a register and converting it is 1.6 times as fast.
 */
#ifndef OPTIM_ENGINE_WIDE_H
#define OPTIM_ENGINE_WIDE_H

#include "../type.h"

#if defined(__SSE2__)
#include <immintrin.h>

/* What is read as the type that `real` is not must compile, and never runs. */
#define AS_FLOATS(x)  ((const float *)(const void *)(x))
#define AS_DOUBLES(x) ((const double *)(const void *)(x))
#endif

/* wide_fma, where there is one: x y + z, rounded once. */
#if defined(__AVX512F__)
typedef __m512d wide;
static inline wide widened(const real *x) {
    if (sizeof(real) == sizeof(double))
        return _mm512_loadu_pd(AS_DOUBLES(x));
    return _mm512_cvtps_pd(_mm256_loadu_ps(AS_FLOATS(x)));
}
#define wide_fma _mm512_fmadd_pd
#elif defined(__AVX__)
typedef __m256d wide;
static inline wide widened(const real *x) {
    if (sizeof(real) == sizeof(double))
        return _mm256_loadu_pd(AS_DOUBLES(x));
    return _mm256_cvtps_pd(_mm_loadu_ps(AS_FLOATS(x)));
}
#if defined(__FMA__)
#define wide_fma _mm256_fmadd_pd
#endif
#elif defined(__SSE2__)
typedef __m128d wide;
static inline wide widened(const real *x) {
    if (sizeof(real) == sizeof(double))
        return _mm_loadu_pd(AS_DOUBLES(x));
    return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)x)));
}
#else /* what compilers make of a loop over these is not known to be slow */
typedef double wide;
static inline wide widened(const real *x) {
    return (double)*x;
}
#if defined(__FP_FAST_FMA)
#define wide_fma __builtin_fma
#endif
#endif

enum { WIDE = sizeof(wide) / sizeof(double) };

#endif
