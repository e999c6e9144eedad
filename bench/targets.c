#include "targets.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static const struct {
    const char *what, *unit;
    bool at_least; /* otherwise at most */
    double bound;
} targets[TARGETS] = {
    [TARGET_ONE_THREAD] = {"adam, f32, 64 Mi elements, 1 thread", "of the limit", true, 0.95},
    [TARGET_TWO_THREADS] = {"adam, f32, 64 Mi elements, 2 threads", "of the limit", true, 0.95},
    [TARGET_SMALL] = {"adam, f32, a step of 1,000 elements", "ns", false, 200},
    [TARGET_RESTED] = {"the slowest after 100,000 steps of nothing", "x as before", false, 1.2},
    [TARGET_MANY] = {"adam, f32, 1,000 x 1,000 elements", "x one million", false, 1.3},
};

void targets_print(const double reached[TARGETS]) {
    puts("\nTargets\n");
    for (int i = 0; i < TARGETS; i++) {
        const double bound = targets[i].bound;
        printf("%-42s %2s %6.5g %-14s", targets[i].what, targets[i].at_least ? ">=" : "<=", bound, targets[i].unit);
        if (isnan(reached[i]))
            puts("not measured");
        else
            printf("%8.3f  %s\n", reached[i],
                   (targets[i].at_least ? reached[i] >= bound : reached[i] <= bound) ? "pass" : "falls short");
    }
}
