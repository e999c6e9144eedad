#include "targets.h"

#include <math.h>
#include <optim/optim.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bound.h"

/* What is told of a target: the value farthest from it, whose that is, and how many reach it. */
struct target {
    const char *what;
    bool at_least; /* otherwise at most */
    double bound;
    const char *unit;
    char who[64];
    double worst;
    int reached, count;
};

enum target_name {
    MEMORY_ONE,
    MEMORY_TWO,
    CACHE_PLAIN,
    CACHE_DIVIDING,
    SMALL,
    MANY,
    TINY,
    NOT_SLOWER,
    TWICE,
    RESTED,
    TARGETS
};

static struct target targets[TARGETS] = {
    [MEMORY_ONE] = {"64M elements, 1 thread", true, 0.97, "of the limit"},
    [MEMORY_TWO] = {"64M elements, 2 threads", true, 0.97, "of the limit"},
    [CACHE_PLAIN] = {"16k, 256k: without divisions", true, 0.85, "of the limit"},
    [CACHE_DIVIDING] = {"16k, 256k: with divisions", true, 0.85, "of the limit or what they take"},
    [SMALL] = {"adam, 1,000 elements", false, 150, "ns a step"},
    [MANY] = {"adam, 1,000 x 1,000 elements", false, 1.15, "x one million"},
    [TINY] = {"adam, 100,000 x 16 elements", false, 3, "ms a step"},
    [NOT_SLOWER] = {"2 threads, where they are used", false, 1.0, "x one thread"},
    [TWICE] = {"2 threads, below 16 MB", true, 1.8, "x as fast as one"},
    [RESTED] = {"after 100,000 steps of nothing", false, 1.2, "x as before"},
};

static bool reaches(const struct target *target, double value) {
    return target->at_least ? value >= target->bound : value <= target->bound;
}

static void note(enum target_name name, const char *algorithm, const char *shape, double value) {
    struct target *target = &targets[name];
    if (target->count == 0 || (target->at_least ? value < target->worst : value > target->worst)) {
        target->worst = value;
        snprintf(target->who, sizeof target->who, "%.40s%s%.16s", algorithm, *shape ? ", " : "", shape);
    }
    target->count++;
    target->reached += reaches(target, value);
}

static void note_threads(const struct row *row) {
    const size_t alone = measured_place(&row->measured, TABLE_ALONE);
    if (row->threads != 2 || !alone)
        return;
    const double gain = row->measured.of[alone].times;
    note(NOT_SLOWER, row->algorithm, row->shape->name, 1 / gain);
    if (row->bytes * (double)row->shape->elements < 16e6)
        note(TWICE, row->algorithm, row->shape->name, gain);
}

void targets_note(const struct row *row) {
    const size_t elements = row->shape->elements;
    const struct measured *m = &row->measured;
    const double ratio = m->of[measured_place(m, TABLE_LIMIT)].times;
    note_threads(row);
    if (row->dtype != OPTIM_F32 || row->shape->tensors != 1)
        return;
    if (elements == (size_t)64 << 20 || elements == 64000000)
        note(row->threads == 1 ? MEMORY_ONE : MEMORY_TWO, row->algorithm, "", ratio);
    const bool cached = elements == 16000 || elements == 16384 || elements == 256000 || elements == 262144;
    if (cached && row->threads == 1) {
        const double bound = row->bound * (double)elements / m->of[0].ns;
        note(row->bound == 0 ? CACHE_PLAIN : CACHE_DIVIDING, row->algorithm, row->shape->name, fmax(ratio, bound));
    }
}

void targets_note_special(enum special_target target, const char *algorithm, double value) {
    static const enum target_name names[] = {
        [TARGET_SMALL] = SMALL, [TARGET_MANY] = MANY, [TARGET_TINY] = TINY, [TARGET_RESTED] = RESTED};
    note(names[target], algorithm, "", value);
}

void targets_print(void) {
    puts("\nTargets\n");
    for (const struct target *t = targets; t < targets + TARGETS; t++) {
        printf("%-32s %2s %6.4g %-32s", t->what, t->at_least ? ">=" : "<=", t->bound, t->unit);
        if (t->count == 0)
            puts("not measured");
        else
            printf("%8.3f  %-11s %d of %d, the farthest off is %s\n", t->worst,
                   t->reached == t->count ? "pass" : "falls short", t->reached, t->count, t->who);
    }
}
