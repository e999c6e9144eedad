/* By how much two parts of the data differ. */
#ifndef COMPARE_H
#define COMPARE_H

#include "file.h"

/* The largest of a kind, and where. */
struct largest {
    double by;
    uint64_t at; /* element */
    double a, b; /* the values there */
};

struct difference {
    uint64_t count, differing; /* elements; those that have other bits */
    struct largest absolute;   /* |a - b|; INFINITY: one of them is not finite */
    struct largest relative;   /* |a - b| / max(|a|, |b|), likewise */
};

/* Compare two parts of the same type and size. FINE, also if they differ; or FAILED: one file cannot be read. */
int compare_parts(struct saved_file *a, const struct saved_part *of_a, struct saved_file *b,
                  const struct saved_part *of_b, struct difference *difference);

#endif
