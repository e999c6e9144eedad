/* What must be known of all gradients before the first weight moves: sums over tiles, added in the tiles' order. */
#include "engine.h"

#include <math.h>

static double sum_of_squares(struct body *body) {
    double sum = 0;
    optim_pass(body, OPTIM_NORM);
    for (size_t k = 0; k < body->ntensors; k++) {
        const struct tensor *tensor = &body->tensors[k];
        if (!cohort_steps(&body->cohorts[tensor->cohort]) || tensor->count == 0)
            continue;
        const double *measured = body->measured + tensor->first_tile;
        const size_t tiles = tiling_index(optim_tiling(body, tensor), tensor->count - 1) + 1;
        for (size_t i = 0; i < tiles; i++)
            sum += measured[i];
    }
    return sum;
}

/* Squares of doubles can overflow, or vanish, where the norm does not: then once more, scaled. */
static void measure_norm(struct body *body) {
    body->guard = 1;
    double sum = sum_of_squares(body);
    if (!isfinite(sum))
        body->guard = 0x1p-600;
    else if (sum < 0x1p-900)
        body->guard = 0x1p+600;
    if (body->guard != 1)
        sum = sum_of_squares(body);
    body->norm = sqrt(sum) / body->guard;
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

void optim_measure(struct body *body) {
    if (body->measures & OPTIM_MEASURE_NORM)
        measure_norm(body);
    if (body->measures & OPTIM_MEASURE_ROWS)
        measure_rows(body);
}
