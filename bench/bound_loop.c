/* Compiled like limit_loop.c. */
#include <tgmath.h>

#include "bound.h"

typedef LIMIT_REAL real;

#define BOUND_PASTE(isa, type)  bound_##isa##_##type
#define BOUND_EXPAND(isa, type) BOUND_PASTE(isa, type)

/* Values of 1 stay 1. */
bound_loop BOUND_EXPAND(LIMIT_ISA, LIMIT_REAL);
void BOUND_EXPAND(LIMIT_ISA, LIMIT_REAL)(size_t count, void *values, int divisions, int roots) {
    real *restrict x = values;
    if (divisions == 1 && roots == 0)
        for (size_t i = 0; i < count; i++)
            x[i] = 1 / x[i];
    else if (divisions == 1 && roots == 1)
        for (size_t i = 0; i < count; i++)
            x[i] = 1 / sqrt(x[i]);
    else if (divisions == 1 && roots == 2)
        for (size_t i = 0; i < count; i++)
            x[i] = sqrt(x[i]) / sqrt(2 - x[i]);
}
