/*
 * A vector of doubles that are read from an array of `real`. Compilers turn a loop that converts floats into whole
 * registers of them that are taken apart first; reading half a register and converting it is 1.6 times as fast.
 */
#ifndef OPTIM_ENGINE_WIDE_H
#define OPTIM_ENGINE_WIDE_H

#include "../type.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* What reads doubles, what reads as many floats, and, where there is one, x y + z rounded once. */
#if defined(__AVX512F__)
typedef __m512d wide;
#define wide_doubles   _mm512_loadu_pd
#define wide_floats(x) _mm512_cvtps_pd(_mm256_loadu_ps(x))
#define wide_fma       _mm512_fmadd_pd
#elif defined(__AVX__)
typedef __m256d wide;
#define wide_doubles   _mm256_loadu_pd
#define wide_floats(x) _mm256_cvtps_pd(_mm_loadu_ps(x))
#if defined(__FMA__)
#define wide_fma _mm256_fmadd_pd
#endif
#elif defined(__SSE2__)
typedef __m128d wide;
#define wide_doubles   _mm_loadu_pd
#define wide_floats(x) _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)(x))))
#else /* what compilers make of a loop over these is not known to be slow */
typedef double wide;
#define wide_doubles(x) (*(x))
#define wide_floats(x)  ((double)*(x))
#if defined(__FP_FAST_FMA)
#define wide_fma __builtin_fma
#endif
#endif

/* The line for the type that `real` is not must compile too. */
static inline wide widened(const real *x) {
    if (sizeof(real) == sizeof(double))
        return wide_doubles((const double *)(const void *)x);
    return wide_floats((const float *)(const void *)x);
}

enum { WIDE = sizeof(wide) / sizeof(double) };

#endif
