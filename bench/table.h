/* The table of steps against the limit and peers, and the same as comma-separated values. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "measure.h"
#include "shape.h"

struct row {
    const char *algorithm, *isa, *limit_isa;
    int dtype, threads;
    const struct shape *shape;
    double bytes; /* moved for an element */
    double bound; /* what its divisions and roots alone take, for an element; 0: not of interest */
    struct measured measured;
};

/* Names of what a step is measured against. */
#define TABLE_LIMIT "limit"
#define TABLE_ALONE "alone" /* ours on one thread, where it is on more */

/* 1234567 as "1,234,567". */
enum { TABLE_NUMBER = 32 };
const char *table_number(char text[TABLE_NUMBER], size_t value);

/* "f32" or "f64" */
const char *table_dtype(int dtype);

void table_print_head(void);
void table_print(const struct row *row);

void table_csv_head(FILE *file);
void table_csv(FILE *file, const struct row *row);

/* What is being measured, on stderr if that is a terminal; NULL: nothing any more. */
void table_progress(const char *algorithm, const char *shape, int threads);

#endif
