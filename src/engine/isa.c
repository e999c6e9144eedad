/* Which instruction sets there are kernels for, and which of them this processor runs. */
#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <stdio.h>
#include <string.h>

#define ISA(name) extern const struct optim_kernels optim_kernels_##name##_float, optim_kernels_##name##_double;
#include "isas.h"
#undef ISA

#if defined(__x86_64__)
static bool runs_here(const char *isa) {
    if (strcmp(isa, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (strcmp(isa, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("fma");
    return true;
}

/* As measured, see docs/performance: an Intel Xeon gains up to a tenth by it, a Zen 4 loses as much as a quarter. */
bool optim_isa_fetches(void) {
    return __builtin_cpu_is("intel");
}

/*
 * A Zen 4, whose units and paths have half the width of AVX-512. By AVX2, sgd in memory is up to 9 % faster on one
 * thread, and the conversion of floats to doubles 1.5 times.
 */
static bool is_half_as_wide(void) {
    unsigned eax, ebx, ecx, edx;
    return __builtin_cpu_is("amd") && __get_cpuid(1, &eax, &ebx, &ecx, &edx) &&
           (eax >> 8 & 0xf) + (eax >> 20 & 0xff) == 0x19;
}
#else
static bool runs_here(const char *isa) {
    (void)isa;
    return true;
}

static bool is_half_as_wide(void) {
    return false;
}

bool optim_isa_fetches(void) {
    return false;
}
#endif

/* From the narrowest to the widest. */
#define ISA(name) {#name, {&optim_kernels_##name##_float, &optim_kernels_##name##_double}},
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
        if (runs_here(isas[i].name))
            best = &isas[i];
        if (limit && strcmp(isas[i].name, limit) == 0)
            return runs_here(isas[i].name) ? &isas[i] : NULL;
    }
    return limit ? NULL : best;
}

const struct optim_isa *optim_isa_light(const struct optim_isa *isa) {
    return strcmp(isa->name, "avx512") == 0 && is_half_as_wide() ? isa - 1 : isa;
}

const char *optim_isa_names(char *text, size_t size) {
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ISAS; i++)
        if (runs_here(isas[i].name) && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", isas[i].name);
    return text;
}
