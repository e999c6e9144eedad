/* Functions to minimize, each from one start, with the least value there is. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stddef.h>
#include <stdint.h>

#define MOST_UNKNOWNS 65

struct problem {
    const char *name;
    size_t unknowns;
    double (*function)(const double *x, double *gradient); /* its value at x, and the gradient there */
    double start[2];                                       /* unknown i starts with start[i % 2] */
    double minimum;                                        /* the least value */
    uint64_t steps;                                        /* how many an optimizer may take */
    int one_in; /* above 1: a step sees one coordinate in so many, the gradient of the others is 0 */
};

/* In a fixed order; NULL past the last. */
const struct problem *problem_at(size_t i);

/* Its start, and the gradient that step t sees at x. */
void problem_start(const struct problem *problem, double *x);
void problem_gradient(const struct problem *problem, uint64_t t, const double *x, double *gradient);

/* How far the value at x is above the minimum; NaN and infinite values stay so. */
double problem_gap(const struct problem *problem, const double *x);

#endif
