/*
 * The processor's floating-point mode. An application may have switched a thread to another rounding; our own threads
 * would not know. So a step sets rounding to nearest, and puts back what was.
 *
 * Denormal numbers (below 1.2e-38 as floats, 2.2e-308 as doubles) count as 0: the averages of a gradient that has been
 * 0 for long would be denormal for ever, and processors need up to ten times as long for a root of one.
 */
#ifndef OPTIM_ENGINE_FLOATING_H
#define OPTIM_ENGINE_FLOATING_H

#include <stdint.h>

#if defined(__x86_64__)

#include <immintrin.h>

typedef unsigned int floating_mode;

/* All exceptions masked, to nearest, denormals are 0; the low bits are flags of what has happened. */
enum { FLOATING_STANDARD = 0x9fc0, FLOATING_FLAGS = 0x3f };

static inline floating_mode floating_enter(void) {
    const unsigned int was = _mm_getcsr();
    if ((was & ~(unsigned int)FLOATING_FLAGS) != FLOATING_STANDARD)
        _mm_setcsr(FLOATING_STANDARD);
    return was;
}

static inline void floating_leave(floating_mode was) {
    if ((was & ~(unsigned int)FLOATING_FLAGS) != FLOATING_STANDARD)
        _mm_setcsr(was);
}

#elif defined(__aarch64__)

typedef uint64_t floating_mode;

static inline floating_mode floating_enter(void) {
    uint64_t was;
    __asm__ volatile("mrs %0, fpcr" : "=r"(was));
    __asm__ volatile("msr fpcr, %0" : : "r"(UINT64_C(1) << 24) : "memory"); /* FZ */
    return was;
}

static inline void floating_leave(floating_mode was) {
    __asm__ volatile("msr fpcr, %0" : : "r"(was) : "memory");
}

#else

#include <fenv.h>

typedef fenv_t floating_mode;

static inline floating_mode floating_enter(void) {
    fenv_t was;
    fegetenv(&was);
    fesetenv(FE_DFL_ENV);
    return was;
}

static inline void floating_leave(floating_mode was) {
    fesetenv(&was);
}

#endif

#endif
