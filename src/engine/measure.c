/* What must be known of all gradients before the first weight moves: sums over tiles, added in the tiles' order. */
#include "engine.h"

#include <math.h>

/* Has it a gradient whose norm this is about? */
static bool measured(const struct body *body, const struct tensor *tensor, enum optim_purpose purpose) {
    const struct cohort *cohort = &body->cohorts[tensor->cohort];
    return purpose == OPTIM_GIVEN ? cohort->active : cohort_steps(cohort);
}

/*
 * Squares of doubles can overflow, or vanish, where the norm does not: then once more, scaled. Floats cannot, so
 * nothing is gained by looking again at those whose gradient is 0.
 */
static double next_guard(const struct tensor *tensor, double sum) {
    if (tensor->element == OPTIM_ELEMENT_F32 || tensor->guard != 1)
        return 0;
    return !isfinite(sum) ? 0x1p-800 : sum < 0x1p-900 ? 0x1p+700 : 0;
}

/* Measure the tensors whose guard is not 0. The sum of their squares if none needs another look, or else INFINITY. */
static double measure_tensors(struct body *body, enum optim_purpose purpose) {
    double sum = 0;
    bool again = false;
    optim_pass(body, purpose);
    for (size_t k = 0; k < body->ntensors; k++) {
        struct tensor *tensor = &body->tensors[k];
        if (tensor->guard == 0)
            continue;
        const double *squares = body->measured + tensor->first_tile;
        const size_t tiles = tensor->count ? tiling_index(optim_tiling(body, tensor), tensor->count - 1) + 1 : 0;
        double own = 0;
        for (size_t i = 0; i < tiles; i++) {
            sum += squares[i];
            own += squares[i];
        }
        tensor->norm = sqrt(own) / tensor->guard;
        tensor->finite = isfinite(own);
        tensor->guard = next_guard(tensor, own);
        again |= tensor->guard != 0;
    }
    return again ? INFINITY : sum;
}

/* The norm of all tensors from each one's own, wherever their squares would lead. */
static double norm_of_norms(const struct body *body, enum optim_purpose purpose) {
    double longest = 0, sum = 0;
    for (size_t k = 0; k < body->ntensors; k++)
        if (measured(body, &body->tensors[k], purpose)) {
            const double norm = body->tensors[k].norm;
            if (isnan(norm))
                return norm;
            longest = norm > longest ? norm : longest;
        }
    if (isinf(longest))
        return longest;
    for (size_t k = 0; longest > 0 && k < body->ntensors; k++)
        if (measured(body, &body->tensors[k], purpose)) {
            const double share = body->tensors[k].norm / longest;
            sum += share * share;
        }
    return longest * sqrt(sum);
}

static void measure_norm(struct body *body, enum optim_purpose purpose) {
    size_t count = 0;
    for (size_t k = 0; k < body->ntensors; k++) {
        struct tensor *tensor = &body->tensors[k];
        const bool has = measured(body, tensor, purpose);
        tensor->guard = has;
        tensor->norm = 0;
        tensor->finite = true;
        count += has;
    }
    double sum = measure_tensors(body, purpose);
    const bool simple = isfinite(sum);
    if (!simple)
        sum = measure_tensors(body, purpose);
    body->norm = simple ? sqrt(sum) : norm_of_norms(body, purpose);
    body->norm_tensors = count;
}

static void measure_rows(struct body *body) {
    optim_pass(body, OPTIM_ROWS);
    for (size_t k = 0; k < body->ntensors; k++) {
        const struct tensor *tensor = &body->tensors[k];
        const struct tiling tiling = optim_tiling(body, tensor);
        if (!cohort_steps(&body->cohorts[tensor->cohort]) || !tiling_cuts_rows(tiling))
            continue;
        const size_t pieces = tiling_pieces(tiling);
        double *sums = body->measured + tensor->first_tile;
        for (size_t row = 0; row < tensor->count / tiling.row; row++)
            for (size_t piece = 1; piece < pieces; piece++)
                sums[row * pieces] += sums[row * pieces + piece];
    }
}

bool optim_measure(struct body *body) {
    const bool finite = body->measures & OPTIM_MEASURE_FINITE;
    body->norm_tensors = 0;
    const bool gathers = body->stages[body->nstages - 1].type->gathers;
    if (finite && gathers) { /* what is added to a sum must be finite whether or not a step follows */
        measure_norm(body, OPTIM_GIVEN);
        if (!optim_all_finite(body))
            return false;
    }
    if (body->measures & OPTIM_MEASURE_NORM)
        measure_norm(body, OPTIM_NORM);
    if (finite && !optim_all_finite(body))
        return false;
    if (body->measures & OPTIM_MEASURE_ROWS)
        measure_rows(body);
    return true;
}
