/* The table of steps against the limit, and the same as comma-separated values. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "measure.h"

struct row {
    const char *algorithm;
    int dtype, threads;
    size_t tensors, count; /* each of `count` elements */
    double bytes;          /* moved for an element; 0: not of interest */
    struct measured measured;
};

/* 1234567 as "1,234,567". */
enum { TABLE_NUMBER = 32 };
const char *table_number(char text[TABLE_NUMBER], size_t value);

/* "f32" or "f64" */
const char *table_dtype(int dtype);

void table_print_head(int dtype);
void table_print(const struct row *row);

void table_csv_head(FILE *file);
void table_csv(FILE *file, const struct row *row);

/* What is being measured, on stderr if that is a terminal; NULL: nothing any more. */
void table_progress(const char *algorithm, size_t tensors, size_t count, int threads);

#endif
