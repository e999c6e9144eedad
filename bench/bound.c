#include "bound.h"

#include <optim/optim.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "limit.h"
#include "measure.h"

enum { COUNT = 2048, STEPS = 200, REPETITIONS = 9 };

#define ISA(name) extern bound_loop bound_##name##_float, bound_##name##_double;
#include "isas.h"
#undef ISA

#define ISA(name) {#name, bound_##name##_float, bound_##name##_double},
static const struct {
    const char *name;
    bound_loop *single, *twice;
} isas[] = {
#include "isas.h"
};
#undef ISA

struct bound_operations bound_operations(const char *algorithm) {
    static const struct {
        const char *algorithm;
        struct bound_operations operations;
    } known[] = {{"sgd", {0, 0}},         {"momentum", {0, 0}}, {"nesterov", {0, 0}},
                 {"lion", {0, 0}},        {"rprop", {0, 0}},    {"rprop-plus", {0, 0}},
                 {"rprop-minus", {0, 0}}, {"adamax", {1, 0}},   {"adadelta", {1, 2}}};
    const char *inner = strrchr(algorithm, '(');
    const char *name = inner ? inner + 1 : algorithm;
    const size_t length = strcspn(name, "):");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].algorithm) == length && memcmp(known[i].algorithm, name, length) == 0)
            return known[i].operations;
    return (struct bound_operations){1, 1}; /* g / sqrt(v), in one form or another */
}

/* The shortest of some: nothing makes it faster than it is. */
static double shortest(bound_loop *loop, struct bound_operations operations, void *values) {
    double best = 0;
    for (int i = 0; i < REPETITIONS; i++) {
        const double start = measure_now();
        for (int k = 0; k < STEPS; k++)
            loop(COUNT, values, operations.divisions, operations.roots);
        const double taken = (measure_now() - start) / STEPS / COUNT;
        best = i == 0 || taken < best ? taken : best;
    }
    return best;
}

bound_loop *bound_find(int dtype) {
    const char *isa = limit_isa();
    size_t k = 0;
    while (strcmp(isas[k].name, isa) != 0)
        k++;
    return dtype == OPTIM_F64 ? isas[k].twice : isas[k].single;
}

double bound_time(const char *algorithm, int dtype) {
    const struct bound_operations operations = bound_operations(algorithm);
    double values[COUNT];
    if (operations.divisions == 0)
        return 0;
    for (size_t i = 0; i < COUNT; i++)
        if (dtype == OPTIM_F64)
            values[i] = 1;
        else
            ((float *)values)[i] = 1;
    return shortest(bound_find(dtype), operations, values);
}
