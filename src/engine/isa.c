/* Which instruction sets there are kernels for, and which of them this processor runs. */
#include "kernels.h"

#include <stdio.h>
#include <string.h>

#define ISA(name) extern const struct optim_kernels optim_kernels_##name##_float, optim_kernels_##name##_double;
#include "isas.h"
#undef ISA

static int always(void) {
    return 1;
}

#if defined(__x86_64__)
#define runs_sse2 always

static int runs_avx2(void) {
    return __builtin_cpu_supports("avx2");
}

static int runs_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#else
#define runs_neon always
#define runs_base always
#endif

/* From the narrowest to the widest. */
#define ISA(name) {#name, runs_##name, {&optim_kernels_##name##_float, &optim_kernels_##name##_double}},
static const struct optim_isa isas[] = {
#include "isas.h"
};
#undef ISA

enum { ISAS = sizeof(isas) / sizeof(*isas) };

const struct optim_isa *optim_isa_base(void) {
    return &isas[0];
}

const struct optim_isa *optim_isa_choose(const char *limit) {
    const struct optim_isa *best = NULL;
    for (size_t i = 0; i < ISAS; i++) {
        if (isas[i].runs_here())
            best = &isas[i];
        if (limit && strcmp(isas[i].name, limit) == 0)
            return isas[i].runs_here() ? &isas[i] : NULL;
    }
    return limit ? NULL : best;
}

const char *optim_isa_names(char *text, size_t size) {
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ISAS; i++)
        if (isas[i].runs_here() && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", isas[i].name);
    return text;
}
