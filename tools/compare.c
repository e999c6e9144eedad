#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tool.h"

enum { PIECE = 1 << 20 };

static double element_at(const char *data, size_t i, uint8_t element) {
    float single;
    double value;
    if (element == OPTIM_ELEMENT_F64) {
        memcpy(&value, data + i * sizeof value, sizeof value);
        return value;
    }
    memcpy(&single, data + i * sizeof single, sizeof single);
    return single;
}

static void consider(struct largest *largest, double by, uint64_t at, double a, double b) {
    if (by > largest->by)
        *largest = (struct largest){by, at, a, b};
}

/* Two elements whose bits differ. */
static void add(struct difference *difference, uint64_t at, double a, double b) {
    const bool finite = isfinite(a) && isfinite(b);
    const double larger = fmax(fabs(a), fabs(b));
    const bool equal = a == b || (isnan(a) && isnan(b)); /* zeros of two signs, or kinds of NaN */
    const double absolute = finite ? fabs(a - b) : equal ? 0 : INFINITY;
    const double relative = !finite || larger == 0 ? absolute : fabs(a / larger - b / larger);
    if (difference->differing++ == 0)
        difference->absolute = difference->relative = (struct largest){0, at, a, b};
    consider(&difference->absolute, absolute, at, a, b);
    consider(&difference->relative, relative, at, a, b);
}

static void compare_piece(struct difference *difference, uint64_t first, const char *a, const char *b, size_t bytes,
                          uint8_t element) {
    const size_t size = optim_element_size(element);
    if (memcmp(a, b, bytes) == 0)
        return;
    for (size_t i = 0; i < bytes / size; i++)
        if (memcmp(a + i * size, b + i * size, size) != 0)
            add(difference, first + i, element_at(a, i, element), element_at(b, i, element));
}

int compare_parts(struct saved_file *a, const struct saved_part *of_a, struct saved_file *b,
                  const struct saved_part *of_b, struct difference *difference) {
    const size_t size = optim_element_size(of_a->element);
    const uint64_t bytes = of_a->end - of_a->begin;
    char *pieces = allocate(2, PIECE);
    int status = FINE;
    *difference = (struct difference){.count = bytes / size};
    for (uint64_t at = 0; at < bytes && status == FINE; at += PIECE) {
        const size_t some = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
        status = saved_file_read_at(a, of_a->begin + at, pieces, some);
        if (status == FINE)
            status = saved_file_read_at(b, of_b->begin + at, pieces + PIECE, some);
        if (status == FINE)
            compare_piece(difference, at / size, pieces, pieces + PIECE, some, of_a->element);
    }
    free(pieces);
    return status;
}
