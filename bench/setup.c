#include "setup.h"

#include <optim/optim.h>
#include <stdio.h>
#include <stdlib.h>

#include "die.h"
#include "measure.h"
#include "table.h"

enum { MOST = 100000, ASKED = 1000 };

static void check(const optim *opt, int status) {
    if (status != OPTIM_OK)
        die(FAILED, "%s", optim_errmsg(opt));
}

static const char *name_of(char text[32], size_t k) {
    snprintf(text, 32, "layer%zu.%s", k / 2, k % 2 ? "bias" : "weight");
    return text;
}

static void print(const char *what, double value, const char *unit) {
    printf("%-56s %10.3f %s\n", what, value, unit);
}

/* Everything about a handle with so many tensors. */
static void run(size_t tensors) {
    static const size_t one = 1;
    float *values = allocate(2 * tensors, sizeof *values);
    char name[32], what[96], count[TABLE_NUMBER];
    double value, start;
    optim *opt = NULL;
    check(NULL, optim_create(&opt, "adam"));
    table_number(count, tensors);
    start = measure_now();
    for (size_t k = 0; k < tensors; k++)
        check(opt, optim_add(opt, name_of(name, k), OPTIM_F32, 1, &one, values + k, values + tensors + k));
    snprintf(what, sizeof what, "adding %s tensors", count);
    print(what, (measure_now() - start) / (double)tensors, "ns each");
    start = measure_now();
    check(opt, optim_set_for(opt, "*.bias", "weight_decay", 0.5));
    snprintf(what, sizeof what, "optim_set_for \"*.bias\" over %s", count);
    print(what, (measure_now() - start) / 1e6, "ms");
    start = measure_now();
    check(opt, optim_set(opt, "lr", 0.5));
    snprintf(what, sizeof what, "optim_set over %s", count);
    print(what, (measure_now() - start) / 1e6, "ms");
    start = measure_now();
    for (size_t i = 0; i < ASKED; i++)
        check(opt, optim_get_for(opt, name_of(name, i * (tensors / ASKED)), "lr", &value));
    snprintf(what, sizeof what, "optim_get_for of one of %s", count);
    print(what, (measure_now() - start) / ASKED, "ns");
    start = measure_now();
    check(opt, optim_step(opt));
    snprintf(what, sizeof what, "the step after that, which puts %s in order", count);
    print(what, (measure_now() - start) / 1e6, "ms");
    optim_destroy(opt);
    free(values);
}

void setup_run(void) {
    puts("\nHandles with many tensors of one element, adam, f32.\n");
    for (size_t tensors = MOST / 100; tensors <= MOST; tensors *= 10)
        run(tensors);
}
